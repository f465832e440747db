//! What to look for among the alerts, and the SQL that finds it.
//!
//! A query's filters always hold on the alert's own row. The search tables only narrow what is looked
//! at: the one with the fewest candidates, or, where none is selective, the order itself, walked until
//! the limit is reached. So a wrong choice costs time and never a wrong answer. The candidates of one
//! host, port or service are put in order by what their table tells of them, and looked at in that order.

use std::cmp::Ordering;

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, ParamsFromIter, params_from_iter};

use self::narrowing::Narrowing;
use crate::address::{Network, short_key};
use crate::incidents::IncidentQuery;
use crate::records::stored_count;
use crate::{search, text};

mod narrowing;

/// Numbers of alerts that are listed before an order is walked: some 20 ms.
const LISTED: i64 = 100_000;

/// So many times the candidates that are asked for are put in order at first: most aren't filtered out.
const AT_FIRST: u64 = 10;
/// More than so many are no page.
const PAGE: u64 = 1_000;

/// Of words that more alerts have, those of the alerts stored last are looked at.
const MOST_FOUND: i64 = 100_000;

/// Which alerts to give, in which order. The default is all of them, the highest score first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertQuery {
    /// Not before this time, in seconds since 1970.
    pub from: Option<f64>,
    /// Before this time, in seconds since 1970.
    pub to: Option<f64>,
    /// The originator or the responder lies in this network.
    pub host: Option<Network>,
    /// The port.
    pub port: Option<PortFilter>,
    /// This is one of the connection's services: `ssl` finds `ssl,http`. `-` finds those without one.
    pub service: Option<String>,
    /// The score is at least this.
    pub min_score: Option<f64>,
    /// The id of the model that flagged them.
    pub model: Option<String>,
    /// The store's number of the incident that they belong to.
    pub incident: Option<i64>,
    /// Whether a rule hides the incident that they belong to; one without an incident is not hidden.
    pub suppressed: Option<bool>,
    /// Whether a shadow found the incident that they belong to; one without an incident was not found by a shadow.
    pub shadow: Option<bool>,
    /// Their incident is one of these; order, place and limit of this query, and what it asks of rows, are left out of account.
    pub of: Option<IncidentQuery>,
    /// Beside [`AlertQuery::of`], those that belong to no incident.
    pub or_alone: bool,
    /// All of these words occur in it, each at the beginning of a word at least; what is in quotes occurs as it stands. Only what
    /// has an explanation or evidence is found so, and of words that very many have, what was stored last.
    pub text: Option<String>,
    /// The name of the log's file: all of it, or its last parts (`conn.log` finds `current/conn.log`).
    pub file: Option<String>,
    /// The order.
    pub sort: Sort,
    /// At most this many.
    pub limit: Option<u64>,
    /// Only what follows this place of the same order: [`Alert::cursor`](crate::Alert::cursor) of the
    /// last alert of the page before. Not counted by [`Store::count`](crate::Store::count).
    pub after: Option<Cursor>,
}

/// A port to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortFilter {
    /// The originator's or the responder's.
    Either(u16),
    /// The responder's.
    Responder(u16),
}

/// The order of alerts. Equal ones follow in the order in which they were stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The highest score first.
    #[default]
    Score,
    /// The earliest start of a connection first.
    Oldest,
    /// The latest start of a connection first; of equal ones the one stored last.
    Newest,
    /// As they were stored.
    Id,
}

/// A place in an order of alerts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    /// The score or the time there; without meaning in the order of [`Sort::Id`].
    pub(crate) key: f64,
    pub(crate) id: i64,
}

