//! Where a run begins: at what the store keeps of the one before, or at the end of the model's baseline.

use std::collections::BTreeMap;

use oddflow_detector::behaviour::{Alarm, BadAlarm, Budget, Key, Model, Session, States};
use oddflow_store::{Journal as StoredJournal, ModelState};
use zeek_follow::MergeState;

use super::checkpoint::Checkpoint;
use super::drifting::Drifting;
use super::incident::{OpenIncident, Saved};
use super::journal::{Journal, replay};
use super::limits::Limits;
use crate::failure::Failure;

/// What a run begins with.
pub(super) struct Resumed {
    pub(super) session: Session,
    pub(super) alarm: Alarm,
    pub(super) open: BTreeMap<u64, (Key, OpenIncident)>,
    /// Where the merging of several loggers stands.
    pub(super) merge: MergeState,
    /// The store's revision of all that.
    pub(super) revision: u64,
    /// The journal that goes on.
    pub(super) journal: Journal,
    /// The day that is compared with the baseline, where the model can.
    pub(super) drifting: Option<Drifting>,
}

/// Makes ready what the store keeps. `states` are the model's own, for one that has not been used yet.
pub(super) fn resume(
    (model, states, limits): (&Model, &States, Limits),
    budget: Budget,
    stored: ModelState,
) -> Result<Resumed, Failure> {
    let ModelState { revision, bytes, since } = stored;
    let is_used = !bytes.is_empty() || since.is_some();
    let damaged = |error: &str| match is_used {
        true => Failure::damaged_state(error),
        false => Failure::unusable_model(model.id(), error),
    };
    let whole = |bytes| Checkpoint::read(bytes).ok_or_else(|| damaged("it is cut, or of something else"));

    // The store keeps no state of a model that has not been used yet: it is the model's own.
    let checkpoint = if bytes.is_empty() { None } else { Some(whole(&bytes)?) };
    let (state, companions) = match &checkpoint {
        Some(checkpoint) => (checkpoint.state, checkpoint.companions),
        None => (&*states.state, &*states.companions),
    };
    let mut session = model
        .session_within(state, companions, limits.share())
        .map_err(|error| damaged(&error.to_string()))?;
    let StoredJournal { rows, beside } = since.unwrap_or_default();
    let journal = Journal::behind(
        rows.iter().map(|piece| piece.len() as u64).sum(),
        session.state().byte_length(),
        limits.journal,
    );
    if !replay(&rows, &mut session) {
        return Err(damaged("the rows that came since it was written are cut, or of another version"));
    }
    let carried = if beside.is_empty() { checkpoint } else { Some(whole(&beside)?) };
    let drifting = Drifting::new(model, carried.as_ref().map_or(&[], |carried| carried.drift));
    let (alarm, open, merge) = match carried {
        None => {
            let alarm = Alarm::new(budget).after(&model.calibration_incidents().recent);
            (alarm, BTreeMap::new(), MergeState::default())
        }
        Some(Checkpoint { alarm, open, merge, .. }) => {
            let alarm =
                Alarm::from_bytes(alarm, budget).map_err(|error: BadAlarm| damaged(&error.to_string()))?;
            let saved: Vec<Saved> =
                serde_json::from_slice(open).map_err(|error| damaged(&error.to_string()))?;
            let open = saved
                .into_iter()
                .map(|saved| Some((saved.number, (saved.key.key()?, saved.incident))))
                .collect::<Option<_>>()
                .ok_or_else(|| damaged("an incident is of no class"))?;
            let merge = match merge {
                [] => MergeState::default(),
                merge => postcard::from_bytes(merge).map_err(|error| damaged(&error.to_string()))?,
            };
            (alarm, open, merge)
        }
    };
    let alarm = alarm.within(limits.share());
    Ok(Resumed { session, alarm, open, merge, revision, journal, drifting })
}
