//! `oddflow model`: what a model is made of.

use oddflow_detector::{Model, quantile_label};
use serde_json::{Value, json};

use crate::arguments::{ModelArguments, ModelCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::text::{counted, number, span, thousands};

/// Test loss over training loss above which a model is to be mistrusted.
pub(crate) const OVER_FIT: f64 = 1.5;

pub(crate) fn run(arguments: &ModelArguments) -> Result<(), Failure> {
    let ModelCommand::Show(show) = &arguments.command;
    let model = Model::read(&show.model)?;
    let mut output = Output::stdout();
    print(&model, &mut output)?;
    output.finish()
}

/// What a model was trained on and how well it does.
pub(crate) fn print(model: &Model, output: &mut Output) -> Result<(), Failure> {
    let (training, manifest) = (model.training(), model.manifest());
    let widths: Vec<_> = model.network().widths().iter().map(ToString::to_string).collect();
    let [learned, validated, tested] = training.rows.map(|rows| thousands(rows as u64));
    let losses = training.losses;
    output.line(format_args!("id          {}  ({}, {})", model.id(), model.recipe(), model.tool()))?;
    output.line(format_args!(
        "baseline    {} of {}, {}",
        counted(manifest.rows_read, "row"),
        counted(manifest.files.len() as u64, "log"),
        span(manifest.span())
    ))?;
    output.line(format_args!(
        "parts       {learned} training, {validated} validation, {tested} test, split by {}",
        training.split
    ))?;
    output.line(format_args!("network     {}", widths.join("-")))?;
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
    let (training, manifest) = (model.training(), model.manifest());
    json!({
        "files": manifest.files.len(),
        "rows_read": manifest.rows_read,
        "rows_used": manifest.rows_used,
        "rows_unreadable": manifest.rows_unreadable,
        "first_ts": manifest.span().map(|span| span.0),
        "last_ts": manifest.span().map(|span| span.1),
        "split": training.split.name(),
        "seed": training.seed,
        "losses": training.losses,
        "thresholds": model.thresholds(),
        "default_quantile": model.default_quantile(),
    })
}