impl Sort {
    /// The column that is sorted by.
    fn key(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Oldest | Self::Newest => "ts",
            Self::Id => "id",
        }
    }

    /// How two alerts follow, by key and number.
    pub(crate) fn compare(self, a: (f64, i64), b: (f64, i64)) -> Ordering {
        // Keys are numbers: both zeros are the same one, as to SQLite.
        let key = a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
        match self {
            Self::Score => key.reverse().then(a.1.cmp(&b.1)),
            Self::Oldest => key.then(a.1.cmp(&b.1)),
            Self::Newest => key.then(a.1.cmp(&b.1)).reverse(),
            Self::Id => a.1.cmp(&b.1),
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::Score => "sort_key DESC, id",
            Self::Oldest => "sort_key, id",
            Self::Newest => "sort_key DESC, id DESC",
            Self::Id => "id",
        }
    }

    /// What a place in this order begins with.
    fn letter(self) -> char {
        match self {
            Self::Score => 's',
            Self::Oldest => 'o',
            Self::Newest => 'n',
            Self::Id => 'i',
        }
    }

    pub(crate) fn cursor(self, score: f64, ts: f64, id: i64) -> Cursor {
        let key = match self {
            Self::Score => score,
            Self::Oldest | Self::Newest => ts,
            Self::Id => 0.0,
        };
        Cursor { key, id }
    }
}

impl Cursor {
    /// As a word that can stand in an address. It holds for one order alone.
    #[must_use]
    pub fn to_word(self, sort: Sort) -> String {
        format!("{}{}.{}", sort.letter(), bits(self.key), self.id)
    }

    /// What [`Cursor::to_word`] wrote for an order; `None` where it isn't that.
    #[must_use]
    pub fn from_word(word: &str, sort: Sort) -> Option<Self> {
        let (key, id) = word.strip_prefix(sort.letter())?.split_once('.')?;
        Some(Self { key: from_bits(key)?, id: id.parse().ok()? })
    }
}

/// Whether a row has a service; `-` stands for none.
fn has_service(row: &str, service: &str, sql: &mut Sql) -> String {
    match service {
        "-" => format!("{row}.service IS NULL"),
        service => format!("instr(',' || {row}.service || ',', {}) > 0", sql.bind(format!(",{service},"))),
    }
}

/// A number as its bits in hexadecimal digits: it comes back as it was.
pub(crate) fn bits(number: f64) -> String {
    format!("{:016x}", number.to_bits())
}

/// The number of some bits; `None` where it is none.
pub(crate) fn from_bits(digits: &str) -> Option<f64> {
    // `from_str_radix` would take a sign as well.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().map(f64::from_bits).filter(|number| !number.is_nan())
}

/// SQL with the values of its parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

impl Sql {
    /// The statement of this text and the values of its parameters. Values of parameters that the text
    /// doesn't name after all are left out.
    pub(crate) fn prepare<'c>(
        &self,
        connection: &'c Connection,
    ) -> rusqlite::Result<(CachedStatement<'c>, ParamsFromIter<&[Value]>)> {
        let statement = connection.prepare_cached(&self.text)?;
        let values = &self.values[..statement.parameter_count()];
        Ok((statement, params_from_iter(values)))
    }

    /// Keeps a value and returns its parameter, which may stand in the text any number of times.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

/// How a query is looked for: its filters, and what leaves the fewest candidates, which takes a look at the database.
pub(crate) struct Plan {
    sql: Sql,
    /// A condition on the row `a`.
    filters: String,
    narrowing: Option<Narrowing>,
    /// The last alert that the search tables hold.
    searchable: i64,
}

impl AlertQuery {
    /// How it is looked for.
    pub(crate) fn plan(&self, connection: &Connection) -> rusqlite::Result<Plan> {
        let (_, searchable) = search::extent(connection)?;
        let mut sql = Sql::default();
        let filters = self.filters(&mut sql);
        let narrowing = if searchable == 0 { None } else { self.narrowest(connection, &mut sql)? };
        Ok(Plan { sql, filters, narrowing, searchable })
    }

    /// SQL that gives the numbers of the alerts, in order.
    pub(crate) fn ids(&self, connection: &Connection, plan: Plan) -> rusqlite::Result<Sql> {
        self.build(connection, plan, true)
    }

