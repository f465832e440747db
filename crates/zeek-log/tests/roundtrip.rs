//! What is written reads back as it was, whatever is in it, however it lies on disk and wherever chunks, threads and
//! earlier readings cut it.

mod common;

use std::net::IpAddr;

use common::{
    Conn, Packing, any_rows, conn, conn_rows, joined, packing, read, read_in_parallel, shown, text, written,
};
use proptest::prelude::*;
use zeek_log::write::{Format, Value, Writer};
use zeek_log::{LogFile, Position, ProblemKind, ReadOptions, Schema};

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Tsv), Just(Format::Json)]
}

fn conns() -> impl Strategy<Value = Vec<Conn>> {
    prop::collection::vec(conn(), 0..12)
}

fn chunks_of(chunk: usize) -> ReadOptions {
    ReadOptions { chunk, ..ReadOptions::default() }
}

/// One row of a log of any type, and what is to be read of it.
type OtherRow =
    (String, Option<Vec<String>>, Option<Vec<i32>>, Option<f64>, Option<bool>, Option<IpAddr>, u32);

fn other_row() -> impl Strategy<Value = OtherRow> {
    (
        text(),
        prop::option::of(prop::collection::vec(text(), 0..4)),
        prop::option::of(prop::collection::vec(any::<i32>(), 0..4)),
        prop::option::of(-1e6..1e6),
        any::<Option<bool>>(),
        any::<Option<IpAddr>>(),
        any::<u32>(),
    )
}

fn other_schema() -> Schema {
    Schema::new(
        "other",
        &[
            ("name", "string"),
            ("ts", "time"),
            ("all", "set[string]"),
            ("times", "vector[interval]"),
            ("score", "double"),
            ("up", "bool"),
            ("host", "addr"),
        ],
    )
}

/// What [`any_rows`] makes of a row.
fn other_shown(row: &OtherRow) -> String {
    let (name, all, times, score, up, host, ts) = row;
    let cell =
        |name: &str, text: String, elements: Option<Vec<String>>| format!("{name}={text:?} {elements:?}");
    let one = |name: &str, text: String| cell(name, text, None);
    let mut cells = vec![one("name", name.clone()), one("ts", format!("{ts}.000000"))];
    cells.extend(all.iter().map(|all| cell("all", joined(all), Some(all.clone()))));
    let micros = |time: &i32| format!("{:.6}", f64::from(*time) / 1e6);
    cells.extend(times.iter().map(|times| {
        let times: Vec<_> = times.iter().map(micros).collect();
        cell("times", times.join(","), Some(times))
    }));
    cells.extend(score.map(|score| one("score", format!("{score}"))));
    cells.extend(up.map(|up| one("up", if up { "T" } else { "F" }.into())));
    cells.extend(host.map(|host| one("host", host.to_string())));
    cells.sort();
    cells.join(" ")
}

fn other_written(rows: &[OtherRow], format: Format) -> Vec<u8> {
    let mut log = Writer::new(Vec::new(), &other_schema(), format, None).unwrap();
    for (name, all, times, score, up, host, ts) in rows {
        let all: Option<Vec<&str>> = all.as_ref().map(|all| all.iter().map(String::as_str).collect());
        let times: Option<Vec<f64>> =
            times.as_ref().map(|all| all.iter().map(|&time| f64::from(time) / 1e6).collect());
        log.row(&[
            Value::Text(name),
            Value::Time(f64::from(*ts)),
            all.as_deref().map_or(Value::Unset, Value::Set),
            times.as_deref().map_or(Value::Unset, Value::Intervals),
            score.map_or(Value::Unset, Value::Double),
            up.map_or(Value::Unset, Value::Bool),
            host.map_or(Value::Unset, Value::Addr),
        ])
        .unwrap();
    }
    log.finish(None).unwrap()
}

