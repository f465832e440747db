//! What each format makes of a plain notice and of a nasty one, and what it makes of any.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use zeek_log::LogFile;
use zeek_log::write::{Format, Writer};

use super::syslog::{Facility, Header};
use super::*;
use crate::{Event, Notice, Severity, testing};

fn written() -> Timestamp {
    "2026-11-22T13:40:00Z".parse().unwrap()
}

fn header() -> Header {
    Header {
        facility: Facility::Local1,
        hostname: "sensor.example".into(),
        process: Some(815),
        enterprise: 32_473,
    }
}

fn zeek_log(notices: &[Notice]) -> String {
    let mut log = Writer::new(Vec::new(), &zeek::schema(), Format::Tsv, Some(written())).unwrap();
    for notice in notices {
        zeek::row(notice, |row| log.row(row)).unwrap();
    }
    String::from_utf8(log.finish(Some(written())).unwrap()).unwrap()
}

fn notice_log(notices: &[Notice]) -> String {
    let mut log = Writer::new(Vec::new(), &notice_log::schema(), Format::Tsv, Some(written())).unwrap();
    for notice in notices {
        notice_log::row(notice, |row| log.row(row)).unwrap();
    }
    String::from_utf8(log.finish(Some(written())).unwrap()).unwrap()
}

fn three() -> [Notice; 3] {
    [testing::notice(), testing::nasty(), Notice::test("cellar", 1_795_000_000.0)]
}

fn pretty(json: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(json).unwrap()).unwrap()
}

#[test]
fn zeek_log_of_three() {
    insta::assert_snapshot!(zeek_log(&three()));
}

#[test]
fn notice_log_of_three() {
    insta::assert_snapshot!(notice_log(&three()));
}

#[test]
fn ecs_of_a_plain_notice() {
    insta::assert_snapshot!(pretty(&ecs::line(&testing::notice(), written())));
}

#[test]
fn ecs_of_a_nasty_notice() {
    insta::assert_snapshot!(ecs::line(&testing::nasty(), written()));
}

#[test]
fn ecs_of_a_sub_technique_names_its_parent() {
    let notice = Notice { technique: Some("T1071.004".into()), ..testing::notice() };
    let line: Value = serde_json::from_str(&ecs::line(&notice, written())).unwrap();
    assert_eq!(line["threat"]["technique"]["id"], serde_json::json!(["T1071"]));
    assert_eq!(line["threat"]["technique"]["subtechnique"]["id"], serde_json::json!(["T1071.004"]));
}

#[test]
fn webhook_of_two() {
    insta::assert_snapshot!(pretty(&webhook::body(&testing::notice())));
    insta::assert_snapshot!(webhook::text(&testing::nasty()));
}

#[test]
fn syslog_of_three() {
    let messages = three().map(|notice| syslog::message(&notice, &header(), 8_192));
    insta::assert_snapshot!(messages.join("\n").replace('\u{feff}', "[BOM]"));
}

#[test]
fn syslog_keeps_to_its_size_and_loses_the_least_first() {
    let mut notice = testing::nasty();
    notice.reasons = vec!["ü".repeat(5_000)];
    for most in [480, 481, 482, 700, 1_452, 2_048] {
        let message = syslog::message(&notice, &header(), most);
        assert!(message.len() <= most, "{} bytes of {most}", message.len());
        let parts = parse_syslog(&message);
        assert_eq!(parts.parameters["id"], notice.id());
        assert_eq!(parts.parameters["host"], "192.168.7.20");
    }
}

#[test]
fn syslog_has_a_mark_only_where_it_needs_one() {
    assert!(!syslog::message(&testing::notice(), &header(), 8_192).contains('\u{feff}'));
    let message = syslog::message(&testing::nasty(), &header(), 8_192);
    assert_eq!(message.matches('\u{feff}').count(), 1);
    assert!(message.contains("] \u{feff}a\\x09b"));
}

#[test]
fn syslog_names_the_machine_or_the_sensor() {
    let header = Header { hostname: String::new(), process: None, ..header() };
    let notice = Notice { sensor: "höst name".into(), ..testing::notice() };
    assert!(syslog::message(&notice, &header, 8_192).contains("Z h_st_name oddflow - raised ["));
    let notice = Notice { sensor: String::new(), ..notice };
    assert!(syslog::message(&notice, &header, 8_192).contains("Z - oddflow - raised ["));
}

