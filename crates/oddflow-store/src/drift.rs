//! Days compared with the baseline: written with the rows that they are of, read by day.

use rusqlite::{Row, params};
use serde::Serialize;

use crate::batch::Batch;
use crate::changes::ChangeTopic;
use crate::error::StoreError;
use crate::records::stored_count;
use crate::store::Store;

/// A day to be stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NewDrift<'a> {
    /// Days since 1970, UTC.
    pub day: i64,
    /// Whether rows of the day after have come.
    pub is_over: bool,
    /// `stable`, `host`, `network` or `unclear`.
    pub verdict: &'a str,
    /// Rows of the day.
    pub rows: u64,
    /// Population stability index of the scores.
    pub score_psi: Option<f64>,
    /// The largest of a feature.
    pub feature_psi: Option<f64>,
    /// All of it, as JSON.
    pub report: &'a str,
}

/// A day as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredDrift {
    /// The model that it was measured with.
    pub model: String,
    /// The sensor; empty where there is but one.
    pub sensor: String,
    /// See [`NewDrift`].
    pub day: i64,
    /// See [`NewDrift`].
    pub is_over: bool,
    /// See [`NewDrift`].
    pub verdict: String,
    /// See [`NewDrift`].
    pub rows: u64,
    /// See [`NewDrift`].
    pub score_psi: Option<f64>,
    /// See [`NewDrift`].
    pub feature_psi: Option<f64>,
    /// See [`NewDrift`].
    #[serde(skip)]
    pub report: String,
}

/// Which days are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DriftQuery {
    /// Of one model.
    pub model: Option<String>,
    /// Of one sensor.
    pub sensor: Option<String>,
    /// The latest so many days on the calendar of what is stored, the last of them included.
    pub days: Option<u32>,
}

const COLUMNS: &str = "model_id, sensor, day, is_over, verdict, rows, score_psi, feature_psi, report";

impl Batch<'_> {
    /// Stores a day of a sensor, over what was stored of it with fewer rows. (A clock that was wrong may cut a day in two: then
    /// the longer piece stays.)
    ///
    /// # Errors
    ///
    /// Where the model is not registered, the verdict is none, or the write fails.
    pub fn drift(&mut self, (model, sensor): (&str, &str), drift: &NewDrift<'_>) -> Result<(), StoreError> {
        self.touch(ChangeTopic::Health);
        let sql = "INSERT INTO drift (model_id, sensor, day, is_over, verdict, rows, score_psi, feature_psi, report)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (model_id, sensor, day) DO UPDATE SET is_over = excluded.is_over, verdict = excluded.verdict,
            rows = excluded.rows, score_psi = excluded.score_psi, feature_psi = excluded.feature_psi,
            report = excluded.report WHERE excluded.rows >= drift.rows";
        let row = params![
            model,
            sensor,
            drift.day,
            drift.is_over,
            drift.verdict,
            stored_count(drift.rows),
            drift.score_psi,
            drift.feature_psi,
            drift.report,
        ];
        self.connection()
            .prepare_cached(sql)
            .and_then(|mut insert| insert.execute(row))
            .map(|_| ())
            .map_err(|e| self.error(e))
    }
}

impl Store {
    /// Days compared with the baseline, the earliest first; of one day by model and sensor.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn drift(&self, query: &DriftQuery) -> Result<Vec<StoredDrift>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM drift WHERE (?1 IS NULL OR model_id = ?1) AND (?2 IS NULL OR sensor = ?2)
            AND (?3 IS NULL OR day > (SELECT max(day) FROM drift WHERE (?1 IS NULL OR model_id = ?1)
                AND (?2 IS NULL OR sensor = ?2)) - ?3)
            ORDER BY day, model_id, sensor"
        );
        let read = || -> rusqlite::Result<Vec<StoredDrift>> {
            let mut select = self.connection.prepare_cached(&sql)?;
            select.query_map(params![query.model, query.sensor, query.days], stored)?.collect()
        };
        read().map_err(|e| self.error(e))
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDrift> {
    Ok(StoredDrift {
        model: row.get(0)?,
        sensor: row.get(1)?,
        day: row.get(2)?,
        is_over: row.get(3)?,
        verdict: row.get(4)?,
        rows: row.get(5)?,
        score_psi: row.get(6)?,
        feature_psi: row.get(7)?,
        report: row.get(8)?,
    })
}
