//! `oddflow model show`: what a model is made of.

use std::collections::BTreeSet;

use oddflow_detector::behaviour::Model as BehaviourModel;
use oddflow_detector::classic::Model as ClassicModel;
use oddflow_detector::{Model, quantile_label};
use oddflow_store::Store;
use serde_json::{Value, json};

use super::VERSION;
use crate::arguments::ModelShowArguments;
use crate::drift;
use crate::failure::Failure;
use crate::models;
use crate::output::Output;
use crate::text::{self, a_day, counted, date, number, span, thousands, visible};

/// Test loss over training loss above which a model is to be mistrusted.
pub(crate) const OVER_FIT: f64 = 1.5;

/// For people, or one JSON object for programs.
pub(super) fn show(arguments: &ModelShowArguments) -> Result<(), Failure> {
    let model = match (&arguments.model, &arguments.db) {
        (Some(name), db) => models::named(name, db.as_deref())?,
        (None, Some(db)) => models::active(&Store::open_read_only(db)?)?,
        // clap asks for one of them.
        (None, None) => {
            return Err(Failure::usage("there is no model", "Name its file, or a database with --db."));
        }
    };
    let days = match &arguments.db {
        Some(db) => drift::lately(&Store::open_read_only(db)?, model.id())?,
        None => Vec::new(),
    };
    let mut output = Output::stdout();
    if arguments.json {
        let head = json!({
            "version": VERSION,
            "id": model.id(),
            "recipe": model.recipe().name(),
            "tool_version": model.tool(),
        });
        let (Value::Object(mut all), Value::Object(more)) = (head, summary(&model)) else { return Ok(()) };
        all.extend(more);
        if arguments.db.is_some() {
            all.insert("drift".into(), days.iter().map(drift::value).collect());
        }
        output.line(Value::Object(all))?;
    } else {
        print(&model, &mut output)?;
        for (place, day) in days.iter().enumerate() {
            let label = if place == 0 { "drift" } else { "" };
            output.line(format_args!("{label:<12}{}  {}", date(day.day), visible(&drift::line(day))))?;
        }
        let next = drift::Lately::of(&days).into_iter().map(|lately| lately.next);
        let next: BTreeSet<String> = next.filter(|next| !next.is_empty()).collect();
        next.iter().try_for_each(|next| output.line(format_args!("{:12}-> {}", "", visible(next))))?;
    }
    output.finish()
}

/// What a model was trained on and how well it does.
pub(crate) fn print(model: &Model, output: &mut Output) -> Result<(), Failure> {
    let manifest = model.manifest();
    let widths: Vec<_> = model.network().widths().iter().map(ToString::to_string).collect();
    output.line(format_args!("id          {}  ({}, {})", model.id(), model.recipe(), model.tool()))?;
    output.line(format_args!(
        "baseline    {} of {}, {}",
        counted(manifest.rows_read, "row"),
        counted(manifest.files.len() as u64, "log"),
        span(manifest.span())
    ))?;
    match model {
        Model::Classic(model) => classic(model, &widths.join("-"), output),
        Model::Behaviour(model) => behaviour(model, &widths.join("-"), output),
    }
}

fn behaviour(model: &BehaviourModel, widths: &str, output: &mut Output) -> Result<(), Failure> {
    let training = model.training();
    let [warm_up, fitted, calibrated] = training.rows.map(|rows| thousands(rows as u64));
    output.line(format_args!(
        "parts       {warm_up} to warm up, {fitted} fitted ({} sampled), {calibrated} to calibrate ({} h)",
        thousands(training.sample as u64),
        number(model.calibration_incidents().days * 24.0)
    ))?;
    output.line(format_args!("network     {widths}"))?;
    output.line(format_args!(
        "epochs      {}, loss {:.4}",
        training.losses.len(),
        training.losses.last().copied().unwrap_or_default()
    ))?;
    let budget = model.budget();
    output.line(format_args!(
        "budget      {}: threshold {}",
        a_day(budget),
        number(f64::from(model.calibration_incidents().threshold(budget)))
    ))?;
    match model.forecast(budget) {
        Some(forecast) => output.line(format_args!("forecast    {}", text::forecast(&forecast))),
        None => output.line("forecast    none: the calibration slice is too short to forecast"),
    }
}

fn classic(model: &ClassicModel, widths: &str, output: &mut Output) -> Result<(), Failure> {
    let training = model.training();
    let [learned, validated, tested] = training.rows.map(|rows| thousands(rows as u64));
    let losses = training.losses;
    output.line(format_args!(
        "parts       {learned} training, {validated} validation, {tested} test, split by {}",
        training.split
    ))?;
    output.line(format_args!("network     {widths}"))?;
    output.line(format_args!(
        "epochs      {}, the best was {}",
        training.epochs.len(),
        training.best_epoch
    ))?;
    output.line(format_args!(
        "loss        training {:.4}, validation {:.4}, test {:.4}; test/training {:.2}{}",
        losses.training,
        losses.validation,
        losses.test,
        losses.over_fit(),
        if losses.over_fit() > OVER_FIT {
            " (well above 1: the later traffic differs, or it is over-fitted)"
        } else {
            ""
        }
    ))?;
    let quantile = model.default_quantile();
    output.line(format_args!(
        "threshold   {} ({} of the test part)",
        number(model.threshold(quantile).unwrap_or_default()),
        quantile_label(quantile)
    ))
}

/// The same for programs, as the store keeps it.
pub(crate) fn summary(model: &Model) -> Value {
    let manifest = model.manifest();
    let mut summary = json!({
        "files": manifest.files.len(),
        "rows_read": manifest.rows_read,
        "rows_used": manifest.rows_used,
        "rows_unreadable": manifest.rows_unreadable,
        "first_ts": manifest.span().map(|span| span.0),
        "last_ts": manifest.span().map(|span| span.1),
    });
    let more = match model {
        Model::Classic(model) => {
            let training = model.training();
            json!({
                "split": training.split.name(),
                "seed": training.seed,
                "losses": training.losses,
                "thresholds": model.thresholds(),
                "default_quantile": model.default_quantile(),
            })
        }
        Model::Behaviour(model) => json!({
            "seed": model.training().seed,
            "budget": model.budget(),
            "threshold": model.calibration_incidents().threshold(model.budget()),
            "forecast": model.forecast(model.budget()),
        }),
    };
    if let (Value::Object(summary), Value::Object(more)) = (&mut summary, more) {
        summary.extend(more);
    }
    summary
}
