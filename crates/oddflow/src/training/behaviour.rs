//! Training a behaviour model: rows in their order, the audit, the fit, the forecast.

use std::ops::ControlFlow;
use std::path::Path;

use oddflow_autoencoder::Event;
use oddflow_detector::Manifest;
use oddflow_detector::behaviour::{
    Audit, Baseline, BaselineChunk, LEAST_ROWS, TrainOptions, Trained, extreme, train,
};
use oddflow_features::behaviour::{Field, Fields, LocalNetworks, column_name};
use oddflow_figures::{ErrorCounts, error_histogram, reconstruction, training_curve};
use zeek_filter::Filters;
use zeek_log::{Chunk, ConnRecord, LogFile, ReadOptions, Schema};

use super::Guard;
use super::baseline::{Append, LeftOut, Rows, check_memory, read_rows};
use crate::arguments::TrainArguments;
use crate::companions::{self, Companions, How};
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::interrupt;
use crate::output::note;
use crate::progress::Progress;
use crate::text::{self, counted, number, thousands};

/// Hours that a baseline needs to hold the whole daily cycle; a day's log seldom begins and ends to the minute.
const WHOLE_DAY: f64 = 23.5;

/// The options that were typed, and the recipe's defaults for the rest.
pub(crate) fn options(arguments: &TrainArguments, threads: usize) -> Result<TrainOptions, Failure> {
    let unfit = [
        ("--split", arguments.split.is_some()),
        ("--patience", arguments.patience.is_some()),
        ("--quantile", arguments.quantile.is_some()),
    ];
    if let Some((option, _)) = unfit.iter().find(|(_, given)| *given) {
        return Err(Failure::usage(
            format!("{option} has no meaning for the behaviour recipe"),
            "Leave it out, or train with --recipe classic.",
        ));
    }
    if arguments.batch == Some(0) || arguments.epochs == Some(0) {
        return Err(Failure::usage(
            "--batch and --epochs must be at least 1",
            "oddflow train --help lists the options and their defaults.",
        ));
    }
    let default = TrainOptions::default();
    Ok(TrainOptions {
        hidden: arguments.hidden.clone().unwrap_or(default.hidden),
        rate: arguments.rate.unwrap_or(default.rate),
        batch: arguments.batch.unwrap_or(default.batch),
        epochs: arguments.epochs.unwrap_or(default.epochs),
        budget: arguments.budget.unwrap_or(default.budget),
        no_addresses: arguments.no_addresses,
        seed: arguments.seed,
        threads,
        ..default
    })
}

/// Reads the rows to learn from. Returns them, what was read, and what was left out.
pub(crate) fn read_baseline(
    input: Input,
    memory: u64,
    seed: u64,
    local: LocalNetworks,
    exclude: &Filters,
    guard: &Guard,
    companions: Companions,
) -> Result<(Baseline, Manifest, LeftOut), Failure> {
    let mut baseline = Baseline::new(memory, seed, local);
    let reader = baseline.reader();
    let options = input.options.clone();
    let work = |chunk: &Chunk| {
        let (mut rows, mut excluded, mut guarded) = (BaselineChunk::default(), 0, 0);
        let mut schema: Option<(*const Schema, Fields)> = None;
        let mut reader = reader.clone();
        let report = chunk.conn_rows(&options, |record, row| {
            let known = schema.filter(|known| known.0 == std::ptr::from_ref(row.schema()));
            let absent = known.map_or_else(|| Fields::absent(row.schema(), row.is_json()), |known| known.1);
            if known.is_none() {
                schema = Some((std::ptr::from_ref(row.schema()), absent));
                reader.absent = absent;
                if !row.is_json() {
                    rows.columns(row.schema().columns.iter().map(|column| &*column.name));
                }
            }
            if exclude.matches(record) {
                excluded += 1;
            } else if guard.holds(record) {
                guarded += 1;
            } else {
                rows.add(&reader, record, absent);
            }
            ControlFlow::Continue(())
        });
        let span = rows.span();
        (Rows { rows, span, excluded, guarded }, report)
    };
    let threads = input.threads;
    let skips = |record: &ConnRecord<'_>| exclude.matches(record) || guard.holds(record);
    let mut into = Into { baseline: &mut baseline, companions, options: &options, skips: &skips, threads };
    let (manifest, left_out) = read_rows(input, &work, &mut into)?;
    let (rows, interim) = baseline.companion_rows();
    if rows > interim {
        let rows = counted((rows - interim) as u64, "row");
        note(format_args!("{rows} of dns, http, ssl and other logs joined by uid"));
    }
    if interim > 0 {
        note(format_args!("{} of open connections taken in", counted(interim as u64, "row")));
    }
    check_memory(baseline.kept() as u64, baseline.seen(), LEAST_ROWS as u64, "the latest")?;
    tell_absent("the baseline lacks", baseline.absent());
    let hours = baseline.seconds() / 3600.0;
    if hours < WHOLE_DAY && baseline.kept() > 0 {
        note(format_args!(
            "warning: the baseline covers {} hours. What other hours bring is new to the model: under a day expect several times \
             as many false incidents. Seven days make a good baseline.",
            number(hours)
        ));
    }
    Ok((baseline, manifest, left_out))
}

