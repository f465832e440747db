//! A barrier for threads that meet every hundred microseconds: it spins for a moment, then sleeps.
//!
//! `std::sync::Barrier` always sleeps, which costs more than the work between two meetings. And it never lets go when a
//! thread has panicked; this one does.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::{hint, thread};

/// Looks at the others before going to sleep: some ten microseconds, as long as a sleep and a wake-up cost.
const SPINS: usize = 1 << 10;

pub(crate) struct Barrier {
    threads: usize,
    spins: usize,
    arrived: AtomicUsize,
    /// Meetings so far.
    meetings: AtomicUsize,
    broken: AtomicBool,
    lock: Mutex<()>,
    wake: Condvar,
}

/// A thread has left for good: no meeting will come about.
#[derive(Debug)]
pub(crate) struct Broken;

impl Barrier {
    pub(crate) fn new(threads: usize) -> Barrier {
        // With fewer processors than threads, spinning keeps the others from arriving.
        let processors = thread::available_parallelism().map_or(1, usize::from);
        Barrier {
            threads,
            spins: if processors < threads { 0 } else { SPINS },
            arrived: AtomicUsize::new(0),
            meetings: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        }
    }

    /// Returns when every thread has called it. What was written before is seen by all after.
    pub(crate) fn wait(&self) -> Result<(), Broken> {
        let meeting = self.meetings.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.meetings.store(meeting.wrapping_add(1), Ordering::Release);
            self.wake_all();
        } else {
            let here = || self.meetings.load(Ordering::Acquire) == meeting && !self.is_broken();
            let mut spins = self.spins;
            while spins > 0 && here() {
                hint::spin_loop();
                spins -= 1;
            }
            if here() {
                let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
                while here() {
                    guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        if self.is_broken() { Err(Broken) } else { Ok(()) }
    }

    /// Lets every thread go, now and later.
    pub(crate) fn break_up(&self) {
        self.broken.store(true, Ordering::Release);
        self.wake_all();
    }

    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    fn wake_all(&self) {
        // Taking the lock makes sure that no thread is between its last look and its sleep.
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.wake.notify_all();
    }
}

/// Breaks the barrier up if its thread panics, so that the others don't wait for ever.
pub(crate) struct BreakOnPanic<'a>(pub(crate) &'a Barrier);

impl Drop for BreakOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.break_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_passes_before_all_have_come() {
        for spins in [0, SPINS] {
            let barrier = Barrier { spins, ..Barrier::new(3) };
            let count = AtomicUsize::new(0);
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        for round in 1..=500 {
                            count.fetch_add(1, Ordering::Relaxed);
                            barrier.wait().unwrap();
                            assert_eq!(count.load(Ordering::Relaxed), 3 * round);
                            barrier.wait().unwrap();
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_panic_lets_the_others_go() {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| barrier.wait().is_err());
            let panicking = scope.spawn(|| {
                let _guard = BreakOnPanic(&barrier);
                panic!("on purpose");
            });
            assert!(panicking.join().is_err());
            assert!(waiting.join().unwrap());
        });
    }
}
