//! The database as requests use it: a few connections that read, in threads that may wait, and one that writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oddflow_store::{Store, StoreError};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::api::problem::Problem;

/// Steps of SQLite's that a request may take: some seconds.
const EFFORT: u64 = 100_000_000;
/// How long a question may take, whatever it waits for.
const LONGEST: Duration = Duration::from_secs(10);
/// How long a change waits for another writer: a commit of many rows to a slow disk.
const PATIENCE: Duration = Duration::from_secs(15);

/// The database as requests use it.
pub(crate) struct Readers {
    path: PathBuf,
    room: Semaphore,
    idle: Mutex<Vec<Store>>,
    /// Changes wait here for their turn, so that they hold no thread meanwhile.
    turn: Semaphore,
    writer: Mutex<Option<Store>>,
    /// All requests ask this one whether anything has changed, as the numbers of two connections can't be compared.
    clock: Mutex<Option<Store>>,
}

impl Readers {
    /// So many connections at most. They are made when they are needed: a service may make the database later.
    pub(crate) fn new(path: &Path, most: usize) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            room: Semaphore::new(most.max(1)),
            idle: Mutex::default(),
            turn: Semaphore::new(1),
            writer: Mutex::default(),
            clock: Mutex::default(),
        })
    }

    /// Whether the file can be written to.
    pub(crate) fn can_change(&self) -> bool {
        std::fs::OpenOptions::new().append(true).open(&self.path).is_ok()
    }

    /// A number that changes with the database.
    ///
    /// # Errors
    /// Where reading fails.
    pub(crate) fn version(&self) -> Result<i64, StoreError> {
        let mut clock = locked(&self.clock);
        let store = match clock.take() {
            Some(store) => store,
            None => self.own()?,
        };
        let version = store.data_version();
        *clock = Some(store);
        version
    }

    /// Looks into the database, in a thread that may wait.
    ///
    /// # Errors
    /// Those of `look`, and where the database can't be read.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(_place) = self.room.acquire().await else { return Err(Problem::bug()) };
        let readers = Arc::clone(self);
        let (tell, told) = oneshot::channel();
        let work = blocking(move || {
            let store = readers.take()?;
            store.limit_effort(Some(EFFORT))?;
            // Nobody waits for it where this is dropped.
            let _ = tell.send(store.interrupter());
            let found = look(&store);
            Ok((found, store))
        });
        tokio::pin!(work);
        let done = match timeout(LONGEST, &mut work).await {
            Ok(done) => done,
            Err(_) => {
                // The connection is given back below, so that this ends no other question.
                if let Ok(interrupter) = told.await {
                    interrupter.interrupt();
                }
                work.await
            }
        };
        let (found, store) = done?;
        locked(&self.idle).push(store);
        found
    }

    /// A connection of one's own, for what takes long.
    ///
    /// # Errors
    /// Where the database can't be read.
    pub(crate) fn own(&self) -> Result<Store, StoreError> {
        Store::open_read_only(&self.path)
    }

    fn take(&self) -> Result<Store, StoreError> {
        let idle = locked(&self.idle).pop();
        idle.map_or_else(|| self.own(), Ok)
    }

    /// Changes the database, in a thread that may wait; one change after the other.
    ///
    /// # Errors
    /// Those of `change`, and where the database can't be written to.
    pub(crate) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(_turn) = self.turn.acquire().await else { return Err(Problem::bug()) };
        let readers = Arc::clone(self);
        blocking(move || {
            let mut writer = locked(&readers.writer);
            let mut store = match writer.take() {
                Some(store) => store,
                None => {
                    // A change makes no database.
                    drop(readers.own()?);
                    let store = Store::open(&readers.path)?;
                    store.set_busy_timeout(PATIENCE)?;
                    store
                }
            };
            let changed = change(&mut store);
            *writer = Some(store);
            changed
        })
        .await
    }
}

/// Does something in a thread that may wait. A panic there was reported, and is the server's fault.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Problem::bug()))
}

/// What is behind a lock. What is done there is whole after each step, whoever was interrupted.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