proptest! {
    #[test]
    fn connections_survive(
        conns in conns(), format in format(), packing in packing(), chunk in 1usize..200, threads in 1usize..5,
    ) {
        let bytes = written(&conns, format);
        let log = LogFile::memory("log", packing.pack(&bytes));
        let whole = read(&log, Position::default(), &ReadOptions::default(), conn_rows).unwrap();
        prop_assert_eq!(whole.records(), shown(&conns));
        prop_assert_eq!((whole.problems.len(), whole.end.bytes), (0, bytes.len() as u64));

        let small = chunks_of(chunk);
        let pieces = read(&log, Position::default(), &small, conn_rows).unwrap();
        prop_assert_eq!(&pieces.rows, &whole.rows);
        for end in &pieces.ends {
            let rest = read(&log, *end, &small, conn_rows).unwrap();
            let read_before = whole.rows.iter().filter(|row| row.0.bytes < end.bytes).count();
            prop_assert_eq!(&rest.rows, &whole.rows[read_before..]);
        }
        let whole = whole.whole();
        for reading in read_in_parallel(&log, 3, threads, &small, conn_rows).unwrap() {
            prop_assert_eq!(&reading, &whole);
        }
    }

    #[test]
    fn rows_of_other_logs_survive(
        rows in prop::collection::vec(other_row(), 0..8), format in format(), packing in packing(), chunk in 1usize..200,
    ) {
        // A set of one empty text is written like an empty set.
        let rows: Vec<_> = rows.into_iter().map(|mut row| {
            row.1 = row.1.filter(|all| *all != [""]);
            row
        }).collect();
        let log = LogFile::memory("log", packing.pack(&other_written(&rows, format)));
        let reading = read(&log, Position::default(), &chunks_of(chunk), any_rows).unwrap();
        let expected: Vec<_> = rows.iter().map(other_shown).collect();
        prop_assert_eq!(reading.records(), expected);
        prop_assert_eq!(reading.problems, []);
    }

    #[test]
    fn a_log_that_grows_is_read_once(
        conns in conns(), format in format(), chunk in 1usize..200, cut in 0usize..=1000, gzip: bool,
    ) {
        let bytes = written(&conns, format);
        // One member, as gzip writes: a file that is cut between two can't be told from a whole one.
        let packing = if gzip { Packing::Gzip(vec![]) } else { Packing::Plain };
        let bytes = packing.pack(&bytes);
        let options = ReadOptions { hold_unfinished_line: true, ..chunks_of(chunk) };
        let log = LogFile::memory("log", &bytes[..bytes.len() * cut / 1000]);
        let (mut rows, end) = match read(&log, Position::default(), &options, conn_rows) {
            Some(reading) => (reading.rows, reading.end),
            None => Default::default(),
        };
        let log = LogFile::memory("log", bytes);
        rows.extend(read(&log, end, &options, conn_rows).unwrap().rows);
        prop_assert_eq!(rows, read(&log, Position::default(), &ReadOptions::default(), conn_rows).unwrap().rows);
    }

    #[test]
    fn line_ends_and_marks_of_other_systems_change_no_record(conns in conns(), format in format(), chunk in 1usize..200) {
        let bytes = String::from_utf8(written(&conns, format)).unwrap();
        let other = format!("\u{feff}{}", bytes.replace('\n', "\r\n"));
        let log = LogFile::memory("log", other.into_bytes());
        let reading = read(&log, Position::default(), &chunks_of(chunk), conn_rows).unwrap();
        prop_assert_eq!(reading.records(), shown(&conns));
        prop_assert_eq!(reading.problems, []);
    }

    #[test]
    fn lines_that_can_not_be_read_cost_no_other(
        conns in prop::collection::vec(conn(), 1..8), format in format(), chunk in 1usize..3000, places: [usize; 3],
    ) {
        const LONGEST: usize = 100_000;
        let bytes = written(&conns, format);
        let long = [b'x'; LONGEST + 1];
        let mut lines: Vec<&[u8]> = bytes.strip_suffix(b"\n").unwrap().split(|&byte| byte == b'\n').collect();
        let first_row = lines.len() - conns.len() + 1;
        for (junk, place) in [&b"\xff\xfe"[..], b"{cut", &long].into_iter().zip(places) {
            lines.insert(first_row + place % (lines.len() - first_row + 1), junk);
        }
        let log = LogFile::memory("log", lines.join(&b'\n'));
        let options = ReadOptions { longest_line: LONGEST, ..chunks_of(chunk) };
        let reading = read(&log, Position::default(), &options, conn_rows).unwrap();
        prop_assert_eq!(reading.records(), shown(&conns));
        prop_assert_eq!(reading.count(ProblemKind::BadUtf8), 1);
        prop_assert_eq!(reading.count(ProblemKind::OverlongLine), 1);
        let cut = if format == Format::Tsv { ProblemKind::CutRow } else { ProblemKind::BadJson };
        prop_assert_eq!(reading.count(cut), 1);
    }

    #[test]
    fn a_file_over_the_limit_gives_its_first_rows(
        conns in conns(), format in format(), packing in packing(), chunk in 1usize..200, limit in 0usize..=1000,
    ) {
        let bytes = written(&conns, format);
        let limit = bytes.len() * limit / 1000;
        let log = LogFile::memory("log", packing.pack(&bytes));
        let options = ReadOptions { largest_file: limit as u64, ..chunks_of(chunk) };
        let whole = read(&log, Position::default(), &ReadOptions::default(), conn_rows).unwrap();
        let reading = read(&log, Position::default(), &options, conn_rows).unwrap();
        // A line without its end is taken for cut, except an object that is whole.
        let ends_within = |at: u64| match bytes[at as usize..].iter().position(|&byte| byte == b'\n') {
            Some(length) => at as usize + length + usize::from(format == Format::Tsv) <= limit,
            None => false,
        };
        let expected: Vec<_> = whole.rows.iter().filter(|row| ends_within(row.0.bytes)).cloned().collect();
        prop_assert_eq!(&reading.rows, &expected);
        prop_assert_eq!(reading.count(ProblemKind::TooLarge), u64::from(limit < bytes.len()));
        for again in read_in_parallel(&log, 2, 2, &options, conn_rows).unwrap() {
            prop_assert_eq!(&again.rows, &expected);
        }
    }

    #[test]
    fn any_bytes_are_fine(
        bytes: Vec<u8>, conns in conns(), format in format(), packing in packing(), chunk in 1usize..200,
        cut in 0usize..=1000, damage in prop::option::of((0usize..1000, any::<u8>())),
    ) {
        let mut damaged = packing.pack(&written(&conns, format));
        damaged.truncate(damaged.len() * cut / 1000);
        if let Some((place, mask)) = damage
            && !damaged.is_empty()
        {
            let place = damaged.len() * place / 1000;
            damaged[place] ^= mask;
        }
        for bytes in [packing.pack(&bytes), bytes, damaged] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            let log = LogFile::path(file.path());
            for rows_of in [conn_rows, any_rows] {
                let whole = read(&log, Position::default(), &ReadOptions::default(), rows_of).map(common::Reading::whole);
                let pieces = read(&log, Position::default(), &chunks_of(chunk), rows_of).map(common::Reading::whole);
                // How much of a damaged file is read depends on how much is decompressed at a time.
                if whole.as_ref().is_none_or(|whole| whole.count(ProblemKind::CorruptFile) == 0) {
                    prop_assert_eq!(&pieces, &whole);
                }
                let parallel = read_in_parallel(&log, 1, 2, &ReadOptions::default(), rows_of);
                prop_assert_eq!(parallel.map(|mut readings| readings.remove(0)), whole);
            }
        }
    }
}

