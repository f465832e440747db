//! `oddflow alerts show`: one alert, and why it is one, in words and numbers.

use oddflow_detector::behaviour::{Explanation, Nearest};
use oddflow_features::classic::describe;
use oddflow_features::companion::{Evidence, EvidenceRows};
use oddflow_store::{Alert, Contribution, Store};

use super::alerts::write_json;
use crate::arguments::AlertsShowArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::text::{endpoint, number, row_command, time, visible};

/// Features with a smaller share of the error explain nothing.
const LEAST_SHARE: f32 = 0.005;

pub(super) fn show(arguments: &AlertsShowArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let alert = store.alert(arguments.id)?.ok_or_else(|| {
        Failure::usage(
            format!("the database {} has no alert {}", arguments.db.display(), arguments.id),
            format!("List what it has with: oddflow alerts list --db {}", arguments.db.display()),
        )
    })?;
    let mut output = Output::stdout();
    if arguments.json {
        write_json(&mut output, &alert)?;
    } else {
        story(&alert, &mut output)?;
    }
    output.finish()
}

fn story(alert: &Alert, output: &mut Output) -> Result<(), Failure> {
    let text = |value: &Option<String>| visible(value.as_deref().unwrap_or("-"));
    let count = |value: Option<u64>, noun: &str| {
        value.map_or_else(|| format!("unset {noun}s"), |value| crate::text::counted(value, noun))
    };
    let local = |value: Option<bool>| match value {
        Some(true) => ", local",
        Some(false) => ", remote",
        None => "",
    };
    output.line(format_args!(
        "alert {}, score {} (threshold {})",
        alert.id,
        number(alert.score),
        number(alert.threshold)
    ))?;
    output.line("")?;
    output.line(format_args!("start       {} UTC", time(alert.ts)))?;
    output.line(format_args!(
        "originator  {}{}",
        endpoint(&alert.orig_h, alert.orig_p),
        local(alert.local_orig)
    ))?;
    output.line(format_args!(
        "responder   {}{}",
        endpoint(&alert.resp_h, alert.resp_p),
        local(alert.local_resp)
    ))?;
    output.line(format_args!(
        "protocol    {}, service {}, state {}, history {}",
        text(&alert.proto),
        text(&alert.service),
        text(&alert.conn_state),
        text(&alert.history)
    ))?;
    let duration = alert.duration.map_or_else(|| "unset".into(), |seconds| format!("{} s", number(seconds)));
    output.line(format_args!("duration    {duration}"))?;
    output.line(format_args!(
        "sent        {} in {}",
        count(alert.orig_bytes, "byte"),
        count(alert.orig_pkts, "packet")
    ))?;
    output.line(format_args!(
        "received    {} in {}",
        count(alert.resp_bytes, "byte"),
        count(alert.resp_pkts, "packet")
    ))?;
    output
        .line(format_args!("uid         {}", visible(if alert.uid.is_empty() { "-" } else { &alert.uid })))?;
    output.line(format_args!("log         {}, line {}", visible(&alert.file), alert.line))?;
    output.line(format_args!("model       {}", alert.model))?;
    output.line("")?;
    match explanation(alert) {
        Some(explanation) => behaviour(&explanation, alert, output)?,
        None => classic(alert, output)?,
    }
    if let Some(command) = row_command(&alert.file, &alert.uid, alert.line) {
        output.line(format_args!("see the row: {command}"))?;
    }
    Ok(())
}

/// The explanation of a behaviour model.
fn explanation(alert: &Alert) -> Option<Explanation> {
    serde_json::from_str(alert.explanation.as_deref()?).ok()
}

/// Why a classic model flagged a row.
fn classic(alert: &Alert, output: &mut Output) -> Result<(), Failure> {
    output.line("why: what the model, trained on normal traffic, could least reconstruct")?;
    for Contribution { name, value, expected, share } in &alert.contributions {
        let share = share.unwrap_or_default();
        if share < LEAST_SHARE {
            continue;
        }
        let words = match (value, expected) {
            (Some(value), Some(expected)) => describe(name, *value, f64::from(*expected)),
            _ => format!("{name}: beyond numbers"),
        };
        output.line(format_args!("  {:>3.0}% of the error: {}", share * 100.0, visible(&words)))?;
    }
    let times = alert.score / alert.threshold;
    output.line("")?;
    output.line(format_args!(
        "The score is the mean squared error of the reconstruction, {} times the threshold.",
        number(times)
    ))?;
    Ok(())
}

/// Why a behaviour model flagged a row.
fn behaviour(explanation: &Explanation, alert: &Alert, output: &mut Output) -> Result<(), Failure> {
    output.line("why")?;
    for reason in &explanation.families {
        output.line(format_args!(
            "  {:<8} {:>4.1}  {}",
            reason.family.name(),
            reason.strength,
            visible(&reason.words)
        ))?;
    }
    output.line(format_args!("  network  {:>4.1}  the reconstruction missed most:", explanation.a))?;
    for missed in &explanation.features {
        output.line(format_args!(
            "                 {:>3.0}%  {}",
            missed.share * 100.0,
            visible(&missed.words)
        ))?;
    }
    if !explanation.first_seen.is_empty() {
        output.line(format_args!("  never seen before: {}", visible(&explanation.first_seen.join("; "))))?;
    }
    if let Some(Nearest { connection, distance }) = &explanation.nearest {
        let way = match (connection.orig_h.as_str(), connection.resp_h.as_str()) {
            ("", _) | (_, "") => format!("a connection to port {}", connection.resp_p),
            (from, to) => format!("{from} -> {}", endpoint(to, Some(connection.resp_p))),
        };
        output.line(format_args!(
            "  nearest normal connection of a sample: {} {}, {}, {} (distance {})",
            visible(&way),
            visible(&connection.proto),
            visible(connection.service.as_deref().unwrap_or("no service")),
            time(connection.ts),
            number(f64::from(*distance))
        ))?;
    }
    for evidence in evidence(alert) {
        output.line(format_args!("  evidence: {}", visible(&evidence)))?;
    }
    Ok(())
}

/// Rows of other logs of the same connection, each on a line.
fn evidence(alert: &Alert) -> Vec<String> {
    let evidence: Option<EvidenceRows> =
        alert.evidence.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let Some(EvidenceRows { rows, more }) = evidence else { return Vec::new() };
    let line = |row: &Evidence| {
        let fields: Vec<String> =
            row.fields.0.iter().map(|(name, value)| format!("{name} {value}")).collect();
        format!("{}: {}", row.log.path(), fields.join(", "))
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if more > 0 {
        lines.push(format!("and {more} more rows"));
    }
    lines
}

/// One row of an incident and why it is odd, in short.
pub(super) fn row(alert: &Alert, output: &mut Output) -> Result<(), Failure> {
    output.line(format_args!(
        "alert {}, score {}: {} UTC, {} -> {} {}, {}, {}",
        alert.id,
        number(alert.score),
        time(alert.ts),
        visible(&alert.orig_h),
        visible(&endpoint(&alert.resp_h, alert.resp_p)),
        visible(alert.proto.as_deref().unwrap_or("-")),
        visible(alert.service.as_deref().unwrap_or("no service")),
        visible(alert.conn_state.as_deref().unwrap_or("-")),
    ))?;
    if let Some(explanation) = explanation(alert) {
        behaviour(&explanation, alert, output)?;
    }
    if let Some(command) = row_command(&alert.file, &alert.uid, alert.line) {
        output.line(format_args!("  see the row: {command}"))?;
    }
    Ok(())
}
