//! Reading a baseline, whatever the recipe makes of its rows.

use zeek_log::{Chunk, ChunkReport, LogFile, LogHead, Position};

use oddflow_detector::{Manifest, ManifestFile};

use crate::failure::Failure;
use crate::input::Input;
use crate::output::note;
use crate::reading::{Reader, Visit, read};
use crate::text::{counted, span};

/// What a recipe makes of a chunk.
pub(crate) struct Rows<R> {
    pub(crate) rows: R,
    /// Earliest and latest start of a connection.
    pub(crate) span: Option<(f64, f64)>,
    /// Rows that were left out by expressions.
    pub(crate) excluded: u64,
    /// Rows that fed an alert or a notice.
    pub(crate) guarded: u64,
}

/// Rows that a baseline was read without.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LeftOut {
    /// By expressions.
    pub(crate) excluded: u64,
    /// As they fed an alert or a notice.
    pub(crate) guarded: u64,
}

/// Who takes the rows of a baseline.
pub(crate) trait Append<R> {
    /// The first rows of a log are about to come.
    fn begin(&mut self, _log: &LogFile) {}

    /// The next rows, in order.
    fn append(&mut self, rows: R);
}

/// Reads all rows and hands them on in order. Returns what was read, and what was left out.
pub(crate) fn read_rows<R: Send>(
    input: Input,
    work: &(dyn Fn(&Chunk) -> (Rows<R>, ChunkReport) + Sync),
    append: &mut dyn Append<R>,
) -> Result<(Manifest, LeftOut), Failure> {
    let mut taker = Taker { append, files: Vec::new(), logs: Vec::new(), excluded: 0, guarded: 0 };
    let end = read(input, "reading", work, &mut taker)?;
    if end.interrupted {
        return Err(Failure::interrupted("No model was written."));
    }
    end.problems.tell();
    let Taker { files, excluded, guarded, .. } = taker;
    let manifest = Manifest {
        rows_read: files.iter().map(|file| file.rows).sum(),
        rows_used: 0,
        rows_unreadable: end.problems.total(),
        files,
    };
    note(format_args!(
        "{} of {} read, {}",
        counted(manifest.rows_read, "row"),
        counted(manifest.files.len() as u64, "log"),
        span(manifest.span())
    ));
    if excluded > 0 {
        note(format_args!("{} left out of the baseline", counted(excluded, "row")));
    }
    if guarded > 0 {
        note(format_args!(
            "{} left out that fed an alert or a Zeek notice; --keep-flagged takes them in",
            counted(guarded, "row")
        ));
    }
    Ok((manifest, LeftOut { excluded, guarded }))
}

/// Says that not all rows were kept, and fails where those are too few. `which` are kept: "the latest", or another choice.
pub(crate) fn check_memory(kept: u64, seen: u64, least: u64, which: &str) -> Result<(), Failure> {
    if kept < least && seen >= least {
        return Err(Failure::usage(
            format!("--memory holds {}, and at least {least} are needed", counted(kept, "row")),
            "Give more, such as --memory 64MiB.",
        ));
    }
    if kept < seen {
        note(format_args!(
            "{} are more than --memory holds: training on {which} {}",
            counted(seen, "row"),
            counted(kept, "row"),
        ));
    }
    Ok(())
}

struct Taker<'a, R> {
    append: &'a mut dyn Append<R>,
    files: Vec<ManifestFile>,
    /// Logs whose first rows have not come yet.
    logs: Vec<Option<LogFile>>,
    excluded: u64,
    guarded: u64,
}

impl<R> Reader<Rows<R>> for Taker<'_, R> {
    fn begin(&mut self, log: &LogFile, _: &LogHead) -> Result<Position, Failure> {
        self.files.push(ManifestFile { name: log.name().into(), rows: 0, span: None });
        self.logs.push(Some(log.clone()));
        Ok(Position::default())
    }

    fn take(&mut self, visit: Visit<Rows<R>>) -> Result<(), Failure> {
        let Rows { rows, span, excluded, guarded } = visit.value;
        let file = &mut self.files[visit.log];
        file.rows += visit.report.rows;
        file.span = match (file.span, span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.excluded += excluded;
        self.guarded += guarded;
        if let Some(log) = self.logs[visit.log].take() {
            self.append.begin(&log);
        }
        self.append.append(rows);
        Ok(())
    }
}
