//! Cuts the text of a chunk into lines and the lines into cells, TSV and JSON alike.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::chunk::{ChunkReport, Position};
use crate::conn_columns::ConnColumns;
use crate::delimiters::Delimiters;
use crate::header::{Header, SHARED_CELL};
use crate::json::JsonRows;
use crate::layout::{Layout, is_remark};
use crate::options::ReadOptions;
use crate::problem::{ProblemKind, Problems, excerpt};
use crate::row::{Cells, Row};

/// One row, and where the conn fields lie in it.
pub(crate) struct Line<'a> {
    pub(crate) row: Row<'a>,
    pub(crate) conn: &'a ConnColumns,
}

/// What the sink made of a row.
pub(crate) enum Taken {
    Row,
    /// It took the row and wants no more.
    Last,
    /// A row of another log.
    Other,
    /// A row that it counted as a problem.
    Unreadable,
}

impl From<ControlFlow<()>> for Taken {
    fn from(flow: ControlFlow<()>) -> Self {
        match flow {
            ControlFlow::Continue(()) => Self::Row,
            ControlFlow::Break(()) => Self::Last,
        }
    }
}

/// Lines of a chunk, all of them or a part.
pub(crate) struct Lines<'a> {
    /// Where the first of them lies in the log.
    pub(crate) start: Position,
    pub(crate) bytes: &'a [u8],
    /// The layout in force at the first.
    pub(crate) layout: &'a Layout,
    pub(crate) hold_unfinished_line: bool,
}

/// Reads all of the lines.
pub(crate) fn read<S>(lines: &Lines<'_>, options: &ReadOptions, sink: &mut S) -> ChunkReport
where
    S: FnMut(Line<'_>, &mut Problems) -> Taken,
{
    let mut reading = Reading {
        longest_line: options.longest_line,
        hold_unfinished_line: lines.hold_unfinished_line,
        layout: lines.layout.clone(),
        json: JsonRows::new(),
        bounds: Vec::new(),
        base: lines.start.bytes,
        line: lines.start.lines,
        report: ChunkReport::default(),
    };
    let mut at = 0;
    while at < lines.bytes.len() {
        let rest = &lines.bytes[at..];
        let text = valid_lines(rest);
        reading.base = lines.start.bytes + at as u64;
        let (read, flow) = reading.text(text, sink);
        at += read;
        if flow.is_break() {
            break;
        }
        if at < lines.bytes.len() {
            match reading.invalid_line(&lines.bytes[at..]) {
                Some(length) => at += length,
                None => break,
            }
        }
    }
    reading.report.end = Position { bytes: lines.start.bytes + at as u64, lines: reading.line };
    reading.report
}

/// The longest run of whole lines at the beginning that is UTF-8. One bad byte costs one line, not the chunk.
fn valid_lines(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let whole_lines = memchr::memrchr(b'\n', &bytes[..error.valid_up_to()]).map_or(0, |end| end + 1);
            str::from_utf8(&bytes[..whole_lines]).unwrap_or_default()
        }
    }
}

struct Reading {
    longest_line: usize,
    hold_unfinished_line: bool,
    layout: Layout,
    json: JsonRows,
    /// Cells of the current row, kept for its memory.
    bounds: Vec<(u32, u32)>,
    /// Bytes of the log before the text that is being read.
    base: u64,
    /// Lines before the current one, then the current one's number.
    line: u64,
    report: ChunkReport,
}

