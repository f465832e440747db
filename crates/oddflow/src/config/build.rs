//! From settings to what runs: everything that can be wrong is said before anything begins.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use oddflow_dashboard::{Listen, Tls};
use oddflow_features::behaviour::{LocalNetworks, Network, NetworkError};
use oddflow_sinks::SettingError;
use zeek_follow::{Mode as FollowMode, Root, Settings as FollowSettings};
use zeek_log::ReadOptions;

use super::reach::needs;
use super::settings::{LearnSettings, RetentionSettings, RetrainSettings, ServiceSettings, WatchSettings};
use super::{Mode, Settings};
use crate::companions::Role;
use crate::detection::behaviour::Limits;
use crate::failure::Failure;
use crate::filter::filters;
use crate::output::note;
use crate::watching::{Learn, Retention, Watch, WatchedDashboard};

/// The ceiling of memory where none is set. All that is remembered has room below it, and a baseline of 1 GiB.
const USUAL_MEMORY: u64 = 2 << 30;
/// What the dashboard takes: the caches of five connections to the database, two models without their states, and answers.
const DASHBOARD: u64 = 64 << 20;

/// What is to be watched, of settings.
pub(crate) fn build(settings: &Settings, once: bool) -> Result<Watch, Failure> {
    let Settings { watch, detect, learn, retrain, store, retention, service, sinks, .. } = settings;
    let needed = |what: &str, setting: &str, path: &Path| match path.as_os_str().is_empty() {
        true => Err(Failure::usage(
            format!("there is no {what}"),
            format!("Set {setting}, or name it on the command line."),
        )),
        false => Ok(path.to_owned()),
    };
    if watch.roots.is_empty() && watch.sensors.values().all(Vec::is_empty) {
        return Err(Failure::usage(
            "there is no folder to watch",
            "Set watch.roots, or name Zeek's log folder on the command line.",
        ));
    }
    let sensor: Arc<str> = watch.sensor.as_str().into();
    let named = watch.sensors.iter().map(|(sensor, roots)| (Arc::from(sensor.as_str()), roots));
    let roots = std::iter::once((sensor, &watch.roots)).chain(named).flat_map(|(sensor, roots)| {
        roots.iter().map(move |path| Root { path: path.clone(), sensor: Arc::clone(&sensor) })
    });
    let poll = match watch.poll_s {
        0.0 if watch.mode == Mode::Live => 1.0,
        0.0 => 5.0,
        seconds => seconds,
    };
    let read = ReadOptions {
        longest_line: watch.max_line,
        largest_file: watch.max_file,
        hold_unfinished_line: true,
        ..ReadOptions::default()
    };
    let beside: Vec<Arc<str>> =
        if watch.companions { Role::all().map(|role| role.path().into()).collect() } else { Vec::new() };
    let follow = FollowSettings {
        mode: match watch.mode {
            Mode::Rotated => FollowMode::Rotated,
            Mode::Live => FollowMode::Live,
        },
        beside,
        settle: seconds(watch.settle_s, "watch.settle_s")?,
        behind: seconds(watch.settle_s, "watch.settle_s")?.min(FollowSettings::default().behind),
        patience: seconds(watch.patience_s, "watch.patience_s")?,
        read,
        ..FollowSettings::default()
    };
    if !(detect.budget.is_finite() && detect.budget >= 0.0) {
        return Err(Failure::usage(
            format!("detect.budget: {} is no number of incidents a day", detect.budget),
            "Give a number such as 20, or 0 for the model's own.",
        ));
    }
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let setting =
        |error: SettingError| Failure::usage(format!("{}: {}", error.setting, error.problem), error.remedy);
    let built = sinks.build(&environment).map_err(setting)?;
    built.warnings.iter().for_each(|warning| note(format_args!("warning: {warning}")));
    let listen = (!service.listen.is_empty())
        .then(|| Listen::new(&service.listen, service.allow_remote, service.names.clone()))
        .transpose()
        .map_err(|error| Failure::usage(format!("service.listen: {error}"), error.remedy()))?;
    let listen = listen.map(|listen| secured(listen, service)).transpose()?;
    let dashboard = listen.as_ref().filter(|_| service.dashboard).map(|listen| WatchedDashboard {
        settings: Arc::new(settings.clone()),
        needs_token: listen.is_remote() || service.require_token,
    });
    let threads = if watch.threads == 0 { cores() } else { watch.threads };
    let (memory_limit, limits) = memory((watch, retrain, service), threads)?;
    let reach = needs(settings, listen.as_ref(), &environment);
    Ok(Watch {
        roots: roots.collect(),
        follow,
        model: (!detect.model.as_os_str().is_empty()).then(|| detect.model.clone()),
        db: needed("database", "store.path", &store.path)?,
        budget: (detect.budget > 0.0).then_some(detect.budget),
        exclude: filters(&detect.exclude)?,
        threads,
        pause: seconds(poll, "watch.poll_s")?,
        once,
        sinks: built,
        policy: sinks.policy().map_err(setting)?,
        listen,
        dashboard,
        learn: Learn {
            days: learn.days,
            rows: learn.rows,
            local: LocalNetworks(local_nets(learn)?),
            budget: (detect.budget > 0.0).then_some(detect.budget),
            conn_only: !watch.companions,
            memory: memory_limit / 2,
        },
        simulate: detect.simulate,
        retrain: retrained(*retrain)?,
        retention: retained(retention)?,
        memory_limit,
        limits,
        sandbox: service.sandbox,
        needs: reach,
    })
}

