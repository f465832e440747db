//! Small vocabularies: protocols, services, connection states.
//!
//! Invariant: at most [`Vocabulary::LIMIT`] words are told apart, and a word is cut to [`LONGEST`] bytes; of others sketches keep how
//! many there are and which of them are most frequent.

use std::cmp::Reverse;

use datasketches::frequencies::{ErrorType, FrequentItemsSketch};
use datasketches::hll::HllSketch;
use zeek_log::ConnRecord;

use crate::address::distinct;
use crate::connection::Connection;
use crate::conversation::sketch;
use crate::statistics::{Distinct, Item, Ranking};
use crate::table::Table;
use crate::tally::{Tally, keep_first, rank};

/// Longest text that is kept, in bytes; services are sets of a few short names, uids have some 18 letters.
const LONGEST: usize = 256;

/// A word and its rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word {
    pub(crate) tally: Tally,
    /// The first row that has it.
    pub(crate) example: Option<Connection>,
}

impl Word {
    /// Takes a row.
    #[inline]
    pub(crate) fn add(&mut self, tally: Tally) {
        self.tally.add(tally);
    }

    /// Takes a row, and keeps the first.
    #[inline]
    pub(crate) fn add_example(&mut self, record: &ConnRecord<'_>, tally: Tally) {
        if self.example.is_none() {
            self.example = Some(Connection::new(record, 1.0));
        }
        self.tally.add(tally);
    }
}

impl Beyond {
    /// Counters of the sketch: a count's error is at most 3.5 rows in 4,096.
    const COUNTERS: usize = 1 << 12;

    fn new() -> Self {
        let frequent = FrequentItemsSketch::new(Self::COUNTERS).expect("the number of counters is allowed");
        Self { frequent, distinct: sketch() }
    }
}

/// All words.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    words: Table<Box<str>, Word>,
    beyond: Option<Box<Beyond>>,
}

/// Words beyond the limit.
#[derive(Debug)]
struct Beyond {
    frequent: FrequentItemsSketch<Box<str>>,
    distinct: HllSketch,
}

impl Vocabulary {
    /// Most words.
    pub(crate) const LIMIT: usize = 4096;

    /// Takes the rows of a part that have a word, and gives the word's number unless it lies beyond the limit.
    pub(crate) fn add(&mut self, word: &str, part: Word) -> Option<u32> {
        let word = cut(word);
        let place = match self.words.find(word) {
            Some(place) => place,
            None if self.words.len() < Self::LIMIT => self.words.place(word.into()),
            None => {
                let beyond = self.beyond.get_or_insert_with(|| Box::new(Beyond::new()));
                beyond.frequent.update_with_count(word.into(), part.tally.rows);
                beyond.distinct.update(word);
                return None;
            }
        };
        let known = self.words.value(place);
        known.tally.add(part.tally);
        known.example = known.example.take().or(part.example);
        Some(place as u32)
    }

    /// The word of a number.
    pub(crate) fn word(&self, number: u32) -> &str {
        &self.words.entries()[number as usize].0
    }

    /// All words, in the order in which they came.
    pub(crate) fn words(&self) -> &[(Box<str>, Word)] {
        self.words.entries()
    }

    /// Whether all words are told apart.
    pub(crate) fn is_exact(&self) -> bool {
        self.beyond.is_none()
    }

    /// How many different words there are.
    pub(crate) fn distinct(&self) -> Distinct {
        distinct(self.words.len() as u64, self.beyond.as_ref().map(|beyond| &beyond.distinct))
    }

    /// The most frequent words.
    pub(crate) fn rank(&self, limit: usize) -> Ranking {
        let known = || self.words().iter().map(|(word, seen)| (&**word, seen.tally));
        let Some(beyond) = &self.beyond else { return rank(known(), limit, |word| (*word).into()) };
        let sketch = &beyond.frequent;
        let seen = sketch.frequent_items(ErrorType::NoFalsePositives);
        let seen = seen.iter().map(|row| (&**row.item(), Tally { rows: row.estimate(), ..Tally::default() }));
        let mut words: Vec<_> =
            known().map(|word| (word, true)).chain(seen.map(|word| (word, false))).collect();
        keep_first(&mut words, limit, |((word, tally), _)| (Reverse(tally.rows), (*word).to_owned()));
        let rows = known().map(|(_, tally)| tally.rows).sum::<u64>() + sketch.total_weight();
        Ranking {
            rows,
            distinct: self.distinct(),
            beyond: sketch.total_weight(),
            error: if words.iter().all(|(_, is_known)| *is_known) { 0 } else { sketch.maximum_error() },
            items: words
                .into_iter()
                .map(|((word, tally), is_known)| Item {
                    bytes_known: is_known,
                    ..tally.item(word.into(), rows)
                })
                .collect(),
        }
    }
}

/// The beginning of a text from a log, which may be of any length.
pub(crate) fn cut(word: &str) -> &str {
    let mut end = word.len().min(LONGEST);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    &word[..end]
}

/// The name of a set of services that doesn't depend on the order in which Zeek wrote them.
pub(crate) fn set_name(services: &str) -> String {
    let mut parts: Vec<_> = services.split(',').collect();
    parts.sort_unstable();
    parts.dedup();
    parts.join(",")
}
