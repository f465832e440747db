//! What the incidents of a time come to: how many, how bad, on which days, of which hosts, of which sensors.
//!
//! One index holds all that is counted here, so that no row is looked at.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use crate::error::StoreError;
use crate::incidents::{IncidentState, Severity};
use crate::records::stored_count;
use crate::store::Store;
use crate::suppression::Verdict;

const DAY: f64 = 86_400.0;

/// Incidents that are alike in what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncidentTotal {
    /// How bad they are.
    pub severity: Severity,
    /// Whether the budget had room for them.
    pub state: IncidentState,
    /// What somebody said of them.
    pub verdict: Option<Verdict>,
    /// Whether rules hide them.
    pub is_hidden: bool,
    /// How many they are.
    pub count: u64,
}

/// Incidents of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncidentDay {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Raised within the budget.
    pub raised: u64,
    /// Beyond it.
    pub over_budget: u64,
}

/// Incidents of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentHost {
    /// Its address.
    pub host: String,
    /// How many.
    pub incidents: u64,
    /// The highest score of one of them.
    pub score: f64,
}

/// A time, from its beginning to before its end, in seconds since 1970, and a sensor where one is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span<'a> {
    /// From this time on.
    pub from: f64,
    /// Before this time.
    pub to: f64,
    /// The sensor; `None` for all.
    pub sensor: Option<&'a str>,
}

/// Incidents that were going on within a span, as a list has them, and that nobody keeps secret: what a shadow finds is told to nobody.
const WITHIN: &str = "FROM incident INDEXED BY incident_counted
    WHERE last_ts >= ?1 AND first_ts < ?2 AND (?3 IS NULL OR sensor = ?3) AND is_shadow = 0";

/// Those of them that were raised within it; one is raised by one of its rows.
const RAISED: &str = "AND raised_ts >= ?1 AND raised_ts < ?2";

impl Store {
    /// What the incidents that were going on within a span come to.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incident_totals(&self, span: &Span<'_>) -> Result<Vec<IncidentTotal>, StoreError> {
        // Grouped here, as SQLite would sort them all.
        let sql = format!("SELECT severity, state, verdict, suppressed_by IS NOT NULL {WITHIN}");
        let mut totals: Vec<IncidentTotal> = Vec::new();
        self.within(&sql, span, |row| {
            let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
            let of = IncidentTotal {
                severity: text(0)?.and_then(Severity::from_name).unwrap_or(Severity::Low),
                state: text(1)?.and_then(IncidentState::from_name).unwrap_or(IncidentState::Raised),
                verdict: text(2)?.and_then(Verdict::from_name),
                is_hidden: row.get(3)?,
                count: 0,
            };
            let is_alike = |total: &&mut IncidentTotal| IncidentTotal { count: 0, ..**total } == of;
            match totals.iter_mut().find(is_alike) {
                Some(total) => total.count += 1,
                None => totals.push(IncidentTotal { count: 1, ..of }),
            }
            Ok(())
        })?;
        Ok(totals)
    }

    /// The days within a span on which incidents were raised, in order, whatever was said of these.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incident_days(&self, span: &Span<'_>) -> Result<Vec<IncidentDay>, StoreError> {
        let sql = format!("SELECT raised_ts, state = 'raised' {WITHIN} {RAISED}");
        let mut days: BTreeMap<i64, IncidentDay> = BTreeMap::new();
        self.within(&sql, span, |row| {
            let (time, is_raised): (f64, bool) = (row.get(0)?, row.get(1)?);
            let day = (time / DAY).floor() as i64;
            let of = days.entry(day).or_insert(IncidentDay { day, raised: 0, over_budget: 0 });
            of.raised += u64::from(is_raised);
            of.over_budget += u64::from(!is_raised);
            Ok(())
        })?;
        Ok(days.into_values().collect())
    }

    /// Hosts of the open incidents that were going on within a span (raised, not hidden, without a verdict): at most so many, those
    /// with the most incidents first, then the highest score.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incident_hosts(&self, span: &Span<'_>, most: u64) -> Result<Vec<IncidentHost>, StoreError> {
        let sql = format!(
            "SELECT host, count(*), max(score) {WITHIN} AND state = 'raised' AND suppressed_by IS NULL
            AND verdict IS NULL GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT {}",
            stored_count(most)
        );
        self.within(&sql, span, |row| {
            Ok(IncidentHost { host: row.get(0)?, incidents: row.get(1)?, score: row.get(2)? })
        })
    }

    /// When incidents were raised within a span and its budget that no rule hides, which, and how bad they are: the worst ones, at
    /// most so many, in order of time.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incident_marks(
        &self,
        span: &Span<'_>,
        most: u64,
    ) -> Result<Vec<(f64, i64, Severity)>, StoreError> {
        let sql = format!(
            "SELECT raised_ts, id, severity FROM (SELECT raised_ts, id, severity, score {WITHIN}
                {RAISED} AND state = 'raised' AND suppressed_by IS NULL
                ORDER BY CASE severity WHEN 'low' THEN 1 WHEN 'medium' THEN 2 WHEN 'high' THEN 3 ELSE 4 END DESC, score DESC, id
                LIMIT {})
            ORDER BY raised_ts, id",
            stored_count(most)
        );
        self.within(&sql, span, |row| {
            let severity = row.get_ref(2)?.as_str()?;
            Ok((row.get(0)?, row.get(1)?, Severity::from_name(severity).unwrap_or(Severity::Low)))
        })
    }

    /// The sensors that were watched, by name; one without a name is "".
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn all_sensors(&self) -> Result<Vec<String>, StoreError> {
        self.collect("SELECT sensor FROM state UNION SELECT sensor FROM drift ORDER BY 1", |row| row.get(0))
    }

    /// How many incidents and alerts are kept. Numbers of alerts are given in turn: of over a million, how many numbers there are is
    /// told, as counting them would take long.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn kept(&self) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT (SELECT count(*) FROM incident), CASE
            WHEN (SELECT max(id) FROM alert) - (SELECT min(id) FROM alert) > 1000000
            THEN (SELECT max(id) FROM alert) - (SELECT min(id) FROM alert) + 1 ELSE (SELECT count(*) FROM alert) END";
        self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|e| self.error(e))
    }

    /// When the first incident that is kept was raised, and the last one, in seconds since 1970; `None` where none is.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn incident_extent(&self) -> Result<Option<(f64, f64)>, StoreError> {
        let sql = "SELECT (SELECT min(raised_ts) FROM incident), (SELECT max(raised_ts) FROM incident)";
        let extent: (Option<f64>, Option<f64>) = self
            .connection
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|e| self.error(e))?;
        Ok(extent.0.zip(extent.1))
    }

    /// How many incidents each rule hides, by its number.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn hidden_by_rule(&self) -> Result<Vec<(i64, u64)>, StoreError> {
        let sql = "SELECT suppressed_by, count(*) FROM incident WHERE suppressed_by IS NOT NULL GROUP BY 1 ORDER BY 1";
        self.collect(sql, |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Rows that were read of conn logs since a time, in seconds since 1970, and those that could not be read.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn rows_read_since(&self, time: f64) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT coalesce(sum(rows), 0), coalesce(sum(unreadable_rows), 0) FROM log
            WHERE path = 'conn' AND last_ts >= ?1";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_row([time], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(|e| self.error(e))
    }

    fn within<T>(
        &self,
        sql: &str,
        span: &Span<'_>,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| {
                select.query_map(params![span.from, span.to, span.sensor], read)?.collect()
            })
            .map_err(|e| self.error(e))
    }
}
