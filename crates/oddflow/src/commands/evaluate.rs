//! `oddflow evaluate`: how good is it, on labelled logs or on the owner's own?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oddflow_detector::behaviour::TrainOptions;
use oddflow_detector::{Manifest, Model};
use oddflow_evaluate::{Labels, days_covered};
use oddflow_features::Recipe;
use oddflow_features::behaviour::{Flow, LocalNetworks};
use serde::Serialize;
use zeek_filter::Filters;

use crate::arguments::{EvaluateArguments, InputArguments};
use crate::companions::Companions;
use crate::evaluation::{
    Classic, MEMORY, OwnReport, PlantedCampaign, Report, Rivals, Subject, Task, TestRows, Watch, draw, mean,
    read_own, read_test, tell_labels, write_own, write_report, write_scores,
};
use crate::failure::Failure;
use crate::filter::filters;
use crate::input::Input;
use crate::interrupt;
use crate::output::{Output, note};
use crate::progress::Progress;
use crate::text::number;
use crate::training::Guard;
use crate::training::behaviour::{self, tell_absent};

/// Version of oddflow in reports.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Hours that a baseline needs to hold the whole daily cycle.
const WHOLE_DAY: f64 = 24.0;

pub(crate) fn run(arguments: &EvaluateArguments) -> Result<(), Failure> {
    let exclude = filters(&arguments.exclude)?;
    let local = LocalNetworks(arguments.local_net.clone());
    if arguments.inject.is_empty() {
        judge(arguments, local, &exclude)
    } else {
        plant(arguments, &local, &exclude)
    }
}

/// Judges a detector by labelled logs, and others beside it.
fn judge(arguments: &EvaluateArguments, local: LocalNetworks, exclude: &Filters) -> Result<(), Failure> {
    let Some(labels) = &arguments.labels else {
        return Err(Failure::usage("there are no labels to judge by", "Name them with --labels FILE."));
    };
    let labels = Labels::read(labels)?;
    let test = find(arguments, &arguments.test)?;
    let mut output = create(arguments, arguments.output.as_deref().unwrap_or(Path::new("-")), &test)?;
    let scores = arguments.scores.as_deref().map(|path| create(arguments, path, &test)).transpose()?;
    let learners = Learners::find(arguments)?;
    interrupt::listen();

    let Learnt { subject, classic, rivals } = learners.learn(arguments, &local, exclude)?;
    let (behaviour, classic, local) = match &subject {
        // A model knows its local networks itself.
        Subject::Behaviour(model) => {
            let local = if local.0.is_empty() { model.reader(model.absent()).local } else { local };
            (Some(&**model), classic.as_ref().map(|classic| (&classic.model, classic.threshold)), local)
        }
        Subject::Classic(model, threshold) => (None, Some((&**model, *threshold)), local),
    };
    let budget = arguments.budget;
    let task = Task {
        labels: &labels,
        behaviour,
        classic,
        budget,
        local: &local,
        exclude,
        companions: &arguments.companions,
        names: scores.is_some(),
    };
    let test = read_test(test, &task)?;
    test.problems.tell();
    tell_absent("the test lacks", test.absent);
    tell_labels(&test.join);

    let mut judged = Vec::new();
    let (behaviour, observed) =
        test.behaviour.map_or((None, None), |(judged, observed)| (Some(judged), Some(observed)));
    judged.extend(behaviour);
    judged.extend(test.classic);
    judged.extend(rivals.iter().flat_map(|rivals| rivals.judge(&test.simple)));
    let Some((first, others)) = judged.split_first() else { return Ok(()) };
    let report = Report {
        version: VERSION,
        recipe: first.name,
        model: subject.id().into(),
        seed: arguments.seed,
        rows: test.rows.ends.len() as u64,
        days: days_covered(test.rows.ends.iter().copied()),
        budget,
        figures: first.figures(&test.rows, budget),
        forecast: match &subject {
            Subject::Behaviour(model) => model.forecast(budget),
            Subject::Classic(..) => None,
        },
        observed,
        labels: (&test.join).into(),
        baselines: others
            .iter()
            .map(|other| (other.name, other.figures(&test.rows, budget)))
            .collect::<BTreeMap<_, _>>(),
    };
    if let Some(scores) = scores {
        write_scores(scores, &test.names, first, &test.rows)?;
    }
    if let Some(folder) = &arguments.figures {
        draw(&judged.iter().collect::<Vec<_>>(), &test.rows, folder)?;
    }
    if arguments.json {
        json(&report, &mut output)?;
    } else {
        write_report(&report, &mut output)?;
    }
    output.finish()?;
    test.problems.check()
}