#[test]
fn severities_have_their_levels() {
    let priority = |severity, event| {
        let notice = Notice { severity, event, ..testing::notice() };
        syslog::message(&notice, &header(), 8_192).split('>').next().unwrap()[1..].parse::<u16>().unwrap()
            - 17 * 8
    };
    assert_eq!(Severity::ALL.map(|severity| priority(severity, Event::Raised)), [5, 4, 3, 2]);
    assert_eq!(priority(Severity::Critical, Event::Test), 6);
}

#[test]
fn times_that_no_calendar_has_are_none() {
    assert_eq!(iso_seconds(1_795_000_060.123_456).as_deref(), Some("2026-11-18T11:07:40.123456Z"));
    assert_eq!(iso_seconds(-0.5).as_deref(), Some("1969-12-31T23:59:59.500000Z"));
    for seconds in [f64::NAN, f64::INFINITY, 1e300, -1e18, 4e11] {
        assert_eq!(iso_seconds(seconds), None);
    }
}

/// What a message of RFC 5424 says, by a parser of its own.
struct Parts {
    header: Vec<String>,
    parameters: BTreeMap<String, String>,
    text: String,
}

fn parse_syslog(message: &str) -> Parts {
    let mut header = Vec::new();
    let mut rest = message;
    for _ in 0..6 {
        let (field, behind) = rest.split_once(' ').unwrap();
        header.push(field.to_owned());
        rest = behind;
    }
    let mut parameters = BTreeMap::new();
    rest = rest.strip_prefix("[oddflow@32473").unwrap();
    while let Some(behind) = rest.strip_prefix(' ') {
        let (key, behind) = behind.split_once("=\"").unwrap();
        let (mut value, mut characters) = (String::new(), behind.char_indices());
        let end = loop {
            match characters.next().unwrap() {
                (_, '\\') => value.push(characters.next().unwrap().1),
                (at, '"') => break at,
                (_, ']') => panic!("a bracket that is not escaped"),
                (_, c) => value.push(c),
            }
        };
        parameters.insert(key.to_owned(), value);
        rest = &behind[end + 1..];
    }
    let text = rest.strip_prefix("] ").unwrap().to_owned();
    Parts { header, parameters, text }
}

