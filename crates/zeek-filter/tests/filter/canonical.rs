//! The canonical form parses back to the same filter, whatever it was written like.

use proptest::prelude::*;
use zeek_filter::Filter;
use zeek_log::ConnRecord;

use crate::{bare_record, record};

/// Comparisons of every kind, some of them as no one would write them.
fn comparison() -> impl Strategy<Value = String> {
    let address = prop_oneof![
        any::<[u8; 4]>().prop_map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
        any::<u128>().prop_map(|bits| std::net::Ipv6Addr::from(bits).to_string()),
        (any::<u32>(), 0u32..=32).prop_map(|(bits, prefix)| {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            format!("{}/{prefix}", std::net::Ipv4Addr::from(bits & mask))
        }),
        Just("10.0.0.5".to_owned()),
        Just("::ffff:10.0.0.0/104".to_owned()),
    ];
    let port = prop_oneof![any::<u16>(), Just(443)].prop_map(|port| port.to_string());
    let size = (0u64..20_000, prop::sample::select(vec!["", "B", "kB", "MiB", "gb"]))
        .prop_map(|(size, unit)| format!("{size}{unit}"));
    let span = (0u64..100_000, 0u32..1000, prop::sample::select(vec!["", "s", "ms", "min", "hrs", "d"]))
        .prop_map(|(whole, part, unit)| format!("{whole}.{part:03}{unit}"));
    let time = prop_oneof![
        (1970u32..2100, 1u32..=12, 1u32..=28)
            .prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}")),
        (100_000_000u64..9_000_000_000, 0u32..1_000_000)
            .prop_map(|(whole, part)| format!("{whole}.{part:06}")),
    ];
    let hour = (0u8..24).prop_map(|hour| hour.to_string());
    let day = prop::sample::select(vec!["mon", "Tuesday", "WED", "thu", "fri", "sat", "sunday"])
        .prop_map(str::to_owned);
    let text = prop_oneof![
        prop::sample::select(vec!["dns", "-", "unset", "\"-\"", "'in'", "SF", "tcp", "ssl", "-ssl", "\"\""])
            .prop_map(str::to_owned),
        "[a-zA-Z0-9:*?^+_-]{1,6}".prop_filter("no keyword", |word| !matches!(
            word.to_ascii_lowercase().as_str(),
            "in" | "or" | "and" | "not"
        )),
        any::<String>().prop_map(|text| {
            let text = text.replace(',', "");
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }),
    ];
    let glob = "[A-Za-z]{0,3}[*?][a-z*?]{0,3}".prop_map(|glob: String| glob);
    let of = |names: &'static [&'static str]| prop::sample::select(names.to_vec());
    prop_oneof![
        with_values(of(&["id.orig_h", "id_resp_h", "host", "NET"]), address, false),
        with_values(of(&["id.resp_p", "orig_p", "port"]), port, true),
        with_values(of(&["orig_bytes", "bytes", "missed_bytes"]), size, true),
        with_values(of(&["duration"]), span, true),
        with_values(of(&["ts"]), time, true),
        with_values(of(&["hour"]), hour, true),
        with_values(of(&["weekday"]), day, true),
        with_values(of(&["service", "uid", "conn_state", "history", "tunnel_parents"]), text, false),
        (of(&["history", "service"]), of(&["~", "!~"]), glob)
            .prop_map(|(name, sign, glob)| format!("{name} {sign} {glob}")),
        of(&["local_orig", "local_resp == F", "local_orig != t", "local_resp == -", "local_orig != unset"])
            .prop_map(str::to_owned),
        of(&["duration", "vlan", "orig_pkts"]).prop_map(|name| format!("{name} in {{3, unset, 1..2}}")),
    ]
}

fn with_values(
    names: impl Strategy<Value = &'static str>,
    values: impl Strategy<Value = String> + Clone + 'static,
    is_number: bool,
) -> impl Strategy<Value = String> {
    let one = ["==", "!=", " in", "not in"];
    let signs = if is_number { [one.as_slice(), &["<", "<=", ">", ">="]].concat() } else { one.to_vec() };
    let alone =
        (prop::sample::select(signs), values.clone()).prop_map(|(sign, value)| format!("{sign} {value}"));
    let sign = prop::sample::select(vec!["in", "not in"]);
    let list = (sign.clone(), prop::collection::vec(values.clone(), 1..6))
        .prop_map(|(sign, values)| format!("{sign} {{{}}}", values.join(",")));
    let range = (sign, values.clone(), values).prop_map(|(sign, low, high)| format!("{sign} {low}..{high}"));
    let behind =
        if is_number { prop_oneof![alone, list, range].boxed() } else { prop_oneof![alone, list].boxed() };
    (names, behind).prop_map(|(name, behind)| format!("{name} {behind}"))
}

fn expression() -> impl Strategy<Value = String> {
    comparison().prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("not not {a}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}&&{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and\n({b})")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("({})", parts.join(" || "))),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} OR {b}")),
        ]
    })
}

