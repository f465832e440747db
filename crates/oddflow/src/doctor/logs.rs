//! What is judged of a log folder.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::UNIX_EPOCH;

use oddflow_features::behaviour::Field;
use oddflow_features::companion::Kind;

use super::finding::{Findings, Level};
use super::places::{Found, Inventory};
use super::sample::{Sample, column};
use crate::companions::Role;
use crate::text::{counted, number, time};

const HOUR: f64 = 3600.0;
/// Age of the newest log from which on Zeek may have stopped: it rotates each hour, and writes a live log each minute.
const OLD_LOG: f64 = 2.0 * HOUR;
/// How far the newest row may lie behind: an hour that was rotated, and one that is written.
const OLD_ROW: f64 = 3.0 * HOUR;
/// How far a row may lie ahead: clocks that nobody sets drift by less.
const AHEAD: f64 = 60.0;
/// Shares from which on something is told; those of a baseline's audit.
const LEAST_FOREIGN: f64 = 0.1;
const LEAST_GAPS: f64 = 0.01;
const LEAST_MISSED: f64 = 0.05;
const LEAST_UNREADABLE: f64 = 0.001;
/// Percent that `capture_loss.log` may say; Zeek's own note comes at 10.
const LEAST_LOSS: f64 = 1.0;

const CHECKS: [&str; 8] =
    ["newest log", "header", "rotation", "rows", "local networks", "capture loss", "reporter", "clock"];

/// Says that there is nothing to judge.
pub(super) fn skip(why: &str, findings: &mut Findings) {
    for check in CHECKS {
        findings.skipped(check, why, "");
    }
}

/// Judges a folder, and gives what was read of it.
pub(super) fn examine(root: &Path, found: &Inventory, now: f64, findings: &mut Findings) -> Sample {
    let Some(conn) = found.kinds.get("conn").filter(|conn| !conn.is_empty()) else {
        let what = format!("{} has no conn log", root.display());
        findings.error(
            "log folder",
            what,
            "Name Zeek's log folder, and check that Zeek runs: zeekctl status.",
        );
        skip("there is no conn log", findings);
        return Sample::default();
    };
    folder(root, found, conn, findings);
    newest(&conn[0], now, findings);
    let sample = Sample::of(conn);
    header(&sample, findings);
    rotation(conn, findings);
    rows(&sample, findings);
    local(&sample, findings);
    loss(&sample, found, findings);
    reporter(found, findings);
    clock(&sample, now, findings);
    sample
}

fn folder(root: &Path, found: &Inventory, conn: &[Found], findings: &mut Findings) {
    let (used, others): (Vec<&str>, Vec<&str>) = found
        .kinds
        .keys()
        .map(String::as_str)
        .filter(|kind| *kind != "conn")
        .partition(|kind| Role::of_path(kind).is_some());
    let list = |kinds: &[&str]| if kinds.is_empty() { "none".into() } else { kinds.join(", ") };
    let mut what = format!(
        "{}: {} of {}; beside them {}; other kinds {}",
        root.display(),
        counted(conn.len() as u64, "conn log"),
        loggers(conn),
        list(&used),
        others.len()
    );
    if found.is_cut {
        what += "; there are more files than were looked at";
    }
    if let Some(first) = found.unreadable.first() {
        what += &format!("; {} cannot be read: {first}", counted(found.unreadable.len() as u64, "folder"));
        findings.warning("log folder", what, "Let this user read all of it, with its group for example.");
    } else if !used.iter().any(|kind| Kind::of_path(kind).is_some()) {
        findings.warning(
            "log folder",
            what,
            "Have Zeek write dns, http and ssl logs too: more is found with them.",
        );
    } else {
        findings.ok("log folder", what);
    }
}

/// Who wrote them, by their names.
fn loggers(conn: &[Found]) -> String {
    let names: BTreeSet<&str> = conn.iter().map(|log| log.logger.as_str()).collect();
    let named: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    match (named.as_slice(), names.len() - named.len()) {
        ([], _) => "one logger".into(),
        (named, 0) => format!("{} ({})", counted(named.len() as u64, "logger"), named.join(", ")),
        (named, _) => format!("loggers {} and one without a name", named.join(", ")),
    }
}

