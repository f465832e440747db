//! Numbers of behaviour as sentences.

use oddflow_features::behaviour::{COLUMNS, Column, Features};
use zeek_log::ConnRecord;

/// A family's number in words: what happened, the most that this host and any host did, and how rare that is.
pub(super) fn reason(
    column: &str,
    record: &ConnRecord<'_>,
    features: &Features,
    value: f64,
    most: f64,
    most_of_host: Option<f64>,
    one_in: f64,
) -> String {
    let known = COLUMNS.iter().find(|known| known.name == column);
    let amount = |value: f64| known.map_or_else(|| value.to_string(), |known| whole(known, value));
    let mut words = what(column, record, features, &amount(value));
    let rarity = if value > most {
        "no row of the baseline reaches that".to_owned()
    } else {
        format!("1 row of the baseline in {} reaches that", thousands(one_in))
    };
    let ranges = match most_of_host {
        Some(of_host) => format!("the most this host did is {}, any host {}", amount(of_host), amount(most)),
        None => format!("the most of any host is {}", amount(most)),
    };
    words.push_str(&format!("; {ranges}; {rarity}"));
    words
}

/// So many of something.
fn several(amount: &str, one: &str) -> String {
    format!("{amount} {one}{}", if amount == "1" { "" } else { "s" })
}

/// What happened, in words, of one column.
pub(super) fn what(column: &str, record: &ConnRecord<'_>, features: &Features, amount: &str) -> String {
    let (source, destination, port) = (record.orig_h, record.resp_h, port(record));
    let window = match column.rsplit_once('_').map(|(_, window)| window) {
        Some("60") => "a minute",
        Some("600") => "10 minutes",
        Some("3600" | "1h") => "an hour",
        Some("24h") => "a day",
        _ => match column {
            "pair_n60" | "dst_n60" => "a minute",
            "dns_bytes" => "10 minutes",
            _ => "an hour",
        },
    };
    if column.starts_with("fan_") {
        format!("{source} contacted {} in {window}", several(amount, "new destination"))
    } else if column.starts_with("vertical_") {
        format!("{source} tried {} of {destination} in {window}", several(amount, "new port"))
    } else if column.starts_with("horizontal_") {
        format!("{source} tried {} on {port} in {window}", several(amount, "new host"))
    } else if column.starts_with("fail_") {
        format!("{source} had {} in {window}", several(amount, "failed connection"))
    } else if column.starts_with("n_") {
        format!("{source} made {} in {window}", several(amount, "connection"))
    } else {
        match column {
            "pair_n60" | "pair_n3600" => {
                format!("{source} connected {} to {destination} in {window}", several(amount, "time"))
            }
            "dst_n60" => format!("{destination} received {} in {window}", several(amount, "connection")),
            "ch_n" => {
                format!(
                    "{source} connected {} to {destination} on {port} in {window}",
                    several(amount, "time")
                )
            }
            "pair_out_1h" | "pair_out_24h" => format!("{source} sent {amount} to {destination} in {window}"),
            "pair_in_1h" => format!("{source} received {amount} from {destination} in {window}"),
            "dns_bytes" => format!("{source} sent {amount} of DNS queries in {window}"),
            "orig_bytes" => format!("{source} sent {amount} to {destination} in one connection"),
            "resp_bytes" => format!("{source} received {amount} from {destination} in one connection"),
            "ch_regular" => {
                let gap = COLUMNS.iter().position(|known| known.name == "ch_gap");
                let every = gap.map_or_else(String::new, |gap| {
                    let column = &COLUMNS[gap];
                    format!(" every {}", column.amount(column.natural(f64::from(features.numbers[gap]))))
                });
                format!("{source} calls {destination} on {port}{every}, with a regularity of {amount}")
            }
            other => format!("{other} is {amount}"),
        }
    }
}

/// Novelty in words: what was never seen, else what is rare.
pub(super) fn novelty(record: &ConnRecord<'_>, features: &Features) -> String {
    let new: Vec<String> =
        (0..7).filter(|i| features.never_seen & 1 << i != 0).map(|i| first_seen(i, record)).collect();
    if new.is_empty() {
        format!("{} to {} on {} is rare in the baseline", record.orig_h, record.resp_h, port(record))
    } else {
        format!("never seen before: {}", new.join(", "))
    }
}

/// What the novelty of a number, counted as in a row, is of.
pub(super) fn first_seen(novelty: usize, record: &ConnRecord<'_>) -> String {
    let service = record.service.filter(|service| !service.is_empty()).unwrap_or("no service");
    match novelty {
        0 => format!("{} as a responder", record.resp_h),
        1 => format!("{} talking to {}", record.orig_h, record.resp_h),
        2 => format!("{} using {}", record.orig_h, port(record)),
        3 => format!("{} of {}", port(record), record.resp_h),
        4 => format!("{service} on {} with state {}", port(record), record.conn_state.unwrap_or("unset")),
        // Services are told apart by their transport, and what has none by it alone.
        5 => format!("{} using {service} over {}", record.orig_h, record.proto),
        6 => format!("{} as an originator", record.orig_h),
        _ => format!("the history {}", record.history.unwrap_or("unset")),
    }
}

/// A port with its transport: `445/tcp`; ICMP has none.
pub(super) fn port(record: &ConnRecord<'_>) -> String {
    match record.proto {
        "icmp" => "icmp".into(),
        proto => format!("{}/{proto}", record.resp_p),
    }
}

/// Decayed counts are no whole numbers, but what they count is.
pub(super) fn whole(column: &Column, value: f64) -> String {
    match column.unit {
        oddflow_features::behaviour::Unit::Count => thousands(value),
        _ => column.amount(value),
    }
}

/// A rounded number with commas between the thousands.
pub(super) fn thousands(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_as_one() {
        assert_eq!(several("1", "new port"), "1 new port");
        assert_eq!(several("1,016", "new destination"), "1,016 new destinations");
    }
}
