//! What can be typed after `oddflow synth` and `oddflow demo`, which make up traffic.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::FormatChoice;
use crate::text::parse_time;

#[derive(Args)]
pub(crate) struct SynthArguments {
    /// The folder to write to; it must be new or empty
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Rows of conn.log
    #[arg(long, value_name = "N", default_value_t = 1_243_021)]
    pub(crate) rows: u64,
    /// Days of traffic, from an hour (0.042) to ten years
    #[arg(long, value_name = "N", default_value_t = 7.0)]
    pub(crate) days: f64,
    /// Beginning of the traffic, a date or a time (UTC; default: 2026-03-02)
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    pub(crate) start: Option<Timestamp>,
    /// Devices of the household, 12 to 4096 (default: 26)
    #[arg(long, value_name = "N")]
    pub(crate) hosts: Option<usize>,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// Plant labelled attacks, one of each kind, in the later part; labels.tsv says which rows they are
    #[arg(long)]
    pub(crate) attacks: bool,
    /// Format of the logs
    #[arg(long, value_enum, default_value_t = FormatChoice::Tsv)]
    pub(crate) format: FormatChoice,
    /// One plain file a log, instead of gzipped files an hour in Zeek's tree
    #[arg(long)]
    pub(crate) single: bool,
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    let seconds = parse_time(text)?;
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).map_err(|error| error.to_string())
}

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// The folder for logs, model, database and figures; those of an earlier demo are replaced
    #[arg(short = 'o', long = "out", value_name = "FOLDER", default_value = "oddflow-demo")]
    pub(crate) out: PathBuf,
    /// Rows of the week, at least 5000
    #[arg(long, value_name = "N", default_value_t = 1_243_021)]
    pub(crate) rows: u64,
    /// Another seed is another week
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
}
