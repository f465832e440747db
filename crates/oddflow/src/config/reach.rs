//! From settings to what the service needs of the system.

use std::path::Path;

use oddflow_dashboard::Listen;

use super::Settings;
use crate::sandbox::Needs;

/// What the service needs to work with these settings. `config` is their file, where they come from one.
pub(super) fn needs(
    settings: &Settings,
    listen: Option<&Listen>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Needs {
    let Settings { watch, detect, store, service, sinks, .. } = settings;
    let mut needs = Needs::default();
    watch.roots.iter().chain(watch.sensors.values().flatten()).for_each(|root| needs.logs(root));
    service.read_paths.iter().for_each(|path| needs.logs(path));
    // Where there is none yet, it will be written there.
    match () {
        () if detect.model.as_os_str().is_empty() => {}
        () if detect.model.exists() => needs.reads_file(&detect.model),
        () => needs.writes_file(&detect.model),
    }
    needs.writes_file(&store.path);
    if let Some(listen) = listen {
        needs.listens(listen.address().port());
    }
    // A certificate is read again when it was renewed.
    for file in [&service.tls_cert, &service.tls_key].into_iter().filter(|file| !file.as_os_str().is_empty())
    {
        needs.reads_file(file);
    }
    needs.sinks(&sinks.reach(environment));
    if let Some(socket) = environment("NOTIFY_SOCKET") {
        needs.is_notified_at(&socket);
    }
    needs
}

impl Needs {
    /// Needs to read the settings again.
    pub(crate) fn settings(&mut self, file: Option<&Path>) {
        if let Some(file) = file {
            self.reads_file(file);
        }
    }
}
