//! What is new in the database: one thread looks for all who listen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use oddflow_store::{ChangeTopic, Changes, Store, StoreError};
use tokio::sync::watch;

use crate::api::events::{Changed, Topic};
use crate::readers::{Readers, locked};
use crate::time;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// A database that was written to so lately is one that somebody watches with.
const LATELY: Duration = Duration::from_secs(900);

/// What was new last, with a number that rises: who listens asks for what it missed.
#[derive(Clone, Debug, Default)]
pub(crate) struct News {
    /// How often something was new.
    pub(crate) number: u64,
    /// The state of all topics.
    counts: Changes,
    newest: Option<f64>,
}

/// Looks for what is new until it is dropped.
pub(crate) struct Watcher {
    news: watch::Receiver<News>,
    traffic: Arc<Mutex<Option<Instant>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl News {
    /// What has changed since earlier news.
    pub(crate) fn since(&self, earlier: &Self) -> Changed {
        let changed = |topic: &ChangeTopic| self.counts.get(topic) != earlier.counts.get(topic);
        let topics = ChangeTopic::ALL.into_iter().filter(changed).map(Topic::from).collect();
        Changed { topics, newest: self.newest }
    }
}

impl Watcher {
    /// Begins to look, with a connection of its own.
    ///
    /// # Errors
    /// Where there is no thread.
    pub(crate) fn start(readers: Arc<Readers>) -> Result<Self, std::io::Error> {
        let (sender, news) = watch::channel(News::default());
        let (stop, traffic) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let (stopped, seen) = (Arc::clone(&stop), Arc::clone(&traffic));
        let work = move || {
            let (mut store, mut version): (Option<Store>, Option<i64>) = (None, None);
            while !stopped.load(Ordering::Relaxed) {
                if store.is_none() {
                    // What isn't there yet may come.
                    store = readers.own().ok();
                }
                let now = store.as_ref().and_then(|store| store.data_version().ok());
                let is_first = version.is_none();
                let number = sender.borrow().number + 1;
                let next = match &store {
                    // What can't be read now is read at another look.
                    Some(store) if now.is_some() && now != version => look(store, number).ok(),
                    _ => None,
                };
                let Some(next) = next else {
                    std::thread::park_timeout(PAUSE);
                    continue;
                };
                version = now;
                if is_first {
                    // What is there when one begins to look is nothing new.
                    sender.send_modify(|news| *news = News { number: news.number, ..next });
                    continue;
                }
                let changed = next.since(&sender.borrow());
                if changed.topics.contains(&Topic::Traffic) {
                    *locked(&seen) = Some(time::instant());
                }
                if !changed.topics.is_empty() {
                    // Where nobody listens, nobody is told.
                    let _ = sender.send(next);
                }
            }
        };
        let thread = std::thread::Builder::new().name("news".into()).spawn(work)?;
        Ok(Self { news, traffic, stop, thread: Some(thread) })
    }

    /// What is new from now on.
    pub(crate) fn listen(&self) -> watch::Receiver<News> {
        self.news.clone()
    }

    /// Whether rows were read lately, by whomever.
    pub(crate) fn is_watched(&self) -> bool {
        locked(&self.traffic).is_some_and(|time| time::instant().duration_since(time) < LATELY)
    }

    /// Looks at once: we have changed something ourselves.
    pub(crate) fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake();
        // Its panic, if any, was reported.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn look(store: &Store, number: u64) -> Result<News, StoreError> {
    Ok(News { number, counts: store.changes()?, newest: store.newest_row()? })
}
