//! Filters of rows that were found odd: domains, families, classes and features.

use proptest::prelude::*;
use std::fmt::Write;
use zeek_filter::{Filter, Finding, FindingFilter, Words};

use crate::{bare_record, record};

const WORDS: Words<'_> = Words {
    families: &["fan", "rate", "volume"],
    classes: &["outbound tcp", "outbound udp", "inbound tcp"],
    features: &["orig_bytes", "resp_bytes", "service"],
};

const FOUND: Finding<'_> = Finding {
    domains: &["www.example.com.", "cdn.Example.net"],
    family: Some("fan"),
    class: Some("outbound tcp"),
    features: &["orig_bytes", "service"],
};

#[test]
fn what_matches() {
    for (text, expected) in [
        ("domain == example.com", true),
        ("domain == www.example.com", true),
        ("domain == *.example.com", true),
        ("domain == *.www.example.com", false),
        ("domain == ample.com", false),
        ("domain == com", true),
        ("domain == example.org", false),
        ("domain != example.org", true),
        ("domain != example.net", false),
        ("domain in {example.org, EXAMPLE.NET}", true),
        ("domain not in {example.org, example.net}", false),
        ("domain ~ cdn.*", true),
        ("domain ~ *.com", true),
        ("domain !~ *.org", true),
        ("domain == unset", false),
        ("family == fan", true),
        ("family == FAN", true),
        ("family in {rate, volume}", false),
        ("family ~ f*", true),
        ("class == \"outbound tcp\"", true),
        ("class ~ outbound*", true),
        ("class != \"outbound tcp\"", false),
        ("feature == orig_bytes", true),
        ("feature == resp_bytes", false),
        ("feature in {resp_bytes, service}", true),
        ("feature ~ *_bytes", true),
        ("feature == unset", false),
        ("host == 10.0.0.5 && domain == example.com && family == fan", true),
        ("service == ssl && domain == example.org", false),
        ("!(domain == example.com)", false),
    ] {
        let filter = FindingFilter::parse(text, &WORDS).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(filter.matches(&record(), &FOUND), expected, "{text}");
        assert_ne!(filter.negated().unwrap().matches(&record(), &FOUND), expected, "{text}");
    }
}

#[test]
fn what_is_not_known_is_unset() {
    for (text, expected) in [
        ("domain == unset", true),
        ("domain == example.com", false),
        ("domain != example.com", true),
        ("domain ~ *", false),
        ("feature == unset", true),
        ("feature in {service, unset}", true),
        ("family == fan", false),
    ] {
        let filter = FindingFilter::parse(text, &WORDS).unwrap();
        assert_eq!(filter.matches(&bare_record(), &Finding::NONE), expected, "{text}");
    }
}

#[test]
fn what_is_said_of_a_mistake() {
    let mut all = String::new();
    for text in [
        "domian == example.com",
        "domain == 10.0.0.1",
        "domain == https://example.com",
        "domain == .example.com",
        "domain == www.*.com",
        "domain == bücher.example",
        "domain",
        "domain > example.com",
        "domain ~ example.com",
        "family == fna",
        "family == colour",
        "family == unset",
        "class == outbound",
        "class == \"outbuond tcp\"",
        "feature == orig_byts",
        "feature in a..b",
        "vlan == 20",
        "orig_ip_bytes > 1MB && family == fan",
        "colour == red",
    ] {
        let error = FindingFilter::parse(text, &WORDS).expect_err(text);
        assert!(text.get(error.place()).is_some(), "the place lies in {text}");
        writeln!(all, "{error}\n{}\n", error.remedy()).unwrap();
    }
    for text in ["domain == example.com", "host == 10.0.0.5 && family == fan"] {
        let error = Filter::parse(text).expect_err(text);
        writeln!(all, "{error}\n{}\n", error.remedy()).unwrap();
    }
    insta::assert_snapshot!(all);
}

fn comparison() -> impl Strategy<Value = String> {
    let name = "(\\*\\.)?[a-cA-C]{1,2}(\\.[a-c]{1,2}){0,2}\\.?";
    prop_oneof![
        (name, prop::sample::select(vec!["==", "!="]))
            .prop_map(|(name, sign)| format!("domain {sign} {name}")),
        prop::collection::vec(name, 1..4).prop_map(|names| format!("domain in {{{}, -}}", names.join(", "))),
        "[a-c*?.]{0,4}[*?]".prop_map(|glob| format!("domain ~ \"{glob}\"")),
        prop::sample::select(vec![
            "family == Fan",
            "family in {fan,rate}",
            "class !~ \"out*\"",
            "class == 'inbound tcp'",
            "feature == -",
            "feature ~ *bytes",
            "feature not in {service, unset}",
            "host == 10.0.0.5",
            "hour in 22..5"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn parses_back_to_the_same_filter(
        parts in prop::collection::vec(comparison(), 1..4), sign in prop::sample::select(vec![" && ", " || "]), not: bool,
        names in prop::collection::vec("[a-c]{1,2}(\\.[a-c]{1,2}){0,3}\\.?", 0..3),
    ) {
        let text = format!("{}({})", if not { "!" } else { "" }, parts.join(sign));
        let filter = FindingFilter::parse(&text, &WORDS).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let shown = filter.to_string();
        let again = FindingFilter::parse(&shown, &WORDS).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again, &filter);
        prop_assert_eq!(again.to_string(), shown);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = Finding { domains: &names, ..FOUND };
        prop_assert_eq!(again.matches(&record(), &found), filter.matches(&record(), &found));
        // The tree is what its parts say.
        let mut parts = parts.iter().map(|part| FindingFilter::parse(part, &WORDS).unwrap().matches(&record(), &found));
        let joined = if sign == " && " { parts.all(|part| part) } else { parts.any(|part| part) };
        prop_assert_eq!(filter.matches(&record(), &found), joined != not);
    }

    /// A filter of connections means the same of a row of an incident, where the row has its fields.
    #[test]
    fn filters_of_connections_are_filters_of_findings(text in "[a-z.=!&|<>(){},~\"'0-9 /:*-]{0,60}") {
        match (Filter::parse(&text), FindingFilter::parse(&text, &WORDS)) {
            (Ok(filter), Ok(same)) => {
                prop_assert_eq!(filter.to_string(), same.to_string());
                prop_assert_eq!(filter.matches(&record()), same.matches(&record(), &FOUND));
            }
            (_, Err(error)) | (Err(error), _) => prop_assert!(text.get(error.place()).is_some()),
        }
    }
}
