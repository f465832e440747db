//! The sandbox of the service, seen from outside: what it can't read, whom it doesn't call, and what is said of it.
//!
//! What the kernel refuses to whom is tested beside the rules themselves. Where a kernel has no Landlock, these tests say so.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::fixtures;
use crate::folder::{Folder, skipped};
use crate::service::{get, signal, wait_for};

const SETTINGS: &str = "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false\n";
const WATCH: &str =
    "watch zeek -m data/home.model --db data/a.db --config etc/oddflow.toml --log-format json -v";

/// A folder with an empty root, settings and a model.
fn folder(settings: &str) -> Folder {
    let folder = Folder::empty();
    folder.write("data/home.model", &fixtures::household().model);
    folder.write("etc/oddflow.toml", format!("{SETTINGS}{settings}"));
    for name in ["zeek/current", "elsewhere"] {
        fs::create_dir_all(folder.path(name)).expect("it is ours");
    }
    folder
}

/// A log that is finished.
fn log() -> Vec<u8> {
    fixtures::gz(&fixtures::household().attacked)
}

fn start(mut command: Command) -> (Child, BufReader<ChildStderr>) {
    let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
    let log = BufReader::new(child.stderr.take().expect("a pipe"));
    (child, log)
}

fn stop(mut child: Child, log: &mut impl BufRead) {
    signal(&child, "-TERM");
    std::io::copy(log, &mut std::io::sink()).expect("it is read");
    assert!(child.wait().expect("an end").success());
}

/// Whether a process of its own would be restricted here.
fn is_there() -> bool {
    let folder = folder("");
    let said = folder.ok(&format!("{WATCH} --once")).err;
    let line = said.lines().find(|line| line.contains("sandbox")).expect("it is said");
    let is_there = line.contains("sandbox: files and TCP");
    if !is_there {
        skipped(line);
    }
    is_there
}

#[test]
fn a_link_that_leads_out_later_is_not_followed() {
    if !is_there() {
        return;
    }
    let named = |paths: &str| format!("[service]\n{paths}\n");
    for (settings, is_read) in [
        (named(""), false),
        (named("sandbox = \"required\""), false),
        (named("sandbox = \"off\""), true),
        (named("read_paths = [\"elsewhere\"]"), true),
    ] {
        let folder = folder(&settings);
        let (child, mut said) = start(folder.command(WATCH));
        wait_for(&mut said, "watching");
        folder.write("elsewhere/conn.00:00:00-00:00:00.log.gz", log());
        symlink(folder.path("elsewhere"), folder.path("zeek/2026-02-28")).expect("it is ours");
        if is_read {
            wait_for(&mut said, " rows of 1 log");
        } else {
            let line = wait_for(&mut said, "outside of the sandbox");
            assert!(line.contains("zeek/2026-02-28") && line.contains("service.read_paths"), "{line}");
        }
        stop(child, &mut said);
    }
}

#[test]
fn a_root_that_is_replaced_is_told_as_out_of_reach() {
    if !is_there() {
        return;
    }
    let folder = folder("[service]\nlisten = \"127.0.0.1:0\"\n");
    let (child, mut said) = start(folder.command(WATCH));
    let line: serde_json::Value = serde_json::from_str(&wait_for(&mut said, "over HTTP")).expect("JSON");
    let address = line["address"].as_str().expect("an address").to_owned();
    wait_for(&mut said, "watching");
    std::iter::repeat_with(|| get(&address, "/readyz")).find(|(status, _)| *status == 200).expect("it comes");
    fs::rename(folder.path("zeek"), folder.path("away")).expect("it is ours");
    symlink(folder.path("elsewhere"), folder.path("zeek")).expect("it is ours");
    wait_for(&mut said, "outside of the sandbox");
    let unready = std::iter::repeat_with(|| get(&address, "/readyz")).find(|(status, _)| *status == 503);
    assert!(unready.expect("it comes").1.contains("zeek cannot be reached"));
    // The one that it knows may come back.
    fs::remove_file(folder.path("zeek")).expect("it is ours");
    fs::rename(folder.path("away"), folder.path("zeek")).expect("it is ours");
    std::iter::repeat_with(|| get(&address, "/readyz")).find(|(status, _)| *status == 200).expect("it comes");
    stop(child, &mut said);
}

