//! What can be typed after `oddflow config`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write a file with every setting, its default and what it means
    Init(ConfigFile),
    /// Say whether settings are right
    Check(ConfigFile),
    /// Show the settings as they are taken, defaults included; secrets are not in them
    Show(ConfigFile),
}

#[derive(Args)]
pub(crate) struct ConfigFile {
    /// The file; `-` is standard output for `init`
    #[arg(value_name = "FILE", default_value = "oddflow.toml")]
    pub(crate) file: PathBuf,
}
