//! `oddflow incidents confirm` and `benign`: what somebody says who looked into an incident.

use oddflow_store::{StoreError, Verdict};

use super::suppress::{now, open};
use crate::arguments::JudgeArguments;
use crate::failure::Failure;
use crate::output::note;
use crate::text::shell;

pub(super) fn judge(arguments: &JudgeArguments, verdict: Verdict) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    let mut batch = store.begin()?;
    let said = (!arguments.undo).then_some(verdict);
    let mut shown_again = Vec::new();
    for id in &arguments.ids {
        let unknown = || {
            Failure::usage(
                format!("the database {} has no incident {id}", arguments.db.display()),
                format!(
                    "List what it has with: oddflow incidents list --db {}",
                    shell(&arguments.db.display().to_string())
                ),
            )
        };
        let before = batch.seen().incident(*id)?.ok_or_else(unknown)?;
        match batch.judge(*id, said, now(), arguments.note.as_deref()) {
            Err(StoreError::UnknownIncident { .. }) => return Err(unknown()),
            other => other?,
        }
        if said == Some(Verdict::Confirmed)
            && let Some(rule) = before.suppressed_by
        {
            shown_again.push((*id, rule));
        }
    }
    batch.commit()?;
    let ids: Vec<String> = arguments.ids.iter().map(i64::to_string).collect();
    let what = match said {
        Some(verdict) => verdict.name(),
        None => "open again",
    };
    note(format_args!("incident {}: {what}", ids.join(", ")));
    for (id, rule) in shown_again {
        note(format_args!("incident {id} is shown again, though rule {rule} means it"));
    }
    Ok(())
}