/// Plants attacks in the owner's own traffic and says which would have been caught.
fn plant(arguments: &EvaluateArguments, local: &LocalNetworks, exclude: &Filters) -> Result<(), Failure> {
    let input = find(arguments, &arguments.inject)?;
    let mut output = create(arguments, arguments.output.as_deref().unwrap_or(Path::new("-")), &input)?;
    interrupt::listen();
    let (threads, budget, seed) = (input.threads, arguments.budget, arguments.seed);
    let own = read_own(input, local, exclude, seed)?;
    own.problems.tell();
    let hours = own.baseline.seconds() / 3600.0;
    if hours < WHOLE_DAY {
        note(format_args!(
            "warning: the part that is learned covers {} hours, not a whole day: a longer one catches more",
            number(hours)
        ));
    }
    let model =
        behaviour::learn(&own.baseline, Manifest::default(), &options(seed, budget, threads), false)?.model;
    let look = |planted: &[Flow], name: &str| {
        let mut watch = Watch::new(&model, budget)?;
        let (flows, truths) = own.with(planted);
        watch.add(&flows);
        let (judged, observed) = watch.finish(&truths);
        let ends = flows.iter().map(|flow| flow.end).collect();
        let rows = TestRows { ends, truths, campaigns: vec![name.to_owned()] };
        Ok::<_, Failure>((judged.figures(&rows, budget), observed))
    };
    let (clean, observed) = look(&[], "")?;
    let planted = own.plant(&model, seed)?;
    let progress = Progress::counting("planting", planted.len() as u64);
    let mut all = Vec::new();
    for (campaign, step) in planted.iter().zip(1..) {
        all.push(look(&campaign.flows, &campaign.campaign.name)?.0);
        progress.at(step, campaign.campaign.kind);
        if interrupt::requested() {
            return Err(Failure::interrupted("Nothing was judged."));
        }
    }
    drop(progress);
    let report = OwnReport {
        version: VERSION,
        seed,
        baseline_rows: own.baseline.kept() as u64,
        rows: own.later.len() as u64,
        days: days_covered(own.later.iter().map(|flow| flow.end)),
        budget,
        figures: mean(&clean, &all),
        forecast: model.forecast(budget),
        observed,
        planted: planted
            .into_iter()
            .map(|planted| planted.campaign)
            .map(|campaign| PlantedCampaign {
                name: campaign.name,
                attacker: campaign.attacker.map(|address| address.to_string()),
                target: campaign.target.map(|address| address.to_string()),
                first: campaign.first.as_microsecond() as f64 / 1e6,
                last: campaign.last.as_microsecond() as f64 / 1e6,
            })
            .collect(),
    };
    if arguments.json {
        json(&report, &mut output)?;
    } else {
        write_own(&report, &mut output)?;
    }
    output.finish()?;
    own.problems.check()
}

/// What is to be learned from. The logs are found before anything is learned, so that errors come early.
struct Learners {
    /// A model that is there already.
    model: Option<Model>,
    /// The logs, once for each time that they are read.
    train: Vec<Input>,
}

/// What was learned.
struct Learnt {
    subject: Subject,
    /// The `classic` recipe, where it isn't what is judged.
    classic: Option<Classic>,
    rivals: Option<Rivals>,
}

