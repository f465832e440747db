//! What a column's value means, in words.

use super::Categorical;

/// A sentence on one column: what it says of the connection, its value and the value that was expected, in natural units.
///
/// `column` is a name of [`ClassicEncoder::columns`](super::ClassicEncoder::columns); any other is named as it is.
#[must_use]
pub fn describe(column: &str, value: f64, expected: f64) -> String {
    if let Some((category, level)) = category(column) {
        return one_hot(category, level, value, expected);
    }
    let (what, unit) = match column {
        "uid" => ("uid as a hash (it means nothing)", ""),
        "src_ip" => ("originator's address as a number (it means little)", ""),
        "src_p" => ("originator's port", ""),
        "dst_ip" => ("responder's address as a number (it means little)", ""),
        "dst_p" => ("responder's port", ""),
        "duration" => ("duration", " s"),
        "src_bytes" => ("bytes from the originator", ""),
        "history" => ("history as a hash (it means little)", ""),
        "ip_proto" => ("IP protocol number", ""),
        "dst_bytes_per_orig_pkt" => ("responder's bytes for each of the originator's packets", ""),
        "dst_bytes_per_resp_pkt" => ("responder's bytes for each of its packets", ""),
        other => (other, ""),
    };
    // None of these can be negative, though a linear output can.
    format!("{what} is {}{unit}, expected about {}{unit}", short(value), short(expected.max(0.0)))
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
    // A linear output may lie outside of 0 to 1.
    let likely = if value >= 0.5 { expected } else { 1.0 - expected };
    let given = match 100.0 * likely {
        percent if percent < 0.0 => "less than 0%".into(),
        percent if percent > 100.0 => "more than 100%".into(),
        percent if percent < 10.0 => format!("{percent:.1}%"),
        percent => format!("{percent:.0}%"),
    };
    let is = if value >= 0.5 { "is" } else { "is not" };
    format!("{what} {is} {level}; the model gave that {given}")
}

/// A few characters on one column: `service=dns`, `service≠dns`, `duration`.
#[must_use]
pub fn brief(column: &str, value: f64) -> String {
    match category(column) {
        Some((category, level)) if value >= 0.5 => format!("{}={level}", category.name()),
        Some((category, level)) => format!("{}≠{level}", category.name()),
        None => column.into(),
    }
}

/// The category and the level of a one-hot column.
fn category(column: &str) -> Option<(Categorical, &str)> {
    Categorical::ALL.into_iter().find_map(|category| {
        let level = column.strip_prefix(category.name())?.strip_prefix('_')?;
        Some((category, level))
    })
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
    fn columns_in_short() {
        assert_eq!(brief("service_ssl,http", 1.0), "service=ssl,http");
        assert_eq!(brief("conn_state_SF", 0.0), "conn_state≠SF");
        assert_eq!(brief("duration", 1.0), "duration");
    }

    #[test]
    fn columns_in_words() {
        for (column, value, expected, words) in [
            ("duration", 3600.0, 0.25, "duration is 3600 s, expected about 0.250 s"),
            ("src_p", 68.0, -37028.0, "originator's port is 68, expected about 0"),
            ("src_bytes", 5.0e9, 1234.5, "bytes from the originator is 5000000000, expected about 1234"),
            ("service_ssl,http", 1.0, 0.021, "service is ssl,http; the model gave that 2.1%"),
            ("conn_state_SF", 0.0, 0.88, "state is not SF; the model gave that 12%"),
            ("service_-", 1.0, -0.3, "service is unset; the model gave that less than 0%"),
            ("local_resp_T", 1.0, 0.5, "responder is local; the model gave that 50%"),
            ("local_orig_-", 0.0, 0.5, "originator's locality is not unset; the model gave that 50%"),
        ] {
            assert_eq!(describe(column, value, expected), words);
        }
    }
}