#[test]
fn members_of_the_same_size_are_all_read() {
    let row = "1.5\tC1\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n";
    let header = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n";
    let rows = row.repeat(2);
    let packed =
        [common::gzip(header.as_bytes()), common::gzip(rows.as_bytes()), common::gzip(rows.as_bytes())]
            .concat();
    let log = LogFile::memory("log", packed);
    let options = ReadOptions::default();
    assert_eq!(read(&log, Position::default(), &options, conn_rows).unwrap().rows.len(), 4);
    assert_eq!(read_in_parallel(&log, 2, 2, &options, conn_rows).unwrap()[1].rows.len(), 4);
}

#[test]
fn a_header_may_change_within_a_log() {
    let first = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n\
                 1.0\tC1\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n#close\t2020-01-01-00-00-00\n";
    let second = "#separator \\x7c\n#set_separator|;\n#unset_field|?\n#empty_field|nil\n#path|conn\n\
                  #fields|proto|parents|uid|id_resp_p|id_resp_h|id_orig_p|id_orig_h|ts\nudp|C1;C,2;nil|?|4|::2|3|::1|2.0\n";
    let dns = "#separator \\x09\n#path\tdns\n#fields\tts\tquery\n3.0\texample.org\n";
    let bytes = [first, second, dns, first].concat();
    let log = LogFile::memory("log", bytes.into_bytes());
    let whole = read(&log, Position::default(), &ReadOptions::default(), conn_rows).unwrap();
    assert_eq!((whole.rows.len(), whole.problems.len()), (3, 0), "{whole:?}");
    assert!(whole.rows[1].1.contains("ts: 2.0, uid: None, orig_h: ::1, orig_p: 3"), "{whole:?}");
    assert!(whole.rows[1].1.contains(r#"tunnel_parents: Some("C1,C\\x2c2,")"#), "{whole:?}");
    for chunk in 1..80 {
        let pieces = read(&log, Position::default(), &chunks_of(chunk), conn_rows).unwrap();
        assert_eq!(pieces.rows, whole.rows, "in chunks of {chunk}");
    }
}
