//! An encoder in a model file: it comes back as it was, and a damaged one is refused.

use oddflow_features::classic::ClassicEncoder;
use serde_json::{Value, json};
use zeek_log::ConnRecord;

use crate::records::{bare, fitted};

fn encoder() -> ClassicEncoder {
    fitted([
        bare(),
        ConnRecord { proto: "udp", service: Some("dns"), local_orig: Some(true), orig_p: 9, ..bare() },
        ConnRecord { proto: "icmp", service: Some("ntp"), local_orig: Some(false), ..bare() },
    ])
}

#[track_caller]
fn check_refused(damage: impl FnOnce(&mut Value), expected: &str) {
    let mut value = serde_json::to_value(encoder()).unwrap();
    damage(&mut value);
    let error = serde_json::from_value::<ClassicEncoder>(value).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn is_readable_by_people() {
    let value = serde_json::to_value(encoder()).unwrap();
    assert_eq!(value["columns"][12], "proto_udp");
    assert_eq!(value["vocabulary"]["service"], json!(["-", "dns", "ntp"]));
    assert_eq!(value["scaler"]["mean"][2], 3.0);
}

#[test]
fn a_list_of_another_length_is_refused() {
    let pop = |list: &mut Value| drop(list.as_array_mut().unwrap().pop());
    check_refused(|value| pop(&mut value["columns"]), "16 columns where its vocabulary makes 17");
    check_refused(|value| pop(&mut value["scaler"]["mean"]), "16 means where its vocabulary makes 17");
    check_refused(|value| pop(&mut value["scaler"]["scale"]), "16 scales where its vocabulary makes 17");
    check_refused(|value| value["columns"] = json!([]), "0 columns");
    let push = |list: &mut Value, more| list.as_array_mut().unwrap().push(more);
    check_refused(|value| push(&mut value["columns"], json!("more")), "18 columns");
    check_refused(|value| push(&mut value["scaler"]["mean"], json!(1)), "18 means");
}

#[test]
fn a_column_that_the_vocabulary_does_not_make_is_refused() {
    check_refused(
        |value| value["columns"][12] = json!("proto_sctp"),
        "\"proto_sctp\" where its vocabulary makes \"proto_udp\"",
    );
}

#[test]
fn numbers_that_cannot_scale_are_refused() {
    for bad in [json!(0.0), json!(-1.0), json!(-0.0)] {
        check_refused(|value| value["scaler"]["scale"][5] = bad, "the column \"duration\"");
    }
    check_refused(|value| value["scaler"]["scale"][5] = Value::Null, "null");
    check_refused(|value| value["scaler"]["mean"][5] = json!("NaN"), "string");
}

#[test]
fn a_vocabulary_out_of_order_is_refused() {
    for bad in [json!(["udp", "icmp", "tcp"]), json!(["icmp", "tcp", "tcp"])] {
        check_refused(|value| value["vocabulary"]["proto"] = bad, "proto is not sorted");
    }
}

#[test]
fn a_vocabulary_beyond_the_bounds_is_refused() {
    let many: Vec<String> = (0..5000).map(|number| format!("{number:04}")).collect();
    check_refused(|value| value["vocabulary"]["service"] = json!(many), "larger than the classic recipe");
    let long = "x".repeat(257);
    check_refused(|value| value["vocabulary"]["service"] = json!([long]), "larger than the classic recipe");
}

#[test]
fn unknown_and_missing_keys_are_refused() {
    check_refused(|value| value["more"] = json!(1), "unknown field `more`");
    check_refused(|value| value["vocabulary"]["more"] = json!([]), "unknown field `more`");
    check_refused(|value| drop(value.as_object_mut().unwrap().remove("scaler")), "missing field `scaler`");
    check_refused(|value| *value = json!([]), "invalid length 0");
}

#[test]
fn a_vocabulary_without_levels_is_no_error() {
    let none = json!([]);
    let value = json!({
        "columns": encoder().columns()[..11],
        "vocabulary": {"proto": none, "service": none, "conn_state": none, "local_orig": none, "local_resp": none},
        "scaler": {"mean": vec![0.0; 11], "scale": vec![1.0; 11]},
    });
    let encoder: ClassicEncoder = serde_json::from_value(value).unwrap();
    assert_eq!(encoder.width(), 11);
}
