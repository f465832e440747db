//! `oddflow model`: what models there are, what they are made of, and which one a database goes by.

mod diff;
mod facts;
mod keep;
mod list;
mod show;

pub(crate) use facts::{Fact, compared, facts};
pub(crate) use show::{OVER_FIT, print, summary};

use crate::arguments::{ModelArguments, ModelCommand};
use crate::failure::Failure;

/// Version of the JSON that is printed.
const VERSION: u32 = 1;

pub(crate) fn run(arguments: &ModelArguments) -> Result<(), Failure> {
    match &arguments.command {
        ModelCommand::Show(show) => show::show(show),
        ModelCommand::List(list) => list::list(list),
        ModelCommand::Diff(diff) => diff::diff(diff),
        ModelCommand::Import(import) => keep::import(import),
        ModelCommand::Export(export) => keep::export(export),
        ModelCommand::Activate(activate) => keep::activate(activate),
        ModelCommand::Rollback(rollback) => keep::roll_back(rollback),
        ModelCommand::History(history) => list::history(history),
        ModelCommand::Remove(remove) => keep::remove(remove),
    }
}
