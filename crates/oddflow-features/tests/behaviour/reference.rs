//! Every feature of every row of real traffic, beside what the reference detector computes.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use oddflow_features::behaviour::{
    Features, Fields, Flow, FlowReader, LocalNetworks, NUMERIC, State, TOKENS, column_name,
};
use zeek_log::{LogFile, LogStream, Position, ReadOptions};

/// The reference computes in f64, we in f32: relative, or absolute below 1.
const TOLERANCE: f32 = 2e-5;
/// What the reference gives for a row.
const WIDTH: usize = NUMERIC + TOKENS + 1;

fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name)
}

fn flows(path: &Path) -> Vec<Flow> {
    let reader = FlowReader { seed: 7, local: LocalNetworks::default(), absent: Fields::NONE };
    let options = ReadOptions::default();
    let mut flows = Vec::new();
    let log = LogFile::path(path);
    let head = log.conn_head(&options).expect("a conn log");
    let mut stream = LogStream::open(0, &log, &head, Position::default(), &options).expect("a conn log");
    while let Some(chunk) = stream.next_chunk() {
        chunk.conn_rows(&options, |record, _| {
            flows.push(reader.flow(record));
            ControlFlow::Continue(())
        });
    }
    flows
}

fn features(train: &Path, test: &Path) -> Vec<f32> {
    let (train, test) = (flows(train), flows(test));
    let mut state = State::new();
    let mut features = Features::default();
    let mut out = Vec::new();
    let calibration = train[train.len() * 7 / 10].end;
    let calibration = train.iter().position(|flow| flow.end >= calibration).expect("a row");
    for (i, flow) in train.iter().chain(&test).enumerate() {
        if i == calibration {
            state.begin_calibration();
        }
        if i == train.len() {
            state.end_baseline();
        }
        state.update(flow, &mut features);
        out.extend(features.numbers);
        out.extend((0..TOKENS).map(|token| (features.tokens >> token & 1) as f32));
        out.push(features.new_regular);
    }
    out
}

#[test]
#[allow(clippy::print_stderr)]
#[expect(clippy::disallowed_methods, reason = "the environment names the Python to use")]
fn features_are_those_of_the_reference() {
    let reference = shared("prototype/behaviour.py");
    if !reference.exists() {
        eprintln!("SKIPPED: {} is not there", reference.display());
        return;
    }
    let python = std::env::var("ODDFLOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let usable = Command::new(&python).args(["-c", "import numpy"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {python} has no numpy; set ODDFLOW_PYTHON to one that does");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reference/behaviour_features.py");
    for scenario in ["office-late", "weekend-injected", "iot-mirai", "iot-torii"] {
        let folder = shared("data/scenarios").join(scenario);
        let (train, test) = (folder.join("train.conn.log.gz"), folder.join("test.conn.log.gz"));
        let output = Command::new(&python)
            .arg(&script)
            .args([&reference, &train, &test])
            .output()
            .expect("the script runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected: Vec<f32> =
            output.stdout.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let ours = features(&train, &test);
        assert_eq!(ours.len(), expected.len(), "{scenario}");
        for (index, (&ours, &expected)) in ours.iter().zip(&expected).enumerate() {
            let (row, column) = (index / WIDTH, index % WIDTH);
            let name = if column + 1 == WIDTH { "new_regular".into() } else { column_name(column) };
            assert!(
                (ours - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
                "{scenario}, row {row}, {name}: {ours} is not {expected}",
            );
        }
    }
}
