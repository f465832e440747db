//! `oddflow train`: learn what is normal.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use oddflow_autoencoder::Event;
use oddflow_detector::{
    Baseline, BaselineChunk, LEAST_ROWS, Manifest, ManifestFile, Model, ModelFileError, Split, TrainOptions,
    Trained, quantile_label, train,
};
use oddflow_figures::{ErrorCounts, error_histogram, loss_curve, reconstruction};
use zeek_log::{Chunk, ChunkReport, LogIdentity, Part, Planned, Position, read_parallel};

use crate::arguments::{SplitChoice, TrainArguments};
use crate::failure::Failure;
use crate::input::{Input, ProblemReport, distinct};
use crate::interrupt;
use crate::output::{Output, note};
use crate::progress::Progress;
use crate::text::{counted, number, shell, span, thousands};

pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Failure> {
    let input = Input::find(&arguments.input, false)?;
    input.check_not_among(&arguments.output)?;
    check_writable(&arguments.output)?;
    interrupt::listen();
    let threads = input.threads;
    let (baseline, manifest) = read_baseline(input, arguments.memory, arguments.seed)?;
    if (baseline.kept() as u64) < LEAST_ROWS && baseline.seen() >= LEAST_ROWS {
        return Err(Failure::usage(
            format!(
                "--memory holds {}, and at least {LEAST_ROWS} are needed",
                counted(baseline.kept() as u64, "row")
            ),
            "Give more, such as --memory 64MiB.",
        ));
    }
    if (baseline.kept() as u64) < baseline.seen() {
        note(format_args!(
            "{} are more than --memory holds: training on a random sample of {}",
            counted(baseline.seen(), "row"),
            counted(baseline.kept() as u64, "row"),
        ));
    }
    let options = TrainOptions {
        recipe: arguments.recipe,
        split: match arguments.split {
            SplitChoice::Time => Split::Time,
            SplitChoice::Random => Split::Random,
        },
        hidden: arguments.hidden.clone(),
        rate: arguments.rate,
        batch: arguments.batch,
        epochs: arguments.epochs,
        patience: arguments.patience,
        seed: arguments.seed,
        quantile: arguments.quantile,
        threads,
        ..TrainOptions::default()
    };
    let trained = learn(baseline, manifest, &options, arguments.per_epoch)?;
    trained.model.write(&arguments.output)?;
    let figures = match (&arguments.figures, arguments.no_figures) {
        (_, true) => None,
        (Some(folder), false) => Some(folder.clone()),
        (None, false) => Some(figures_beside(&arguments.output)),
    };
    if let Some(folder) = &figures {
        draw(&trained, folder)?;
    }
    tell(&trained, &arguments.output, figures.as_deref())
}

/// Fails now rather than after the training.
fn check_writable(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| Failure::output(&path.display().to_string(), &error);
    if path.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    // Whatever else lies there, a log above all, isn't to be lost to a slip of the fingers.
    if path.exists() && matches!(Model::read(path), Err(ModelFileError::NotAModel { .. })) {
        return Err(Failure::usage(
            format!("{} exists and is not a model", path.display()),
            "Name another file with -o, or delete this one first.",
        ));
    }
    tempfile::tempfile_in(folder).map(|_| ()).map_err(failed)
}

/// The folder for the figures of a model: `home.model` gives `home-figures`.
fn figures_beside(model: &Path) -> PathBuf {
    let mut name = model.file_stem().unwrap_or_default().to_owned();
    name.push("-figures");
    model.with_file_name(name)
}

