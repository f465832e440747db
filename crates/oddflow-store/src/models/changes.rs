//! What changes of models: they come in, take a role and go.

use std::io::{self, Seek, Write};

use rusqlite::blob::ZeroBlob;
use rusqlite::{OptionalExtension, params};

use super::{ModelEvent, ModelRole};
use crate::batch::Batch;
use crate::changes::ChangeTopic;
use crate::error::StoreError;
use crate::records::{LogIdentity, Model, stored_count};

/// Enters a model's role, over the one that it had. Whether the service went by it stays.
const SET_ROLE: &str = "INSERT INTO model_role (model_id, role, since) VALUES (?1, ?2, ?3)
    ON CONFLICT (model_id) DO UPDATE SET role = excluded.role, since = excluded.since";

/// What a model has read counts as read by another too. Positions only grow; what each of them scored and flagged stays its own.
const GO_ON: [&str; 2] = ["INSERT INTO log (model_id, path, opened, first_uid, file, bytes, lines, rows, unreadable_rows,
        unreadable, first_ts, last_ts)
    SELECT ?2, path, opened, first_uid, file, bytes, lines, rows, unreadable_rows, unreadable, first_ts, last_ts
        FROM log WHERE model_id = ?1 ", "
    ON CONFLICT (model_id, path, opened, first_uid) DO UPDATE SET file = excluded.file, bytes = excluded.bytes,
        lines = excluded.lines, rows = excluded.rows, unreadable_rows = excluded.unreadable_rows,
        unreadable = excluded.unreadable, first_ts = excluded.first_ts, last_ts = excluded.last_ts
        WHERE excluded.bytes > bytes AND excluded.lines >= lines AND excluded.rows >= rows"];

