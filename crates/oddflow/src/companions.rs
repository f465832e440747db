//! The logs beside conn logs: `dns`, `http`, `ssl`, `ssh`, `files`, `smb_*`, `conn_long`, `open_conn`, found by name or named.
//!
//! A rotated conn log's companions have its name with another beginning, in its folder. They are read before it, so that what
//! they say of a connection is known when its row comes. Most are joined with connections by uid; those of open connections say how
//! far these have come.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oddflow_features::behaviour::{Fields, FlowReader, INTERIM_LOGS, InterimRow};
use oddflow_features::companion::{BesideRow, CompanionReader, EvidenceRows, Kind};
use zeek_log::{
    Chunk, ChunkReport, ConnRecord, LogFile, LogHead, LogIdentity, Part, Planned, Position, ReadOptions,
    Schema, find_logs, read_parallel,
};

use crate::failure::Failure;
use crate::input::ProblemReport;
use crate::pulse;

/// What a log beside a conn log is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Its rows are joined with connections by uid.
    Joined(Kind),
    /// Its rows say how far connections have come that are still open; by its name.
    Interim(&'static str),
}

impl Role {
    /// Every role, in the order in which logs are read.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Kind::ALL.into_iter().map(Self::Joined).chain(INTERIM_LOGS.into_iter().map(Self::Interim))
    }

    /// The log's name, as in its `#path` and at the beginning of its file name.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Joined(kind) => kind.path(),
            Self::Interim(path) => path,
        }
    }

    /// The role of a log by its name.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Self::all().find(|role| role.path() == path)
    }
}

/// A log beside a conn log.
#[derive(Clone)]
pub(crate) struct Companion {
    pub(crate) role: Role,
    /// Who wrote it, where there are several loggers.
    pub(crate) logger: Arc<str>,
    pub(crate) log: LogFile,
    pub(crate) head: LogHead,
}

impl Companion {
    /// Whether it tells of connections that are still open.
    pub(crate) fn is_interim(&self) -> bool {
        matches!(self.role, Role::Interim(_))
    }

    /// A log that was found elsewhere; `None` for one of no kind.
    pub(crate) fn new(path: &str, logger: &Arc<str>, log: LogFile, head: LogHead) -> Option<Self> {
        Some(Self { role: Role::of_path(path)?, logger: Arc::clone(logger), log, head })
    }
}

/// Finds the companions of conn logs.
pub(crate) struct Companions {
    /// Those that were named.
    named: Vec<Companion>,
    options: ReadOptions,
    /// Whether those beside a conn log are looked for.
    beside: bool,
    /// Those that somebody else has found, by the name of the conn log.
    given: HashMap<String, Vec<Companion>>,
    /// Whether those beside a conn log may be looked into for what they say of single rows.
    tell: bool,
}

impl Companions {
    /// `with` are the logs, folders or patterns that were named; with `none` there are no companions at all.
    pub(crate) fn find(with: &[PathBuf], none: bool, options: &ReadOptions) -> Result<Self, Failure> {
        let mut named = Vec::new();
        if !with.is_empty() {
            for role in Role::all() {
                let Ok(found) = find_logs(with, role.path()) else { continue };
                for log in found {
                    // A log that doesn't say what it is may be any of a kind, and is no conn log for that.
                    let is_meant = |companion: &Companion| match role {
                        Role::Joined(_) => true,
                        Role::Interim(path) => companion.is_called(path),
                    };
                    named.extend(look(role, log, options).filter(is_meant));
                }
            }
            if named.is_empty() {
                return Err(Failure::usage(
                    "--with names no dns, http, ssl, ssh, files, smb, conn_long or open_conn log",
                    "Name such logs, or the folder that they lie in.",
                ));
            }
        }
        let beside = !none && with.is_empty();
        Ok(Self { named, options: options.clone(), beside, given: HashMap::new(), tell: false })
    }

    /// Looks for none that is to be read; they are [given](Self::give). `tell` says whether there are any.
    pub(crate) fn given(options: &ReadOptions, tell: bool) -> Self {
        Self { named: Vec::new(), options: options.clone(), beside: false, given: HashMap::new(), tell }
    }

    /// Takes the companions of conn logs, by the names of these, in place of those that were given before.
    pub(crate) fn give(&mut self, companions: HashMap<String, Vec<Companion>>) {
        self.given = companions;
    }

    /// Those that were named: they belong to no conn log in particular and are read before the first row.
    pub(crate) fn take_named(&mut self) -> Vec<Companion> {
        std::mem::take(&mut self.named)
    }

    /// The companions of a conn log, in the order of their kinds.
    pub(crate) fn of(&self, conn: &LogFile) -> Vec<Companion> {
        if let Some(given) = self.given.get(conn.name()) {
            return given.clone();
        }
        if self.beside { self.by_name(conn.name()) } else { Vec::new() }
    }

