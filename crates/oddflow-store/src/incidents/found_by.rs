//! What incidents are found by beside their own columns: hosts, ports and services of their stored rows, and words.
//!
//! Both follow from the incident and its rows alone, and are written once a transaction for each incident that it changed. An incident
//! has at most fifty rows, so that it has few keys; a search looks at keys, and at no row.
//!
//! Invariant: after each commit an incident has exactly the keys of its rows, unless it is among those that an older version wrote and
//! that wait to be gone through.

use std::collections::BTreeSet;

use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value as Json;

use crate::address::address_key;
use crate::text;

/// Incidents of an older version that are gone through in a transaction.
const STEP: i64 = 500;
/// Bytes of words that the rows of an incident bring along, at most.
const WORDS: usize = 16 << 10;

/// What an incident is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// An address, as the address filters have it.
    Host([u8; 16]),
    Port(u16),
    /// An element of the set of services; `-` where there is none.
    Service(String),
}

/// The kinds of keys as the file has them.
pub(super) const HOST: i64 = 1;
pub(super) const PORT: i64 = 2;
pub(super) const SERVICE: i64 = 3;

impl Key {
    fn kind(&self) -> i64 {
        match self {
            Self::Host(_) => HOST,
            Self::Port(_) => PORT,
            Self::Service(_) => SERVICE,
        }
    }

    fn of(kind: i64, value: ValueRef<'_>) -> Option<Self> {
        match (kind, value) {
            (HOST, ValueRef::Blob(bytes)) => bytes.try_into().ok().map(Self::Host),
            (PORT, ValueRef::Integer(port)) => u16::try_from(port).ok().map(Self::Port),
            (SERVICE, ValueRef::Text(name)) => {
                std::str::from_utf8(name).ok().map(|name| Self::Service(name.into()))
            }
            _ => None,
        }
    }
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Host(key) => ToSqlOutput::Borrowed(ValueRef::Blob(key)),
            Self::Port(port) => ToSqlOutput::Owned(Value::from(*port)),
            Self::Service(name) => ToSqlOutput::Borrowed(ValueRef::Text(name.as_bytes())),
        })
    }
}

/// Writes keys and words of an incident, over those that it had; of one that is gone nothing stays.
pub(crate) fn refresh(connection: &Connection, incident: i64) -> rusqlite::Result<()> {
    let Some((keys, words)) = of(connection, incident)? else { return forget(connection, incident) };
    let stored = stored(connection, incident)?;
    let sql = "DELETE FROM incident_key WHERE incident_id = ?1 AND kind = ?2 AND value = ?3";
    let mut delete = connection.prepare_cached(sql)?;
    for gone in stored.difference(&keys) {
        delete.execute(params![incident, gone.kind(), gone])?;
    }
    let mut insert = connection.prepare_cached("INSERT INTO incident_key VALUES (?1, ?2, ?3)")?;
    for new in keys.difference(&stored) {
        insert.execute(params![incident, new.kind(), new])?;
    }
    text::of_incident(connection, incident, &words)
}

/// Forgets keys and words of an incident.
pub(crate) fn forget(connection: &Connection, incident: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM incident_key WHERE incident_id = ?1")?.execute([incident])?;
    text::forget_incident(connection, incident)
}

/// Goes through some of the incidents that an older version wrote, in the caller's transaction.
pub(crate) fn refresh_stale(connection: &Connection) -> rusqlite::Result<()> {
    let stale: Vec<i64> = connection
        .prepare_cached("SELECT incident_id FROM incident_stale ORDER BY incident_id LIMIT ?1")?
        .query_map([STEP], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut done = connection.prepare_cached("DELETE FROM incident_stale WHERE incident_id = ?1")?;
    for incident in &stale {
        refresh(connection, *incident)?;
        done.execute([incident])?;
    }
    Ok(())
}

/// The number of the first incident that doesn't have the keys that it should.
pub(super) fn first_mismatch(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let strangers =
        "SELECT incident_id FROM incident_key WHERE incident_id NOT IN (SELECT id FROM incident) LIMIT 1";
    if let Some(stranger) = connection.query_row(strangers, [], |row| row.get(0)).optional()? {
        return Ok(Some(stranger));
    }
    let sql = "SELECT id FROM incident WHERE id NOT IN (SELECT incident_id FROM incident_stale)";
    let mut select = connection.prepare_cached(sql)?;
    let mut ids = select.query([])?;
    while let Some(row) = ids.next()? {
        let id = row.get(0)?;
        if of(connection, id)?
            .is_some_and(|(keys, _)| stored(connection, id).is_ok_and(|stored| stored != keys))
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn stored(connection: &Connection, incident: i64) -> rusqlite::Result<BTreeSet<Key>> {
    let mut select =
        connection.prepare_cached("SELECT kind, value FROM incident_key WHERE incident_id = ?1")?;
    let mut rows = select.query([incident])?;
    let mut keys = BTreeSet::new();
    while let Some(row) = rows.next()? {
        keys.extend(Key::of(row.get(0)?, row.get_ref(1)?));
    }
    Ok(keys)
}

/// Keys and words of an incident; `None` where there is none of that number.
fn of(connection: &Connection, incident: i64) -> rusqlite::Result<Option<(BTreeSet<Key>, String)>> {
    let sql = "SELECT host, summary, concat_ws(' ', title, host, family, class, technique, sensor, verdict_note,
        (SELECT group_concat(text, ' ') FROM note WHERE incident_id = incident.id)) FROM incident WHERE id = ?1";
    let own = connection
        .prepare_cached(sql)?
        .query_row([incident], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })
        .optional()?;
    let Some((host, summary, mut words)) = own else { return Ok(None) };
    let mut keys: BTreeSet<Key> = address_key(&host).map(Key::Host).into_iter().collect();
    let mut said = BTreeSet::new();
    // What it has in common is of rows that aren't stored, too.
    let summary: Json = serde_json::from_str(&summary).unwrap_or_default();
    ["peer_examples", "port_examples"].iter().for_each(|name| texts(&summary[*name], &mut said));
    let sql = "SELECT a.uid, a.orig_h, a.resp_h, a.orig_p, a.resp_p, a.service, d.evidence
        FROM alert_detail d JOIN alert a ON a.id = d.alert_id WHERE d.incident_id = ?1";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([incident])?;
    while let Some(row) = rows.next()? {
        for column in [0, 1, 2] {
            said.insert(row.get::<_, String>(column)?);
        }
        for column in [1, 2] {
            keys.extend(address_key(row.get_ref(column)?.as_str()?).map(Key::Host));
        }
        for column in [3, 4] {
            keys.extend(row.get::<_, Option<u16>>(column)?.map(Key::Port));
        }
        let services = row.get_ref(5)?.as_str_or_null()?;
        for service in services.unwrap_or("-").split(',') {
            keys.insert(Key::Service(service.to_owned()));
            said.insert(service.to_owned());
        }
        let evidence = row.get_ref(6)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok());
        texts(&evidence.unwrap_or_default(), &mut said);
    }
    for text in said {
        if words.len() + text.len() > WORDS {
            break;
        }
        words.push(' ');
        words.push_str(&text);
    }
    Ok(Some((keys, words)))
}

/// Texts and numbers of JSON, without the names that they stand under.
fn texts(json: &Json, into: &mut BTreeSet<String>) {
    match json {
        Json::String(text) => drop(into.insert(text.clone())),
        Json::Number(number) => drop(into.insert(number.to_string())),
        Json::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Json::Object(fields) => fields.values().for_each(|value| texts(value, into)),
        Json::Null | Json::Bool(_) => {}
    }
}
