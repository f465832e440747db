//! Training a classic model: rows in bounded memory, a split, early stopping.

use std::ops::ControlFlow;
use std::path::Path;

use oddflow_autoencoder::Event;
use oddflow_detector::classic::{Baseline, BaselineChunk, LEAST_ROWS, Split, TrainOptions, Trained, train};
use oddflow_detector::{Manifest, quantile_label};
use oddflow_figures::{ErrorCounts, error_histogram, loss_curve, reconstruction};
use zeek_filter::Filters;
use zeek_log::Chunk;

use super::Guard;
use super::baseline::{Append, Rows, check_memory, read_rows};
use crate::arguments::{SplitChoice, TrainArguments};
use crate::failure::Failure;
use crate::input::Input;
use crate::interrupt;
use crate::output::note;
use crate::progress::Progress;
use crate::text::{number, thousands};

/// The options that were typed, and the recipe's defaults for the rest.
pub(crate) fn options(arguments: &TrainArguments, threads: usize) -> Result<TrainOptions, Failure> {
    let unfit = [
        ("--budget", arguments.budget.is_some()),
        ("--trim", arguments.trim),
        ("--local-net", !arguments.local_net.is_empty()),
        ("--no-addresses", arguments.no_addresses),
    ];
    if let Some((option, _)) = unfit.iter().find(|(_, given)| *given) {
        return Err(Failure::usage(
            format!("{option} has no meaning for the classic recipe"),
            "Leave it out, or train with --recipe behaviour.",
        ));
    }
    let default = TrainOptions::default();
    Ok(TrainOptions {
        split: match arguments.split {
            Some(SplitChoice::Random) => Split::Random,
            _ => Split::Time,
        },
        hidden: arguments.hidden.clone().unwrap_or(default.hidden),
        rate: arguments.rate.unwrap_or(default.rate),
        batch: arguments.batch.unwrap_or(default.batch),
        epochs: arguments.epochs.unwrap_or(default.epochs),
        patience: arguments.patience.unwrap_or(default.patience),
        quantile: arguments.quantile.unwrap_or(default.quantile),
        seed: arguments.seed,
        threads,
        tool: default.tool,
    })
}

/// Reads the rows to learn from.
pub(crate) fn read_baseline(
    input: Input,
    memory: u64,
    seed: u64,
    exclude: &Filters,
    guard: &Guard,
) -> Result<(Baseline, Manifest), Failure> {
    let mut baseline = Baseline::new(memory, seed);
    let options = input.options.clone();
    let work = |chunk: &Chunk| {
        let (mut rows, mut excluded, mut guarded) = (BaselineChunk::default(), 0, 0);
        let report = chunk.conn_rows(&options, |record, _| {
            if exclude.matches(record) {
                excluded += 1;
            } else if guard.holds(record) {
                guarded += 1;
            } else {
                rows.add(record);
            }
            ControlFlow::Continue(())
        });
        let span = rows.span();
        (Rows { rows, span, excluded, guarded }, report)
    };
    let (manifest, _) = read_rows(input, &work, &mut Into(&mut baseline))?;
    check_memory(baseline.kept() as u64, baseline.seen(), LEAST_ROWS, "a random sample of")?;
    Ok((baseline, manifest))
}

struct Into<'b>(&'b mut Baseline);

impl Append<BaselineChunk> for Into<'_> {
    fn append(&mut self, rows: BaselineChunk) {
        self.0.append(&rows);
    }
}

/// Trains, with progress and, where wanted, a table of the epochs.
pub(crate) fn learn(
    baseline: Baseline,
    manifest: Manifest,
    options: &TrainOptions,
    per_epoch: bool,
) -> Result<Trained, Failure> {
    let rows = baseline.kept() as u64;
    let progress = Progress::at_most("training", options.epochs as u64);
    if per_epoch {
        note("epoch    training  validation");
    }
    let trained = train(baseline, manifest, options, &mut |event| {
        match event {
            Event::Progress { epoch, rows: done } => {
                let all = (epoch as u64 - 1) * (rows * 27 / 40) + done as u64;
                progress
                    .at(epoch as u64 - 1, format!("epoch {epoch}, {} rows/s", thousands(progress.rate(all))));
            }
            Event::Epoch(report) => {
                let validation = report.validation_loss.unwrap_or_default();
                let loss = format!("epoch {}, validation loss {validation:.4}", report.epoch);
                progress.at(report.epoch as u64, loss);
                if per_epoch {
                    let mark = if report.improved { "  best" } else { "" };
                    note(format_args!(
                        "{:>5}  {:>10.6}  {validation:>10.6}{mark}",
                        report.epoch, report.training_loss
                    ));
                }
            }
        }
        interrupt::check()
    })?;
    drop(progress);
    // A model of a training that was cut short isn't what was asked for.
    if interrupt::requested() {
        return Err(Failure::interrupted("No model was written."));
    }
    Ok(trained)
}

/// Draws the three figures of a training.
pub(crate) fn draw(trained: &Trained, folder: &Path) -> Result<(), Failure> {
    let model = &trained.model;
    let training = model.training();
    loss_curve(&training.epochs, training.best_epoch).save(folder, "loss")?;
    let example = &trained.example;
    let title = format!("A median row of the test part, error {}", number(f64::from(example.error)));
    reconstruction(model.encoder().columns(), &example.input, &example.output, &title)?
        .save(folder, "reconstruction")?;
    let quantile = model.default_quantile();
    let mut counts = ErrorCounts::new(model.threshold(quantile).unwrap_or_default());
    trained.errors.iter().for_each(|&error| counts.add(error));
    error_histogram(&counts, &quantile_label(quantile), "mean squared error").save(folder, "errors")?;
    Ok(())
}
