//! Several filters, of which any may match.

use serde::{Deserialize, Serialize};
use zeek_log::ConnRecord;

use crate::Filter;

/// Filters in the order in which they were given. They match what any of them matches; none matches nothing.
///
/// As data (serde), a list of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filters(Vec<Filter>);

impl Filters {
    /// Whether any of them matches.
    #[must_use]
    pub fn matches(&self, record: &ConnRecord<'_>) -> bool {
        self.first_match(record).is_some()
    }

    /// The place of the first one that matches, from 0: for counting what each one does.
    #[must_use]
    pub fn first_match(&self, record: &ConnRecord<'_>) -> Option<usize> {
        self.0.iter().position(|filter| filter.matches(record))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The filters in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Filter> {
        self.0.iter()
    }
}

impl From<Vec<Filter>> for Filters {
    fn from(filters: Vec<Filter>) -> Self {
        Self(filters)
    }
}

impl FromIterator<Filter> for Filters {
    fn from_iter<I: IntoIterator<Item = Filter>>(filters: I) -> Self {
        Self(filters.into_iter().collect())
    }
}

impl Extend<Filter> for Filters {
    fn extend<I: IntoIterator<Item = Filter>>(&mut self, filters: I) {
        self.0.extend(filters);
    }
}

impl<'a> IntoIterator for &'a Filters {
    type Item = &'a Filter;
    type IntoIter = std::slice::Iter<'a, Filter>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
