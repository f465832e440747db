//! What can be typed. What is meant by it is for the commands.

mod config;
mod doctor;
mod drift;
mod evaluate;
mod explore;
mod export;
mod model;
mod serve;
mod suppress;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use oddflow_features::Recipe;
use oddflow_features::behaviour::Network as LocalNetwork;
use oddflow_store::Network;

pub(crate) use self::config::{ConfigArguments, ConfigCommand};
pub(crate) use self::doctor::DoctorArguments;
pub(crate) use self::drift::DriftArguments;
pub(crate) use self::evaluate::EvaluateArguments;
pub(crate) use self::explore::{ExploreArguments, Moment};
pub(crate) use self::export::ExportArguments;
pub(crate) use self::model::{
    ModelActivateArguments, ModelArguments, ModelCommand, ModelDiffArguments, ModelExportArguments,
    ModelHistoryArguments, ModelImportArguments, ModelListArguments, ModelRemoveArguments,
    ModelRollbackArguments, ModelShowArguments,
};
pub(crate) use self::serve::ServeArguments;
pub(crate) use self::suppress::{
    ExpireArguments, Expiry, JudgeArguments, SuppressArguments, SuppressionsArguments, UnsuppressArguments,
};
pub(crate) use self::watch::{LogFormatChoice, ModeChoice, WatchArguments};
use crate::failure::EXIT_CODES;
use crate::text::{parse_budget, parse_share, parse_size, parse_time};

/// A network anomaly detector for Zeek logs: learns what is normal on your network and says which connections are not.
#[derive(Parser)]
#[command(name = "oddflow", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make up a week of traffic with attacks, train on its quiet part, and see what is found in the rest
    Demo(DemoArguments),
    /// See a network in its logs: a report of figures, and what stands out
    Explore(ExploreArguments),
    /// Write logs, or the features of a recipe, as a Parquet file for pandas, polars and DuckDB
    Export(ExportArguments),
    /// Learn from logs of normal traffic and write a model
    Train(TrainArguments),
    /// Score logs with a model, flag the odd connections and keep them in a database
    Detect(DetectArguments),
    /// Follow Zeek's logs as a service: score what comes, each row once, and tell of incidents
    Watch(WatchArguments),
    /// Show the incidents and the traffic of a database on a page in the browser
    Serve(ServeArguments),
    /// Say whether the logs, the model, the database and the settings are fit for watching, and what to do where they are not
    Doctor(DoctorArguments),
    /// Write, check or show the settings of the service
    Config(ConfigArguments),
    /// Judge a detector by labelled logs, beside plain ones; or plant attacks in logs of your own and see what it would catch
    Evaluate(EvaluateArguments),
    /// Look at the incidents of a database: what happened, how bad it is, and why
    Incidents(IncidentsArguments),
    /// Look at the alerts of a database
    Alerts(AlertsArguments),
    /// See which days were still like the baseline, and whether a host or the network changed
    Drift(DriftArguments),
    /// Make up plausible Zeek logs, with labelled attacks where wanted
    Synth(SynthArguments),
    /// Look at models, compare them, and say which one a database goes by
    Model(ModelArguments),
}

/// Which logs to read, and how.
#[derive(Args)]
pub(crate) struct InputArguments {
    /// Conn logs: files, directories of Zeek's, patterns, or `-` for standard input. Plain, .gz or .zst; TSV or JSON
    #[arg(required = true, value_name = "LOGS")]
    pub(crate) logs: Vec<PathBuf>,
    /// End with an error at the first thing that can't be read, instead of counting it
    #[arg(long)]
    pub(crate) strict: bool,
    /// Field names of logs that have lost their header, separated by commas or spaces
    #[arg(long, value_name = "NAMES")]
    pub(crate) fields: Option<String>,
    /// Longest line; longer ones are counted and left out
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = parse_size)]
    pub(crate) max_line: u64,
    /// Most that one file may decompress to; the rest is counted and left out
    #[arg(long, value_name = "SIZE", default_value = "256GiB", value_parser = parse_size)]
    pub(crate) max_file: u64,
    /// Threads that read (default: one a core); the rest of the work has one of its own, detection by behaviour two
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
}

