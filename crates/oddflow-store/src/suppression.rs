//! Rules that hide incidents, and verdicts on them.
//!
//! What a rule's expression means is the caller's to know; the store keeps it, and which rule hides which incident. An
//! incident's own state stays as it is, so that a rule that goes brings back what it hid. A confirmed incident is never hidden.

use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::batch::Batch;
use crate::changes::ChangeTopic;
use crate::error::StoreError;
use crate::store::Store;

/// A rule on its way into the store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewSuppression<'a> {
    /// Which rows are meant; kept as it is given.
    pub expression: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Whether the rows that it hides must not pass for normal in a later training.
    pub malicious: bool,
    /// When it was made, in seconds since 1970.
    pub created: f64,
    /// Incidents raised at this time or later are not hidden; `None` for never.
    pub expires: Option<f64>,
}

/// A rule as the store keeps it; words and units are those of [`NewSuppression`].
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(description = "A rule that hides incidents.")]
#[expect(missing_docs, reason = "a field without words of its own is the one of that name in NewSuppression")]
pub struct Suppression {
    /// Its number, which is never used again.
    pub id: i64,
    pub expression: String,
    pub reason: String,
    pub malicious: bool,
    pub created: f64,
    pub expires: Option<f64>,
}

/// What somebody said of an incident who looked into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was what it seemed, and must not pass for normal.
    Confirmed,
    /// It was normal after all.
    Benign,
}

impl Verdict {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Confirmed, Self::Benign];

    /// Its name, in the file as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Benign => "benign",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

/// What came of judging some incidents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Incidents of which something else was said before, or nothing.
    pub changed: u64,
    /// Incidents that rules hid and that are shown again, as they are confirmed, with the rule of each.
    pub shown_again: Vec<(i64, i64)>,
}

const COLUMNS: &str = "id, expression, reason, malicious, created, expires";

impl Store {
    /// All rules, in the order in which they were made.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn suppressions(&self) -> Result<Vec<Suppression>, StoreError> {
        self.collect(&format!("SELECT {COLUMNS} FROM suppression ORDER BY id"), suppression)
    }

    /// Gives the uids of alerts whose connections must not pass for normal in a later training, as often as they were
    /// flagged, until `each` breaks: all but those of incidents that were judged benign, or that a rule hides which isn't
    /// of malicious ones. An alert without a uid is passed over, what a shadow found is no verdict, and the rows that an incident only
    /// counts are not among them. Alerts of logs that ended before `since` in log time are left out.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn uids_not_normal(
        &self,
        since: f64,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT a.uid FROM alert a JOIN log l ON l.id = a.log_id LEFT JOIN alert_detail d ON d.alert_id = a.id
            LEFT JOIN incident i ON i.id = d.incident_id LEFT JOIN suppression s ON s.id = i.suppressed_by
            WHERE a.uid <> '' AND coalesce(l.last_ts >= ?1, 1) AND coalesce(i.is_shadow, 0) = 0 AND CASE WHEN i.verdict IS NOT NULL THEN i.verdict = 'confirmed'
                ELSE s.id IS NULL OR s.malicious = 1 END ORDER BY a.id";
        let mut read = || -> rusqlite::Result<()> {
            let mut select = self.connection.prepare_cached(sql)?;
            let mut rows = select.query([since])?;
            while let Some(row) = rows.next()? {
                if each(row.get_ref(0)?.as_str()?).is_break() {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|e| self.error(e))
    }
}

