//! What a query's alerts may be found by, and which of it leaves the fewest to look at.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::{AlertQuery, PortFilter, Sql};
use crate::text;

/// A search table narrows a query only where it leaves no more candidates than this; looking up as
/// many takes some 20 ms.
const SELECTIVE: i64 = 20_000;

/// The same where the table itself tells the order.
const SELECTIVE_IN_ORDER: i64 = 100_000;
/// The same where it tells besides which of them are of another time.
const SELECTIVE_IN_TIME: i64 = 150_000;

/// A filter that a table's own order answers.
pub(super) struct Narrowing {
    /// The table, and its column that holds the number of the alert.
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    /// The filter, as a condition on the table's row `s`.
    pub(super) condition: String,
    /// Whether each candidate is there once, with its score and its time.
    pub(super) has_order: bool,
}

impl AlertQuery {
    /// The narrowing with the fewest candidates, where there is one that is worth it.
    pub(super) fn narrowest(
        &self,
        connection: &Connection,
        sql: &mut Sql,
    ) -> rusqlite::Result<Option<Narrowing>> {
        let mut best = None;
        let mut least = f64::INFINITY;
        let is_timed = self.from.is_some() || self.to.is_some();
        for narrowing in self.narrowings(sql) {
            let most = match (narrowing.has_order, is_timed) {
                (false, _) => SELECTIVE,
                (true, false) => SELECTIVE_IN_ORDER,
                (true, true) => SELECTIVE_IN_TIME,
            };
            let count = narrowing.count(connection, &sql.values, most)?;
            // What has to be looked at costs more than what is put in order.
            let cost = count as f64 / most as f64;
            if count <= most && cost < least {
                least = cost;
                best = Some(narrowing);
            }
        }
        Ok(best)
    }

    /// The alerts of the incidents that are meant, where no others are.
    pub(super) fn of_incidents(&self, sql: &mut Sql) -> Option<Narrowing> {
        let of = self.of.as_ref().filter(|_| !self.or_alone)?;
        let conditions = of.own_conditions(sql);
        let condition = format!("s.incident_id IN (SELECT id FROM incident WHERE {conditions})");
        Some(Narrowing::by("alert_detail", condition))
    }

    /// Each filter that some table's order answers.
    fn narrowings(&self, sql: &mut Sql) -> Vec<Narrowing> {
        let mut all = Vec::new();
        if let Some(incident) = self.incident {
            let condition = format!("s.incident_id = {}", sql.bind(incident));
            all.push(Narrowing::by("alert_detail", condition));
        }
        if let Some(words) = self.text.as_deref().and_then(text::expression) {
            let condition = format!("s.alert_text MATCH {}", sql.bind(words));
            all.push(Narrowing { column: "rowid", ..Narrowing::by("alert_text", condition) });
        }
        all.extend(self.of_incidents(sql));
        if let Some(network) = &self.host {
            let (low, high) = network.range();
            let (low, high) = (sql.bind(low.to_vec()), sql.bind(high.to_vec()));
            // Both sides of an alert may lie in a network.
            all.push(match network.is_host() {
                true => Narrowing::in_order("alert_by_host", format!("s.host = {low}")),
                false => Narrowing::by("alert_by_host", format!("s.host BETWEEN {low} AND {high}")),
            });
        }
        if let Some(PortFilter::Either(port) | PortFilter::Responder(port)) = self.port {
            let condition = format!("s.port = {}", sql.bind(port));
            all.push(Narrowing::in_order("alert_by_port", condition));
        }
        if let Some(service) = self.service.as_deref().filter(|service| is_element(service)) {
            let condition = format!("s.service = {}", sql.bind(service.to_owned()));
            all.push(Narrowing::in_order("alert_by_service", condition));
        }
        if self.from.is_some() || self.to.is_some() {
            let mut condition = "1".to_owned();
            for (operator, bound) in [(">=", self.from), ("<", self.to)] {
                if let Some(bound) = bound {
                    condition.push_str(&format!(" AND s.ts {operator} {}", sql.bind(bound)));
                }
            }
            all.push(Narrowing::by("alert_by_time", condition));
        }
        if self.model.is_some() || self.file.is_some() {
            let condition = format!("s.log_id IN ({})", self.logs(sql));
            all.push(Narrowing { column: "id", ..Narrowing::by("alert", condition) });
        }
        if let Some(score) = self.min_score {
            let condition = format!("s.score >= {}", sql.bind(score));
            all.push(Narrowing::by("alert_by_score", condition));
        }
        all
    }
}

/// Whether the text is one element of a set, as the search table keeps them. `-` stands for no service,
/// and several elements are looked for in the rows alone.
fn is_element(service: &str) -> bool {
    service != "-" && !service.contains(',')
}

impl Narrowing {
    fn by(table: &'static str, condition: String) -> Self {
        Self { table, column: "alert_id", condition, has_order: false }
    }

    fn in_order(table: &'static str, condition: String) -> Self {
        Self { has_order: true, ..Self::by(table, condition) }
    }

    /// How many candidates it leaves, counted to just above `most`.
    pub(super) fn count(
        &self,
        connection: &Connection,
        values: &[Value],
        most: i64,
    ) -> rusqlite::Result<i64> {
        let Self { table, condition, .. } = self;
        let limit = most + 1;
        let text = format!("SELECT count(*) FROM (SELECT 1 FROM {table} s WHERE {condition} LIMIT {limit})");
        let mut select = connection.prepare_cached(&text)?;
        // The text names some of the parameters only; those behind the last one don't exist in it.
        let named = select.parameter_count();
        select.query_row(params_from_iter(&values[..named]), |row| row.get(0))
    }
}
