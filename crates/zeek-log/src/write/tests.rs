//! The writer against an independent reading of what it wrote.

use std::io::{Read, Write};
use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

fn open() -> Timestamp {
    "2026-11-16T07:00:00Z".parse().unwrap()
}

fn written(schema: &Schema, format: Format, rows: &[&[Value<'_>]]) -> String {
    let mut log = Writer::new(Vec::new(), schema, format, Some(open())).unwrap();
    for row in rows {
        log.row(row).unwrap();
    }
    String::from_utf8(log.finish(Some(open())).unwrap()).unwrap()
}

fn last_row(schema: &Schema, row: &[Value<'_>]) -> String {
    let log = written(schema, Format::Tsv, &[row]);
    log.lines().rev().nth(1).unwrap().to_owned()
}

/// Takes `\xNN` for the byte NN, and nothing else for an escape.
fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'\\' && tail.first() == Some(&b'x') {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[1..3]).unwrap(), 16).unwrap());
            rest = &tail[3..];
        } else {
            bytes.push(byte);
            rest = tail;
        }
    }
    bytes
}

fn record() -> ConnRecord<'static> {
    ConnRecord {
        ts: 1_258_531_221.486_539,
        uid: Some("CMucAv3aPcRqfSv8Dj"),
        orig_h: Ipv4Addr::new(192, 168, 1, 102).into(),
        orig_p: 68,
        resp_h: "fe80::1".parse().unwrap(),
        resp_p: 67,
        proto: "udp",
        service: Some("quic,ssl"),
        duration: Some(0.16382),
        orig_bytes: Some(301),
        resp_bytes: None,
        conn_state: Some("SF"),
        local_orig: Some(true),
        local_resp: Some(false),
        missed_bytes: Some(0),
        history: Some("Dd"),
        orig_pkts: Some(1),
        orig_ip_bytes: Some(329),
        resp_pkts: Some(1),
        resp_ip_bytes: Some(328),
        tunnel_parents: Some("Cx,Cy"),
        ip_proto: Some(17),
        vlan: None,
        inner_vlan: None,
        orig_l2_addr: None,
        resp_l2_addr: None,
        community_id: None,
        failed_service: None,
    }
}

#[test]
fn a_tsv_log_has_zeeks_header_and_footer() {
    let schema = Schema::new("odd", &[("ts", "time"), ("n", "count"), ("all", "set[string]")]);
    let log = written(&schema, Format::Tsv, &[&[Value::Time(1.5), Value::Unset, Value::Set(&[])]]);
    assert_eq!(
        log,
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\todd\n\
         #open\t2026-11-16-07-00-00\n#fields\tts\tn\tall\n#types\ttime\tcount\tset[string]\n\
         1.500000\t-\t(empty)\n#close\t2026-11-16-07-00-00\n"
    );
}

#[test]
fn a_connection_finds_its_columns_by_name() {
    let mut log = Writer::new(Vec::new(), &Schema::conn(), Format::Tsv, None).unwrap();
    log.conn(&record()).unwrap();
    let text = String::from_utf8(log.finish(None).unwrap()).unwrap();
    assert_eq!(
        text.lines().last().unwrap(),
        "1258531221.486539\tCMucAv3aPcRqfSv8Dj\t192.168.1.102\t68\tfe80::1\t67\tudp\tquic,ssl\t0.163820\t301\t-\tSF\
         \tT\tF\t0\tDd\t1\t329\t1\t328\tCx,Cy\t17"
    );
    let older =
        Schema::new("conn", &[("score", "double"), ("parents", "set[string]"), ("id_orig_h", "addr")]);
    let mut log = Writer::new(Vec::new(), &older, Format::Tsv, None).unwrap();
    log.conn(&record()).unwrap();
    let scored = Schema::new("conn", &[("uid", "string"), ("score", "double"), ("flagged", "bool")]);
    log.change_schema(&scored, None).unwrap();
    log.conn_with(&record(), &[Value::Double(0.25), Value::Bool(true)]).unwrap();
    assert_eq!(log.rows(), 2);
    let text = String::from_utf8(log.finish(None).unwrap()).unwrap();
    assert!(text.contains("\n-\tCx,Cy\t192.168.1.102\n#separator"));
    assert!(text.ends_with("\nCMucAv3aPcRqfSv8Dj\t0.25\tT\n"));
}

#[test]
fn a_connection_as_json_leaves_unset_keys_out() {
    let mut log = Writer::new(Vec::new(), &Schema::conn(), Format::Json, None).unwrap();
    log.conn(&record()).unwrap();
    let text = String::from_utf8(log.finish(None).unwrap()).unwrap();
    let row: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
    assert_eq!(row["ts"], 1_258_531_221.486_539);
    assert_eq!(row["id.resp_h"], "fe80::1");
    assert_eq!(row["service"], "quic,ssl");
    assert_eq!(row["local_resp"], false);
    assert_eq!(row["tunnel_parents"], serde_json::json!(["Cx", "Cy"]));
    assert!(row.get("resp_bytes").is_none());
}

