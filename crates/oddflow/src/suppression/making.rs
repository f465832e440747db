//! Rules as they are made, tried and removed, whoever asks: the command line and the dashboard.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use oddflow_store::{
    Alert, AlertQuery, Batch, Incident, IncidentQuery, IncidentSort, NewAudit, NewSuppression, Sort, Store,
    StoreError, Verdict,
};

use super::{Cover, Rule, Rules};

const DAY: f64 = 86_400.0;
/// Peers and ports that a suggested rule names; where there are more, it names none.
const MOST_PEERS: usize = 4;
/// Incidents up to which each is meant by itself.
const MOST_ALONE: usize = 8;
const MOST_PORTS: usize = 8;

/// What a rule means.
#[derive(Default)]
pub(crate) struct Found {
    /// It hides them, or would; the highest score first.
    pub(crate) hidden: Vec<Incident>,
    /// It would, but they are confirmed.
    pub(crate) confirmed: Vec<Incident>,
    /// Another rule hides them.
    pub(crate) others: u64,
    /// Only some of their rows are meant.
    pub(crate) part: u64,
    /// Incidents that were looked at.
    pub(crate) all: u64,
}

/// A rule that was removed.
pub(crate) struct Removed {
    /// Incidents that it hid.
    pub(crate) hidden: u64,
    /// Those of them that other rules hide now.
    pub(crate) still: u64,
}

/// Who makes a change, and when, in seconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) who: &'a str,
    pub(crate) now: f64,
}

impl By<'_> {
    /// Enters a change into the audit log.
    pub(crate) fn audit(
        self,
        batch: &mut Batch<'_>,
        action: &str,
        (subject, incidents): (&str, &[i64]),
        detail: &str,
    ) -> Result<(), StoreError> {
        batch.audit(&NewAudit { time: self.now, by: self.who, action, subject, detail }, incidents)
    }
}

/// Looks through the incidents that were still going on at a time or later, the highest score first.
pub(crate) fn find(store: &Store, rule: &Rule, from: Option<f64>) -> Result<Found, StoreError> {
    let mut found = Found::default();
    for incident in
        store.incidents(&IncidentQuery { from, shadow: Some(false), ..IncidentQuery::default() })?
    {
        found.all += 1;
        match rule.covers(store, &incident)? {
            Cover::Nothing => {}
            Cover::Part => found.part += 1,
            Cover::All if incident.verdict == Some(Verdict::Confirmed) => found.confirmed.push(incident),
            Cover::All if incident.suppressed_by.is_some() => found.others += 1,
            Cover::All => found.hidden.push(incident),
        }
    }
    Ok(found)
}

/// Looks through the incidents of the last days before the newest one; also from when on. `None` where there are none.
pub(crate) fn preview(store: &Store, rule: &Rule, days: f64) -> Result<Option<(f64, Found)>, StoreError> {
    let newest = IncidentQuery { limit: Some(1), sort: IncidentSort::Newest, ..IncidentQuery::default() };
    let Some(newest) = store.incidents(&newest)?.pop() else { return Ok(None) };
    let from = newest.last_ts - days * DAY;
    Ok(Some((from, find(store, rule, Some(from))?)))
}

/// Keeps a rule, and hides what it means. Returns its number, too.
pub(crate) fn make(
    batch: &mut Batch<'_>,
    rule: &Rule,
    new: &NewSuppression<'_>,
    by: By<'_>,
) -> Result<(i64, Found), StoreError> {
    let id = batch.suppression(new)?;
    let found = find(batch.seen(), rule, None)?;
    for incident in &found.hidden {
        batch.suppress(incident.id, Some(id))?;
    }
    let hidden: Vec<i64> = found.hidden.iter().map(|incident| incident.id).collect();
    let detail = format!("{} ({})", new.expression, new.reason);
    by.audit(batch, "suppression.add", (&format!("rule {id}"), &hidden), &detail)?;
    Ok((id, found))
}

