//! `oddflow drift`: which days were still like the baseline, and what was different about the others.

use oddflow_detector::behaviour::Verdict;
use oddflow_store::{DriftQuery, Store, StoredDrift};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::DriftArguments;
use crate::drift;
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::text::{counted, date, number, visible};

/// Version of the JSON that is printed.
const VERSION: u32 = 1;
/// Shifts that a day is shown with.
const SHOWN: usize = 3;

/// A day for programs.
#[derive(Serialize)]
struct Exported<'a> {
    version: u32,
    date: String,
    model: &'a str,
    sensor: &'a str,
    is_over: bool,
    #[serde(flatten)]
    report: Value,
}

pub(crate) fn run(arguments: &DriftArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let DriftArguments { model, sensor, days, .. } = arguments;
    let days = store.drift(&DriftQuery { model: model.clone(), sensor: sensor.clone(), days: *days })?;
    let mut output = Output::stdout();
    if arguments.json {
        for day in &days {
            let exported = Exported {
                version: VERSION,
                date: date(day.day),
                model: &day.model,
                sensor: &day.sensor,
                is_over: day.is_over,
                report: serde_json::from_str(&day.report).unwrap_or_default(),
            };
            output.with(|writer| {
                serde_json::to_writer(&mut *writer, &exported)?;
                writer.write_all(b"\n")
            })?;
        }
        return output.finish();
    }
    if days.is_empty() {
        note("no day was compared with a baseline yet: that takes a behaviour model, and rows");
        return output.finish();
    }
    let several = days.iter().any(|day| (&day.model, &day.sensor) != (&days[0].model, &days[0].sensor));
    for day in &days {
        for line in told(day, several) {
            output.line(visible(&line))?;
        }
    }
    output.finish()
}

/// A day in lines: what it came to, and why where it isn't stable.
fn told(stored: &StoredDrift, several: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line =
        format!("{}  {:<19}  {:>14}", date(stored.day), drift::words(stored), counted(stored.rows, "row"));
    let psi = |psi: f64| number((psi * 100.0).round() / 100.0);
    if let Some(score) = stored.score_psi {
        line.push_str(&format!("  scores {}", psi(score)));
    }
    if let Some(feature) = stored.feature_psi {
        line.push_str(&format!("  features {}", psi(feature)));
    }
    if !stored.is_over {
        line.push_str("  so far");
    }
    if several {
        line.push_str(&format!("  model {}", stored.model));
        if !stored.sensor.is_empty() {
            line.push_str(&format!("  sensor {}", stored.sensor));
        }
    }
    lines.push(line);
    let Some(day) = drift::report(stored) else { return lines };
    if day.verdict == Verdict::Stable {
        return lines;
    }
    lines.extend(day.reasons.iter().map(|reason| format!("            {reason}")));
    if day.verdict == Verdict::Network {
        let shifts = day.shifts.iter().take(SHOWN);
        lines.extend(shifts.map(|shift| format!("            {}: {}", psi(shift.psi), shift.words)));
    }
    if !day.next.is_empty() {
        lines.push(format!("            {}", day.next));
    }
    lines
}
