//! What can be typed after `oddflow explore`.

mod values;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use jiff::tz::TimeZone;
use oddflow_features::behaviour::Network as LocalNetwork;

pub(crate) use self::values::Moment;
use self::values::{parse_host, parse_moment, parse_zone};
use super::{CompanionArguments, InputArguments};

#[derive(Args)]
pub(crate) struct ExploreArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// The folder to write to: report.html, every figure as SVG and PNG, and the numbers behind each as CSV. Without it a summary
    /// is printed
    #[arg(short = 'o', long = "output", value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// A model that scores the connections: how the scores are spread, by service and by hour, and the twenty highest explained
    #[arg(short = 'm', long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    /// The database of `detect`, in which the alerts of the twenty highest are looked up
    #[arg(long, value_name = "FILE", requires = "model")]
    pub(crate) db: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) companions: CompanionArguments,
    /// A host to look at closely: what it talks to, who talks to it, its ports and days
    #[arg(long, value_name = "ADDRESS", value_parser = parse_host)]
    pub(crate) host: Option<IpAddr>,
    /// A local network, such as 10.0.0.0/8; may be given several times (default: what Zeek says, else private addresses)
    #[arg(long, value_name = "CIDR")]
    pub(crate) local_net: Vec<LocalNetwork>,
    /// The time zone of all that is told of times, days and hours, such as America/Los_Angeles
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = parse_zone)]
    pub(crate) tz: TimeZone,
    /// Connections that began at this time or later: a date, a date and time (in the zone of --tz unless said), or epoch seconds
    #[arg(long, value_name = "TIME", value_parser = parse_moment, allow_hyphen_values = true)]
    pub(crate) from: Option<Moment>,
    /// Connections that began before this time
    #[arg(long, value_name = "TIME", value_parser = parse_moment, allow_hyphen_values = true)]
    pub(crate) to: Option<Moment>,
    /// Entries of a ranking
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) top: u16,
    /// Draw rankings as pies too
    #[arg(long, requires = "output")]
    pub(crate) pies: bool,
    /// Print the statistics as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
