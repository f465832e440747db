//! `oddflow incidents confirm` and `benign`: what somebody says who looked into an incident.

use oddflow_store::{StoreError, Verdict};

use super::suppress::{by, now, open};
use crate::arguments::JudgeArguments;
use crate::failure::Failure;
use crate::output::note;
use crate::text::shell;

pub(super) fn judge(arguments: &JudgeArguments, verdict: Verdict) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    let mut batch = store.begin()?;
    let said = (!arguments.undo).then_some(verdict);
    let unknown = |id: i64| {
        Failure::usage(
            format!("the database {} has no incident {id}", arguments.db.display()),
            format!(
                "List what it has with: oddflow incidents list --db {}",
                shell(&arguments.db.display().to_string())
            ),
        )
    };
    let note_of = arguments.note.as_deref();
    let judged = batch.judge_all(&arguments.ids, said, now(), note_of).map_err(|error| match error {
        StoreError::UnknownIncident { incident, .. } => unknown(incident),
        other => other.into(),
    })?;
    let what = match said {
        Some(verdict) => verdict.name(),
        None => "open again",
    };
    let detail = note_of.map_or_else(|| what.to_owned(), |note| format!("{what}: {note}"));
    by(now()).audit(&mut batch, "incident.verdict", ("", &arguments.ids), &detail)?;
    batch.commit()?;
    let ids: Vec<String> = arguments.ids.iter().map(i64::to_string).collect();
    note(format_args!("incident {}: {what}", ids.join(", ")));
    for (id, rule) in judged.shown_again {
        note(format_args!("incident {id} is shown again, though rule {rule} means it"));
    }
    Ok(())
}
