//! Notices, receivers in threads of their own, and certificates for them. Everything stays on the loopback interface.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use jiff::Timestamp;
use oddflow_sinks::{Built, Examples, Notice, Settings, Severity};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub(crate) fn now() -> Timestamp {
    "2026-11-22T13:27:44Z".parse().unwrap()
}

pub(crate) fn notice(incident: u64) -> Notice {
    Notice {
        incident,
        model: "m-7f3a".into(),
        raised: 1_795_000_060.5,
        first: 1_795_000_000.0,
        last: 1_795_000_060.5,
        host: Some("192.168.7.20".parse().unwrap()),
        family: "fan-out".into(),
        class: "outbound tcp".into(),
        severity: Severity::High,
        score: 31.5,
        threshold: 12.25,
        rows: 312,
        title: format!("Scan {incident}: <254> peers"),
        ports: Examples { examples: vec![22], count: 1 },
        reasons: vec!["254 new peers".into()],
        ..Notice::default()
    }
}

pub(crate) fn notices(incidents: std::ops::RangeInclusive<u64>) -> Vec<Notice> {
    incidents.map(notice).collect()
}

/// Settings from JSON, as a file would give them.
pub(crate) fn settings(json: serde_json::Value) -> Settings {
    serde_json::from_value(json).unwrap()
}

pub(crate) fn build(json: serde_json::Value) -> Built {
    settings(json).build(&|name| (name == "TOKEN").then(|| "t0p-secret".into())).unwrap()
}

/// A certificate that stands for itself, for `localhost` and 127.0.0.1.
pub(crate) struct Identity {
    /// In PEM form, for those who are to trust it.
    pub(crate) pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

pub(crate) fn identity() -> Identity {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    Identity { pem: made.cert.pem(), config: Arc::new(config) }
}

pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

fn secured(stream: TcpStream, tls: Option<&Arc<ServerConfig>>) -> Box<dyn Stream> {
    match tls {
        None => Box::new(stream),
        Some(config) => {
            Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream))
        }
    }
}

/// What a receiver of streams does with a connection.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Reads to the end, and closes.
    Reads,
    /// Reads one byte and hangs up.
    Resets,
    /// Hangs up without reading.
    Closes,
    /// Reads everything and never closes by itself.
    Keeps,
}

/// A syslog receiver of streams that takes as many connections as there are manners, and gives what each brought.
pub(crate) fn syslog_receiver(
    manners: Vec<Manner>,
    tls: Option<Arc<ServerConfig>>,
) -> (u16, Receiver<Vec<u8>>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (give, take) = channel();
    let thread = std::thread::spawn(move || {
        let mut kept = Vec::new();
        for manner in manners {
            let (stream, _) = listener.accept().unwrap();
            let mut held = stream.try_clone().unwrap();
            let mut stream = secured(stream, tls.as_ref());
            let mut bytes = Vec::new();
            match manner {
                Manner::Reads => {
                    // A client that doesn't trust the certificate ends it with an alert.
                    let _ = stream.read_to_end(&mut bytes);
                }
                Manner::Resets => {
                    let _ = held.read_exact(&mut [0]);
                }
                Manner::Closes => {}
                Manner::Keeps => {
                    let _ = stream.read_to_end(&mut bytes);
                    kept.push(held);
                }
            }
            if give.send(bytes).is_err() {
                return;
            }
        }
        // Whoever was kept hears of the end with the sender's.
        for mut stream in kept {
            let _ = stream.read(&mut [0]);
        }
    });
    (port, take, thread)
}

/// What a web server answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status line and headers, each with its line end.
    Says(&'static str),
    /// Headers that don't end, until the client has enough.
    Babbles,
    /// Closes without a word.
    HangsUp,
    /// Says nothing until the client goes.
    Sleeps,
}

pub(crate) const OK: Answer = Answer::Says("200 OK\r\nContent-Length: 2\r\n\r\nok");

/// A request as it came.
pub(crate) struct Request {
    pub(crate) head: String,
    /// Null where there is none.
    pub(crate) body: serde_json::Value,
}

/// A web server that answers as many requests as there are answers, a connection each.
pub(crate) fn web_server(
    answers: Vec<Answer>,
    tls: Option<Arc<ServerConfig>>,
) -> (u16, Receiver<Request>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (give, take) = channel();
    let thread = std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = secured(stream, tls.as_ref());
            if let Some(request) = read_request(&mut stream) {
                give.send(request).unwrap();
                respond(&mut stream, &answer);
            }
        }
    });
    (port, take, thread)
}

fn read_request(stream: &mut dyn Stream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let before = head.len();
        reader.read_line(&mut head).ok()?;
        if head.len() == before {
            return None;
        }
        if head[before..].trim().is_empty() {
            break;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body: serde_json::from_slice(&body).unwrap_or_default() })
}

fn respond(stream: &mut dyn Stream, answer: &Answer) {
    match answer {
        Answer::Says(text) => {
            let _ = stream.write_all(format!("HTTP/1.1 {text}").as_bytes());
            let _ = stream.flush();
        }
        Answer::Babbles => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            while stream.write_all(b"X-More: and more and more and more and more and more\r\n").is_ok() {}
        }
        Answer::HangsUp => {}
        Answer::Sleeps => {
            let _ = stream.read(&mut [0]);
        }
    }
}