#[test]
fn markers_separators_and_hashes_are_told_from_text() {
    let one = Schema::new("t", &[("a", "string")]);
    for (text, expected) in [
        ("-", "\\x2d"),
        ("(empty)", "\\x28empty)"),
        ("", "(empty)"),
        ("--", "--"),
        ("a,b", "a,b"),
        ("\\x41", "\\x5cx41"),
        ("#fields", "\\x23fields"),
        ("a\tb\r\nc\u{7f}", "a\\x09b\\x0d\\x0ac\\x7f"),
        ("Zürich", "Zürich"),
    ] {
        assert_eq!(last_row(&one, &[Value::Text(text)]), expected);
    }
    assert_eq!(last_row(&one, &[Value::Bytes(b"a\xffb\xc3\xbc")]), "a\\xffbü");
    let set = Schema::new("t", &[("a", "set[string]")]);
    assert_eq!(last_row(&set, &[Value::Set(&["a,b", "-", ""])]), "a\\x2cb,\\x2d,(empty)");
    assert_eq!(last_row(&set, &[Value::Field("a,-,,b")]), "a,\\x2d,,b");
    assert_eq!(last_row(&set, &[Value::Field("")]), "(empty)");
}

#[test]
fn numbers_that_are_none_are_unset() {
    let schema = Schema::new("t", &[("a", "double"), ("b", "time"), ("c", "vector[interval]")]);
    let row = [Value::Double(f64::NAN), Value::Time(f64::INFINITY), Value::Intervals(&[1.0, f64::NAN])];
    assert_eq!(last_row(&schema, &row), "-\t-\t1.000000,-");
    assert_eq!(written(&schema, Format::Json, &[&row]), "{\"c\":[1.000000,null]}\n");
}

#[test]
fn a_field_in_json_is_what_its_column_says() {
    let kinds = ["count", "double", "bool", "set[string]", "vector[interval]", "string", "count", "count"];
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let columns: Vec<_> = names.into_iter().zip(kinds).collect();
    let texts = ["12", "-0.5", "T", "x,y", "1.0,2.0", "7", "twelve", "007"];
    let json = written(&Schema::new("t", &columns), Format::Json, &[&texts.map(Value::Field)]);
    let expected = r#"{"a":12,"b":-0.5,"c":true,"d":["x","y"],"e":[1.0,2.0],"f":"7","g":"twelve","h":"007"}"#;
    assert_eq!(json.trim_end(), expected);
}

#[test]
fn a_row_of_the_wrong_length_is_an_error() {
    let mut log = Writer::new(Vec::new(), &Schema::conn(), Format::Tsv, None).unwrap();
    assert_eq!(log.row(&[Value::Unset]).unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn gzip_is_deterministic_and_reads_back() {
    let pack = || {
        let mut output = Output::gzip(Vec::new(), 1);
        output.write_all(b"one\n").unwrap();
        output.flush().unwrap();
        output.write_all(b"two\n").unwrap();
        output.finish().unwrap()
    };
    let bytes = pack();
    assert_eq!(bytes, pack());
    assert_eq!(bytes[4..8], [0; 4], "the time in the header");
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "one\ntwo\n");
}

proptest! {
    #[test]
    fn any_text_survives(texts in prop::collection::vec(any::<String>(), 3), bytes: Vec<u8>) {
        let schema = Schema::new("t", &[("a", "string"), ("b", "string"), ("c", "set[string]"), ("d", "string")]);
        let set: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let row = [Value::Text(&texts[0]), Value::Text(&texts[1]), Value::Set(&set), Value::Bytes(&bytes)];
        let line = last_row(&schema, &row);
        let fields: Vec<&str> = line.split('\t').collect();
        prop_assert_eq!(fields.len(), 4);
        prop_assert!(!line.starts_with('#'));
        let read = |field: &str| if field == "(empty)" { Vec::new() } else { unescape(field) };
        prop_assert_eq!(read(fields[0]), texts[0].as_bytes());
        prop_assert_eq!(read(fields[1]), texts[1].as_bytes());
        prop_assert_eq!(read(fields[3]), bytes.as_slice());
        let elements: Vec<_> = fields[2].split(',').filter(|field| *field != "(empty)").map(unescape).collect();
        let expected: Vec<_> = set.iter().map(|text| text.as_bytes().to_vec()).collect();
        prop_assert_eq!(elements, expected);

        let json = written(&schema, Format::Json, &[&row]);
        let json: serde_json::Value = serde_json::from_str(json.trim_end()).unwrap();
        prop_assert_eq!(json["a"].as_str(), Some(texts[0].as_str()));
        prop_assert_eq!(json["c"].as_array().unwrap().len(), set.len());
    }
}
