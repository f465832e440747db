//! Names of domains: an apex and what lies below it.
//!
//! `example.com` is the apex and every name that ends in `.example.com`; `*.example.com` only the latter. Names are compared
//! label by label, so `badexample.com` is neither. Upper and lower case are the same, and so is a name with a dot at its end
//! (RFC 1034, 3.1).

use std::net::IpAddr;

/// Most bytes of a name, and of a label (RFC 1035, 2.3.4), without the dot at the end.
const MOST: usize = 253;
const MOST_OF_LABEL: usize = 63;

/// Why a text is no domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoDomain {
    Address,
    Wildcard,
    NotAscii,
    Other,
}

/// A domain as it is kept: lower case, without a dot at the end, with `*.` where only the names below it are meant.
pub(crate) fn pattern(text: &str) -> Result<String, NoDomain> {
    if !text.is_ascii() {
        return Err(NoDomain::NotAscii);
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err(NoDomain::Address);
    }
    let pattern = bare(text).to_ascii_lowercase();
    let name = pattern.strip_prefix("*.").unwrap_or(&pattern);
    if name.contains('*') {
        return Err(NoDomain::Wildcard);
    }
    let is_label = |label: &str| {
        (1..=MOST_OF_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if name.len() > MOST || !name.split('.').all(is_label) {
        return Err(NoDomain::Other);
    }
    Ok(pattern)
}

/// A name without the dot at its end.
pub(crate) fn bare(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Whether a name of a log is one of those that a kept domain means.
pub(crate) fn holds(pattern: &str, name: &str) -> bool {
    let name = bare(name).as_bytes();
    let (apex, with_apex) = match pattern.strip_prefix("*.") {
        Some(apex) => (apex.as_bytes(), false),
        None => (pattern.as_bytes(), true),
    };
    let Some(start) = name.len().checked_sub(apex.len()) else { return false };
    name[start..].eq_ignore_ascii_case(apex)
        && match start {
            0 => with_apex,
            // A name that is only a dot and the apex has no label below it.
            1 => false,
            _ => name[start - 1] == b'.',
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_apex_and_what_lies_below_it() {
        for (text, name, expected) in [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            ("Example.COM.", "www.example.com", true),
            ("example.com", "a.b.example.com", true),
            ("example.com", "badexample.com", false),
            ("example.com", "example.com.evil.net", false),
            ("example.com", ".example.com", false),
            ("example.com", "com", false),
            ("example.com", "", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "a.b.example.com.", true),
            ("*.example.com", "badexample.com", false),
            ("lan", "printer.lan", true),
            ("_dns-sd._udp.local", "b._dns-sd._udp.local", true),
        ] {
            assert_eq!(holds(&pattern(text).unwrap(), name), expected, "{text} {name}");
        }
    }

    #[test]
    fn what_is_no_domain() {
        for (text, expected) in [
            ("10.0.0.1", NoDomain::Address),
            ("2001:db8::1", NoDomain::Address),
            ("*", NoDomain::Wildcard),
            ("*example.com", NoDomain::Wildcard),
            ("www.*.com", NoDomain::Wildcard),
            ("bücher.example", NoDomain::NotAscii),
            ("", NoDomain::Other),
            (".", NoDomain::Other),
            ("*.", NoDomain::Wildcard),
            (".example.com", NoDomain::Other),
            ("a..b", NoDomain::Other),
            ("http://example.com", NoDomain::Other),
            ("example.com:80", NoDomain::Other),
            ("two words", NoDomain::Other),
        ] {
            assert_eq!(pattern(text), Err(expected), "{text}");
        }
        assert_eq!(pattern(&"a".repeat(64)), Err(NoDomain::Other));
        assert_eq!(pattern(&["abc"; 70].join(".")), Err(NoDomain::Other));
    }

    proptest! {
        /// Said of labels: a name is meant if its last labels are those of the domain.
        #[test]
        fn as_defined(domain in "[ab]{1,2}(\\.[ab]{1,2}){0,2}", name in "[abAB]{1,2}(\\.[abAB]{1,2}){0,4}\\.?") {
            let labels = |text: &str| bare(text).to_ascii_lowercase().split('.').map(str::to_owned).collect::<Vec<_>>();
            let (of, below) = (labels(&domain), labels(&name));
            let ends = below.ends_with(&of);
            prop_assert_eq!(holds(&pattern(&domain).unwrap(), &name), ends);
            let only_below = pattern(&format!("*.{domain}")).unwrap();
            prop_assert_eq!(holds(&only_below, &name), ends && below.len() > of.len());
        }

        #[test]
        fn any_text_is_a_domain_or_not(text: String, name: String) {
            if let Ok(kept) = pattern(&text) {
                prop_assert_eq!(pattern(&kept), Ok(kept.clone()));
                let _ = holds(&kept, &name);
            }
        }
    }
}
