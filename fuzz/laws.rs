//! What holds for the reader whatever bytes it is given. The fuzz targets and a test over the committed corpus check it.
//!
//! - Every line of data is a row, a row of another log, or counted as a problem.
//! - Rows lie where they say, in order.
//! - The size of the chunks changes nothing.
//! - Reading again at a row's position gives the same record.
//! - Reading on from where an earlier reading ended gives exactly the rest, be it the end of a chunk, a sink that had
//!   enough, or the end of a file that was still being written.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use zeek_log::{ChunkReport, LogFile, LogHead, LogStream, Position, ProblemKind, Problems, ReadOptions};

/// Short, so that small inputs go beyond it.
const LONGEST_LINE: usize = 300;

/// More than any input has.
const LARGE_CHUNK: usize = 16 << 10;

const CONN_HEADER: &[u8] = b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tlocal_orig\
\ttunnel_parents\tvlan\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tbool\
\tset[string]\tint\n";

const CONN_OBJECT: &[u8] = br#"{"ts":1.5,"uid":"C1","id":{"orig_h":"10.0.0.1","orig_p":1},"id.resp_h":"::1","id_resp_p":2,"proto":"tcp","conn_state":"SF"}"#;

const ROWS: &[u8] = b"\n1.5\tC1\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n2.5\tC2\t::1\t3\t::2\t4\tudp";

/// Rows below the header of a conn log.
pub(crate) fn tsv(data: &[u8]) {
    check(data, |text| [CONN_HEADER, text].concat());
}

/// Lines of JSON below a proper one.
pub(crate) fn json(data: &[u8]) {
    check(data, |text| [CONN_OBJECT, b"\n", text].concat());
}

/// A header, or whatever else a file begins with, above two rows.
pub(crate) fn header(data: &[u8]) {
    check(data, |text| [text, ROWS].concat());
}

