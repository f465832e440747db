//! Which connections a filter matches.

use zeek_filter::{Filter, Filters};
use zeek_log::ConnRecord;

use crate::{bare_record, record};

#[track_caller]
fn matches(text: &str, record: &ConnRecord<'_>) -> bool {
    match Filter::parse(text) {
        Ok(filter) => filter.matches(record),
        Err(error) => panic!("{error}\n{}", error.remedy()),
    }
}

/// Each filter matches the full record, and its negation doesn't.
#[track_caller]
fn all_match(filters: &[&str]) {
    for text in filters {
        assert!(matches(text, &record()), "{text}");
        assert!(!matches(&format!("!({text})"), &record()), "!({text})");
    }
}

#[track_caller]
fn none_match(filters: &[&str]) {
    for text in filters {
        assert!(!matches(text, &record()), "{text}");
        assert!(matches(&format!("!({text})"), &record()), "!({text})");
    }
}

#[test]
fn addresses() {
    all_match(&[
        "id.orig_h == 10.0.0.5",
        "id.orig_h == ::ffff:10.0.0.5",
        "id.orig_h == \"10.0.0.5\"",
        "id.orig_h in 10.0.0.0/8",
        "id.orig_h == 10.0.0.0/8",
        "id.orig_h in ::ffff:10.0.0.0/104",
        "id.orig_h in {192.168.0.0/16, 2001:db8::/32, 10.0.0.5}",
        "id.resp_h != 10.0.0.5",
        "id.resp_h not in {10.0.0.0/8, 192.0.2.8}",
        "id_orig_h == 10.0.0.5",
        "orig_h == 10.0.0.5",
        "host == 10.0.0.5",
        "host == 192.0.2.7",
        "net in 192.0.2.0/24",
        "host != 10.0.0.6",
    ]);
    none_match(&[
        "id.orig_h == 10.0.0.6",
        "id.orig_h in 11.0.0.0/8",
        "id.orig_h in ::/0",
        "id.resp_h == 10.0.0.5",
        "host != 10.0.0.5",
        "host not in 192.0.2.0/24",
    ]);
    assert!(matches("id.orig_h in fe80::/10 && id.resp_h == 10.0.0.9", &bare_record()));
}

#[test]
fn numbers() {
    all_match(&[
        "id.resp_p == 443",
        "id.resp_p in {80, 443}",
        "id.resp_p in {80, 440..450, 1000..2000}",
        "id.resp_p in 443..443",
        "id.orig_p >= 49152",
        "id.orig_p < 49153",
        "port == 443",
        "port > 49151",
        "port not in {22, 80}",
        "duration > 90",
        "duration >= 90250ms",
        "duration in 1m..2m",
        "duration < 0.5h",
        "orig_bytes == 1.5kB",
        "resp_bytes >= 10MB",
        "resp_bytes < 10MiB",
        "bytes == 10001500",
        "missed_bytes == 0",
        "orig_pkts <= 12",
        "orig_pkts in {1, 3, 5, 7, 9, 11..13, 20}",
        "resp_pkts > 6999",
        "orig_ip_bytes == 2kB",
        "resp_ip_bytes != 0",
        "ip_proto == 6",
        "vlan in {20, unset}",
        "inner_vlan == 30",
    ]);
    none_match(&[
        "id.resp_p != 443",
        "id.resp_p in 444..65535",
        "port != 443",
        "duration == 90",
        "duration <= 90",
        "orig_pkts in {1, 3, 5, 7, 9, 14..15, 20}",
        "vlan == unset",
    ]);
}

#[test]
fn times() {
    all_match(&[
        "ts >= 2026-01-31",
        "ts > 2026-01-30",
        "ts <= 2026-01-31",
        "ts < 2026-02-01",
        "ts == 2026-01-31",
        "ts in 2026-01-01..2026-01-31",
        "ts > 2026-01-31T22:30:00Z",
        "ts <= 2026-01-31T22:30:00.5",
        "ts in 1769898600..1769898601",
        "ts == 1769898600.5",
        "hour == 22",
        "hour in 22..5",
        "hour >= 22 || hour < 6",
        "weekday == saturday",
        "weekday in sat..mon",
        "weekday not in mon..fri",
    ]);
    none_match(&[
        "ts > 2026-01-31",
        "ts < 2026-01-31",
        "ts == 2026-02-01",
        "hour in 23..21",
        "weekday in mon..fri",
    ]);
    assert!(matches("weekday == thu && hour == 0", &bare_record()));
}

#[test]
fn texts() {
    all_match(&[
        "uid == CHhAvVGS1DHFjwGM9",
        "uid ~ C*9",
        "proto == TCP",
        "proto in {tcp, udp}",
        "conn_state == sf",
        "conn_state not in {S0, REJ}",
        "history ~ \"S*\"",
        "history ~ ?h*f",
        "history !~ *R*",
        "history == 'ShADadFf'",
        "orig_l2_addr == 00:00:5E:00:53:01",
        "resp_l2_addr != 00:00:5E:00:53:01",
        "community_id == \"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\"",
    ]);
    none_match(&["uid == chhavvgs1dhfjwgm9", "history == shadadff", "history ~ h*", "conn_state ~ S?*?"]);
}

