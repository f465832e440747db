//! What can be typed: here what commands have in common, below a file a command. What is meant by it is for the commands.

mod alerts;
mod config;
mod detect;
mod doctor;
mod drift;
mod evaluate;
mod explore;
mod export;
mod incidents;
mod model;
mod serve;
mod suppress;
mod synth;
mod train;
mod watch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use oddflow_features::Recipe;

pub(crate) use self::alerts::{
    AlertsArguments, AlertsCommand, AlertsQueryArguments, AlertsShowArguments, SortChoice,
};
pub(crate) use self::config::{ConfigArguments, ConfigCommand};
pub(crate) use self::detect::DetectArguments;
pub(crate) use self::doctor::DoctorArguments;
pub(crate) use self::drift::DriftArguments;
pub(crate) use self::evaluate::EvaluateArguments;
pub(crate) use self::explore::{ExploreArguments, Moment};
pub(crate) use self::export::ExportArguments;
pub(crate) use self::incidents::{
    IncidentSortChoice, IncidentsArguments, IncidentsCommand, IncidentsListArguments, IncidentsShowArguments,
    SeverityChoice, StateChoice,
};
pub(crate) use self::model::{
    ModelActivateArguments, ModelArguments, ModelCommand, ModelDiffArguments, ModelExportArguments,
    ModelHistoryArguments, ModelImportArguments, ModelListArguments, ModelRemoveArguments,
    ModelRollbackArguments, ModelShowArguments,
};
pub(crate) use self::serve::ServeArguments;
pub(crate) use self::suppress::{
    ExpireArguments, Expiry, JudgeArguments, SuppressArguments, SuppressionsArguments, UnsuppressArguments,
};
pub(crate) use self::synth::{DemoArguments, SynthArguments};
pub(crate) use self::train::{SplitChoice, TrainArguments};
pub(crate) use self::watch::{LogFormatChoice, ModeChoice, WatchArguments};
use crate::failure::EXIT_CODES;
use crate::text::parse_size;

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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatChoice {
    /// Zeek's tab-separated values, for zeek-cut
    Tsv,
    /// JSON lines
    Json,
}

fn recipe(name: &str) -> Result<Recipe, String> {
    name.parse::<Recipe>().map_err(|error| error.to_string())
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
