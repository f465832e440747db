//! Small vocabularies: protocols, services, connection states.
//!
//! Invariant: at most [`Vocabulary::LIMIT`] words are told apart, and a word is cut to [`LONGEST`] bytes; rows with others are
//! counted together.

use zeek_log::ConnRecord;

use crate::connection::Connection;
use crate::statistics::Ranking;
use crate::table::Table;
use crate::tally::{Tally, rank};

/// Longest word in bytes; services are sets of a few short names.
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

/// All words.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    words: Table<Box<str>, Word>,
    beyond: Tally,
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
                self.beyond.add(part.tally);
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
        self.beyond.rows == 0
    }

    /// The most frequent words.
    pub(crate) fn rank(&self, limit: usize) -> Ranking {
        let words = self.words().iter().map(|(word, seen)| (&**word, seen.tally));
        let mut ranking = rank(words, limit, |word| (*word).into());
        ranking.rows += self.beyond.rows;
        ranking.beyond = self.beyond.rows;
        for item in &mut ranking.items {
            item.share = crate::tally::share(item.rows, ranking.rows);
        }
        ranking
    }
}

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
