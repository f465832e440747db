//! What can be typed after `oddflow export`.

use std::path::PathBuf;

use clap::Args;
use oddflow_features::Recipe;

use super::{InputArguments, recipe};
use crate::text::parse_time;

#[derive(Args)]
#[command(mut_arg("logs", |logs| logs.help(
    "Logs of one kind (conn, dns, http, ...): files, directories of Zeek's, patterns, or `-` for standard input. Plain, .gz or \
     .zst; TSV or JSON"
)))]
pub(crate) struct ExportArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// The Parquet file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) parquet: PathBuf,
    /// The kind of log: which to take of a directory (default: conn), or of JSON that mixes several
    #[arg(long, value_name = "NAME")]
    pub(crate) log: Option<String>,
    /// Write the features of a recipe instead of the log's columns: `behaviour`, or `classic` with a model (default: the recipe
    /// of --model, if any)
    #[arg(long, value_parser = recipe)]
    pub(crate) recipe: Option<Recipe>,
    /// A model: its features of each row, as it sees them
    #[arg(short = 'm', long, value_name = "MODEL")]
    pub(crate) model: Option<PathBuf>,
    /// Rows of this time or later, by their `ts`: a date, a date and time (UTC unless said), or epoch seconds
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub(crate) from: Option<f64>,
    /// Rows before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub(crate) to: Option<f64>,
    /// Leave out rows that match, such as 'id.orig_h in 10.0.9.0/24 && service == dns'; may be given several times (conn)
    #[arg(long, value_name = "EXPRESSION")]
    pub(crate) exclude: Vec<String>,
}
