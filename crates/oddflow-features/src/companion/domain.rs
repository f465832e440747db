//! Host names: the domain that somebody registered, and what stands below it.

use std::net::IpAddr;

/// A name cut in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// The registered domain: `example.co.uk`.
    pub(super) domain: &'a str,
    /// What stands below it, without the dot between: `www`. May be empty.
    pub(super) below: &'a str,
}

/// Second-level labels of country domains below which names are registered. Not the Public Suffix List, which is larger by four
/// orders and changes every week: a suffix that isn't known here makes one domain of its registrants, which blurs novelty a little.
const SECOND_LEVEL: [&str; 32] = [
    "ac", "asn", "co", "com", "edu", "gen", "go", "gob", "gouv", "gov", "govt", "id", "info", "lg", "ltd",
    "me", "mil", "ne", "net", "nhs", "nom", "or", "org", "plc", "police", "school", "sch", "tm", "web",
    "biz", "geek", "nic",
];

/// The registered domain of a name; `None` for a single label, an address, a reverse lookup and a name of this link (mDNS),
/// none of which anybody registered. `name` is in lower case.
pub(super) fn registered(name: &str) -> Option<Name<'_>> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last_dot = name.rfind('.')?;
    let last = &name[last_dot + 1..];
    if matches!(last, "" | "arpa" | "local")
        || last.bytes().all(|byte| byte.is_ascii_digit())
        || name.contains(':')
    {
        return None;
    }
    let second_start = name[..last_dot].rfind('.').map_or(0, |dot| dot + 1);
    let second = &name[second_start..last_dot];
    let start = if last.len() == 2 && second_start > 0 && SECOND_LEVEL.contains(&second) {
        name[..second_start - 1].rfind('.').map_or(0, |dot| dot + 1)
    } else {
        second_start
    };
    Some(Name { domain: &name[start..], below: name[..start].strip_suffix('.').unwrap_or("") })
}

/// The host of an HTTP `Host` header, without its port.
pub(super) fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match host.split_once(':') {
        // More than one colon: an IPv6 address without its brackets.
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

/// Whether a host is an address instead of a name.
pub(super) fn is_address(host: &str) -> bool {
    // Names begin with letters mostly; this spares them the parser.
    host.bytes().next().is_some_and(|byte| byte.is_ascii_hexdigit() || byte == b':')
        && host.parse::<IpAddr>().is_ok()
}

/// Shannon's entropy of the bytes of a name but for its dots, times their number: bits that it takes to write it in a code of its
/// own. Per byte a name of sixteen different digits says no more than `windowsupdate`; over its length it does.
pub(super) fn information(below: &str) -> f32 {
    let mut counts = [0_u8; 256];
    let mut total = 0_u8;
    // No name is longer than 253 bytes; what is made up to be stays below the counters' end.
    for byte in below.bytes().filter(|byte| *byte != b'.').take(u8::MAX.into()) {
        counts[usize::from(byte)] += 1;
        total += 1;
    }
    if total == 0 {
        return 0.0;
    }
    // n log2 n - sum of c log2 c, taken at the first of each byte.
    let mut sum = f32::from(total) * f32::from(total).log2();
    for byte in below.bytes().filter(|byte| *byte != b'.').take(u8::MAX.into()) {
        let count = std::mem::take(&mut counts[usize::from(byte)]);
        if count > 1 {
            sum -= f32::from(count) * f32::from(count).log2();
        }
    }
    sum.max(0.0)
}

/// Bytes of a name without its dots.
pub(super) fn carried(below: &str) -> usize {
    below.len() - below.bytes().filter(|byte| *byte == b'.').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn registered_domains() {
        for (name, expected) in [
            ("www.example.com", Some(("example.com", "www"))),
            ("example.com", Some(("example.com", ""))),
            ("example.com.", Some(("example.com", ""))),
            ("a.b.example.co.uk", Some(("example.co.uk", "a.b"))),
            ("example.com.au", Some(("example.com.au", ""))),
            ("co.uk", Some(("co.uk", ""))),
            ("com.example.org", Some(("example.org", "com"))),
            ("x.com.com", Some(("com.com", "x"))),
            ("printer", None),
            ("7.1.168.192.in-addr.arpa", None),
            ("_airplay._tcp.local", None),
            ("192.0.2.7", None),
            ("2001:db8::1.2", None),
            ("", None),
            (".", None),
            ("..", None),
        ] {
            assert_eq!(registered(name).map(|name| (name.domain, name.below)), expected, "{name}");
        }
    }

    #[test]
    fn hosts_of_headers() {
        for (host, name, bare) in [
            ("example.com:8080", "example.com", false),
            ("192.0.2.7:80", "192.0.2.7", true),
            ("[2001:db8::1]:80", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::1", true),
            ("cafe", "cafe", false),
            ("", "", false),
        ] {
            assert_eq!((without_port(host), is_address(without_port(host))), (name, bare), "{host}");
        }
    }

    #[test]
    fn information_grows_with_length_and_variety() {
        assert_eq!((information(""), information("www"), information("...")), (0.0, 0.0, 0.0));
        assert!((information("ab") - 2.0).abs() < 1e-6);
        assert!((information("0123456789abcdef") - 64.0).abs() < 1e-4);
        assert!(information("device-log") < 40.0);
        assert_eq!(carried("ab.c"), 3);
    }

    proptest! {
        #[test]
        fn any_text_is_fine(text in "\\PC{0,40}", dots in "[a-z.]{0,400}") {
            for text in [text, dots] {
                let parts = registered(&text);
                let whole = text.strip_suffix('.').unwrap_or(&text);
                if let Some(Name { domain, below }) = parts {
                    let rejoined = if below.is_empty() { domain.to_owned() } else { format!("{below}.{domain}") };
                    prop_assert!(whole.ends_with(&rejoined));
                }
                let bits = information(&text);
                prop_assert!(bits.is_finite() && (0.0..=2048.0).contains(&bits));
                let _ = is_address(without_port(&text));
            }
        }
    }
}
