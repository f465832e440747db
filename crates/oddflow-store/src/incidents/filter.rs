//! The SQL of a query of incidents.
//!
//! All filters hold on the incident's own row. Those that an index or another table answers may narrow what is looked at: the one
//! with the fewest candidates, where it leaves few. Else the order is walked until the limit is reached, so that a page of a million
//! incidents costs what the page costs. A wrong choice costs time and never a wrong answer.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::found_by;
use super::query::IncidentQuery;
use crate::address::Network;
use crate::query::Sql;
use crate::text;

/// Candidates up to which a filter narrows; looking up and sorting as many takes some 20 ms.
const SELECTIVE: i64 = 5_000;

/// A filter that something else than the order answers.
struct Narrowing {
    /// SQL that gives the numbers of the candidates, some of them several times.
    candidates: String,
    /// The same as a condition on the incident's own row.
    condition: String,
}

impl IncidentQuery {
    /// SQL that selects columns of the incidents, neither ordered nor limited.
    pub(crate) fn select(&self, columns: &str, connection: &Connection) -> rusqlite::Result<Sql> {
        let mut sql = Sql::default();
        let mut all = self.conditions(&mut sql);
        let narrowings = self.narrowings(&mut sql);
        let mut best = None;
        let mut fewest = SELECTIVE;
        for (place, narrowing) in narrowings.iter().enumerate() {
            let count = narrowing.count(connection, &sql)?;
            if count <= fewest {
                (fewest, best) = (count, Some(place));
            }
        }
        for (place, narrowing) in narrowings.into_iter().enumerate() {
            all.push(match best == Some(place) {
                true => format!("id IN ({})", narrowing.candidates),
                false => narrowing.condition,
            });
        }
        if let Some(after) = &self.after {
            all.push(after.behind(self.sort, &mut sql));
        }
        sql.text = format!("SELECT {columns} FROM incident WHERE {}", all.join(" AND "));
        Ok(sql)
    }

    /// The filters that are conditions on a row of `incident` alone, for who looks for all such rows.
    pub(crate) fn own_conditions(&self, sql: &mut Sql) -> String {
        let all = self.conditions(sql);
        all.iter().map(|condition| condition.trim_start_matches('+')).collect::<Vec<_>>().join(" AND ")
    }

    /// The same for who walks an order. A plus keeps SQLite from leaving the order for an index.
    pub(crate) fn conditions(&self, sql: &mut Sql) -> Vec<String> {
        let mut all = vec!["1".to_owned()];
        let mut filter = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                all.push(format!("{condition} {}", sql.bind(value)));
            }
        };
        filter("+first_ts <", self.to.map(Into::into));
        filter("family =", self.family.clone().map(Into::into));
        filter("class =", self.class.clone().map(Into::into));
        filter("+severity_rank >=", self.severity.map(|severity| severity.rank().into()));
        filter("state =", self.state.map(|state| state.name().to_owned().into()));
        filter("(suppressed_by IS NOT NULL) =", self.suppressed.map(Into::into));
        filter("verdict =", self.verdict.map(|verdict| verdict.name().to_owned().into()));
        filter("(verdict IS NOT NULL) =", self.judged.map(Into::into));
        filter("+score >=", self.min_score.map(Into::into));
        filter("+model_id =", self.model.clone().map(Into::into));
        filter("+sensor =", self.sensor.clone().map(Into::into));
        filter("+is_shadow =", self.shadow.map(Into::into));
        if let Some(title) = &self.title {
            let title = sql.bind(title.clone());
            all.push(format!("instr(lower(title), lower({title})) > 0"));
        }
        if let Some(network) = &self.host {
            all.push(format!("+{}", within("host_key", network, sql)));
        }
        all
    }

    fn narrowings(&self, sql: &mut Sql) -> Vec<Narrowing> {
        let mut all = Vec::new();
        if let Some(from) = self.from {
            all.push(Narrowing::own(&format!("last_ts >= {}", sql.bind(from))));
        }
        if let Some(rule) = self.suppressed_by {
            all.push(Narrowing::own(&format!("suppressed_by = {}", sql.bind(rule))));
        }
        if let Some(network) = &self.host {
            let narrowing = Narrowing::own(&within("host_key", network, sql));
            // The condition holds anyway.
            all.push(Narrowing { condition: "1".into(), ..narrowing });
        }
        if let Some(network) = &self.party {
            let (low, high) = network.range();
            let within = format!("BETWEEN {} AND {}", sql.bind(low.to_vec()), sql.bind(high.to_vec()));
            all.push(Narrowing::key(found_by::HOST, &within));
        }
        if let Some(port) = self.port {
            all.push(Narrowing::key(found_by::PORT, &format!("= {}", sql.bind(port))));
        }
        if let Some(service) = &self.service {
            all.push(Narrowing::key(found_by::SERVICE, &format!("= {}", sql.bind(service.clone()))));
        }
        match self.text.as_deref().map(text::expression) {
            Some(Some(words)) => all.push(Narrowing::text(&sql.bind(words))),
            // No word is in nothing.
            Some(None) => all.push(Narrowing::own("0")),
            None => {}
        }
        all
    }
}

/// Whether a key lies in a network.
fn within(key: &str, network: &Network, sql: &mut Sql) -> String {
    let (low, high) = network.range();
    format!("{key} BETWEEN {} AND {}", sql.bind(low.to_vec()), sql.bind(high.to_vec()))
}

impl Narrowing {
    /// By a comparison of a column that an index of incidents begins with.
    fn own(comparison: &str) -> Self {
        Self {
            candidates: format!("SELECT id FROM incident WHERE {comparison}"),
            // A plus keeps SQLite from leaving the order for an index.
            condition: format!("+{comparison}"),
        }
    }

    /// By a comparison of a key of its rows.
    fn key(kind: i64, comparison: &str) -> Self {
        let key = format!("incident_key WHERE kind = {kind} AND value {comparison}");
        Self {
            candidates: format!("SELECT incident_id FROM {key}"),
            condition: format!("EXISTS (SELECT 1 FROM {key} AND incident_id = incident.id)"),
        }
    }

    /// By words. What has common ones is found at once: to ask for each incident whether it has them takes longer.
    fn text(words: &str) -> Self {
        let candidates = format!("SELECT rowid FROM incident_text WHERE incident_text MATCH {words}");
        Self { condition: format!("id IN ({candidates})"), candidates }
    }

    /// How many candidates there are, counted to just above [`SELECTIVE`].
    fn count(&self, connection: &Connection, sql: &Sql) -> rusqlite::Result<i64> {
        let limit = SELECTIVE + 1;
        let text = format!("SELECT count(*) FROM (SELECT 1 FROM ({}) LIMIT {limit})", self.candidates);
        let counting = Sql { text, values: sql.values.clone() };
        let (mut select, values) = counting.prepare(connection)?;
        select.query_row(values, |row| row.get(0))
    }
}
