//! What can be typed after `oddflow alerts`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use oddflow_store::Network;

use super::SuppressArguments;
use crate::text::parse_time;

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
