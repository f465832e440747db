//! What holds for a filter whatever text it is made of. The fuzz target and a test over the committed corpus check it.
//!
//! - A text is a filter or an error whose place lies within the text; nothing panics, and no nesting exhausts the stack.
//! - The canonical form parses back to an equal filter and is its own canonical form.
//! - A filter and its negation never agree on a record.
//! - The same holds of it as a filter of findings; where it is both, it is the same filter.

use zeek_filter::{Filter, Finding, FindingFilter, Words};
use zeek_log::ConnRecord;

/// Checks the law on a text; bytes that are no text are passed over.
pub(crate) fn holds(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    holds_of_findings(text);
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(text.get(error.place()).is_some(), "the place lies in the text");
            assert!(!error.to_string().is_empty() && !error.remedy().is_empty());
            return;
        }
    };
    let shown = filter.to_string();
    let again = Filter::parse(&shown).expect("the canonical form parses");
    assert_eq!(again, filter, "the canonical form is the same filter");
    assert_eq!(again.to_string(), shown, "the canonical form is its own");
    let negated = filter.clone().negated().ok();
    for record in records() {
        assert_eq!(again.matches(&record), filter.matches(&record), "{record:?}");
        if let Some(negated) = &negated {
            assert_ne!(negated.matches(&record), filter.matches(&record), "{record:?}");
        }
    }
}

/// The law of a filter of findings.
fn holds_of_findings(text: &str) {
    let words = Words { families: &["fan", "rate"], classes: &["outbound tcp"], features: &[] };
    let filter = match FindingFilter::parse(text, &words) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(text.get(error.place()).is_some(), "the place lies in the text");
            assert!(!error.to_string().is_empty() && !error.remedy().is_empty());
            return;
        }
    };
    let shown = filter.to_string();
    let again = FindingFilter::parse(&shown, &words).expect("the canonical form parses");
    assert_eq!(again, filter, "the canonical form is the same filter");
    assert_eq!(again.to_string(), shown, "the canonical form is its own");
    let found = Finding {
        domains: &["www.example.com.", "", ".", "xn--bcher-kva.example"],
        family: Some("fan"),
        class: Some("outbound tcp"),
        features: &["orig_bytes"],
    };
    let negated = filter.clone().negated().ok();
    let of_connections = Filter::parse(text).ok();
    for record in records() {
        for finding in [found, Finding::NONE] {
            let matches = filter.matches(&record, &finding);
            assert_eq!(again.matches(&record, &finding), matches, "{record:?}");
            if let Some(negated) = &negated {
                assert_ne!(negated.matches(&record, &finding), matches, "{record:?}");
            }
            if let Some(same) = &of_connections {
                assert_eq!(same.matches(&record), matches, "{record:?}");
            }
        }
    }
}

/// A record with every value set, and one with none.
fn records() -> [ConnRecord<'static>; 2] {
    let full = ConnRecord {
        ts: 1_769_898_600.5,
        uid: Some("CHhAvVGS1DHFjwGM9"),
        orig_h: [10, 0, 0, 5].into(),
        orig_p: 49_152,
        resp_h: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
        resp_p: 443,
        proto: "tcp",
        service: Some("ssl,http"),
        duration: Some(90.25),
        orig_bytes: Some(1_500),
        resp_bytes: Some(u64::MAX),
        conn_state: Some("SF"),
        local_orig: Some(true),
        local_resp: Some(false),
        missed_bytes: Some(0),
        history: Some("ShADadFf"),
        orig_pkts: Some(12),
        orig_ip_bytes: Some(2_000),
        resp_pkts: Some(7_000),
        resp_ip_bytes: Some(10_300_000),
        tunnel_parents: Some(""),
        ip_proto: Some(6),
        vlan: Some(-1),
        inner_vlan: Some(30),
        orig_l2_addr: Some("00:00:5e:00:53:01"),
        resp_l2_addr: Some("00:00:5e:00:53:02"),
        community_id: Some("1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        failed_service: Some("ntlm"),
    };
    let bare = ConnRecord::bare(full.ts, (full.orig_h, full.orig_p), (full.resp_h, full.resp_p), "icmp");
    [full, bare]
}