/// Which logs beside conn logs to read.
#[derive(Args, Default)]
pub(crate) struct CompanionArguments {
    /// Logs to join by uid (dns, http, ssl, ssh, files, smb_*; conn_long, open_conn): files, folders or patterns (behaviour;
    /// default: those that lie beside each conn log under its name)
    #[arg(long, value_name = "LOGS")]
    pub(crate) with: Vec<PathBuf>,
    /// Read conn logs alone (behaviour)
    #[arg(long, conflicts_with = "with")]
    pub(crate) conn_only: bool,
}

#[derive(Args)]
pub(crate) struct TrainArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// The model file to write
    #[arg(short = 'o', long = "output", value_name = "MODEL")]
    pub(crate) output: PathBuf,
    /// What to look at: `behaviour` (connections, what their hosts have been doing, what is new) or `classic` (each
    /// connection by itself)
    #[arg(long, default_value = "behaviour", value_parser = recipe)]
    pub(crate) recipe: Recipe,
    /// Incidents a day that you want to see, such as 10 or 10/day (behaviour; default: 20)
    #[arg(long, value_name = "N", value_parser = parse_budget)]
    pub(crate) budget: Option<f64>,
    /// A local network, such as 10.0.0.0/8; may be given several times (behaviour; default: what Zeek says, else private
    /// addresses)
    #[arg(long, value_name = "CIDR")]
    pub(crate) local_net: Vec<LocalNetwork>,
    /// Leave out rows that match, such as 'id.orig_h in 10.0.9.0/24 && service == dns'; may be given several times
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) exclude: Vec<String>,
    #[command(flatten)]
    pub(crate) companions: CompanionArguments,
    /// A database of alerts: rows that fed one of its alerts or incidents are left out
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Take in rows that fed an alert, an incident or a Zeek notice (notice.log beside a conn log)
    #[arg(long)]
    pub(crate) keep_flagged: bool,
    /// Leave out the most extreme rows of the baseline, at most 0.5% of it (behaviour): where an attack may be in it
    #[arg(long)]
    pub(crate) trim: bool,
    /// Keep no addresses in the model (behaviour): explanations then name no host's own range and no example
    #[arg(long)]
    pub(crate) no_addresses: bool,
    /// How rows are divided into 67.5% training, 12.5% validation and 20% held-out test (classic; default: time)
    #[arg(long, value_enum)]
    pub(crate) split: Option<SplitChoice>,
    /// Widths of the hidden layers (default: 48,12,48; classic 32,16,32)
    #[arg(long, value_name = "WIDTHS", value_delimiter = ',')]
    pub(crate) hidden: Option<Vec<usize>>,
    /// Learning rate of Adam (default: 0.002; classic 0.0001)
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<f64>,
    /// Rows a step (default: 256; classic 512)
    #[arg(long, value_name = "ROWS")]
    pub(crate) batch: Option<usize>,
    /// Epochs (default: 30, more where there are few rows; classic: at most 500)
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<usize>,
    /// Stop after so many epochs without a lower validation loss (classic; default: 3)
    #[arg(long, value_name = "N")]
    pub(crate) patience: Option<usize>,
    /// The same seed, logs and machine give the same model, byte for byte
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// The share of held-out rows that the default threshold lies above (classic; default: 0.99)
    #[arg(long, value_name = "SHARE")]
    pub(crate) quantile: Option<f64>,
    /// Bytes of rows to hold at most; beyond that the latest are kept (classic: a random sample)
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_size)]
    pub(crate) memory: u64,
    /// Folder for the figures (default: MODEL's name with -figures)
    #[arg(long, value_name = "FOLDER", conflicts_with = "no_figures")]
    pub(crate) figures: Option<PathBuf>,
    /// Draw no figures
    #[arg(long)]
    pub(crate) no_figures: bool,
    /// Print a table with the losses of each epoch
    #[arg(long)]
    pub(crate) per_epoch: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitChoice {
    /// In order of the connections' ends: the held-out part is the latest
    Time,
    /// At random, by seed
    Random,
}

fn recipe(name: &str) -> Result<Recipe, String> {
    name.parse::<Recipe>().map_err(|error| error.to_string())
}

