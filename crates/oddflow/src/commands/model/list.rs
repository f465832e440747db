//! `oddflow model list` and `history`: what a database knows of its models.

use oddflow_store::{KnownModel, ModelHistory, Store};
use serde::Serialize;
use serde_json::Value;

use super::VERSION;
use crate::arguments::{ModelHistoryArguments, ModelListArguments};
use crate::commands::alerts::{cut, width};
use crate::failure::Failure;
use crate::models::find;
use crate::output::{Output, note};
use crate::text::{number, thousands, time, visible};

/// A model for programs.
#[derive(Serialize)]
struct Exported<'a> {
    version: u32,
    id: &'a str,
    recipe: &'a str,
    tool_version: &'a str,
    role: oddflow_store::ModelRole,
    since: Option<f64>,
    entered: Option<f64>,
    file_bytes: Option<u64>,
    incidents_raised: u64,
    threshold: f64,
    /// What it was trained on, as `oddflow model show --json` has it.
    training: Value,
}

/// An entry of a history for programs.
#[derive(Serialize)]
struct ExportedEvent<'a> {
    version: u32,
    #[serde(flatten)]
    event: &'a ModelHistory,
}

/// A table for people, or JSON for programs.
pub(super) fn list(arguments: &ModelListArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let known = store.known_models()?;
    let mut output = Output::stdout();
    if arguments.json {
        for model in &known {
            let exported = Exported {
                version: VERSION,
                id: &model.model.id,
                recipe: &model.model.recipe,
                tool_version: &model.model.tool_version,
                role: model.role,
                since: model.since,
                entered: model.entered,
                file_bytes: model.file_bytes,
                incidents_raised: model.incidents_raised,
                threshold: model.model.threshold,
                training: summary(model),
            };
            write(&mut output, &exported)?;
        }
        return output.finish();
    }
    let width = width();
    if !known.is_empty() {
        output.line(cut(&columns(TITLES.map(String::from)), width))?;
    }
    for model in &known {
        output.line(cut(&columns(row(model)), width))?;
    }
    output.finish()?;
    if known.is_empty() {
        note("no models");
    } else if known.iter().any(|model| model.file_bytes.is_none()) {
        note("a model without a size: its file is not in the database; oddflow model import takes it in");
    }
    Ok(())
}

const TITLES: [&str; 8] =
    ["id", "role", "recipe", "baseline (UTC)", "rows", "budget, forecast", "incidents", "size"];

/// The line of a model.
fn row(known: &KnownModel) -> [String; 8] {
    let summary = summary(known);
    let day =
        |key: &str| summary[key].as_f64().map(|seconds| time(seconds).chars().take(16).collect::<String>());
    let span = match (day("first_ts"), day("last_ts")) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "unknown".into(),
    };
    let rate = |value: &Value| value.as_f64().map(number);
    let forecast = &summary["forecast"];
    let budget = match (rate(&summary["budget"]), rate(&forecast["expected"])) {
        (Some(budget), Some(expected)) => format!("{budget} a day, {expected}"),
        (Some(budget), None) => format!("{budget} a day, none"),
        _ => "-".into(),
    };
    [
        known.model.id.clone(),
        known.role.name().into(),
        visible(&known.model.recipe),
        span,
        summary["rows_read"].as_u64().map_or_else(|| "-".into(), thousands),
        budget,
        thousands(known.incidents_raised),
        known.file_bytes.map_or_else(|| "-".into(), megabytes),
    ]
}

fn columns([id, role, recipe, span, rows, budget, incidents, size]: [String; 8]) -> String {
    format!(
        "{id:<16}  {role:<7}  {recipe:<9}  {span:<36}  {rows:>9}  {budget:<18}  {incidents:>9}  {size:>9}"
    )
}

/// Bytes as people read them.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", number((bytes as f64 / 1e5).round() / 10.0))
}

/// What the database keeps of a model's training.
fn summary(known: &KnownModel) -> Value {
    serde_json::from_str(&known.model.summary).unwrap_or_default()
}

/// What happened, for people or for programs.
pub(super) fn history(arguments: &ModelHistoryArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let model = arguments.model.as_deref().map(|digits| find(&store, digits)).transpose()?;
    let events = store.model_history(model.as_deref())?;
    let mut output = Output::stdout();
    for event in &events {
        if arguments.json {
            write(&mut output, &ExportedEvent { version: VERSION, event })?;
            continue;
        }
        let undone = if event.is_undone { " (rolled back)" } else { "" };
        output.line(format_args!(
            "{}  {}  {}{undone}: {}",
            time(event.time),
            event.model,
            event.event.name(),
            visible(&event.reason)
        ))?;
    }
    output.finish()?;
    if events.is_empty() {
        note("nothing is known to have happened");
    }
    Ok(())
}

fn write(output: &mut Output, value: &impl Serialize) -> Result<(), Failure> {
    output.with(|writer| {
        serde_json::to_writer(&mut *writer, value)?;
        writer.write_all(b"\n")
    })
}
