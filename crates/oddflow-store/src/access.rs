//! Who may look from elsewhere: tokens, and the sessions that they open. Of both only hashes are kept.

use rusqlite::{OptionalExtension, params};

use crate::error::StoreError;
use crate::store::Store;

/// A hash of a token, or of what the cookie of a session holds: SHA-256 of 256 random bits.
pub type Secret = [u8; 32];

impl Store {
    /// Keeps a token under a name, over the one that it had; sessions that the former one opened end. Says whether there was one.
    ///
    /// # Errors
    ///
    /// As [`Store::begin`], and where the write fails; then nothing changes.
    pub fn set_token(&mut self, name: &str, hash: &Secret, now: f64) -> Result<bool, StoreError> {
        self.writable()?;
        let moment = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
        let set = || -> rusqlite::Result<bool> {
            moment.execute("DELETE FROM session WHERE token = ?1", [name])?;
            let had = moment.execute("DELETE FROM token WHERE name = ?1", [name])? > 0;
            moment.execute("INSERT INTO token VALUES (?1, ?2, ?3)", params![name, hash, now])?;
            Ok(had)
        };
        let had = set();
        had.and_then(|had| moment.commit().map(|()| had)).map_err(|e| StoreError::of(&self.file, e))
    }

    /// The names of all tokens.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn tokens(&self) -> Result<Vec<String>, StoreError> {
        self.collect("SELECT name FROM token ORDER BY name", |row| row.get(0))
    }

    /// The name of a token; `None` where it is none.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn token_name(&self, hash: &Secret) -> Result<Option<String>, StoreError> {
        self.connection
            .prepare_cached("SELECT name FROM token WHERE hash = ?1")
            .and_then(|mut select| select.query_row([hash], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))
    }

    /// Keeps a session that a token opened, until it expires; those that have expired go. Times are in seconds since 1970.
    ///
    /// # Errors
    ///
    /// Where there is no such token, or the write fails.
    pub fn open_session(
        &mut self,
        hash: &Secret,
        token: &str,
        (now, expires): (f64, f64),
    ) -> Result<(), StoreError> {
        self.writable()?;
        let moment = self.connection.transaction().map_err(|e| StoreError::of(&self.file, e))?;
        let open = || -> rusqlite::Result<()> {
            moment.execute("DELETE FROM session WHERE expires < ?1", [now])?;
            let row = params![hash, token, now, expires];
            moment.execute("INSERT OR REPLACE INTO session VALUES (?1, ?2, ?3, ?4)", row)?;
            Ok(())
        };
        open().and_then(|()| moment.commit()).map_err(|e| StoreError::of(&self.file, e))
    }

    /// The name of the token that opened a session which has not expired; `None` where there is no such session.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn session(&self, hash: &Secret, now: f64) -> Result<Option<String>, StoreError> {
        self.connection
            .prepare_cached("SELECT token FROM session WHERE hash = ?1 AND expires > ?2")
            .and_then(|mut select| select.query_row(params![hash, now], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))
    }

    /// Ends a session.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn close_session(&mut self, hash: &Secret) -> Result<(), StoreError> {
        self.writable()?;
        self.connection
            .execute("DELETE FROM session WHERE hash = ?1", [hash])
            .map(|_| ())
            .map_err(|e| self.error(e))
    }
}
