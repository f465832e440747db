//! The alert budget: which incidents are raised, and when.
//!
//! An incident is raised once, when its running score passes the live threshold: that of the calibration slice, or the score that
//! only as many incidents of the last 24 hours reach as the budget allows, whichever is higher. A day's cap is hard. So that weak
//! incidents don't use it up before a strong one comes, those of low severity get 60% of a day's places, of medium 80%, of high
//! 90%. What finds no place is over budget: kept, not raised, and raised after all if it grows more severe while places are left.
//! Days are UTC's, of the log's own time.
//!
//! A flood is raised whatever the budget says, besides the cap: the hosts that made it known have used that up.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::floods::{Floods, HOUR};
use super::forecast::LIVE;
use super::incidents::{DAY, Group, Key, MOST_FOR_ROWS};
use super::story::Severity;

/// How many incidents a person wants to see a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Incidents a day, above 0.
    pub per_day: f64,
    /// The threshold to start from.
    pub threshold: f32,
}

impl Budget {
    /// How severe an incident of a score is. A budget that lets fewer through has a higher threshold, and so milder names.
    #[must_use]
    pub fn severity(&self, score: f32) -> Severity {
        Severity::of(score, self.whole_threshold())
    }

    /// The threshold that the calibration slice has for it, by which severity goes. The threshold of a day lies lower while the day has room.
    #[must_use]
    pub fn whole_threshold(&self) -> f32 {
        self.threshold / LIVE
    }
}

/// What became of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Raised {
    /// Within the budget.
    Within,
    /// Beyond the day's cap.
    OverBudget,
}

/// What a row means for the incident it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Number of the group.
    pub group: u64,
    /// What its rows have in common: the row's own key, or that of a flood.
    pub key: Key,
    /// Whether the row counts as part of what happened.
    pub is_near: bool,
    /// Whether its group is an incident by now.
    pub raised: Option<Raised>,
    /// Whether it was one before this row.
    pub before: Option<Raised>,
    /// Whether that changed with this row.
    pub is_new: bool,
    /// The group's running score.
    pub score: f32,
}

/// Groups rows and raises incidents. Bounded: groups are forgotten a day after their first row.
#[derive(Clone, Debug)]
pub struct Alarm {
    budget: Budget,
    pub(super) open: HashMap<Key, Open, FixedState>,
    /// Incidents that have passed the threshold to start from, with that time.
    pub(super) candidates: Vec<Candidate>,
    pub(super) next: u64,
    pub(super) day: i64,
    pub(super) raised_today: u64,
    /// Time of the last sweep.
    pub(super) swept: f64,
    /// Latest time seen.
    pub(super) now: f64,
    pub(super) floods: Floods,
    /// Groups that were forgotten as too many were open; counted from the start of the process.
    forgotten: u64,
    /// How many may be open.
    most_open: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) group: Group,
    pub(super) raised: Option<Raised>,
}

/// An incident that counts towards the live threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Candidate {
    pub(super) group: u64,
    pub(super) since: f64,
    pub(super) score: f32,
}

/// Number of a candidate that came before the run: no group has it.
const BEFORE: u64 = 0;
/// Candidates that are remembered; of more the highest.
const MOST_CANDIDATES: usize = 4096;
/// Groups that are open at once, unless there is less room.
const MOST_OPEN: usize = 1 << 18;
/// Bytes of one, with its place and what stands on the heap beside it.
const GROUP: usize = 2 * size_of::<(Key, Open)>();
/// Seconds between two sweeps of closed groups.
const SWEEP: f64 = 3600.0;