impl Learners {
    fn find(arguments: &EvaluateArguments) -> Result<Self, Failure> {
        let model = arguments.model.as_deref().map(Model::read).transpose()?;
        let logs = || find(arguments, &arguments.train);
        let train = if arguments.train.is_empty() { Vec::new() } else { vec![logs()?, logs()?, logs()?] };
        let is_pipe = train.iter().flat_map(|input| &input.logs).any(|(log, _)| log.is_pipe());
        if is_pipe && !arguments.no_baselines {
            return Err(Failure::usage(
                "the detectors beside it have to read a log again, and a pipe can be read only once",
                "Write it to a file first, or leave them out with --no-baselines.",
            ));
        }
        if train.is_empty() && !arguments.no_baselines {
            note(
                "no baselines beside it: they learn from the logs of --train, which may stand beside --model",
            );
        }
        Ok(Self { model, train })
    }

    fn learn(
        self,
        arguments: &EvaluateArguments,
        local: &LocalNetworks,
        exclude: &Filters,
    ) -> Result<Learnt, Failure> {
        let (budget, seed, beside) = (arguments.budget, arguments.seed, &arguments.companions);
        let mut train = self.train.into_iter();
        let subject = match (self.model, arguments.recipe) {
            (Some(Model::Behaviour(model)), _) => Some(Subject::Behaviour(model)),
            (Some(Model::Classic(model)), _) => Some(Subject::Classic(model, None)),
            (None, Recipe::Classic) => None,
            (None, Recipe::Behaviour) => {
                let input = train.next().expect("the logs of --train, which stand where --model doesn't");
                let options = options(seed, budget, input.threads);
                let companions = Companions::find(&beside.with, beside.conn_only, &input.options)?;
                let (baseline, manifest, _) = behaviour::read_baseline(
                    input,
                    MEMORY,
                    seed,
                    local.clone(),
                    exclude,
                    &Guard::default(),
                    companions,
                )?;
                let trained = behaviour::learn(&baseline, manifest, &options, false)?;
                Some(Subject::Behaviour(Box::new(trained.model)))
            }
        };
        let is_wanted = !arguments.no_baselines || subject.is_none();
        let (rivals, classic) = match (train.next(), train.next()) {
            (Some(first), Some(second)) if is_wanted => {
                let (rivals, classic) = Rivals::learn([first, second], local, exclude, budget, seed)?;
                (Some(rivals), Some(classic))
            }
            _ => (None, None),
        };
        let (subject, classic) = match (subject, classic) {
            (Some(subject @ Subject::Behaviour(_)), classic) => (subject, classic),
            // A classic model that was read stands for the recipe.
            (Some(subject), _) => (subject, None),
            (None, Some(classic)) => (Subject::Classic(Box::new(classic.model), classic.threshold), None),
            (None, None) => unreachable!("a detector was read, or learned from the logs"),
        };
        Ok(Learnt { subject, classic, rivals: rivals.filter(|_| !arguments.no_baselines) })
    }
}

/// The behaviour recipe's defaults with what was typed.
fn options(seed: u64, budget: f64, threads: usize) -> TrainOptions {
    TrainOptions { seed, budget, threads, ..TrainOptions::default() }
}

fn find(arguments: &EvaluateArguments, logs: &[PathBuf]) -> Result<Input, Failure> {
    let defaults = zeek_log::ReadOptions::default();
    let input = InputArguments {
        logs: logs.to_vec(),
        strict: arguments.strict,
        fields: arguments.fields.clone(),
        max_line: defaults.longest_line as u64,
        max_file: defaults.largest_file,
        threads: arguments.threads,
    };
    Input::find(&input, false)
}

/// An output that is none of the inputs.
fn create(arguments: &EvaluateArguments, path: &Path, input: &Input) -> Result<Output, Failure> {
    if path != Path::new("-") {
        input.check_not_among(path)?;
        for other in arguments.train.iter().chain(&arguments.labels).chain(&arguments.model) {
            crate::input::differ(path, other, "an input")?;
        }
    }
    Output::create(path)
}

fn json(report: &impl Serialize, output: &mut Output) -> Result<(), Failure> {
    output.with(|writer| {
        serde_json::to_writer_pretty(&mut *writer, report)?;
        writeln!(writer)
    })
}