/// A baseline that takes the companions of each log before its rows.
struct Into<'b> {
    baseline: &'b mut Baseline,
    companions: Companions,
    options: &'b ReadOptions,
    /// Of which connections nothing is to be learnt.
    skips: &'b (dyn Fn(&ConnRecord<'_>) -> bool + Sync),
    threads: usize,
}

impl Append<BaselineChunk> for Into<'_> {
    fn begin(&mut self, log: &LogFile) {
        let mut companions = self.companions.take_named();
        companions.extend(self.companions.of(log));
        let reader = self.baseline.reader();
        let mut problems = ProblemReport::default();
        let baseline = &mut *self.baseline;
        let how = How { reader: &reader, skips: self.skips, threads: self.threads };
        companions::read_rows(&companions, &[], how, self.options, &mut problems, &mut |rows| {
            rows.for_each(|placed| baseline.take(placed.row));
            true
        });
        problems.tell();
    }

    fn append(&mut self, rows: BaselineChunk) {
        self.baseline.append(rows);
    }
}

/// Says which columns logs lack, and that their features are off.
pub(crate) fn tell_absent(who: &str, absent: Fields) {
    if !absent.is_empty() {
        let names: Vec<&str> = absent.iter().map(Field::name).collect();
        note(format_args!("{who} {}: the features made of them are off", names.join(", ")));
    }
}

/// Tells what in a baseline looks like an attack or a fault, with expressions that leave it out. Standard error, as it is no
/// result: the owner is to look at it before the model is believed.
pub(crate) fn audit(baseline: &Baseline) -> Result<(), Failure> {
    if baseline.flows().is_empty() {
        return Ok(());
    }
    let findings = Audit::of(baseline.flows(), baseline.book());
    if findings.is_empty() {
        note("audit: nothing in the baseline stands out");
        return Ok(());
    }
    note("audit: look at these before you believe the model; what is no normal traffic is better left out");
    for finding in &findings {
        let time = finding.span.map_or_else(String::new, |span| format!(" ({})", text::span(Some(span))));
        note(format_args!("  {:<8} {}{time}", finding.kind.name(), text::visible(&finding.words)));
        if let Some(filter) = &finding.filter {
            note(format_args!("           --exclude '{filter}'   {}", counted(finding.rows, "row")));
        }
    }
    Ok(())
}

/// Leaves out the most extreme rows; returns how many.
pub(crate) fn trim(baseline: &mut Baseline, options: &TrainOptions) -> Result<u64, Failure> {
    if baseline.kept() < LEAST_ROWS {
        return Ok(0);
    }
    let places = extreme(baseline, baseline.fit(), options)?;
    baseline.leave_out(&places);
    note(format_args!("{} trimmed as the most extreme", counted(places.len() as u64, "row")));
    Ok(places.len() as u64)
}

/// Trains, with progress and, where wanted, a table of the epochs.
pub(crate) fn learn(
    baseline: &Baseline,
    manifest: Manifest,
    options: &TrainOptions,
    per_epoch: bool,
) -> Result<Trained, Failure> {
    let progress = Progress::at_most("training", options.epochs as u64);
    if per_epoch {
        note("epoch    training");
    }
    let trained = train(baseline, manifest, options, &mut |event| {
        match event {
            Event::Progress { epoch, rows } => {
                progress.at(epoch as u64 - 1, format!("epoch {epoch}, {} rows", thousands(rows as u64)));
            }
            Event::Epoch(report) => {
                progress.at(
                    report.epoch as u64,
                    format!("epoch {}, loss {:.4}", report.epoch, report.training_loss),
                );
                if per_epoch {
                    note(format_args!("{:>5}  {:>10.6}", report.epoch, report.training_loss));
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
    training_curve(&model.training().losses).save(folder, "loss")?;
    if !trained.example.is_empty() {
        let scorer = model.scorer();
        let mut output = vec![0.0; trained.example.len()];
        scorer.network().reconstruct(&trained.example, &mut output);
        let names: Vec<String> = (0..output.len()).map(column_name).collect();
        reconstruction(&names, &trained.example, &output, "A median row of the baseline")?
            .save(folder, "reconstruction")?;
    }
    let threshold = oddflow_detector::quantile(&trained.errors, 0.99);
    let mut counts = ErrorCounts::new(threshold);
    trained.errors.iter().for_each(|&error| counts.add(error));
    error_histogram(&counts, "99th percentile", "error, sum over columns").save(folder, "errors")?;
    Ok(())
}
