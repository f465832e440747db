//! Which rows of a log are attacks, as a table says it: one line a connection, joined by Zeek's `uid`.
//!
//! The table is text with tabs, plain or gzip. Its first line names the columns; only these are looked at:
//!
//! | column | meaning |
//! | --- | --- |
//! | `uid` | the connection |
//! | `label` | `benign` or `malicious`, in any case; anything else leaves the row out |
//! | `type`, else `attack_type` | what kind of attack. Where there is no `label`, every listed row is malicious but those of type `benign`, and rows that aren't listed are benign |
//! | `campaign` | the attack that the row is part of. Where it is missing or `-`, the campaign is the type with the originator: `scan@10.0.0.7` |
//! | `ts` | start of the connection in seconds since the Unix epoch; it tells connections of the same uid apart |
//!
//! A table with `label` says something of the rows it lists alone: others are left out, and counted. Lines that begin with
//! `#` are comments, save Zeek's `#fields`, which names the columns too.

mod error;
mod join;
mod table;

pub use error::LabelsError;
pub use join::{Join, JoinReport, Truth};

use std::path::Path;

/// A table of labels, in memory: about 60 bytes a line and its uid.
#[derive(Clone, Debug)]
pub struct Labels {
    /// Sorted by uid, then by their place in the file.
    lines: Vec<Line>,
    /// Names of campaigns and of kinds of attack.
    names: Vec<String>,
    /// Rows that the table doesn't list are benign.
    others_are_benign: bool,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    uid: Box<str>,
    /// Start of the connection, where the table says it.
    ts: Option<f64>,
    verdict: Verdict,
}

/// What a line says about its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Benign,
    /// Of this campaign, by its place in the names.
    Campaign(u32),
    /// Of this kind of attack; the originator makes it a campaign.
    Kind(u32),
    /// Labelled, but neither benign nor malicious.
    Neither,
}

impl Labels {
    /// Reads a table. Gzip is known by its first bytes, not by its name.
    ///
    /// # Errors
    /// When the file can't be read, is empty, lacks a column that it needs, or has a line without its cells.
    pub fn read(path: &Path) -> Result<Self, LabelsError> {
        table::read(path)
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no line at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
