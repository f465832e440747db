//! Ctrl-C: exit code 130, nothing half-written, and for `detect` a place from which the next run goes on.

#![cfg(unix)]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::process::{Child, Command, Stdio};

use crate::fixtures;
use crate::folder::Folder;

/// Sends SIGINT, as a terminal does on Ctrl-C. The shell's own `kill` is everywhere.
fn interrupt(child: &Child) {
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(status.expect("a shell").success());
}

#[test]
fn training_leaves_no_model_and_no_temporary_file() {
    let folder = Folder::new();
    // A behaviour model's epochs have a limit, so it is their length that nobody waits for.
    for endless in [
        "--recipe classic --epochs 1000000 --patience 1000000 --per-epoch",
        "--recipe behaviour --epochs 1000000 --hidden 512,64,512 --per-epoch",
    ] {
        for (name, before) in [("new.model", None), ("home.model", Some(fixtures::model()))] {
            let mut child = folder
                .command(&format!("train conn.log -o {name} {endless}"))
                .spawn()
                .expect("the program starts");
            let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
            let second = lines.find(|line| line.as_ref().expect("UTF-8").trim_start().starts_with("2 "));
            assert!(second.is_some(), "the second epoch was reached");
            interrupt(&child);
            let rest: Vec<String> = lines.map(|line| line.expect("UTF-8")).collect();
            let mut out = String::new();
            child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("UTF-8");
            assert_eq!(child.wait().expect("an end").code(), Some(130), "{rest:?}");
            assert!(rest.iter().any(|line| line == "error: stopped"), "{rest:?}");
            assert!(rest.iter().any(|line| line.contains("No model was written")), "{rest:?}");
            assert!(out.is_empty());
            assert_eq!(folder.names(), ["conn.log", "home.model"]);
            assert!(
                before.is_none_or(|before| folder.bytes(name) == before),
                "the old model is left as it was"
            );
        }
    }
}

/// A log without an end comes in on standard input until Ctrl-C. What was stored is a prefix of what a run over the same
/// log would store, and that run goes on from there.
#[test]
fn detection_stores_what_it_read_and_goes_on_from_there() {
    for folder in Folder::of_each_recipe() {
        let (header, rows) = fixtures::parts(fixtures::log());
        let rows = rows.concat();
        let mut child = folder
            .command("detect - -m home.model --db a.db")
            .stdin(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(header.as_bytes()).expect("a reader");
        let mut days = 0;
        loop {
            match stdin.write_all(rows.as_bytes()) {
                Ok(()) => days += 1,
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                Err(error) => panic!("{error}"),
            }
            // So much is more than the beginning of the log and what a pipe holds: the program is at its work.
            if days == 1 {
                interrupt(&child);
            }
        }
        drop(stdin);
        let output = child.wait_with_output().expect("an end");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(said.contains("the same command goes on from here"), "{said}");

        folder.write("whole.log", header + &rows.repeat(days + 1));
        folder.ok("detect whole.log -m home.model --db expected.db");
        let expected = folder.found_in_any_file("expected.db");
        let stored = folder.found_in_any_file("a.db");
        let entry = &folder.ledger_entries("a.db")[0].progress;
        // An incident goes on, but an alert of a classic model is final.
        if stored.iter().all(|found| found.get("alerts").is_none()) {
            assert!(stored.len() < expected.len() && expected[..stored.len()] == stored);
            assert_eq!(entry.rows_flagged, stored.len() as u64);
        }
        let text = folder.text("whole.log");
        assert!(text.as_bytes()[entry.bytes as usize - 1] == b'\n', "a whole number of lines was read");
        folder.ok("detect whole.log -m home.model --db a.db").says_not("nothing new");
        assert!(folder.found_in_any_file("a.db") == expected);
    }
}
