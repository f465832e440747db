//! The columns of the recipe: their names, units, and the conn columns that they are made of.

use super::fields::{Field, Fields};
use super::tokens;

/// Numbers of the row alone.
pub const ROW: usize = 10;
/// Numbers of behaviour.
pub const BEHAVIOUR: usize = 33;
/// Numbers of novelty.
pub const NOVELTY: usize = 8;
/// All numbers; they stand before the tokens.
pub const NUMERIC: usize = ROW + BEHAVIOUR + NOVELTY;
/// Tokens: yes or no.
pub const TOKENS: usize = tokens::COUNT;
/// Length of a row as the network sees it.
pub const WIDTH: usize = NUMERIC + TOKENS;

/// What a number counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things: packets, hosts, connections.
    Count,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Seconds.
    Seconds,
    /// A share or ratio without a unit.
    Ratio,
    /// Natural logarithm of a ratio.
    LogRatio,
    /// Bits of news.
    Bits,
}

/// One number of the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its natural value counts in.
    pub unit: Unit,
    /// Whether the number is ln(1 + natural value).
    pub is_log: bool,
    /// What it says, in a few words that a value can follow.
    pub words: &'static str,
}

const fn log(name: &'static str, unit: Unit, words: &'static str) -> Column {
    Column { name, unit, is_log: true, words }
}

const fn plain(name: &'static str, unit: Unit, words: &'static str) -> Column {
    Column { name, unit, is_log: false, words }
}

/// The numbers in the order of a row.
pub const COLUMNS: [Column; NUMERIC] = {
    use Unit::{Bits, Bytes, BytesPerSecond, Count, LogRatio, Ratio, Seconds};
    [
        log("duration", Seconds, "duration"),
        log("orig_bytes", Bytes, "bytes from the originator"),
        log("resp_bytes", Bytes, "bytes from the responder"),
        log("orig_pkts", Count, "packets from the originator"),
        log("resp_pkts", Count, "packets from the responder"),
        log("orig_bytes_per_pkt", Bytes, "size of the originator's packets"),
        log("resp_bytes_per_pkt", Bytes, "size of the responder's packets"),
        plain("out_in_ratio", LogRatio, "bytes from the originator over bytes from the responder"),
        log("missed_bytes", Bytes, "bytes that the sensor missed"),
        log("throughput", BytesPerSecond, "throughput"),
        log("fan_60", Count, "new destinations of the originator in a minute"),
        log("vertical_60", Count, "new ports tried on the responder in a minute"),
        log("horizontal_60", Count, "new hosts tried on this port in a minute"),
        log("fail_60", Count, "failed connections of the originator in a minute"),
        log("n_60", Count, "connections of the originator in a minute"),
        log("fan_600", Count, "new destinations of the originator in 10 minutes"),
        log("vertical_600", Count, "new ports tried on the responder in 10 minutes"),
        log("horizontal_600", Count, "new hosts tried on this port in 10 minutes"),
        log("fail_600", Count, "failed connections of the originator in 10 minutes"),
        log("n_600", Count, "connections of the originator in 10 minutes"),
        log("fan_3600", Count, "new destinations of the originator in an hour"),
        log("vertical_3600", Count, "new ports tried on the responder in an hour"),
        log("horizontal_3600", Count, "new hosts tried on this port in an hour"),
        log("fail_3600", Count, "failed connections of the originator in an hour"),
        log("n_3600", Count, "connections of the originator in an hour"),
        plain("fail_ratio", Ratio, "share of the originator's connections that failed"),
        log("pair_n60", Count, "connections between the two hosts in a minute"),
        log("pair_n3600", Count, "connections between the two hosts in an hour"),
        log("dst_n60", Count, "connections to the responder in a minute"),
        log("dst_n3600", Count, "connections to the responder in an hour"),
        log("dst_new_src", Count, "new sources of the responder in an hour"),
        plain("dst_fail_ratio", Ratio, "share of the connections to the responder that failed"),
        log("ch_n", Count, "connections to this service of the responder in an hour"),
        plain("ch_regular", Ratio, "regularity of the channel"),
        plain("ch_cv", Ratio, "variation of the gaps between connections"),
        log("ch_gap", Seconds, "gap between connections"),
        plain("ch_size_dev", Ratio, "deviation from the channel's usual size (natural logarithm)"),
        log("ch_age", Seconds, "age of the channel"),
        log("pair_out_1h", Bytes, "bytes sent to the responder in an hour"),
        log("pair_out_24h", Bytes, "bytes sent to the responder in a day"),
        log("pair_in_1h", Bytes, "bytes received from the responder in an hour"),
        log("dns_bytes", Bytes, "bytes of the originator's DNS queries in 10 minutes"),
        log("long", Seconds, "duration beyond 5 minutes"),
        plain("new_dst", Bits, "novelty of the responder"),
        plain("new_dst_of_src", Bits, "novelty of the responder to this originator"),
        plain("new_port_of_src", Bits, "novelty of the port to this originator"),
        plain("new_dst_port", Bits, "novelty of the responder's port"),
        plain("new_tuple", Bits, "novelty of protocol, service, port and state together"),
        plain("new_service_of_src", Bits, "novelty of the service to this originator"),
        plain("new_src", Bits, "novelty of the originator"),
        plain("new_history", Bits, "novelty of the history"),
    ]
};

