//! `oddflow demo`: a week of made-up traffic with attacks, a model of its quiet part, and what it finds in the rest.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use oddflow_detector::Model;
use oddflow_detector::behaviour::TrainOptions;
use oddflow_features::behaviour::LocalNetworks;
use oddflow_store::{AlertQuery, IncidentQuery, IncidentState, ModelEvent, Store};
use oddflow_synth::{Layout, Settings};
use zeek_filter::Filters;
use zeek_log::write::Format;

use crate::arguments::{DemoArguments, InputArguments};
use crate::companions::Companions;
use crate::detection::behaviour::{BehaviourRun, Limits};
use crate::failure::Failure;
use crate::input::Input;
use crate::interrupt;
use crate::output::{Output, note};
use crate::text::{counted, number, shell, span, thousands};
use crate::training::{Guard, behaviour};

/// Days of the week that are quiet and serve as the baseline; the attacks come later.
const QUIET_DAYS: usize = 4;

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
    let (baseline, manifest, _) = behaviour::read_baseline(
        quiet,
        1 << 30,
        arguments.seed,
        LocalNetworks::default(),
        &Filters::default(),
        &Guard::default(),
        Companions::find(&[], false, &zeek_log::ReadOptions::default())?,
    )?;
    let options = TrainOptions { seed: arguments.seed, threads, ..TrainOptions::default() };
    let trained = behaviour::learn(&baseline, manifest, &options, false)?;
    drop(baseline);
    let figures = out.join(FIGURES);
    behaviour::draw(&trained, &figures)?;
    let mut model = Model::Behaviour(Box::new(trained.model));
    model.write(&model_path)?;
    let Model::Behaviour(behaviour) = &mut model else { unreachable!("it was made so") };
    let states = behaviour.take_states();
    let Model::Behaviour(behaviour) = &model else { unreachable!("it was made so") };

    note("3. looking at the rest of the week");
    let database = out.join(DATABASE);
    let mut store = Store::open(&database)?;
    // With its file, so that the dashboard can show what the model expects.
    let bytes =
        fs::read(&model_path).map_err(|error| Failure::output(&model_path.display().to_string(), &error))?;
    let mut batch = store.begin()?;
    let made = (super::suppress::now(), ModelEvent::Imported, "the demo");
    crate::models::import(&mut batch, &model, &bytes, made)?;
    batch.activate(model.id(), made.0, made.2)?;
    batch.commit()?;
    drop(bytes);
    let companions = Companions::find(&[], false, &zeek_log::ReadOptions::default())?;
    let run = BehaviourRun::new(
        (behaviour, "", Limits::USUAL),
        &states,
        behaviour.budget(),
        Some(&mut store),
        None,
        companions,
    )?;
    drop(states);
    let outcome = run.run(input(rest, true)?, &Filters::default())?;
    if outcome.interrupted {
        return Err(Failure::interrupted("The demo ends here."));
    }

    let found = found(&store, &logs.join("labels.tsv"))?;
    let mut output = Output::stdout();
    output.line("")?;
    output.line(format_args!(
        "{} of the later days scored ({}): {} raised, {} of them false alarms",
        counted(outcome.rows, "row"),
        span(outcome.span),
        counted(outcome.raised, "incident"),
        thousands(found.harmless)
    ))?;
    output.line(super::detect::forecast(behaviour, behaviour.budget()))?;
    output.line("")?;
    output.line("planted attack           rows   found as")?;
    for campaign in &written.summary.campaigns {
        let told = match found.campaigns.get(&campaign.name) {
            Some((id, rank, title)) => {
                format!("incident {id}, number {} by score: {title}", thousands(*rank))
            }
            None => "missed".into(),
        };
        output.line(format_args!("{:<20} {:>8}   {told}", campaign.name, thousands(campaign.rows)))?;
    }
    let planted = written.summary.campaigns.len();
    let days = outcome.span.map_or(1.0, |(first, last)| ((last - first) / 86_400.0).max(1.0));
    output.line("")?;
    output.line(format_args!(
        "{} of {planted} attacks are among the raised incidents; {} false incidents a day, at a budget of {}.",
        found.campaigns.len(),
        number(found.harmless as f64 / days),
        number(behaviour.budget())
    ))?;
    output
        .line("An attack counts as found if one of its rows is among the three strongest of an incident.")?;
    output.line("")?;
    output.line(format_args!("logs      {}", logs.display()))?;
    output.line(format_args!("model     {}", model_path.display()))?;
    output.line(format_args!("figures   {}", figures.display()))?;
    output.line(format_args!("database  {}", database.display()))?;
    output.line("")?;
    output.line("next:")?;
    let name = shell(&database.display().to_string());
    output.line(format_args!("  oddflow incidents list --db {name}"))?;
    if let Some(id) = found.highest {
        output.line(format_args!("  oddflow incidents show {id} --db {name}"))?;
    }
    output.line(format_args!("  oddflow serve --db {name}"))?;
    output.line("  oddflow train LOGS -o home.oddflow        on logs of your own")?;
    output.line("  oddflow detect LOGS -m home.oddflow --db home.db")?;
    output.finish()
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

/// What the raised incidents are of.
struct Found {
    /// For each campaign that is among them its best incident: number, place by score from 1, and title.
    campaigns: BTreeMap<String, (i64, u64, String)>,
    /// Incidents that no attack's row is among the three strongest of.
    harmless: u64,
    /// The incident with the highest score.
    highest: Option<i64>,
}

/// Rows that an incident is judged by.
const TOP: usize = 3;

/// Compares the incidents with the labels.
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
    let raised = IncidentQuery { state: Some(IncidentState::Raised), ..IncidentQuery::default() };
    for (rank, incident) in (1..).zip(store.incidents(&raised)?) {
        found.highest.get_or_insert(incident.id);
        let mut rows = 0;
        let mut is_attack = false;
        let query = AlertQuery { incident: Some(incident.id), ..AlertQuery::default() };
        store.alerts(&query, &mut |alert| {
            rows += 1;
            if let Some(campaign) = campaign_of.get(&alert.uid) {
                is_attack = true;
                found.campaigns.entry(campaign.clone()).or_insert((
                    incident.id,
                    rank,
                    incident.title.clone(),
                ));
            }
            if rows < TOP { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        found.harmless += u64::from(!is_attack);
    }
    Ok(found)
}
