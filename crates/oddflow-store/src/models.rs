//! The models of a database: their files, what each is to the service, and what happened to them.
//!
//! At most one model is active and at most one its shadow; all others are retired. A model that a command line named is known
//! and retired, and has no file here. Roles change within a [`Batch`](crate::Batch), so that a model's row, its file, its role
//! and the ledger that it goes on from are one transaction.

use std::io::{self, Read};

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::StoreError;
use crate::records::Model;
use crate::store::Store;

mod changes;
mod training;

/// What a model is to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelRole {
    /// It is watched with.
    Active,
    /// It watches beside the active one; nobody is told what it finds.
    Shadow,
    /// Neither.
    Retired,
}

/// What happened to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelEvent {
    /// Its file was taken into the database.
    Imported,
    /// It was learned by the service.
    Learned,
    /// It became the shadow.
    Shadowed,
    /// It became the active one.
    Activated,
    /// It became neither.
    Retired,
    /// Its file was removed from the database.
    Emptied,
}

/// A model and what the database knows of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KnownModel {
    /// The model itself.
    #[serde(flatten)]
    pub model: Model,
    /// What it is to the service.
    pub role: ModelRole,
    /// Since when, in seconds since 1970; `None` for a model that never had another role.
    pub since: Option<f64>,
    /// When it came into the database, in seconds since 1970; `None` where that was not kept.
    pub entered: Option<f64>,
    /// Of one that was ever a shadow: the end of its baseline in log time.
    pub trial_from: Option<f64>,
    /// Bytes of its file; `None` where the database has none.
    pub file_bytes: Option<u64>,
    /// Incidents that it raised within its budget and that are still kept.
    pub incidents_raised: u64,
}

/// An entry of a model's history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ModelHistory {
    /// The model.
    pub model: String,
    /// When, in seconds since 1970.
    pub time: f64,
    /// What happened.
    pub event: ModelEvent,
    /// Why, or by whom.
    pub reason: String,
    /// Whether it is an activation that was rolled back.
    pub is_undone: bool,
}

impl ModelRole {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Shadow, Self::Retired];

    /// Its name, in the file as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Shadow => "shadow",
            Self::Retired => "retired",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl ModelEvent {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Imported, Self::Learned, Self::Shadowed, Self::Activated, Self::Retired, Self::Emptied];

    /// Its name, in the file as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Learned => "learned",
            Self::Shadowed => "shadowed",
            Self::Activated => "activated",
            Self::Retired => "retired",
            Self::Emptied => "emptied",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}

const KNOWN: &str =
    "SELECT m.id, m.recipe, m.tool_version, m.summary, m.threshold, coalesce(r.role, 'retired'), r.since,
    (SELECT min(time) FROM model_event e WHERE e.model_id = m.id), r.trial_from, f.length,
    (SELECT count(*) FROM incident i WHERE i.model_id = m.id AND i.state = 'raised')
    FROM model m LEFT JOIN model_role r ON r.model_id = m.id LEFT JOIN model_file f ON f.model_id = m.id";

