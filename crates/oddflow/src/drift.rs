//! The last days' drift in a few words, where somebody looks at a model or at the service. All of it is told by `oddflow drift`.

use std::collections::BTreeMap;

use oddflow_detector::behaviour::{DriftDay, Verdict};
use oddflow_store::{DriftQuery, Store, StoreError, StoredDrift};
use serde_json::{Value, json};

use crate::text::{counted, date};

/// Days that are told of.
const DAYS: u32 = 7;

/// The last days of a model that were compared with its baseline, the earliest first; of one day by sensor.
pub(crate) fn lately(store: &Store, model: &str) -> Result<Vec<StoredDrift>, StoreError> {
    store.drift(&DriftQuery { model: Some(model.into()), days: Some(DAYS), ..DriftQuery::default() })
}

/// What a day came to; `None` where a later version says something else.
pub(crate) fn verdict(day: &StoredDrift) -> Option<Verdict> {
    Verdict::ALL.into_iter().find(|verdict| verdict.name() == day.verdict)
}

/// The same in words.
pub(crate) fn words(day: &StoredDrift) -> &str {
    match verdict(day) {
        Some(verdict) => verdict.words(),
        None => &day.verdict,
    }
}

/// All that was found; `None` where another version wrote it.
pub(crate) fn report(day: &StoredDrift) -> Option<DriftDay> {
    serde_json::from_str(&day.report).ok()
}

/// How a sensor's last days compare with the baseline.
#[derive(Debug, PartialEq)]
pub(crate) struct Lately {
    /// What the last day that is over came to.
    pub(crate) verdict: Option<Verdict>,
    /// In a sentence.
    pub(crate) what: String,
    /// What to do; empty where there is nothing to do.
    pub(crate) next: String,
}

impl Lately {
    /// Of each sensor, by name. A day that goes on may change its mind, and counts only where no other is there.
    pub(crate) fn of(days: &[StoredDrift]) -> Vec<Self> {
        let mut sensors: BTreeMap<&str, Vec<&StoredDrift>> = BTreeMap::new();
        for day in days {
            sensors.entry(&day.sensor).or_default().push(day);
        }
        sensors.into_iter().filter_map(|(sensor, days)| Self::of_sensor(sensor, &days)).collect()
    }

    fn of_sensor(sensor: &str, days: &[&StoredDrift]) -> Option<Self> {
        let over: Vec<&StoredDrift> = days.iter().copied().filter(|day| day.is_over).collect();
        let last = over.last().or(days.last())?;
        let report = report(last).unwrap_or_default();
        let mut what = format!("{}: {}", date(last.day), words(last));
        if !last.is_over {
            what += " so far";
        }
        if let Some(reason) = report.reasons.first().filter(|_| verdict(last) != Some(Verdict::Stable)) {
            what += &format!(": {reason}");
        }
        if over.len() > 1 {
            let count = |verdict: Verdict| over.iter().filter(|day| day.verdict == verdict.name()).count();
            let counts = Verdict::ALL.into_iter().map(|verdict| (count(verdict), verdict.words()));
            let counts: Vec<String> =
                counts.filter(|(days, _)| *days > 0).map(|(days, words)| format!("{days} {words}")).collect();
            what += &format!(" (of {}: {})", counted(over.len() as u64, "day"), counts.join(", "));
        }
        if !sensor.is_empty() {
            what = format!("sensor {sensor}: {what}");
        }
        Some(Self { verdict: verdict(last), what, next: report.next })
    }
}

/// A day in a line, after its date.
pub(crate) fn line(day: &StoredDrift) -> String {
    let mut line = words(day).to_owned();
    if !day.is_over {
        line += " so far";
    }
    if !day.sensor.is_empty() {
        line += &format!(", sensor {}", day.sensor);
    }
    match report(day).and_then(|report| report.reasons.into_iter().next()) {
        Some(reason) if verdict(day) != Some(Verdict::Stable) => format!("{line}: {reason}"),
        _ => line,
    }
}

/// The same for programs.
pub(crate) fn value(day: &StoredDrift) -> Value {
    let report = report(day).unwrap_or_default();
    json!({
        "date": date(day.day),
        "sensor": day.sensor,
        "is_over": day.is_over,
        "verdict": day.verdict,
        "rows": day.rows,
        "score_psi": day.score_psi,
        "feature_psi": day.feature_psi,
        "reasons": report.reasons,
        "next": report.next,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(sensor: &str, day: i64, verdict: Verdict, is_over: bool) -> StoredDrift {
        let report = DriftDay {
            verdict,
            reasons: vec![format!("reason {day}")],
            next: format!("next {day}"),
            ..DriftDay::default()
        };
        StoredDrift {
            model: "m".into(),
            sensor: sensor.into(),
            day,
            is_over,
            verdict: verdict.name().into(),
            rows: 5_000,
            score_psi: None,
            feature_psi: None,
            report: serde_json::to_string(&report).expect("JSON"),
        }
    }

    #[test]
    fn the_last_day_that_is_over_says_how_it_is() {
        let days = [
            day("", 20_500, Verdict::Stable, true),
            day("", 20_501, Verdict::Stable, true),
            day("", 20_502, Verdict::Network, true),
            day("", 20_503, Verdict::Stable, false),
        ];
        let [lately] = &Lately::of(&days)[..] else { panic!("one sensor") };
        assert_eq!(lately.verdict, Some(Verdict::Network));
        assert_eq!(
            lately.what,
            "2026-02-18: the network changed: reason 20502 (of 3 days: 2 stable, 1 the network changed)"
        );
        assert_eq!(lately.next, "next 20502");
        assert_eq!(line(&days[2]), "the network changed: reason 20502");
        assert_eq!(line(&days[3]), "stable so far");
    }

    #[test]
    fn sensors_are_told_apart_and_a_day_that_goes_on_is_better_than_none() {
        let days = [
            day("north", 20_500, Verdict::Stable, true),
            day("south", 20_500, Verdict::Unclear, false),
            day("north", 20_501, Verdict::Host, false),
        ];
        let told: Vec<String> = Lately::of(&days).into_iter().map(|lately| lately.what).collect();
        assert_eq!(
            told,
            [
                "sensor north: 2026-02-16: stable",
                "sensor south: 2026-02-16: too little to tell so far: reason 20500"
            ]
        );
        assert_eq!(Lately::of(&[]), []);
    }
}
