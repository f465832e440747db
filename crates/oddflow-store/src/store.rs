//! One open database: opening it, models, the ledger, and the check of its integrity.

use std::path::Path;
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params};

use crate::address::address_key;
use crate::batch::Batch;
use crate::effort::Effort;
use crate::error::StoreError;
use crate::file;
use crate::incidents;
use crate::records::{LogEntry, LogId, LogIdentity, Model, Progress};
use crate::rollups;
use crate::schema::{self, Found};
use crate::search;

/// How long a writer waits for another one before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it sleeps between two tries where SQLite does not wait by itself.
const BUSY_STEP: Duration = Duration::from_millis(5);

/// Set before the file is made. `page_size` and `auto_vacuum`, which lets a file shrink, have no effect on one that exists.
const NEW_FILE: &str =
    "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;";

/// For each connection that writes.
///
/// `synchronous = NORMAL` in WAL mode: a power cut may cost the last commits, never the file; what
/// was cost is read again, as progress and alerts go together. The write-ahead log may grow to 64 MiB
/// (8,192 pages) before it is copied into the database: a page that many small transactions touch is
/// copied once, and the disk is waited for rarely. What SQLite sorts stays in memory: a process that may
/// write to its own folders alone has no other place.
const WRITER: &str = "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864;";

/// For each connection that reads.
const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;";

/// Columns of `log` that make a [`LogEntry`], in the order that [`log_entry`] reads.
pub(crate) const LOG_COLUMNS: &str =
    "id, model_id, path, opened, first_uid, file, bytes, lines, rows, rows_scored,
    rows_flagged, unreadable, first_ts, last_ts, threshold";

/// A database of models, progress, alerts and incidents.
///
/// One process writes, with [`Store::begin`]; any number may read meanwhile and see the last commit.
/// See the [crate's documentation](crate) for what it promises.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) file: String,
    pub(crate) effort: Effort,
    read_only: bool,
}

