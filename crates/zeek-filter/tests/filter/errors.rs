//! What is said of a mistake.

use std::fmt::Write;

use zeek_filter::{Filter, MAX_DEPTH, MAX_LENGTH};

/// The errors of some texts, as a user sees them.
fn told(texts: &[&str]) -> String {
    let mut all = String::new();
    for text in texts {
        let error = Filter::parse(text).expect_err(text);
        assert!(text.get(error.place()).is_some(), "the place lies in {text}");
        assert!(!error.message().ends_with('.') && error.remedy().ends_with(['.', '?']), "{error}");
        writeln!(all, "{error}\n{}\n", error.remedy()).unwrap();
    }
    all
}

#[test]
fn fields() {
    insta::assert_snapshot!(told(&[
        "",
        " \n ",
        "serivce == dns",
        "id.resp_port == 443",
        "dst == 10.0.0.1",
        "colour == red",
        "10.0.0.0/8 == id.orig_h",
        "\"dns\" in service",
        "service == dns && && proto == tcp",
        "service",
        "id.orig_h && service == dns",
        "service dns",
        "history contains S",
        "host 10.0.0.5",
        "id.resp_p eq 443",
    ]));
}

#[test]
fn kinds() {
    insta::assert_snapshot!(told(&[
        "id.resp_p in 10.0.0.0/8",
        "id.resp_p == 10.0.0.1",
        "id.resp_p == 53/udp",
        "id.resp_p in 6000-6063",
        "id.resp_p == ssh",
        "id.resp_p == 65536",
        "id.orig_h == 443",
        "id.orig_h == router.example",
        "id.orig_h in 10.1.2.3/8",
        "id.orig_h in 10.0.0.0/33",
        "id.orig_h in 10.0.0.1..10.0.0.9",
        "id.orig_h > 10.0.0.1",
        "id.orig_h == unset",
        "orig_pkts > 10MB",
        "orig_bytes > 10M",
        "orig_bytes > 5k",
        "orig_bytes == 1.5",
        "duration > 1h30m",
        "duration > 0.0000001s",
        "duration > unset",
        "duration in 1m..unset",
        "ts > 2026",
        "ts > 2026-02-30",
        "ts > 2026-01-31T10:00:00+02:00",
        "hour == 24",
        "hour == night",
        "weekday == 1",
        "service < dns",
        "service == \"ssl,http\"",
        "history ~ Sh",
        "history ~ /^S/",
        "local_orig == yes",
        "local_orig in {T, F}",
    ]));
}

#[test]
fn signs() {
    insta::assert_snapshot!(told(&[
        "(service == dns",
        "service == dns)",
        "service == dns || (proto == tcp && (id.resp_p == 53)",
        "(service == dns proto == tcp)",
        "service == dns proto == tcp",
        "service = dns",
        "service == dns & proto == tcp",
        "service == dns | proto == tcp",
        "history =~ S*",
        "service ==",
        "service == and proto == tcp",
        "service == {dns, http}",
        "id.resp_p in (80, 443)",
        "id.resp_p in [80, 443]",
        "id.resp_p in {80, 443",
        "id.resp_p in {80 443}",
        "id.resp_p in {}",
        "id.resp_p in 6063..6000",
        "id.resp_p in 6000..",
        "id.resp_p == 6000..6063",
        "id.resp_p == 80, 443",
        "uid == \"abc",
        "uid == \"a\\n\"",
        "uid == é",
        "service == dns # names",
    ]));
}

#[test]
fn limits() {
    let deep = format!("{}service == dns{}", "(".repeat(MAX_DEPTH + 1), ")".repeat(MAX_DEPTH + 1));
    let negated = format!("{}service == dns", "!".repeat(MAX_DEPTH + 1));
    let very_deep = "(".repeat(MAX_LENGTH);
    // The comparison needs parentheses of its own when it is written down.
    let canonical = format!(
        "{}!duration < 5{}",
        "local_orig && (service == a || ".repeat(MAX_DEPTH - 1),
        ")".repeat(MAX_DEPTH - 1)
    );
    let long = format!("uid in {{{}}}", "abcdefg,".repeat(MAX_LENGTH / 8));
    let long_when_written =
        format!("uid in {{{}}}", (0..12_000).map(|i| format!("{i},")).collect::<String>());
    let far = format!("{}serivce == dns{}", "service == dns || ".repeat(20), " || service == dns".repeat(20));
    insta::assert_snapshot!(told(&[
        &deep,
        &negated,
        &very_deep,
        &canonical,
        &long,
        &long_when_written,
        &far
    ]));
}

#[test]
fn what_is_just_within_the_limits() {
    for text in [
        format!("{}service == dns{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH)),
        format!("{}service == dns", "!".repeat(MAX_DEPTH)),
        format!("service == dns{}", " || service == dns".repeat(3000)),
    ] {
        let filter = Filter::parse(&text).unwrap();
        assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
    }
}

/// A value may be as long as the filter; what is said of it isn't.
#[test]
fn errors_are_short() {
    let long = "ab,".repeat(10_000);
    for text in [
        format!("service == \"{long}\""),
        format!("history ~ \"{long}\""),
        format!("id.orig_h == \"{long}\""),
        format!("id.resp_p == \"{long}\""),
        format!("duration == \"{long}\""),
        format!("orig_bytes > {}M", "0".repeat(30_000)),
        format!("\"{long}\" == service"),
        format!("{} == 1", "x".repeat(30_000)),
        format!("service == a {}", "x".repeat(30_000)),
    ] {
        let error = Filter::parse(&text).unwrap_err();
        assert!(error.to_string().len() + error.remedy().len() < 1000, "{error}\n{}", error.remedy());
    }
}

#[test]
fn serde_tells_the_same() {
    let error = serde_json::from_str::<Filter>("\"serivce == dns\"").unwrap_err().to_string();
    assert!(
        error.starts_with("there is no field serivce\n  serivce == dns\n  ^^^^^^^\nDid you mean service?"),
        "{error}"
    );
}

#[test]
fn places_are_those_of_characters() {
    let error = Filter::parse("uid == \"é\t\" && x == 1").unwrap_err();
    assert_eq!(error.to_string(), "there is no field x\n  uid == \"é \" && x == 1\n                 ^");
}
