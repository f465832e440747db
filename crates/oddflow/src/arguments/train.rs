//! What can be typed after `oddflow train`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oddflow_features::Recipe;
use oddflow_features::behaviour::Network as LocalNetwork;

use super::{CompanionArguments, InputArguments, recipe};
use crate::text::{parse_budget, parse_size};

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
