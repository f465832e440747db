//! Alerts on their way out: one, many, how many, and the table that the notebooks read.

use std::ops::ControlFlow;

use rusqlite::{CachedStatement, OptionalExtension, Row, Transaction, TransactionBehavior};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::StoreError;
use crate::query::{AlertQuery, Cursor, Plan, Sort, Sql};
use crate::records::LogId;
use crate::store::Store;

/// A flagged row. Addresses and names are the log's own text; counts and units are those of
/// [`NewAlert`](crate::NewAlert).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(
    description = "A flagged row of a conn log. Addresses, ports and names are the log's own text, under Zeek's names."
)]
#[expect(missing_docs, reason = "a field without words of its own is the one of that name in NewAlert")]
pub struct Alert {
    /// The alert's number, counted from 1 in the order in which alerts were stored.
    pub id: i64,
    /// The model that flagged the row.
    pub model: String,
    /// The log that the row stands in.
    #[schema(value_type = i64)]
    pub log: LogId,
    /// The name under which that log was seen last.
    pub file: String,
    pub line: u64,
    pub ts: f64,
    pub uid: String,
    pub orig_h: String,
    pub orig_p: Option<u16>,
    pub resp_h: String,
    pub resp_p: Option<u16>,
    pub proto: Option<String>,
    pub service: Option<String>,
    pub conn_state: Option<String>,
    pub duration: Option<f64>,
    pub orig_bytes: Option<u64>,
    pub resp_bytes: Option<u64>,
    pub orig_pkts: Option<u64>,
    pub resp_pkts: Option<u64>,
    pub history: Option<String>,
    pub local_orig: Option<bool>,
    pub local_resp: Option<bool>,
    pub score: f64,
    pub threshold: f64,
    /// The features that contributed most, the largest share first.
    pub contributions: Vec<Contribution>,
    /// The store's number of the incident that it belongs to.
    pub incident: Option<i64>,
    #[serde(serialize_with = "crate::json::embed_option")]
    #[schema(schema_with = crate::json::explanation)]
    pub explanation: Option<String>,
    #[serde(serialize_with = "crate::json::embed_option")]
    #[schema(schema_with = crate::json::evidence)]
    pub evidence: Option<String>,
}

impl Alert {
    /// The alert's place in an order, for [`AlertQuery::after`].
    #[must_use]
    pub fn cursor(&self, sort: Sort) -> Cursor {
        sort.cursor(self.score, self.ts, self.id)
    }
}

/// How much one feature contributed to a row's score. What was not finite when it was stored is unset.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Contribution {
    /// Name of the feature.
    pub name: String,
    /// Its value, in natural units.
    pub value: Option<f64>,
    /// The value that the model expected, in the same units.
    pub expected: Option<f32>,
    /// Its share of the row's error, 0 to 1.
    pub share: Option<f32>,
}

/// The columns of [`DumpRow`], in its order: those of the table that the notebooks kept, and the
/// threshold.
pub const DUMP_COLUMNS: [&str; 17] = [
    "ts",
    "uid",
    "src_ip",
    "src_p",
    "dst_ip",
    "dst_p",
    "proto",
    "service",
    "duration",
    "src_bytes",
    "dst_bytes",
    "conn_state",
    "history",
    "src_pkts",
    "dst_pkts",
    "score",
    "threshold",
];

/// One row of the dump, borrowed from the database while it is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the fields are the columns of NewAlert under the names of DUMP_COLUMNS")]
pub struct DumpRow<'a> {
    pub ts: f64,
    pub uid: &'a str,
    pub src_ip: &'a str,
    pub src_p: Option<u16>,
    pub dst_ip: &'a str,
    pub dst_p: Option<u16>,
    pub proto: Option<&'a str>,
    pub service: Option<&'a str>,
    pub duration: Option<f64>,
    pub src_bytes: Option<u64>,
    pub dst_bytes: Option<u64>,
    pub conn_state: Option<&'a str>,
    pub history: Option<&'a str>,
    pub src_pkts: Option<u64>,
    pub dst_pkts: Option<u64>,
    pub score: f64,
    pub threshold: f64,
}