/// The first bytes of the data choose the size of chunks and where the log is cut.
fn check(data: &[u8], log: impl Fn(&[u8]) -> Vec<u8>) {
    let &[chunk, high, low, ref text @ ..] = data else { return };
    let bytes = log(text);
    let whole = ReadOptions { longest_line: LONGEST_LINE, chunk: LARGE_CHUNK, ..ReadOptions::default() };
    let small = ReadOptions { chunk: usize::from(chunk) + 1, ..whole.clone() };
    let cut = usize::from(u16::from_be_bytes([high, low])) % (bytes.len() + 1);
    for rows in [Rows::Any, Rows::Conn] {
        laws(&bytes, rows, &whole, &small, cut);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Rows {
    Any,
    Conn,
}

/// What came of reading a log, or the rest of it.
#[derive(Debug, Default)]
struct Reading {
    rows: Vec<(Position, String)>,
    other_rows: u64,
    problems: BTreeMap<ProblemKind, u64>,
    /// The end of each chunk, and the problems up to there.
    ends: Vec<(Position, BTreeMap<ProblemKind, u64>)>,
    end: Position,
}

fn laws(bytes: &[u8], kind: Rows, whole: &ReadOptions, small: &ReadOptions, cut: usize) {
    let log = LogFile::memory("fuzz", bytes);
    let Some(head) = head(&log, kind, whole) else { return };
    let reading = read(&log, &head, kind, Position::default(), whole, usize::MAX);
    let unread: u64 = reading.problems.values().sum();
    let accounted = reading.rows.len() as u64 + reading.other_rows + unread;
    assert!(
        data_lines(bytes).contains(&accounted),
        "every line is accounted for: {accounted} of {:?}",
        data_lines(bytes)
    );
    assert_eq!(reading.end.bytes, bytes.len() as u64, "all is read");
    for (position, row) in &reading.rows {
        let before = &bytes[..position.bytes as usize];
        assert!(matches!(before, [] | b"\xef\xbb\xbf" | [.., b'\n']), "{row} begins a line");
        assert_eq!(
            position.lines,
            before.iter().filter(|&&byte| byte == b'\n').count() as u64,
            "the line of {row}"
        );
    }
    assert!(reading.rows.is_sorted_by_key(|row| row.0.bytes), "rows are in order");

    let pieces = read(&log, &head, kind, Position::default(), small, usize::MAX);
    assert_eq!((&pieces.problems, pieces.end), (&reading.problems, reading.end), "chunks change no problem");
    assert_eq!(pieces.rows, reading.rows, "chunks change no row");

    let middle = pieces.ends.len() / 2;
    for (end, before) in pieces.ends.iter().take(2).chain(pieces.ends.get(middle)) {
        let rest = read(&log, &head, kind, *end, whole, usize::MAX);
        assert_eq!(rest.rows, rows_from(&reading, *end), "the rest of the rows");
        let total = [before, &rest.problems].into_iter().flatten().fold(
            BTreeMap::new(),
            |mut total, (&kind, &count)| {
                *total.entry(kind).or_insert(0) += count;
                total
            },
        );
        assert_eq!(total, reading.problems, "the rest of the problems");
    }

    let few = cut % (reading.rows.len() + 1);
    let mut first = read(&log, &head, kind, Position::default(), small, few);
    let rest = read(&log, &head, kind, first.end, small, usize::MAX);
    first.rows.extend(rest.rows);
    assert_eq!(first.rows, reading.rows, "what a sink that had enough left over");

    still_written(bytes, kind, whole, small, cut, &reading);
}

/// A log that grows: its beginning is read while the last line is being written, then the rest of the whole log.
fn still_written(
    bytes: &[u8],
    kind: Rows,
    whole: &ReadOptions,
    small: &ReadOptions,
    cut: usize,
    reading: &Reading,
) {
    // An object that is whole is a row, though what follows on its line may show that the line isn't.
    if is_json(bytes) && !reading.problems.is_empty() {
        return;
    }
    let growing = ReadOptions { hold_unfinished_line: true, ..small.clone() };
    let log = LogFile::memory("fuzz", &bytes[..cut]);
    let Some(begun) = head(&log, kind, &growing) else { return };
    let mut rows = read(&log, &begun, kind, Position::default(), &growing, usize::MAX);
    let log = LogFile::memory("fuzz", bytes);
    let Some(head) = head(&log, kind, whole) else { return };
    if let (Some(begun), Some(now)) = (begun.identity, &head.identity) {
        assert_eq!(begun, *now, "a log is the same log when it has grown");
    }
    rows.rows.extend(read(&log, &head, kind, rows.end, whole, usize::MAX).rows);
    assert_eq!(rows.rows, reading.rows, "a growing log");
}

fn head(log: &LogFile, kind: Rows, options: &ReadOptions) -> Option<LogHead> {
    match kind {
        Rows::Any => log.any_head(options).ok(),
        Rows::Conn => log.conn_head(options).ok(),
    }
}

fn rows_from(reading: &Reading, from: Position) -> &[(Position, String)] {
    let first = reading.rows.iter().position(|row| row.0.bytes >= from.bytes);
    &reading.rows[first.unwrap_or(reading.rows.len())..]
}

/// Reads up to `most` rows.
fn read(
    log: &LogFile,
    head: &LogHead,
    kind: Rows,
    from: Position,
    options: &ReadOptions,
    most: usize,
) -> Reading {
    let mut reading = Reading { end: from, ..Reading::default() };
    let mut stream = LogStream::open(0, log, head, from, options).expect("memory can be read");
    while reading.rows.len() < most {
        let Some(chunk) = stream.next_chunk() else { break };
        let before = reading.rows.len();
        let rows = &mut reading.rows;
        let report = match kind {
            Rows::Any => chunk.rows(options, |row| {
                let mut cells: Vec<String> = (0..row.schema().columns.len())
                    .filter_map(|column| {
                        let text = row.text(column)?;
                        Some(format!(
                            "{}={text} {:?}",
                            row.schema().columns[column].name,
                            row.elements(column)
                        ))
                    })
                    .collect();
                cells.sort();
                rows.push((row.position(), cells.join(" ")));
                enough(rows.len() >= most)
            }),
            Rows::Conn => chunk.conn_rows(options, |record, row| {
                rows.push((row.position(), format!("{record:?}")));
                enough(rows.len() >= most)
            }),
        };
        if kind == Rows::Conn {
            let mut again = Vec::new();
            let positions = reading.rows[before..].iter().map(|row| row.0);
            chunk.conn_rows_at(options, positions, |_, record, row| {
                again.push((row.position(), format!("{record:?}")));
            });
            assert_eq!(again, reading.rows[before..], "rows read again");
        }
        add(&mut reading, &report);
    }
    reading
}

fn enough(enough: bool) -> ControlFlow<()> {
    if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn add(reading: &mut Reading, report: &ChunkReport) {
    reading.other_rows += report.other_rows;
    reading.end = report.end;
    let counts =
        |problems: &Problems| problems.sorted().into_iter().map(|p| (p.kind, p.count)).collect::<Vec<_>>();
    for (kind, count) in counts(&report.problems) {
        *reading.problems.entry(kind).or_insert(0) += count;
    }
    reading.ends.push((report.end, reading.problems.clone()));
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.split(|&byte| byte == b'\n')
}

fn is_blank(line: &[u8]) -> bool {
    String::from_utf8_lossy(line).trim().is_empty()
}

fn is_remark(line: &[u8]) -> bool {
    line.iter().find(|byte| !b" \t".contains(byte)) == Some(&b'#')
}

fn is_json(bytes: &[u8]) -> bool {
    let first = lines(bytes).find(|line| !is_blank(line));
    first.is_some_and(|line| !is_remark(line) && String::from_utf8_lossy(line).trim_start().starts_with('{'))
}

/// How many lines hold data or should, if the first of them is data itself, or if it names the columns.
fn data_lines(bytes: &[u8]) -> [u64; 2] {
    let is_json = is_json(bytes);
    let is_data = |line: &&[u8]| {
        if line.len() > LONGEST_LINE {
            return true;
        }
        let Ok(text) = str::from_utf8(line) else { return true };
        if is_json {
            let text = text.trim();
            return !text.is_empty() && !text.starts_with('#');
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        !line.is_empty() && !is_remark(line)
    };
    // Blanks above everything are passed over.
    let all = lines(bytes).skip_while(|line| is_blank(line)).filter(is_data).count() as u64;
    // What stands above a header of names alone is passed over with it.
    let names = lines(bytes)
        .position(|line| !is_blank(line) && !is_remark(line))
        .filter(|_| may_have_bare_header(bytes));
    let below = names.map(|names| lines(bytes).skip(names + 1).filter(is_data).count() as u64);
    [all, below.unwrap_or(all)]
}

/// Whether the first line of data may be the names of the columns.
fn may_have_bare_header(bytes: &[u8]) -> bool {
    let first = lines(bytes).find(|line| !is_blank(line) && !is_remark(line));
    first.is_some_and(|line| {
        line.contains(&b'\t') && line.split(|byte| b"\t\r".contains(byte)).any(|name| name == b"ts")
    })
}
