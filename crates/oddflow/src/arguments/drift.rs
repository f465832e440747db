//! What can be typed after `oddflow drift`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(crate) struct DriftArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Only days of this model, by its id
    #[arg(long, value_name = "ID")]
    pub(crate) model: Option<String>,
    /// Only days of this sensor
    #[arg(long, value_name = "NAME")]
    pub(crate) sensor: Option<String>,
    /// Only the latest so many days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: Option<u32>,
    /// Write a JSON object a day, with everything that was compared
    #[arg(long)]
    pub(crate) json: bool,
}