#[derive(Args)]
pub(crate) struct DetectArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// The model file (default: the active model of --db)
    #[arg(short = 'm', long, value_name = "MODEL", required_unless_present = "db")]
    pub(crate) model: Option<PathBuf>,
    /// The database for alerts and progress; made where there is none. A log that it knows is read
    /// from where it ended. One of --db and --output is needed
    #[arg(long, value_name = "FILE", required_unless_present = "output")]
    pub(crate) db: Option<PathBuf>,
    /// Write every scored row to a file, or to standard output for `-`
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Format of the scored rows
    #[arg(long, value_enum, default_value_t = FormatChoice::Tsv, requires = "output")]
    pub(crate) format: FormatChoice,
    /// Incidents a day that you want to see, such as 10 or 10/day (behaviour; default: the model's)
    #[arg(long, value_name = "N", value_parser = parse_budget)]
    pub(crate) budget: Option<f64>,
    /// Leave out rows that match, such as 'id.resp_h == 10.0.0.9'; may be given several times (behaviour)
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) exclude: Vec<String>,
    #[command(flatten)]
    pub(crate) companions: CompanionArguments,
    /// Flag what scores above this quantile of the model's held-out rows: 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995,
    /// 0.998, 0.999, 0.9995, 0.9998, 0.9999 or the one it was trained with (classic; the default)
    #[arg(long, value_name = "SHARE", conflicts_with = "flag_top")]
    pub(crate) quantile: Option<f64>,
    /// Flag this share of each log, such as 5%, whatever the scores (classic)
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(crate) flag_top: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatChoice {
    /// Zeek's tab-separated values, for zeek-cut
    Tsv,
    /// JSON lines
    Json,
}

#[derive(Args)]
pub(crate) struct AlertsArguments {
    #[command(subcommand)]
    pub(crate) command: AlertsCommand,
}

#[derive(Subcommand)]
pub(crate) enum AlertsCommand {
    /// List alerts, the highest score first
    List(AlertsListArguments),
    /// Show one alert and why it is one
    Show(AlertsShowArguments),
    /// Print one table with the conn columns and the score, tab-separated
    Dump(AlertsQueryArguments),
    /// Print all that is known of each alert, for other programs
    Export(AlertsExportArguments),
    /// Hide incidents that are known, as `incidents suppress` does
    Suppress(SuppressArguments),
}

#[derive(Args)]
pub(crate) struct AlertsQueryArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Connections that started at or after this time (UTC): 2026-03-06, 2026-03-06T14:30 or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) from: Option<f64>,
    /// Connections that started before this time (UTC)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) to: Option<f64>,
    /// An address or network (10.0.0.0/8) on either side
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<Network>,
    /// A port on either side
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// A service, in lower case as Zeek has it: `http` also finds `ssl,http`; `-` finds connections without one
    #[arg(long, value_name = "SERVICE", allow_hyphen_values = true)]
    pub(crate) service: Option<String>,
    /// Scores of at least this
    #[arg(long, value_name = "SCORE")]
    pub(crate) min_score: Option<f64>,
    /// Alerts of one model, by its id; also what it found as a shadow, which is left out otherwise
    #[arg(long, value_name = "ID")]
    pub(crate) model: Option<String>,
    /// Alerts of one incident, by its number
    #[arg(long, value_name = "ID")]
    pub(crate) incident: Option<i64>,
    /// Alerts of incidents that rules hide, which are left out otherwise
    #[arg(long)]
    pub(crate) suppressed: bool,
    /// Alerts of one log file
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<String>,
    /// The order
    #[arg(long, value_enum, default_value_t = SortChoice::Score)]
    pub(crate) sort: SortChoice,
    /// At most so many (`list`: 50 where this is left out)
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortChoice {
    /// The highest score first
    Score,
    /// The earliest first
    Oldest,
    /// The latest first
    Newest,
    /// As they were stored
    Id,
}

#[derive(Args)]
pub(crate) struct AlertsListArguments {
    #[command(flatten)]
    pub(crate) query: AlertsQueryArguments,
    /// A JSON object a line
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Comma-separated values
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Args)]
pub(crate) struct AlertsShowArguments {
    /// The alert's number
    pub(crate) id: i64,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct AlertsExportArguments {
    #[command(flatten)]
    pub(crate) query: AlertsQueryArguments,
    /// A JSON object a line (the default)
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Comma-separated values
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Args)]
pub(crate) struct IncidentsArguments {
    #[command(subcommand)]
    pub(crate) command: IncidentsCommand,
}

