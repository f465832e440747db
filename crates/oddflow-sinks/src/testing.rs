//! A made-up notice, and any notice at all, for this crate's tests.

use std::net::IpAddr;

use proptest::prelude::*;

use crate::{Connection, Event, Examples, Notice, Severity};

/// An incident with all fields set.
pub(crate) fn notice() -> Notice {
    Notice {
        incident: 42,
        model: "m-7f3a".into(),
        first: 1_795_000_000.25,
        last: 1_795_000_125.5,
        raised: 1_795_000_060.123_456,
        host: Some("192.168.7.20".parse().unwrap()),
        family: "fan-out".into(),
        class: "outbound tcp".into(),
        severity: Severity::High,
        score: 31.5,
        threshold: 12.25,
        peak: 18.75,
        rows: 312,
        title: "Scan: 254 peers on port 22".into(),
        technique: Some("T1046".into()),
        peers: Examples {
            examples: vec!["198.51.100.1".parse().unwrap(), "198.51.100.2".parse().unwrap()],
            count: 254,
        },
        ports: Examples { examples: vec![22], count: 1 },
        orig_bytes: 40_960,
        resp_bytes: 0,
        reasons: vec![
            "254 new peers within 2 minutes; 3 are usual".into(),
            "No answer to 99 % of them".into(),
        ],
        sensor: "cellar".into(),
        strongest: Some(Connection {
            ts: 1_795_000_059.5,
            uid: "CAcJw21BbVedgFnYH3".into(),
            orig_h: "192.168.7.20".parse().unwrap(),
            orig_p: 51_234,
            resp_h: "198.51.100.2".parse().unwrap(),
            resp_p: 22,
            proto: "tcp".into(),
            service: Some("ssh".into()),
            conn_state: Some("S0".into()),
            community_id: None,
            log: "conn.13:00:00-14:00:00.log.gz".into(),
            line: 1_207,
        }),
        ..Notice::default()
    }
}

/// A notice whose texts are meant to break a line, a frame or a record.
pub(crate) fn nasty() -> Notice {
    let mut notice = notice();
    notice.title = "a\tb\r\nc\u{0}d \"e\" ]f \\g |h <!channel> & \u{7f}\u{85}\u{2028} \u{202e}größe".into();
    notice.family = "-".into();
    notice.class = "(empty)".into();
    notice.sensor = "höst name\n<165>1 - - - - - -".into();
    notice.reasons = vec![String::new(), "x,y\nz".into(), "\\x0a".into()];
    notice.score = f64::NAN;
    notice.raised = f64::INFINITY;
    let connection = notice.strongest.as_mut().unwrap();
    connection.uid = "#close\t2026".into();
    connection.service = Some("ssl,\n\"]".into());
    connection.proto = "unknown transport]".into();
    connection.resp_h = "2001:db8::1".parse().unwrap();
    notice
}

/// Any text, with those characters more often that mean something to a format.
fn text() -> BoxedStrategy<String> {
    let special = prop::sample::select(vec![
        "\n",
        "\r",
        "\t",
        "\0",
        "|",
        "]",
        "[",
        "\"",
        "\\",
        "=",
        "<",
        ">",
        "&",
        ",",
        "-",
        "(empty)",
        "#",
        "\\x09",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{1b}[31m",
        "é",
        "@here",
    ]);
    let piece =
        prop_oneof![special.prop_map(String::from), any::<char>().prop_map(String::from), "[a-z ]{1,5}"];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()).boxed()
}

fn number() -> BoxedStrategy<f64> {
    prop_oneof![any::<f64>(), 0.0..4e9, Just(f64::NAN), Just(f64::INFINITY), Just(-1.0)].boxed()
}

fn any_connection() -> BoxedStrategy<Connection> {
    let proto = prop_oneof![Just("tcp".to_owned()), Just("icmp".to_owned()), text()].boxed();
    let texts = (text(), proto, prop::option::of(text()), prop::option::of(text()), text());
    (number(), texts, any::<[IpAddr; 2]>(), any::<[u16; 2]>(), any::<u64>())
        .prop_map(|(ts, (uid, proto, service, conn_state, log), [orig_h, resp_h], [orig_p, resp_p], line)| {
            let community_id = None;
            Connection {
                ts,
                uid,
                orig_h,
                orig_p,
                resp_h,
                resp_p,
                proto,
                service,
                conn_state,
                community_id,
                log,
                line,
            }
        })
        .boxed()
}

/// Any notice that the types let through. Its parts are boxed: their types would fill a thread's stack.
pub(crate) fn any_notice() -> BoxedStrategy<Notice> {
    let event = prop::sample::select(vec![Event::Raised, Event::Changed, Event::Test]);
    let severity = prop::sample::select(Severity::ALL.to_vec());
    let numbers = prop::collection::vec(number(), 6);
    let texts = prop::collection::vec(text(), 5);
    let peers = prop::collection::vec(any::<IpAddr>(), 0..4);
    let ports = prop::collection::vec(any::<u16>(), 0..4);
    let first = (event, severity, any::<[u64; 6]>(), any::<u32>(), any::<Option<IpAddr>>()).boxed();
    let words = (numbers, texts, prop::option::of(text()), prop::collection::vec(text(), 0..4)).boxed();
    let rest = (peers, ports, prop::option::of(any_connection())).boxed();
    (first, words, rest)
        .prop_map(|(first, (numbers, mut texts, technique, reasons), (peers, ports, strongest))| {
            let (event, severity, counts, revision, host) = first;
            let mut text = || texts.pop().unwrap_or_default();
            Notice {
                version: Notice::VERSION,
                event,
                incident: counts[0],
                revision,
                model: text(),
                first: numbers[0],
                last: numbers[1],
                raised: numbers[2],
                host,
                family: text(),
                class: text(),
                severity,
                score: numbers[3],
                threshold: numbers[4],
                peak: numbers[5],
                rows: counts[1],
                title: text(),
                technique,
                peers: Examples { examples: peers, count: counts[2] },
                ports: Examples { examples: ports, count: counts[3] },
                orig_bytes: counts[4],
                resp_bytes: counts[5],
                reasons,
                sensor: text(),
                strongest,
            }
        })
        .boxed()
}

/// Rows of a Zeek log as zeek-log reads them: text by column, unset ones left out. Panics on anything that can't be read.
pub(crate) fn read_log(log: &zeek_log::LogFile) -> Vec<std::collections::BTreeMap<String, String>> {
    let options = zeek_log::ReadOptions::default();
    let head = log.any_head(&options).unwrap();
    let mut stream =
        zeek_log::LogStream::open(0, log, &head, zeek_log::Position::default(), &options).unwrap();
    let mut rows = Vec::new();
    while let Some(chunk) = stream.next_chunk() {
        let report = chunk.rows(&options, |row| {
            let columns = row.schema().columns.iter().enumerate();
            rows.push(
                columns
                    .filter_map(|(at, column)| Some((column.name.clone(), row.text(at)?.into_owned())))
                    .collect(),
            );
            std::ops::ControlFlow::Continue(())
        });
        assert_eq!(report.problems.total(), 0, "{:?}", report.problems);
    }
    rows
}

/// As [`read_log`], of a file.
pub(crate) fn read_log_at(path: &std::path::Path) -> Vec<std::collections::BTreeMap<String, String>> {
    read_log(&zeek_log::LogFile::path(path))
}
