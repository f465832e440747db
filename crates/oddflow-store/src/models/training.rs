//! Trainings that have begun, and what is kept out of them.

use rusqlite::{OptionalExtension, params};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// What is kept out of the training that was begun beside a model for a baseline up to `due` in log time; `None` where none
    /// was.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn training_guard(&self, model: &str, due: f64) -> Result<Option<String>, StoreError> {
        self.connection
            .prepare_cached("SELECT guard FROM training WHERE model_id = ?1 AND due = ?2")
            .and_then(|mut select| select.query_row(params![model, due], |row| row.get(0)).optional())
            .map_err(|e| self.error(e))
    }
}

impl Batch<'_> {
    /// Keeps what is kept out of a training that begins beside a model, in place of that of an earlier one.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownModel`] where the model is not registered, [`StoreError::NotANumber`] where the end is not a
    /// number, or the write fails.
    pub fn begin_training(&mut self, model: &str, due: f64, guard: &str) -> Result<(), StoreError> {
        let due = self.number(due, "end of a baseline")?;
        self.known_model(model)?;
        self.connection()
            .prepare_cached("INSERT OR REPLACE INTO training (model_id, due, guard) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![model, due, guard]))
            .map_err(|e| self.error(e))?;
        Ok(())
    }

    /// Forgets what is kept for the training beside a model, which has come to its end.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn end_training(&mut self, model: &str) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached("DELETE FROM training WHERE model_id = ?1")
            .and_then(|mut delete| delete.execute([model]))
            .map_err(|e| self.error(e))?;
        Ok(())
    }
}
