//! The service as its neighbours see it: Prometheus, a load balancer, systemd.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::fixtures;
use crate::folder::Folder;

const SETTINGS: &str =
    "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false\n[service]\nlisten = \"127.0.0.1:0\"\n";

/// Logs to watch, finished.
fn watched() -> Folder {
    let folder = Folder::household();
    let log = &fixtures::household().attacked;
    folder.write("zeek/2026-02-28/conn.00:00:00-00:00:00.log.gz", fixtures::gz(log));
    folder.write("oddflow.toml", SETTINGS);
    folder
}

fn command(folder: &Folder) -> Command {
    let mut command =
        folder.command("watch zeek -m home.model --db a.db --config oddflow.toml --log-format json -v");
    command.stderr(Stdio::piped());
    command
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
}

/// Reads the service's own log until a line says something; gives the line.
pub(crate) fn wait_for(log: &mut impl BufRead, words: &str) -> String {
    let mut line = String::new();
    loop {
        line.clear();
        assert!(log.read_line(&mut line).expect("text") > 0, "it ended without `{words}`");
        if line.contains(words) {
            return line;
        }
    }
}

pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.parse().expect("a number"), body.to_owned())
}

#[test]
fn metrics_and_health_are_told_over_http() {
    let folder = watched();
    let mut child = command(&folder).spawn().expect("the program starts");
    let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
    let line = wait_for(&mut log, "over HTTP");
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    let address = line["address"].as_str().expect("an address").to_owned();
    assert_eq!(get(&address, "/healthz"), (200, "ok\n".into()));
    // The line comes after the commit, and the numbers before the line or soon after; so what is asked for is an end.
    wait_for(&mut log, " rows of 1 log");
    let rows = fixtures::parts(&fixtures::household().attacked).1.len();
    let counted = |text: &str| text.contains(&format!("\noddflow_rows_total {rows}\n"));
    let metrics = std::iter::repeat_with(|| get(&address, "/metrics").1).find(|text| counted(text));
    let metrics = metrics.expect("it is asked until it comes");
    for line in [
        "oddflow_database_trouble 0",
        "oddflow_roots 1",
        "oddflow_roots_unreachable 0",
        "oddflow_rows_unreadable_total{kind=\"bad time\"} 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert_eq!(get(&address, "/readyz"), (200, "ok\n".into()));
    assert_eq!(get(&address, "/nothing").0, 404);
    // A folder that vanishes is told.
    std::fs::rename(folder.path("zeek"), folder.path("away")).expect("it is ours");
    let unready = std::iter::repeat_with(|| get(&address, "/readyz")).find(|(status, _)| *status == 503);
    assert!(unready.expect("it comes").1.contains("zeek cannot be reached"));
    std::fs::rename(folder.path("away"), folder.path("zeek")).expect("it is ours");
    std::iter::repeat_with(|| get(&address, "/readyz")).find(|(status, _)| *status == 200).expect("it comes");
    signal(&child, "-TERM");
    assert!(child.wait().expect("an end").success());
}

#[test]
fn other_machines_are_let_in_only_where_that_is_said() {
    let folder = Folder::household();
    folder.write("zeek/current/conn.log", &fixtures::household().quiet);
    folder
        .run("watch zeek -m home.model --db a.db --listen 0.0.0.0:0")
        .fails(2, &["service.listen", "0.0.0.0:0", "other machines"]);
    folder
        .run("watch zeek -m home.model --db a.db --listen localhost")
        .fails(2, &["service.listen", "localhost"]);
    folder.write("remote.toml", "[service]\nlisten = \"0.0.0.0:0\"\nallow_remote = true\n");
    folder.ok("watch zeek -m home.model --db a.db --mode live --once --config remote.toml").says("over HTTP");
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_is_told_how_it_goes() {
    use std::os::unix::net::UnixDatagram;
    let folder = watched();
    let socket = UnixDatagram::bind(folder.path("notify")).expect("a socket");
    let mut child = command(&folder)
        .env("NOTIFY_SOCKET", folder.path("notify"))
        .env("WATCHDOG_USEC", "20000")
        .spawn()
        .expect("the program starts");
    // Its log is read, so that it isn't held up by it.
    let mut log = child.stderr.take().expect("a pipe");
    let reading = std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let mut buffer = [0; 4096];
    let mut next = || {
        let length = socket.recv(&mut buffer).expect("a word");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let mut until = |word: &str| while !next().lines().any(|line| line == word) {};
    until("READY=1");
    // The loop goes on, and so does its pulse.
    (0..3).for_each(|_| until("WATCHDOG=1"));
    signal(&child, "-HUP");
    until("RELOADING=1");
    until("READY=1");
    until("WATCHDOG=1");
    signal(&child, "-TERM");
    until("STOPPING=1");
    assert!(child.wait().expect("an end").success());
    reading.join().expect("it reads").expect("it is read");
}