fn newest(newest: &Found, now: f64, findings: &mut Findings) {
    let modified = newest.modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let what = format!("{}, written {} ago", newest.path.display(), length(now - modified));
    if now - modified > OLD_LOG {
        findings.warning("newest log", what, "Check that Zeek runs and has traffic: zeekctl status.");
    } else {
        findings.ok("newest log", what);
    }
}

fn header(sample: &Sample, findings: &mut Findings) {
    if let Some(error) = sample.refused.first() {
        let more = sample.refused.len() as u64 - 1;
        let more = if more > 0 { format!(", and {} more", counted(more, "log")) } else { String::new() };
        let level = if sample.logs == 0 { Level::Error } else { Level::Warning };
        findings.add("header", level, format!("{error}{more}"), error.remedy());
        return;
    }
    let format = match sample.json_rows {
        0 => "with columns by its header",
        rows if rows == sample.rows => "JSON",
        _ => "of both formats",
    };
    let absent: Vec<&str> = sample.absent.iter().map(Field::name).collect();
    if absent.is_empty() {
        findings.ok("header", format!("{} read, {format}", counted(sample.logs, "conn log")));
    } else {
        let what =
            format!("{} read, {format}, without {}", counted(sample.logs, "conn log"), absent.join(", "));
        findings.warning(
            "header",
            what,
            "Have Zeek write these columns: what is made of them is off without.",
        );
    }
}

fn rotation(conn: &[Found], findings: &mut Findings) {
    let rotated = conn.iter().filter(|log| log.is_rotated).count() as u64;
    let live = conn.len() as u64 - rotated;
    let what = format!("{} rotated, {live} live", counted(rotated, "log"));
    match (rotated, live) {
        (0, _) => findings.warning(
            "rotation",
            format!("{what}: no rotated one is seen"),
            "Set watch.mode = \"live\", or have Zeek rotate: Log::default_rotation_interval, or zeekctl.",
        ),
        (_, 0) => findings.ok("rotation", format!("{what}: watch in rotated mode")),
        _ => findings.ok("rotation", what),
    }
}

fn rows(sample: &Sample, findings: &mut Findings) {
    if sample.rows == 0 {
        findings.warning("rows", "the latest conn logs have no rows", "Check that Zeek sees traffic.");
        return;
    }
    let share = sample.unreadable as f64 / (sample.rows + sample.unreadable) as f64;
    let what =
        format!("{} of the latest logs read, {} unreadable", counted(sample.rows, "row"), sample.unreadable);
    if share > LEAST_UNREADABLE {
        findings.warning("rows", what, "See what is wrong with them: oddflow explore LOGS.");
    } else {
        findings.ok("rows", what);
    }
}

fn local(sample: &Sample, findings: &mut Findings) {
    const CHECK: &str = "local networks";
    if sample.rows == 0 {
        findings.skipped(CHECK, "there are no rows", "");
        return;
    }
    let share = sample.foreign as f64 / sample.rows as f64;
    let says = if sample.locality_set == 0 {
        "Zeek doesn't say which side is local, so private addresses are taken for it: "
    } else {
        ""
    };
    let mut what = format!("{says}{} of the rows have no local side", percent(share));
    let networks = sample.busiest_networks(3);
    if !networks.is_empty() && share > 0.0 {
        what += &format!(", most of them in {}", networks.join(", "));
    }
    if share >= LEAST_FOREIGN {
        let remedy = match networks.as_slice() {
            [] => "Name your networks in Zeek's networks.cfg (Site::local_nets), and with train --local-net."
                .into(),
            names => format!(
                "If these are yours, name them in Zeek's networks.cfg (Site::local_nets), and with train --local-net {}.",
                names.join(" --local-net ")
            ),
        };
        findings.warning(CHECK, what, remedy);
    } else {
        findings.ok(CHECK, what);
    }
}

