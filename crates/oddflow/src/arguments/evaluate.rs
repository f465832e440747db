//! What can be typed behind `oddflow evaluate`.

use std::path::PathBuf;

use clap::Args;
use oddflow_features::Recipe;
use oddflow_features::behaviour::Network as LocalNetwork;

use super::{CompanionArguments, recipe};
use crate::text::parse_budget;

#[derive(Args)]
#[command(group = clap::ArgGroup::new("learned").args(["train", "model", "inject"]).required(true).multiple(true))]
pub(crate) struct EvaluateArguments {
    /// Conn logs to learn from: files, directories of Zeek's, patterns
    #[arg(long, value_name = "LOGS", num_args = 1..)]
    pub(crate) train: Vec<PathBuf>,
    /// Conn logs to judge by, later than those
    #[arg(long, value_name = "LOGS", num_args = 1.., required_unless_present = "inject", requires = "labels")]
    pub(crate) test: Vec<PathBuf>,
    /// Which rows of the test are attacks: a table with tabs, whose first line names its columns (uid, and label or type;
    /// campaign, ts)
    #[arg(long, value_name = "FILE", requires = "test")]
    pub(crate) labels: Option<PathBuf>,
    /// Judge this model instead of training one; the baselines beside it still learn from --train
    #[arg(short = 'm', long, value_name = "MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// Learn from the first 70% of the time of these logs, plant one attack of each kind in the rest, between hosts that
    /// are really there, and say which would have been caught
    #[arg(long, value_name = "LOGS", num_args = 1.., conflicts_with_all = ["train", "test", "labels", "model", "scores", "figures", "no_baselines"])]
    pub(crate) inject: Vec<PathBuf>,
    /// What is trained: `behaviour` or `classic`
    #[arg(long, default_value = "behaviour", value_parser = recipe, conflicts_with_all = ["model", "inject"])]
    pub(crate) recipe: Recipe,
    /// Incidents a day that somebody looks at, such as 10 or 10/day
    #[arg(long, value_name = "N", default_value = "10", value_parser = parse_budget)]
    pub(crate) budget: f64,
    /// The same seed, logs and machine give the same figures
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// A local network, such as 10.0.0.0/8; may be given several times (default: what Zeek says, else private addresses)
    #[arg(long, value_name = "CIDR")]
    pub(crate) local_net: Vec<LocalNetwork>,
    /// Leave out rows that match, in training and test, such as 'id.resp_h == 10.0.0.9'; may be given several times
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) exclude: Vec<String>,
    #[command(flatten)]
    pub(crate) companions: CompanionArguments,
    /// Leave out the plain detectors beside it
    #[arg(long)]
    pub(crate) no_baselines: bool,
    /// Folder for the figures: receiver operating characteristics, precision against recall
    #[arg(long, value_name = "FOLDER")]
    pub(crate) figures: Option<PathBuf>,
    /// Write every row's uid, start, score and label to a file, or to standard output for `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) scores: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the report to a file
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// End with an error at the first thing that can't be read, instead of counting it
    #[arg(long)]
    pub(crate) strict: bool,
    /// Field names of logs that have lost their header, separated by commas or spaces
    #[arg(long, value_name = "NAMES")]
    pub(crate) fields: Option<String>,
    /// Threads to use (default: all cores)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
}