    /// Whether there may be some that nobody gave.
    pub(crate) fn are_told(&self) -> bool {
        self.tell
    }

    /// Those that lie beside a conn log and were not given with it, as they have been read.
    pub(crate) fn known(&self, conn: &str) -> Vec<Companion> {
        if self.tell { self.by_name(conn) } else { Vec::new() }
    }

    /// Those whose names differ from that of a conn log in the first word.
    fn by_name(&self, conn: &str) -> Vec<Companion> {
        let path = Path::new(conn);
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(rest) = name.and_then(|name| name.strip_prefix("conn")) else { return Vec::new() };
        Role::all()
            .filter_map(|role| {
                let path = path.with_file_name(format!("{}{rest}", role.path()));
                path.is_file().then(|| look(role, LogFile::path(path), &self.options)).flatten()
            })
            .collect()
    }
}

/// The companions of the logs of one reading that keeps no ledger, each until the first row of its conn log comes.
pub(crate) struct Unread {
    companions: Companions,
    /// Those of each log, in the order in which the logs were begun.
    of_logs: Vec<Vec<Companion>>,
    known: HashSet<LogIdentity>,
    threads: usize,
    /// What could not be read of them.
    pub(crate) problems: ProblemReport,
}

impl Unread {
    pub(crate) fn new(companions: Companions, threads: usize) -> Self {
        let (of_logs, known, problems) = (Vec::new(), HashSet::new(), ProblemReport::default());
        Self { companions, of_logs, known, threads, problems }
    }

    /// A log is begun. What lies beside a further name of a log is what lay beside the first.
    pub(crate) fn begin(&mut self, log: &LogFile, head: &LogHead) {
        let is_new = head.identity.as_ref().is_none_or(|identity| self.known.insert(identity.clone()));
        let mut found = self.companions.take_named();
        if is_new {
            found.extend(self.companions.of(log));
        }
        self.of_logs.push(found);
    }

    /// Hands on the rows of a log's companions, unless that was done. `reader` is how the model reads connections, and `skips` tells
    /// of which ones nothing is to be taken.
    pub(crate) fn read(
        &mut self,
        log: usize,
        reader: &FlowReader,
        skips: &(dyn Fn(&ConnRecord<'_>) -> bool + Sync),
        take: &mut dyn FnMut(BesideRow),
    ) {
        let companions = std::mem::take(&mut self.of_logs[log]);
        let how = How { reader, skips, threads: self.threads };
        read_rows(&companions, &[], how, &self.companions.options, &mut self.problems, &mut |rows| {
            rows.for_each(|placed| take(placed.row));
            true
        });
    }
}

impl Companion {
    /// Whether its first row, its header or its file's name says that it is this log.
    fn is_called(&self, path: &str) -> bool {
        let told = self.head.identity.as_ref().map(|identity| identity.path.as_str());
        let told = told.or_else(|| self.head.schema().map(|schema| schema.path.as_str()));
        let file = Path::new(self.log.name()).file_name().and_then(|name| name.to_str());
        match told {
            Some("") | None => file.is_some_and(|name| name.starts_with(path)),
            Some(told) => told == path,
        }
    }
}

/// A log whose beginning says that it is of a kind.
fn look(role: Role, log: LogFile, options: &ReadOptions) -> Option<Companion> {
    let head = log.any_head(options).ok()?;
    let path = head.schema().map_or("", |schema| schema.path.as_str());
    (path.is_empty() || path == role.path()).then_some(Companion { role, logger: "".into(), log, head })
}

/// How companion logs are read.
#[derive(Clone, Copy)]
pub(crate) struct How<'h> {
    /// How the model reads connections.
    pub(crate) reader: &'h FlowReader,
    /// Of which connections nothing is to be taken; asked of rows that have conn's columns.
    pub(crate) skips: &'h (dyn Fn(&ConnRecord<'_>) -> bool + Sync),
    pub(crate) threads: usize,
}

/// Reads companion logs from where each was left and hands their rows on, log after log, a part of one at a time; `take` says
/// whether to go on. Returns where each ended, and whether all could be read.
pub(crate) fn read_rows(
    companions: &[Companion],
    from: &[Position],
    how: How<'_>,
    options: &ReadOptions,
    problems: &mut ProblemReport,
    take: &mut dyn FnMut(&mut dyn Iterator<Item = Placed>) -> bool,
) -> (Vec<ChunkReport>, bool) {
    let work = |chunk: &Chunk| {
        let mut rows = Vec::new();
        let report = match companions[chunk.file].role {
            Role::Joined(kind) => joined(chunk, kind, how.reader.seed, options, &mut rows),
            Role::Interim(log) => interim(chunk, log, &how, options, &mut rows),
        };
        (rows, report)
    };
    let plan = plan(companions, from);
    let mut reports = vec![ChunkReport::default(); companions.len()];
    let mut are_whole = true;
    read_parallel(&plan, options, how.threads, work, |file, read| {
        match read {
            Ok(Part { value: (rows, report), .. }) => {
                pulse::beat();
                // A companion that can't be read to its end is no reason to stop: it is counted.
                let _ = problems.add(companions[file].log.name(), &report.problems, false);
                let so_far = &mut reports[file];
                let before = so_far.rows;
                let goes_on =
                    take(&mut rows.into_iter().map(|row| Placed { before: before + row.before, ..row }));
                so_far.rows += report.rows;
                so_far.end = report.end.max(so_far.end);
                so_far.problems.merge(&report.problems);
                if !goes_on {
                    return ControlFlow::Break(());
                }
            }
            Err(error) => {
                are_whole = false;
                let _ = problems.add_lost(error, false);
            }
        }
        ControlFlow::Continue(())
    });
    (reports, are_whole)
}

