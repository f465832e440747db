//! What is kept of rows with an alert.

use oddflow_features::companion::{Evidence, EvidenceRows, Kind};
use proptest::prelude::*;

use crate::logs::{each_row, evidence, log};

#[test]
fn telling_columns_are_kept_in_their_order() {
    let dns = log(
        "dns",
        "ts uid rcode_name query answers qtype_name",
        &["1.5 C1 NOERROR www.example.com 192.0.2.1,192.0.2.2 A", "2 C1 - b.example.com - -"],
    );
    let rows = evidence(Kind::Dns, &dns);
    assert_eq!(
        serde_json::to_string(&rows[0]).unwrap(),
        r#"{"log":"dns","ts":1.5,"fields":{"query":"www.example.com","qtype_name":"A","rcode_name":"NOERROR","answer_count":"2","answers":"192.0.2.1,192.0.2.2"}}"#
    );
    assert_eq!((rows[1].get("query"), rows[1].get("rcode_name")), (Some("b.example.com"), None));
}

#[test]
fn rows_beyond_the_eighth_are_counted() {
    let lines: Vec<String> = (0..20).map(|i| format!("{i} C1 x{i}.com")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut rows = EvidenceRows::default();
    each_row(&log("dns", "ts uid query", &lines), |row| rows.push(Kind::Dns, row));
    assert_eq!((rows.rows.len(), rows.more), (EvidenceRows::MOST, 12));
    assert_eq!(rows.rows[0].get("query"), Some("x0.com"));
}

proptest! {
    #[test]
    fn a_row_is_short_and_comes_back(cell in "[a-z]{0,20}|\\PC{0,600}|(\\\\x22|\\\\x01|\\\\x5c){0,500}") {
        let cell = cell.replace([' ', '\t', '\n'], "_");
        let columns = "ts uid query answers method host uri user_agent server_name subject issuer ja3 client server filename sha256 name path action argument status";
        let cells = vec![cell.as_str(); columns.split(' ').count() - 2].join(" ");
        for kind in Kind::ALL {
            for evidence in evidence(kind, &log(kind.path(), columns, &[&format!("1258531680.237254 C1 {cells}")])) {
                let text = serde_json::to_string(&evidence).unwrap();
                prop_assert!(text.len() <= Evidence::MOST_BYTES, "{}", text.len());
                prop_assert_eq!(&serde_json::from_str::<Evidence>(&text).unwrap(), &evidence);
            }
        }
    }
}
