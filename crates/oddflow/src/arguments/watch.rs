//! What can be typed after `oddflow watch`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::text::{parse_budget, parse_size};

#[derive(Args)]
pub(crate) struct WatchArguments {
    /// Zeek's log folder: `current/` and the folders of the days lie in it
    #[arg(value_name = "ROOT", required_unless_present = "config")]
    pub(crate) roots: Vec<PathBuf>,
    /// A model file, of the behaviour recipe, to take into the database and go by if it is new there. Where there is no model
    /// at all, a baseline is collected and learned first (default: the active model of the database)
    #[arg(short = 'm', long, value_name = "MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// The database for incidents, alerts and progress; made where there is none
    #[arg(long, value_name = "FILE", required_unless_present = "config")]
    pub(crate) db: Option<PathBuf>,
    /// Settings; what is typed here goes before what stands there. `oddflow config init` writes one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// When a log is read
    #[arg(long, value_enum)]
    pub(crate) mode: Option<ModeChoice>,
    /// Incidents a day that you want to see, such as 10 or 10/day (default: the model's)
    #[arg(long, value_name = "N", value_parser = parse_budget)]
    pub(crate) budget: Option<f64>,
    /// Leave out rows that match, such as 'id.resp_h == 10.0.0.9'; may be given several times
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) exclude: Vec<String>,
    /// Read conn logs alone, and not the dns, http, ssl and other logs beside them
    #[arg(long)]
    pub(crate) conn_only: bool,
    /// Tell metrics and health over HTTP at this address, such as 127.0.0.1:9477
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Bytes of memory to stay below, such as 512M; with less, less is remembered of hosts
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) memory_limit: Option<u64>,
    /// End when there is nothing left to read
    #[arg(long)]
    pub(crate) once: bool,
    /// Say what it does, on standard error, as text or as JSON lines
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormatChoice>,
    /// Say more
    #[arg(short = 'v', long)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeChoice {
    /// When it is finished: rotated, and whole
    Rotated,
    /// As it grows, seconds after Zeek has written it
    Live,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormatChoice {
    /// A line for people
    Text,
    /// A JSON object a line
    Json,
}