/// Places of behaviour's numbers, counted from the first of them.
pub(super) mod behaviour {
    pub(in crate::behaviour) const FAN: usize = 0;
    pub(in crate::behaviour) const VERTICAL: usize = 1;
    pub(in crate::behaviour) const HORIZONTAL: usize = 2;
    pub(in crate::behaviour) const FAIL: usize = 3;
    pub(in crate::behaviour) const N: usize = 4;
    /// Numbers for each time constant.
    pub(in crate::behaviour) const STEP: usize = 5;
    pub(in crate::behaviour) const FAIL_RATIO: usize = 15;
    pub(in crate::behaviour) const PAIR_N60: usize = 16;
    pub(in crate::behaviour) const PAIR_N3600: usize = 17;
    pub(in crate::behaviour) const DST_N60: usize = 18;
    pub(in crate::behaviour) const DST_N3600: usize = 19;
    pub(in crate::behaviour) const DST_NEW_SRC: usize = 20;
    pub(in crate::behaviour) const DST_FAIL_RATIO: usize = 21;
    pub(in crate::behaviour) const CH_N: usize = 22;
    pub(in crate::behaviour) const CH_REGULAR: usize = 23;
    pub(in crate::behaviour) const CH_CV: usize = 24;
    pub(in crate::behaviour) const CH_GAP: usize = 25;
    pub(in crate::behaviour) const CH_SIZE_DEV: usize = 26;
    pub(in crate::behaviour) const CH_AGE: usize = 27;
    pub(in crate::behaviour) const PAIR_OUT_1H: usize = 28;
    pub(in crate::behaviour) const PAIR_OUT_24H: usize = 29;
    pub(in crate::behaviour) const PAIR_IN_1H: usize = 30;
    pub(in crate::behaviour) const DNS_BYTES: usize = 31;
    pub(in crate::behaviour) const LONG: usize = 32;
    /// Those that are not logarithms.
    pub(in crate::behaviour) const NOT_LOG: [usize; 5] =
        [FAIL_RATIO, DST_FAIL_RATIO, CH_REGULAR, CH_CV, CH_SIZE_DEV];
}

/// The name of a column of a whole row: a number's, or a token's.
///
/// # Panics
/// There is no such column.
#[must_use]
pub fn column_name(column: usize) -> String {
    match COLUMNS.get(column) {
        Some(known) => known.name.into(),
        None => tokens::token_name(column - NUMERIC),
    }
}

impl Column {
    /// The natural value of a number, in the column's unit.
    #[must_use]
    pub fn natural(&self, value: f64) -> f64 {
        if self.is_log {
            // What a network makes of a count can lie below 0; no count does.
            value.exp_m1().max(0.0)
        } else if self.unit == Unit::LogRatio {
            value.exp()
        } else {
            value
        }
    }

    /// The number of a natural value: what [`Column::natural`] makes natural.
    #[must_use]
    pub fn inverse(&self, natural: f64) -> f64 {
        if self.is_log {
            natural.max(0.0).ln_1p()
        } else if self.unit == Unit::LogRatio {
            natural.ln()
        } else {
            natural
        }
    }
}

