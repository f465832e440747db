//! `oddflow detect`: score logs, flag the odd rows, keep them.

use std::path::Path;

use oddflow_detector::Model;
use oddflow_detector::behaviour::{Model as BehaviourModel, States, Verdict};
use oddflow_detector::classic::{Detector, Model as ClassicModel};
use oddflow_store::{KnownModel, ModelEvent, Store};
use zeek_log::write::Format;

use crate::arguments::{DetectArguments, FormatChoice};
use crate::companions::Companions;
use crate::detection::behaviour::{BehaviourOutcome, BehaviourRun, Drifted, Limits};
use crate::detection::{DetectionRun, Outcome, ScoredLog, Threshold};
use crate::failure::Failure;
use crate::filter::filters;
use crate::input::{Input, differ};
use crate::interrupt;
use crate::memory;
use crate::models;
use crate::output::{Output, note};
use crate::text::{self, counted, number, shell, span, thousands};
use crate::training::behaviour::tell_absent;

/// Percent of flagged rows above which the model doesn't fit.
const FAR_TOO_MUCH: f64 = 10.0;

pub(crate) fn run(arguments: &DetectArguments) -> Result<(), Failure> {
    memory::one_pool();
    let (mut model, bytes) = match (&arguments.model, &arguments.db) {
        (Some(model), Some(_)) => Model::read_with_bytes(model).map(|(model, bytes)| (model, Some(bytes)))?,
        (Some(model), None) => (Model::read(model)?, None),
        // clap asks for one of them.
        (None, db) => {
            (models::active(&Store::open_read_only(db.as_deref().unwrap_or(Path::new("")))?)?, None)
        }
    };
    // Gone once they have been read: they are most of the model.
    let states = match &mut model {
        Model::Classic(_) => States::default(),
        Model::Behaviour(model) => model.take_states(),
    };
    let exclude = filters(&arguments.exclude)?;
    let threshold = match &model {
        Model::Classic(model) => threshold(arguments, model)?,
        Model::Behaviour(_) => no_threshold(arguments)?,
    };
    let input = Input::find(&arguments.input, arguments.db.is_some())?;
    if matches!(threshold, Threshold::Top(_)) && input.logs.iter().any(|(log, _)| log.is_pipe()) {
        return Err(Failure::usage(
            "--flag-top has to read a log twice, and a pipe can be read only once",
            "Write it to a file first, or use the model's threshold.",
        ));
    }
    if let Some(output) = arguments.output.as_deref().filter(|output| *output != Path::new("-")) {
        input.check_not_among(output)?;
        if let Some(model) = &arguments.model {
            differ(output, model, "the model")?;
        }
        if let Some(db) = &arguments.db {
            differ(output, db, "the database")?;
        }
    }
    let mut store = arguments.db.as_deref().map(Store::open).transpose()?;
    if let Some(store) = &mut store {
        take_in(store, &model, bytes.as_deref(), arguments.model.as_deref())?;
    }
    drop(bytes);
    let mut scored = match &arguments.output {
        Some(path) => {
            // Beside a database only new rows are written, so those of earlier runs stay.
            let output = if store.is_some() { Output::append(path)? } else { Output::create(path)? };
            Some(ScoredLog::new(output, format(arguments.format), model.id()))
        }
        None => None,
    };
    interrupt::listen();
    let told = match &model {
        Model::Classic(model) => {
            let detector = Detector::new(model);
            let run = DetectionRun::new(model, &detector, threshold, store.as_mut(), scored.as_mut());
            Told::Classic(run.run(input)?)
        }
        Model::Behaviour(model) => {
            let budget = arguments.budget.unwrap_or(model.budget());
            let arguments = &arguments.companions;
            let companions = Companions::find(&arguments.with, arguments.conn_only, &input.options)?;
            let run = BehaviourRun::new(
                (model, "", Limits::USUAL),
                &states,
                budget,
                store.as_mut(),
                scored.as_mut(),
                companions,
            )?;
            // Tens of megabytes that are of no more use.
            drop(states);
            Told::Behaviour(Box::new(run.run(input, &exclude)?))
        }
    };
    match scored.map_or(Ok(()), ScoredLog::finish) {
        Err(failure) if !(failure.is_broken_pipe() && store.is_some()) => return Err(failure),
        _ => {}
    }
    let (interrupted, problems) = match (&told, &model) {
        (Told::Classic(outcome), _) => {
            tell(arguments, &model, threshold, outcome);
            (outcome.interrupted, &outcome.problems)
        }
        (Told::Behaviour(outcome), Model::Behaviour(behaviour)) => {
            tell_incidents(arguments, behaviour, outcome);
            (outcome.interrupted, &outcome.problems)
        }
        (Told::Behaviour(outcome), Model::Classic(_)) => (outcome.interrupted, &outcome.problems),
    };
    if interrupted {
        return Err(Failure::interrupted(match arguments.db {
            Some(_) => "What was read is stored; the same command goes on from here.",
            None => "The scored rows end here.",
        }));
    }
    problems.check()
}

