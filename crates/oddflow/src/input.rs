//! From the names of logs to a plan of what to read, and from what could not be read to a report.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use zeek_log::{LogFile, LogHead, ProblemKind, Problems, ReadError, ReadOptions, find_logs};

use crate::arguments::InputArguments;
use crate::failure::Failure;
use crate::output::note;
use crate::text::{counted, thousands};

/// Logs, each with what its beginning told.
pub(crate) type Logs = Vec<(LogFile, LogHead)>;

/// Logs that were found and whose beginnings were looked at.
pub(crate) struct Input {
    /// The logs in the order in which they are read, none of them twice.
    pub(crate) logs: Logs,
    /// Logs that were found and can't be read.
    pub(crate) left_out: u64,
    /// How they are read.
    pub(crate) options: ReadOptions,
    /// Threads to use.
    pub(crate) threads: usize,
    /// Whether a problem is an error.
    pub(crate) strict: bool,
    /// Whether they are read for a service: nobody waits at a terminal, and a log that can't be read now holds back those behind
    /// it, as it will be read later and order counts.
    pub(crate) for_service: bool,
}

impl Input {
    /// Finds the conn logs and checks that each is one. A log that the user named must be one; among those that a directory or
    /// a pattern leads to, other logs are passed over, and what can't be read is told and left out.
    ///
    /// `resumes` says that a later run goes on where this one ends, so that a line that is still being written is left to it.
    pub(crate) fn find(arguments: &InputArguments, resumes: bool) -> Result<Self, Failure> {
        let options = ReadOptions { hold_unfinished_line: resumes, ..read_options(arguments) };
        let threads = threads(arguments);
        let found = find_logs(&arguments.logs, "conn")?;
        let heads = look_at_all(&found, threads, |log| log.conn_head(&options));
        let (mut logs, mut others, mut left_out) = (Vec::new(), 0, 0);
        let mut refused = None;
        for (log, head) in found.into_iter().zip(heads) {
            match head {
                Ok(head) => logs.push((log, head)),
                Err(error) if log.is_named() || arguments.strict => return Err(error.into()),
                Err(error @ ReadError::OtherLog { .. }) => {
                    others += 1;
                    refused.get_or_insert(error);
                }
                Err(error) => {
                    note(format_args!("left out: {error}"));
                    left_out += 1;
                    refused.get_or_insert(error);
                }
            }
        }
        if let Some(error) = refused.filter(|_| logs.is_empty()) {
            return Err(error.into());
        }
        if others > 0 {
            note(format_args!("{} that are not conn logs passed over", counted(others, "file")));
        }
        Ok(Self { logs, left_out, options, threads, strict: arguments.strict, for_service: false })
    }

    /// Refuses an output that is one of the logs.
    pub(crate) fn check_not_among(&self, output: &Path) -> Result<(), Failure> {
        self.logs.iter().try_for_each(|(log, _)| differ(output, Path::new(log.name()), "one of the logs"))
    }

    /// Their size on disk in bytes; unknown where standard input is among them.
    pub(crate) fn size(&self) -> Option<u64> {
        self.logs.iter().map(|(log, _)| log.size()).sum()
    }
}

/// Refuses an output that would destroy an input.
pub(crate) fn differ(output: &Path, input: &Path, what: &str) -> Result<(), Failure> {
    let same = match (output.canonicalize(), input.canonicalize()) {
        (Ok(output), Ok(input)) => output == input,
        _ => output == input,
    };
    if same {
        let message = format!("{} is {what}, and would be overwritten", output.display());
        return Err(Failure::usage(message, "Name another file for the output."));
    }
    Ok(())
}

/// Parts logs of which each is another one from further names of the same logs, such as `current/` and its archive. What is
/// behind a further name is read from where the first one ends.
pub(crate) fn distinct(logs: Logs) -> (Logs, Logs) {
    let mut seen = HashSet::new();
    logs.into_iter()
        .partition(|(_, head)| head.identity.as_ref().is_none_or(|identity| seen.insert(identity.clone())))
}

/// How logs are read whose arguments these are.
pub(crate) fn read_options(arguments: &InputArguments) -> ReadOptions {
    ReadOptions {
        longest_line: usize::try_from(arguments.max_line).unwrap_or(usize::MAX),
        largest_file: arguments.max_file,
        fields: arguments.fields.as_ref().map(|fields| {
            fields.split([',', ' ', '\t']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        }),
        ..ReadOptions::default()
    }
}

/// How many threads to use; as many as there are processors where the user hasn't said.
pub(crate) fn threads(arguments: &InputArguments) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    arguments.threads.map_or_else(cores, usize::from)
}

