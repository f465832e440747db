//! A run of whole lines of one log, with all that is needed to read them on their own, in any thread.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::conn::ConnRecord;
use crate::conn_columns::{ConnColumns, read_record};
use crate::conn_field::ConnField;
use crate::header::Header;
use crate::layout::{Layout, is_remark};
use crate::lines::{self, Line, Lines, Taken};
use crate::options::ReadOptions;
use crate::problem::{ProblemKind, Problems};
use crate::row::{Cells, Row, is_marker};
use crate::value;

/// A place in a log, counted in its uncompressed form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Bytes before it.
    pub bytes: u64,
    /// Lines before it.
    pub lines: u64,
}

/// A run of whole lines of one log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Which of the files that are read together it is from.
    pub file: usize,
    /// Whether it is the last of its file.
    pub last: bool,
    /// Problems of the file as a whole that came to light here: compressed data that ends early and the like.
    pub file_problems: Problems,
    /// Where its first line lies.
    pub(crate) start: Position,
    pub(crate) bytes: Arc<Vec<u8>>,
    /// Bytes at its beginning that are passed over.
    pub(crate) from: usize,
    /// The layout in force at `from`.
    pub(crate) layout: Layout,
    /// Whether a last line without an end is left for later.
    pub(crate) hold_unfinished_line: bool,
}

/// What came of reading a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkReport {
    /// Rows that were read and given to the sink.
    pub rows: u64,
    /// Rows of other logs in the same file, as JSON shippers mix them; passed over.
    pub other_rows: u64,
    /// What could not be read, the file's own problems included.
    pub problems: Problems,
    /// Where reading ended: after the last line that was read.
    pub end: Position,
}

impl Chunk {
    /// Where its first line lies in the log.
    #[must_use]
    pub fn start(&self) -> Position {
        self.start
    }

    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it holds no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads the rows as they are, of whatever log. The sink may stop early, after the row that it was given.
    pub fn rows(
        &self,
        options: &ReadOptions,
        mut sink: impl FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> ChunkReport {
        let report = lines::read(&self.lines(), options, &mut |line: Line<'_>, _: &mut Problems| {
            Taken::from(sink(&line.row))
        });
        self.with_file_problems(report)
    }

    /// Reads the rows as typed conn records, each beside the row it was read from. The sink may stop early, after the
    /// row that it was given.
    pub fn conn_rows(
        &self,
        options: &ReadOptions,
        sink: impl FnMut(&ConnRecord<'_>, &Row<'_>) -> ControlFlow<()>,
    ) -> ChunkReport {
        self.conn_rows_of("conn", options, sink)
    }

    /// The same of another log with conn's columns, by its name: `conn_long`, `open_conn`.
    pub fn conn_rows_of(
        &self,
        log: &str,
        options: &ReadOptions,
        sink: impl FnMut(&ConnRecord<'_>, &Row<'_>) -> ControlFlow<()>,
    ) -> ChunkReport {
        let lines = self.lines();
        let report = read_conn(log, &lines, options, has_escapes(lines.bytes), sink);
        self.with_file_problems(report)
    }

    /// Reads some rows again, by the [positions](Row::position) that an earlier reading of this chunk gave them, ascending. A row
    /// comes with the place of its position among these, so that nothing that is known of one can slip to another.
    pub fn conn_rows_at(
        &self,
        options: &ReadOptions,
        positions: impl IntoIterator<Item = Position>,
        mut sink: impl FnMut(usize, &ConnRecord<'_>, &Row<'_>),
    ) {
        let mut layout = self.layout.clone();
        let mut at = self.from;
        for (place, position) in positions.into_iter().enumerate() {
            let start =
                position.bytes.checked_sub(self.start.bytes).and_then(|start| usize::try_from(start).ok());
            let Some(start) = start else { continue };
            let Some(passed_over) = self.bytes.get(at..start) else { continue };
            layout.advance(passed_over, options.longest_line);
            let rest = &self.bytes[start..];
            let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
            let lines = Lines { start: position, bytes: line, layout: &layout, hold_unfinished_line: false };
            read_conn("conn", &lines, options, line.contains(&b'\\'), |record, row| {
                sink(place, record, row);
                ControlFlow::Continue(())
            });
            // The end of the line stays, so that a header behind it is seen.
            at = start + line.len();
        }
    }

    fn lines(&self) -> Lines<'_> {
        let passed_over = &self.bytes[..self.from];
        Lines {
            start: Position {
                bytes: self.start.bytes + self.from as u64,
                lines: self.start.lines + memchr::memchr_iter(b'\n', passed_over).count() as u64,
            },
            bytes: &self.bytes[self.from..],
            layout: &self.layout,
            hold_unfinished_line: self.hold_unfinished_line,
        }
    }

    fn with_file_problems(&self, mut report: ChunkReport) -> ChunkReport {
        report.problems.merge(&self.file_problems);
        report
    }
}

/// Whether a row holds a backslash; that of the header's `#separator \x09` doesn't count.
fn has_escapes(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', bytes).any(|at| {
        let line = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        !is_remark(&bytes[line..at])
    })
}