const ALERT: &str = "SELECT a.id, l.model_id, a.log_id, l.file, a.line, a.ts, a.uid, a.orig_h, a.orig_p, a.resp_h,
    a.resp_p, a.proto, a.service, a.conn_state, a.duration, a.orig_bytes, a.resp_bytes, a.orig_pkts, a.resp_pkts,
    a.history, a.local_orig, a.local_resp, a.score, a.threshold, a.contributions,
    d.incident_id, d.explanation, d.evidence
    FROM alert a JOIN log l ON l.id = a.log_id LEFT JOIN alert_detail d ON d.alert_id = a.id WHERE a.id = ?1";

/// A log without uids must not speak for every other one.
const UID: &str = "SELECT uid FROM alert WHERE id = ?1 AND uid <> ''";

const DUMP: &str = "SELECT ts, uid, orig_h, orig_p, resp_h, resp_p, proto, service, duration, orig_bytes,
    resp_bytes, conn_state, history, orig_pkts, resp_pkts, score, threshold FROM alert WHERE id = ?1";

impl Store {
    /// Gives the alerts of a query one by one, in its order, until `each` breaks. All are of one moment,
    /// whatever is written meanwhile. Memory doesn't grow with the length of an alert; without a
    /// limit, an order that has to be sorted takes some 16 bytes for each.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn alerts(
        &self,
        query: &AlertQuery,
        each: &mut dyn FnMut(Alert) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.rows(query, ALERT, &mut |row| alert(row).map(&mut *each)).map_err(|e| self.error(e))
    }

    /// One alert by its number.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn alert(&self, id: i64) -> Result<Option<Alert>, StoreError> {
        self.connection
            .prepare_cached(ALERT)
            .and_then(|mut select| select.query_row([id], alert).optional())
            .map_err(|e| self.error(e))
    }

    /// How many alerts a query has; its limit and its place are left out of account.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn count(&self, query: &AlertQuery) -> Result<u64, StoreError> {
        let count = || {
            let _moment = self.moment()?;
            let sql = query.total(&self.connection)?;
            let (mut select, values) = sql.prepare(&self.connection)?;
            select.query_row(values, |row| row.get(0))
        };
        count().map_err(|e| self.error(e))
    }

    /// Gives the alerts of a query as rows of the notebooks' table, until `each` breaks.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn dump(
        &self,
        query: &AlertQuery,
        each: &mut dyn FnMut(&DumpRow<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.rows(query, DUMP, &mut |row| dump_row(row).map(|row| each(&row))).map_err(|e| self.error(e))
    }

    /// Gives the uids of a query's alerts, until `each` breaks: those of connections that must not pass
    /// for normal in a later training. Over-budget incidents are among them, but the rows that an incident
    /// only counts are not. A uid comes as often as it was flagged; an alert without one is passed over.
    /// [`Sort::Id`] is the quickest order.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn uids_of_alerts(
        &self,
        query: &AlertQuery,
        each: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.rows(query, UID, &mut |row| Ok(each(row.get_ref(0)?.as_str()?))).map_err(|e| self.error(e))
    }

    /// Holds the database at one moment until it is dropped. A query that `each` of another one runs
    /// sees that one's moment.
    pub(crate) fn moment(&self) -> rusqlite::Result<Option<Transaction<'_>>> {
        if !self.connection.is_autocommit() {
            return Ok(None);
        }
        Transaction::new_unchecked(&self.connection, TransactionBehavior::Deferred).map(Some)
    }

    /// The numbers of a page's alerts, in order, where few candidates suffice to say.
    fn page(&self, query: &AlertQuery, plan: &Plan) -> rusqlite::Result<Option<Vec<i64>>> {
        let Some([older, newer]) = query.page(plan) else { return Ok(None) };
        let read = |sql: &Sql| -> rusqlite::Result<Vec<(f64, i64)>> {
            let (mut select, values) = sql.prepare(&self.connection)?;
            select.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let mut found = read(&older)?;
        let limit = query.limit.unwrap_or_default() as usize;
        if found.len() < limit {
            return Ok(None);
        }
        found.extend(read(&newer)?);
        found.sort_by(|a, b| query.sort.compare(*a, *b));
        found.truncate(limit);
        Ok(Some(found.into_iter().map(|(_, id)| id).collect()))
    }

    /// Runs a query for numbers and reads the row of each. Two steps, since sorting whole rows would
    /// take the memory of whole rows.
    fn rows(
        &self,
        query: &AlertQuery,
        fetch: &str,
        each: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<ControlFlow<()>>,
    ) -> rusqlite::Result<()> {
        let _moment = self.moment()?;
        let mut fetch = self.connection.prepare_cached(fetch)?;
        let plan = query.plan(&self.connection)?;
        if let Some(page) = self.page(query, &plan)? {
            for id in page {
                if fetch_one(&mut fetch, id, each)?.is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let sql = query.ids(&self.connection, plan)?;
        let (mut ids, values) = sql.prepare(&self.connection)?;
        let mut ids = ids.query(values)?;
        while let Some(id) = ids.next()? {
            if fetch_one(&mut fetch, id.get(0)?, each)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn fetch_one(
    fetch: &mut CachedStatement<'_>,
    id: i64,
    each: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<ControlFlow<()>>,
) -> rusqlite::Result<ControlFlow<()>> {
    let mut rows = fetch.query([id])?;
    match rows.next()? {
        Some(row) => each(row),
        None => Ok(ControlFlow::Continue(())),
    }
}

fn alert(row: &Row<'_>) -> rusqlite::Result<Alert> {
    Ok(Alert {
        id: row.get(0)?,
        model: row.get(1)?,
        log: LogId(row.get(2)?),
        file: row.get(3)?,
        line: row.get(4)?,
        ts: row.get(5)?,
        uid: row.get(6)?,
        orig_h: row.get(7)?,
        orig_p: row.get(8)?,
        resp_h: row.get(9)?,
        resp_p: row.get(10)?,
        proto: row.get(11)?,
        service: row.get(12)?,
        conn_state: row.get(13)?,
        duration: row.get(14)?,
        orig_bytes: row.get(15)?,
        resp_bytes: row.get(16)?,
        orig_pkts: row.get(17)?,
        resp_pkts: row.get(18)?,
        history: row.get(19)?,
        local_orig: row.get(20)?,
        local_resp: row.get(21)?,
        score: row.get(22)?,
        threshold: row.get(23)?,
        contributions: contributions(row.get_ref(24)?.as_str()?)?,
        incident: row.get(25)?,
        explanation: row.get(26)?,
        evidence: row.get(27)?,
    })
}

/// One contribution as it stands in the file.
type Stored = (String, Option<f64>, Option<f32>, Option<f32>);

fn contributions(json: &str) -> rusqlite::Result<Vec<Contribution>> {
    let stored: Vec<Stored> = serde_json::from_str(json).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(24, rusqlite::types::Type::Text, Box::new(error))
    })?;
    let contribution = |(name, value, expected, share)| Contribution { name, value, expected, share };
    Ok(stored.into_iter().map(contribution).collect())
}

fn dump_row<'a>(row: &'a Row<'_>) -> rusqlite::Result<DumpRow<'a>> {
    Ok(DumpRow {
        ts: row.get(0)?,
        uid: row.get_ref(1)?.as_str()?,
        src_ip: row.get_ref(2)?.as_str()?,
        src_p: row.get(3)?,
        dst_ip: row.get_ref(4)?.as_str()?,
        dst_p: row.get(5)?,
        proto: row.get_ref(6)?.as_str_or_null()?,
        service: row.get_ref(7)?.as_str_or_null()?,
        duration: row.get(8)?,
        src_bytes: row.get(9)?,
        dst_bytes: row.get(10)?,
        conn_state: row.get_ref(11)?.as_str_or_null()?,
        history: row.get_ref(12)?.as_str_or_null()?,
        src_pkts: row.get(13)?,
        dst_pkts: row.get(14)?,
        score: row.get(15)?,
        threshold: row.get(16)?,
    })
}
