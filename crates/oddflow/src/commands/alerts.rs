//! `oddflow alerts`: what was found.

use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

use oddflow_dashboard::{ALERT_COLUMNS, csv_cell, csv_text};
use oddflow_detector::behaviour::Explanation;
use oddflow_features::classic::brief;
use oddflow_store::{Alert, AlertQuery, DUMP_COLUMNS, PortFilter, Sort, Store};
use serde::Serialize;

use crate::arguments::{AlertsArguments, AlertsCommand, AlertsQueryArguments, SortChoice};
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::text::{counted, endpoint, number, time, visible};

/// Version of the JSON objects and of the CSV columns. It changes when one of them changes its meaning or goes.
const VERSION: u32 = 1;

/// Alerts that `list` shows on its own.
const LISTED: u64 = 50;

pub(crate) fn run(arguments: &AlertsArguments) -> Result<(), Failure> {
    match &arguments.command {
        AlertsCommand::List(list) if list.json => export_json(&list.query, Some(LISTED)),
        AlertsCommand::List(list) if list.csv => export_csv(&list.query, Some(LISTED)),
        AlertsCommand::List(list) => table(&list.query),
        AlertsCommand::Show(show) => super::alert::show(show),
        AlertsCommand::Dump(query) => dump(query),
        AlertsCommand::Suppress(suppress) => super::suppress::suppress(suppress),
        AlertsCommand::Export(export) if export.csv => export_csv(&export.query, None),
        AlertsCommand::Export(export) => export_json(&export.query, None),
    }
}

fn query(arguments: &AlertsQueryArguments, default_limit: Option<u64>) -> AlertQuery {
    AlertQuery {
        from: arguments.from,
        to: arguments.to,
        host: arguments.host,
        port: arguments.port.map(PortFilter::Either),
        service: arguments.service.clone(),
        min_score: arguments.min_score,
        model: arguments.model.clone(),
        file: arguments.file.clone(),
        sort: match arguments.sort {
            SortChoice::Score => Sort::Score,
            SortChoice::Oldest => Sort::Oldest,
            SortChoice::Newest => Sort::Newest,
            SortChoice::Id => Sort::Id,
        },
        limit: arguments.limit.or(default_limit),
        after: None,
        incident: arguments.incident,
        of: None,
        or_alone: false,
        text: None,
        // Who names an incident wants its rows.
        suppressed: arguments.incident.is_none().then_some(arguments.suppressed),
        // And who names a model, all that it found.
        shadow: (arguments.incident.is_none() && arguments.model.is_none()).then_some(false),
    }
}