impl Store {
    /// All models with what is known of them: the active one, its shadow, and the others, the latest first.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn known_models(&self) -> Result<Vec<KnownModel>, StoreError> {
        let order = "ORDER BY coalesce(r.role, 'retired') = 'retired', coalesce(r.role, 'retired'), 8 DESC NULLS LAST, m.id";
        self.collect(&format!("{KNOWN} {order}"), known_model)
    }

    /// What is known of a model; `None` where it is not known at all.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn known_model(&self, model: &str) -> Result<Option<KnownModel>, StoreError> {
        self.connection
            .prepare_cached(&format!("{KNOWN} WHERE m.id = ?1"))
            .and_then(|mut select| select.query_row([model], known_model).optional())
            .map_err(|e| self.error(e))
    }

    /// The id of the active model; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn active_model(&self) -> Result<Option<String>, StoreError> {
        self.model_of_role(ModelRole::Active)
    }

    /// The id of the shadow; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn shadow_model(&self) -> Result<Option<String>, StoreError> {
        self.model_of_role(ModelRole::Shadow)
    }

    /// The shadow, and the end of its baseline in log time, from which on it is compared; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn trial(&self) -> Result<Option<(String, f64)>, StoreError> {
        let sql =
            "SELECT model_id, trial_from FROM model_role WHERE role = 'shadow' AND trial_from IS NOT NULL";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional())
            .map_err(|e| self.error(e))
    }

    /// The times of the first and the last row of conn logs that a model has read, in seconds since 1970, of those logs that end
    /// before a time; `None` where there are none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn span_read(&self, model: &str, before: f64) -> Result<Option<(f64, f64)>, StoreError> {
        let sql = "SELECT min(first_ts), max(last_ts) FROM log
            WHERE model_id = ?1 AND path = 'conn' AND last_ts < ?2";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| {
                select.query_row(params![model, before], |row| {
                    let span: (Option<f64>, Option<f64>) = (row.get(0)?, row.get(1)?);
                    Ok(span.0.zip(span.1))
                })
            })
            .map_err(|e| self.error(e))
    }

    /// How many incidents of a model passed its threshold after a time and up to another, in seconds since 1970, within the
    /// budget and over it; those that rules hide don't count.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn passed_between(&self, model: &str, (from, until): (f64, f64)) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM incident
            WHERE model_id = ?1 AND raised_ts > ?2 AND raised_ts <= ?3 AND suppressed_by IS NULL";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_row(params![model, from, until], |row| row.get(0)))
            .map_err(|e| self.error(e))
    }

    fn model_of_role(&self, role: ModelRole) -> Result<Option<String>, StoreError> {
        self.connection
            .prepare_cached("SELECT model_id FROM model_role WHERE role = ?1")
            .and_then(|mut select| select.query_row([role.name()], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))
    }

    /// The file of a model, as it was imported; `None` where the database has none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn model_file(&self, model: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let read = || -> rusqlite::Result<Option<Vec<u8>>> {
            let mut select =
                self.connection.prepare_cached("SELECT rowid FROM model_file WHERE model_id = ?1")?;
            let Some(row) = select.query_row([model], |row| row.get(0)).optional()? else { return Ok(None) };
            // Read in place: as a value of a row it would be in memory twice.
            let mut file = self.connection.blob_open("main", "model_file", "bytes", row, true)?;
            let mut bytes = Vec::with_capacity(file.len());
            let failed = |error: io::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
            file.read_to_end(&mut bytes).map_err(failed)?;
            Ok(Some(bytes))
        };
        read().map_err(|e| self.error(e))
    }

    /// Whether a model's file was ever taken into the database, by hand or by learning it.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn was_imported(&self, model: &str) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached("SELECT 1 FROM model_event WHERE model_id = ?1")
            .and_then(|mut select| select.exists([model]))
            .map_err(|e| self.error(e))
    }

    /// What happened to the models, or to one of them, in order.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn model_history(&self, model: Option<&str>) -> Result<Vec<ModelHistory>, StoreError> {
        let sql = "SELECT model_id, time, event, reason, is_undone FROM model_event
            WHERE ?1 IS NULL OR model_id = ?1 ORDER BY id";
        let read = || -> rusqlite::Result<Vec<ModelHistory>> {
            self.connection.prepare_cached(sql)?.query_map(params![model], history)?.collect()
        };
        read().map_err(|e| self.error(e))
    }
}

fn known_model(row: &Row<'_>) -> rusqlite::Result<KnownModel> {
    Ok(KnownModel {
        model: Model {
            id: row.get(0)?,
            recipe: row.get(1)?,
            tool_version: row.get(2)?,
            summary: row.get(3)?,
            threshold: row.get(4)?,
        },
        role: word(row, 5, ModelRole::from_name)?,
        since: row.get(6)?,
        entered: row.get(7)?,
        trial_from: row.get(8)?,
        file_bytes: row.get(9)?,
        incidents_raised: row.get(10)?,
    })
}

fn history(row: &Row<'_>) -> rusqlite::Result<ModelHistory> {
    Ok(ModelHistory {
        model: row.get(0)?,
        time: row.get(1)?,
        event: word(row, 2, ModelEvent::from_name)?,
        reason: row.get(3)?,
        is_undone: row.get(4)?,
    })
}

/// A column that holds one of some words.
fn word<T>(row: &Row<'_>, column: usize, named: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let name = row.get_ref(column)?.as_str()?;
    named(name).ok_or_else(|| {
        let error = format!("{name:?} is none of the words of its column");
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}