/// Looks at the beginnings of all logs, in several threads: there may be thousands. What was seen comes in the order of the logs.
pub(crate) fn look_at_all<T: Send>(
    logs: &[LogFile],
    threads: usize,
    look: impl Fn(&LogFile) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut seen: Vec<(usize, T)> = thread::scope(|scope| {
        let work = || {
            let mut seen = Vec::new();
            while let Some((i, log)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, logs.get(i)?)))
            {
                seen.push((i, look(log)));
            }
            seen
        };
        let workers: Vec<_> = (0..threads.min(logs.len())).map(|_| scope.spawn(work)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    });
    seen.sort_by_key(|(i, _)| *i);
    seen.into_iter().map(|(_, seen)| seen).collect()
}

/// What could not be read in all logs together, by kind, with the first of each.
#[derive(Default)]
pub(crate) struct ProblemReport {
    /// Logs that could not be read at all, or not to their end.
    left_out: u64,
    kinds: BTreeMap<ProblemKind, (u64, String)>,
    other_rows: u64,
}

impl ProblemReport {
    /// A report that begins with logs that could not even be begun.
    pub(crate) fn starting(left_out: u64) -> Self {
        Self { left_out, ..Self::default() }
    }

    /// Takes in what came of a part of a log. With `strict` the first problem is the failure.
    pub(crate) fn add(&mut self, log: &str, problems: &Problems, strict: bool) -> Result<(), Failure> {
        for problem in problems.sorted() {
            let first = || format!("{log}:{}: {}", problem.line, problem.detail);
            // A line that is still being written is nothing that the log's owner could mend.
            if strict && problem.kind != ProblemKind::UnfinishedLine {
                return Err(Failure::strict(format!("{}: {}", problem.kind, first())));
            }
            self.kinds.entry(problem.kind).or_insert_with(|| (0, first())).0 += problem.count;
        }
        Ok(())
    }

    /// Counts a log that could not be read any more, be it gone or another one by now. With `strict` that is the failure.
    pub(crate) fn add_lost(&mut self, error: ReadError, strict: bool) -> Result<(), Failure> {
        if strict {
            return Err(error.into());
        }
        note(format_args!("left out: {error}"));
        self.left_out += 1;
        Ok(())
    }

    /// An error where logs could not be read, at the end of a run that has read all others.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.left_out == 0 { Ok(()) } else { Err(Failure::left_out(self.left_out)) }
    }

    /// Counts rows of other logs in the same files.
    pub(crate) fn add_other_rows(&mut self, rows: u64) {
        self.other_rows += rows;
    }

    /// Takes in another report.
    pub(crate) fn merge(&mut self, other: Self) {
        self.left_out += other.left_out;
        self.other_rows += other.other_rows;
        for (kind, (count, first)) in other.kinds {
            self.kinds.entry(kind).or_insert((0, first)).0 += count;
        }
    }

    /// Logs that could not be read at all, or not to their end.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many rows and files could not be read.
    pub(crate) fn total(&self) -> u64 {
        let unreadable = self.kinds.iter().filter(|(kind, _)| **kind != ProblemKind::UnfinishedLine);
        unreadable.map(|(_, (count, _))| count).sum()
    }

    /// What could not be read, by kind.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&ProblemKind, u64)> {
        self.kinds.iter().map(|(kind, (count, _))| (kind, *count))
    }

    /// Tells what could not be read.
    pub(crate) fn tell(&self) {
        if self.other_rows > 0 {
            note(format_args!(
                "{} of other logs in the same files passed over",
                counted(self.other_rows, "row")
            ));
        }
        let (unfinished, unreadable): (Vec<_>, Vec<_>) =
            self.kinds.iter().partition(|(kind, _)| **kind == ProblemKind::UnfinishedLine);
        for (_, (count, first)) in unfinished {
            note(format_args!("{} not read: {first}", counted(*count, "unfinished last line")));
        }
        if !unreadable.is_empty() {
            note("could not be read, and left out:");
        }
        for (kind, (count, first)) in unreadable {
            note(format_args!("  {:>9} {kind:<24} first: {first}", thousands(*count)));
        }
    }
}
