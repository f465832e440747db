//! What can be typed after `oddflow doctor`.

use std::path::PathBuf;

use clap::Args;

use crate::text::parse_time;

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// Zeek's log folders (default: those of the settings, else the usual places)
    #[arg(value_name = "ROOT")]
    pub(crate) roots: Vec<PathBuf>,
    /// The model file that is to be watched with
    #[arg(short = 'm', long, value_name = "MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// The database that is to be kept
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// The settings of the service
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write the findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Take this for the time now, for logs of the past
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) now: Option<f64>,
}