/// What a text column reads back as: empty ones are unset.
fn expected(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn reads_back(notices: &[Notice]) {
    let rows = testing::read_log(&LogFile::memory("oddflow.log", zeek_log(notices).into_bytes()));
    assert_eq!(rows.len(), notices.len());
    for (row, notice) in rows.iter().zip(notices) {
        let get = |column: &str| row.get(column).map(String::as_str);
        let number = |column: &str| row.get(column).map(|text| text.parse::<f64>().unwrap());
        let finite = |value: f64| value.is_finite().then_some(value);
        assert_eq!(get("notice_id"), Some(notice.id().as_str()));
        assert_eq!(get("event"), Some(notice.event.name()));
        assert_eq!(get("severity"), Some(notice.severity.name()));
        assert_eq!(get("incident"), Some(notice.incident.to_string().as_str()));
        assert_eq!(get("rows"), Some(notice.rows.to_string().as_str()));
        assert_eq!(get("host"), notice.host.map(|host| host.to_string()).as_deref());
        for (column, text) in [
            ("title", &notice.title),
            ("family", &notice.family),
            ("class", &notice.class),
            ("model", &notice.model),
            ("sensor", &notice.sensor),
        ] {
            assert_eq!(get(column), expected(text), "{column}");
        }
        let escaped = |text: &String| text.replace('\\', "\\x5c").replace(',', "\\x2c");
        let reasons: Vec<String> =
            notice.reasons.iter().filter(|text| !text.is_empty()).map(escaped).collect();
        assert_eq!(get("reasons"), Some(reasons.join(",").as_str()));
        assert_eq!(get("technique"), notice.technique.as_deref().and_then(expected));
        for (column, value) in
            [("score", notice.score), ("threshold", notice.threshold), ("peak", notice.peak)]
        {
            assert_eq!(number(column), finite(value), "{column}");
        }
        for (column, value) in [("ts", notice.raised), ("first", notice.first), ("last", notice.last)] {
            let rounded = finite(value).map(|value| format!("{value:.6}").parse::<f64>().unwrap());
            assert_eq!(number(column), rounded, "{column}");
        }
        if let Some(connection) = &notice.strongest {
            assert_eq!(get("uid"), expected(&connection.uid));
            assert_eq!(get("id.orig_h"), Some(connection.orig_h.to_string().as_str()));
            assert_eq!(get("id.resp_p"), Some(connection.resp_p.to_string().as_str()));
            assert_eq!(get("proto"), expected(&connection.proto));
            assert_eq!(get("service"), connection.service.as_deref().and_then(expected));
            assert_eq!(get("conn_log"), expected(&connection.log));
        }
    }
}

proptest! {
    #[test]
    fn any_notice_is_a_row_of_a_zeek_log_and_reads_back(notices in prop::collection::vec(testing::any_notice(), 1..4)) {
        reads_back(&notices);
        let log = zeek_log(&notices);
        let rows = log.lines().filter(|line| !line.starts_with('#')).count();
        prop_assert_eq!(log.matches('\n').count(), 9 + notices.len());
        prop_assert_eq!(rows, notices.len());
    }

    #[test]
    fn any_notice_is_a_row_of_a_notice_log(notices in prop::collection::vec(testing::any_notice(), 1..4)) {
        let rows = testing::read_log(&LogFile::memory("notice.log", notice_log(&notices).into_bytes()));
        prop_assert_eq!(rows.len(), notices.len());
        for (row, notice) in rows.iter().zip(&notices) {
            let expected = if notice.event == Event::Test { "Oddflow::Test" } else { "Oddflow::Anomaly" };
            prop_assert_eq!(&row["note"], expected);
            prop_assert!(row["sub"].starts_with(&notice.id()));
        }
    }

    #[test]
    fn any_notice_is_a_line_of_json(notice in testing::any_notice()) {
        for line in [ecs::line(&notice, written()), webhook::body(&notice), notice.to_json()] {
            prop_assert!(!line.contains(['\n', '\r', '\0']));
            prop_assert!(serde_json::from_str::<Value>(&line).unwrap().is_object());
        }
        let line = ecs::line(&notice, written());
        let ends_a_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        prop_assert!(!line.contains(ends_a_line), "a line end in a line");
        let line: Value = serde_json::from_str(&line).unwrap();
        prop_assert!(line["@timestamp"].as_str().unwrap().ends_with('Z'));
        let title = line["oddflow"]["title"].as_str().unwrap_or_default();
        prop_assert_eq!(title, notice.title.as_str());
    }

    #[test]
    fn any_notice_is_one_frame_of_syslog(notice in testing::any_notice(), most in 0usize..4_000) {
        let message = syslog::message(&notice, &header(), most);
        prop_assert!(message.len() <= most.max(480));
        prop_assert!(!message.chars().any(char::is_control));
        let parts = parse_syslog(&message);
        prop_assert!(parts.header[0].starts_with('<') && parts.header[0].ends_with(">1"));
        prop_assert!(parts.header.iter().all(|field| field.chars().all(|c| c.is_ascii_graphic())));
        prop_assert_eq!(parts.text.starts_with('\u{feff}'), !parts.text.is_ascii());
        prop_assert_eq!(&parts.parameters["event"], notice.event.name());
    }

    #[test]
    fn any_notice_is_plain_text_to_a_chat(notice in testing::any_notice()) {
        let text = webhook::text(&notice);
        prop_assert!(!text.contains(['<', '>']));
        // Every & begins one of the three escapes.
        let rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
        prop_assert!(!rest.contains('&'));
        // A line of its own only for a reason.
        prop_assert!(text.lines().skip(1).all(|line| line.starts_with("• ")));
        let reasons = notice.reasons.iter().filter(|reason| !reason.is_empty()).count();
        prop_assert_eq!(text.matches('\n').count(), reasons.min(5));
    }
}
