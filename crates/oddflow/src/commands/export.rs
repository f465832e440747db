//! `oddflow export`: logs, or the features of a recipe, as a Parquet file for pandas, polars and DuckDB.

use std::path::Path;

use oddflow_detector::Model;
use oddflow_features::Recipe;

use crate::arguments::ExportArguments;
use crate::export::{Destination, Exported, Found, Selection, Source, export_features, export_rows};
use crate::failure::Failure;
use crate::filter::filters;
use crate::input::differ;
use crate::interrupt;
use crate::output::note;
use crate::text::{counted, thousands};

pub(crate) fn run(arguments: &ExportArguments) -> Result<(), Failure> {
    let model = arguments.model.as_deref().map(Model::read).transpose()?;
    let source = source(arguments.recipe, model)?;
    let exclude = filters(&arguments.exclude)?;
    Destination::check(&arguments.parquet)?;
    let found = Found::find(&arguments.input, arguments.log.as_deref())?;
    found.input.check_not_among(&arguments.parquet)?;
    if let Some(model) = &arguments.model {
        differ(&arguments.parquet, model, "the model")?;
    }
    let selection = Selection::new(arguments.from, arguments.to, &exclude);
    interrupt::listen();
    let destination = Destination::create(&arguments.parquet)?;
    let exported = match source {
        None => export_rows(found, &selection, destination)?,
        Some(source) => export_features(found, source, &selection, destination)?,
    };
    tell(&arguments.parquet, &exported);
    exported.problems.check()
}

/// Where features come from; `None` where none are wanted.
fn source(recipe: Option<Recipe>, model: Option<Model>) -> Result<Option<Source>, Failure> {
    if let (Some(wanted), Some(model)) = (recipe, &model)
        && wanted != model.recipe()
    {
        return Err(Failure::usage(
            format!("the model is of the {} recipe, not of {wanted}", model.recipe()),
            "Leave out --recipe: the model says which it is.",
        ));
    }
    match (recipe, model) {
        (None, None) => Ok(None),
        (_, Some(model)) => Source::of_model(model).map(Some),
        (Some(Recipe::Behaviour), None) => Ok(Some(Source::fresh_behaviour())),
        (Some(Recipe::Classic), None) => Err(Failure::usage(
            "the columns of the classic recipe, and their scale, are learned: they need a model",
            "Train one with `oddflow train --recipe classic`, and name it with --model.",
        )),
    }
}

fn tell(file: &Path, exported: &Exported) {
    let Exported { rows, columns, row_groups, bytes, logs, left_out, missing, problems } = exported;
    problems.tell();
    if *left_out > 0 {
        note(format_args!("{} left out, as asked for", counted(*left_out, "row")));
    }
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(String::as_str).collect();
        note(format_args!(
            "warning: not in the file, as they first came within a log: the columns {}. Split the log where its header changes.",
            names.join(", ")
        ));
    }
    note(format_args!(
        "{} of {} with {} in {}, {} bytes: {}",
        counted(*rows, "row"),
        counted(*logs, "log"),
        counted(*columns as u64, "column"),
        counted(*row_groups as u64, "row group"),
        thousands(*bytes),
        file.display()
    ));
}
