//! Logs that the dashboard may explore: those that were read, and those below folders that were named for it. No other file is opened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oddflow_dashboard::{Log, Problem, Reading};
use oddflow_explore::Options;
use oddflow_store::Store;
use serde_json::Value;
use zeek_log::{ReadOptions, find_logs};

use super::{Serving, problem};
use crate::exploration::{self, Asked};
use crate::filter::filters;
use crate::input::Input;
use crate::pulse;

/// Logs that are listed, of each kind.
const LISTED: usize = 500;
/// Threads that explore.
const THREADS: usize = 4;
/// Values that a ranking has.
const TOP: usize = 15;

/// The logs that may be explored: named folders, the logs in them, and the latest of those that the ledger knows and that are still there.
pub(super) fn logs(serving: &Serving, store: &Store) -> Result<Vec<Log>, Problem> {
    let mut known: BTreeMap<String, Log> = BTreeMap::new();
    for entry in store.logs()?.into_iter().filter(|entry| entry.identity.path == "conn") {
        let progress = &entry.progress;
        let log = known.entry(entry.file.clone()).or_insert_with(|| Log {
            log: entry.file,
            bytes: None,
            rows: None,
            first: None,
            last: None,
        });
        // Several models may have read it, and it may have grown meanwhile.
        if log.rows.is_none_or(|rows| rows < progress.rows) {
            (log.rows, log.first, log.last) = (Some(progress.rows), progress.first_ts, progress.last_ts);
        }
    }
    let mut read: Vec<Log> = known.values().cloned().collect();
    read.sort_by(|a, b| b.last.unwrap_or_default().total_cmp(&a.last.unwrap_or_default()));
    let size =
        |log: &str| std::fs::metadata(log).ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
    let read: Vec<Log> = read
        .into_iter()
        .take(LISTED)
        .filter_map(|log| Some(Log { bytes: Some(size(&log.log)?), ..log }))
        .collect();
    let mut all = Vec::new();
    for folder in &serving.logs {
        let name = folder.display().to_string();
        all.push(Log { log: name, bytes: None, rows: None, first: None, last: None });
        // One that is away at the moment has none.
        let found = find_logs(std::slice::from_ref(folder), "conn").unwrap_or_default();
        for log in found.iter().rev().take(LISTED) {
            let name = log.name().to_owned();
            let of_ledger = known.get(&name).cloned();
            let bare = || Log { log: name, bytes: None, rows: None, first: None, last: None };
            all.push(Log { bytes: log.size(), ..of_ledger.unwrap_or_else(bare) });
        }
    }
    for log in read {
        if !all.iter().any(|listed| listed.log == log.log) {
            all.push(log);
        }
    }
    Ok(all)
}

/// Figures of one of them.
pub(super) fn explore(
    serving: &Serving,
    store: &Store,
    (log, filter): (&str, &str),
    reading: &Reading,
) -> Result<Value, Problem> {
    pulse::beside();
    if !logs(serving, store)?.iter().any(|listed| listed.log == log) {
        return Err(Problem::missing(
            format!("{log:?} is none of the logs that may be explored."),
            "Take one of the list; oddflow serve --logs FOLDER names more.",
        ));
    }
    let texts: Vec<String> =
        Some(filter.trim().to_owned()).filter(|text| !text.is_empty()).into_iter().collect();
    let filters = filters(&texts).map_err(|failure| problem(&failure))?;
    let input = input(log).map_err(|failure| problem(&failure))?;
    reading.of(input.logs.iter().map(|(log, _)| text_bytes(log.name(), log.size())).sum());
    let options = Options { top: TOP, ..Options::default() };
    let asked = Asked {
        options: &options,
        from: None,
        to: None,
        only: (!filters.is_empty()).then_some(&filters),
        subject: None,
        companions: &crate::arguments::CompanionArguments::default(),
        watch: Some(&|bytes| {
            reading.at(bytes);
            !reading.is_stopped()
        }),
    };
    let explored = exploration::explore(input, &asked).map_err(|failure| problem(&failure))?;
    serde_json::to_value(&explored.statistics)
        .map_err(|error| Problem::unavailable(error.to_string(), "Report it."))
}

/// A log, or the logs of a folder, ready to be read.
fn input(log: &str) -> Result<Input, crate::failure::Failure> {
    let options = ReadOptions::default();
    let found = find_logs(&[PathBuf::from(log)], "conn")?;
    let mut logs = Vec::new();
    let mut left_out = 0;
    for found in found {
        match found.conn_head(&options) {
            Ok(head) => logs.push((found, head)),
            Err(error) if found.is_named() => return Err(error.into()),
            Err(_) => left_out += 1,
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    // Nobody waits at a terminal, and nothing is held back: what can't be read is counted.
    Ok(Input { logs, left_out, options, threads, strict: false, for_service: true })
}

/// How many bytes of text a file has, about: Zeek's logs become some eight times smaller.
fn text_bytes(name: &str, size: Option<u64>) -> u64 {
    let is_packed = Path::new(name).extension().is_some_and(|ending| ending == "gz" || ending == "zst");
    size.unwrap_or(0).saturating_mul(if is_packed { 8 } else { 1 })
}