fn local_nets(learn: &LearnSettings) -> Result<Vec<Network>, Failure> {
    if !(learn.days.is_finite() && learn.days > 0.0) {
        return Err(Failure::usage(
            format!("learn.days: {} is no number of days", learn.days),
            "Give a number such as 7.",
        ));
    }
    let network = |text: &String| {
        let bad = |error: NetworkError| {
            Failure::usage(format!("learn.local_nets: {error}"), "Give networks such as 10.0.0.0/8.")
        };
        text.parse().map_err(bad)
    };
    learn.local_nets.iter().map(network).collect()
}

/// With TLS, where there is a certificate.
fn secured(listen: Listen, service: &ServiceSettings) -> Result<Listen, Failure> {
    match (service.tls_cert.as_os_str().is_empty(), service.tls_key.as_os_str().is_empty()) {
        (true, true) => Ok(listen),
        (false, false) => {
            let tls = Tls::read(&service.tls_cert, &service.tls_key)
                .map_err(|error| Failure::usage(format!("service.tls_cert: {error}"), error.remedy()))?;
            Ok(listen.over(tls))
        }
        _ => Err(Failure::usage(
            "a certificate needs its key, and a key its certificate",
            "Set both service.tls_cert and service.tls_key, or neither.",
        )),
    }
}

/// The same settings, if they are right.
fn retrained(settings: RetrainSettings) -> Result<RetrainSettings, Failure> {
    let RetrainSettings { every_days, days, shadow_days, .. } = settings;
    let named =
        [("every_days", every_days, true), ("days", days, false), ("shadow_days", shadow_days, false)];
    for (name, days, may_be_0) in named {
        if !(days.is_finite() && (days > 0.0 || may_be_0 && days == 0.0)) {
            let zero = if may_be_0 { ", or 0 for never" } else { "" };
            return Err(Failure::usage(
                format!("retrain.{name}: {days} is no number of days"),
                format!("Give a number such as 7{zero}."),
            ));
        }
    }
    Ok(settings)
}

fn retained(settings: &RetentionSettings) -> Result<Retention, Failure> {
    for (name, days) in [("days", settings.days), ("log_days", settings.log_days)] {
        if !(days.is_finite() && days >= 0.0) {
            return Err(Failure::usage(
                format!("retention.{name}: {days} is no number of days"),
                "Give a number such as 90, or 0 for ever.",
            ));
        }
    }
    let RetentionSettings { days, max_bytes, log_days } = *settings;
    if max_bytes > 0 && max_bytes < 1 << 20 {
        return Err(Failure::usage(
            format!("retention.max_bytes: {max_bytes} bytes are too few for a database"),
            "Give a number such as 4000000000, or 0 for no limit.",
        ));
    }
    Ok(Retention { days, max_bytes, log_days })
}

/// The ceiling of memory, and what it leaves room for.
fn memory(
    (watch, retrain, service): (&WatchSettings, &RetrainSettings, &ServiceSettings),
    threads: usize,
) -> Result<(u64, Limits), Failure> {
    if watch.memory_limit == 0 {
        return Ok((USUAL_MEMORY, Limits::USUAL));
    }
    let named = watch.sensors.values().filter(|roots| !roots.is_empty()).count();
    let sensors = named + usize::from(!watch.roots.is_empty() && !watch.sensors.contains_key(&watch.sensor));
    // A model that is learned anew watches beside the active one.
    let states = if retrain.every_days > 0.0 || retrain.on_drift { 2 * sensors } else { sensors };
    let page = if service.dashboard && !service.listen.is_empty() { DASHBOARD } else { 0 };
    let rest = watch.memory_limit.saturating_sub(page);
    let limits = Limits::of(rest, threads, states, watch.companions).map_err(|least| {
        let least = least + page;
        Failure::usage(
            format!("watch.memory_limit: {} bytes are too few", watch.memory_limit),
            format!("Give {least} or more, fewer threads, or 0 for the usual {USUAL_MEMORY}."),
        )
    })?;
    Ok((watch.memory_limit, limits))
}

/// A length of time of a setting.
fn seconds(value: f64, setting: &str) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(value).map_err(|_| {
        Failure::usage(format!("{setting}: {value} is no number of seconds"), "Give a number such as 5.")
    })
}

/// The environment, which only secrets are read of.
#[expect(clippy::disallowed_methods, reason = "settings name the variables that secrets stand in")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