#[derive(Subcommand)]
pub(crate) enum IncidentsCommand {
    /// List incidents, the highest score first
    List(IncidentsListArguments),
    /// Show one incident: what happened, its rows, and why they are odd
    Show(IncidentsShowArguments),
    /// Hide incidents that are known, now and from now on, by a rule with a reason and an end
    Suppress(SuppressArguments),
    /// List the rules that hide incidents, and how many each hides
    Suppressions(SuppressionsArguments),
    /// Remove a rule and bring back what it hid
    Unsuppress(UnsuppressArguments),
    /// Say that incidents were what they seemed: they are never hidden, and their rows never pass for normal
    Confirm(JudgeArguments),
    /// Say that incidents were normal after all: their rows may be learned
    Benign(JudgeArguments),
    /// Remove what is old
    Expire(ExpireArguments),
}

#[derive(Args)]
pub(crate) struct IncidentsListArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Incidents still going on at or after this time (UTC): 2026-03-06, 2026-03-06T14:30 or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) from: Option<f64>,
    /// Incidents that began before this time (UTC)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) to: Option<f64>,
    /// The local host's address, or its network
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<Network>,
    /// A family: fan, rate, fail, volume, regular, novelty, application
    #[arg(long, value_name = "FAMILY")]
    pub(crate) family: Option<String>,
    /// A model, by its id; also what it found as a shadow, which is left out otherwise
    #[arg(long, value_name = "ID")]
    pub(crate) model: Option<String>,
    /// A sensor, where several are watched
    #[arg(long, value_name = "NAME")]
    pub(crate) sensor: Option<String>,
    /// At least this bad
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) severity: Option<SeverityChoice>,
    /// Those within the budget, those over it, or what somebody said of them
    #[arg(long, value_enum, default_value_t = StateChoice::All)]
    pub(crate) state: StateChoice,
    /// Those that rules hide, which are left out otherwise
    #[arg(long)]
    pub(crate) suppressed: bool,
    /// Scores of at least this
    #[arg(long, value_name = "SCORE")]
    pub(crate) min_score: Option<f64>,
    /// The order
    #[arg(long, value_enum, default_value_t = IncidentSortChoice::Score)]
    pub(crate) sort: IncidentSortChoice,
    /// At most so many (default: 50)
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// A JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityChoice {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateChoice {
    /// All
    All,
    /// Within the day's budget
    Raised,
    /// Beyond it
    OverBudget,
    /// Confirmed, hidden or not
    Confirmed,
    /// Benign, hidden or not
    Benign,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IncidentSortChoice {
    /// The highest score first
    Score,
    /// The earliest first
    Oldest,
    /// The latest first
    Newest,
    /// The worst first
    Severity,
}

#[derive(Args)]
pub(crate) struct IncidentsShowArguments {
    /// The incident's number
    pub(crate) id: i64,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Rows to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 3)]
    pub(crate) rows: u64,
    /// One JSON object, with its rows
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct SynthArguments {
    /// The folder to write to; it must be new or empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Rows of conn.log
    #[arg(long, value_name = "N", default_value_t = 1_243_021)]
    pub(crate) rows: u64,
    /// Days of traffic, from an hour (0.042) to ten years
    #[arg(long, value_name = "N", default_value_t = 7.0)]
    pub(crate) days: f64,
    /// Beginning of the traffic, a date or a time (UTC; default: 2026-03-02)
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub(crate) start: Option<Timestamp>,
    /// Devices of the household, 12 to 4096 (default: 26)
    #[arg(long, value_name = "N")]
    pub(crate) hosts: Option<usize>,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// Plant labelled attacks, one of each kind, in the later part; labels.tsv says which rows they are
    #[arg(long)]
    pub(crate) attacks: bool,
    /// Format of the logs
    #[arg(long, value_enum, default_value_t = FormatChoice::Tsv)]
    pub(crate) format: FormatChoice,
    /// One plain file a log, instead of gzipped files an hour in Zeek's tree
    #[arg(long)]
    pub(crate) single: bool,
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    let seconds = parse_time(text)?;
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).map_err(|error| error.to_string())
}

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// The folder for logs, model, database and figures; those of an earlier demo are replaced
    #[arg(short = 'o', long = "out", value_name = "FOLDER", default_value = "oddflow-demo")]
    pub(crate) out: PathBuf,
    /// Rows of the week, at least 5000
    #[arg(long, value_name = "N", default_value_t = 1_243_021)]
    pub(crate) rows: u64,
    /// Another seed is another week
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
