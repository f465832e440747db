//! Incidents on their way out: one, those of a query, and how many.
//!
//! The answer is a list. A query walks the order that is asked for, unless one of its filters leaves so few candidates that these are
//! looked up and sorted: see [`filter`](super::filter).

use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row};

use super::cursor::IncidentCursor;
use super::{Incident, IncidentState, Severity};
use crate::address::Network;
use crate::error::StoreError;
use crate::records::stored_count;
use crate::store::Store;
use crate::suppression::Verdict;

/// Which incidents to give, in which order. The default is all of them, the highest score first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IncidentQuery {
    /// Still going on at this time or later, in seconds since 1970.
    pub from: Option<f64>,
    /// Begun before this time, in seconds since 1970.
    pub to: Option<f64>,
    /// The local host lies in this network.
    pub host: Option<Network>,
    /// The local host, or either side of one of its stored rows, lies in this network.
    pub party: Option<Network>,
    /// One of its stored rows has this port, on either side.
    pub port: Option<u16>,
    /// One of its stored rows has this service: `ssl` finds `ssl,http`. `-` finds those with a row without one.
    pub service: Option<String>,
    /// The family of features.
    pub family: Option<String>,
    /// Direction and transport: `outbound tcp`.
    pub class: Option<String>,
    /// At least this bad.
    pub severity: Option<Severity>,
    /// What became of it.
    pub state: Option<IncidentState>,
    /// Whether a rule hides it.
    pub suppressed: Option<bool>,
    /// The rule that hides it.
    pub suppressed_by: Option<i64>,
    /// What somebody said of it.
    pub verdict: Option<Verdict>,
    /// Whether anybody has said anything of it.
    pub judged: Option<bool>,
    /// The score is at least this.
    pub min_score: Option<f64>,
    /// The id of the model that found it.
    pub model: Option<String>,
    /// The sensor whose rows it is of.
    pub sensor: Option<String>,
    /// Whether a shadow found it.
    pub shadow: Option<bool>,
    /// The title has this text in it. Letters A to Z are the same in either case.
    pub title: Option<String>,
    /// All of these words occur in it or in one of its stored rows, each at the beginning of a word at least; what is in quotes
    /// occurs as it stands.
    pub text: Option<String>,
    /// The order.
    pub sort: IncidentSort,
    /// At most this many.
    pub limit: Option<u64>,
    /// Only what follows this place of the same order: [`Incident::cursor`] of the last one of the page before. Not counted.
    pub after: Option<IncidentCursor>,
}

/// The order of incidents. Equal ones follow in the order in which they were first stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IncidentSort {
    /// The highest score first.
    #[default]
    Score,
    /// Those raised last first; of equal ones the one stored last.
    Newest,
    /// Those raised first first.
    Oldest,
    /// The worst first, of equal ones the highest score first.
    Severity,
}

impl IncidentSort {
    fn order(self) -> &'static str {
        match self {
            Self::Score => "score DESC, id",
            Self::Newest => "raised_ts DESC, id DESC",
            Self::Oldest => "raised_ts, id",
            Self::Severity => "severity_rank DESC, score DESC, id",
        }
    }
}

/// In the order that [`incident`] reads.
const COLUMNS: &str = "id, model_id, sensor, number, host, family, class, state, first_ts, last_ts, raised_ts, rows,
    rows_stored, peak, score, threshold, severity, title, technique, summary, suppressed_by, verdict, verdict_ts, verdict_note";

impl Store {
    /// The incidents of a query, in its order.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incidents(&self, query: &IncidentQuery) -> Result<Vec<Incident>, StoreError> {
        let all = || -> rusqlite::Result<Vec<Incident>> {
            let _moment = self.moment()?;
            let mut sql = query.select(COLUMNS, &self.connection)?;
            sql.text.push_str(&format!(" ORDER BY {}", query.sort.order()));
            if let Some(limit) = query.limit {
                let limit = sql.bind(stored_count(limit));
                sql.text.push_str(&format!(" LIMIT {limit}"));
            }
            let (mut select, values) = sql.prepare(&self.connection)?;
            select.query_map(values, incident)?.collect()
        };
        all().map_err(|e| self.error(e))
    }

    /// How many incidents a query has; its limit and its place are left out of account.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn count_incidents(&self, query: &IncidentQuery) -> Result<u64, StoreError> {
        let count = || {
            let _moment = self.moment()?;
            let whole = IncidentQuery { after: None, ..query.clone() };
            let sql = whole.select("count(*)", &self.connection)?;
            let (mut select, values) = sql.prepare(&self.connection)?;
            select.query_row(values, |row| row.get(0))
        };
        count().map_err(|e| self.error(e))
    }

    /// The number of the incident that was stored last; 0 where there is none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn newest_incident(&self) -> Result<i64, StoreError> {
        self.connection
            .query_row("SELECT coalesce(max(id), 0) FROM incident", [], |row| row.get(0))
            .map_err(|e| self.error(e))
    }

    /// The numbers of the incidents that were first stored after one, which no shadow found.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incidents_since(&self, incident: i64) -> Result<Vec<i64>, StoreError> {
        self.connection
            .prepare_cached("SELECT id FROM incident WHERE id > ?1 AND is_shadow = 0 ORDER BY id")
            .and_then(|mut select| select.query_map([incident], |row| row.get(0))?.collect())
            .map_err(|e| self.error(e))
    }

    /// One incident by the store's number of it. Its alerts, the highest score first, are those of
    /// [`AlertQuery::incident`](crate::AlertQuery::incident).
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incident(&self, id: i64) -> Result<Option<Incident>, StoreError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM incident WHERE id = ?1"))
            .and_then(|mut select| select.query_row([id], incident).optional())
            .map_err(|e| self.error(e))
    }
}

fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    Ok(Incident {
        id: row.get(0)?,
        model: row.get(1)?,
        sensor: row.get(2)?,
        number: row.get::<_, i64>(3)?.cast_unsigned(),
        host: row.get(4)?,
        family: row.get(5)?,
        class: row.get(6)?,
        state: named(row, 7, IncidentState::from_name)?,
        first_ts: row.get(8)?,
        last_ts: row.get(9)?,
        raised_ts: row.get(10)?,
        rows: row.get(11)?,
        rows_stored: row.get(12)?,
        peak: row.get(13)?,
        score: row.get(14)?,
        threshold: row.get(15)?,
        severity: named(row, 16, Severity::from_name)?,
        title: row.get(17)?,
        technique: row.get(18)?,
        summary: row.get(19)?,
        suppressed_by: row.get(20)?,
        verdict: match row.get_ref(21)?.as_str_or_null()? {
            None => None,
            Some(_) => Some(named(row, 21, Verdict::from_name)?),
        },
        verdict_ts: row.get(22)?,
        verdict_note: row.get(23)?,
    })
}

/// What a column's text names.
fn named<T>(row: &Row<'_>, column: usize, of: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let name = row.get_ref(column)?.as_str()?;
    of(name).ok_or_else(|| {
        let reason = format!("{name:?} is no name that this version knows");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, reason.into())
    })
}