/// What a run came to, by recipe.
enum Told {
    Classic(Outcome),
    Behaviour(Box<BehaviourOutcome>),
}

/// Refuses what has a meaning for classic models alone.
fn no_threshold(arguments: &DetectArguments) -> Result<Threshold, Failure> {
    let unfit = [("--flag-top", arguments.flag_top.is_some()), ("--quantile", arguments.quantile.is_some())];
    match unfit.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::usage(
            format!("{option} is for models of the classic recipe, and this one is of the behaviour recipe"),
            "Use --budget to say how many incidents a day you want, or train with --recipe classic.",
        )),
        None => Ok(Threshold::Fixed(0.0)),
    }
}

/// A model as a store knows it.
pub(crate) fn entry(model: &Model) -> oddflow_store::Model {
    oddflow_store::Model {
        id: model.id().into(),
        recipe: model.recipe().name().into(),
        tool_version: model.tool().into(),
        summary: super::model::summary(model).to_string(),
        threshold: match model {
            Model::Classic(model) => model.threshold(model.default_quantile()).unwrap_or_default(),
            Model::Behaviour(model) => f64::from(model.calibration_incidents().threshold(model.budget())),
        },
    }
}

/// Enters a model into a database, so that alerts can refer to it; and with its file where the database goes by no model yet: so it
/// can be looked at beside what it finds. The first one that can be watched with is gone by from then on.
fn take_in(
    store: &mut Store,
    model: &Model,
    bytes: Option<&[u8]>,
    file: Option<&Path>,
) -> Result<(), Failure> {
    // A state is written with the first rows; until then it is the model's own.
    store.register_model(&entry(model))?;
    let (Some(bytes), Some(file)) = (bytes, file) else { return Ok(()) };
    let has_file = |known: KnownModel| known.file_bytes.is_some();
    if store.active_model()?.is_some() || store.known_model(model.id())?.is_some_and(has_file) {
        return Ok(());
    }
    let now = super::suppress::now();
    let mut batch = store.begin()?;
    models::import(
        &mut batch,
        model,
        bytes,
        (now, ModelEvent::Imported, &format!("from {}", file.display())),
    )?;
    if matches!(model, Model::Behaviour(_)) {
        batch.activate(model.id(), now, "the first one of this database")?;
    }
    batch.commit()?;
    Ok(())
}

fn threshold(arguments: &DetectArguments, model: &ClassicModel) -> Result<Threshold, Failure> {
    if arguments.budget.is_some() || !arguments.exclude.is_empty() {
        return Err(Failure::usage(
            "--budget and --exclude are for models of the behaviour recipe, and this one is of the classic recipe",
            "Use --quantile or --flag-top, or train with --recipe behaviour.",
        ));
    }
    if let Some(share) = arguments.flag_top {
        return Ok(Threshold::Top(share));
    }
    let quantile = arguments.quantile.unwrap_or(model.default_quantile());
    if !(0.0..1.0).contains(&quantile) {
        return Err(Failure::usage(
            format!("the quantile {quantile} is not between 0 and 1"),
            "Give a share such as --quantile 0.999.",
        ));
    }
    model.threshold(quantile).map(Threshold::Fixed).ok_or_else(|| {
        let kept: Vec<_> = model.thresholds().iter().map(|(quantile, _)| quantile.to_string()).collect();
        Failure::usage(
            format!("the model keeps no threshold for the quantile {quantile}"),
            format!("It keeps {}; for another one train with --quantile {quantile}.", kept.join(", ")),
        )
    })
}

fn format(choice: FormatChoice) -> Format {
    match choice {
        FormatChoice::Tsv => Format::Tsv,
        FormatChoice::Json => Format::Json,
    }
}

fn tell(arguments: &DetectArguments, model: &Model, threshold: Threshold, outcome: &Outcome) {
    outcome.problems.tell();
    let Outcome { logs_read, logs_known, rows, flagged, .. } = outcome;
    if *logs_known > 0 && *logs_read == 0 && *rows == 0 && arguments.db.is_some() {
        note(format_args!(
            "nothing new: the model {} has read {} to the end before",
            model.id(),
            if *logs_known == 1 {
                "this log".into()
            } else {
                format!("these {}", counted(*logs_known, "log"))
            },
        ));
        return;
    }
    note(format_args!(
        "{} of {} scored, {}",
        counted(*rows, "row"),
        counted(*logs_read, "log"),
        span(outcome.span)
    ));
    if *logs_known > 0 && arguments.db.is_some() {
        note(format_args!("{} had nothing new", counted(*logs_known, "log")));
    }
    let above = match threshold {
        Threshold::Fixed(threshold) => format!("above {}", number(threshold)),
        Threshold::Top(share) => format!("the top {}% of each log", number(share * 100.0)),
    };
    let share = if *rows > 0 { *flagged as f64 / *rows as f64 * 100.0 } else { 0.0 };
    note(format_args!(
        "{} flagged ({}%, {above}), model {}",
        counted(*flagged, "row"),
        number(share),
        model.id()
    ));
    if matches!(threshold, Threshold::Fixed(_)) && share > FAR_TOO_MUCH {
        note(
            "that is far more than a threshold should let through: is this the network, and the time, of the baseline?",
        );
    }
    if let Some(db) = arguments.db.as_ref().filter(|_| *flagged > 0) {
        note(format_args!(
            "look at them with: oddflow alerts list --db {} -n 20",
            shell(&db.display().to_string())
        ));
    }
}

