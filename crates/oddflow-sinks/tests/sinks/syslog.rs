//! Syslog with a receiver at the other end.

use std::net::UdpSocket;

use oddflow_sinks::{Sink, Trouble};
use serde_json::json;

use crate::harness::{Manner, build, identity, notices, now, syslog_receiver};

fn sink(port: u16, transport: &str) -> Box<dyn Sink> {
    let settings =
        json!({"enabled": true, "host": "127.0.0.1", "port": port, "transport": transport, "timeout_s": 5});
    build(json!({"syslog": settings})).sinks.remove(0)
}

/// Takes frames apart by their octet counts; panics on anything else.
fn frames(mut bytes: &[u8]) -> Vec<String> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let blank = bytes.iter().position(|&byte| byte == b' ').unwrap();
        let length: usize = str::from_utf8(&bytes[..blank]).unwrap().parse().unwrap();
        frames.push(String::from_utf8(bytes[blank + 1..blank + 1 + length].to_vec()).unwrap());
        bytes = &bytes[blank + 1 + length..];
    }
    frames
}

fn are_incidents(frames: &[String], incidents: std::ops::RangeInclusive<u64>) {
    assert_eq!(frames.len(), incidents.clone().count());
    for (frame, incident) in frames.iter().zip(incidents) {
        assert!(frame.starts_with("<139>1 2026-11-18T11:07:40.500000Z - oddflow "), "{frame}");
        assert!(frame.contains(&format!("id=\"oddflow:m-7f3a:{incident}:raised\"")), "{frame}");
    }
}

#[test]
fn tcp_counts_octets_and_waits_until_they_are_read() {
    let (port, received, receiver) = syslog_receiver(vec![Manner::Reads; 2], None);
    let mut sink = sink(port, "tcp");
    sink.deliver(&notices(1..=3), now()).unwrap();
    sink.deliver(&notices(4..=4), now()).unwrap();
    are_incidents(&frames(&received.recv().unwrap()), 1..=3);
    are_incidents(&frames(&received.recv().unwrap()), 4..=4);
    receiver.join().unwrap();
}

#[test]
fn a_receiver_that_hangs_up_gets_the_batch_again() {
    let (port, received, receiver) =
        syslog_receiver(vec![Manner::Resets, Manner::Closes, Manner::Reads], None);
    let mut sink = sink(port, "tcp");
    for _ in 0..2 {
        let error = sink.deliver(&notices(1..=50), now()).unwrap_err();
        assert_eq!((error.delivered, error.trouble), (0, Trouble::Passing { wait: None }));
        assert!(received.recv().unwrap().is_empty());
    }
    sink.deliver(&notices(1..=50), now()).unwrap();
    are_incidents(&frames(&received.recv().unwrap()), 1..=50);
    receiver.join().unwrap();
}

#[test]
fn a_receiver_that_never_closes_has_it_all_the_same() {
    let (port, received, receiver) = syslog_receiver(vec![Manner::Keeps], None);
    let settings = json!({"enabled": true, "host": "127.0.0.1", "port": port, "timeout_s": 1});
    let mut sink = build(json!({"syslog": settings})).sinks.remove(0);
    sink.deliver(&notices(1..=2), now()).unwrap();
    are_incidents(&frames(&received.recv().unwrap()), 1..=2);
    receiver.join().unwrap();
}

#[test]
fn nobody_there_is_a_failure_that_passes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = sink(port, "tcp").deliver(&notices(1..=1), now()).unwrap_err();
    assert_eq!(error.trouble, Trouble::Passing { wait: None });
    assert!(error.message.starts_with(&format!("127.0.0.1 port {port}: ")), "{error}");
}

#[test]
fn udp_sends_a_datagram_a_message() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    sink(receiver.local_addr().unwrap().port(), "udp").deliver(&notices(1..=3), now()).unwrap();
    let mut frames = Vec::new();
    let mut buffer = [0; 4_096];
    for _ in 0..3 {
        let length = receiver.recv(&mut buffer).unwrap();
        frames.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    are_incidents(&frames, 1..=3);
}

#[test]
fn udp_keeps_within_a_packet() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut long = notices(1..=1);
    long[0].title = "ü".repeat(3_000);
    sink(receiver.local_addr().unwrap().port(), "udp").deliver(&long, now()).unwrap();
    let mut buffer = [0; 4_096];
    let length = receiver.recv(&mut buffer).unwrap();
    assert!((1_440..=1_452).contains(&length), "{length}");
    assert!(str::from_utf8(&buffer[..length]).unwrap().contains("\u{feff}üü"));
}

#[test]
fn tls_trusts_the_named_authority() {
    let identity = identity();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &identity.pem).unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let (port, received, receiver) = syslog_receiver(vec![Manner::Reads], Some(identity.config.clone()));
        let settings =
            json!({"enabled": true, "host": host, "port": port, "transport": "tls", "ca_file": file});
        let mut sink = build(json!({"syslog": settings})).sinks.remove(0);
        sink.deliver(&notices(1..=3), now()).unwrap();
        are_incidents(&frames(&received.recv().unwrap()), 1..=3);
        receiver.join().unwrap();
    }
}

#[test]
fn tls_does_not_trust_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, identity().pem).unwrap();
    let (port, received, receiver) = syslog_receiver(vec![Manner::Reads], Some(identity().config));
    let settings =
        json!({"enabled": true, "host": "localhost", "port": port, "transport": "tls", "ca_file": file});
    let mut sink = build(json!({"syslog": settings})).sinks.remove(0);
    let error = sink.deliver(&notices(1..=3), now()).unwrap_err();
    assert!(
        error.message.contains("not trusted") && error.message.contains("sinks.syslog.ca_file"),
        "{error}"
    );
    assert!(received.recv().unwrap().is_empty());
    receiver.join().unwrap();
}
