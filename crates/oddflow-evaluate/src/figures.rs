//! The figures that a detector is judged by: by rows, and by what a person gets to see, incidents.
//!
//! Rows that are left out ([`Truth::LeftOut`]) are in no figure; an incident whose top rows are all left out is in none
//! either. The time covered is that from the first end of a row to the last, left out or not.

mod campaigns;
mod curves;
mod ranking;

use serde::Serialize;

use crate::labels::Truth;
pub use ranking::Ranking;

/// Seconds of a day.
pub(crate) const DAY: f64 = 86_400.0;

/// A row of the test log: when it ended, how odd the detector finds it, and what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgedRow {
    /// End of the connection, in seconds since the Unix epoch.
    pub end: f64,
    /// The higher, the odder. NaN counts as lower than everything.
    pub score: f64,
    /// What the labels say.
    pub truth: Truth,
}

/// What a detector would show: rows that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Where it stands among the others: the higher, the earlier it is looked at.
    pub score: f64,
    /// The rows that are shown, the highest first, at most three: places in the slice of rows.
    pub top: Vec<usize>,
    /// When it was raised, in seconds since the Unix epoch of log time; `None` where it never was.
    pub raised: Option<f64>,
}

/// What the incident figures depend on besides rows and incidents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Incidents a day that somebody looks at: by it a campaign counts as found.
    pub budget: f64,
    /// Incidents above it are raised: false ones are counted by it. It comes from normal traffic before the test
    /// ([`threshold_for`]), never from the test itself. Without it there is no count.
    pub threshold: Option<f64>,
}

/// The figures, with the names that they have in JSON. `None` (`null`) is a figure that these rows don't define: there is no
/// attack among them, or nothing but attacks, or no time passes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Chance that a malicious row scores higher than a benign one; equal scores count half.
    pub auroc: Option<f64>,
    /// Average precision: the precision at each score that a malicious row has, weighted by the recall it adds.
    pub auprc: Option<f64>,
    /// Share of malicious rows above all but the highest 1% of the benign ones.
    pub tpr_at_1pct: Option<f64>,
    /// The same for 0.1%.
    pub tpr_at_0_1pct: Option<f64>,
    /// Share of campaigns that show within 10 incidents a day.
    pub found_at_10: Option<f64>,
    /// The same for 50.
    pub found_at_50: Option<f64>,
    /// Incidents a day above the threshold without a malicious row among their top rows.
    pub false_incidents_per_day: Option<f64>,
    /// Each campaign, in the order in which they begin.
    pub campaigns: Vec<CampaignFigures>,
}

/// How one campaign fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CampaignFigures {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// Whether an incident within the budget shows one of its rows.
    pub found: bool,
    /// The place of its best incident among all, from 1; `None` where no incident shows it.
    pub rank: Option<u64>,
    /// Seconds from the end of its first row until an incident that shows it was raised; `None` where none was. It is 0
    /// where that incident had been raised before.
    pub time_to_detection: Option<f64>,
}

impl Figures {
    /// Computes the figures. `rows` are those of the test, in any order; `campaigns` are the names by the numbers in
    /// [`Truth::Malicious`]. Incidents of equal score rank in the order of the slice.
    ///
    /// # Panics
    /// When an incident names a row, or a row a campaign, that isn't there.
    #[must_use]
    pub fn new(rows: &[JudgedRow], incidents: &[Incident], campaigns: &[String], limits: Limits) -> Self {
        let ranking = Ranking::new(rows);
        let days = days_covered(rows.iter().map(|row| row.end));
        let ranked = campaigns::ranked(rows, incidents);
        let campaigns = campaigns::judge(rows, &ranked, campaigns, ranks_within(limits.budget, days));
        let found = |budget| {
            let within = ranks_within(budget, days);
            let found =
                campaigns.iter().filter(|campaign| campaign.rank.is_some_and(|rank| rank <= within)).count();
            (!campaigns.is_empty()).then(|| found as f64 / campaigns.len() as f64)
        };
        let false_incidents = |threshold| {
            let is_false = |incident: &&&Incident| {
                incident.score > threshold
                    && incident.top.iter().all(|&row| rows[row].truth.campaign().is_none())
            };
            ranked.iter().filter(is_false).count() as f64 / days
        };
        Self {
            auroc: ranking.auroc(),
            auprc: ranking.auprc(),
            tpr_at_1pct: ranking.tpr_at(0.01),
            tpr_at_0_1pct: ranking.tpr_at(0.001),
            found_at_10: found(10.0),
            found_at_50: found(50.0),
            false_incidents_per_day: limits.threshold.filter(|_| days > 0.0).map(false_incidents),
            campaigns,
        }
    }
}