#[test]
fn settings_that_want_more_are_refused_until_a_restart() {
    if !is_there() {
        return;
    }
    let folder = folder("");
    let (child, mut said) = start(folder.command(WATCH));
    wait_for(&mut said, "watching");
    let webhook = "[sinks.webhook]\nenabled = true\nurl = \"http://127.0.0.1:1/\"\n";
    let log = "[sinks.zeek_log]\nenabled = true\npath = \"elsewhere/oddflow.log\"\n";
    for (more, what) in [
        (webhook, "the sandbox does not admit connecting to port 1"),
        (log, "the sandbox does not admit writing in "),
        ("[service]\nlisten = \"127.0.0.1:0\"\n", "the sandbox does not admit listening on port 0"),
        ("[service]\nread_paths = [\"elsewhere\"]\n", "the sandbox does not admit reading "),
        ("[service]\nsandbox = \"off\"\n", "the sandbox can't be left"),
    ] {
        folder.write("etc/oddflow.toml", format!("{SETTINGS}{more}"));
        signal(&child, "-HUP");
        let line = wait_for(&mut said, "the settings stay");
        assert!(line.contains(what) && line.contains("Restart the service"), "{line}");
    }
    // What stays within is taken in.
    folder.write("etc/oddflow.toml", SETTINGS.replace("0.02", "0.03"));
    signal(&child, "-HUP");
    wait_for(&mut said, "the settings have changed");
    stop(child, &mut said);
}

#[test]
fn every_thread_is_in_the_sandbox() {
    if !is_there() {
        return;
    }
    let sink = "[service]\nlisten = \"127.0.0.1:0\"\n[sinks.zeek_log]\nenabled = true\npath = \"data/oddflow.log\"\n";
    let folder = folder(sink);
    folder.write("zeek/2026-02-28/conn.00:00:00-00:00:00.log.gz", log());
    let (child, mut said) = start(folder.command(WATCH));
    wait_for(&mut said, " rows of 1 log");
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).expect("it runs");
    let is_restricted = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        // Who enters a sandbox gives up new privileges, and threads inherit both. One that ended has no status.
        status.is_empty() || status.lines().any(|line| line == "NoNewPrivs:\t1")
    };
    let threads: Vec<bool> = tasks.flatten().map(is_restricted).collect();
    assert!(threads.len() > 2 && threads.iter().all(|is_restricted| *is_restricted), "{threads:?}");
    wait_for(&mut said, "notices delivered");
    stop(child, &mut said);
}

/// Packets that a process sent or tried to send, in a network of its own that leads nowhere.
fn calls(settings: &str) -> Option<u64> {
    let is_possible = Command::new("unshare").args(["-rn", "true"]).stderr(Stdio::null()).status();
    if !is_possible.is_ok_and(|status| status.success()) {
        skipped("there is no network of one's own: unshare -rn");
        return None;
    }
    let folder = folder(settings);
    folder.write("zeek/2026-02-28/conn.00:00:00-00:00:00.log.gz", log());
    let mut command = folder.command(WATCH);
    let mut alone = Command::new("unshare");
    alone.arg("-rn").arg(command.get_program()).args(command.get_args()).current_dir(folder.path("."));
    command = alone;
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let (child, mut said) = start(command);
    wait_for(&mut said, " rows of 1 log");
    if settings.contains("webhook") {
        wait_for(&mut said, "tried again");
    }
    let net = |name: &str| fs::read_to_string(format!("/proc/{}/net/{name}", child.id())).expect("it runs");
    let mut calls = 0;
    // Lines of names, each before one of numbers; and for IPv6 a name and a number in a line.
    let text = net("snmp");
    let lines: Vec<&str> = text.lines().collect();
    for pair in lines.chunks_exact(2) {
        let fields = pair[0].split(' ').zip(pair[1].split(' '));
        let sent = fields
            .filter(|(name, _)| ["ActiveOpens", "OutRequests", "OutNoRoutes", "OutDatagrams"].contains(name));
        calls += sent.map(|(_, count)| count.parse::<u64>().expect("a number")).sum::<u64>();
    }
    for line in net("snmp6").lines() {
        let mut fields = line.split_whitespace();
        // Neighbour discovery is the kernel's own.
        if let (Some("Ip6OutNoRoutes" | "Udp6OutDatagrams"), Some(count)) = (fields.next(), fields.next()) {
            calls += count.parse::<u64>().expect("a number");
        }
    }
    stop(child, &mut said);
    Some(calls)
}

#[test]
fn nothing_goes_out_unless_a_sink_is_set() {
    let Some(quiet) = calls("") else { return };
    assert_eq!(quiet, 0);
    // That it would be seen.
    let webhook = "[sinks.webhook]\nenabled = true\nurl = \"http://192.0.2.1:9/\"\n";
    assert!(calls(webhook).is_some_and(|calls| calls > 0));
}
