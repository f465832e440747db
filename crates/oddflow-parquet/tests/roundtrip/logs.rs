//! Logs of several kinds and generations.

use zeek_log::ProblemKind;

use crate::export::{Value, export, rows, text, texts, value};

const CHUNK: usize = 1 << 20;

#[test]
fn a_log_of_any_kind_by_its_header() {
    let log = "\
#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tdns
#fields\tts\tuid\tid.resp_p\trtt\tAA\tanswers\tTTLs\trcode\tquery\toffset
#types\ttime\tstring\tport\tinterval\tbool\tvector[string]\tvector[interval]\tcount\tstring\tint
1331901000.260001\tC1\t53\t0.25\tT\ta,b\\x2cc\t60.0,-\t0\tx\\x09y\t-3
1331901000.260002\tC2\t-\t-\tF\t(empty)\t-\t-\t(empty)\t-
";
    let exported = export(log, "dns", CHUNK, 1);
    let rows = rows(&exported.file);
    let expected = [
        ("ts", Value::Time(1_331_901_000_260_001)),
        ("uid", text("C1")),
        ("id.resp_p", Value::Whole(53)),
        ("rtt", Value::Real(0.25)),
        ("AA", Value::Bool(true)),
        ("answers", texts(&["a", "b,c"])),
        ("TTLs", Value::List(vec![Value::Real(60.0), Value::Null])),
        ("rcode", Value::Whole(0)),
        ("query", text("x\ty")),
        ("offset", Value::Whole(-3)),
    ];
    assert_eq!(rows[0], expected.map(|(name, value)| (name.to_owned(), value)));
    for unset in ["id.resp_p", "rtt", "TTLs", "rcode", "offset"] {
        assert_eq!(*value(&rows[1], unset), Value::Null, "{unset}");
    }
    assert_eq!(*value(&rows[1], "answers"), Value::List(vec![]));
    assert_eq!(*value(&rows[1], "query"), text(""));
    assert!(exported.refused.is_empty() && exported.left_out.is_empty());
}

#[test]
fn json_shows_its_columns_and_types() {
    let log = r#"
{"ts":1331901000.260001,"uid":"C1","id.resp_p":53,"answers":["a","b,c"],"TTLs":[60.0,null],"rcode":0,"AA":true,"offset":1}
{"ts":1331901000.260002,"uid":"C2","id.resp_p":5353,"answers":[],"offset":-3,"later":1.5}
{"ts":"2012-03-16T12:30:00.26Z","uid":"C3","answers":["-"],"offset":2}
"#;
    let exported = export(log, "dns", CHUNK, 1);
    let rows = rows(&exported.file);
    let names: Vec<&str> = rows[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ts", "uid", "id.resp_p", "answers", "TTLs", "rcode", "AA", "offset", "later"]);
    assert_eq!(*value(&rows[0], "answers"), texts(&["a", "b,c"]));
    assert_eq!(*value(&rows[0], "TTLs"), Value::List(vec![Value::Real(60.0), Value::Null]));
    assert_eq!(*value(&rows[0], "AA"), Value::Bool(true));
    assert_eq!(*value(&rows[0], "later"), Value::Null);
    assert_eq!(*value(&rows[1], "offset"), Value::Whole(-3));
    assert_eq!(*value(&rows[1], "answers"), Value::List(vec![]));
    assert_eq!(*value(&rows[1], "id.resp_p"), Value::Whole(5353));
    assert_eq!(*value(&rows[2], "ts"), Value::Time(1_331_901_000_260_000));
    assert_eq!(*value(&rows[2], "answers"), texts(&["-"]));
}

#[test]
fn a_conn_log_of_json_has_all_columns_of_conn() {
    let log = r#"{"ts":1.5,"uid":"C1","id_orig_h":"192.0.2.1","id_orig_p":1,"id_resp_h":"2001:DB8::1","id_resp_p":53,"proto":"udp","conn_state":"SF","parents":["C0"],"note":"x"}"#;
    let rows = rows(&export(log, "conn", CHUNK, 1).file);
    assert_eq!(rows[0].len(), 23);
    assert_eq!(rows[0][22], ("note".to_owned(), text("x")));
    assert_eq!(*value(&rows[0], "id.orig_h"), text("192.0.2.1"));
    assert_eq!(*value(&rows[0], "id.resp_h"), text("2001:db8::1"));
    assert_eq!(*value(&rows[0], "tunnel_parents"), texts(&["C0"]));
    assert_eq!(*value(&rows[0], "orig_bytes"), Value::Null);
}

/// Every old name that the reader takes leads to the same column as the new one.
#[test]
fn old_names_of_conn_columns_are_those_of_the_reader() {
    let log = "\
#fields\tts\tuid\tid_orig_h\tid_orig_p\tid_resp_h\tid_resp_p\tproto\tparents\tprotocol_id\teth_src\teth_dst\tservice_violation
1.0\tC1\t192.0.2.1\t1\t192.0.2.2\t2\ttcp\tC0\t6\t02:00:00:00:00:01\t02:00:00:00:00:02\tssl,http
";
    let rows = rows(&export(log, "conn", CHUNK, 1).file);
    let names: Vec<&str> = rows[0].iter().map(|(name, _)| name.as_str()).collect();
    let newest = ["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "tunnel_parents", "ip_proto"];
    assert_eq!(names[2..9], newest);
    assert_eq!(names[9..], ["orig_l2_addr", "resp_l2_addr", "failed_service"]);
    assert!(rows[0].iter().all(|(_, value)| *value != Value::Null), "{rows:?}");
    assert_eq!(*value(&rows[0], "ip_proto"), Value::Whole(6));
    assert_eq!(*value(&rows[0], "failed_service"), texts(&["ssl", "http"]));
}

#[test]
fn a_row_with_a_bad_value_is_refused_whole() {
    let log = "\
#path\thttp
#fields\tts\ttags\tsizes\tcode
#types\ttime\tset[string]\tvector[count]\tcount
1.0\ta\t1\t200
2.0\tb,c\t1,x\t200
3.0\td\t2,3\tlots
soon\te\t4\t200
5.0\tf\t5\t404
";
    let exported = export(log, "http", CHUNK, 1);
    let times: Vec<Value> = rows(&exported.file).iter().map(|row| value(row, "ts").clone()).collect();
    assert_eq!(times, [Value::Time(1_000_000), Value::Time(5_000_000)]);
    let kinds: Vec<ProblemKind> = exported.refused.iter().map(|bad| bad.kind).collect();
    assert_eq!(kinds, [ProblemKind::BadNumber, ProblemKind::BadNumber, ProblemKind::BadTime]);
    assert_eq!(exported.refused[1].detail, "code is `lots`");
}

#[test]
fn a_header_within_a_log_brings_no_new_columns() {
    let log = "#path\thttp\n#fields\tts\thost\n#types\ttime\tstring\n1.0\ta\n\
               #fields\tts\tagent\thost\n#types\ttime\tstring\tstring\n2.0\tx\tb\n";
    let exported = export(log, "http", CHUNK, 1);
    let rows = rows(&exported.file);
    assert_eq!(*value(&rows[1], "host"), text("b"));
    assert_eq!(exported.left_out.into_iter().collect::<Vec<_>>(), ["agent"]);
}