#[test]
fn case_is_left_out_where_zeek_has_one() {
    let unusual = ConnRecord {
        proto: "TCP",
        service: Some("SSL,Http"),
        conn_state: Some("sf"),
        orig_l2_addr: Some("00:00:5E:00:53:0A"),
        ..record()
    };
    for text in [
        "proto == tcp",
        "service == http",
        "service ~ HT*",
        "service in {a, b, c, d, e, f, g, h, i, ssl}",
        "conn_state ~ S?",
        "conn_state == SF",
        "orig_l2_addr == 00:00:5e:00:53:0a",
    ] {
        assert!(matches(text, &unusual), "{text}");
    }
}

#[test]
fn a_set_is_compared_by_its_elements() {
    all_match(&[
        "service == ssl",
        "service == http",
        "service == HTTP && service == ssl",
        "service in {dns, http}",
        "service != dns",
        "service not in {dns, ntp}",
        "service ~ ss*",
        "tunnel_parents == CB2",
        "failed_service == ntlm",
    ]);
    none_match(&["service != ssl", "service == sslhttp", "service not in {dns, ssl}", "service ~ ssl?http"]);
    let ruled_out = ConnRecord { service: Some("-ssl"), tunnel_parents: Some(""), ..record() };
    assert!(!matches("service == ssl", &ruled_out));
    assert!(matches("service == -ssl && tunnel_parents == \"\" && tunnel_parents != unset", &ruled_out));
}

#[test]
fn truth() {
    all_match(&["local_orig", "local_orig == T", "!local_resp", "local_resp == false", "local_orig != F"]);
    none_match(&["local_resp", "!local_orig", "local_orig == unset", "not not local_resp"]);
}

/// No comparison with an unset value is true, and so each negation is.
#[test]
fn unset() {
    let bare = bare_record();
    for text in [
        "service == dns",
        "duration < 1d",
        "duration >= 0s",
        "bytes in 0..1PB",
        "vlan < 5000",
        "local_orig",
        "local_orig == F",
        "history ~ *",
        "uid in {a, b}",
        "tunnel_parents == \"\"",
    ] {
        assert!(!matches(text, &bare), "{text}");
        assert!(matches(&format!("!({text})"), &bare), "!({text})");
    }
    for text in [
        "service == -",
        "service == unset",
        "service in {dns, -}",
        "service != dns",
        "service not in {dns, http}",
        "duration == UNSET",
        "duration != 5m",
        "bytes == -",
        "local_orig == -",
        "local_orig != T",
        "!local_orig",
        "history !~ *",
    ] {
        assert!(matches(text, &bare), "{text}");
    }
    assert!(!matches("service == \"-\"", &bare), "a text in quotes is that text");
    let half = ConnRecord { orig_bytes: Some(5), ..bare };
    assert!(matches("bytes == 5 && bytes != unset", &half));
}

#[test]
fn icmp_has_no_ports() {
    let bare = bare_record();
    assert!(!matches("port in 0..65535", &bare));
    assert!(matches("port != 135 && id.orig_p == 135 && id.resp_p == 136", &bare));
}

#[test]
fn operators_bind_as_in_c() {
    let (t, f) = ("local_orig", "local_resp");
    for (text, expected) in [
        (format!("{t} || {t} && {f}"), true),
        (format!("({t} || {t}) && {f}"), false),
        (format!("{f} && {f} || {t}"), true),
        (format!("!{f} && {t}"), true),
        (format!("!{t} || {t}"), true),
        (format!("!({t} || {t})"), false),
        ("not id.resp_p == 80 and service == ssl".to_owned(), true),
        ("!id.resp_p == 443".to_owned(), false),
    ] {
        assert_eq!(matches(&text, &record()), expected, "{text}");
    }
}

#[test]
fn counts_beyond_what_is_plausible() {
    let strange = ConnRecord {
        orig_bytes: Some(u64::MAX),
        resp_bytes: Some(u64::MAX),
        vlan: Some(-1),
        duration: Some(f64::MAX),
        ts: -1e300,
        ..record()
    };
    assert!(matches("orig_bytes == 18446744073709551615 && bytes > 18446744073709551615", &strange));
    assert!(matches("vlan < 1 && vlan != unset && duration > 1000d && ts < 1970-01-01", &strange));
}

#[test]
fn long_lists_are_searched() {
    let numbers: Vec<String> = (0..500).map(|i| (i * 2).to_string()).collect();
    let list = numbers.join(", ");
    for port in [0, 1, 442, 443, 998, 999, 1000] {
        let record = ConnRecord { resp_p: port, ..record() };
        let expected = port % 2 == 0 && port < 1000;
        assert_eq!(matches(&format!("id.resp_p in {{{list}}}"), &record), expected);
        let text = port.to_string();
        let record = ConnRecord { uid: Some(&text), ..record };
        assert_eq!(matches(&format!("uid in {{{list}}}"), &record), expected);
    }
}

#[test]
fn several_filters_match_what_any_does() {
    let filters: Filters = ["service == dns", "id.resp_p == 443", "host == 10.0.0.5"]
        .map(|text| text.parse().unwrap())
        .into_iter()
        .collect();
    assert_eq!((filters.first_match(&record()), filters.first_match(&bare_record())), (Some(1), None));
    assert!(filters.matches(&record()) && !Filters::default().matches(&record()));
    let text = serde_json::to_string(&filters).unwrap();
    assert_eq!(text, r#"["service == dns","id.resp_p == 443","host == 10.0.0.5"]"#);
    assert_eq!(serde_json::from_str::<Filters>(&text).unwrap(), filters);
}