fn loss(sample: &Sample, found: &Inventory, findings: &mut Findings) {
    const CHECK: &str = "capture loss";
    const REMEDY: &str = "Give Zeek more workers or AF_PACKET, turn off the card's offloading, or mirror less: rows \
                          with gaps look odd and hide much.";
    if sample.rows == 0 {
        findings.skipped(CHECK, "there are no rows", "");
        return;
    }
    let seen = (sample.missed_bytes + sample.payload).max(1);
    let missed = sample.missed_bytes as f64 / seen as f64;
    let gaps = sample.gaps as f64 / sample.rows as f64;
    let mut what =
        format!("{} of the bytes were missed, {} of the rows have a gap", percent(missed), percent(gaps));
    let mut is_bad = missed >= LEAST_MISSED || gaps >= LEAST_GAPS;
    match found.kinds.get("capture_loss").and_then(|logs| logs.first()) {
        None => what += "; there is no capture_loss.log",
        Some(log) => match column(&log.path, "percent_lost") {
            Ok(values) => {
                let most = values.iter().filter_map(|value| value.parse::<f64>().ok()).fold(0.0, f64::max);
                is_bad |= most >= LEAST_LOSS;
                what += &format!("; capture_loss.log says at most {}%", number(most));
            }
            Err(error) => what += &format!("; capture_loss.log: {error}"),
        },
    }
    if is_bad { findings.warning(CHECK, what, REMEDY) } else { findings.ok(CHECK, what) }
}

fn reporter(found: &Inventory, findings: &mut Findings) {
    const CHECK: &str = "reporter";
    let Some(log) = found.kinds.get("reporter").and_then(|logs| logs.first()) else {
        findings.ok(CHECK, "there is no reporter.log: Zeek had nothing to complain of");
        return;
    };
    match column(&log.path, "level") {
        Ok(levels) => {
            let count = |level: &str| levels.iter().filter(|found| found.ends_with(level)).count() as u64;
            let (errors, warnings) = (count("ERROR"), count("WARNING"));
            let what = format!(
                "{}: {} and {}",
                log.path.display(),
                counted(errors, "error"),
                counted(warnings, "warning")
            );
            if errors > 0 {
                findings.warning(CHECK, what, "Read them: Zeek says there what it can't do.");
            } else {
                findings.ok(CHECK, what);
            }
        }
        Err(error) => findings.warning(CHECK, error.to_string(), error.remedy()),
    }
}

fn clock(sample: &Sample, now: f64, findings: &mut Findings) {
    const CHECK: &str = "clock";
    let Some((_, newest)) = sample.span else {
        findings.skipped(CHECK, "there are no rows", "");
        return;
    };
    let when = format!("the newest row ended at {} UTC", time(newest));
    let behind = now - newest;
    if behind < -AHEAD {
        let what = format!("{when}, {} ahead of this machine", length(-behind));
        findings.error(CHECK, what, "Set the clocks of the sensor and of this machine by NTP.");
    } else if behind > OLD_ROW {
        let what = format!("{when}, {} ago", length(behind));
        let remedy = "Check that Zeek runs, and the clocks. For logs of the past this is as it should be.";
        findings.warning(CHECK, what, remedy);
    } else {
        findings.ok(CHECK, format!("{when}, {} ago", length(behind.max(0.0))));
    }
}

/// A length of time: `45 s`, `12 min`, `3.5 h`, `12 days`.
pub(super) fn length(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 90.0 => format!("{} s", s.round()),
        s if s < 90.0 * 60.0 => format!("{} min", (s / 60.0).round()),
        s if s < 48.0 * HOUR => format!("{} h", number(s / HOUR)),
        s => format!("{} days", number(s / HOUR / 24.0)),
    }
}

fn percent(share: f64) -> String {
    // Less than a hundredth of a percent is nothing here.
    format!("{}%", number((share * 10_000.0).round() / 100.0))
}
