//! How much a run may remember, of the memory that the process may take.
//!
//! What grows with the hosts of a network has a capacity: the maps of the state, the groups of odd rows, the rows that wait. With less
//! memory than all of it takes, each gets the same share of its usual room. The share depends on the settings alone, so that a run
//! with the same settings forgets the same.

use oddflow_detector::behaviour::Alarm;
use oddflow_features::behaviour::State;

use super::incident::MOST_WAITING_ROWS;

/// The program itself, its network, and the caches of three connections to the database.
const PROGRAM: u64 = 56 << 20;
/// A thread that reads: text ahead of its turn, the rows made of it, and what is decompressed.
const THREAD: u64 = 12 << 20;
/// The memory of the logs beside conn logs of one sensor, at most: 80 MiB of those that are joined, and 12 MiB of open connections,
/// twice as the state that they are part of; and 24 MiB of rows of several loggers that wait for their turn.
const COMPANIONS: u64 = (80 + 24 + 24) << 20;
/// What traffic comes to between two commits, when there is the most of it, and the channels of hosts.
const TRAFFIC: u64 = 32 << 20;
/// The least share with which anything is recognised.
const LEAST: f64 = 1.0 / 16.0;
/// Groups of odd rows that are kept while nothing is raised; of more the weakest are forgotten, counted.
const MOST_WAITING: usize = 1 << 12;
/// Rows of incidents that wait to be stored.
const MOST_READY: usize = 1 << 14;
/// Bytes of a row that waits, and of what else is known of a group; each is there twice while it is written.
const ROW: u64 = 2 << 10;
const WAITING: u64 = 2 * (4 << 10) + MOST_WAITING_ROWS as u64 * 2 * ROW;

/// How much a run may remember.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// Of the usual room, above 0 and at most 1.
    share: f64,
    /// Most bytes of rows that are written in place of the state.
    pub(super) journal: u64,
}

impl Limits {
    /// The usual room for all, whatever it takes.
    pub(crate) const USUAL: Self = Self { share: 1.0, journal: u64::MAX };

    /// For a process with so many bytes, so many threads that read, and so many states: one a sensor, and two while models are
    /// compared.
    ///
    /// # Errors
    /// The fewest bytes that do.
    pub(crate) fn of(bytes: u64, threads: usize, states: usize, has_companions: bool) -> Result<Self, u64> {
        let states = states.max(1) as u64;
        let beside = if has_companions { COMPANIONS } else { 0 };
        let all = |share: f64| PROGRAM + threads as u64 * THREAD + states * (beside + Self::bytes(share));
        if all(1.0) <= bytes {
            return Ok(Self::USUAL);
        }
        if all(LEAST) > bytes {
            return Err(all(LEAST));
        }
        // What maps take grows with the share, but for the least that each holds.
        let (mut fits, mut is_too_much) = (LEAST, 1.0);
        for _ in 0..20 {
            let share = f64::midpoint(fits, is_too_much);
            if all(share) <= bytes { fits = share } else { is_too_much = share }
        }
        Ok(Self { share: fits, journal: State::bytes_when_full(fits) / 2 })
    }

    /// What one sensor's run takes with all of it full: the state and as much again for the rows in its place, or for its bytes
    /// while it is read; the groups, and their bytes while they are written; the rows that wait; the traffic.
    fn bytes(share: f64) -> u64 {
        let limits = Self { share, journal: 0 };
        let state = State::bytes_when_full(share);
        let groups = Alarm::bytes_when_full(share);
        2 * state
            + state / 4
            + groups
            + groups / 2
            + limits.most_waiting() as u64 * WAITING
            + limits.most_ready() as u64 * ROW
            + (TRAFFIC as f64 * share) as u64
    }

    /// Of the usual room.
    pub(super) fn share(&self) -> f64 {
        self.share
    }

    /// Groups of odd rows that may wait.
    pub(super) fn most_waiting(&self) -> usize {
        ((MOST_WAITING as f64 * self.share) as usize).max(256)
    }

    /// Rows of incidents that may wait to be stored.
    pub(super) fn most_ready(&self) -> usize {
        ((MOST_READY as f64 * self.share) as usize).max(1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_the_usual_and_what_does_not_is_a_share() {
        let of = |mib: u64| Limits::of(mib << 20, 2, 1, false);
        assert_eq!(of(2048), Ok(Limits::USUAL));
        assert_eq!((Limits::USUAL.most_waiting(), Limits::USUAL.most_ready()), (4096, 16_384));
        let small = of(256).expect("it does");
        assert!(small.share > 0.2 && small.share < 0.6, "{small:?}");
        let smaller = of(160).expect("it does");
        assert!(smaller.share < small.share);
        let least = of(64).expect_err("that is too little");
        assert!((80 << 20..160 << 20).contains(&least), "{least}");
        assert!(Limits::of(least, 2, 1, false).is_ok());
        // What docs/service.md says of a sensor.
        let mib = Limits::bytes(1.0) >> 20;
        assert_eq!(mib, 458);
        // Sensors have a state each, and companions theirs.
        assert!(Limits::of(512 << 20, 2, 4, false).is_ok_and(|limits| limits.share < small.share));
        assert!(Limits::of(least, 2, 1, true).is_err());
    }
}
