//! A disk that is full, as a limit of the size of files makes it: what was acknowledged stays, the rest is tried again.

use std::path::Path;
use std::process::Command;

use oddflow_sinks::{LogFileSink, LogFormat, Rotation, Sink, Trouble};

use crate::harness::{notice, notices, now};

/// Names the folder to the process that has the limit.
const FOLDER: &str = "ODDFLOW_SINKS_FULL_DISK";

fn sink(folder: &Path) -> LogFileSink {
    let path = folder.join("oddflow.log");
    LogFileSink::new("zeek_log", LogFormat::Zeek, path, folder.to_owned(), Rotation::Hourly)
}

fn rows(folder: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(folder.join("oddflow.log")).unwrap();
    assert!(log.ends_with('\n'));
    log.lines().filter(|line| !line.starts_with('#')).map(String::from).collect()
}

/// Part of the test below: writes until nothing more fits, and notes how many were acknowledged.
#[test]
fn writes_until_the_disk_is_full() {
    #[expect(clippy::disallowed_methods, reason = "how one process of a test tells the other")]
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let mut acknowledged = 0;
    let error = loop {
        match sink(folder).deliver(&notices(1..=2), now()) {
            Ok(()) => acknowledged += 2,
            Err(error) => break error,
        }
        assert!(acknowledged < 1_000, "there is no limit");
    };
    assert_eq!((error.delivered, error.trouble), (0, Trouble::Passing { wait: None }));
    // What was begun is gone.
    assert_eq!(rows(folder).len(), acknowledged);
    std::fs::write(folder.join("acknowledged"), acknowledged.to_string()).unwrap();
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
    let this = std::env::current_exe().unwrap();
    let mut command = Command::new("bash");
    command.args(["-c", limited, "bash"]).arg(this).env(FOLDER, folder.path());
    let Ok(output) = command.args(["--exact", "full_disk::writes_until_the_disk_is_full"]).output() else {
        println!("SKIPPED: no bash to limit the size of files with");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let acknowledged = std::fs::read_to_string(folder.path().join("acknowledged")).unwrap();
    let acknowledged: usize = acknowledged.parse().unwrap();
    assert!(acknowledged >= 2);
    sink(folder.path()).deliver(&[notice(3)], now()).unwrap();
    let rows = rows(folder.path());
    assert_eq!(rows.len(), acknowledged + 1);
    assert!(rows[acknowledged].contains("oddflow:m-7f3a:3:raised"));
}
