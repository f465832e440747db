//! `oddflow watch`: follow Zeek's logs, as a service or until there is nothing left to read.

use tracing::Level;

use crate::arguments::{LogFormatChoice, ModeChoice, WatchArguments};
use crate::config::{LogFormat, Mode, Settings, build};
use crate::failure::Failure;
use crate::output::{Listener, speak_to};
use crate::sandbox;
use crate::watching;

pub(crate) fn run(arguments: &WatchArguments) -> Result<(), Failure> {
    let read = settings(arguments);
    // What is wrong with a file of settings is said as was typed.
    speak(read.as_ref().unwrap_or(&typed(arguments, Settings::default())));
    read?;
    watching::watch(&|| {
        let mut watch = build(&settings(arguments)?, arguments.once)?;
        watch.needs.settings(arguments.config.as_deref());
        sandbox::admits(watch.sandbox, &watch.needs)?;
        Ok(watch)
    })
}

/// What was typed goes before what stands in a file.
fn settings(arguments: &WatchArguments) -> Result<Settings, Failure> {
    let read = match &arguments.config {
        Some(path) => Settings::read(path)?,
        None => Settings::default(),
    };
    Ok(typed(arguments, read))
}

fn typed(arguments: &WatchArguments, mut settings: Settings) -> Settings {
    if !arguments.roots.is_empty() {
        settings.watch.roots.clone_from(&arguments.roots);
    }
    if let Some(model) = &arguments.model {
        settings.detect.model.clone_from(model);
    }
    if let Some(db) = &arguments.db {
        settings.store.path.clone_from(db);
    }
    if let Some(mode) = arguments.mode {
        settings.watch.mode = match mode {
            ModeChoice::Rotated => Mode::Rotated,
            ModeChoice::Live => Mode::Live,
        };
    }
    if let Some(budget) = arguments.budget {
        settings.detect.budget = budget;
    }
    settings.detect.exclude.extend(arguments.exclude.iter().cloned());
    settings.watch.companions &= !arguments.conn_only;
    if let Some(format) = arguments.log_format {
        settings.log.format = match format {
            LogFormatChoice::Text => LogFormat::Text,
            LogFormatChoice::Json => LogFormat::Json,
        };
    }
    if let Some(listen) = &arguments.listen {
        settings.service.listen.clone_from(listen);
    }
    if let Some(limit) = arguments.memory_limit {
        settings.watch.memory_limit = limit;
    }
    settings.log.verbose |= arguments.verbose;
    settings
}

/// The service's own log goes to standard error, where systemd and containers look for it; and so do remarks that other commands
/// make to a person.
fn speak(settings: &Settings) {
    speak_to(match settings.log.format {
        LogFormat::Json => Listener::JsonLog,
        LogFormat::Text => Listener::Log,
    });
    let level = if settings.log.verbose { Level::DEBUG } else { Level::INFO };
    let log = tracing_subscriber::fmt().with_max_level(level).with_target(false).with_writer(std::io::stderr);
    // A second one, in a test, is refused; the first goes on.
    let _ = match settings.log.format {
        LogFormat::Json => tracing::subscriber::set_global_default(log.json().flatten_event(true).finish()),
        LogFormat::Text => {
            let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
            tracing::subscriber::set_global_default(log.with_ansi(is_terminal).finish())
        }
    };
}