impl Store {
    /// Opens a database for reading and writing, creates it where there is none, for this user alone, and brings an older
    /// one up to date.
    ///
    /// # Errors
    ///
    /// Where the file is not a database of oddflow's, is newer, damaged, locked, or can't be opened or
    /// written to. A file that is refused is left as it is.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        file::make(path.as_ref());
        let (connection, file) = connect(path.as_ref(), flags)?;
        Self { connection, file, effort: Effort::default(), read_only: false }.prepare_writer()
    }

    /// A database in memory, for tests and for runs that keep nothing.
    ///
    /// # Errors
    ///
    /// Where memory runs out.
    pub fn in_memory() -> Result<Self, StoreError> {
        let file = ":memory:".to_owned();
        let connection = Connection::open_in_memory().map_err(|e| StoreError::of(&file, e))?;
        Self { connection, file, effort: Effort::default(), read_only: false }.prepare_writer()
    }

    /// Opens a database for reading. It must exist and be of this version; nothing is written to it.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], and where there is no such file or it is of an older version.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        if !path.exists() {
            return Err(StoreError::Missing { file: path.display().to_string() });
        }
        let (connection, file) = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let store = Self { connection, file, effort: Effort::default(), read_only: true };
        store.connection.busy_timeout(BUSY_TIMEOUT).map_err(|e| store.error(e))?;
        match schema::inspect(&store.connection, &store.file)? {
            Found::Current => {}
            Found::Empty => return Err(StoreError::Older { file: store.file, found: 0 }),
            Found::Older(found) => return Err(StoreError::Older { file: store.file, found }),
        }
        store.connection.execute_batch(READER).map_err(|e| store.error(e))?;
        store.register_functions()?;
        Ok(store)
    }

    fn prepare_writer(mut self) -> Result<Self, StoreError> {
        self.connection.busy_timeout(BUSY_TIMEOUT).map_err(|e| self.error(e))?;
        let found = schema::inspect(&self.connection, &self.file)?;
        // SQLite opens a file that it may not write to for reading, and says nothing.
        if self.connection.is_readonly("main").map_err(|e| self.error(e))? {
            return Err(StoreError::ReadOnly { file: self.file });
        }
        if found == Found::Empty {
            self.make_file()?;
        }
        self.connection.execute_batch(WRITER).map_err(|e| self.error(e))?;
        self.connection.set_transaction_behavior(TransactionBehavior::Immediate);
        if found != Found::Current {
            schema::migrate(&mut self.connection, &self.file)?;
        }
        self.register_functions()?;
        self.refresh_stale()?;
        Ok(self)
    }

    /// Writes what incidents of an older version are found by, step by step: another process may have begun.
    fn refresh_stale(&mut self) -> Result<(), StoreError> {
        loop {
            let any = "SELECT EXISTS (SELECT 1 FROM incident_stale)";
            if !self.connection.query_row(any, [], |row| row.get::<_, bool>(0)).map_err(|e| self.error(e))? {
                return Ok(());
            }
            let moment = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
            incidents::found_by::refresh_stale(&moment)
                .and_then(|_| moment.commit())
                .map_err(|e| StoreError::of(&self.file, e))?;
        }
    }

    /// Sets what must be set before the file is made.
    ///
    /// Several processes may come to this at once. SQLite does not wait for the others when it changes
    /// the journal mode, so the waiting is done here.
    fn make_file(&self) -> Result<(), StoreError> {
        let mut waited = Duration::ZERO;
        loop {
            match self.connection.execute_batch(NEW_FILE).map_err(|e| self.error(e)) {
                Err(StoreError::Locked { .. }) if waited < BUSY_TIMEOUT => {
                    std::thread::sleep(BUSY_STEP);
                    waited += BUSY_STEP;
                }
                result => return result,
            }
        }
    }

    /// Gives SQL the key of an address, for alerts that the search tables don't hold yet. The schema
    /// itself must not use it: other programs read the file too.
    fn register_functions(&self) -> Result<(), StoreError> {
        let flags = FunctionFlags::SQLITE_UTF8
            | FunctionFlags::SQLITE_DETERMINISTIC
            | FunctionFlags::SQLITE_INNOCUOUS
            | FunctionFlags::SQLITE_DIRECTONLY;
        self.connection
            .create_scalar_function("address_key", 1, flags, |call| {
                Ok(call.get_raw(0).as_str().ok().and_then(address_key).map(Vec::from))
            })
            .map_err(|e| self.error(e))
    }

    /// The name of the file, for messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How long to wait for another writer before [`StoreError::Locked`]; 5 seconds to begin with.
    ///
    /// # Errors
    ///
    /// Where SQLite refuses.
    pub fn set_busy_timeout(&self, timeout: Duration) -> Result<(), StoreError> {
        self.connection.busy_timeout(timeout).map_err(|e| self.error(e))
    }

    pub(crate) fn error(&self, error: rusqlite::Error) -> StoreError {
        StoreError::of(&self.file, error)
    }

    pub(crate) fn writable(&self) -> Result<(), StoreError> {
        if self.read_only { Err(StoreError::ReadOnly { file: self.file.clone() }) } else { Ok(()) }
    }

    /// Makes a model known. One that is known already stays as it is. Says whether it is new.
    ///
    /// # Errors
    ///
    /// Where the threshold is not a number, or the write fails.
    pub fn register_model(&mut self, model: &Model) -> Result<bool, StoreError> {
        self.writable()?;
        if model.threshold.is_nan() {
            return Err(StoreError::NotANumber { file: self.file.clone(), field: "threshold of a model" });
        }
        let sql = "INSERT INTO model (id, recipe, tool_version, summary, threshold)
            VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING";
        let row = params![model.id, model.recipe, model.tool_version, model.summary, model.threshold];
        Ok(self.connection.execute(sql, row).map_err(|e| self.error(e))? == 1)
    }

    /// All models, in order of their id.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn models(&self) -> Result<Vec<Model>, StoreError> {
        self.collect("SELECT id, recipe, tool_version, summary, threshold FROM model ORDER BY id", |row| {
            Ok(Model {
                id: row.get(0)?,
                recipe: row.get(1)?,
                tool_version: row.get(2)?,
                summary: row.get(3)?,
                threshold: row.get(4)?,
            })
        })
    }

    /// How far a model has read a log; `None` where it has not.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn ledger(&self, model: &str, log: &LogIdentity) -> Result<Option<LogEntry>, StoreError> {
        ledger(&self.connection, model, log).map_err(|e| self.error(e))
    }

    /// The log that a model began last among those that were last seen under a name; `None` where there is none, or where its rows are
    /// over so many seconds older than the newest that the model has read. Of logs beside conn logs no times are known.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn last_log_of(&self, model: &str, file: &str, within: f64) -> Result<Option<LogEntry>, StoreError> {
        let sql = format!(
            "SELECT {LOG_COLUMNS} FROM log WHERE model_id = ?1 AND file = ?2
            AND (last_ts IS NULL OR last_ts >= (SELECT max(last_ts) FROM log WHERE model_id = ?1) - ?3)
            ORDER BY id DESC LIMIT 1"
        );
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut select| select.query_row(params![model, file, within], log_entry).optional())
            .map_err(|e| self.error(e))
    }

    /// The whole ledger, in the order in which logs were first read.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn logs(&self) -> Result<Vec<LogEntry>, StoreError> {
        self.collect(&format!("SELECT {LOG_COLUMNS} FROM log ORDER BY id"), log_entry)
    }

    pub(crate) fn collect<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut select| select.query_map([], read)?.collect())
            .map_err(|e| self.error(e))
    }

    /// Begins a batch: the one transaction in which alerts, progress and state are written together.
    /// Waits for another writer to end.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] where another writer doesn't end in time, [`StoreError::ReadOnly`] where
    /// the store was opened for reading.
    pub fn begin(&mut self) -> Result<Batch<'_>, StoreError> {
        Batch::begin(self)
    }

    /// Brings the search tables up to date. Never needed: a batch does it whenever
    /// [`SEARCH_TAIL`](crate::SEARCH_TAIL) alerts are missing from them, and a query reads those that
    /// are missing. Worth calling when a writer has nothing else to do.
    ///
    /// # Errors
    ///
    /// As [`Store::begin`], and where the write fails.
    pub fn update_search(&mut self) -> Result<(), StoreError> {
        self.writable()?;
        let transaction = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
        search::update(&transaction)
            .and_then(|()| transaction.commit())
            .map_err(|e| StoreError::of(&self.file, e))
    }

    /// Checks the whole database: SQLite's structure, references, that the search tables hold the alerts
    /// they should, that traffic adds up, and that incidents have the alerts they say. Reads everything.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] with the first thing found.
    pub fn check(&self) -> Result<(), StoreError> {
        let damaged = |reason: String| Err(StoreError::Damaged { file: self.file.clone(), reason });
        let structure: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|e| self.error(e))?;
        if structure != "ok" {
            return damaged(structure);
        }
        let dangling: Vec<String> = self.collect("PRAGMA foreign_key_check", |row| row.get(0))?;
        if let Some(table) = dangling.first() {
            return damaged(format!("a row of {table} refers to a row that is not there"));
        }
        if let Some(table) = search::first_mismatch(&self.connection).map_err(|e| self.error(e))? {
            return damaged(format!("{table} does not hold the alerts that it should"));
        }
        if let Some(traffic) = rollups::first_mismatch(&self.connection).map_err(|e| self.error(e))? {
            return damaged(traffic);
        }
        match incidents::first_mismatch(&self.connection).map_err(|e| self.error(e))? {
            Some(incident) => damaged(incident),
            None => Ok(()),
        }
    }
}

