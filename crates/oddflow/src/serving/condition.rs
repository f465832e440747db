//! How the service and its sensors are, as far as the database and this process can say.

use oddflow_dashboard::{Condition, Finding, Level, Problem};
use oddflow_store::{DriftQuery, Store};

use super::{Serving, sentence};
use crate::text::{counted, date, number, thousands};

const DAY: f64 = 86_400.0;
/// How far the newest row may lie behind the clock while logs are watched: an hour's log comes when the hour is over.
const LATE: f64 = 3.0 * 3600.0;
/// Shares of rows that could not be read.
const SOME: f64 = 0.01;
const MANY: f64 = 0.1;
/// Notices that may wait for a sink.
const WAITING: u64 = 1000;

pub(super) fn condition(serving: &Serving, store: &Store, now: f64) -> Result<Condition, Problem> {
    let mut findings = Vec::new();
    let mut find =
        |level, what: String, next: &str| findings.push(Finding { level, what, next: next.into() });
    let newest = store.newest_row()?;
    if let Some(health) = &serving.health {
        for trouble in health.unready() {
            find(Level::Trouble, sentence(&trouble), "Look at the service's log: journalctl -u oddflow.");
        }
        if let Some(newest) = newest.filter(|newest| now - newest > LATE) {
            let level = if now - newest > DAY { Level::Trouble } else { Level::Look };
            let what = format!("The newest row is {} hours old.", number(((now - newest) / 3600.0).round()));
            find(level, what, "See whether Zeek writes logs: oddflow doctor.");
        }
    }
    if let Some(newest) = newest {
        let (rows, unreadable) = store.rows_read_since(newest - 7.0 * DAY)?;
        let share = unreadable as f64 / (rows + unreadable).max(1) as f64;
        let level = match share {
            share if share > MANY => Level::Trouble,
            share if share > SOME => Level::Look,
            _ => Level::Ok,
        };
        let (what, next) = match unreadable {
            0 => (format!("All of the last week's {} could be read.", counted(rows, "row")), ""),
            _ => (
                format!(
                    "Of the last week's rows {} could not be read, {}%.",
                    thousands(unreadable),
                    number(100.0 * share)
                ),
                "See why: oddflow doctor.",
            ),
        };
        find(level, what, next);
    }
    for day in store.drift(&DriftQuery { days: Some(2), ..DriftQuery::default() })? {
        if day.is_over && day.verdict == "network" {
            let sensor = if day.sensor.is_empty() { String::new() } else { format!(" of {}", day.sensor) };
            let what = format!("The network{sensor} changed: {} was unlike the baseline.", date(day.day));
            find(Level::Look, what, "Look at the drift of the model, and train a new one if it stays so.");
        }
    }
    for sink in store.outbox_counts()? {
        let error = sink.error.map(|error| format!(" Last: {error}")).unwrap_or_default();
        if sink.dead > 0 {
            let what =
                format!("{} for {} could not be delivered.{error}", counted(sink.dead, "notice"), sink.sink);
            find(Level::Look, what, "Look at the sink's settings and at its receiver.");
        } else if sink.waiting > WAITING {
            let what = format!("{} wait for {}.{error}", counted(sink.waiting, "notice"), sink.sink);
            find(Level::Look, what, "Look at the sink's receiver.");
        }
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    Ok(Condition { level: findings.first().map_or(Level::Ok, |finding| finding.level), findings })
}
