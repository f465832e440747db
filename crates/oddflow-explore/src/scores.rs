//! The scores of rows, gathered one by one.
//!
//! Memory is bounded: [`ScoreExploration`] tells at most [`Vocabulary::LIMIT`](crate::vocabulary::Vocabulary::LIMIT) sets of
//! services apart, and keeps counts of scores, not scores.

use std::cmp::Reverse;

use jiff::tz::TimeZone;

use crate::bins::{Bins, FewBins, RELATIVE_ERROR};
use crate::columns::NumericColumn;
use crate::statistics::{ScoreGroup, Scores};
use crate::table::Table;
use crate::tally::{keep_first, share};
use crate::timeline::{Clock, quarter};
use crate::vocabulary::{Vocabulary, cut, set_name};

/// Sets of services that are told.
const SERVICES: usize = 50;
/// The quantiles of a group.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

const SCORE: NumericColumn = NumericColumn { name: "score", unit: "", whole: false };

/// The scores of one group.
#[derive(Clone, Debug, Default)]
struct Group {
    scores: FewBins,
    rows: u64,
    above: u64,
}

/// Gathers scores, in any order: what comes of them doesn't depend on it.
#[derive(Clone, Debug)]
pub struct ScoreExploration {
    threshold: Option<f64>,
    clock: Clock,
    all: Group,
    services: Table<Box<str>, Group>,
    other_services: u64,
    hours: Vec<Group>,
    /// The quarter that was asked for last, and its hour.
    hour: Option<(i32, usize)>,
}

impl Group {
    fn add(&mut self, score: f64, is_above: bool) {
        self.scores.add(score);
        self.rows += 1;
        self.above += u64::from(is_above);
    }

    fn told(&self, name: String) -> ScoreGroup {
        let bins = self.scores.bins();
        let quantile = |q| bins.quantile(q, &SCORE).unwrap_or_default();
        ScoreGroup {
            name,
            rows: self.rows,
            above: self.above,
            quantiles: (self.rows > 0).then(|| QUANTILES.map(quantile)),
            max: bins.range().map(|(_, max)| max),
        }
    }
}

impl ScoreExploration {
    /// No scores yet. Hours are those of `zone`; a score of `threshold` or more is one to be told.
    #[must_use]
    pub fn new(zone: &TimeZone, threshold: Option<f64>) -> Self {
        Self {
            threshold,
            clock: Clock::new(zone.clone()),
            all: Group::default(),
            services: Table::default(),
            other_services: 0,
            hours: vec![Group::default(); 24],
            hour: None,
        }
    }

    /// Takes the score of a row that began at `ts`. What is negative or no number counts as zero.
    pub fn add(&mut self, ts: f64, service: Option<&str>, score: f64) {
        let score = score.max(0.0);
        let is_above = self.threshold.is_some_and(|threshold| score >= threshold);
        self.all.add(score, is_above);
        if let Some(hour) = self.hour_of(ts) {
            self.hours[hour].add(score, is_above);
        }
        let service = service.filter(|service| !service.is_empty()).unwrap_or("-");
        let group = if service.contains(',') { self.place(&set_name(service)) } else { self.place(service) };
        match group {
            Some(place) => self.services.value(place).add(score, is_above),
            None => self.other_services += 1,
        }
    }

    fn place(&mut self, service: &str) -> Option<usize> {
        let service = cut(service);
        let known = self.services.find(service);
        known.or_else(|| {
            (self.services.len() < Vocabulary::LIMIT).then(|| self.services.place(service.into()))
        })
    }

    /// The hour of the day; `None` of a time that no log has.
    fn hour_of(&mut self, ts: f64) -> Option<usize> {
        let quarter = quarter(ts)?;
        match self.hour {
            Some((known, hour)) if known == quarter => Some(hour),
            _ => {
                let hour = self.clock.at_quarter(quarter).hour;
                self.hour = Some((quarter, hour));
                Some(hour)
            }
        }
    }

    /// All that is known of the scores; what is known of the model and of the highest rows is the caller's to add.
    #[must_use]
    pub fn finish(self) -> Scores {
        let bins: Bins = self.all.scores.bins();
        let mut services = self.services.into_entries();
        let rows: u64 = services.iter().map(|(_, group)| group.rows).sum();
        keep_first(&mut services, SERVICES, |(name, group)| (Reverse(group.rows), name.clone()));
        let told: u64 = services.iter().map(|(_, group)| group.rows).sum();
        let hours = self.hours.iter().enumerate();
        Scores {
            rows: self.all.rows,
            threshold: self.threshold,
            above: self.all.above,
            above_share: share(self.all.above, self.all.rows),
            min: bins.range().map(|(min, _)| min),
            max: bins.range().map(|(_, max)| max),
            quantiles: bins.quantiles(&SCORE),
            relative_error: RELATIVE_ERROR,
            linear: bins.linear(&SCORE),
            log: bins.log(&SCORE),
            zeros: bins.zeros(),
            by_service: services.iter().map(|(name, group)| group.told(name.to_string())).collect(),
            other_services: self.other_services + rows - told,
            by_hour: hours.map(|(hour, group)| group.told(format!("{hour:02}"))).collect(),
            ..Scores::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_told_apart_and_none_is_lost() {
        let zone = TimeZone::get("America/Los_Angeles").expect("the zone is bundled");
        let mut scores = ScoreExploration::new(&zone, Some(2.0));
        // 2024-03-10 08:30 UTC is half past midnight there, eleven hours before summer time would make it another.
        let ts = 1_710_059_400.0;
        for i in 0..100 {
            scores.add(ts, Some("ssl,http"), f64::from(i) / 10.0);
            scores.add(ts + 3600.0, Some("http,ssl"), 1.0);
            scores.add(ts, None, 0.0);
        }
        let told = scores.finish();
        assert_eq!((told.rows, told.above, told.zeros), (300, 80, 101));
        assert_eq!((told.min, told.max), (Some(0.0), Some(9.9)));
        let names: Vec<_> =
            told.by_service.iter().map(|group| (group.name.as_str(), group.rows, group.above)).collect();
        assert_eq!(names, [("http,ssl", 200, 80), ("-", 100, 0)]);
        let hours: Vec<_> = told.by_hour.iter().filter(|group| group.rows > 0).collect();
        assert_eq!(
            hours.iter().map(|group| (group.name.as_str(), group.rows)).collect::<Vec<_>>(),
            [("00", 200), ("01", 100)]
        );
        let [_, _, median, ..] = told.by_service[0].quantiles.expect("there are rows");
        assert!((median - 1.0).abs() <= RELATIVE_ERROR, "{median}");
        assert_eq!(told.by_hour[5].quantiles, None);
    }

    #[test]
    fn services_beyond_the_limit_are_counted() {
        let mut scores = ScoreExploration::new(&TimeZone::UTC, None);
        for i in 0..Vocabulary::LIMIT + 10 {
            scores.add(0.0, Some(&format!("service-{i}")), 1.0);
        }
        let told = scores.finish();
        assert_eq!(told.by_service.len(), SERVICES);
        assert_eq!(told.other_services, (Vocabulary::LIMIT + 10 - SERVICES) as u64);
        assert_eq!(told.above, 0);
    }
}