/// Opens the file; returns its name for messages too.
fn connect(path: &Path, flags: OpenFlags) -> Result<(Connection, String), StoreError> {
    let file = path.display().to_string();
    // SQLite would take a folder for a database until it reads of it.
    if path.is_dir() {
        return Err(StoreError::CannotOpen { file, reason: "it is a folder".to_owned() });
    }
    // No SQLITE_OPEN_URI: a file's name is a name, whatever it looks like. No mutex: a store is used by
    // one thread at a time, which its type sees to.
    match Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX) {
        Ok(connection) => Ok((connection, file)),
        Err(error) => Err(StoreError::of(&file, error)),
    }
}

/// Looks a log up in the ledger, inside a batch or outside.
pub(crate) fn ledger(
    connection: &Connection,
    model: &str,
    log: &LogIdentity,
) -> rusqlite::Result<Option<LogEntry>> {
    let sql = format!(
        "SELECT {LOG_COLUMNS} FROM log WHERE model_id = ?1 AND path = ?2 AND opened = ?3 AND first_uid = ?4"
    );
    connection
        .prepare_cached(&sql)?
        .query_row(params![model, log.path, log.opened, log.first_uid], log_entry)
        .optional()
}

pub(crate) fn log_entry(row: &Row<'_>) -> rusqlite::Result<LogEntry> {
    let kinds = row.get_ref(11)?.as_str()?;
    let unreadable = serde_json::from_str(kinds).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(11, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(LogEntry {
        id: LogId(row.get(0)?),
        model: row.get(1)?,
        identity: LogIdentity { path: row.get(2)?, opened: row.get(3)?, first_uid: row.get(4)? },
        file: row.get(5)?,
        progress: Progress {
            bytes: row.get(6)?,
            lines: row.get(7)?,
            rows: row.get(8)?,
            rows_scored: row.get(9)?,
            rows_flagged: row.get(10)?,
            unreadable,
            first_ts: row.get(12)?,
            last_ts: row.get(13)?,
            threshold: row.get(14)?,
        },
    })
}
