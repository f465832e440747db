//! Rows and connections find each other by uid, whichever comes first: features wait for their connection, and connections that
//! came are remembered for a while.

use std::collections::HashMap;

use super::features::CompanionFeatures;
use super::health::Health;
use super::kind::Kind;
use crate::behaviour::hash::BuildKeyed;
use crate::behaviour::portable::{BadState, Out, Portable};

/// Seconds by which the last row of a connection may be older than its end: a row is written when it is known, the connection when
/// it ends, and those that last for hours are worth it.
const WAIT: f64 = 86_400.0;
/// Seconds between two looks for rows that have waited too long. They stay for as long again: whether a row finds its connection
/// depends on the times of both, not on how long the row has been here.
const LOOK: f64 = WAIT / 24.0;
/// Most connections whose rows wait.
const WAITING: usize = 1 << 15;
/// The part of them that goes when there are more.
const BATCH: usize = 16;

const KINDS: usize = Kind::ALL.len();

/// Features that wait for their connection, by uid.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    uids: HashMap<u64, Wait, BuildKeyed>,
    /// Counts what is done, to tell what came last.
    turn: u64,
    /// When to look next for what has waited too long.
    look: f64,
}

#[derive(Clone, Debug)]
struct Wait {
    features: CompanionFeatures,
    rows: [u32; KINDS],
    /// The latest time of a row.
    since: f64,
    /// When the last row came.
    turn: u64,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { uids: HashMap::default(), turn: 0, look: f64::NEG_INFINITY }
    }

    /// Adds a row's features to those that wait for a connection.
    pub(super) fn add(
        &mut self,
        uid: u64,
        kind: Kind,
        ts: f64,
        features: &CompanionFeatures,
        health: &mut Health,
    ) {
        if self.uids.len() >= WAITING && !self.uids.contains_key(&uid) {
            self.evict(health);
        }
        self.turn += 1;
        let wait = self.uids.entry(uid).or_insert_with(|| Wait {
            features: CompanionFeatures::default(),
            rows: [0; KINDS],
            since: ts,
            turn: 0,
        });
        wait.features.merge(features);
        wait.rows[kind as usize] = wait.rows[kind as usize].saturating_add(1);
        (wait.since, wait.turn) = (wait.since.max(ts), self.turn);
    }

    /// Whether features wait for this connection.
    #[inline]
    pub(super) fn has(&self, uid: u64) -> bool {
        self.uids.contains_key(&uid)
    }

    /// The features that have waited for a connection with this end.
    #[inline]
    pub(super) fn take(&mut self, uid: u64, end: f64, health: &mut Health) -> Option<CompanionFeatures> {
        let wait = self.uids.remove(&uid)?;
        let is_too_old = end - wait.since > WAIT;
        wait.count(health, |kind| if is_too_old { &mut kind.expired } else { &mut kind.joined });
        (!is_too_old).then_some(wait.features)
    }

    /// Lets time go on.
    #[inline]
    pub(super) fn advance(&mut self, now: f64, health: &mut Health) {
        if now >= self.look {
            self.expire(now, health);
        }
    }

    #[cold]
    fn expire(&mut self, now: f64, health: &mut Health) {
        self.look = now + LOOK;
        self.uids.retain(|_, wait| {
            let stays = now - wait.since <= WAIT + LOOK;
            if !stays {
                wait.count(health, |kind| &mut kind.expired);
            }
            stays
        });
    }

    #[cold]
    fn evict(&mut self, health: &mut Health) {
        let mut turns: Vec<u64> = self.uids.values().map(|wait| wait.turn).collect();
        let (_, &mut newest_to_go, _) = turns.select_nth_unstable(WAITING / BATCH - 1);
        self.uids.retain(|_, wait| {
            let stays = wait.turn > newest_to_go;
            if !stays {
                wait.count(health, |kind| &mut kind.evicted);
            }
            stays
        });
    }

    pub(super) fn len(&self) -> usize {
        self.uids.len()
    }
}

impl Wait {
    fn count(&self, health: &mut Health, field: impl Fn(&mut super::KindHealth) -> &mut u64) {
        for (kind, rows) in health.kinds.iter_mut().zip(self.rows) {
            *field(kind) += u64::from(rows);
        }
    }
}

impl Portable for Waiting {
    fn write(&self, out: &mut impl Out) {
        self.turn.write(out);
        self.look.write(out);
        (self.uids.len() as u64).write(out);
        let mut uids: Vec<_> = self.uids.iter().collect();
        uids.sort_unstable_by_key(|(uid, _)| **uid);
        for (uid, wait) in uids {
            uid.write(out);
            wait.features.write(out);
            wait.rows.write(out);
            wait.since.write(out);
            wait.turn.write(out);
        }
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        let mut waiting = Self { uids: HashMap::default(), turn: u64::read(from)?, look: f64::read(from)? };
        let length = u64::read(from)?;
        if length > WAITING as u64 {
            return Err(BadState::Damaged);
        }
        for _ in 0..length {
            let uid = u64::read(from)?;
            let wait = Wait {
                features: Portable::read(from)?,
                rows: Portable::read(from)?,
                since: f64::read(from)?,
                turn: u64::read(from)?,
            };
            waiting.uids.insert(uid, wait);
        }
        if waiting.uids.len() as u64 == length { Ok(waiting) } else { Err(BadState::Damaged) }
    }
}