/// Says what a run with a behaviour model came to.
fn tell_incidents(arguments: &DetectArguments, model: &BehaviourModel, outcome: &BehaviourOutcome) {
    outcome.problems.tell();
    tell_absent("these logs lack", outcome.absent);
    let BehaviourOutcome { logs_read, logs_known, rows, .. } = outcome;
    if *logs_known > 0 && *logs_read == 0 && *rows == 0 && arguments.db.is_some() {
        note(format_args!("nothing new: the model {} has read these logs to the end before", model.id()));
        return;
    }
    note(format_args!(
        "{} of {} scored, {}",
        counted(*rows, "row"),
        counted(*logs_read, "log"),
        span(outcome.span)
    ));
    if *logs_known > 0 && arguments.db.is_some() {
        note(format_args!("{} had nothing new", counted(*logs_known, "log")));
    }
    let joined = outcome.companions - outcome.interim;
    if joined > 0 {
        note(format_args!("{} of dns, http, ssl and other logs joined by uid", counted(joined, "row")));
    }
    if outcome.interim > 0 {
        note(format_args!("{} of open connections taken in", counted(outcome.interim, "row")));
    }
    for kind in &outcome.silent {
        note(format_args!("warning: {}.log stopped arriving: nothing of it counts any more", kind.path()));
    }
    if model.has_companions() && joined == 0 {
        note(
            "warning: the model knows dns, http, ssl or other logs, and there are none here: nothing of them counts",
        );
    }
    if outcome.excluded > 0 {
        note(format_args!("{} left out by --exclude", counted(outcome.excluded, "row")));
    }
    let evicted = outcome.evicted.total();
    if evicted > 0 {
        note(format_args!(
            "the memory of hosts and services was full: the {} used longest ago forgotten",
            if evicted == 1 { "one entry".into() } else { format!("{} entries", thousands(evicted)) }
        ));
    }
    if outcome.forgotten > 0 {
        note(format_args!(
            "{} of odd rows forgotten, too many were open",
            counted(outcome.forgotten, "group")
        ));
    }
    let budget = arguments.budget.unwrap_or(model.budget());
    let days = outcome.span.map_or(0.0, |(first, last)| (last - first) / 86_400.0);
    let rate = if days >= 0.25 {
        format!(" ({} a day)", number(outcome.raised as f64 / days))
    } else {
        String::new()
    };
    note(format_args!(
        "{} raised{rate}, of {}, model {}",
        counted(outcome.raised, "incident"),
        counted(outcome.flagged, "row"),
        model.id()
    ));
    if outcome.over_budget > 0 {
        note(format_args!(
            "{} more over the budget of {} a day, stored and marked as such",
            counted(outcome.over_budget, "incident"),
            number(budget)
        ));
    }
    if outcome.suppressed > 0 {
        note(format_args!(
            "{} hidden by rules: oddflow incidents list --suppressed",
            counted(outcome.suppressed, "incident")
        ));
    }
    note(forecast(model, budget));
    tell_drift(arguments, model, outcome);
    if let Some(db) = arguments.db.as_ref().filter(|_| outcome.raised > 0) {
        note(format_args!(
            "look at them with: oddflow incidents list --db {}",
            shell(&db.display().to_string())
        ));
    }
}

/// Says whether days were unlike the baseline.
fn tell_drift(arguments: &DetectArguments, model: &BehaviourModel, outcome: &BehaviourOutcome) {
    let Some(db) = &arguments.db else { return };
    if model.drift().is_none() {
        note("the model has nothing to compare days with: train it anew to see drift");
        return;
    }
    let changed = |drifted: &&Drifted| matches!(drifted.day.verdict, Verdict::Host | Verdict::Network);
    let many = outcome.drifted.iter().filter(changed).count();
    if many > 0 {
        note(format_args!(
            "{many} of {} not like the baseline: oddflow drift --db {}",
            counted(outcome.drifted.len() as u64, "day"),
            shell(&db.display().to_string())
        ));
    }
}

/// The forecast at a budget, in words.
pub(crate) fn forecast(model: &BehaviourModel, budget: f64) -> String {
    match model.forecast(budget) {
        None => "forecast: the calibration slice of the baseline is too short to forecast from".into(),
        Some(forecast) => format!(
            "forecast for such a network: {}, at a budget of {}",
            text::forecast(&forecast),
            number(budget)
        ),
    }
}
