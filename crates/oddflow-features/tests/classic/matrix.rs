//! The encoder's matrix equals that of `reference/classic.py`, an independent computation.
//!
//! The committed matrix was made with
//! `python3 reference/classic.py crates/oddflow-features/tests/data/classic.conn.log --train-rows 200`.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use oddflow_features::classic::{Fitter, Levels, RawRow};
use zeek_log::{LogFile, LogStream, Position, ReadOptions};

/// Largest difference, absolute below 1 and relative above.
const TOLERANCE: f32 = 1e-5;

/// Column names, and the rows one after the other.
struct Matrix {
    columns: Vec<String>,
    values: Vec<f32>,
}

/// The matrix of a log, fitted on the first rows. `train` takes the number of rows.
fn encoded(path: &Path, train: impl FnOnce(usize) -> usize) -> Matrix {
    let mut levels = Levels::new();
    let mut rows = Vec::new();
    let options = ReadOptions::default();
    let log = LogFile::path(path);
    let head = log.conn_head(&options).expect("a conn log");
    let mut stream = LogStream::open(0, &log, &head, Position::default(), &options).expect("a conn log");
    while let Some(chunk) = stream.next_chunk() {
        let report = chunk.conn_rows(&options, |record, _| {
            rows.push(RawRow::new(record, &mut levels));
            ControlFlow::Continue(())
        });
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }
    let mut fitter = Fitter::new();
    rows[..train(rows.len())].iter().for_each(|row| fitter.add(row));
    let encoder = fitter.finish(&levels).expect("rows to fit on");
    let bound = encoder.bind(&levels);
    let mut values = vec![0.0; rows.len() * encoder.width()];
    for (row, out) in rows.iter().zip(values.chunks_exact_mut(encoder.width())) {
        bound.encode(row, out);
    }
    Matrix { columns: encoder.columns().to_vec(), values }
}

/// Reads the script's CSV; column names that hold a comma are quoted.
fn parse(csv: &str) -> Matrix {
    let mut lines = csv.lines();
    let mut columns = vec![String::new()];
    let mut quoted = false;
    for letter in lines.next().expect("a row of column names").chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            _ => columns.last_mut().expect("never empty").push(letter),
        }
    }
    let values =
        lines.flat_map(|line| line.split(',')).map(|value| value.parse().expect("a number")).collect();
    Matrix { columns, values }
}

#[track_caller]
fn assert_equal(ours: &Matrix, reference: &Matrix) {
    assert_eq!(ours.columns, reference.columns);
    assert_eq!(ours.values.len(), reference.values.len());
    for (index, (&ours_at, &expected)) in ours.values.iter().zip(&reference.values).enumerate() {
        let (row, column) = (index / ours.columns.len(), index % ours.columns.len());
        assert!(
            (ours_at - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
            "row {row}, {}: {ours_at} is not {expected}",
            ours.columns[column],
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn equals_the_reference_on_the_committed_log() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let reference = fs::read_to_string(data.join("classic.matrix.csv")).expect("the committed matrix");
    let ours = encoded(&data.join("classic.conn.log"), |_| 200);
    assert_equal(&ours, &parse(&reference));
}

/// Runs the script itself on a real day of traffic, where that and a Python with pandas are at hand.
#[test]
#[allow(clippy::print_stderr)]
#[expect(clippy::disallowed_methods, reason = "the environment names the Python to use")]
fn equals_the_reference_on_a_real_day() {
    let log = root().join("../shared/data/office-day/conn.log.gz");
    if !log.exists() {
        eprintln!("SKIPPED: {} is not there", log.display());
        return;
    }
    let python = std::env::var("ODDFLOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let usable = Command::new(&python).args(["-c", "import pandas, sklearn"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {python} has no pandas and scikit-learn; set ODDFLOW_PYTHON to one that does");
        return;
    }
    let output = Command::new(&python)
        .arg(root().join("reference/classic.py"))
        .arg(&log)
        .args(["--train", "0.675"])
        .output()
        .expect("the script runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reference = String::from_utf8(output.stdout).expect("text");
    assert_equal(&encoded(&log, |rows| rows * 675 / 1000), &parse(&reference));
}