fn records() -> [ConnRecord<'static>; 4] {
    let record = record();
    [
        record,
        bare_record(),
        ConnRecord { service: Some("dns"), resp_p: 53, duration: Some(0.0), ts: 1_500_000_000.25, ..record },
        ConnRecord { service: Some(""), history: None, local_orig: None, orig_bytes: Some(0), ..record },
    ]
}

proptest! {
    #[test]
    fn parses_back_to_the_same_filter(text in expression()) {
        // A range of random ends may be empty; nothing else may be wrong.
        let filter = match Filter::parse(&text) {
            Ok(filter) => filter,
            Err(error) => {
                prop_assert!(error.message().starts_with("this range is empty"), "{}", error);
                return Ok(());
            }
        };
        let shown = filter.to_string();
        prop_assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\''), "{}", shown);
        let again = Filter::parse(&shown).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again, &filter);
        prop_assert_eq!(again.to_string(), shown.clone());
        let json = serde_json::to_string(&filter).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Filter>(&json).unwrap(), &filter);
        for record in records() {
            prop_assert_eq!(again.matches(&record), filter.matches(&record));
        }
    }

    #[test]
    fn combinations_match_as_their_parts_do(a in comparison(), b in comparison()) {
        let (Ok(left), Ok(right)) = (Filter::parse(&a), Filter::parse(&b)) else { return Ok(()) };
        for record in records() {
            let (l, r) = (left.matches(&record), right.matches(&record));
            for (text, expected) in [
                (format!("{a} && {b}"), l && r),
                (format!("{a} || {b}"), l || r),
                (format!("!{a} && {b}"), !l && r),
                (format!("!({a} || {b})"), !(l || r)),
            ] {
                prop_assert_eq!(Filter::parse(&text).unwrap().matches(&record), expected, "{}", text);
            }
        }
    }

    #[test]
    fn any_text_is_a_filter_or_an_error(text in "[a-z.=!&|<>(){},~\"'0-9 /:*-]{0,60}", any: String) {
        for text in [text, any] {
            if let Err(error) = Filter::parse(&text) {
                prop_assert!(text.get(error.place()).is_some());
                let _ = (error.to_string(), error.remedy());
            }
        }
    }
}

#[test]
fn the_canonical_form() {
    for (text, canonical) in [
        ("SERVICE=='dns'", "service == dns"),
        ("id_orig_h in{10.0.0.0/8}", "id.orig_h in 10.0.0.0/8"),
        ("id.orig_h == 10.0.0.0/8", "id.orig_h in 10.0.0.0/8"),
        ("host in {10.0.0.5, 10.0.0.0/8, 10.0.0.5}", "host in {10.0.0.0/8, 10.0.0.5}"),
        ("id.resp_p in {443,80,80..90}", "id.resp_p in {80..90, 443}"),
        ("id.resp_p in 5..5", "id.resp_p == 5"),
        ("!(id.resp_p == 80)", "id.resp_p != 80"),
        ("!(id.resp_p != 80)", "id.resp_p == 80"),
        ("not id.resp_p in {80,443}", "id.resp_p not in {80, 443}"),
        ("!duration > 300", "!(duration > 5m)"),
        ("!!duration > 300", "duration > 5m"),
        ("!history ~ S*", "history !~ S*"),
        ("service == -", "service == unset"),
        ("service in {-, ssl, dns}", "service in {dns, ssl, unset}"),
        ("service == \"unset\"", "service == \"unset\""),
        ("local_orig == T", "local_orig"),
        ("local_orig != true", "!local_orig"),
        ("local_orig == false", "local_orig == F"),
        ("hour in 22..5", "hour in {0..5, 22..23}"),
        ("weekday in {saturday, Sun}", "weekday in {sat, sun}"),
        ("ts >= 2026-01-31T00:00:00Z", "ts >= 2026-01-31"),
        ("ts > 2026-01-31", "ts >= 2026-02-01"),
        ("ts <= 2026-01-31", "ts < 2026-02-01"),
        ("ts <= 2026-01-31T00:00", "ts <= 2026-01-31T00:00:00Z"),
        ("ts == 2026-01-31T00:00", "ts == 2026-01-31T00:00:00Z"),
        ("ts != 2026-01-31", "ts != 2026-01-31"),
        ("ts in 2026-01-31..2026-02-01", "ts in 2026-01-31..2026-02-01"),
        ("local_orig and (local_resp and local_orig)", "local_orig && local_resp && local_orig"),
        ("(local_orig and local_resp) or local_orig", "local_orig && local_resp || local_orig"),
        ("local_orig and (local_resp or local_orig)", "local_orig && (local_resp || local_orig)"),
        ("!(local_orig and local_resp)", "!(local_orig && local_resp)"),
    ] {
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(filter.to_string(), canonical, "{text}");
        assert_eq!(Filter::parse(canonical).unwrap(), filter, "{text}");
    }
}