/// The same of incidents that were found to be meant before the batch began, up to a number; those and what came since are asked again.
/// So nobody who writes waits for a look at all incidents. Returns the rule's number, and how many it hides.
pub(crate) fn make_as_found(
    batch: &mut Batch<'_>,
    rule: &Rule,
    new: &NewSuppression<'_>,
    (meant, newest): (&[i64], i64),
    by: By<'_>,
) -> Result<(i64, u64), StoreError> {
    let id = batch.suppression(new)?;
    let mut hidden = Vec::new();
    let since = batch.seen().incidents_since(newest)?;
    for incident in meant.iter().copied().chain(since) {
        // It may have expired meanwhile, or somebody may have confirmed it.
        let Some(known) = batch.seen().incident(incident)? else { continue };
        let is_free = known.suppressed_by.is_none() && known.verdict != Some(Verdict::Confirmed);
        if is_free && rule.covers(batch.seen(), &known)? == Cover::All {
            batch.suppress(incident, Some(id))?;
            hidden.push(incident);
        }
    }
    let detail = format!("{} ({})", new.expression, new.reason);
    by.audit(batch, "suppression.add", (&format!("rule {id}"), &hidden), &detail)?;
    Ok((id, hidden.len() as u64))
}

/// Forgets a rule, and shows what it hid and no other one means; `None` where there is no such rule.
pub(crate) fn remove(batch: &mut Batch<'_>, rule: i64, by: By<'_>) -> Result<Option<Removed>, StoreError> {
    let expression =
        batch.seen().suppressions()?.into_iter().find(|kept| kept.id == rule).map(|kept| kept.expression);
    let Some(hidden) = batch.remove_suppression(rule)? else { return Ok(None) };
    // Another rule may mean them too.
    let rules = Rules::read(batch.seen(), Some(by.now))?;
    let mut still = 0;
    for id in &hidden {
        let Some(incident) = batch.seen().incident(*id)? else { continue };
        if let Some(rule) = rules.covering(batch.seen(), &incident)? {
            still += u64::from(batch.suppress(*id, Some(rule))?);
        }
    }
    by.audit(
        batch,
        "suppression.remove",
        (&format!("rule {rule}"), &hidden),
        &expression.unwrap_or_default(),
    )?;
    Ok(Some(Removed { hidden: hidden.len() as u64, still }))
}

/// An expression that means all stored rows of some incidents, and little else: each by itself where they are few, else by what they
/// have together. `None` where one of the incidents isn't there.
pub(crate) fn suggest(store: &Store, incidents: &[i64]) -> Result<Option<String>, StoreError> {
    if incidents.len() > MOST_ALONE {
        return together(store, incidents);
    }
    let mut each = BTreeSet::new();
    for incident in incidents {
        let Some(one) = together(store, &[*incident])? else { return Ok(None) };
        each.insert(one);
    }
    Ok(Some(match each.len() {
        1 => each.into_iter().collect(),
        _ => each.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" || "),
    }))
}

/// The same by their hosts, families and class, and peers and ports where these are few.
fn together(store: &Store, incidents: &[i64]) -> Result<Option<String>, StoreError> {
    let (mut hosts, mut families, mut classes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut peers, mut ports) = (BTreeSet::new(), BTreeSet::new());
    let mut is_one_hosts = true;
    for id in incidents {
        let Some(incident) = store.incident(*id)? else { return Ok(None) };
        // A flood has many hosts, and no address.
        is_one_hosts &= incident.host.parse::<std::net::IpAddr>().is_ok();
        let query = AlertQuery { incident: Some(*id), sort: Sort::Id, ..AlertQuery::default() };
        store.alerts(&query, &mut |Alert { orig_h, resp_h, resp_p, .. }| {
            peers.insert(if resp_h == incident.host { orig_h } else { resp_h });
            ports.extend(resp_p);
            ControlFlow::Continue(())
        })?;
        hosts.insert(incident.host);
        families.insert(incident.family);
        classes.insert(format!("{:?}", incident.class));
    }
    let mut parts = Vec::new();
    if is_one_hosts {
        parts.push(one_of("host", &hosts));
    }
    parts.push(one_of("family", &families));
    if classes.len() == 1 {
        parts.push(one_of("class", &classes));
    }
    if (1..=MOST_PEERS).contains(&peers.len()) {
        parts.push(one_of("host", &peers));
    }
    if (1..=MOST_PORTS).contains(&ports.len()) {
        parts.push(one_of("id.resp_p", &ports));
    }
    Ok(Some(parts.join(" && ")))
}

/// A comparison with one value, or with several.
fn one_of<T: ToString>(field: &str, values: &BTreeSet<T>) -> String {
    let values: Vec<String> = values.iter().map(T::to_string).collect();
    match &values[..] {
        [one] => format!("{field} == {one}"),
        several => format!("{field} in {{{}}}", several.join(", ")),
    }
}
