//! The database as requests use it: a few connections that read, in threads that may wait, and one that writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oddflow_store::{Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::api::problem::Problem;
use crate::leash::{Leash, leash};

/// Steps of SQLite's that a request may take: some seconds.
const EFFORT: u64 = 100_000_000;
/// The same of what may take long, and of each page of an export.
pub(crate) const PATIENT_EFFORT: u64 = 20 * EFFORT;
/// How long a question may take, whatever it waits for, and how long it waits for its turn.
const LONGEST: Duration = Duration::from_secs(10);
/// The same of what may take long.
const PATIENT_LONGEST: Duration = Duration::from_secs(120);
/// How long a change waits for another writer: a commit of many rows to a slow disk.
const PATIENCE: Duration = Duration::from_secs(15);

/// The database as requests use it.
pub(crate) struct Readers {
    path: PathBuf,
    /// Places go with the work, not with who waits for it: one is free when its thread is.
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Store>>,
    /// What takes long waits here for its turn.
    patience: Arc<Semaphore>,
    /// Changes wait here for their turn, so that they hold no thread meanwhile.
    turn: Arc<Semaphore>,
    writer: Mutex<Option<Store>>,
    /// All requests ask this one whether anything has changed, as the numbers of two connections can't be compared.
    clock: Mutex<Option<Store>>,
}

impl Readers {
    /// So many connections at most. They are made when they are needed: a service may make the database later.
    pub(crate) fn new(path: &Path, most: usize) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            room: Arc::new(Semaphore::new(most.max(1))),
            idle: Mutex::default(),
            patience: Arc::new(Semaphore::new(1)),
            turn: Arc::new(Semaphore::new(1)),
            writer: Mutex::default(),
            clock: Mutex::default(),
        })
    }

    /// Whether the file can be written to.
    pub(crate) fn can_change(&self) -> bool {
        oddflow_store::may_write(&self.path)
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
        let place = place(&self.room, LONGEST).await?;
        let readers = Arc::clone(self);
        let work = move |leash: &Leash| {
            let _place = place;
            let store = readers.take()?;
            store.limit_effort(Some(EFFORT))?;
            let found = leash.held(&store, || look(&store))?;
            // One that was told to end ends whatever is asked of it.
            if !store.is_interrupted() {
                locked(&readers.idle).push(store);
            }
            found
        };
        led(LONGEST, work).await
    }

    /// The same for what may take long: on a connection of its own, one after the other.
    ///
    /// # Errors
    /// Those of `look`, and where the database can't be read.
    pub(crate) async fn patiently<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = place(&self.patience, PATIENT_LONGEST).await?;
        let readers = Arc::clone(self);
        let work = move |leash: &Leash| {
            let _turn = turn;
            let store = readers.own()?;
            store.limit_effort(Some(PATIENT_EFFORT))?;
            leash.held(&store, || look(&store))?
        };
        led(PATIENT_LONGEST, work).await
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
        let turn = place(&self.turn, PATIENT_LONGEST).await?;
        let readers = Arc::clone(self);
        let (guard, leash) = leash();
        let changed = blocking(move || {
            let _turn = turn;
            // What has begun is ended, but nobody waits for this any more.
            if leash.is_loose() {
                return Err(Problem::busy());
            }
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
        .await;
        drop(guard);
        changed
    }
}

/// A place, which goes with the work.
async fn place(places: &Arc<Semaphore>, longest: Duration) -> Result<OwnedSemaphorePermit, Problem> {
    match timeout(longest, Arc::clone(places).acquire_owned()).await {
        Ok(place) => place.map_err(|_| Problem::bug()),
        Err(_) => Err(Problem::busy()),
    }
}

/// Does something in a thread that may wait, and ends it after so long, or as soon as nobody waits for it any more.
async fn led<T: Send + 'static>(
    longest: Duration,
    work: impl FnOnce(&Leash) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let (guard, leash) = leash();
    let work = blocking(move || work(&leash));
    tokio::pin!(work);
    if let Ok(done) = timeout(longest, &mut work).await {
        return done;
    }
    drop(guard);
    work.await
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn readers(most: usize) -> (tempfile::TempDir, Arc<Readers>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        drop(Store::open(&path).expect("opens"));
        (folder, Readers::new(&path, most))
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    /// Begins something that waits until it is told to go on, and stops waiting for it once it has begun.
    async fn abandoned(
        begin: impl FnOnce(
            Box<dyn FnOnce() -> Result<(), Problem> + Send>,
        ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Problem>>>>,
    ) -> std::sync::mpsc::Sender<()> {
        let (go, wait) = channel::<()>();
        let (began, begun) = tokio::sync::oneshot::channel();
        let work = begin(Box::new(move || {
            let _ = began.send(());
            let _ = wait.recv();
            Ok(())
        }));
        tokio::select! {
            _ = work => panic!("it waits"),
            _ = begun => {}
        }
        go
    }

    #[test]
    fn a_place_is_free_when_its_thread_is() {
        let (_folder, readers) = readers(1);
        runtime().block_on(async {
            let reading = Arc::clone(&readers);
            let go = abandoned(|wait| Box::pin(async move { reading.read(move |_| wait()).await })).await;
            assert_eq!(readers.room.available_permits(), 0, "its thread is still at work");
            go.send(()).expect("it waits");
            drop(readers.room.acquire().await);
            assert!(locked(&readers.idle).is_empty(), "what was ended is given up");

            let reading = Arc::clone(&readers);
            let go =
                abandoned(|wait| Box::pin(async move { reading.patiently(move |_| wait()).await })).await;
            assert_eq!(readers.patience.available_permits(), 0);
            drop(go);

            let changing = Arc::clone(&readers);
            let go = abandoned(|wait| Box::pin(async move { changing.write(move |_| wait()).await })).await;
            assert_eq!(readers.turn.available_permits(), 0);
            drop(go);
            readers.write(|_| Ok(())).await.expect("the next one has its turn");
        });
    }

    #[test]
    fn what_nobody_waits_for_is_ended() {
        let (_folder, readers) = readers(2);
        let (tell, told) = channel();
        runtime().block_on(async {
            let reading = Arc::clone(&readers);
            let go = abandoned(|wait| {
                Box::pin(async move {
                    let look = move |store: &Store| {
                        wait()?;
                        // Many small questions, of which none takes long.
                        let ended = (0..1_000_000).find_map(|_| store.models().err());
                        let _ = tell.send(ended.map(|error| error.to_string()));
                        Ok(())
                    };
                    reading.read(look).await
                })
            })
            .await;
            drop(go);
            let ended = told.recv().expect("it ends");
            assert!(ended.is_some(), "it was told to end");
            readers.read(|store| Ok(store.models()?)).await.expect("another connection is as it was");
        });
    }
}
