//! Which model is watched with: the active one of the database.
//!
//! A file that is named is taken in and activated once, when it is new to the database. A file that was there before says nothing
//! of what is to be active: else each start would undo what somebody has activated or rolled back since.

use std::path::Path;

use oddflow_detector::Model as AnyModel;
use oddflow_detector::behaviour::{Model, States};
use oddflow_store::{ModelEvent, Store};
use tracing::{error, info, warn};

use super::retraining::Trial;
use super::service::Watch;
use crate::failure::Failure;
use crate::models;

/// A model that watches beside the active one.
pub(super) struct Shadow {
    pub(super) model: Model,
    pub(super) states: States,
    pub(super) trial: Trial,
}

/// The shadow of the database; `None` where there is none, or it can't be used.
pub(super) fn shadow(watch: &Watch) -> Result<Option<Shadow>, Failure> {
    let store = Store::open_read_only(&watch.db)?;
    let Some((id, from)) = store.trial()? else { return Ok(None) };
    let mut model = match load(&store, &id) {
        Err(failure) if !failure.may_pass() => {
            error!("the shadow does not watch: {}. {}", failure.message(), failure.remedy());
            return Ok(None);
        }
        other => other?,
    };
    let states = model.take_states();
    Ok(Some(Shadow { model, states, trial: Trial::new(from, watch.retrain.shadow_days) }))
}

/// The model to watch with and what its baseline left behind; `None` where there is none yet. `time` is the calendar's, in seconds
/// since 1970.
///
/// What the model has read that was watched with before counts as read by this one, so that no row is told of twice.
pub(super) fn choose(watch: &Watch, time: f64) -> Result<Option<(Model, States)>, Failure> {
    let mut store = Store::open(&watch.db)?;
    if let Some(path) = &watch.model {
        take_in(&mut store, path, time)?;
    }
    let Some(id) = store.active_model()? else { return Ok(None) };
    let mut model = load(&store, &id)?;
    let mut batch = store.begin()?;
    let former = batch.watch_with(&id)?;
    if let Some(former) = &former
        && let Some((shadow, _)) = batch.seen().trial()?
    {
        batch.retire(
            &shadow,
            time,
            &format!("{id} was activated in place of {former}, beside which it watched"),
        )?;
    }
    batch.commit()?;
    if let Some(former) = former {
        info!(model = id, former, "another model is active: it goes on from where the former one stands");
    }
    let states = model.take_states();
    Ok(Some((model, states)))
}

/// Takes a file into the database, and activates its model if it is new there or nothing else is active.
fn take_in(store: &mut Store, path: &Path, time: f64) -> Result<(), Failure> {
    let active = store.active_model()?;
    if !path.exists() {
        if active.is_some() {
            warn!(file = %path.display(), "the model file is not there: watching with the active model of the database");
        }
        return Ok(());
    }
    let (model, bytes) = AnyModel::read_with_bytes(path)?;
    if matches!(model, AnyModel::Classic(_)) {
        return Err(unfit(&path.display().to_string()));
    }
    if active.as_deref() == Some(model.id()) {
        return Ok(());
    }
    if let Some(active) = active
        && store.was_imported(model.id())?
    {
        info!(
            file = %path.display(),
            model = model.id(),
            active,
            "the model file was taken in before, and another model was activated since"
        );
        return Ok(());
    }
    let mut batch = store.begin()?;
    let reason = format!("from {}", path.display());
    models::import(&mut batch, &model, &bytes, (time, ModelEvent::Imported, &reason))?;
    batch.activate(model.id(), time, "named as the service's model")?;
    batch.commit()?;
    info!(file = %path.display(), model = model.id(), "the model file was taken into the database and is active");
    Ok(())
}

/// Reads a model of the database that is fit for watching.
fn load(store: &Store, id: &str) -> Result<Model, Failure> {
    match models::load(store, id)? {
        AnyModel::Behaviour(model) => Ok(*model),
        AnyModel::Classic(_) => Err(unfit(&format!("model {id}"))),
    }
}

fn unfit(name: &str) -> Failure {
    Failure::usage(
        format!("{name} is a model of the classic recipe, and watching needs one of behaviour"),
        "Train one with: oddflow train LOGS -o FILE.",
    )
}

/// Looks for a model that was activated in place of the one that is watched with.
#[derive(Default)]
pub(super) struct Successor {
    /// One that can't be used, and was told of.
    refused: Option<String>,
}

impl Successor {
    /// Whether another model is active that can be watched with.
    pub(super) fn is_there(&mut self, store: &Store, current: &str) -> Result<bool, Failure> {
        let Some(active) = store.active_model()? else { return Ok(false) };
        if active == current || self.refused.as_ref() == Some(&active) {
            return Ok(false);
        }
        match load(store, &active) {
            Ok(_) => Ok(true),
            Err(failure) if failure.may_pass() => Err(failure),
            Err(failure) => {
                error!("the model stays: {}. {}", failure.message(), failure.remedy());
                self.refused = Some(active);
                Ok(false)
            }
        }
    }
}
