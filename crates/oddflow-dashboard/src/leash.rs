//! Work in a thread that ends when nobody waits for it any more.
//!
//! A thread can't be ended from outside, but what the database is at can: whoever waits has a guard, and dropping it, as a request does that
//! is hung up on, interrupts the work.

use std::sync::{Arc, Mutex};

use oddflow_store::{Interrupter, Store};

use crate::api::problem::Problem;
use crate::readers::locked;

#[derive(Default)]
struct Hold {
    is_loose: bool,
    /// Of the store that is at work.
    interrupter: Option<Interrupter>,
}

/// The side of who works.
pub(crate) struct Leash(Arc<Mutex<Hold>>);

/// The side of who waits; the work ends when this is dropped.
pub(crate) struct Guard(Arc<Mutex<Hold>>);

/// Both sides.
pub(crate) fn leash() -> (Guard, Leash) {
    let hold = Arc::<Mutex<Hold>>::default();
    (Guard(Arc::clone(&hold)), Leash(hold))
}

impl Leash {
    /// Whether nobody waits any more.
    pub(crate) fn is_loose(&self) -> bool {
        locked(&self.0).is_loose
    }

    /// Does something with a store, unless nobody waits for it; the store is interrupted as soon as that is so. Its effort must be limited.
    ///
    /// # Errors
    /// Where nobody waits.
    pub(crate) fn held<T>(&self, store: &Store, work: impl FnOnce() -> T) -> Result<T, Problem> {
        {
            let mut hold = locked(&self.0);
            if hold.is_loose {
                return Err(Problem::busy());
            }
            hold.interrupter = Some(store.interrupter());
        }
        let done = work();
        // From here on the store may be somebody else's.
        locked(&self.0).interrupter = None;
        Ok(done)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut hold = locked(&self.0);
        hold.is_loose = true;
        if let Some(interrupter) = &hold.interrupter {
            interrupter.interrupt();
        }
    }
}
