//! What can be typed after `oddflow incidents`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use oddflow_store::Network;

use super::{ExpireArguments, JudgeArguments, SuppressArguments, SuppressionsArguments, UnsuppressArguments};
use crate::text::parse_time;

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
    /// Within the day's budget, and nobody has said anything of it
    Open,
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
