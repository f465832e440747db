//! How much work a question may be: somebody waits for the answer, and others for their turn.
//!
//! Work is counted in steps of SQLite's virtual machine, so that the same question on the same database is always cut at the same place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use rusqlite::{ErrorCode, InterruptHandle};

use crate::error::StoreError;
use crate::incidents::IncidentQuery;
use crate::query::{AlertQuery, Sql};
use crate::store::Store;

/// Steps between two looks at what is left.
const STRIDE: i32 = 10_000;
/// Steps that counting may take: some 30 ms, as most of them look for a row.
const COUNTING: i64 = 150_000;

/// Steps that are left, in strides; no limit where it was never set.
#[derive(Debug, Clone)]
pub(crate) struct Effort {
    left: Arc<AtomicI64>,
    is_ended: Arc<AtomicBool>,
}

/// Ends what a store is at.
pub struct Interrupter {
    handle: InterruptHandle,
    is_ended: Arc<AtomicBool>,
}

impl Interrupter {
    /// Ends it, for good: where effort is limited, whatever is asked after it ends as soon as the limit is looked at.
    pub fn interrupt(&self) {
        self.is_ended.store(true, Ordering::Relaxed);
        self.handle.interrupt();
    }
}

impl std::fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupter").finish_non_exhaustive()
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// So many, or at least so many.
    pub count: u64,
    /// Whether there are no more.
    pub is_exact: bool,
}

impl Effort {
    fn set(&self, steps: i64) {
        self.left.store(steps / i64::from(STRIDE), Ordering::Relaxed);
    }

    fn left(&self) -> i64 {
        self.left.load(Ordering::Relaxed).saturating_mul(STRIDE.into())
    }

    /// Whether nothing is left of it, a stride later.
    fn is_spent(&self) -> bool {
        self.is_ended.load(Ordering::Relaxed) || self.left.fetch_sub(1, Ordering::Relaxed) <= 0
    }
}

impl Default for Effort {
    fn default() -> Self {
        Self { left: Arc::new(AtomicI64::new(i64::MAX)), is_ended: Arc::default() }
    }
}

impl Store {
    /// Lets what is asked from now on take so many steps of SQLite's in all, some ten million a second; what takes more is
    /// [`StoreError::TooMuch`]. `None` for no limit.
    ///
    /// # Errors
    ///
    /// Where SQLite refuses.
    pub fn limit_effort(&self, steps: Option<u64>) -> Result<(), StoreError> {
        let steps = steps.map_or(i64::MAX, |steps| i64::try_from(steps).unwrap_or(i64::MAX));
        self.effort.set(steps);
        let left = self.effort.clone();
        self.connection.progress_handler(STRIDE, Some(move || left.is_spent())).map_err(|e| self.error(e))
    }

    /// What ends a question from another thread: it is [`StoreError::TooMuch`] then. So is what is asked after it, sooner or later,
    /// where effort was ever limited: what consists of many small questions ends too. The store is to be given up then.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        let handle = self.connection.get_interrupt_handle();
        Interrupter { handle, is_ended: Arc::clone(&self.effort.is_ended) }
    }

    /// Whether it was ended from another thread.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.effort.is_ended.load(Ordering::Relaxed)
    }

    /// How many alerts a query has, counted to `most` and no longer than a moment; its limit and its place are left out of account.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn count_up_to(&self, query: &AlertQuery, most: u64) -> Result<Count, StoreError> {
        let sql = query.all(&self.connection).map_err(|e| self.error(e))?;
        self.count_rows(&sql, most)
    }

    /// The same of incidents.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn count_incidents_up_to(&self, query: &IncidentQuery, most: u64) -> Result<Count, StoreError> {
        let whole = IncidentQuery { after: None, ..query.clone() };
        let sql = whole.select("id", &self.connection).map_err(|e| self.error(e))?;
        self.count_rows(&sql, most)
    }

    fn count_rows(&self, sql: &Sql, most: u64) -> Result<Count, StoreError> {
        let before = self.effort.left();
        self.limit_effort(Some(COUNTING.unsigned_abs()))?;
        let mut count = 0;
        let counted = self.step(sql, most, &mut count);
        self.effort.set(before);
        match counted {
            Ok(is_exact) => Ok(Count { count, is_exact }),
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == ErrorCode::OperationInterrupted && !self.is_interrupted() =>
            {
                Ok(Count { count, is_exact: false })
            }
            Err(error) => Err(self.error(error)),
        }
    }

    /// Counts rows, to `most` at most; says whether there are no more.
    fn step(&self, sql: &Sql, most: u64, count: &mut u64) -> rusqlite::Result<bool> {
        let (mut select, values) = sql.prepare(&self.connection)?;
        let mut rows = select.query(values)?;
        while rows.next()?.is_some() {
            if *count == most {
                return Ok(false);
            }
            *count += 1;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_ends_small_questions_too() {
        let store = Store::in_memory().expect("memory");
        store.limit_effort(Some(u64::MAX)).expect("limits");
        store.models().expect("reads");
        store.interrupter().interrupt();
        assert!(store.is_interrupted());
        // None of them takes as many steps as lie between two looks.
        let ended = (0..1_000_000).find_map(|_| store.models().err());
        assert!(matches!(ended, Some(StoreError::TooMuch { .. })), "{ended:?}");
    }
}
