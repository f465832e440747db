//! The text as Prometheus reads it.

use std::path::PathBuf;
use std::time::Duration;

use oddflow_detector::behaviour::DriftDay;
use oddflow_sinks::SinkReport;
use zeek_follow::{Reason, Waiting};

use super::*;

fn metrics() -> Metrics {
    let mut metrics = Metrics { started: 1_795_000_000.0, roots: 2, ..Metrics::default() };
    metrics.model = Some(ModelInUse { id: "m-1".into(), budget: 20.0, threshold: 12.25 });
    metrics.shadow = Some("m-2".into());
    metrics.retraining.trained(&Trained::Shadow("m-2".into()));
    metrics.retraining.tried(false);
    let waiting = |reason| Waiting {
        path: PathBuf::from("current/conn.log"),
        sensor: "".into(),
        kind: "conn".into(),
        reason,
        age: Duration::ZERO,
    };
    let waits = [Reason::Settling, Reason::Settling, Reason::Unfinished].map(waiting).to_vec();
    metrics.polled(&[Poll { waiting: waits, ..Poll::default() }], 1_795_000_001.0);
    let outcome = BehaviourOutcome {
        rows: 1_000,
        flagged: 12,
        raised: 1,
        over_budget: 2,
        suppressed: 4,
        drifted: vec![
            drifted("a", Verdict::Stable, Some(0.0625)),
            drifted("b", Verdict::Unclear, None),
            drifted("a", Verdict::Network, Some(1.5)),
        ],
        companions: 400,
        late_companions: 3,
        silent: vec![Kind::ALL[0]],
        newest_end: Some(1_794_999_990.5),
        ..BehaviourOutcome::default()
    };
    metrics.passed(&[outcome], 1, 0.5, 1_795_000_002.0);
    metrics.found_in_outbox("webhook", 3, 1);
    let sink = SinkReport { name: "webhook".into(), delivered: 2, depth: 1, ..SinkReport::default() };
    metrics.delivered(&Report { sinks: vec![sink] });
    metrics
}

fn drifted(sensor: &str, verdict: Verdict, psi: Option<f64>) -> Drifted {
    let feature_psi = psi.map(|psi| 2.0 * psi);
    let day = DriftDay { verdict, score_psi: psi, feature_psi, ..DriftDay::default() };
    Drifted { sensor: sensor.into(), day }
}

fn asked() -> Asked {
    Asked { now: 1_795_000_003.0, loop_age: 0.25, memory: Some([100 << 20, 120 << 20]) }
}

#[test]
fn the_exposition() {
    insta::assert_snapshot!(metrics().text(&asked()));
}

#[test]
fn every_name_is_ours_and_stands_once() {
    let text = metrics().text(&asked());
    let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    for name in &names {
        let (name, kind) = name.split_once(' ').expect("a kind");
        assert!(name.starts_with("oddflow_"), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} {kind}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
    }
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len());
}

#[test]
fn what_no_longer_waits_is_zero_and_what_came_late_takes_nothing_back() {
    let mut metrics = metrics();
    metrics.polled(&[Poll::default()], 1_795_000_010.0);
    let late = BehaviourOutcome { newest_end: Some(1_794_000_000.0), ..BehaviourOutcome::default() };
    metrics.passed(&[late], 0, 0.1, 1_795_000_011.0);
    metrics.trouble("a.db is locked");
    metrics.trouble("a.db is locked");
    let text = metrics.text(&asked());
    for line in [
        "oddflow_logs_waiting{reason=\"may still be written\"} 0",
        "oddflow_newest_row_timestamp_seconds 1794999990.5",
        "oddflow_database_trouble 1",
        "oddflow_database_failures_total 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
