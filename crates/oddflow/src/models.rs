//! Models in databases: taking one in, finding one by the first digits of its id, and reading it.

use std::io::Write;
use std::path::Path;

use oddflow_detector::Model;
use oddflow_store::{Batch, ModelEvent, Store};

use crate::commands::detect::entry;
use crate::failure::Failure;
use crate::text::shell;

/// Takes a model into a database, with the bytes of its file. Says whether they are new there.
pub(crate) fn import(
    batch: &mut Batch<'_>,
    model: &Model,
    bytes: &[u8],
    how: (f64, ModelEvent, &str),
) -> Result<bool, Failure> {
    let write = |to: &mut dyn Write| to.write_all(bytes);
    Ok(batch.import_model(&entry(model), bytes.len() as u64, write, how)?)
}

/// The id of the model that begins with some digits.
pub(crate) fn find(store: &Store, digits: &str) -> Result<String, Failure> {
    let list = format!("List what it has with: oddflow model list --db {}", shell(store.file()));
    match &matching(store, digits)?[..] {
        [one] => Ok(one.clone()),
        [] => Err(Failure::no_model(format!("the database {} has no model {digits}", store.file()), list)),
        several => Err(Failure::usage(
            format!("{digits} is the beginning of {} models: {}", several.len(), several.join(", ")),
            "Give more digits of the one that is meant.",
        )),
    }
}

fn matching(store: &Store, digits: &str) -> Result<Vec<String>, Failure> {
    let ids = store.models()?.into_iter().map(|model| model.id);
    // Everything begins with nothing.
    Ok(ids.filter(|id| !digits.is_empty() && id.starts_with(digits)).collect())
}

/// Reads a model of a database.
pub(crate) fn load(store: &Store, id: &str) -> Result<Model, Failure> {
    let bytes = store.model_file(id)?.ok_or_else(|| {
        Failure::no_model(
            format!("the database {} knows model {id} and does not have its file", store.file()),
            format!("Take it in with: oddflow model import FILE --db {}", shell(store.file())),
        )
    })?;
    Ok(Model::from_bytes(&bytes, &format!("{id} of {}", store.file()))?)
}

/// Reads the active model of a database.
pub(crate) fn active(store: &Store) -> Result<Model, Failure> {
    let id = store.active_model()?.ok_or_else(|| {
        Failure::no_model(
            format!("the database {} has no active model", store.file()),
            format!("Name a model, or take one in: oddflow model import FILE --db {}", shell(store.file())),
        )
    })?;
    load(store, &id)
}

/// Reads a model by what a user calls it: the first digits of its id in a database, where there is one, else a file.
pub(crate) fn named(name: &str, db: Option<&Path>) -> Result<Model, Failure> {
    let file = Path::new(name);
    let Some(db) = db else { return Ok(Model::read(file)?) };
    let store = Store::open_read_only(db)?;
    if matching(&store, name)?.is_empty() && file.exists() {
        return Ok(Model::read(file)?);
    }
    load(&store, &find(&store, name)?)
}
