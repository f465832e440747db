//! The settings, and where results are kept.

use std::fs;
use std::path::Path;

use oddflow_store::{Store, StoreError, may_write};

use super::finding::Findings;
use super::logs::length;
use super::sample::Sample;
use super::{Asked, reconcile};
use crate::config::{Settings, build};
use crate::failure::Failure;
use crate::text::{counted, number};

const GIB: f64 = (1_u64 << 30) as f64;
/// Free bytes below which the disk is nearly full, and below which a state can't be written.
const LITTLE_ROOM: f64 = 2.0 * GIB;
const NO_ROOM: f64 = 0.25 * GIB;

/// Whether settings are right; `None` where there are none that can be read.
pub(super) fn settings(asked: &mut Asked, findings: &mut Findings) -> Option<Settings> {
    const CHECK: &str = "settings";
    let Some(path) = asked.config.clone() else {
        findings.skipped(CHECK, "none were named", "Name them with --config FILE.");
        findings.skipped("sinks", "no settings were named", "");
        return None;
    };
    let wrong = |failure: Failure, findings: &mut Findings| {
        findings.error(CHECK, failure.message(), failure.remedy());
    };
    let mut settings = match Settings::read(&path) {
        Ok(settings) => settings,
        Err(failure) => {
            wrong(failure, findings);
            findings.skipped("sinks", "the settings cannot be read", "");
            return None;
        }
    };
    reconcile(asked, &mut settings);
    match build(&settings, false) {
        Ok(watch) => {
            findings.ok(CHECK, format!("{} is right", path.display()));
            let names: Vec<&str> = watch.sinks.routes.iter().map(|route| route.sink.as_str()).collect();
            let what = match names.as_slice() {
                [] => "none is enabled: incidents stand in the database alone".into(),
                names => format!("{} enabled", names.join(", ")),
            };
            if watch.sinks.warnings.is_empty() {
                findings.ok("sinks", what);
            } else {
                findings.warning("sinks", format!("{what}; {}", watch.sinks.warnings.join("; ")), "");
            }
        }
        Err(failure) => {
            wrong(failure, findings);
            findings.skipped("sinks", "the settings are not right", "");
        }
    }
    Some(settings)
}

/// Whether the database is sound, and its folder and disk will do.
pub(super) fn database(db: Option<&Path>, sample: &Sample, now: f64, findings: &mut Findings) {
    let Some(db) = db else {
        for check in ["database folder", "disk", "database"] {
            findings.skipped(check, "no database was named", "Name it with --db FILE.");
        }
        return;
    };
    let folder = db.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if permissions(folder, db, findings) {
        room(folder, findings);
    } else {
        findings.skipped("disk", "the database folder cannot be used", "");
    }
    sound(db, sample, now, findings);
}

fn permissions(folder: &Path, db: &Path, findings: &mut Findings) -> bool {
    const CHECK: &str = "database folder";
    let name = folder.display();
    if let Err(error) = tempfile::tempfile_in(folder) {
        let remedy = "Make it, and let this user write to it: SQLite needs the folder beside the file.";
        findings.error(CHECK, format!("{name} cannot be written to: {error}"), remedy);
        return folder.is_dir();
    }
    if db.exists() && !may_write(db) {
        findings.error(
            CHECK,
            format!("{} cannot be written to by this user", db.display()),
            "Run as its owner, or give it to this user with chown.",
        );
        return true;
    }
    match others_may(folder, db) {
        Some(what) => {
            let remedy =
                "It names hosts and what they did: chmod o-rwx, or a folder of its own with mode 0750.";
            findings.warning(CHECK, format!("{name} can be written to; {what}"), remedy);
        }
        None => findings.ok(CHECK, format!("{name} can be written to")),
    }
    true
}

/// What strangers on this machine may do with it.
#[cfg(unix)]
fn others_may(folder: &Path, db: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    // A sticky folder, such as /tmp, lets everybody write and nobody take another's file away.
    if mode(folder) & 0o1002 == 0o002 {
        return Some("so can everybody on this machine".into());
    }
    (mode(folder) & 0o001 != 0 && mode(db) & 0o004 != 0)
        .then(|| format!("everybody on this machine can read {}", db.display()))
}

#[cfg(not(unix))]
fn others_may(_: &Path, _: &Path) -> Option<String> {
    None
}

#[cfg(unix)]
fn room(folder: &Path, findings: &mut Findings) {
    const CHECK: &str = "disk";
    const REMEDY: &str = "Free some. A full disk loses nothing: watching waits until there is room.";
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail as f64 * disk.f_frsize as f64;
            let what = format!("{} GiB free", number(free / GIB));
            if free < NO_ROOM {
                findings.error(CHECK, what, REMEDY);
            } else if free < LITTLE_ROOM {
                findings.warning(CHECK, what, REMEDY);
            } else {
                findings.ok(CHECK, what);
            }
        }
        Err(error) => findings.warning(CHECK, format!("its free space is not told: {error}"), ""),
    }
}

#[cfg(not(unix))]
fn room(_: &Path, findings: &mut Findings) {
    findings.skipped("disk", "this system is not asked for its free space", "");
}

fn sound(db: &Path, sample: &Sample, now: f64, findings: &mut Findings) {
    const CHECK: &str = "database";
    let name = db.display();
    let opened = Store::open_read_only(db);
    let checked = opened.and_then(|store| {
        store.check()?;
        Ok((store.logs()?, store.models()?.len() as u64))
    });
    match checked {
        Ok((logs, models)) => {
            let last = logs.iter().filter_map(|log| log.progress.last_ts).reduce(f64::max);
            let rows: u64 = logs.iter().map(|log| log.progress.rows).sum();
            let mut what =
                format!("{name} is sound: {} read by {}", counted(rows, "row"), counted(models, "model"));
            if let (Some(last), Some((_, newest))) = (last, sample.span) {
                what += &format!(", up to {} before the newest row of the logs", length(newest - last));
            } else if let Some(last) = last {
                what += &format!(", up to {} ago", length(now - last));
            }
            findings.ok(CHECK, what);
        }
        Err(StoreError::Missing { .. }) => {
            findings.ok(CHECK, format!("{name} is not there yet: watching makes it"));
        }
        Err(error @ StoreError::Older { .. }) => {
            findings.warning(CHECK, error.to_string(), "Watching brings it up to date. Copy it first.");
        }
        Err(error) => findings.error(CHECK, error.to_string(), error.remedy()),
    }
}
