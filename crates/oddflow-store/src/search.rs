//! The search tables: what alerts are found by, filled in bulk.
//!
//! They stand in for indexes. Ordinary indexes on score, hosts and ports are written to at random
//! places by every small transaction: storing 62,000 alerts in 337 commits took 2.2 s with six of them
//! and 0.2 s without. So a writer leaves the newest alerts out, and sorts them into these tables when
//! [`SEARCH_TAIL`] of them have come together. A query looks up the older alerts here and reads the few
//! newer ones one by one.
//!
//! Invariant: each table holds exactly the alerts up to `search.last_alert`, and each of its rows
//! follows from the alert's own row.

use rusqlite::{Connection, ToSql, params};

use crate::address::{address_key, short_key};

/// The most alerts that are missing from the search tables after a commit. Reading as many takes some
/// 10 ms, so that is what a query may pay for them.
pub const SEARCH_TAIL: i64 = 16_384;

/// Alerts that are sorted at once: bounds the memory, at about 200 bytes each.
const CHUNK: usize = 65_536;

/// The highest number that an alert has or had, and that of the last one that the search tables hold.
pub(crate) fn extent(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection
        .prepare_cached(
            "SELECT max(coalesce((SELECT max(id) FROM alert), 0), last_removed), last_alert FROM search",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Brings the tables up to date. Runs in the caller's transaction.
pub(crate) fn update(connection: &Connection) -> rusqlite::Result<()> {
    let (last, mut done) = extent(connection)?;
    while let Some(chunk) = Chunk::read(connection, done, last)? {
        done = chunk.last;
        chunk.fill_scores(connection)?;
        chunk.fill_times(connection)?;
        chunk.fill(connection, "alert_by_host", &chunk.hosts)?;
        chunk.fill(connection, "alert_by_port", &chunk.ports)?;
        chunk.fill(connection, "alert_by_service", &chunk.services)?;
        connection.prepare_cached("UPDATE search SET last_alert = ?1")?.execute([done])?;
    }
    Ok(())
}

/// Takes an alert that is about to be removed out of the tables. Runs in the caller's transaction.
pub(crate) fn forget(connection: &Connection, alert: i64) -> rusqlite::Result<()> {
    let (_, last) = extent(connection)?;
    let Some(chunk) = Chunk::read(connection, alert.saturating_sub(1), alert.min(last))? else {
        return Ok(());
    };
    chunk.take_out(connection, "alert_by_score", "score", &chunk.scores)?;
    chunk.take_out(connection, "alert_by_time", "ts", &chunk.times)?;
    chunk.take_out(connection, "alert_by_host", "host", &chunk.hosts)?;
    chunk.take_out(connection, "alert_by_port", "port", &chunk.ports)?;
    chunk.take_out(connection, "alert_by_service", "service", &chunk.services)
}

/// What the tables tell of an alert besides.
#[derive(Debug, Default)]
struct Told {
    id: i64,
    score: f64,
    ts: f64,
    orig_h: Option<u32>,
    orig_p: Option<u16>,
    resp_h: Option<u32>,
    resp_p: Option<u16>,
    service: Option<String>,
}

/// A row of a search table: what an alert is found by, and its place in the chunk.
type Row<T> = (T, usize);

/// The rows of the search tables for a run of alerts, each table's in its own order.
#[derive(Default)]
struct Chunk {
    last: i64,
    /// What the tables tell of each, by number.
    told: Vec<Told>,
    scores: Vec<Row<f64>>,
    times: Vec<Row<f64>>,
    hosts: Vec<Row<[u8; 16]>>,
    ports: Vec<Row<u16>>,
    services: Vec<Row<String>>,
}

impl Chunk {
    /// The next alerts after one number, up to another; `None` where there are none.
    fn read(connection: &Connection, after: i64, until: i64) -> rusqlite::Result<Option<Self>> {
        let mut chunk = Self { last: after, ..Self::default() };
        let mut select = connection.prepare_cached(
            "SELECT id, score, ts, orig_h, resp_h, orig_p, resp_p, service FROM alert
            WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
        )?;
        let mut rows = select.query(params![after, until, CHUNK])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            chunk.last = id;
            let hosts = [address_key(row.get_ref(3)?.as_str()?), address_key(row.get_ref(4)?.as_str()?)];
            let [orig_h, resp_h] = hosts.map(|key| key.as_ref().map(short_key));
            let (orig_p, resp_p) = (row.get(5)?, row.get(6)?);
            let service = row.get_ref(7)?.as_str_or_null()?.map(str::to_owned);
            let told =
                Told { id, score: row.get(1)?, ts: row.get(2)?, orig_h, orig_p, resp_h, resp_p, service };
            let place = chunk.told.len();
            chunk.scores.push((told.score, place));
            chunk.times.push((told.ts, place));
            chunk.hosts.extend(hosts.into_iter().flatten().map(|key| (key, place)));
            chunk.ports.extend([orig_p, resp_p].into_iter().flatten().map(|port| (port, place)));
            let services = told.service.iter().flat_map(|set| set.split(','));
            chunk.services.extend(services.map(|service| (service.to_owned(), place)));
            chunk.told.push(told);
        }
        if chunk.last == after {
            return Ok(None);
        }
        chunk.sort();
        Ok(Some(chunk))
    }

    fn fill_scores(&self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "INSERT INTO alert_by_score (score, alert_id, ts, orig_h, orig_p, resp_h, resp_p, service)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let mut insert = connection.prepare_cached(sql)?;
        for (score, place) in &self.scores {
            let Told { id, ts, orig_h, orig_p, resp_h, resp_p, service, .. } = &self.told[*place];
            insert.execute(params![score, id, ts, orig_h, orig_p, resp_h, resp_p, service])?;
        }
        Ok(())
    }

    fn fill_times(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut insert =
            connection.prepare_cached("INSERT INTO alert_by_time (ts, alert_id) VALUES (?1, ?2)")?;
        for (ts, place) in &self.times {
            insert.execute(params![ts, self.told[*place].id])?;
        }
        Ok(())
    }

    /// Fills a table that tells besides what alerts are ordered by.
    fn fill<T: ToSql>(&self, connection: &Connection, table: &str, rows: &[Row<T>]) -> rusqlite::Result<()> {
        let mut insert =
            connection.prepare_cached(&format!("INSERT INTO {table} VALUES (?1, ?2, ?3, ?4)"))?;
        for (value, place) in rows {
            let Told { id, score, ts, .. } = &self.told[*place];
            insert.execute(params![value, id, score, ts])?;
        }
        Ok(())
    }

    fn take_out<T: ToSql>(
        &self,
        connection: &Connection,
        table: &str,
        column: &str,
        rows: &[Row<T>],
    ) -> rusqlite::Result<()> {
        let sql = format!("DELETE FROM {table} WHERE {column} = ?1 AND alert_id = ?2");
        let mut delete = connection.prepare_cached(&sql)?;
        for (value, place) in rows {
            delete.execute(params![value, self.told[*place].id])?;
        }
        Ok(())
    }

    fn sort(&mut self) {
        self.scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.times.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        self.hosts.sort_unstable();
        self.ports.sort_unstable();
        self.services.sort_unstable();
        // Both sides may be one host or have one port, and a set may name an element twice.
        self.hosts.dedup();
        self.ports.dedup();
        self.services.dedup();
    }
}

/// The first table that does not hold exactly what it should, if any.
pub(crate) fn first_mismatch(connection: &Connection) -> rusqlite::Result<Option<&'static str>> {
    let (_, last) = extent(connection)?;
    let mut tables = [
        Comparison::new("alert_by_score", "score"),
        Comparison::new("alert_by_time", "ts"),
        Comparison::new("alert_by_host", "host"),
        Comparison::new("alert_by_port", "port"),
        Comparison::new("alert_by_service", "service"),
    ];
    let mut done = 0;
    while let Some(chunk) = Chunk::read(connection, done, last)? {
        done = chunk.last;
        tables[0].count_scores(connection, &chunk)?;
        tables[1].count_times(connection, &chunk)?;
        tables[2].count(connection, &chunk, &chunk.hosts)?;
        tables[3].count(connection, &chunk, &chunk.ports)?;
        tables[4].count(connection, &chunk, &chunk.services)?;
    }
    for table in tables {
        if !table.holds(connection)? {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}

/// What a search table should hold, counted against what it holds.
struct Comparison {
    name: &'static str,
    column: &'static str,
    expected: usize,
    found: usize,
}

impl Comparison {
    fn new(name: &'static str, column: &'static str) -> Self {
        Self { name, column, expected: 0, found: 0 }
    }

    fn count_times(&mut self, connection: &Connection, chunk: &Chunk) -> rusqlite::Result<()> {
        let mut select =
            connection.prepare_cached("SELECT 1 FROM alert_by_time WHERE ts = ?1 AND alert_id = ?2")?;
        for (ts, place) in &chunk.times {
            self.found += usize::from(select.exists(params![ts, chunk.told[*place].id])?);
        }
        self.expected += chunk.times.len();
        Ok(())
    }

    fn count<T: ToSql>(
        &mut self,
        connection: &Connection,
        chunk: &Chunk,
        rows: &[Row<T>],
    ) -> rusqlite::Result<()> {
        let Self { name, column, .. } = self;
        let sql =
            format!("SELECT 1 FROM {name} WHERE {column} = ?1 AND alert_id = ?2 AND score = ?3 AND ts = ?4");
        let mut select = connection.prepare_cached(&sql)?;
        for (value, place) in rows {
            let Told { id, score, ts, .. } = &chunk.told[*place];
            self.found += usize::from(select.exists(params![value, id, score, ts])?);
        }
        self.expected += rows.len();
        Ok(())
    }

    fn count_scores(&mut self, connection: &Connection, chunk: &Chunk) -> rusqlite::Result<()> {
        let sql = "SELECT 1 FROM alert_by_score WHERE score = ?1 AND alert_id = ?2 AND ts = ?3
            AND orig_h IS ?4 AND orig_p IS ?5 AND resp_h IS ?6 AND resp_p IS ?7 AND service IS ?8";
        let mut select = connection.prepare_cached(sql)?;
        for (score, place) in &chunk.scores {
            let Told { id, ts, orig_h, orig_p, resp_h, resp_p, service, .. } = &chunk.told[*place];
            let row = params![score, id, ts, orig_h, orig_p, resp_h, resp_p, service];
            self.found += usize::from(select.exists(row)?);
        }
        self.expected += chunk.scores.len();
        Ok(())
    }

    /// Rows are unique, so a table that holds all it should, and no more rows, holds just these.
    fn holds(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let sql = format!("SELECT count(*) FROM {}", self.name);
        let rows: usize = connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(self.found == self.expected && rows == self.expected)
    }
}
