//! The dashboard as a whole: what it needs, and the routes that it comes to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use oddflow_store::{NewAudit, Store, StoreError};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::access::Access;
use crate::api::{self, answer::Shared};
use crate::knowledge::Knowledge;
use crate::listen::Listen;
use crate::news::Watcher;
use crate::readers::Readers;
use crate::site::Site;
use crate::work::Jobs;
use crate::{secret, time};

/// Exports at a time; each reads all that it sends.
const EXPORTS: usize = 2;
/// The name of a token where none is given.
const TOKEN: &str = "owner";

/// What a dashboard needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardSettings {
    /// The database.
    pub db: PathBuf,
    /// Connections to it that answer requests at a time.
    pub readers: usize,
    /// Whether a token is demanded.
    pub needs_token: bool,
}

/// Why there is no dashboard.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no randomness, or no thread.
    #[error("{0}")]
    System(String),
}

/// A dashboard that can be told over HTTP.
pub struct Dashboard {
    settings: DashboardSettings,
    knowledge: Arc<dyn Knowledge>,
}

impl Dashboard {
    /// Of a database that is there, or will be.
    #[must_use]
    pub fn new(settings: DashboardSettings, knowledge: Arc<dyn Knowledge>) -> Self {
        Self { settings, knowledge }
    }

    /// Whether a token is demanded.
    pub(crate) fn needs_token(&self) -> bool {
        self.settings.needs_token
    }

    /// The routes, and what ends what they began.
    pub(crate) fn router(self, listen: &Listen, port: u16) -> Result<(Router, Jobs), DashboardError> {
        let Self { settings, knowledge } = self;
        let readers = Readers::new(&settings.db, settings.readers);
        let news = Watcher::start(Arc::clone(&readers))
            .map_err(|error| DashboardError::System(format!("no thread for news: {error}")))?;
        let access = Access::new(settings.needs_token, listen.has_tls(), port);
        let jobs = Jobs::default();
        let shared = Shared {
            access: access.map_err(DashboardError::System)?,
            nonce: secret::new().map_err(DashboardError::System)?,
            exports: Arc::new(Semaphore::new(EXPORTS)),
            jobs: jobs.clone(),
            readers,
            knowledge,
            news,
        };
        let api = api::Api::new(shared);
        let page =
            async |State(site): State<Arc<Site>>, uri: Uri, asked: HeaderMap| site.answer(&uri, &asked);
        let page = Router::new().fallback(page).with_state(Arc::new(Site::new()));
        Ok((api::router(&api).merge(page), jobs))
    }
}

/// Makes a token under a name, in place of the one that it had, and returns it: it can't be told again.
///
/// # Errors
/// Where the database can't be written to.
pub fn new_token(db: &Path, name: Option<&str>) -> Result<String, DashboardError> {
    let token = secret::new().map_err(DashboardError::System)?;
    let name = name.unwrap_or(TOKEN);
    let mut store = Store::open(db)?;
    let had = store.set_token(name, &secret::hash(&token), time::now())?;
    let detail = if had { "in place of the one that it had" } else { "" };
    let mut batch = store.begin()?;
    let entry =
        NewAudit { time: time::now(), by: "command line", action: "token.new", subject: name, detail };
    batch.audit(&entry, &[])?;
    batch.commit()?;
    Ok(token)
}

/// Whether there is a token.
///
/// # Errors
/// Where the database can't be read.
pub fn has_token(db: &Path) -> Result<bool, DashboardError> {
    Ok(!Store::open_read_only(db)?.tokens()?.is_empty())
}
