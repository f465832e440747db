//! The largest uploads: bytes that local hosts send to remote ones.

use std::collections::BTreeMap;

use oddflow_features::behaviour::{COLUMNS, Direction, Features, Flow};

use super::book::AddressBook;
use super::meaning::Meaning;
use super::{Candidate, Shortlist, words};

/// A pair is counted from so many bytes within about a day on.
const NOTED: f64 = 1e6;
/// Most pairs that are counted: the smallest half gives way.
const MOST_PAIRS: usize = 1 << 13;
/// An upload is told from so many bytes a day, and of so large a share of all bytes sent out, on.
const LEAST_BYTES: f64 = 1e7;
const LEAST_SHARE: f64 = 0.02;
/// Bytes sent for each byte received, at least: what asks for much also sends much.
const LEAST_RATIO: f64 = 2.0;
const DAY: f64 = 86_400.0;
/// Places of the columns.
const ORIG_BYTES: usize = 1;
const RESP_BYTES: usize = 2;
const PAIR_OUT_24H: usize = 39;

/// Bytes that went out, by pair for those with many.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    pairs: BTreeMap<(u64, u64), Pair>,
    all: f64,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    sent: f64,
    received: f64,
    span: (f64, f64),
}

impl Uploads {
    #[inline]
    pub(super) fn add(&mut self, flow: &Flow, features: &Features) {
        if flow.class.direction() != Direction::Out {
            return;
        }
        let natural = |place: usize| COLUMNS[place].natural(features.numbers[place].into());
        let (sent, received) = (natural(ORIG_BYTES), natural(RESP_BYTES));
        self.all += sent;
        if features.numbers[PAIR_OUT_24H] < NOTED.ln_1p() as f32 {
            return;
        }
        let key = (flow.originator(), flow.responder().0);
        if let Some(pair) = self.pairs.get_mut(&key) {
            pair.sent += sent;
            pair.received += received;
            pair.span.1 = flow.end;
            return;
        }
        if self.pairs.len() >= MOST_PAIRS {
            self.thin();
        }
        // What came before it was noted counts too.
        let pair = Pair { sent: natural(PAIR_OUT_24H).max(sent), received, span: (flow.start, flow.end) };
        self.pairs.insert(key, pair);
    }

    fn thin(&mut self) {
        let mut sizes: Vec<f64> = self.pairs.values().map(|pair| pair.sent).collect();
        let middle = sizes.len() / 2;
        let median = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
        self.pairs.retain(|_, pair| pair.sent > median);
    }

    /// `seconds` is the length of the baseline.
    pub(super) fn find(&self, seconds: f64, book: &AddressBook, found: &mut Shortlist) {
        let days = (seconds / DAY).max(1.0);
        for ((source, destination), pair) in &self.pairs {
            let (a_day, share) = (pair.sent / days, (pair.sent / self.all).min(1.0));
            let ratio = pair.sent / pair.received.max(1.0);
            if a_day < LEAST_BYTES || share < LEAST_SHARE || ratio < LEAST_RATIO {
                continue;
            }
            // 10 MB give 2 to 4, a gigabyte 6 to 8.
            let score = (2.0 * (a_day / 1e6).log10() + 2.0 * share).min(9.0);
            found.offer(score, || Candidate {
                words: format!(
                    "{} sends {}{} to {}, {:.0}% of all that is sent out",
                    words::host(*source, book),
                    words::bytes(a_day),
                    if days > 1.0 { " a day" } else { "" },
                    words::host(*destination, book),
                    100.0 * share,
                ),
                span: Some(pair.span),
                meaning: Some(Meaning::of_pair(*source, *destination)),
                own: usize::MAX,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_stand_where_they_should() {
        let name = |place: usize| COLUMNS[place].name;
        assert_eq!(
            [ORIG_BYTES, RESP_BYTES, PAIR_OUT_24H].map(name),
            ["orig_bytes", "resp_bytes", "pair_out_24h"]
        );
    }

    #[test]
    fn the_smaller_pairs_give_way() {
        let mut uploads = Uploads::default();
        for i in 0..9_u64 {
            uploads.pairs.insert((i, 0), Pair { sent: i as f64, received: 0.0, span: (0.0, 0.0) });
        }
        uploads.thin();
        assert_eq!(uploads.pairs.keys().map(|key| key.0).collect::<Vec<_>>(), [5, 6, 7, 8]);
    }
}
