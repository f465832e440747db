//! Which incidents a rule hides: those of which every stored row is meant by its expression.
//!
//! A rule is asked of the rows as the store has them, so that it says the same of an incident that comes and of one that was there
//! before the rule. Whether a rule still holds goes by the time at which an incident was raised, in the time of its log.

mod making;
mod row;
mod vocabulary;

use std::ops::ControlFlow;

use oddflow_store::{AlertQuery, Incident, Sort, Store, StoreError, Suppression};
use tracing::warn;
use zeek_filter::FindingFilter;

pub(crate) use self::making::{By, Found, make, preview, remove, suggest};
use self::row::Row;
pub(crate) use self::vocabulary::expression;

/// A rule that can be asked.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: i64,
    filter: FindingFilter,
    expires: Option<f64>,
    /// Whether it hides incidents that it hasn't hidden before.
    is_live: bool,
}

/// How much of an incident is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    Nothing,
    /// Some of its stored rows.
    Part,
    /// Each of its stored rows.
    All,
}

impl Rule {
    pub(crate) fn new(id: i64, filter: FindingFilter, expires: Option<f64>) -> Self {
        Self { id, filter, expires, is_live: true }
    }

    /// Whether an incident was raised while the rule held.
    fn held(&self, incident: &Incident) -> bool {
        self.expires.is_none_or(|expires| incident.raised_ts < expires)
    }

    /// How much of an incident it means.
    pub(crate) fn covers(&self, store: &Store, incident: &Incident) -> Result<Cover, StoreError> {
        if !self.held(incident) {
            return Ok(Cover::Nothing);
        }
        let rows = rows(store, incident)?;
        let meant = rows.iter().filter(|row| row.is_meant(&self.filter)).count();
        Ok(match meant {
            0 => Cover::Nothing,
            meant if meant < rows.len() => Cover::Part,
            _ => Cover::All,
        })
    }
}

/// All rules of a store, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<Rule>);

impl Rules {
    /// Reads them. At a time, where there is one, in seconds since 1970: what has expired by then hides nothing new. A rule that
    /// can't be read, since another version wrote it maybe, hides nothing.
    pub(crate) fn read(store: &Store, now: Option<f64>) -> Result<Self, StoreError> {
        let rule = |kept: Suppression| match expression(&kept.expression) {
            Ok(filter) => {
                let is_live = match (now, kept.expires) {
                    (Some(now), Some(expires)) => now < expires,
                    _ => true,
                };
                Some(Rule { id: kept.id, filter, expires: kept.expires, is_live })
            }
            Err(error) => {
                warn!(
                    rule = kept.id,
                    "a rule of suppression can't be read and hides nothing: {}",
                    error.message()
                );
                None
            }
        };
        Ok(Self(store.suppressions()?.into_iter().filter_map(rule).collect()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first rule that hides an incident. One that hid it before goes on doing so as long as it means all of its rows.
    pub(crate) fn covering(&self, store: &Store, incident: &Incident) -> Result<Option<i64>, StoreError> {
        let asked =
            |rule: &&Rule| rule.held(incident) && (rule.is_live || incident.suppressed_by == Some(rule.id));
        let asked: Vec<&Rule> = self.0.iter().filter(asked).collect();
        if asked.is_empty() {
            return Ok(None);
        }
        let rows = rows(store, incident)?;
        let covers = |rule: &&&Rule| !rows.is_empty() && rows.iter().all(|row| row.is_meant(&rule.filter));
        Ok(asked.iter().find(covers).map(|rule| rule.id))
    }
}

/// The stored rows of an incident.
fn rows(store: &Store, incident: &Incident) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    let query = AlertQuery { incident: Some(incident.id), sort: Sort::Id, ..AlertQuery::default() };
    store.alerts(&query, &mut |alert| {
        rows.extend(Row::new(alert, incident));
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}
