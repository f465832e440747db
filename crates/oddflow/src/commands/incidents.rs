//! `oddflow incidents`: what happened, how bad it is, and why.

use std::ops::ControlFlow;

use oddflow_detector::behaviour::Family;
use oddflow_store::{
    Alert, AlertQuery, Incident, IncidentQuery, IncidentSort, IncidentState, Severity, Store, Verdict,
};
use serde::Serialize;
use serde_json::Value;

use super::alert;
use super::alerts::{cut, width};
use crate::arguments::{
    IncidentSortChoice, IncidentsArguments, IncidentsCommand, IncidentsListArguments, IncidentsShowArguments,
    SeverityChoice, StateChoice,
};
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::text::{counted, number, thousands, time, visible};

/// Version of the JSON that is printed.
const VERSION: u32 = 1;
/// Incidents that a list shows where no number is given.
const LISTED: u64 = 50;

pub(crate) fn run(arguments: &IncidentsArguments) -> Result<(), Failure> {
    match &arguments.command {
        IncidentsCommand::List(list) => self::list(list),
        IncidentsCommand::Show(show) => self::show(show),
        IncidentsCommand::Suppress(suppress) => super::suppress::suppress(suppress),
        IncidentsCommand::Suppressions(list) => super::suppress::list(list),
        IncidentsCommand::Unsuppress(rule) => super::suppress::remove(rule),
        IncidentsCommand::Confirm(judge) => super::judge::judge(judge, Verdict::Confirmed),
        IncidentsCommand::Benign(judge) => super::judge::judge(judge, Verdict::Benign),
        IncidentsCommand::Expire(expire) => super::expire::expire(expire),
    }
}

fn query(arguments: &IncidentsListArguments) -> IncidentQuery {
    IncidentQuery {
        from: arguments.from,
        to: arguments.to,
        host: arguments.host,
        family: arguments.family.clone(),
        sensor: arguments.sensor.clone(),
        severity: arguments.severity.map(|severity| match severity {
            SeverityChoice::Low => Severity::Low,
            SeverityChoice::Medium => Severity::Medium,
            SeverityChoice::High => Severity::High,
            SeverityChoice::Critical => Severity::Critical,
        }),
        state: match arguments.state {
            StateChoice::All | StateChoice::Confirmed | StateChoice::Benign => None,
            StateChoice::Open | StateChoice::Raised => Some(IncidentState::Raised),
            StateChoice::OverBudget => Some(IncidentState::OverBudget),
        },
        verdict: match arguments.state {
            StateChoice::Confirmed => Some(Verdict::Confirmed),
            StateChoice::Benign => Some(Verdict::Benign),
            _ => None,
        },
        judged: (arguments.state == StateChoice::Open).then_some(false),
        // What somebody has said of an incident is never hidden from who asks for it.
        suppressed: match arguments.state {
            StateChoice::Confirmed | StateChoice::Benign if !arguments.suppressed => None,
            _ => Some(arguments.suppressed),
        },
        // Nobody is told of what a shadow finds.
        shadow: arguments.model.is_none().then_some(false),
        model: arguments.model.clone(),
        min_score: arguments.min_score,
        sort: match arguments.sort {
            IncidentSortChoice::Score => IncidentSort::Score,
            IncidentSortChoice::Oldest => IncidentSort::Oldest,
            IncidentSortChoice::Newest => IncidentSort::Newest,
            IncidentSortChoice::Severity => IncidentSort::Severity,
        },
        limit: Some(arguments.limit.unwrap_or(LISTED)),
        ..IncidentQuery::default()
    }
}

/// An incident for programs.
#[derive(Serialize)]
struct Exported<'a> {
    version: u32,
    #[serde(flatten)]
    incident: &'a Incident,
    #[serde(skip_serializing_if = "Option::is_none")]
    alerts: Option<&'a [Alert]>,
}

fn write_json(output: &mut Output, exported: &Exported<'_>) -> Result<(), Failure> {
    output.with(|writer| {
        serde_json::to_writer(&mut *writer, exported)?;
        writer.write_all(b"\n")
    })
}

/// A table for people, or JSON for programs.
fn list(arguments: &IncidentsListArguments) -> Result<(), Failure> {
    if let Some(family) = arguments.family.as_deref().filter(|family| Family::named(family).is_none()) {
        return Err(Failure::usage(
            format!("there is no family {family:?}"),
            format!("The families are {}.", Family::ALL.map(Family::name).join(", ")),
        ));
    }
    let store = Store::open_read_only(&arguments.db)?;
    let query = query(arguments);
    let incidents = store.incidents(&query)?;
    let mut output = Output::stdout();
    if arguments.json {
        for incident in &incidents {
            write_json(&mut output, &Exported { version: VERSION, incident, alerts: None })?;
        }
        return output.finish();
    }
    let width = width();
    if !incidents.is_empty() {
        output.line(cut(&columns(TITLES), width))?;
    }
    for incident in &incidents {
        output.line(cut(&table_row(incident), width))?;
    }
    output.finish()?;
    let hidden = match query.suppressed {
        Some(false) => store.count_incidents(&IncidentQuery { suppressed: Some(true), ..query.clone() })?,
        _ => 0,
    };
    let all = store.count_incidents(&IncidentQuery { limit: None, ..query })?;
    if all == 0 {
        note("no incidents");
    } else if (incidents.len() as u64) < all {
        note(format_args!("{} of {}; -n N shows more", incidents.len(), counted(all, "incident")));
    }
    if incidents.iter().any(|incident| incident.state == IncidentState::OverBudget) {
        note("a severity in brackets: over the budget of its day");
    }
    if hidden > 0 {
        note(format_args!("{} hidden by rules; --suppressed lists them", counted(hidden, "incident")));
    }
    Ok(())
}