/// Connections that came, so that a late row is known for one. About the last 100,000: sets of eight uids, a set found by hash,
/// the oldest of a set leaving first. One set is one line of the processor's cache.
#[derive(Clone, Debug)]
pub(super) struct Recent(Vec<[u64; WAYS]>);

const WAYS: usize = 8;
const SETS: usize = 1 << 14;

impl Recent {
    pub(super) fn new() -> Self {
        Self(vec![[0; WAYS]; SETS])
    }

    /// Remembers a connection. 0 is no uid.
    #[inline]
    pub(super) fn add(&mut self, uid: u64) {
        let set = &mut self.0[uid as usize % SETS];
        set.copy_within(..WAYS - 1, 1);
        set[0] = uid;
    }

    /// Whether a connection came lately.
    #[inline]
    pub(super) fn has(&self, uid: u64) -> bool {
        self.0[uid as usize % SETS].contains(&uid)
    }
}

impl Portable for Recent {
    fn write(&self, out: &mut impl Out) {
        for set in &self.0 {
            let used = set.iter().position(|uid| *uid == 0).unwrap_or(WAYS);
            (used as u32).write(out);
            set[..used].iter().for_each(|uid| uid.write(out));
        }
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        let mut recent = Self::new();
        for set in &mut recent.0 {
            let used = u32::read(from)? as usize;
            for uid in set.get_mut(..used).ok_or(BadState::Damaged)? {
                *uid = u64::read(from)?;
            }
        }
        Ok(recent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::at;
    use super::*;
    use crate::behaviour::hash::mix;

    fn features(value: f32) -> CompanionFeatures {
        let mut features = CompanionFeatures::default();
        features.values[at::SSH_FAILURES] = value;
        features
    }

    #[test]
    fn what_waits_too_long_goes_and_is_counted() {
        let (mut waiting, mut health) = (Waiting::new(), Health::default());
        waiting.advance(0.0, &mut health);
        waiting.add(1, Kind::Dns, 0.0, &features(1.0), &mut health);
        waiting.add(2, Kind::Dns, 0.0, &features(1.0), &mut health);
        waiting.add(2, Kind::Http, WAIT / 2.0, &features(3.0), &mut health);
        waiting.advance(WAIT + 2.0 * LOOK, &mut health);
        assert!(!waiting.has(1) && waiting.has(2));
        assert_eq!((health.of(Kind::Dns).expired, health.of(Kind::Http).expired), (1, 0));
        assert_eq!(waiting.take(2, WAIT, &mut health), Some(features(3.0)));
        assert_eq!((health.of(Kind::Dns).joined, health.of(Kind::Http).joined), (1, 1));
        assert_eq!(waiting.take(2, WAIT, &mut health), None);
        // What is there and too old for its connection is not joined either.
        waiting.add(3, Kind::Dns, 0.0, &features(1.0), &mut health);
        assert_eq!(waiting.take(3, WAIT + 1.0, &mut health), None);
        assert_eq!(health.of(Kind::Dns).expired, 2);
    }

    #[test]
    fn what_waits_longest_gives_way() {
        let (mut waiting, mut health) = (Waiting::new(), Health::default());
        for uid in 1..=WAITING as u64 + 1 {
            waiting.add(mix(uid), Kind::Ssl, 0.0, &features(1.0), &mut health);
        }
        let gone = WAITING / BATCH;
        assert_eq!(waiting.len(), WAITING + 1 - gone);
        assert_eq!(health.of(Kind::Ssl).evicted, gone as u64);
        assert!(!waiting.has(mix(1)) && !waiting.has(mix(gone as u64)) && waiting.has(mix(gone as u64 + 1)));
    }

    #[test]
    fn recent_connections_are_remembered() {
        let mut recent = Recent::new();
        for uid in 1..=60_000 {
            recent.add(mix(uid));
        }
        let remembered = (1..=60_000).filter(|uid| recent.has(mix(*uid))).count();
        assert!(remembered > 58_000, "{remembered}");
        assert!((1..=1000).all(|uid| recent.has(mix(60_001 - uid))));
        assert!(!recent.has(mix(60_001)));
        let mut bytes = Vec::new();
        recent.write(&mut bytes);
        assert_eq!(Recent::read(&mut bytes.as_slice()).unwrap().0, recent.0);
    }
}