impl Batch<'_> {
    /// What the batch sees: the last commit, and what it has written itself.
    #[must_use]
    pub fn seen(&self) -> &Store {
        self.store()
    }

    /// Keeps a rule and returns its number. It hides nothing by itself.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotANumber`] where a time is not a number, or the write fails.
    pub fn suppression(&mut self, rule: &NewSuppression<'_>) -> Result<i64, StoreError> {
        let created = self.number(rule.created, "time of a rule")?;
        let expires = rule.expires.map(|time| self.number(time, "time of a rule")).transpose()?;
        self.touch(ChangeTopic::Suppressions);
        let sql = "INSERT INTO suppression (expression, reason, malicious, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.connection()
            .prepare_cached(sql)
            .and_then(|mut insert| {
                insert.insert(params![rule.expression, rule.reason, rule.malicious, created, expires])
            })
            .map_err(|e| self.error(e))
    }

    /// Forgets a rule and brings back what it hid: the numbers of these incidents, in order; `None` where there is no such rule.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn remove_suppression(&mut self, rule: i64) -> Result<Option<Vec<i64>>, StoreError> {
        self.touch(ChangeTopic::Suppressions);
        self.touch(ChangeTopic::Incidents);
        let remove = || -> rusqlite::Result<Option<Vec<i64>>> {
            let connection = self.connection();
            let mut hidden: Vec<i64> = connection
                .prepare_cached(
                    "UPDATE incident SET suppressed_by = NULL WHERE suppressed_by = ?1 RETURNING id",
                )?
                .query_map([rule], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            hidden.sort_unstable();
            let removed =
                connection.prepare_cached("DELETE FROM suppression WHERE id = ?1")?.execute([rule])?;
            Ok((removed > 0).then_some(hidden))
        };
        remove().map_err(|e| self.error(e))
    }

    /// Hides an incident by a rule, or by none. Returns whether it is hidden now: a confirmed one never is.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownIncident`] where there is no such incident; where there is no such rule, or the write fails.
    pub fn suppress(&mut self, incident: i64, rule: Option<i64>) -> Result<bool, StoreError> {
        self.touch(ChangeTopic::Incidents);
        let sql = "UPDATE incident SET suppressed_by = CASE WHEN verdict IS 'confirmed' THEN NULL ELSE ?2 END
            WHERE id = ?1 RETURNING suppressed_by IS NOT NULL";
        self.connection()
            .prepare_cached(sql)
            .and_then(|mut update| update.query_row(params![incident, rule], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))?
            .ok_or_else(|| StoreError::UnknownIncident { file: self.seen().file().to_owned(), incident })
    }

    /// Keeps what was said of an incident, at a time in seconds since 1970, over what was said before; `None` takes that
    /// back. One that is confirmed is no longer hidden.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownIncident`] where there is no such incident, [`StoreError::NotANumber`] where the time is not a
    /// number, or the write fails.
    pub fn judge(
        &mut self,
        incident: i64,
        verdict: Option<Verdict>,
        time: f64,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        let time = self.number(time, "time of a verdict")?;
        let sql = "UPDATE incident SET verdict = ?2, verdict_ts = ?3, verdict_note = ?4,
            suppressed_by = CASE WHEN ?2 IS 'confirmed' THEN NULL ELSE suppressed_by END WHERE id = ?1";
        let row = params![
            incident,
            verdict.map(Verdict::name),
            verdict.map(|_| time),
            note.filter(|_| verdict.is_some())
        ];
        let changed = self
            .connection()
            .prepare_cached(sql)
            .and_then(|mut update| update.execute(row))
            .map_err(|e| self.error(e))?;
        match changed {
            0 => Err(StoreError::UnknownIncident { file: self.seen().file().to_owned(), incident }),
            _ => {
                self.changed_incident(incident);
                Ok(())
            }
        }
    }
}

impl Batch<'_> {
    /// Judges several incidents, as [`Batch::judge`] does each of them; all or none.
    ///
    /// # Errors
    ///
    /// As [`Batch::judge`].
    pub fn judge_all(
        &mut self,
        incidents: &[i64],
        verdict: Option<Verdict>,
        time: f64,
        note: Option<&str>,
    ) -> Result<Judged, StoreError> {
        self.as_one(|batch| {
            let mut judged = Judged::default();
            for incident in incidents {
                let before = batch.seen().incident(*incident)?.ok_or_else(|| {
                    StoreError::UnknownIncident { file: batch.seen().file().to_owned(), incident: *incident }
                })?;
                batch.judge(*incident, verdict, time, note)?;
                judged.changed += u64::from(before.verdict != verdict);
                if verdict == Some(Verdict::Confirmed) {
                    judged.shown_again.extend(before.suppressed_by.map(|rule| (*incident, rule)));
                }
            }
            Ok(judged)
        })
    }
}

fn suppression(row: &Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        id: row.get(0)?,
        expression: row.get(1)?,
        reason: row.get(2)?,
        malicious: row.get(3)?,
        created: row.get(4)?,
        expires: row.get(5)?,
    })
}