impl Batch<'_> {
    /// Takes a model with its file into the database, and says whether the file is new. A model that is known without one keeps
    /// its results and its state. Its role stays as it is: retired for a new one. A file is tens of megabytes: `write` writes it
    /// piece by piece, `length` bytes in all.
    ///
    /// # Errors
    ///
    /// Where the threshold or the time is not a number, `write` fails or doesn't write as many bytes as it should, or the
    /// write to the database fails.
    pub fn import_model(
        &mut self,
        model: &Model,
        length: u64,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        (time, event, reason): (f64, ModelEvent, &str),
    ) -> Result<bool, StoreError> {
        let threshold = self.number(model.threshold, "threshold of a model")?;
        let time = self.number(time, "time of a model")?;
        self.as_one(|batch| {
            let import = || -> rusqlite::Result<bool> {
                let connection = batch.connection();
                let sql = "INSERT INTO model (id, recipe, tool_version, summary, threshold)
                    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO NOTHING";
                connection.prepare_cached(sql)?.execute(params![
                    model.id,
                    model.recipe,
                    model.tool_version,
                    model.summary,
                    threshold
                ])?;
                let room = i32::try_from(length)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                // Bound as a value it would be copied; so only its room is made here, and it is written into it in place.
                let sql = "INSERT INTO model_file (model_id, length, bytes) VALUES (?1, ?2, ?3)
                    ON CONFLICT (model_id) DO NOTHING RETURNING rowid";
                let values = params![model.id, stored_count(length), ZeroBlob(room)];
                let mut insert = connection.prepare_cached(sql)?;
                let Some(row) = insert.query_row(values, |row| row.get(0)).optional()? else {
                    return Ok(false);
                };
                drop(insert);
                let mut place = connection.blob_open("main", "model_file", "bytes", row, false)?;
                let written = write(&mut place).and_then(|()| match place.stream_position()? {
                    written if written == length => Ok(()),
                    written => Err(io::Error::other(format!("{written} of {length} bytes of a model"))),
                });
                written.map_err(|error| match error.downcast() {
                    Ok(of_sqlite) => of_sqlite,
                    Err(other) => rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
                })?;
                connection
                    .prepare_cached(
                        "INSERT INTO model_role (model_id, role, since) VALUES (?1, 'retired', ?2)
                        ON CONFLICT (model_id) DO NOTHING",
                    )?
                    .execute(params![model.id, time])?;
                Ok(true)
            };
            let is_new = import().map_err(|e| batch.error(e))?;
            if is_new {
                batch.tell_event(&model.id, time, event, reason)?;
            }
            Ok(is_new)
        })
    }

    /// Makes a model the active one, and retires the one that was. Says whether that changed anything.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoModelFile`] where the database doesn't have the model's file, or the write fails.
    pub fn activate(&mut self, model: &str, time: f64, reason: &str) -> Result<bool, StoreError> {
        let time = self.number(time, "time of a model")?;
        if self.seen().active_model()?.as_deref() == Some(model) {
            return Ok(false);
        }
        self.needs_file(model)?;
        self.as_one(|batch| {
            if let Some(former) = batch.seen().active_model()? {
                batch.set_role(&former, ModelRole::Retired, time)?;
                batch.tell_event(&former, time, ModelEvent::Retired, &format!("{model} took its place"))?;
            }
            batch.set_role(model, ModelRole::Active, time)?;
            batch.tell_event(model, time, ModelEvent::Activated, reason)?;
            Ok(true)
        })
    }

    /// Makes the model active again that was so before the active one, and returns its id. Activations are undone one by one:
    /// a second time goes back one model further.
    ///
    /// # Errors
    ///
    /// [`StoreError::NothingBefore`] where no other model was active before, [`StoreError::NoModelFile`] where the database no
    /// longer has its file; then nothing changes.
    pub fn roll_back(&mut self, time: f64, reason: &str) -> Result<String, StoreError> {
        let time = self.number(time, "time of a model")?;
        let nothing = |batch: &Self| StoreError::NothingBefore { file: batch.seen().file().to_owned() };
        let Some(active) = self.seen().active_model()? else { return Err(nothing(self)) };
        self.as_one(|batch| {
            // Of activations of one model in a row all go: another one between them has been removed.
            let undo = "UPDATE model_event SET is_undone = 1 WHERE model_id = ?1 AND event = 'activated' AND is_undone = 0
                AND id > coalesce((SELECT max(id) FROM model_event
                    WHERE model_id <> ?1 AND event = 'activated' AND is_undone = 0), 0)";
            let before = "SELECT model_id FROM model_event WHERE event = 'activated' AND is_undone = 0 ORDER BY id DESC LIMIT 1";
            let step = || -> rusqlite::Result<Option<String>> {
                let connection = batch.connection();
                connection.prepare_cached(undo)?.execute([&active])?;
                connection.prepare_cached(before)?.query_row([], |row| row.get(0)).optional()
            };
            let Some(former) = step().map_err(|e| batch.error(e))? else { return Err(nothing(batch)) };
            batch.needs_file(&former)?;
            batch.set_role(&active, ModelRole::Retired, time)?;
            batch.tell_event(&active, time, ModelEvent::Retired, reason)?;
            batch.set_role(&former, ModelRole::Active, time)?;
            Ok(former)
        })
    }

    /// Makes a model the shadow of the active one. `from` is the end of its baseline in log time: what comes behind it is what
    /// both are compared by.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoModelFile`] where the database doesn't have its file; where there is a shadow already, or the write
    /// fails.
    pub fn shadow(&mut self, model: &str, from: f64, time: f64, reason: &str) -> Result<(), StoreError> {
        let time = self.number(time, "time of a model")?;
        let from = self.number(from, "time of a model")?;
        self.needs_file(model)?;
        self.as_one(|batch| {
            batch.set_role(model, ModelRole::Shadow, time)?;
            batch
                .connection()
                .execute("UPDATE model_role SET trial_from = ?2 WHERE model_id = ?1", params![model, from])
                .map_err(|e| batch.error(e))?;
            batch.tell_event(model, time, ModelEvent::Shadowed, reason)
        })
    }

    /// Retires the active model or the shadow.
    ///
    /// # Errors
    ///
    /// Where the write fails.
    pub fn retire(&mut self, model: &str, time: f64, reason: &str) -> Result<(), StoreError> {
        let time = self.number(time, "time of a model")?;
        self.as_one(|batch| {
            batch.set_role(model, ModelRole::Retired, time)?;
            batch.tell_event(model, time, ModelEvent::Retired, reason)
        })
    }

    /// Has a model go on where another one stands: what that has read of each log counts as read by this one. Where the other
    /// has read less, nothing changes.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownModel`] where the model is not known, or the write fails.
    pub fn go_on_from(&mut self, former: &str, model: &str) -> Result<(), StoreError> {
        self.known_model(model)?;
        self.connection()
            .prepare_cached(&GO_ON.concat())
            .and_then(|mut insert| insert.execute([former, model]))
            .map(|_| ())
            .map_err(|e| self.error(e))
    }

    /// The same for some logs alone. Those that the other model doesn't know are passed over.
    ///
    /// # Errors
    ///
    /// As [`Batch::go_on_from`].
    pub fn go_on_from_in(
        &mut self,
        former: &str,
        model: &str,
        logs: &[LogIdentity],
    ) -> Result<(), StoreError> {
        self.known_model(model)?;
        let sql = GO_ON.join("AND path = ?3 AND opened = ?4 AND first_uid = ?5");
        let go_on = || -> rusqlite::Result<()> {
            let mut insert = self.connection().prepare_cached(&sql)?;
            for log in logs {
                insert.execute(params![former, model, log.path, log.opened, log.first_uid])?;
            }
            Ok(())
        };
        go_on().map_err(|e| self.error(e))
    }

    /// Says that the service goes by a model from now on. One that it went by before hands over what it has read, by
    /// [`Batch::go_on_from`]; that one's id is returned.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownModel`] where the model has no role, or the write fails.
    pub fn watch_with(&mut self, model: &str) -> Result<Option<String>, StoreError> {
        let before = self
            .connection()
            .prepare_cached("SELECT model_id FROM model_role WHERE is_watched = 1")
            .and_then(|mut select| select.query_row([], |row| row.get::<_, String>(0)).optional())
            .map_err(|e| self.error(e))?;
        if before.as_deref() == Some(model) {
            return Ok(None);
        }
        self.as_one(|batch| {
            if let Some(former) = &before {
                batch.go_on_from(former, model)?;
            }
            let mark = || -> rusqlite::Result<usize> {
                let connection = batch.connection();
                connection.execute("UPDATE model_role SET is_watched = 0 WHERE is_watched = 1", [])?;
                connection.execute("UPDATE model_role SET is_watched = 1 WHERE model_id = ?1", [model])
            };
            match mark().map_err(|e| batch.error(e))? {
                1 => Ok(()),
                _ => Err(StoreError::UnknownModel {
                    file: batch.seen().file().to_owned(),
                    model: model.to_owned(),
                }),
            }
        })?;
        Ok(before)
    }

    /// Removes the file of a retired model; its results stay. Says how many bytes that were, `None` where there was no file.
    ///
    /// # Errors
    ///
    /// [`StoreError::ModelInUse`] where it is not retired or the service still goes by it, or the write fails.
    pub fn empty_model(&mut self, model: &str, time: f64, reason: &str) -> Result<Option<u64>, StoreError> {
        let time = self.number(time, "time of a model")?;
        self.is_idle(model)?;
        self.as_one(|batch| {
            let length = batch
                .connection()
                .prepare_cached("DELETE FROM model_file WHERE model_id = ?1 RETURNING length")
                .and_then(|mut delete| delete.query_row([model], |row| row.get(0)).optional())
                .map_err(|e| batch.error(e))?;
            if length.is_some() {
                batch.tell_event(model, time, ModelEvent::Emptied, reason)?;
            }
            Ok(length)
        })
    }

    /// Removes a retired model and all that is kept for it: file, state, history, what it has read, and the traffic
    /// that it counted.
    ///
    /// # Errors
    ///
    /// [`StoreError::ModelInUse`] where it is not retired or the service still goes by it, [`StoreError::ModelHasResults`]
    /// where incidents or alerts of it are kept, [`StoreError::UnknownModel`], or the write fails.
    pub fn remove_model(&mut self, model: &str) -> Result<(), StoreError> {
        self.known_model(model)?;
        self.is_idle(model)?;
        self.touch(ChangeTopic::Models);
        let results = "SELECT EXISTS (SELECT 1 FROM incident WHERE model_id = ?1)
            OR EXISTS (SELECT 1 FROM alert a JOIN log l ON l.id = a.log_id WHERE l.model_id = ?1)";
        let has_results: bool =
            self.connection().query_row(results, [model], |row| row.get(0)).map_err(|e| self.error(e))?;
        if has_results {
            return Err(StoreError::ModelHasResults {
                file: self.seen().file().to_owned(),
                model: model.to_owned(),
            });
        }
        self.as_one(|batch| {
            let remove = || -> rusqlite::Result<()> {
                for table in ["state_journal", "state_beside"] {
                    let sql = format!(
                        "DELETE FROM {table} WHERE state_id IN (SELECT id FROM state WHERE model_id = ?1)"
                    );
                    batch.connection().execute(&sql, [model])?;
                }
                let hours = "DELETE FROM traffic_hours WHERE id IN (SELECT hours_id FROM traffic_day
                    WHERE source_id IN (SELECT id FROM traffic_source WHERE model_id = ?1))";
                batch.connection().execute(hours, [model])?;
                for table in ["traffic_day", "channel", "channel_host"] {
                    let sql = format!(
                        "DELETE FROM {table} WHERE source_id IN (SELECT id FROM traffic_source WHERE model_id = ?1)"
                    );
                    batch.connection().execute(&sql, [model])?;
                }
                for table in ["traffic_source", "state", "model_file", "model_role", "model_event", "drift", "log"] {
                    let sql = format!("DELETE FROM {table} WHERE model_id = ?1");
                    batch.connection().execute(&sql, [model])?;
                }
                batch.connection().execute("DELETE FROM model WHERE id = ?1", [model])?;
                Ok(())
            };
            remove().map_err(|e| batch.error(e))
        })
    }

    fn set_role(&self, model: &str, role: ModelRole, time: f64) -> Result<(), StoreError> {
        self.touch(ChangeTopic::Models);
        self.connection()
            .prepare_cached(SET_ROLE)
            .and_then(|mut set| set.execute(params![model, role.name(), time]))
            .map(|_| ())
            .map_err(|e| self.error(e))
    }

    fn tell_event(&self, model: &str, time: f64, event: ModelEvent, reason: &str) -> Result<(), StoreError> {
        self.touch(ChangeTopic::Models);
        self.connection()
            .prepare_cached("INSERT INTO model_event (model_id, time, event, reason) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut insert| insert.execute(params![model, time, event.name(), reason]))
            .map(|_| ())
            .map_err(|e| self.error(e))
    }

    fn needs_file(&self, model: &str) -> Result<(), StoreError> {
        let has_file = self
            .connection()
            .prepare_cached("SELECT 1 FROM model_file WHERE model_id = ?1")
            .and_then(|mut select| select.exists([model]))
            .map_err(|e| self.error(e))?;
        match has_file {
            true => Ok(()),
            false => {
                Err(StoreError::NoModelFile { file: self.seen().file().to_owned(), model: model.to_owned() })
            }
        }
    }

    /// Fails for a model that something still goes by.
    fn is_idle(&self, model: &str) -> Result<(), StoreError> {
        let is_used = self
            .connection()
            .prepare_cached(
                "SELECT 1 FROM model_role WHERE model_id = ?1 AND (role <> 'retired' OR is_watched = 1)",
            )
            .and_then(|mut select| select.exists([model]))
            .map_err(|e| self.error(e))?;
        match is_used {
            false => Ok(()),
            true => {
                Err(StoreError::ModelInUse { file: self.seen().file().to_owned(), model: model.to_owned() })
            }
        }
    }
}