/// A row, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) row: BesideRow,
    /// Where it begins.
    pub(crate) start: Position,
    /// Rows of its log that were read before it.
    pub(crate) before: u64,
}

/// The rows of a part of a log that is joined by uid.
fn joined(
    chunk: &Chunk,
    kind: Kind,
    seed: u64,
    options: &ReadOptions,
    rows: &mut Vec<Placed>,
) -> ChunkReport {
    let mut before = 0;
    let mut reader: Option<(*const Schema, CompanionReader)> = None;
    chunk.rows(options, |row| {
        let schema = row.schema();
        if reader.as_ref().is_none_or(|known| known.0 != std::ptr::from_ref(schema) || row.is_json()) {
            reader = Some((std::ptr::from_ref(schema), CompanionReader::new(kind, seed, schema)));
        }
        if let Some((_, reader)) = &mut reader {
            let start = row.position();
            rows.extend(reader.read(row).map(|row| Placed { row: BesideRow::Joined(row), start, before }));
        }
        before += 1;
        ControlFlow::Continue(())
    })
}

/// The rows of a part of a log of open connections.
fn interim(
    chunk: &Chunk,
    log: &str,
    how: &How<'_>,
    options: &ReadOptions,
    rows: &mut Vec<Placed>,
) -> ChunkReport {
    let mut before = 0;
    let mut reader = how.reader.clone();
    let mut schema: Option<*const Schema> = None;
    chunk.conn_rows_of(log, options, |record, row| {
        // Only JSON's columns change from row to row, and there nothing is known to be absent.
        if schema != Some(std::ptr::from_ref(row.schema())) {
            schema = Some(std::ptr::from_ref(row.schema()));
            reader.absent = how.reader.absent.union(Fields::absent(row.schema(), row.is_json()));
        }
        if !(how.skips)(record) {
            let start = row.position();
            let interim = InterimRow::of(&reader.flow(record)).map(BesideRow::Interim);
            rows.extend(interim.map(|row| Placed { row, start, before }));
        }
        before += 1;
        ControlFlow::Continue(())
    })
}

/// What companion logs say of some connections, by uid.
pub(crate) fn evidence(
    companions: &[Companion],
    uids: &HashSet<String>,
    options: &ReadOptions,
    threads: usize,
) -> HashMap<String, EvidenceRows> {
    let (kinds, companions): (Vec<Kind>, Vec<Companion>) = (companions.iter())
        .filter_map(|companion| match companion.role {
            Role::Joined(kind) => Some((kind, companion.clone())),
            Role::Interim(_) => None,
        })
        .unzip();
    let work = |chunk: &Chunk| {
        let kind = kinds[chunk.file];
        let mut found: Vec<(String, EvidenceRows)> = Vec::new();
        let report = chunk.rows(options, |row| {
            for name in ["uid", "conn_uids"] {
                let Some(column) = row.schema().position(name) else { continue };
                let Some(text) = row.text(column) else { continue };
                for uid in text.split(',').filter(|uid| uids.contains(*uid)) {
                    let mut rows = EvidenceRows::default();
                    rows.push(kind, row);
                    found.push((uid.into(), rows));
                }
            }
            ControlFlow::Continue(())
        });
        (found, report)
    };
    let mut evidence: HashMap<String, EvidenceRows> = HashMap::new();
    let plan = plan(&companions, &[]);
    read_parallel(&plan, options, threads, work, |_, read| {
        if let Ok(Part { value: (found, _), .. }) = read {
            for (uid, rows) in found {
                evidence.entry(uid).or_default().merge(rows);
            }
        }
        ControlFlow::Continue(())
    });
    evidence
}

fn plan(companions: &[Companion], from: &[Position]) -> Vec<Planned> {
    let starts = from.iter().copied().chain(std::iter::repeat(Position::default()));
    companions
        .iter()
        .zip(starts)
        .map(|(companion, from)| Planned { log: companion.log.clone(), head: companion.head.clone(), from })
        .collect()
}