    /// SQL that gives how many alerts there are, whatever the limit and the place.
    pub(crate) fn total(&self, connection: &Connection) -> rusqlite::Result<Sql> {
        let mut sql = self.all(connection)?;
        sql.text = format!("SELECT count(*) FROM ({})", sql.text);
        Ok(sql)
    }

    /// SQL that gives the numbers of all alerts, whatever the limit and the place, in no order.
    pub(crate) fn all(&self, connection: &Connection) -> rusqlite::Result<Sql> {
        let all = Self { limit: None, after: None, sort: Sort::Id, ..self.clone() };
        all.build(connection, all.plan(connection)?, false)
    }

    fn build(&self, connection: &Connection, plan: Plan, ordered: bool) -> rusqlite::Result<Sql> {
        let Plan { mut sql, filters, narrowing, searchable } = plan;
        let key = self.sort.key();
        let everything = format!("SELECT a.id AS id, a.{key} AS sort_key FROM alert a WHERE {filters}");
        sql.text = if searchable == 0 {
            everything
        } else {
            let older = match (narrowing, self.sort) {
                (Some(Narrowing { table, condition, has_order: true, .. }), _) => {
                    let order =
                        if ordered { format!(" ORDER BY {}", self.sort.order()) } else { String::new() };
                    Some(self.walk_candidates(table, (&condition, &order), &filters, &mut sql))
                }
                (Some(Narrowing { table, column, condition, .. }), _) => Some(format!(
                    "{everything} AND a.id <= {searchable}
                    AND a.id IN (SELECT s.{column} FROM {table} s WHERE {condition})"
                )),
                // The table itself is in this order.
                (None, Sort::Id) => None,
                (None, _) => {
                    let walk = self.walk(&filters, &mut sql);
                    // Those of the incidents are known by their numbers, if they aren't too many.
                    Some(match self.of_incidents(&mut sql) {
                        Some(of) if of.count(connection, &sql.values, LISTED)? <= LISTED => format!(
                            "{walk} AND s.alert_id IN (SELECT s.alert_id FROM alert_detail s WHERE {})",
                            of.condition
                        ),
                        _ => walk,
                    })
                }
            };
            match older {
                None => everything,
                Some(older) => format!("{older} UNION ALL {everything} AND a.id > {searchable}"),
            }
        };
        if ordered {
            sql.text = format!("{} ORDER BY {}", sql.text, self.sort.order());
        }
        if let Some(limit) = self.limit {
            let limit = sql.bind(stored_count(limit));
            sql.text = format!("{} LIMIT {limit}", sql.text);
        }
        Ok(sql)
    }

    /// The candidates of a search table that tells their order, looked at one after the other. What it tells narrows them, and the
    /// order is theirs: so a page is found without a look at the alerts that aren't on it.
    fn walk_candidates(
        &self,
        table: &str,
        (condition, order): (&str, &str),
        filters: &str,
        sql: &mut Sql,
    ) -> String {
        let key = if self.sort == Sort::Id { "alert_id" } else { self.sort.key() };
        let bounds = self.bounds(true, sql);
        format!(
            "SELECT c.id AS id, c.sort_key AS sort_key FROM
                (SELECT s.alert_id AS id, s.{key} AS sort_key FROM {table} s WHERE {condition}{bounds}{order}) c
            CROSS JOIN alert a ON a.id = c.id WHERE {filters}"
        )
    }