/// Which columns of a whole row can't be known where some conn columns are absent.
pub(super) fn unknown(absent: Fields) -> [bool; WIDTH] {
    use Field::{
        ConnState, Duration, History, MissedBytes, OrigBytes, OrigIpBytes, OrigPkts, RespBytes, RespIpBytes,
        RespPkts, Service,
    };
    let mut unknown = [false; WIDTH];
    let mut mark = |field: Field, columns: &[&str]| {
        if absent.holds(field) {
            for name in columns {
                let place = COLUMNS.iter().position(|column| column.name == *name);
                unknown[place.expect("a column of the recipe")] = true;
            }
        }
    };
    mark(Duration, &["duration", "throughput", "long"]);
    mark(
        OrigBytes,
        &[
            "orig_bytes",
            "out_in_ratio",
            "throughput",
            "ch_size_dev",
            "pair_out_1h",
            "pair_out_24h",
            "dns_bytes",
        ],
    );
    mark(RespBytes, &["resp_bytes", "out_in_ratio", "throughput", "pair_in_1h"]);
    mark(MissedBytes, &["missed_bytes"]);
    mark(OrigPkts, &["orig_pkts", "orig_bytes_per_pkt"]);
    mark(OrigIpBytes, &["orig_bytes_per_pkt"]);
    mark(RespPkts, &["resp_pkts", "resp_bytes_per_pkt"]);
    mark(RespIpBytes, &["resp_bytes_per_pkt"]);
    mark(
        ConnState,
        &["fail_60", "fail_600", "fail_3600", "fail_ratio", "dst_fail_ratio", "new_tuple", "new_history"],
    );
    mark(Service, &["new_tuple", "new_service_of_src"]);
    mark(History, &["new_history"]);
    for (field, range) in [
        (Service, tokens::SERVICE_TOKENS),
        (ConnState, tokens::STATE_TOKENS),
        (History, tokens::HISTORY_TOKENS),
    ] {
        if absent.holds(field) {
            range.for_each(|token| unknown[NUMERIC + token] = true);
        }
    }
    unknown
}

impl Fields {
    /// Which columns of a row as long as [`WIDTH`] can't be known where these fields are absent.
    #[must_use]
    pub fn unknown_columns(self) -> [bool; WIDTH] {
        unknown(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_the_names_they_should() {
        let name = |place: usize| COLUMNS[ROW + place].name;
        assert_eq!((NUMERIC, WIDTH), (51, 155));
        assert_eq!(name(behaviour::STEP + behaviour::HORIZONTAL), "horizontal_600");
        assert_eq!(name(2 * behaviour::STEP + behaviour::N), "n_3600");
        assert_eq!(name(behaviour::FAIL_RATIO), "fail_ratio");
        assert_eq!(name(behaviour::CH_REGULAR), "ch_regular");
        assert_eq!(name(behaviour::DNS_BYTES), "dns_bytes");
        assert_eq!(name(behaviour::LONG), "long");
        let plain: Vec<usize> = (0..BEHAVIOUR).filter(|i| !COLUMNS[ROW + i].is_log).collect();
        assert_eq!(plain, behaviour::NOT_LOG);
    }

    #[test]
    fn an_absent_column_takes_its_features_along() {
        assert!(!unknown(Fields::NONE).contains(&true));
        let off = unknown(Fields::NONE.with(Field::History));
        let names: Vec<String> = (0..WIDTH).filter(|i| off[*i]).map(column_name).collect();
        assert_eq!(names.len(), 25);
        assert_eq!((names[0].as_str(), names[1].as_str()), ("new_history", "history=S"));
        let all = Field::ALL.into_iter().fold(Fields::NONE, Fields::with);
        assert!(!unknown(all)[ROW], "fan needs addresses alone");
    }

    #[test]
    fn natural_values() {
        assert!((COLUMNS[0].natural(f64::ln_1p(12.0)) - 12.0).abs() < 1e-9);
        assert_eq!(COLUMNS[0].natural(-3.0), 0.0);
        assert_eq!(COLUMNS[7].natural(0.0), 1.0);
        assert_eq!(COLUMNS[50].natural(3.5), 3.5);
    }
}
