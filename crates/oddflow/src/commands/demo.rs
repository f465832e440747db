//! `oddflow demo`: a week of made-up traffic with attacks, a model of its quiet part, and what it finds in the rest.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use oddflow_detector::{Detector, TrainOptions};
use oddflow_store::{AlertQuery, Store};
use oddflow_synth::{Layout, Settings};
use zeek_log::write::Format;

use super::train;
use crate::arguments::{DemoArguments, InputArguments};
use crate::detection::{DetectionRun, Threshold};
use crate::failure::Failure;
use crate::input::Input;
use crate::interrupt;
use crate::output::{Output, note};
use crate::text::{counted, number, shell, span, thousands};

/// Days of the week that are quiet and serve as the baseline; the attacks come later.
const QUIET_DAYS: usize = 4;

/// Adam's rate. The default suits a million rows; the demo's week is shorter, and so are its two minutes.
const RATE: f64 = 1e-3;

/// Marks a folder as one that a demo made, so that a later one may replace it.
const MARK: &str = ".oddflow-demo";

/// What a demo makes in its folder.
const LOGS: &str = "logs";
const MODEL: &str = "model.oddflow";
const FIGURES: &str = "figures";
const DATABASE: &str = "alerts.db";

pub(crate) fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let out = &arguments.out;
    let settings =
        Settings { rows: arguments.rows, seed: arguments.seed, attacks: true, ..Settings::default() };
    settings.check()?;
    prepare(out)?;
    interrupt::listen();

    note(format_args!(
        "1. a week of traffic: {} with attacks in its later part",
        counted(arguments.rows, "row")
    ));
    let logs = out.join(LOGS);
    let written = super::synth::write(&settings, &logs, Layout::Hourly, Format::Tsv)?;

    note("2. learning from the quiet days");
    let days = days(&logs)?;
    let (quiet, rest) = days.split_at(QUIET_DAYS.min(days.len()));
    let model_path = out.join(MODEL);
    let quiet = input(quiet, false)?;
    let threads = quiet.threads;
    let (baseline, manifest) = train::read_baseline(quiet, 1 << 30, arguments.seed)?;
    let options = TrainOptions { rate: RATE, seed: arguments.seed, threads, ..TrainOptions::default() };
    let trained = train::learn(baseline, manifest, &options, false)?;
    trained.model.write(&model_path)?;
    let figures = out.join(FIGURES);
    train::draw(&trained, &figures)?;

    note("3. looking at the rest of the week");
    let model = &trained.model;
    let database = out.join(DATABASE);
    let mut store = Store::open(&database)?;
    super::detect::register(&mut store, model)?;
    let threshold = model.threshold(model.default_quantile()).unwrap_or_default();
    let detector = Detector::new(model);
    let outcome = DetectionRun::new(model, &detector, Threshold::Fixed(threshold), Some(&mut store), None)
        .run(input(rest, true)?)?;
    if outcome.interrupted {
        return Err(Failure::interrupted("The demo ends here."));
    }

    let found = found(&store, &logs.join("labels.tsv"))?;
    let mut output = Output::stdout();
    output.line("")?;
    output.line(format_args!(
        "{} of the later days scored ({}), {} flagged",
        counted(outcome.rows, "row"),
        span(outcome.span),
        thousands(outcome.flagged)
    ))?;
    output.line("")?;
    output.line("planted attack           rows   flagged   its highest score is")?;
    for campaign in &written.summary.campaigns {
        let found = found.campaigns.get(&campaign.name).copied().unwrap_or_default();
        let rank = found
            .best_rank
            .map_or_else(|| "missed".into(), |rank| format!("number {} of all alerts", thousands(rank)));
        output.line(format_args!(
            "{:<20} {:>8}  {:>8}   {rank}",
            campaign.name,
            thousands(campaign.rows),
            thousands(found.flagged)
        ))?;
    }
    let planted = written.summary.campaigns.len();
    let hit = written.summary.campaigns.iter().filter(|c| found.campaigns.contains_key(&c.name)).count();
    output.line("")?;
    output.line(format_args!(
        "{hit} of {planted} attacks have a flagged row; {} ({}% of the harmless rows) are false alarms.",
        counted(found.harmless, "flagged row"),
        number(
            100.0 * found.harmless as f64
                / (outcome.rows.saturating_sub(planted_rows(&written))).max(1) as f64
        )
    ))?;
    output.line(
        "The classic recipe looks at one connection at a time: it sees odd connections, not odd behaviour.",
    )?;
    output.line("")?;
    output.line(format_args!("logs      {}", logs.display()))?;
    output.line(format_args!("model     {}", model_path.display()))?;
    output.line(format_args!("figures   {}", figures.display()))?;
    output.line(format_args!("database  {}", database.display()))?;
    output.line("")?;
    output.line("next:")?;
    let name = shell(&database.display().to_string());
    output.line(format_args!("  oddflow alerts list --db {name} -n 20"))?;
    if let Some(id) = found.highest {
        output.line(format_args!("  oddflow alerts show {id} --db {name}"))?;
    }
    output.line("  oddflow train LOGS -o home.oddflow        on logs of your own")?;
    output.line("  oddflow detect LOGS -m home.oddflow --db home.db")?;
    output.finish()
}

