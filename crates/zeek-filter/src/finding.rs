//! Filters of rows that were found odd: a connection, and what was found of it.

use std::fmt;

use zeek_log::ConnRecord;

use crate::Filter;
use crate::error::FilterError;
use crate::field::Scope;

/// What is known of a row besides its connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finding<'a> {
    /// The names of domains that the connection was about, as the logs beside `conn.log` have them.
    pub domains: &'a [&'a str],
    /// The family of features that its incident is of.
    pub family: Option<&'a str>,
    /// Direction and transport of its incident: `outbound tcp`.
    pub class: Option<&'a str>,
    /// The columns that say why it is odd.
    pub features: &'a [&'a str],
}

impl Finding<'_> {
    /// Nothing.
    pub const NONE: Finding<'static> = Finding { domains: &[], family: None, class: None, features: &[] };
}

/// The words that fields of a finding know, in lower case. Where a list is empty, any word may stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words<'w> {
    /// Of `family`.
    pub families: &'w [&'w str],
    /// Of `class`.
    pub classes: &'w [&'w str],
    /// Of `feature`.
    pub features: &'w [&'w str],
}

/// An expression over the fields of a connection and of what was found of it: `domain == example.com && family == fan`.
///
/// It is a [`Filter`] in all else. Fields of a log that aren't kept of a row, such as `vlan`, are refused: they would read as
/// unset.
#[derive(Clone, PartialEq, Eq)]
pub struct FindingFilter(Filter);

impl FindingFilter {
    /// Reads a filter that uses these words.
    ///
    /// # Errors
    /// The text is no filter, or beyond [`MAX_LENGTH`](crate::MAX_LENGTH) or [`MAX_DEPTH`](crate::MAX_DEPTH), or uses a word
    /// that isn't there.
    pub fn parse(text: &str, words: &Words<'_>) -> Result<Self, FilterError> {
        Filter::parse_in(text, Scope::Finding(words)).map(Self)
    }

    /// Whether a row is one of those that are meant.
    #[must_use]
    pub fn matches(&self, record: &ConnRecord<'_>, finding: &Finding<'_>) -> bool {
        self.0.expression.matches(record, finding)
    }

    /// What the filter does not match.
    ///
    /// # Errors
    /// It would be beyond [`MAX_LENGTH`](crate::MAX_LENGTH) or [`MAX_DEPTH`](crate::MAX_DEPTH).
    pub fn negated(self) -> Result<Self, FilterError> {
        self.0.negated().map(Self)
    }
}

impl fmt::Display for FindingFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for FindingFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FindingFilter({self})")
    }
}
