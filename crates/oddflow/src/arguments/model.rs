//! What can be typed after `oddflow model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct ModelArguments {
    #[command(subcommand)]
    pub(crate) command: ModelCommand,
}

#[derive(Subcommand)]
pub(crate) enum ModelCommand {
    /// Show what a model was trained on and how well it does
    Show(ModelShowArguments),
    /// List the models of a database
    List(ModelListArguments),
    /// Show where two models differ
    Diff(ModelDiffArguments),
    /// Take a model file into a database
    Import(ModelImportArguments),
    /// Write a model of a database to a file
    Export(ModelExportArguments),
    /// Make a model the one that the database's service goes by
    Activate(ModelActivateArguments),
    /// Go back to the model that was active before
    Rollback(ModelRollbackArguments),
    /// Show what happened to the models of a database
    History(ModelHistoryArguments),
    /// Remove a retired model from a database
    Remove(ModelRemoveArguments),
}

#[derive(Args)]
pub(crate) struct ModelShowArguments {
    /// A model file; with --db also the first digits of a model's id (default with --db: the active model)
    #[arg(value_name = "MODEL", required_unless_present = "db")]
    pub(crate) model: Option<String>,
    /// The database that has the model
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ModelListArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// A JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ModelDiffArguments {
    /// A model file; with --db also the first digits of a model's id
    #[arg(value_name = "A")]
    pub(crate) a: String,
    /// The other one
    #[arg(value_name = "B")]
    pub(crate) b: String,
    /// The database that has a model
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ModelImportArguments {
    /// The model file
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,
    /// The database; made where there is none
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Make it the active model too. The first model of a database becomes so by itself
    #[arg(long)]
    pub(crate) activate: bool,
}

#[derive(Args)]
pub(crate) struct ModelExportArguments {
    /// The first digits of the model's id (default: the active model)
    #[arg(value_name = "ID")]
    pub(crate) model: Option<String>,
    /// The file to write
    #[arg(short = 'o', long = "output", value_name = "MODEL")]
    pub(crate) output: PathBuf,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
}

#[derive(Args)]
pub(crate) struct ModelActivateArguments {
    /// The first digits of the model's id
    #[arg(value_name = "ID")]
    pub(crate) model: String,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
}

#[derive(Args)]
pub(crate) struct ModelRollbackArguments {
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
}

#[derive(Args)]
pub(crate) struct ModelHistoryArguments {
    /// The first digits of a model's id (default: all models)
    #[arg(value_name = "ID")]
    pub(crate) model: Option<String>,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// A JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ModelRemoveArguments {
    /// The first digits of the model's id
    #[arg(value_name = "ID")]
    pub(crate) model: String,
    /// The database
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// Remove only its file, which is most of what it takes; its incidents and what it has read stay
    #[arg(long)]
    pub(crate) file_only: bool,
}
