//! What could not be read, counted by kind, with the first of each kind in full.

use std::fmt;

/// Why a row, or the rest of a file, could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Fewer cells than the header has columns.
    CutRow,
    /// More cells than the header has columns.
    ExtraCells,
    /// A row before any header.
    NoHeader,
    /// A column that every row needs is not in the header.
    MissingColumn,
    /// A value that every row needs is unset.
    MissingValue,
    /// A time that is neither epoch seconds, epoch milliseconds nor ISO 8601.
    BadTime,
    /// An address that is neither IPv4 nor IPv6.
    BadAddress,
    /// A number that isn't one, or is out of its range.
    BadNumber,
    /// A truth value other than `T` and `F` (`true` and `false` in JSON).
    BadBool,
    /// A line that is not one whole JSON object.
    BadJson,
    /// A line that is not UTF-8.
    BadUtf8,
    /// A line over the limit on length.
    OverlongLine,
    /// A last line without an end, left for the next run as it may still be being written.
    UnfinishedLine,
    /// Compressed data that ends early: cut, or still being written.
    TruncatedFile,
    /// Compressed data that is damaged.
    CorruptFile,
    /// A file over the limit on its size when decompressed.
    TooLarge,
    /// A file that could not be read to its end: an error of the disk or the network.
    Io,
}

impl ProblemKind {
    /// All kinds, in the order in which they are reported.
    pub const ALL: [Self; 17] = [
        Self::CutRow,
        Self::ExtraCells,
        Self::NoHeader,
        Self::MissingColumn,
        Self::MissingValue,
        Self::BadTime,
        Self::BadAddress,
        Self::BadNumber,
        Self::BadBool,
        Self::BadJson,
        Self::BadUtf8,
        Self::OverlongLine,
        Self::UnfinishedLine,
        Self::TruncatedFile,
        Self::CorruptFile,
        Self::TooLarge,
        Self::Io,
    ];

    /// The stable name, as in reports and in the store: `cut row`, `bad time`, ...
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CutRow => "cut row",
            Self::ExtraCells => "extra cells",
            Self::NoHeader => "no header",
            Self::MissingColumn => "missing column",
            Self::MissingValue => "missing value",
            Self::BadTime => "bad time",
            Self::BadAddress => "bad address",
            Self::BadNumber => "bad number",
            Self::BadBool => "bad bool",
            Self::BadJson => "bad JSON",
            Self::BadUtf8 => "bad UTF-8",
            Self::OverlongLine => "over-long line",
            Self::UnfinishedLine => "unfinished last line",
            Self::TruncatedFile => "truncated file",
            Self::CorruptFile => "corrupt file",
            Self::TooLarge => "file over the size limit",
            Self::Io => "read error",
        }
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How often one kind occurred, and the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The kind.
    pub kind: ProblemKind,
    /// How often it occurred.
    pub count: u64,
    /// The line of the first, from 1, in the uncompressed log.
    pub line: u64,
    /// What was wrong with the first: the column and the value, shortened.
    pub detail: String,
}

/// The problems of one log or of a part of it, at most one entry a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    entries: Vec<Problem>,
}

impl Problems {
    /// Counts one; `detail` is asked for only where it is the first of its kind.
    pub fn add(&mut self, kind: ProblemKind, line: u64, detail: impl FnOnce() -> String) {
        match self.entries.iter_mut().find(|entry| entry.kind == kind) {
            Some(entry) => entry.count += 1,
            None => self.entries.push(Problem { kind, count: 1, line, detail: detail() }),
        }
    }

    /// Adds the problems of a later part of the same log.
    pub fn merge(&mut self, later: &Self) {
        for problem in &later.entries {
            match self.entries.iter_mut().find(|entry| entry.kind == problem.kind) {
                Some(entry) => entry.count += problem.count,
                None => self.entries.push(problem.clone()),
            }
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many there are of all kinds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.entries.iter().map(|entry| entry.count).sum()
    }

    /// How many there are of one kind.
    #[must_use]
    pub fn count(&self, kind: ProblemKind) -> u64 {
        self.entries.iter().find(|entry| entry.kind == kind).map_or(0, |entry| entry.count)
    }

    /// The entries, in the order of [`ProblemKind::ALL`].
    #[must_use]
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.kind);
        entries
    }
}

/// A value cut to a length that fits a message, with control characters made visible.
pub(crate) fn excerpt(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = value.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if value.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_kind_and_keeps_the_first() {
        let mut problems = Problems::default();
        problems.add(ProblemKind::BadTime, 7, || "first".into());
        problems.add(ProblemKind::BadTime, 9, || unreachable!("only the first is described"));
        let mut later = Problems::default();
        later.add(ProblemKind::CutRow, 11, || "cut".into());
        later.add(ProblemKind::BadTime, 12, || "later".into());
        problems.merge(&later);
        assert_eq!(problems.total(), 4);
        let sorted = problems.sorted();
        assert_eq!((sorted[0].kind, sorted[0].count, sorted[0].line), (ProblemKind::CutRow, 1, 11));
        assert_eq!((sorted[1].count, sorted[1].line, sorted[1].detail.as_str()), (3, 7, "first"));
    }

    #[test]
    fn all_lists_every_kind_in_order() {
        assert!(ProblemKind::ALL.is_sorted());
    }

    #[test]
    fn excerpt_is_short_and_visible() {
        assert_eq!(excerpt("a\tb"), "a\\tb");
        assert!(excerpt(&"x".repeat(1000)).chars().count() <= 61);
    }
}