/// Titles of the table.
pub(super) const TITLES: [&str; 7] =
    ["id", "raised (UTC)", "severity", "score", "rows", "host", "what happened"];

/// The line of an incident.
pub(super) fn table_row(incident: &Incident) -> String {
    let severity = match incident.state {
        IncidentState::Raised => incident.severity.name().to_owned(),
        IncidentState::OverBudget => format!("({})", incident.severity.name()),
    };
    let title = match incident.verdict {
        Some(verdict) => format!("[{}] {}", verdict.name(), visible(&incident.title)),
        None => visible(&incident.title),
    };
    let cells = [
        &incident.id.to_string(),
        &time(incident.raised_ts),
        &severity,
        &number(incident.score),
        &thousands(incident.rows),
        &visible(&incident.host),
        &title,
    ];
    columns(cells.map(String::as_str))
}

/// One line of the table.
pub(super) fn columns([id, raised, severity, score, rows, host, title]: [&str; 7]) -> String {
    format!("{id:>5}  {raised:<19}  {severity:<10}  {score:>6}  {rows:>9}  {host:<15}  {title}")
}

fn show(arguments: &IncidentsShowArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let incident = store.incident(arguments.id)?.ok_or_else(|| {
        Failure::usage(
            format!("the database {} has no incident {}", arguments.db.display(), arguments.id),
            format!("List what it has with: oddflow incidents list --db {}", arguments.db.display()),
        )
    })?;
    let mut alerts = Vec::new();
    let query = AlertQuery { incident: Some(incident.id), ..AlertQuery::default() };
    store.alerts(&query, &mut |alert| {
        alerts.push(alert);
        ControlFlow::Continue(())
    })?;
    let mut output = Output::stdout();
    if arguments.json {
        let exported = Exported { version: VERSION, incident: &incident, alerts: Some(&alerts) };
        write_json(&mut output, &exported)?;
    } else {
        story(&incident, &alerts, arguments, &mut output)?;
    }
    output.finish()
}

fn story(
    incident: &Incident,
    alerts: &[Alert],
    arguments: &IncidentsShowArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let summary: Value = serde_json::from_str(&incident.summary).unwrap_or_default();
    let count = |name: &str| summary[name].as_u64().unwrap_or_default();
    let names = |name: &str| {
        let names = summary[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<String> =
            names.iter().take(6).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        let more = if names.len() > 6 { ", ..." } else { "" };
        visible(&format!("{}{more}", texts.join(", ")))
    };
    output.line(visible(&incident.title))?;
    output.line("")?;
    output.line(format_args!(
        "incident    {}, {}{}",
        incident.id,
        incident.severity.name(),
        match incident.state {
            IncidentState::Raised => "",
            IncidentState::OverBudget => ", over the budget of its day",
        }
    ))?;
    if let (Some(verdict), Some(at)) = (incident.verdict, incident.verdict_ts) {
        let note = incident.verdict_note.as_deref().map(|note| format!(": {}", visible(note)));
        output.line(format_args!(
            "verdict     {}, said {} UTC{}",
            verdict.name(),
            time(at),
            note.unwrap_or_default()
        ))?;
    }
    if let Some(rule) = incident.suppressed_by {
        output.line(format_args!("hidden      by rule {rule} (oddflow incidents suppressions)"))?;
    }
    output.line(format_args!(
        "score       {} (threshold {}), strongest row {}",
        number(incident.score),
        number(incident.threshold),
        number(incident.peak)
    ))?;
    output.line(format_args!(
        "host        {}, {}, family {}",
        visible(&incident.host),
        visible(&incident.class),
        visible(&incident.family)
    ))?;
    output.line(format_args!(
        "time        {} to {} UTC, raised {}",
        time(incident.first_ts),
        time(incident.last_ts),
        time(incident.raised_ts)
    ))?;
    output.line(format_args!(
        "rows        {}, of which {} are stored",
        thousands(incident.rows),
        thousands(incident.rows_stored)
    ))?;
    output.line(format_args!("peers       {}: {}", at_most(count("peers")), names("peer_examples")))?;
    output.line(format_args!(
        "ports       {}: {} ({})",
        at_most(count("ports")),
        names("port_examples"),
        visible(summary["proto"].as_str().unwrap_or("-"))
    ))?;
    output.line(format_args!(
        "bytes       {} from originators, {} from responders",
        thousands(count("orig_bytes")),
        thousands(count("resp_bytes"))
    ))?;
    if let Some(technique) = &incident.technique {
        output.line(format_args!(
            "hint        MITRE ATT&CK {technique}, by the behaviour alone: https://attack.mitre.org/techniques/{}/",
            technique.replace('.', "/")
        ))?;
    }
    output.line(format_args!("model       {}", incident.model))?;
    if !incident.sensor.is_empty() {
        output.line(format_args!("sensor      {}", visible(&incident.sensor)))?;
    }
    let shown = usize::try_from(arguments.rows).unwrap_or(usize::MAX).min(alerts.len());
    for alert in &alerts[..shown] {
        output.line("")?;
        alert::row(alert, output)?;
    }
    output.line("")?;
    output.line(format_args!(
        "all stored rows: oddflow alerts list --incident {} --db {}",
        incident.id,
        crate::text::shell(&arguments.db.display().to_string())
    ))
}

/// A count that stops at a thousand.
fn at_most(count: u64) -> String {
    if count >= 1000 { "1,000 or more".into() } else { count.to_string() }
}
