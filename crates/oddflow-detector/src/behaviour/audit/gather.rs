//! Rows brought together by what they share.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use oddflow_features::behaviour::Flow;

/// Calls `visit` with the places of all rows that share a key, in the order of their starts, for each key. Rows without a key
/// are left out.
///
/// It takes 24 bytes a row while it runs: less than what training sets aside for references later.
pub(super) fn by_key<K: std::hash::Hash>(
    flows: &[Flow],
    key: impl Fn(&Flow) -> Option<K>,
    mut visit: impl FnMut(&[usize]),
) {
    let hasher = FixedState::with_seed(0);
    let mut keyed: Vec<(u64, u64, usize)> = flows
        .iter()
        .enumerate()
        .filter_map(|(row, flow)| Some((hasher.hash_one(key(flow)?), in_order(flow.start), row)))
        .collect();
    keyed.sort_unstable();
    let mut rows = Vec::new();
    for group in keyed.chunk_by(|a, b| a.0 == b.0) {
        rows.clear();
        rows.extend(group.iter().map(|(_, _, row)| *row));
        visit(&rows);
    }
}

/// A time as a number that sorts alike.
fn in_order(time: f64) -> u64 {
    let bits = time.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Runs of rows whose starts follow each other within `pause` seconds.
pub(super) fn sessions<'a>(
    flows: &'a [Flow],
    rows: &'a [usize],
    pause: f64,
) -> impl Iterator<Item = &'a [usize]> {
    rows.chunk_by(move |a, b| flows[*b].start - flows[*a].start <= pause)
}

/// The largest number of rows that begin within `window` seconds, and the place among `rows` where they begin.
pub(super) fn densest(flows: &[Flow], rows: &[usize], window: f64) -> (usize, usize) {
    let (mut most, mut at, mut first) = (0, 0, 0);
    for last in 0..rows.len() {
        while flows[rows[last]].start - flows[rows[first]].start > window {
            first += 1;
        }
        if last + 1 - first > most {
            (most, at) = (last + 1 - first, first);
        }
    }
    (most, at)
}