impl Alarm {
    /// No incident yet.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            open: HashMap::default(),
            candidates: Vec::new(),
            next: 0,
            day: i64::MIN,
            raised_today: 0,
            swept: f64::NEG_INFINITY,
            now: f64::NEG_INFINITY,
            floods: Floods::default(),
            forgotten: 0,
            most_open: MOST_OPEN,
        }
    }

    /// Takes the incidents of the end of the baseline, each with its time and score, as if they had been of this run: the
    /// first day is measured by the day before.
    #[must_use]
    pub fn after(mut self, recent: &[(f64, f32)]) -> Self {
        let high = recent.iter().filter(|(_, score)| *score > self.budget.threshold);
        self.candidates.extend(high.map(|&(since, score)| Candidate { group: BEFORE, since, score }));
        self
    }

    /// The budget.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The score below which a row can't be part of any incident.
    #[must_use]
    pub fn floor(&self) -> f32 {
        (0.7 * (self.budget.threshold - MOST_FOR_ROWS)).max(0.0)
    }

    /// The same with a share of the usual room, above 0 and at most 1.
    #[must_use]
    pub fn within(mut self, share: f64) -> Self {
        self.most_open = most_open(share);
        self
    }

    /// Bytes of all groups that may be open, about, each with a share of the usual room.
    #[must_use]
    pub fn bytes_when_full(share: f64) -> u64 {
        (most_open(share) * GROUP) as u64
    }

    /// How many groups were forgotten since this was made, as too many were open.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Whether a row that counts belongs to a flood: one that is on, and a host without an incident of its own.
    fn is_of_many(&self, key: &Key, end: f64) -> bool {
        let is_own = |open: &Open| open.raised.is_some() && (end - open.group.first).abs() <= DAY;
        let is_on = |open: &Open| (end - open.group.last).abs() <= HOUR;
        !self.open.get(key).is_some_and(is_own)
            && (self.open.get(&key.of_many()).is_some_and(is_on) || self.floods.are_many(*key, end))
    }

    /// The group of a number, while it is open.
    #[must_use]
    pub fn group(&self, key: &Key) -> Option<&Group> {
        self.open.get(key).map(|open| &open.group)
    }

    /// Takes in a row. `end` is the connection's end, `number` the row's.
    pub fn add(&mut self, number: u64, end: f64, key: Key, score: f32) -> Placement {
        self.now = self.now.max(end);
        // One row from the far future must not stop the days that follow.
        if end < self.now - 2.0 * DAY {
            self.now = end;
            self.swept = self.swept.min(end);
        }
        if self.now - self.swept > SWEEP {
            self.sweep();
        }
        let floor = self.floor();
        let key = if score >= floor && self.is_of_many(&key, end) { key.of_many() } else { key };
        if self.open.len() >= self.most_open && !self.open.contains_key(&key) {
            self.forget();
        }
        let next = &mut self.next;
        let mut make = || {
            *next += 1;
            Open { group: Group::new(*next, key, end), raised: None }
        };
        let open = self.open.entry(key).or_insert_with(&mut make);
        if (end - open.group.first).abs() > DAY {
            *open = make();
        }
        if score < floor {
            // Part of no incident, but it may be what a day begins with.
            open.group.rows += 1;
            open.group.last = open.group.last.max(end);
            return Placement {
                group: open.group.number,
                key,
                is_near: false,
                raised: open.raised,
                before: open.raised,
                is_new: false,
                score: open.group.score(),
            };
        }
        open.group.add(number, end, score);
        let (group, is_near) = (open.group.number, open.group.is_near(score));
        let score = open.group.score();
        if score > self.budget.threshold && is_near {
            let before = open.raised;
            let raised = match before {
                Some(Raised::Within) => before,
                _ if key.is_of_many() => Some(Raised::Within),
                _ => self.try_raise(group, score, end).or(before),
            };
            if self.remember(group, score, end) && !key.is_of_many() {
                self.floods.passed(key, end);
            }
            let is_new = raised != before;
            if is_new && let Some(open) = self.open.get_mut(&key) {
                open.raised = raised;
            }
            return Placement { group, key, is_near, raised, before, is_new, score };
        }
        let raised = open.raised;
        Placement { group, key, is_near, raised, before: raised, is_new: false, score }
    }

    /// Raises an incident if few enough of the last 24 hours score as high.
    fn try_raise(&mut self, group: u64, score: f32, end: f64) -> Option<Raised> {
        let day = (end / DAY).floor() as i64;
        // Rows trail each other over midnight; more than that is a clock that was wrong.
        if day > self.day || day < self.day - 2 {
            self.day = day;
            self.raised_today = 0;
        }
        let higher = self
            .candidates
            .iter()
            .filter(|other| other.group != group && (end - other.since).abs() <= DAY && other.score >= score)
            .count() as f64;
        if higher >= self.budget.per_day {
            return None;
        }
        let used = self.raised_today as f64;
        let share = match self.budget.severity(score) {
            Severity::Low => 0.6,
            Severity::Medium => 0.8,
            Severity::High => 0.9,
            Severity::Critical => 1.0,
        };
        let places = (share * self.budget.per_day).ceil();
        if used < places {
            self.raised_today += 1;
            Some(Raised::Within)
        } else {
            Some(Raised::OverBudget)
        }
    }

    /// Remembers an incident that passed the threshold; whether it was not among them.
    fn remember(&mut self, group: u64, score: f32, end: f64) -> bool {
        if let Some(known) = self.candidates.iter_mut().find(|known| known.group == group) {
            known.score = score;
            return false;
        }
        self.candidates.retain(|known| (end - known.since).abs() <= DAY);
        if self.candidates.len() >= MOST_CANDIDATES
            && let Some(lowest) = (0..self.candidates.len())
                .min_by(|a, b| self.candidates[*a].score.total_cmp(&self.candidates[*b].score))
        {
            self.candidates.swap_remove(lowest);
        }
        self.candidates.push(Candidate { group, since: end, score });
        true
    }

    /// Makes room: forgets groups that no row counts in, and if that isn't enough the weaker half of those that weren't raised.
    fn forget(&mut self) {
        let before = self.open.len();
        self.open.retain(|_, open| open.raised.is_some() || open.group.peak() > 0.0);
        if self.open.len() > self.most_open / 2 {
            let mut scores: Vec<f32> = self.open.values().map(|open| open.group.score()).collect();
            let middle = scores.len() / 2;
            let (_, median, _) = scores.select_nth_unstable_by(middle, f32::total_cmp);
            let median = *median;
            self.open.retain(|_, open| open.raised == Some(Raised::Within) || open.group.score() > median);
        }
        self.forgotten += (before - self.open.len()) as u64;
    }

    /// Forgets groups that take in no more rows.
    fn sweep(&mut self) {
        let now = self.now;
        self.swept = now;
        self.open.retain(|_, open| (now - open.group.first).abs() <= DAY);
        self.candidates.retain(|known| (now - known.since).abs() <= DAY);
    }
}

fn most_open(share: f64) -> usize {
    ((MOST_OPEN as f64 * share) as usize).clamp(1024, MOST_OPEN)
}