impl Reading {
    /// Reads lines of valid text. Returns how many bytes it read, and whether to stop there.
    fn text<S>(&mut self, text: &str, sink: &mut S) -> (usize, ControlFlow<()>)
    where
        S: FnMut(Line<'_>, &mut Problems) -> Taken,
    {
        match &self.layout {
            Layout::Tsv(header) => {
                let header = Arc::clone(header);
                self.tsv(header, text, sink)
            }
            Layout::Json => self.json(text, sink),
        }
    }

    fn tsv<S>(&mut self, mut header: Arc<Header>, text: &str, sink: &mut S) -> (usize, ControlFlow<()>)
    where
        S: FnMut(Line<'_>, &mut Problems) -> Taken,
    {
        let bytes = text.as_bytes();
        let mut delimiters = Delimiters::new(bytes, 0, header.separator);
        let mut bounds = std::mem::take(&mut self.bounds);
        let mut flow = ControlFlow::Continue(());
        let mut start = 0;
        let mut cell = 0;
        bounds.clear();
        while start < bytes.len() && flow.is_continue() {
            let end = match delimiters.next() {
                Some(at) if bytes[at] != b'\n' => {
                    bounds.push((cell as u32, at as u32));
                    cell = at + 1;
                    continue;
                }
                Some(at) => at,
                None if self.hold_unfinished_line => {
                    self.hold(&text[start..]);
                    flow = ControlFlow::Break(());
                    break;
                }
                None => bytes.len(),
            };
            self.line += 1;
            let next = (end + 1).min(bytes.len());
            let length = end - start;
            let end = if end > cell && bytes[end - 1] == b'\r' { end - 1 } else { end };
            let first = bytes[start..end].first();
            if length > self.longest_line {
                self.overlong(length);
            } else if matches!(first, Some(b'#' | b' ' | b'\t')) && is_remark(&bytes[start..end]) {
                let separator = header.separator;
                Arc::make_mut(&mut header).apply(&text[start..end]);
                if header.separator != separator {
                    delimiters = Delimiters::new(bytes, next, header.separator);
                }
            } else if first.is_some() {
                bounds.push((cell as u32, end as u32));
                flow = self.tsv_row(&header, text, start, &mut bounds, sink);
            }
            bounds.clear();
            start = next;
            cell = next;
        }
        self.bounds = bounds;
        self.layout = Layout::Tsv(header);
        (start, flow)
    }

    #[inline]
    fn tsv_row<S>(
        &mut self,
        header: &Header,
        text: &str,
        start: usize,
        bounds: &mut Vec<(u32, u32)>,
        sink: &mut S,
    ) -> ControlFlow<()>
    where
        S: FnMut(Line<'_>, &mut Problems) -> Taken,
    {
        if header.sharing_last_cell > 1 {
            split_last_cell(text, bounds);
        }
        let (cells, columns) = (bounds.len(), header.schema.columns.len());
        if cells != columns {
            let kind = match columns {
                0 => ProblemKind::NoHeader,
                _ if cells < columns => ProblemKind::CutRow,
                _ => ProblemKind::ExtraCells,
            };
            self.report.problems.add(kind, self.line, || format!("{cells} cells for {columns} columns"));
            return ControlFlow::Continue(());
        }
        let row = Row { position: self.position(start), cells: Cells::Tsv { header, text, bounds } };
        let taken = sink(Line { row, conn: &header.conn }, &mut self.report.problems);
        self.count(&taken)
    }

    fn json<S>(&mut self, text: &str, sink: &mut S) -> (usize, ControlFlow<()>)
    where
        S: FnMut(Line<'_>, &mut Problems) -> Taken,
    {
        let mut json = std::mem::replace(&mut self.json, JsonRows::new());
        let mut flow = ControlFlow::Continue(());
        let mut start = 0;
        while start < text.len() && flow.is_continue() {
            let newline = memchr::memchr(b'\n', &text.as_bytes()[start..]);
            let end = newline.map_or(text.len(), |length| start + length);
            let line = text[start..end].trim();
            let next = (end + 1).min(text.len());
            let unfinished = newline.is_none() && self.hold_unfinished_line;
            if unfinished && !line.starts_with('{') {
                self.hold(line);
                flow = ControlFlow::Break(());
                break;
            } else if end - start > self.longest_line && !unfinished {
                self.line += 1;
                self.overlong(end - start);
            } else if line.is_empty() || line.starts_with('#') {
                self.line += 1;
            } else {
                match json.read(line) {
                    // A whole object is a whole row, whether its line has an end or not.
                    Ok(object) => {
                        self.line += 1;
                        let row = Row { position: self.position(start), cells: Cells::Json(object) };
                        let taken = sink(Line { row, conn: object.conn }, &mut self.report.problems);
                        flow = self.count(&taken);
                    }
                    Err(_) if unfinished => {
                        self.hold(line);
                        flow = ControlFlow::Break(());
                        break;
                    }
                    Err(error) => {
                        self.line += 1;
                        self.report.problems.add(ProblemKind::BadJson, self.line, || error);
                    }
                }
            }
            start = next;
        }
        self.json = json;
        (start, flow)
    }

    /// Where the current line begins, `start` bytes into the text.
    fn position(&self, start: usize) -> Position {
        Position { bytes: self.base + start as u64, lines: self.line - 1 }
    }

    fn count(&mut self, taken: &Taken) -> ControlFlow<()> {
        match taken {
            Taken::Row => self.report.rows += 1,
            Taken::Last => {
                self.report.rows += 1;
                return ControlFlow::Break(());
            }
            Taken::Other => self.report.other_rows += 1,
            Taken::Unreadable => {}
        }
        ControlFlow::Continue(())
    }

    /// Counts the line at the beginning of the bytes, which is not UTF-8. Returns its length with its end; `None` where
    /// it has no end and is left for later.
    fn invalid_line(&mut self, bytes: &[u8]) -> Option<usize> {
        let newline = memchr::memchr(b'\n', bytes);
        let line = String::from_utf8_lossy(&bytes[..newline.unwrap_or(bytes.len())]);
        if newline.is_none() && self.hold_unfinished_line {
            self.hold(&line);
            return None;
        }
        self.line += 1;
        let length = newline.unwrap_or(bytes.len());
        if length > self.longest_line {
            self.overlong(length);
        } else {
            self.report.problems.add(ProblemKind::BadUtf8, self.line, || excerpt(&line));
        }
        Some(newline.map_or(bytes.len(), |length| length + 1))
    }

    fn hold(&mut self, line: &str) {
        // A part of a header or footer is nothing that is missed.
        if is_remark(line.as_bytes()) {
            return;
        }
        self.report.problems.add(ProblemKind::UnfinishedLine, self.line + 1, || excerpt(line));
    }

    fn overlong(&mut self, length: usize) {
        self.report.problems.add(ProblemKind::OverlongLine, self.line, || format!("{length} bytes"));
    }
}

/// Cuts the last cell where several fields share it.
fn split_last_cell(text: &str, bounds: &mut Vec<(u32, u32)>) {
    let Some((from, to)) = bounds.pop() else { return };
    let mut at = from;
    for part in text[from as usize..to as usize].split(SHARED_CELL) {
        bounds.push((at, at + part.len() as u32));
        at += (part.len() + SHARED_CELL.len()) as u32;
    }
}