fn read_conn(
    log: &str,
    lines: &Lines<'_>,
    options: &ReadOptions,
    escapes: bool,
    mut sink: impl FnMut(&ConnRecord<'_>, &Row<'_>) -> ControlFlow<()>,
) -> ChunkReport {
    let mut unescaped = Unescaped::default();
    lines::read(lines, options, &mut |line: Line<'_>, problems: &mut Problems| {
        let Line { row, conn } = line;
        let record = match row.cells {
            Cells::Tsv { header, text, bounds } => {
                if header.is_of_other(log) {
                    return Taken::Other;
                }
                if let Some(field) = header.missing {
                    problems.add(ProblemKind::MissingColumn, row.line(), || field.name().into());
                    return Taken::Unreadable;
                }
                unescaped.fill(&row, header, conn, escapes);
                let cell = |column| {
                    let &(from, to) = bounds.get(column)?;
                    let cell = &text.as_bytes()[from as usize..to as usize];
                    if is_marker(cell, &header.unset) { None } else { Some((from as usize, cell)) }
                };
                let text = |field| {
                    let column = conn.position(field);
                    let (from, cell) = cell(column)?;
                    if is_marker(cell, &header.empty) {
                        Some("")
                    } else {
                        Some(unescaped.get(column).unwrap_or(&text[from..from + cell.len()]))
                    }
                };
                read_record(text, |field| cell(conn.position(field)).map(|(_, cell)| cell))
            }
            Cells::Json(object) if object.path().is_some_and(|path| path != log) => return Taken::Other,
            Cells::Json(object) => {
                let text = |field| object.text(conn.position(field));
                read_record(text, |field| text(field).map(str::as_bytes))
            }
        };
        match record {
            Ok(record) => Taken::from(sink(&record, &row)),
            Err(fault) => {
                problems.add(fault.kind, row.line(), || fault.detail());
                Taken::Unreadable
            }
        }
    })
}

/// The cells of the current row whose text differs from what the log has. Most logs have none.
#[derive(Default)]
struct Unescaped {
    cells: Vec<(usize, String)>,
}

impl Unescaped {
    /// Fields that are plain text, so that escapes are resolved in them.
    const TEXT: [ConnField; 8] = [
        ConnField::Uid,
        ConnField::Proto,
        ConnField::Service,
        ConnField::ConnState,
        ConnField::History,
        ConnField::OrigL2Addr,
        ConnField::RespL2Addr,
        ConnField::CommunityId,
    ];
    /// Fields that are sets, whose elements are joined by commas.
    const SETS: [ConnField; 2] = [ConnField::TunnelParents, ConnField::FailedService];

    #[inline]
    fn fill(&mut self, row: &Row<'_>, header: &Header, conn: &ConnColumns, escapes: bool) {
        self.cells.clear();
        if escapes {
            for column in Self::TEXT.map(|field| conn.position(field)) {
                if let Some(raw) = row.raw(column).filter(|raw| raw.contains('\\'))
                    && let Some(text) = value::unescape(raw)
                {
                    self.cells.push((column, text.into_owned()));
                }
            }
        }
        for column in Self::SETS.map(|field| conn.position(field)) {
            if let Some(raw) = row.raw(column)
                && let Some(text) = value::set_text(raw, header.set_separator, &header.empty)
            {
                self.cells.push((column, text));
            }
        }
    }

    #[inline]
    fn get(&self, column: usize) -> Option<&str> {
        self.cells.iter().find(|cell| cell.0 == column).map(|cell| cell.1.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::LogFile;
    use crate::stream::LogStream;

    const FIELDS: &str = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n";
    const ROW: &str = "1.0\tC1\t1.1.1.1\t1\t2.2.2.2\t2\ttcp\n";

    /// The uids of the rows that are of a log, and how many are of others.
    fn rows(text: &str, log: &str) -> (Vec<String>, u64) {
        let options = ReadOptions::default();
        let file = LogFile::memory("a.log", text.as_bytes());
        let head = file.any_head(&options).unwrap();
        let mut stream = LogStream::open(0, &file, &head, Position::default(), &options).unwrap();
        let chunk = stream.next_chunk().unwrap();
        let mut uids = Vec::new();
        let report = chunk.conn_rows_of(log, &options, |record, _| {
            uids.extend(record.uid.map(str::to_owned));
            ControlFlow::Continue(())
        });
        assert_eq!(report.rows, uids.len() as u64);
        (uids, report.other_rows)
    }

    #[test]
    fn other_logs_with_conn_columns_are_read_when_they_are_asked_for() {
        let text = format!("#path\tconn_long\n{FIELDS}{ROW}#path\tconn\n{}", ROW.replace("C1", "C2"));
        assert_eq!(rows(&text, "conn_long"), (vec!["C1".into()], 1));
        assert_eq!(rows(&text, "conn"), (vec!["C2".into()], 1));
        assert_eq!(rows(&text, "open_conn"), (vec![], 2));
        // Where it says nothing it is what its name says.
        assert_eq!(rows(&format!("{FIELDS}{ROW}"), "conn_long"), (vec!["C1".into()], 0));
    }

    #[test]
    fn json_says_row_by_row_what_it_is() {
        let row = |path: &str, uid: &str| {
            format!(
                "{{{path}\"ts\":1.0,\"uid\":\"{uid}\",\"id.orig_h\":\"1.1.1.1\",\"id.orig_p\":1,\"id.resp_h\":\"2.2.2.2\",\
                 \"id.resp_p\":2,\"proto\":\"tcp\"}}\n"
            )
        };
        let text = row("\"_path\":\"open_conn\",", "C1") + &row("\"_path\":\"conn\",", "C2") + &row("", "C3");
        assert_eq!(rows(&text, "open_conn"), (vec!["C1".into(), "C3".into()], 1));
        assert_eq!(rows(&text, "conn"), (vec!["C2".into(), "C3".into()], 1));
    }
}
