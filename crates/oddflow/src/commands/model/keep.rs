//! `oddflow model import`, `export`, `activate`, `rollback` and `remove`: which models a database has, and which one it goes by.

use std::path::Path;

use oddflow_detector::{Model, ModelFileError};
use oddflow_store::{ModelEvent, Store};

use crate::arguments::{
    ModelActivateArguments, ModelExportArguments, ModelImportArguments, ModelRemoveArguments,
    ModelRollbackArguments,
};
use crate::commands::suppress::{by, now, open};
use crate::failure::Failure;
use crate::models::{find, import as take_in, load};
use crate::output::note;
use crate::text::{shell, thousands};

/// What a history says of what was typed.
const BY_HAND: &str = "by hand";

pub(super) fn import(arguments: &ModelImportArguments) -> Result<(), Failure> {
    let (model, bytes) = Model::read_with_bytes(&arguments.model)?;
    let mut store = Store::open(&arguments.db)?;
    let mut batch = store.begin()?;
    let time = now();
    let reason = format!("from {}", arguments.model.display());
    let is_new = take_in(&mut batch, &model, &bytes, (time, ModelEvent::Imported, &reason))?;
    let is_first = batch.seen().active_model()?.is_none();
    let is_activated = (arguments.activate || is_first) && batch.activate(model.id(), time, BY_HAND)?;
    batch.commit()?;
    match is_new {
        true => note(format_args!("model {} taken in, {} bytes", model.id(), thousands(bytes.len() as u64))),
        false => note(format_args!("the database has model {} already", model.id())),
    }
    if is_activated {
        note("it is the active one now");
    } else if store.active_model()?.is_some_and(|active| active != model.id()) {
        let db = shell(&arguments.db.display().to_string());
        note(format_args!(
            "another one is active; go by this one with: oddflow model activate {} --db {db}",
            model.id()
        ));
    }
    Ok(())
}

pub(super) fn export(arguments: &ModelExportArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let model = match &arguments.model {
        Some(digits) => load(&store, &find(&store, digits)?)?,
        None => crate::models::active(&store)?,
    };
    check_no_other(&arguments.output)?;
    model.write(&arguments.output)?;
    note(format_args!("model {} written to {}", model.id(), arguments.output.display()));
    Ok(())
}

/// Whatever else lies there isn't to be lost to a slip of the fingers.
fn check_no_other(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::output(&path.display().to_string(), &std::io::ErrorKind::IsADirectory.into()));
    }
    if path.exists() && matches!(Model::read(path), Err(ModelFileError::NotAModel { .. })) {
        return Err(Failure::usage(
            format!("{} exists and is not a model", path.display()),
            "Name another file with -o, or delete this one first.",
        ));
    }
    Ok(())
}

pub(super) fn activate(arguments: &ModelActivateArguments) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    let id = find(&store, &arguments.model)?;
    // What can't be read is not to be gone by.
    load(&store, &id)?;
    let mut batch = store.begin()?;
    let is_changed = batch.activate(&id, now(), BY_HAND)?;
    if is_changed {
        by(now()).audit(&mut batch, "model.activate", (&id, &[]), BY_HAND)?;
    }
    batch.commit()?;
    match is_changed {
        true => note(format_args!("model {id} is active; a service that watches goes on with it by itself")),
        false => note(format_args!("model {id} is active already")),
    }
    Ok(())
}

pub(super) fn roll_back(arguments: &ModelRollbackArguments) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    let before = store.active_model()?;
    let mut batch = store.begin()?;
    let id = batch.roll_back(now(), "rolled back by hand")?;
    // Read as it will be, before anybody goes by it.
    load(batch.seen(), &id)?;
    by(now()).audit(&mut batch, "model.rollback", (&id, &[]), BY_HAND)?;
    batch.commit()?;
    note(format_args!(
        "model {id} is active again, in place of {}; a service that watches goes on with it by itself",
        before.unwrap_or_default()
    ));
    Ok(())
}

pub(super) fn remove(arguments: &ModelRemoveArguments) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    let id = find(&store, &arguments.model)?;
    let mut batch = store.begin()?;
    let freed = if arguments.file_only {
        batch.empty_model(&id, now(), BY_HAND)?.ok_or_else(|| {
            Failure::usage(
                format!("the database {} does not have the file of model {id}", arguments.db.display()),
                "Remove the model itself: leave out --file-only.",
            )
        })?
    } else {
        let freed = batch.seen().known_model(&id)?.and_then(|known| known.file_bytes);
        batch.remove_model(&id)?;
        freed.unwrap_or_default()
    };
    batch.commit()?;
    let what = if arguments.file_only { "the file of model" } else { "model" };
    note(format_args!("{what} {id} removed: {} bytes for what comes next", thousands(freed)));
    Ok(())
}
