//! What delivery needs of the place where notices wait. The binary implements it over the store.

use jiff::Timestamp;

/// A notice that waits for a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; a later entry of the same sink has a higher one.
    pub id: i64,
    /// [`Notice::to_json`](crate::Notice::to_json) of it.
    pub notice: String,
    /// Attempts that failed so far.
    pub attempts: u32,
    /// Not before then; `None` where it was never tried.
    pub next_try: Option<Timestamp>,
}

/// Notices that wait, a queue a sink.
///
/// What is marked must be on the disk when the call returns. Marking what is marked already is no error: it happens when a
/// call failed after half of its work.
pub trait Outbox {
    /// Why it can't be read or written.
    type Error;

    /// The oldest entries of a sink that are neither delivered nor dead, in the order of their numbers, at most `limit`; whether they are due or
    /// not, so that none overtakes another.
    ///
    /// # Errors
    /// Where it can't be read.
    fn waiting(&mut self, sink: &str, limit: usize) -> Result<Vec<Entry>, Self::Error>;

    /// How many entries of a sink are neither delivered nor dead.
    ///
    /// # Errors
    /// Where it can't be read.
    fn depth(&mut self, sink: &str) -> Result<u64, Self::Error>;

    /// These arrived: they are never handed out again.
    ///
    /// # Errors
    /// Where it can't be written.
    fn delivered(&mut self, sink: &str, ids: &[i64]) -> Result<(), Self::Error>;

    /// This one failed for the `attempts`-th time, and is tried again then.
    ///
    /// # Errors
    /// Where it can't be written.
    fn failed(
        &mut self,
        sink: &str,
        id: i64,
        attempts: u32,
        error: &str,
        next_try: Timestamp,
    ) -> Result<(), Self::Error>;

    /// This one is given up: it is kept and counted, and never handed out again.
    ///
    /// # Errors
    /// Where it can't be written.
    fn dead(&mut self, sink: &str, id: i64, error: &str) -> Result<(), Self::Error>;
}
