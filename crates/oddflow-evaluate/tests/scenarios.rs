//! The baselines on real labelled traffic, where that is at hand: `../shared/data/scenarios`.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use oddflow_evaluate::baselines::{Baseline, SimpleRow, run};
use oddflow_evaluate::{Figures, Join, JudgedRow, Labels, Limits, Truth};
use zeek_log::{LogFile, LogStream, Position, ReadOptions};

/// A floor for the mean AUROC of each baseline over the scenarios with attacks: a little below what it was when written.
const FLOORS: [(Baseline, f64); 3] =
    [(Baseline::IsolationForest, 0.87), (Baseline::TupleRarity, 0.91), (Baseline::RobustZ, 0.75)];

/// Mean of three seeds of scikit-learn's `IsolationForest(n_estimators=100, max_samples=256)` on the same columns.
const SKLEARN_AUROC: [(&str, f64); 3] = [("office-late", 0.930), ("iot-mirai", 0.969), ("iot-torii", 0.996)];

/// A folder of real logs, where it is at hand.
#[allow(clippy::print_stdout)]
fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !folder.is_dir() {
        println!("SKIPPED: ../shared/data/{name} is not there");
    }
    folder.is_dir().then_some(folder)
}

/// Each row of a log, in its order, with what the labels say.
fn read(file: &Path, mut join: Option<&mut Join<'_>>) -> (Vec<SimpleRow>, Vec<Truth>) {
    let options = ReadOptions::default();
    let log = LogFile::path(file);
    let head = log.conn_head(&options).expect("a conn log");
    let mut stream =
        LogStream::open(0, &log, &head, Position::default(), &options).expect("a log that opens");
    let (mut rows, mut truths) = (Vec::new(), Vec::new());
    while let Some(chunk) = stream.next_chunk() {
        let _ = chunk.conn_rows(&options, |record, _| {
            rows.push(SimpleRow::new(record));
            truths.extend(join.as_mut().map(|join| join.truth(record)));
            ControlFlow::Continue(())
        });
    }
    (rows, truths)
}

/// Tables that name the kind of attack but no campaign, and count their rows from 1.
#[test]
fn captures_join_their_labels() {
    for (name, malicious, campaigns) in [
        ("iot-mirai", 21_222, &["C&C@", "DDoS@", "PartOfAHorizontalPortScan@"][..]),
        ("iot-torii", 16, &["C&C-Torii@"]),
        ("office-day-attacked", 1730, &["apt29_c2@", "apt29_c2@", "nmap_scan@", "remcos_rat@", "torii_c2@"]),
    ] {
        let Some(folder) = data(name) else { continue };
        let labels = Labels::read(&folder.join("labels.tsv.gz")).expect("labels");
        let mut join = Join::new(&labels);
        let (rows, _) = read(&folder.join("conn.log.gz"), Some(&mut join));
        let (mut names, report) = join.finish();
        names.sort();
        assert_eq!((report.rows, report.malicious), (rows.len() as u64, malicious), "{name}");
        assert_eq!((report.left_out, report.unmatched_lines), (0, 0), "{name}");
        let kinds: Vec<_> =
            names.iter().map(|name| &name[..=name.find('@').expect("an originator")]).collect();
        assert_eq!(kinds, campaigns, "{name}");
    }
}

struct Scenario {
    train: Vec<SimpleRow>,
    test: Vec<SimpleRow>,
    truths: Vec<Truth>,
    campaigns: Vec<String>,
}

fn scenario(folder: &Path) -> Scenario {
    let labels = Labels::read(&folder.join("labels.tsv.gz")).expect("labels");
    let mut join = Join::new(&labels);
    let (train, _) = read(&folder.join("train.conn.log.gz"), None);
    let (test, truths) = read(&folder.join("test.conn.log.gz"), Some(&mut join));
    let (campaigns, report) = join.finish();
    assert_eq!(report.rows, test.len() as u64);
    let misfits = [report.left_out, report.unlisted, report.repeated_lines, report.unmatched_lines];
    assert_eq!(misfits, [0; 4], "{}", folder.display());
    Scenario { train, test, truths, campaigns }
}

fn figures(baseline: Baseline, scenario: &Scenario, seed: u64) -> Figures {
    let run = run(baseline, &scenario.train, &scenario.test, 10.0, seed);
    let judged =
        |((row, &score), &truth): ((&SimpleRow, &f64), &Truth)| JudgedRow { end: row.end, score, truth };
    let rows: Vec<_> = scenario.test.iter().zip(&run.scores).zip(&scenario.truths).map(judged).collect();
    let limits = Limits { budget: 10.0, threshold: run.threshold };
    Figures::new(&rows, &run.incidents, &scenario.campaigns, limits)
}

/// The row figures, then the incident figures.
fn numbers(figures: &Figures) -> [f64; 7] {
    [
        figures.auroc,
        figures.auprc,
        figures.tpr_at_1pct,
        figures.tpr_at_0_1pct,
        figures.found_at_10,
        figures.found_at_50,
        figures.false_incidents_per_day,
    ]
    .map(|figure| figure.unwrap_or(f64::NAN))
}

fn mean(of: &[[f64; 7]]) -> [f64; 7] {
    std::array::from_fn(|i| of.iter().map(|numbers| numbers[i]).sum::<f64>() / of.len() as f64)
}

/// Prints the table, which `cargo test -p oddflow-evaluate -- --nocapture` shows.
#[test]
#[allow(clippy::print_stdout)]
fn baselines_are_as_good_as_they_were() {
    let Some(folder) = data("scenarios") else { return };
    let mut folders: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let mut means = vec![Vec::new(); FLOORS.len()];
    for folder in folders {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let scenario = scenario(&folder);
        for (i, (baseline, _)) in FLOORS.into_iter().enumerate() {
            let runs = [0, 1, 2].map(|seed| numbers(&figures(baseline, &scenario, seed)));
            let mean = mean(&runs);
            println!("{name:30} {:16} {mean:6.3?}", baseline.name());
            if scenario.campaigns.is_empty() {
                continue;
            }
            means[i].push(mean);
            let reference = SKLEARN_AUROC.iter().find(|(scenario, _)| *scenario == name);
            if let (Baseline::IsolationForest, Some((_, auroc))) = (baseline, reference) {
                assert!((mean[0] - auroc).abs() < 0.02, "{name}: {} against {auroc}", mean[0]);
            }
        }
    }
    for ((baseline, floor), means) in FLOORS.into_iter().zip(&means) {
        let mean = mean(means);
        println!("mean of {:22} {:16} {mean:6.3?}", means.len(), baseline.name());
        assert!(mean[0] >= floor, "{}: {}", baseline.name(), mean[0]);
    }
}
