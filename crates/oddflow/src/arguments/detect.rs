//! What can be typed after `oddflow detect`.

use std::path::PathBuf;

use clap::Args;

use super::{CompanionArguments, FormatChoice, InputArguments};
use crate::text::{parse_budget, parse_share};

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
