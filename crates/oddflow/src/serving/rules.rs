//! Rules as the dashboard makes them: what `crate::suppression` does, in the words of the API.

use oddflow_dashboard::{BySeverity, Made, NewRule, Plan, Preview, Problem, Removed};
use oddflow_store::{Batch, Incident, NewSuppression, Store};
use zeek_filter::FindingFilter;

use crate::suppression::{self, By, Rule, expression};

/// Characters of a reason.
const LONGEST_REASON: usize = 500;
/// Incidents that a preview shows.
const EXAMPLES: usize = 5;

pub(super) fn suggest(store: &Store, incidents: &[i64]) -> Result<String, Problem> {
    let text = suppression::suggest(store, incidents)?.ok_or_else(|| {
        Problem::missing("One of the incidents is not there.", "It may have expired: look at the list again.")
    })?;
    Ok(parsed(&text)?.to_string())
}

pub(super) fn preview(store: &Store, text: &str, days: f64) -> Result<Preview, Problem> {
    let filter = parsed(text)?;
    let expression = filter.to_string();
    let found = suppression::preview(store, &Rule::new(0, filter, None), days)?;
    let (_, found) = found.unwrap_or_default();
    let mut by_severity = BySeverity::default();
    found.hidden.iter().for_each(|incident| by_severity.add(incident.severity, 1));
    Ok(Preview {
        expression,
        hides: found.hidden.len() as u64,
        of: found.all,
        by_severity,
        confirmed: ids(&found.confirmed),
        partly: found.part,
        others: found.others,
        examples: found.hidden.into_iter().take(EXAMPLES).collect(),
    })
}

/// Looks for what a rule means: this may take long, and changes nothing.
pub(super) fn plan(store: &Store, new: &NewRule, now: f64) -> Result<Plan, Problem> {
    let filter = parsed(&new.expression)?;
    if new.reason.trim().is_empty() {
        return Err(Problem::wrong(
            "A rule needs a reason.",
            "Say why: whoever reads it next year will want to know.",
        ));
    }
    if new.reason.trim().chars().count() > LONGEST_REASON {
        return Err(Problem::wrong("The reason is too long.", "Write 500 characters at most."));
    }
    if new.expires.is_some_and(|expires| !(expires.is_finite() && expires > now)) {
        return Err(Problem::wrong("The rule would have ended already.", "Give a time to come, or none."));
    }
    let newest = store.newest_incident()?;
    let found = suppression::find(store, &Rule::new(0, filter, new.expires), None)?;
    Ok(Plan {
        hides: ids(&found.hidden),
        confirmed: ids(&found.confirmed),
        partly: found.part,
        others: found.others,
        newest,
    })
}

pub(super) fn suppress(
    batch: &mut Batch<'_>,
    new: &NewRule,
    plan: &Plan,
    by: By<'_>,
) -> Result<Made, Problem> {
    let filter = parsed(&new.expression)?;
    let text = filter.to_string();
    let rule = NewSuppression {
        expression: &text,
        reason: new.reason.trim(),
        malicious: new.malicious,
        created: by.now,
        expires: new.expires,
    };
    let meant = (plan.hides.as_slice(), plan.newest);
    let (id, hidden) =
        suppression::make_as_found(batch, &Rule::new(0, filter, new.expires), &rule, meant, by)?;
    Ok(Made {
        id,
        expression: text,
        hides: hidden,
        confirmed: plan.confirmed.clone(),
        partly: plan.partly,
        others: plan.others,
    })
}

pub(super) fn unsuppress(batch: &mut Batch<'_>, rule: i64, by: By<'_>) -> Result<Option<Removed>, Problem> {
    let removed = suppression::remove(batch, rule, by)?;
    Ok(removed.map(|removed| Removed { shown: removed.hidden - removed.still, others: removed.still }))
}

fn parsed(text: &str) -> Result<FindingFilter, Problem> {
    expression(text).map_err(|error| Problem::wrong(error.to_string(), error.remedy()))
}

fn ids(incidents: &[Incident]) -> Vec<i64> {
    incidents.iter().map(|incident| incident.id).collect()
}
