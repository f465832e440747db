//! Lists, a page at a time.

use oddflow_store::Count;
use serde::Serialize;
use utoipa::ToSchema;

/// Some items of a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Page<T: ToSchema> {
    /// The items, in order.
    pub(crate) items: Vec<T>,
    /// Give it as `cursor` for the items that follow; unset behind the last ones.
    pub(crate) next: Option<String>,
    /// How many there are in all.
    pub(crate) total: Total,
}

/// How many items a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Total {
    /// So many, or at least so many.
    pub(crate) count: u64,
    /// Whether there are no more: counting ends at 1,000 alerts, and at 10,000 of all else.
    pub(crate) is_exact: bool,
}

impl<T: ToSchema> Page<T> {
    /// Of one item more than fits the page, where there are more; `place` is the cursor of the last that fits.
    pub(crate) fn of(mut items: Vec<T>, limit: u64, total: Count, place: impl Fn(&T) -> String) -> Self {
        let fits = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > fits;
        items.truncate(fits);
        let next = items.last().filter(|_| has_more).map(place);
        Self { items, next, total: Total { count: total.count, is_exact: total.is_exact } }
    }

    /// A list that is given whole.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        let total = Total { count: items.len() as u64, is_exact: true };
        Self { items, next: None, total }
    }
}
