//! A browser's part, as far as a test needs one: requests with headers, answers with their pieces put together.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::folder::Folder;
use crate::service::{signal, wait_for};

/// `oddflow serve` at work; it ends with the test.
pub(super) struct Server {
    child: Child,
    pub(super) address: String,
    /// What it said before it was ready.
    pub(super) said: String,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Server {
    /// Serves a database of a folder, with more arguments.
    pub(super) fn start(folder: &Folder, arguments: &str) -> Self {
        let command = folder.command(&format!("serve --listen 127.0.0.1:0 {arguments}"));
        Self::started(command).expect("the program starts")
    }

    /// The same of a command.
    pub(super) fn started(mut command: Command) -> std::io::Result<Self> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).expect("text") > 0, "it ended: {said}");
            if let Some((_, address)) = line.split_once("the dashboard is at ") {
                break address
                    .trim()
                    .trim_end_matches('/')
                    .split_once("://")
                    .expect("an address")
                    .1
                    .to_owned();
            }
            said.push_str(&line);
        };
        // What it says later must not hold it up.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Ok(Self { child, address, said })
    }

    /// Sends a request to the API; a path that begins with a slash is taken as it is.
    pub(super) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        send(&self.address, method, &full(path), headers, body)
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    /// What a route answers with 200.
    #[track_caller]
    pub(super) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Makes a change as the page makes it.
    pub(super) fn change(&self, method: &str, path: &str, body: &Value) -> Answer {
        let session = self.json("session");
        self.send(method, path, &[("X-CSRF-Token", session["csrf"].as_str().expect("text"))], Some(body))
    }

    /// What is told as it happens.
    pub(super) fn events(&self, headers: &[(&str, &str)]) -> impl BufRead + use<> {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request =
            format!("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        // One that should end and doesn't is no reason to wait for an hour.
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        let mut events = BufReader::new(stream);
        // Said at the beginning, so that what comes later is heard.
        wait_for(&mut events, "retry:");
        events
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it; says whether it ended well.
    pub(super) fn stop(mut self) -> bool {
        signal(&self.child, "-TERM");
        self.child.wait().expect("an end").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it has ended, there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A path of the API, or one that is whole.
pub(super) fn full(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") }
}

pub(super) fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += "Host: localhost\r\n";
    }
    if !body.is_empty() {
        request += "Content-Type: application/json\r\n";
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).expect("a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).expect("text").to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut body = bytes[end + 4..].to_vec();
    if head.contains("transfer-encoding: chunked") {
        body = put_together(&body);
    }
    Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

/// The pieces of an answer in one.
fn put_together(mut chunked: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = chunked.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&chunked[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        whole.extend_from_slice(&chunked[end + 2..end + 2 + size]);
        chunked = &chunked[end + 2 + size + 2..];
    }
    whole
}

impl Answer {
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// Refused as it should be, as a problem with something to do.
    #[track_caller]
    pub(super) fn is_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for name in ["title", "detail", "remedy"] {
            assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
    }
}
