//! Real requests over the loopback.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

struct Said {
    ready: bool,
}

impl Source for Said {
    fn metrics(&self) -> String {
        "# TYPE oddflow_up gauge\noddflow_up 1\n".into()
    }

    fn unhealthy(&self) -> Vec<String> {
        Vec::new()
    }

    fn unready(&self) -> Vec<String> {
        if self.ready { Vec::new() } else { vec!["the database\nis locked".into(), "no folder".into()] }
    }
}

fn server(ready: bool, lifetime: Duration) -> Server {
    let listen = Listen::new("127.0.0.1:0", false, Vec::new()).expect("the loopback");
    Server::start_within(listen, Arc::new(Said { ready }), None, lifetime).expect("a port")
}

/// What is answered to some bytes, until the other side hangs up.
fn ask(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("it listens");
    // It may hang up before it has read all.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("text")
}

fn get(server: &Server, path: &str) -> String {
    ask(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
}

fn check(answer: &str, status: u16, body: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert_eq!(answer.split_once("\r\n\r\n").map(|(_, body)| body), Some(body), "{answer}");
}

#[test]
fn the_routes_answer() {
    let well = server(true, LIFETIME);
    let metrics = get(&well, "/metrics");
    check(&metrics, 200, "# TYPE oddflow_up gauge\noddflow_up 1\n");
    assert!(metrics.contains("content-type: text/plain; version=0.0.4"), "{metrics}");
    assert!(metrics.contains("cache-control: no-store"), "{metrics}");
    check(&get(&well, "/healthz"), 200, "ok\n");
    check(&get(&well, "/readyz"), 200, "ok\n");
    check(&get(&well, "/"), 404, "");
    check(&ask(&well, "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200, "");
    let unwell = server(false, LIFETIME);
    check(&get(&unwell, "/readyz"), 503, "the database is locked\nno folder\n");
    check(&get(&unwell, "/healthz"), 200, "ok\n");
}

#[test]
fn what_is_not_for_us_is_refused() {
    let server = server(true, LIFETIME);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "STRANGE"] {
        let answer = ask(
            &server,
            &format!("{method} /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
        );
        check(&answer, 405, "only GET and HEAD\n");
        assert!(answer.contains("allow: GET,HEAD"), "{answer}");
    }
    let rebound = "this host is not ours: see service.names\n";
    check(&ask(&server, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421, rebound);
    let absolute = "GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    check(&ask(&server, absolute), 421, rebound);
    let none = "one Host header is needed\n";
    check(&ask(&server, "GET /metrics HTTP/1.1\r\n\r\n"), 400, none);
    check(&ask(&server, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"), 400, none);
}

#[test]
fn other_pages_ask_nothing() {
    let server = server(true, LIFETIME);
    for path in ["/metrics", "/readyz", "/healthz"] {
        for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: {site}\r\n\r\n");
            let answer = ask(&server, &request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {site}: {answer}");
        }
    }
}

#[test]
fn what_is_the_matter_is_not_told_to_everybody() {
    let listen = Listen::new("0.0.0.0:0", true, Vec::new()).expect("an address");
    let said = Arc::new(Said { ready: false });
    let server = Server::start_within(listen, said, None, LIFETIME).expect("a port");
    let request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = TcpStream::connect(("127.0.0.1", server.address().port())).expect("it listens");
    stream.write_all(request).expect("a request");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("it is not ready"), "{answer}");
    assert!(!answer.contains("no folder"), "{answer}");
}

#[test]
fn what_is_too_large_is_refused() {
    let server = server(true, LIFETIME);
    let long = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(HEAD));
    assert!(!ask(&server, &long).contains("200 OK"));
    let many = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(HEADERS));
    assert!(!ask(&server, &many).contains("200 OK"));
    check(&get(&server, "/healthz"), 200, "ok\n");
}

#[test]
fn the_slow_give_way() {
    let server = server(true, Duration::from_millis(50));
    // More than there are places for, none of which says anything.
    let silent: Vec<_> =
        (0..CONNECTIONS + 8).map(|_| TcpStream::connect(server.address()).expect("it listens")).collect();
    check(&get(&server, "/healthz"), 200, "ok\n");
    for mut stream in silent {
        let mut rest = Vec::new();
        // It was hung up on: this ends.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty());
    }
}

#[test]
fn an_end_is_one_and_a_port_is_one_listeners() {
    let first = server(true, LIFETIME);
    let address = first.address();
    let second = Listen::new(&address.to_string(), false, Vec::new()).expect("the loopback");
    let refused = Server::start(second.clone(), Arc::new(Said { ready: true }), None);
    assert!(matches!(refused, Err(ListenError::Bind { .. })), "{refused:?}");
    let held = TcpStream::connect(address).expect("it listens");
    drop(first);
    let again = Server::start(second, Arc::new(Said { ready: true }), None).expect("the port is free");
    check(&get(&again, "/healthz"), 200, "ok\n");
    drop(held);
}

#[test]
fn tls_is_spoken_where_there_is_a_certificate() {
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let tls = crate::Tls::read(&certificate, &key).expect("they belong together");
    assert!(tls == crate::Tls::read(&certificate, &key).expect("again"));
    assert!(matches!(crate::Tls::read(&key, &key), Err(ListenError::Tls { .. })));
    let names = vec!["sensor.example".to_owned()];
    let listen = Listen::new("127.0.0.1:0", false, names).expect("the loopback").over(tls);
    let server = Server::start(listen, Arc::new(Said { ready: true }), None).expect("a port");

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let get_of = |host: &str| {
        let name = ServerName::try_from("localhost").expect("a name");
        let session = ClientConnection::new(Arc::clone(&config), name).expect("a session");
        let stream = TcpStream::connect(server.address()).expect("it listens");
        let mut stream = StreamOwned::new(session, stream);
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = Vec::new();
        // It may hang up without a word of TLS.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).expect("text")
    };
    let (named, unnamed) = (get_of("sensor.example:8443"), get_of("localhost:8443"));
    for answer in [&named, &unnamed] {
        check(answer, 200, "ok\n");
    }
    let header = "strict-transport-security: max-age=31536000";
    assert!(named.contains(header) && !unnamed.contains(header), "{named}{unnamed}");
    // Who speaks no TLS is hung up on.
    assert!(!get(&server, "/healthz").contains("200 OK"));
}
