//! `oddflow serve`: the dashboard of a database, beside whoever writes to it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oddflow_dashboard::{
    Dashboard, DashboardError, DashboardSettings, Listen, ListenError, Server, Source, Tls, has_token,
    new_token,
};
use oddflow_store::{Store, StoreError};

use crate::arguments::ServeArguments;
use crate::config::Settings;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{Output, note};
use crate::serving::Serving;

/// Connections to the database that answer requests at a time.
const READERS: usize = 4;
/// How often a request to stop is looked for.
const GLANCE: Duration = Duration::from_millis(50);

pub(crate) fn run(arguments: &ServeArguments) -> Result<(), Failure> {
    let settings = arguments.config.as_deref().map(Settings::read).transpose()?;
    let db = database(arguments, settings.as_ref())?;
    ready(&db)?;
    if let Some(name) = &arguments.new_token {
        let token = new_token(&db, name.as_deref()).map_err(unusable)?;
        let mut output = Output::stdout();
        output.line(token)?;
        output.finish()?;
        note("it can't be shown again: only a hash of it is kept");
        return Ok(());
    }
    let mut names = arguments.name.clone();
    names.extend(settings.iter().flat_map(|settings| settings.service.names.iter().cloned()));
    let mut listen = Listen::new(&arguments.listen, true, names).map_err(refused)?;
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        listen = listen.over(Tls::read(certificate, key).map_err(refused)?);
    }
    let needs_token = arguments.require_token || listen.is_remote();
    interrupt::listen_as_service();
    let serving = Serving::new(settings, arguments.logs.clone(), None);
    let needs = DashboardSettings { db: db.clone(), readers: READERS, needs_token };
    let dashboard = Dashboard::new(needs, Arc::new(serving));
    let server = Server::start(
        listen.clone(),
        Arc::new(Own { db: db.clone(), said: Mutex::default() }),
        Some(dashboard),
    )
    .map_err(refused)?;
    if needs_token && !has_token(&db).map_err(unusable)? {
        // What isn't shown to a person is kept: in a journal, or a file that others read.
        if std::io::stderr().is_terminal() {
            let token = new_token(&db, None).map_err(unusable)?;
            note(format_args!("token: {token}"));
            note("it is shown this once: only a hash of it is kept; --new-token makes another one");
        } else {
            note(
                "warning: a token is needed, and there is none: make one with oddflow serve --new-token --db FILE",
            );
        }
    }
    if listen.is_remote() && !listen.has_tls() {
        note("warning: without TLS whoever is on the way can read all of it, and the token: see --tls-cert");
    }
    let scheme = if listen.has_tls() { "https" } else { "http" };
    note(format_args!("the dashboard is at {scheme}://{}/", server.address()));
    while !interrupt::requested() {
        std::thread::sleep(GLANCE);
    }
    drop(server);
    Ok(())
}

fn database(arguments: &ServeArguments, settings: Option<&Settings>) -> Result<PathBuf, Failure> {
    let of_settings =
        settings.map(|settings| &settings.store.path).filter(|path| !path.as_os_str().is_empty());
    arguments
        .db
        .as_ref()
        .or(of_settings)
        .cloned()
        .ok_or_else(|| Failure::usage("there is no database", "Name it with --db, or set store.path."))
}

/// Sees that the database is there, and brings an older one up to date.
fn ready(db: &Path) -> Result<(), Failure> {
    match Store::open_read_only(db) {
        Err(StoreError::Older { .. }) => drop(Store::open(db)?),
        opened => drop(opened?),
    }
    Ok(())
}

fn refused(error: ListenError) -> Failure {
    match error {
        ListenError::Dashboard(error) => unusable(error),
        other => Failure::usage(other.to_string(), other.remedy()),
    }
}

fn unusable(error: DashboardError) -> Failure {
    match error {
        DashboardError::Store(error) => error.into(),
        other => Failure::passing(other.to_string()),
    }
}

/// What the process says of itself.
struct Own {
    db: PathBuf,
    /// What was said last to be the matter.
    said: Mutex<Option<String>>,
}

impl Source for Own {
    fn metrics(&self) -> String {
        format!(
            "# HELP oddflow_build_info Which version it is.\n# TYPE oddflow_build_info gauge\noddflow_build_info{{version=\"{}\"}} 1\n",
            env!("CARGO_PKG_VERSION")
        )
    }

    fn unhealthy(&self) -> Vec<String> {
        Vec::new()
    }

    fn unready(&self) -> Vec<String> {
        let trouble = Store::open_read_only(&self.db).err().map(|error| error.to_string());
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        // Not everybody who asks is told.
        if let Some(trouble) = trouble.as_ref().filter(|trouble| said.as_ref() != Some(*trouble)) {
            note(format_args!("warning: {trouble}"));
        }
        said.clone_from(&trouble);
        trouble.into_iter().collect()
    }
}