fn planted_rows(written: &oddflow_synth::Written) -> u64 {
    written.summary.campaigns.iter().map(|campaign| campaign.rows).sum()
}

/// A folder for the demo. What an earlier demo made there is removed, and nothing else; a folder that no demo made must be empty.
fn prepare(out: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::output(&out.display().to_string(), &error);
    let mark = out.join(MARK);
    if out.exists() && !mark.exists() && fs::read_dir(out).map_err(failed)?.next().is_some() {
        return Err(Failure::usage(
            format!("{} is not empty, and no demo made it", out.display()),
            "Name another folder with --out.",
        ));
    }
    fs::create_dir_all(out).map_err(failed)?;
    fs::write(mark, "").map_err(failed)?;
    let mut replaced = false;
    for name in [LOGS, FIGURES, MODEL, DATABASE, "alerts.db-wal", "alerts.db-shm"] {
        let path = out.join(name);
        replaced |= path.exists();
        match if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) } {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    if replaced {
        note(format_args!("replacing the demo in {}", out.display()));
    }
    Ok(())
}

/// The folders of the days, in order.
fn days(logs: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: std::io::Error| Failure::output(&logs.display().to_string(), &error);
    let mut days = Vec::new();
    for entry in fs::read_dir(logs).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            days.push(path);
        }
    }
    days.sort();
    Ok(days)
}

fn input(days: &[PathBuf], resumes: bool) -> Result<Input, Failure> {
    let defaults = zeek_log::ReadOptions::default();
    let arguments = InputArguments {
        logs: days.to_vec(),
        strict: true,
        fields: None,
        max_line: defaults.longest_line as u64,
        max_file: defaults.largest_file,
        threads: None,
    };
    Input::find(&arguments, resumes)
}

/// What the alerts are of.
struct Found {
    campaigns: BTreeMap<String, FoundCampaign>,
    /// Flagged rows of no attack.
    harmless: u64,
    /// The alert with the highest score of all.
    highest: Option<i64>,
}

#[derive(Clone, Copy, Default)]
struct FoundCampaign {
    flagged: u64,
    /// Place of its highest score among all alerts, from 1.
    best_rank: Option<u64>,
}

/// Compares the alerts with the labels.
fn found(store: &Store, labels: &Path) -> Result<Found, Failure> {
    let failed = |error: std::io::Error| Failure::output(&labels.display().to_string(), &error);
    let mut campaign_of: HashMap<String, String> = HashMap::new();
    for line in std::io::BufReader::new(fs::File::open(labels).map_err(failed)?).lines().skip(1) {
        let line = line.map_err(failed)?;
        let mut cells = line.split('\t');
        if let (Some(uid), Some(_), Some(campaign)) = (cells.next(), cells.next(), cells.next()) {
            campaign_of.insert(uid.into(), campaign.into());
        }
    }
    let mut found = Found { campaigns: BTreeMap::new(), harmless: 0, highest: None };
    let mut rank = 0;
    store.alerts(&AlertQuery::default(), &mut |alert| {
        rank += 1;
        found.highest.get_or_insert(alert.id);
        match campaign_of.get(&alert.uid) {
            Some(campaign) => {
                let found = found.campaigns.entry(campaign.clone()).or_default();
                found.flagged += 1;
                found.best_rank.get_or_insert(rank);
            }
            None => found.harmless += 1,
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