/// Days from the earliest to the latest of these times, which are in seconds; 0 for fewer than two.
#[must_use]
pub fn days_covered(ends: impl IntoIterator<Item = f64>) -> f64 {
    let (first, last) =
        ends.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), end| (a.min(end), b.max(end)));
    if first < last { (last - first) / DAY } else { 0.0 }
}

/// How many incidents are looked at: the budget a day, for a day at least, rounded to the nearest (halves to even).
#[must_use]
pub fn ranks_within(budget: f64, days: f64) -> u64 {
    // A negative or undefined product becomes 0.
    (budget * days.max(1.0)).round_ties_even() as u64
}

/// The threshold that lets `budget` incidents a day pass on normal traffic: the score at place floor(budget · days), from 0,
/// of the incidents' scores in descending order, or the lowest where there are fewer. `None` without any incident.
#[must_use]
pub fn threshold_for(budget: f64, days: f64, scores: &[f64]) -> Option<f64> {
    let mut scores: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    let place = (budget * days) as usize;
    scores.get(place.min(scores.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { budget: 1.0, threshold: Some(2.0) };

    fn row(hours: f64, score: f64, truth: Truth) -> JudgedRow {
        JudgedRow { end: 1_600_000_000.0 + hours * 3600.0, score, truth }
    }

    fn incident(score: f64, top: &[usize], raised: Option<f64>) -> Incident {
        Incident { score, top: top.to_vec(), raised: raised.map(|hours| 1_600_000_000.0 + hours * 3600.0) }
    }

    fn example() -> (Vec<JudgedRow>, Vec<Incident>, Vec<String>) {
        let rows = vec![
            row(0.0, 1.0, Truth::Benign),
            row(2.0, 5.0, Truth::Malicious(1)),
            row(4.0, 4.0, Truth::Benign),
            row(1.0, 3.0, Truth::Malicious(0)),
            row(20.0, 9.0, Truth::LeftOut),
            row(36.0, 2.0, Truth::Benign),
        ];
        let incidents = vec![
            incident(3.0, &[3, 0], Some(1.5)),
            incident(9.0, &[4], Some(20.0)),
            incident(6.0, &[2, 5], Some(4.0)),
            incident(5.0, &[1], None),
        ];
        (rows, incidents, vec!["scan".into(), "beacon".into(), "never".into()])
    }

    #[test]
    fn figures_as_json() {
        let (rows, incidents, campaigns) = example();
        let figures = Figures::new(&rows, &incidents, &campaigns, LIMITS);
        insta::assert_snapshot!(serde_json::to_string_pretty(&figures).expect("JSON"));
    }

    #[test]
    fn nothing_is_undefined() {
        let figures = Figures::new(&[], &[], &[], LIMITS);
        insta::assert_snapshot!(
            serde_json::to_string(&figures).expect("JSON"),
            @r#"{"auroc":null,"auprc":null,"tpr_at_1pct":null,"tpr_at_0_1pct":null,"found_at_10":null,"found_at_50":null,"false_incidents_per_day":null,"campaigns":[]}"#
        );
    }

    #[test]
    fn a_clean_test_has_false_incidents_alone() {
        let rows = [row(0.0, 1.0, Truth::Benign), row(12.0, 5.0, Truth::Benign)];
        let incidents = [incident(5.0, &[1], Some(12.0)), incident(1.0, &[0], None)];
        let figures = Figures::new(&rows, &incidents, &[], LIMITS);
        assert_eq!((figures.auroc, figures.found_at_10), (None, None));
        assert_eq!(figures.false_incidents_per_day, Some(2.0));
        let unknown = Limits { threshold: None, ..LIMITS };
        assert_eq!(Figures::new(&rows, &incidents, &[], unknown).false_incidents_per_day, None);
    }

    #[test]
    fn places_within_a_budget() {
        let cases = [
            (10.0, 0.0, 10),
            (10.0, 0.9, 10),
            (10.0, 1.25, 12),
            (10.0, 1.35, 14),
            (50.0, 7.0, 350),
            (0.0, 3.0, 0),
        ];
        for (budget, days, ranks) in cases {
            assert_eq!(ranks_within(budget, days), ranks, "{budget} {days}");
        }
    }

    #[test]
    fn a_threshold_is_an_incident_of_the_calibration() {
        let scores = [1.0, 7.0, 3.0, 5.0];
        assert_eq!(threshold_for(10.0, 0.0, &scores), Some(7.0));
        assert_eq!(threshold_for(10.0, 0.19, &scores), Some(5.0));
        assert_eq!(threshold_for(10.0, 5.0, &scores), Some(1.0));
        assert_eq!(threshold_for(10.0, 5.0, &[]), None);
    }

    /// Share of campaigns among the top rows of the first incidents, straight from the definition: no row is left out.
    fn naive_found(rows: &[JudgedRow], incidents: &[Incident], budget: f64) -> Option<f64> {
        let all: BTreeSet<u32> = rows.iter().filter_map(|row| row.truth.campaign()).collect();
        let days = days_covered(rows.iter().map(|row| row.end));
        // How many incidents come before this one.
        let place = |i: usize| {
            let score = incidents[i].score;
            incidents
                .iter()
                .enumerate()
                .filter(|&(j, it)| it.score > score || (it.score == score && j < i))
                .count()
        };
        let within = ranks_within(budget, days) as usize;
        let seen = (0..incidents.len()).filter(|&i| place(i) < within).flat_map(|i| &incidents[i].top);
        let hit: BTreeSet<u32> = seen.filter_map(|&row| rows[row].truth.campaign()).collect();
        (!all.is_empty()).then(|| hit.len() as f64 / all.len() as f64)
    }

    proptest! {
        #[test]
        fn incident_figures_equal_the_naive_ones(
            of in proptest::collection::vec((0u32..72, prop::option::weighted(0.4, 0u32..5)), 3..40),
            shown in proptest::collection::vec((0u8..9, prop::collection::vec(0usize..1000, 1..=3)), 0..80),
        ) {
            let rows: Vec<_> = of
                .iter()
                .map(|&(hour, campaign)| row(f64::from(hour), 0.0, campaign.map_or(Truth::Benign, Truth::Malicious)))
                .collect();
            let incidents: Vec<_> = shown
                .iter()
                .map(|(score, top)| {
                    let top: Vec<_> = top.iter().map(|place| place % rows.len()).collect();
                    incident(f64::from(*score), &top, Some(f64::from(*score)))
                })
                .collect();
            let names: Vec<_> = (0..5).map(|i| format!("c{i}")).collect();
            let figures = Figures::new(&rows, &incidents, &names, Limits { budget: 10.0, threshold: Some(4.0) });
            prop_assert_eq!(figures.found_at_10, naive_found(&rows, &incidents, 10.0));
            prop_assert_eq!(figures.found_at_50, naive_found(&rows, &incidents, 50.0));
            let within = figures.campaigns.iter().filter(|campaign| campaign.found).count() as f64;
            let share = (!figures.campaigns.is_empty()).then(|| within / figures.campaigns.len() as f64);
            prop_assert_eq!(figures.found_at_10, share);
            let benign = |incident: &&Incident| incident.top.iter().all(|&i| rows[i].truth == Truth::Benign);
            let false_ones = incidents.iter().filter(|it| it.score > 4.0).filter(benign).count() as f64;
            let days = days_covered(rows.iter().map(|row| row.end));
            prop_assert_eq!(figures.false_incidents_per_day, (days > 0.0).then(|| false_ones / days));
            for campaign in &figures.campaigns {
                let number = names.iter().position(|name| *name == campaign.name).map(|i| i as u32);
                let own = |row: &JudgedRow| row.truth.campaign() == number;
                prop_assert_eq!(campaign.rows, rows.iter().filter(|row| own(row)).count() as u64);
                let first = rows.iter().filter(|row| own(row)).map(|row| row.end).fold(f64::INFINITY, f64::min);
                let showing = incidents.iter().filter(|incident| incident.top.iter().any(|&i| own(&rows[i])));
                let raised = showing.filter_map(|incident| incident.raised).reduce(f64::min);
                prop_assert_eq!(campaign.time_to_detection, raised.map(|raised| (raised - first).max(0.0)));
            }
        }
    }
}