/// Reads the rows to learn from.
pub(crate) fn read_baseline(input: Input, memory: u64, seed: u64) -> Result<(Baseline, Manifest), Failure> {
    let mut progress = Progress::reading("reading", input.size());
    let Input { logs, left_out, options, threads, strict } = input;
    let mut baseline = Baseline::new(memory, seed);
    let mut files: Vec<ManifestFile> = Vec::new();
    let mut problems = ProblemReport::starting(left_out);
    let work = |chunk: &Chunk| {
        let mut rows = BaselineChunk::default();
        let report = chunk.conn_rows(&options, |record, _| {
            rows.add(record);
            ControlFlow::Continue(())
        });
        (rows, report)
    };
    let mut take =
        |entry: &mut ManifestFile, last: bool, rows: &BaselineChunk, report: &ChunkReport, size| {
            problems.add(&entry.name, &report.problems, strict)?;
            problems.add_other_rows(report.other_rows);
            baseline.append(rows);
            entry.rows += report.rows;
            entry.span = match (entry.span, rows.span()) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (a, b) => a.or(b),
            };
            progress.rows(report.rows, if last { size } else { 0 });
            Ok::<(), Failure>(())
        };
    let mut failure = None;
    let mut lost = Vec::new();
    let mut ends: HashMap<LogIdentity, Position> = HashMap::new();
    let mut left = logs;
    while !left.is_empty() && failure.is_none() && !interrupt::requested() {
        let (now, later) = distinct(left);
        left = later;
        let plan: Vec<Planned> = now
            .into_iter()
            .map(|(log, head)| {
                let from = head.identity.as_ref().and_then(|identity| ends.get(identity)).copied();
                Planned { log, head, from: from.unwrap_or_default() }
            })
            .collect();
        let first = files.len();
        files.extend(plan.iter().map(|planned| ManifestFile {
            name: planned.log.name().into(),
            rows: 0,
            span: None,
        }));
        read_parallel(&plan, &options, threads, work, |file, read| {
            let planned = &plan[file];
            let taken = match read {
                Ok(Part { last, value: (rows, report) }) => {
                    if let Some(identity) = &planned.head.identity {
                        let end = ends.entry(identity.clone()).or_default();
                        *end = report.end.max(*end);
                    }
                    take(&mut files[first + file], last, &rows, &report, planned.log.size().unwrap_or(0))
                }
                Err(error) => {
                    lost.push(error);
                    Ok(())
                }
            };
            match taken {
                Ok(()) => interrupt::check(),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
    }
    drop(progress);
    if let Some(failure) = failure {
        return Err(failure);
    }
    if interrupt::requested() {
        return Err(Failure::interrupted("No model was written."));
    }
    lost.into_iter().try_for_each(|error| problems.add_lost(error, strict))?;
    problems.tell();
    let manifest = Manifest {
        rows_read: files.iter().map(|file| file.rows).sum(),
        rows_used: 0,
        rows_unreadable: problems.total(),
        files,
    };
    note(format_args!(
        "{} of {} read, {}",
        counted(manifest.rows_read, "row"),
        counted(manifest.files.len() as u64, "log"),
        span(manifest.span())
    ));
    Ok((baseline, manifest))
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
                let loss = format!("epoch {}, validation loss {:.4}", report.epoch, report.validation_loss);
                progress.at(report.epoch as u64, loss);
                if per_epoch {
                    let mark = if report.improved { "  best" } else { "" };
                    note(format_args!(
                        "{:>5}  {:>10.6}  {:>10.6}{mark}",
                        report.epoch, report.training_loss, report.validation_loss
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
    error_histogram(&counts, &quantile_label(quantile)).save(folder, "errors")?;
    Ok(())
}

fn tell(trained: &Trained, path: &Path, figures: Option<&Path>) -> Result<(), Failure> {
    let model = &trained.model;
    let mut output = Output::stdout();
    super::model::print(model, &mut output)?;
    output.line("")?;
    output.line(format_args!("model    {}", path.display()))?;
    if let Some(folder) = figures {
        output.line(format_args!("figures  {}", folder.display()))?;
    }
    if model.training().losses.over_fit() > super::model::OVER_FIT {
        output.line(
            "advice   learn from more days: the latest traffic here differs much from the traffic before",
        )?;
    }
    let name = shell(&path.display().to_string());
    output.line(format_args!("next     oddflow detect LOGS -m {name} --db alerts.db"))?;
    output.finish()
}