    /// SQL that gives keys and numbers of the first of a page's alerts, in two parts: those that the search tables hold, of which only
    /// the first candidates are looked at, and all others. `None` where that isn't quicker. Where the first part gives fewer than are
    /// asked for, more candidates would have to be looked at.
    pub(crate) fn page(&self, plan: &Plan) -> Option<[Sql; 2]> {
        let limit = self.limit.filter(|limit| self.sort != Sort::Id && (1..=PAGE).contains(limit))?;
        let Narrowing { table, condition, .. } = plan.narrowing.as_ref().filter(|by| by.has_order)?;
        let mut older = plan.sql.clone();
        let (order, most) = (self.sort.order(), older.bind(stored_count(limit)));
        let candidates = older.bind(stored_count(limit.saturating_mul(AT_FIRST)));
        let first = format!(" ORDER BY {order} LIMIT {candidates}");
        let walk = self.walk_candidates(table, (condition, &first), &plan.filters, &mut older);
        older.text = format!("SELECT sort_key, id FROM ({walk}) ORDER BY {order} LIMIT {most}");

        let mut newer = Sql::default();
        let (filters, key) = (self.filters(&mut newer), self.sort.key());
        let (after, most) = (newer.bind(plan.searchable), newer.bind(stored_count(limit)));
        newer.text = format!(
            "SELECT a.{key} AS sort_key, a.id AS id FROM alert a WHERE {filters} AND a.id > {after} ORDER BY {order} LIMIT {most}"
        );
        Some([older, newer])
    }

    /// The filters by time, and by score where a search table tells it, and the place, said of that table: so that it is entered at
    /// the right place, and what it tells needs no look at the alert.
    fn bounds(&self, has_score: bool, sql: &mut Sql) -> String {
        let place = match self.sort {
            Sort::Id => None,
            Sort::Score => Some("score <="),
            Sort::Oldest => Some("ts >="),
            Sort::Newest => Some("ts <="),
        };
        let place = place.map_or(("", None), |place| (place, self.after.map(|cursor| cursor.key)));
        let score = self.min_score.filter(|_| has_score);
        let bounds = [("score >=", score), ("ts >=", self.from), ("ts <", self.to), place];
        let mut bound =
            |(bound, value): (&str, Option<f64>)| Some(format!(" AND s.{bound} {}", sql.bind(value?)));
        bounds.into_iter().filter_map(&mut bound).collect()
    }

    /// The alerts that the table in the order of the query holds, in that order.
    fn walk(&self, filters: &str, sql: &mut Sql) -> String {
        let key = self.sort.key();
        let (table, bounds) = match self.sort {
            Sort::Score => ("alert_by_score", self.bounds(true, sql) + &self.told_by_score(sql)),
            _ => ("alert_by_time", self.bounds(false, sql)),
        };
        // CROSS JOIN keeps SQLite to the order of the tables.
        format!(
            "SELECT s.alert_id AS id, s.{key} AS sort_key FROM {table} s CROSS JOIN alert a ON a.id = s.alert_id
            WHERE {filters}{bounds}"
        )
    }

    /// The filters by host, port and service, as far as the table in order of the score tells of them.
    fn told_by_score(&self, sql: &mut Sql) -> String {
        let mut told = String::new();
        if let Some(network) = self.host.as_ref().filter(|network| network.is_host()) {
            let host = sql.bind(short_key(network.range().0));
            told.push_str(&format!(" AND (s.orig_h = {host} OR s.resp_h = {host})"));
        }
        match self.port {
            Some(PortFilter::Responder(port)) => {
                told.push_str(&format!(" AND s.resp_p = {}", sql.bind(port)));
            }
            Some(PortFilter::Either(port)) => {
                let port = sql.bind(port);
                told.push_str(&format!(" AND (s.resp_p = {port} OR s.orig_p = {port})"));
            }
            None => {}
        }
        if let Some(service) = self.service.as_deref() {
            told.push_str(&format!(" AND {}", has_service("s", service, sql)));
        }
        told
    }

