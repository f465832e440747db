//! The numeric columns that are correlated and whose distributions are shown, and their values in a record.

use zeek_log::ConnRecord;

/// How many numeric columns there are.
pub(crate) const COLUMNS: usize = 8;

/// What is known of a numeric column beforehand.
pub(crate) struct NumericColumn {
    /// Zeek's name.
    pub(crate) name: &'static str,
    /// `seconds`, `bytes` or `packets`.
    pub(crate) unit: &'static str,
    /// Whether its values are whole numbers.
    pub(crate) whole: bool,
}

/// The columns, in the order of the matrices.
pub(crate) const NUMERIC: [NumericColumn; COLUMNS] = [
    NumericColumn { name: "duration", unit: "seconds", whole: false },
    NumericColumn { name: "orig_bytes", unit: "bytes", whole: true },
    NumericColumn { name: "resp_bytes", unit: "bytes", whole: true },
    NumericColumn { name: "missed_bytes", unit: "bytes", whole: true },
    NumericColumn { name: "orig_pkts", unit: "packets", whole: true },
    NumericColumn { name: "orig_ip_bytes", unit: "bytes", whole: true },
    NumericColumn { name: "resp_pkts", unit: "packets", whole: true },
    NumericColumn { name: "resp_ip_bytes", unit: "bytes", whole: true },
];

/// Places of the two columns that say nearly what others say.
pub(crate) const IP_BYTES: [usize; 2] = [5, 7];

/// Longest duration that is taken for one, in seconds: ten years.
pub(crate) const LONGEST: f64 = 3652.5 * 86_400.0;

/// How long a connection lasted, in seconds. A duration that is negative or over ten years is none.
#[inline]
pub(crate) fn duration(record: &ConnRecord<'_>) -> Option<f64> {
    record.duration.filter(|duration| (0.0..=LONGEST).contains(duration))
}

/// The numbers of a record: a bit for each column that is set, and the values, 0 where it isn't.
///
/// What is no [duration] counts as unset.
#[inline]
pub(crate) fn numbers(record: &ConnRecord<'_>) -> (u8, [f64; COLUMNS]) {
    let mut mask = 0;
    let mut values = [0.0; COLUMNS];
    let mut put = |i: usize, value: Option<f64>| {
        if let Some(value) = value {
            mask |= 1 << i;
            values[i] = value;
        }
    };
    put(0, duration(record));
    let counts = [
        record.orig_bytes,
        record.resp_bytes,
        record.missed_bytes,
        record.orig_pkts,
        record.orig_ip_bytes,
        record.resp_pkts,
        record.resp_ip_bytes,
    ];
    for (i, count) in counts.into_iter().enumerate() {
        put(i + 1, count.map(|count| count as f64));
    }
    (mask, values)
}
