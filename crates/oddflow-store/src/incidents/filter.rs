//! The SQL of a query of incidents.
//!
//! All filters hold on the incident's own row. Those that an index or another table answers may narrow what is looked at: the one
//! with the fewest candidates, where it leaves few. Else the order is walked until the limit is reached, so that a page of a million
//! incidents costs what the page costs. A wrong choice costs time and never a wrong answer.

use rusqlite::Connection;
use rusqlite::types::Value;

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

    /// The filters that are conditions on a row of `incident` alone. A plus keeps SQLite from leaving the order for an index.
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
        all
    }

    fn narrowings(&self, sql: &mut Sql) -> Vec<Narrowing> {
        let mut all = Vec::new();
        if let Some(from) = self.from {
            all.push(Narrowing::own(&[format!("last_ts >= {}", sql.bind(from))]));
        }
        if let Some((from, to)) = self.raised {
            let bounds =
                [format!("raised_ts >= {}", sql.bind(from)), format!("raised_ts < {}", sql.bind(to))];
            all.push(Narrowing::own(&bounds));
        }
        if let Some(rule) = self.suppressed_by {
            all.push(Narrowing::own(&[format!("suppressed_by = {}", sql.bind(rule))]));
        }
        if let Some(network) = &self.host {
            all.push(Narrowing::own(&[within("host_key", network, sql)]));
        }
        if let Some(network) = &self.party {
            all.push(party(network, sql));
        }
        if let Some(port) = self.port {
            let port = sql.bind(port);
            all.push(Narrowing::of_rows(
                ("alert_by_port", &format!("s.port = {port}")),
                &format!("(a.resp_p = {port} OR a.orig_p = {port})"),
            ));
        }
        match self.service.as_deref() {
            Some("-") => all.push(Narrowing::of_rows_alone("a.service IS NULL")),
            Some(service) => {
                let element = sql.bind(format!(",{service},"));
                let service = sql.bind(service.to_owned());
                all.push(Narrowing::of_rows(
                    ("alert_by_service", &format!("s.service = {service}")),
                    &format!("instr(',' || a.service || ',', {element}) > 0"),
                ));
            }
            None => {}
        }
        match self.text.as_deref().map(text::expression) {
            Some(Some(words)) => all.push(Narrowing::text(&sql.bind(words))),
            // No word is in nothing.
            Some(None) => all.push(Narrowing::own(&["0".into()])),
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

/// The local host or either side of a row lies in a network.
fn party(network: &Network, sql: &mut Sql) -> Narrowing {
    let local = within("host_key", network, sql);
    let (searched, orig, resp) = (
        within("s.host", network, sql),
        within("address_key(a.orig_h)", network, sql),
        within("address_key(a.resp_h)", network, sql),
    );
    let rows = Narrowing::of_rows(("alert_by_host", &searched), &format!("({orig} OR {resp})"));
    Narrowing {
        candidates: format!("SELECT id FROM incident WHERE {local} UNION ALL {}", rows.candidates),
        condition: format!("({} OR {})", local.replacen("host_key", "+host_key", 1), rows.condition),
    }
}

impl Narrowing {
    /// By comparisons of columns of an index of incidents, which all must hold.
    fn own(comparisons: &[String]) -> Self {
        // A plus keeps SQLite from leaving the order for an index.
        let plain: Vec<String> = comparisons.iter().map(|comparison| format!("+{comparison}")).collect();
        Self {
            candidates: format!("SELECT id FROM incident WHERE {}", comparisons.join(" AND ")),
            condition: plain.join(" AND "),
        }
    }

    /// By a condition on one of the stored rows, alert `a`; `searched` is the search table that answers it, and how, as row `s`.
    fn of_rows((table, searched): (&str, &str), condition: &str) -> Self {
        Self {
            candidates: format!(
                "SELECT d.incident_id FROM {table} s CROSS JOIN alert_detail d ON d.alert_id = s.alert_id
                    JOIN alert a ON a.id = d.alert_id WHERE {searched} AND d.incident_id IS NOT NULL AND {condition}
                UNION ALL SELECT d.incident_id FROM alert a JOIN alert_detail d ON d.alert_id = a.id
                    WHERE a.id > (SELECT last_alert FROM search) AND d.incident_id IS NOT NULL AND {condition}"
            ),
            ..Self::of_rows_alone(condition)
        }
    }

    /// By a condition on one of the stored rows that nothing answers quickly.
    fn of_rows_alone(condition: &str) -> Self {
        let condition = format!(
            "EXISTS (SELECT 1 FROM alert_detail d JOIN alert a ON a.id = d.alert_id
            WHERE d.incident_id = incident.id AND {condition})"
        );
        Self { candidates: String::new(), condition }
    }

    /// By words.
    fn text(words: &str) -> Self {
        Self {
            candidates: format!(
                "SELECT rowid FROM incident_text WHERE incident_text MATCH {words}
                UNION ALL SELECT d.incident_id FROM alert_text CROSS JOIN alert_detail d ON d.alert_id = alert_text.rowid
                    WHERE alert_text MATCH {words} AND d.incident_id IS NOT NULL"
            ),
            condition: format!(
                "(EXISTS (SELECT 1 FROM incident_text WHERE rowid = incident.id AND incident_text MATCH {words})
                OR EXISTS (SELECT 1 FROM alert_detail d CROSS JOIN alert_text ON alert_text.rowid = d.alert_id
                    WHERE d.incident_id = incident.id AND alert_text MATCH {words}))"
            ),
        }
    }

    /// How many candidates there are, counted to just above [`SELECTIVE`].
    fn count(&self, connection: &Connection, sql: &Sql) -> rusqlite::Result<i64> {
        if self.candidates.is_empty() {
            return Ok(i64::MAX);
        }
        let limit = SELECTIVE + 1;
        let text = format!("SELECT count(*) FROM (SELECT 1 FROM ({}) LIMIT {limit})", self.candidates);
        let counting = Sql { text, values: sql.values.clone() };
        let (mut select, values) = counting.prepare(connection)?;
        select.query_row(values, |row| row.get(0))
    }
}
