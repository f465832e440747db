//! Zeek's own tool reads what is written in Zeek's name. Debian has its older twin, `bro-cut`, in the package bro-aux.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::harness::{build, notices, now};

/// What `zeek-cut` or `bro-cut` takes of a log; `None` where there is neither.
fn cut(log: &[u8], columns: &[&str]) -> Option<String> {
    let mut tool = ["zeek-cut", "bro-cut"].iter().find_map(|tool| {
        Command::new(tool).args(columns).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()
    })?;
    tool.stdin.take().unwrap().write_all(log).unwrap();
    let output = tool.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn both_logs_are_cut_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let settings = json!({
        "zeek_log": {"enabled": true, "path": path("oddflow.log")},
        "notice_log": {"enabled": true, "path": path("oddflow_notice.log")},
    });
    let mut notices = notices(1..=2);
    notices[1].title = "a\tb\nc".into();
    for sink in &mut build(settings).sinks {
        sink.deliver(&notices, now()).unwrap();
        sink.deliver(&notices, now()).unwrap();
    }
    let log = std::fs::read(path("oddflow.log")).unwrap();
    let Some(rows) = cut(&log, &["ts", "incident", "severity", "host", "title"]) else {
        println!("SKIPPED: neither zeek-cut nor bro-cut is here (Debian: bro-aux)");
        return;
    };
    let first = "1795000060.500000\t1\thigh\t192.168.7.20\tScan 1: <254> peers\n";
    let second = "1795000060.500000\t2\thigh\t192.168.7.20\ta\\x09b\\x0ac\n";
    assert_eq!(rows, [first, second, first, second].concat());
    let log = std::fs::read(path("oddflow_notice.log")).unwrap();
    let rows = cut(&log, &["note", "src", "p", "actions"]).unwrap();
    assert_eq!(rows, "Oddflow::Anomaly\t192.168.7.20\t22\tNotice::ACTION_LOG\n".repeat(4));
}