    /// All filters, as a condition on the row `a`.
    fn filters(&self, sql: &mut Sql) -> String {
        let mut all = vec!["1".to_owned()];
        if let Some(from) = self.from {
            all.push(format!("a.ts >= {}", sql.bind(from)));
        }
        if let Some(to) = self.to {
            all.push(format!("a.ts < {}", sql.bind(to)));
        }
        if let Some(score) = self.min_score {
            all.push(format!("a.score >= {}", sql.bind(score)));
        }
        match self.port {
            Some(PortFilter::Responder(port)) => all.push(format!("a.resp_p = {}", sql.bind(port))),
            Some(PortFilter::Either(port)) => {
                let port = sql.bind(port);
                all.push(format!("(a.resp_p = {port} OR a.orig_p = {port})"));
            }
            None => {}
        }
        if let Some(service) = self.service.as_deref() {
            all.push(has_service("a", service, sql));
        }
        if self.model.is_some() || self.file.is_some() {
            all.push(format!("a.log_id IN ({})", self.logs(sql)));
        }
        if let Some(incident) = self.incident {
            let incident = sql.bind(incident);
            all.push(format!("a.id IN (SELECT alert_id FROM alert_detail WHERE incident_id = {incident})"));
        }
        if let Some(suppressed) = self.suppressed {
            let not = if suppressed { "" } else { "NOT " };
            all.push(format!(
                "a.id {not}IN (SELECT d.alert_id FROM incident i JOIN alert_detail d ON d.incident_id = i.id
                WHERE i.suppressed_by IS NOT NULL)"
            ));
        }
        if let Some(shadow) = self.shadow {
            let not = if shadow { "" } else { "NOT " };
            all.push(format!(
                "a.id {not}IN (SELECT d.alert_id FROM incident i JOIN alert_detail d ON d.incident_id = i.id
                WHERE i.is_shadow = 1)"
            ));
        }
        if let Some(of) = &self.of {
            let conditions = of.conditions(sql).join(" AND ");
            let alone = i64::from(self.or_alone);
            all.push(format!(
                "coalesce((SELECT CASE WHEN d.incident_id IS NULL THEN {alone} ELSE ({conditions}) IS TRUE END
                FROM alert_detail d LEFT JOIN incident ON incident.id = d.incident_id WHERE d.alert_id = a.id), {alone})"
            ));
        }
        match self.text.as_deref().map(text::expression) {
            Some(Some(words)) => {
                let words = sql.bind(words);
                all.push(format!(
                    "a.id IN (SELECT rowid FROM alert_text WHERE alert_text MATCH {words} ORDER BY rowid DESC LIMIT {MOST_FOUND})"
                ));
            }
            // No word is in nothing.
            Some(None) => all.push("0".to_owned()),
            None => {}
        }
        if let Some(network) = &self.host {
            let (low, high) = network.range();
            let (low, high) = (sql.bind(low.to_vec()), sql.bind(high.to_vec()));
            all.push(format!(
                "(address_key(a.orig_h) BETWEEN {low} AND {high} OR address_key(a.resp_h) BETWEEN {low} AND {high})"
            ));
        }
        if let Some(cursor) = self.after {
            all.push(self.behind(cursor, sql));
        }
        all.join(" AND ")
    }

    /// What follows a place in the order.
    fn behind(&self, cursor: Cursor, sql: &mut Sql) -> String {
        let id = sql.bind(cursor.id);
        let (key, operator, id_operator) = match self.sort {
            Sort::Id => return format!("a.id > {id}"),
            Sort::Score => ("score", "<", ">"),
            Sort::Oldest => ("ts", ">", ">"),
            Sort::Newest => ("ts", "<", "<"),
        };
        let value = sql.bind(cursor.key);
        format!("(a.{key} {operator} {value} OR a.{key} = {value} AND a.id {id_operator} {id})")
    }

    /// The logs of the wanted model and file.
    fn logs(&self, sql: &mut Sql) -> String {
        let mut all = vec!["1".to_owned()];
        if let Some(model) = &self.model {
            all.push(format!("model_id = {}", sql.bind(model.clone())));
        }
        if let Some(file) = &self.file {
            let file = sql.bind(file.clone());
            all.push(format!("(file = {file} OR substr(file, -length({file}) - 1) = '/' || {file})"));
        }
        format!("SELECT id FROM log WHERE {}", all.join(" AND "))
    }
}