/// Gives each alert of a query to `write`; the first failure ends it.
fn each(
    store: &Store,
    query: &AlertQuery,
    mut write: impl FnMut(Alert) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut failure = None;
    store.alerts(query, &mut |alert| match write(alert) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failure.map_or(Ok(()), Err)
}

/// A table for people. On a terminal no line is longer than it is wide.
fn table(arguments: &AlertsQueryArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let query = query(arguments, Some(LISTED));
    let width = width();
    let mut output = Output::stdout();
    let mut shown = 0;
    each(&store, &query, |alert| {
        if shown == 0 {
            let titles = ["id", "start (UTC)", "score", "from -> to", "proto", "state", "service", "why"];
            output.line(cut(&columns(titles), width))?;
        }
        shown += 1;
        let unset = |value: &Option<String>| visible(value.as_deref().unwrap_or("-"));
        let why = why(&alert);
        let (id, start, score) = (alert.id.to_string(), time(alert.ts), number(alert.score));
        let way = format!("{} -> {}", alert.orig_h, endpoint(&alert.resp_h, alert.resp_p));
        let (proto, state, service) = (unset(&alert.proto), unset(&alert.conn_state), unset(&alert.service));
        let why = visible(&why);
        output.line(cut(&columns([&id, &start, &score, &way, &proto, &state, &service, &why]), width))
    })?;
    output.finish()?;
    let all = store.count(&query)?;
    if all == 0 {
        note("no alerts");
    } else if shown < all {
        note(format_args!(
            "{} of {}; -n N shows more, alerts show ID says why",
            shown,
            counted(all, "alert")
        ));
    }
    Ok(())
}

/// Why an alert is one, in a few words.
fn why(alert: &Alert) -> String {
    let explanation = alert.explanation.as_deref().and_then(|text| serde_json::from_str(text).ok());
    if let Some(Explanation { families, .. }) = explanation {
        let names: Vec<_> = families
            .iter()
            .map(|reason| match reason.column.as_str() {
                "" => reason.family.name().to_owned(),
                column => format!("{} ({column})", reason.family.name()),
            })
            .collect();
        return names.join("; ");
    }
    let brief = |c: &oddflow_store::Contribution| brief(&c.name, c.value.unwrap_or(f64::NAN));
    alert.contributions.iter().take(2).map(brief).collect::<Vec<_>>().join("; ")
}

/// One line of the table.
fn columns([id, start, score, way, proto, state, service, why]: [&str; 8]) -> String {
    format!("{id:>6}  {start:<19}  {score:>9}  {way:<36}  {proto:<5}  {state:<6}  {service:<12}  {why}")
}

/// Characters of a line that standard output shows; no limit where it is no terminal.
pub(super) fn width() -> usize {
    if io::stdout().is_terminal() {
        terminal_size::terminal_size().map_or(usize::MAX, |(width, _)| usize::from(width.0))
    } else {
        usize::MAX
    }
}

/// A line that is no longer than so many characters.
pub(super) fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.into();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// An alert for programs.
#[derive(Serialize)]
struct Exported<'a> {
    version: u32,
    #[serde(flatten)]
    alert: &'a Alert,
}

/// One alert as a JSON object on one line.
pub(super) fn write_json(output: &mut Output, alert: &Alert) -> Result<(), Failure> {
    output.with(|writer| {
        serde_json::to_writer(&mut *writer, &Exported { version: VERSION, alert })?;
        writer.write_all(b"\n")
    })
}

fn export_json(arguments: &AlertsQueryArguments, default_limit: Option<u64>) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let mut output = Output::stdout();
    each(&store, &query(arguments, default_limit), |alert| write_json(&mut output, &alert))?;
    output.finish()
}

fn export_csv(arguments: &AlertsQueryArguments, default_limit: Option<u64>) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let mut output = Output::stdout();
    output.line(format_args!("{},contributions", ALERT_COLUMNS.join(",")))?;
    each(&store, &query(arguments, default_limit), |alert| {
        let value = serde_json::to_value(&alert).unwrap_or_default();
        let mut cells: Vec<String> = ALERT_COLUMNS.iter().map(|name| csv_cell(&value[*name])).collect();
        // Not through a `Value`: it would widen their 32-bit numbers to more digits than they have.
        cells.push(csv_text(&serde_json::to_string(&alert.contributions).unwrap_or_default()));
        output.line(cells.join(","))
    })?;
    output.finish()
}

/// The seed project's table, as its notebook printed it from SQLite, with tabs.
fn dump(arguments: &AlertsQueryArguments) -> Result<(), Failure> {
    fn cell(value: Option<impl ToString>) -> String {
        value.map_or_else(|| "-".into(), |value| visible(&value.to_string()))
    }
    let store = Store::open_read_only(&arguments.db)?;
    let mut output = Output::stdout();
    output.line(DUMP_COLUMNS.join("\t"))?;
    let mut failure = None;
    store.dump(&query(arguments, None), &mut |row| {
        let cells = [
            format!("{:.6}", row.ts),
            visible(row.uid),
            row.src_ip.into(),
            cell(row.src_p),
            row.dst_ip.into(),
            cell(row.dst_p),
            cell(row.proto),
            cell(row.service),
            cell(row.duration),
            cell(row.src_bytes),
            cell(row.dst_bytes),
            cell(row.conn_state),
            cell(row.history),
            cell(row.src_pkts),
            cell(row.dst_pkts),
            row.score.to_string(),
            row.threshold.to_string(),
        ];
        match output.line(cells.join("\t")) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failure.map_or_else(|| output.finish(), Err)
}
