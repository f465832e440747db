//! What a column's value means, in words.

use super::Categorical;

/// A sentence on one column: what it says of the connection, its value and the value that was expected, in natural units.
///
/// `column` is a name of [`ClassicEncoder::columns`](super::ClassicEncoder::columns); any other is named as it is.
#[must_use]
pub fn describe(column: &str, value: f64, expected: f64) -> String {
    for category in Categorical::ALL {
        if let Some(level) = column.strip_prefix(category.name()).and_then(|rest| rest.strip_prefix('_')) {
            return one_hot(category, level, value, expected);
        }
    }
    let (what, unit) = match column {
        "uid" => ("hash of the uid", ""),
        "src_ip" => ("originator's address as a number", ""),
        "src_p" => ("originator's port", ""),
        "dst_ip" => ("responder's address as a number", ""),
        "dst_p" => ("responder's port", ""),
        "duration" => ("duration", " s"),
        "src_bytes" => ("bytes from the originator", ""),
        "history" => ("hash of the history", ""),
        "ip_proto" => ("IP protocol number", ""),
        "dst_bytes_per_orig_pkt" => ("responder's bytes for each of the originator's packets", ""),
        "dst_bytes_per_resp_pkt" => ("responder's bytes for each of its packets", ""),
        other => (other, ""),
    };
    format!("{what} is {}{unit}, expected about {}{unit}", short(value), short(expected))
}

fn one_hot(category: Categorical, level: &str, value: f64, expected: f64) -> String {
    let what = match category {
        Categorical::Proto => "protocol",
        Categorical::Service => "service",
        Categorical::ConnState => "state",
        Categorical::LocalOrig if level != "-" => "originator",
        Categorical::LocalResp if level != "-" => "responder",
        Categorical::LocalOrig => "originator's locality",
        Categorical::LocalResp => "responder's locality",
    };
    let level = match level {
        "-" => "unset",
        "T" => "local",
        "F" => "remote",
        level => level,
    };
    // A linear output may lie outside of 0 to 1; as a degree of expectation that means none or all.
    let degree = match 100.0 * expected.clamp(0.0, 1.0) {
        0.0 => "not at all".into(),
        percent if percent < 10.0 => format!("to {percent:.1}%"),
        percent => format!("to {percent:.0}%"),
    };
    let is = if value >= 0.5 { "is" } else { "is not" };
    format!("{what} {is} {level}, which was expected {degree}")
}

/// A number in as many digits as one reads.
fn short(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else if magnitude >= 1.0 {
        format!("{value:.1}")
    } else if magnitude >= 0.001 {
        format!("{value:.3}")
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_words() {
        for (column, value, expected, words) in [
            ("duration", 3600.0, 0.25, "duration is 3600 s, expected about 0.250 s"),
            ("src_bytes", 5.0e9, 1234.5, "bytes from the originator is 5000000000, expected about 1234"),
            ("service_ssl,http", 1.0, 0.021, "service is ssl,http, which was expected to 2.1%"),
            ("conn_state_SF", 0.0, 0.9, "state is not SF, which was expected to 90%"),
            ("service_-", 1.0, -0.3, "service is unset, which was expected not at all"),
            ("local_resp_T", 1.0, 0.5, "responder is local, which was expected to 50%"),
            ("local_orig_-", 0.0, 0.5, "originator's locality is not unset, which was expected to 50%"),
        ] {
            assert_eq!(describe(column, value, expected), words);
        }
    }
}
