//! Connections of any content, logs of them in every form, and readings of these to compare.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

use flate2::write::GzEncoder;
use proptest::prelude::*;
use zeek_log::write::{Format, Writer};
use zeek_log::{
    Chunk, ChunkReport, Column, ConnRecord, LogFile, LogStream, Part, Planned, Position, ProblemKind,
    Problems, ReadOptions, Schema, read_parallel,
};

/// Text of any content, with what has a meaning in a log more often than by chance.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "-", "(empty)", "", "\\x41", "\\\\", "\\", "a\tb", "#fields", " #x", "a,b", ",", "\\x2c", "T", "{", "\"", "\r",
            "a\nb", "\u{feff}", "\u{7f}", "Zürich", "日本", "   ", "null", "C1",
        ]).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9^-]{1,18}",
        2 => any::<String>(),
    ]
}

/// The text of a set: its elements joined by commas, with escapes for commas and backslashes within one.
pub(crate) fn joined(elements: &[String]) -> String {
    let escaped = |element: &String| element.replace('\\', "\\x5c").replace(',', "\\x2c");
    elements.iter().map(escaped).collect::<Vec<_>>().join(",")
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..10, any::<u64>(), Just(0), Just(u64::MAX), Just(1 << 53), Just((1 << 53) + 1)]
}

/// Seconds that are whole microseconds: what Zeek writes.
fn seconds(from: i64, to: i64) -> impl Strategy<Value = f64> {
    prop_oneof![from..to, Just(0), Just(1), Just(to)].prop_map(|micros| micros as f64 / 1e6)
}

fn address() -> impl Strategy<Value = IpAddr> {
    let mapped = any::<Ipv4Addr>().prop_map(|v4| v4.to_ipv6_mapped().into());
    let sparse = (any::<[u16; 8]>(), any::<u8>()).prop_map(|(groups, mask)| {
        IpAddr::from(std::array::from_fn::<u16, 8, _>(|i| if mask >> i & 1 == 1 { groups[i] } else { 0 }))
    });
    prop_oneof![
        any::<Ipv4Addr>().prop_map(IpAddr::from),
        any::<Ipv6Addr>().prop_map(IpAddr::from),
        sparse,
        mapped
    ]
}

/// A connection that owns its text.
#[derive(Clone, Debug)]
pub(crate) struct Conn {
    times: (f64, Option<f64>),
    ends: (IpAddr, u16, IpAddr, u16),
    proto: String,
    texts: Vec<Option<String>>,
    sets: Vec<Option<Vec<String>>>,
    counts: Vec<Option<u64>>,
    truths: Vec<Option<bool>>,
    tags: Vec<Option<i64>>,
}

pub(crate) fn conn() -> impl Strategy<Value = Conn> {
    let times = (
        seconds(-1_000_000_000, 4_102_444_800_000_000),
        prop::option::of(seconds(-1_000, 1_000_000_000_000)),
    );
    let ends = (address(), any::<u16>(), address(), any::<u16>());
    let texts = prop::collection::vec(prop::option::of(text()), 7);
    let sets = prop::collection::vec(prop::option::of(prop::collection::vec(text(), 0..4)), 2);
    let counts = prop::collection::vec(prop::option::of(number()), 8);
    let truths = prop::collection::vec(any::<Option<bool>>(), 2);
    let tags = prop::collection::vec(any::<Option<i64>>(), 2);
    (times, ends, text(), texts, sets, counts, truths, tags).prop_map(
        |(times, ends, proto, texts, sets, counts, truths, tags)| Conn {
            times,
            ends,
            proto,
            texts,
            sets,
            counts,
            truths,
            tags,
        },
    )
}

impl Conn {
    fn with_record<T>(&self, take: impl FnOnce(&ConnRecord<'_>) -> T) -> T {
        let sets: Vec<Option<String>> = self.sets.iter().map(|set| set.as_deref().map(joined)).collect();
        take(&ConnRecord {
            ts: self.times.0,
            uid: self.texts[0].as_deref(),
            orig_h: self.ends.0,
            orig_p: self.ends.1,
            resp_h: self.ends.2,
            resp_p: self.ends.3,
            proto: &self.proto,
            service: self.texts[1].as_deref(),
            duration: self.times.1,
            orig_bytes: self.counts[0],
            resp_bytes: self.counts[1],
            conn_state: self.texts[2].as_deref(),
            local_orig: self.truths[0],
            local_resp: self.truths[1],
            missed_bytes: self.counts[2],
            history: self.texts[3].as_deref(),
            orig_pkts: self.counts[3],
            orig_ip_bytes: self.counts[4],
            resp_pkts: self.counts[5],
            resp_ip_bytes: self.counts[6],
            tunnel_parents: sets[0].as_deref(),
            ip_proto: self.counts[7],
            vlan: self.tags[0],
            inner_vlan: self.tags[1],
            orig_l2_addr: self.texts[4].as_deref(),
            resp_l2_addr: self.texts[5].as_deref(),
            community_id: self.texts[6].as_deref(),
            failed_service: sets[1].as_deref(),
        })
    }
}

/// The records as text, to compare with what is read.
pub(crate) fn shown(conns: &[Conn]) -> Vec<String> {
    conns.iter().map(|conn| conn.with_record(|record| format!("{record:?}"))).collect()
}

/// All columns that a conn log may have.
fn schema() -> Schema {
    let mut schema = Schema::conn();
    for (name, kind) in [
        ("vlan", "int"),
        ("inner_vlan", "int"),
        ("orig_l2_addr", "string"),
        ("resp_l2_addr", "string"),
        ("community_id", "string"),
        ("failed_service", "set[string]"),
    ] {
        schema.columns.push(Column { name: name.into(), kind: kind.into() });
    }
    schema
}

pub(crate) fn written(conns: &[Conn], format: Format) -> Vec<u8> {
    let mut log = Writer::new(Vec::new(), &schema(), format, None).unwrap();
    if format == Format::Json && conns.first().is_some_and(|first| first.texts[2].is_none()) {
        // A JSON log without a name is known as conn by what is in its first row.
        return json_with_path(conns);
    }
    for conn in conns {
        conn.with_record(|record| log.conn(record)).unwrap();
    }
    log.finish(None).unwrap()
}

fn json_with_path(conns: &[Conn]) -> Vec<u8> {
    let mut schema = schema();
    schema.columns.push(Column { name: "_path".into(), kind: "string".into() });
    let mut log = Writer::new(Vec::new(), &schema, Format::Json, None).unwrap();
    for conn in conns {
        conn.with_record(|record| log.conn_with(record, &[zeek_log::write::Value::Text("conn")])).unwrap();
    }
    log.finish(None).unwrap()
}

/// How a log lies on disk.
#[derive(Clone, Debug)]
pub(crate) enum Packing {
    Plain,
    /// Members that end at these parts of 1024 of the whole, some of them maybe empty.
    Gzip(Vec<usize>),
    Zstd,
}

pub(crate) fn packing() -> impl Strategy<Value = Packing> {
    let gzip = prop::collection::vec(0usize..=1024, 0..3).prop_map(|mut ends| {
        ends.sort_unstable();
        Packing::Gzip(ends)
    });
    prop_oneof![Just(Packing::Plain), gzip, Just(Packing::Zstd)]
}

impl Packing {
    pub(crate) fn pack(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => bytes.to_vec(),
            Self::Gzip(ends) => {
                let mut packed = Vec::new();
                let mut from = 0;
                for end in ends.iter().map(|end| bytes.len() * end / 1024).chain([bytes.len()]) {
                    packed.extend(gzip(&bytes[from..end]));
                    from = end;
                }
                packed
            }
            Self::Zstd => zstd::encode_all(bytes, 1).unwrap(),
        }
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What came of reading a log, or the rest of one.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) rows: Vec<(Position, String)>,
    pub(crate) problems: Vec<(ProblemKind, u64)>,
    pub(crate) end: Position,
    /// The end of each chunk. Not compared between readings, as chunks differ.
    pub(crate) ends: Vec<Position>,
}

impl Reading {
    pub(crate) fn records(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row.1.as_str()).collect()
    }

    pub(crate) fn count(&self, kind: ProblemKind) -> u64 {
        self.problems.iter().find(|problem| problem.0 == kind).map_or(0, |problem| problem.1)
    }

    fn add(&mut self, rows: Vec<(Position, String)>, report: &ChunkReport, problems: &mut Problems) {
        self.rows.extend(rows);
        problems.merge(&report.problems);
        self.problems = problems.sorted().into_iter().map(|problem| (problem.kind, problem.count)).collect();
        self.end = report.end;
        self.ends.push(report.end);
    }

    /// Forgets where chunks ended.
    pub(crate) fn whole(mut self) -> Self {
        self.ends.clear();
        self
    }
}

/// What is read of each row of a chunk.
pub(crate) type Rows = fn(&Chunk, &ReadOptions) -> (Vec<(Position, String)>, ChunkReport);

/// Typed records; those that are read again by position must be the same.
pub(crate) fn conn_rows(chunk: &Chunk, options: &ReadOptions) -> (Vec<(Position, String)>, ChunkReport) {
    let mut rows = Vec::new();
    let report = chunk.conn_rows(options, |record, row| {
        rows.push((row.position(), format!("{record:?}")));
        ControlFlow::Continue(())
    });
    let mut again = Vec::new();
    chunk.conn_rows_at(options, rows.iter().step_by(2).map(|row| row.0), |place, record, row| {
        assert_eq!(row.position(), rows[2 * place].0, "a row comes with its place");
        again.push((row.position(), format!("{record:?}")));
    });
    assert!(again.iter().eq(rows.iter().step_by(2)), "rows read again by position");
    (rows, report)
}

/// Text of every column that is set, by name, and the elements of sets and vectors.
pub(crate) fn any_rows(chunk: &Chunk, options: &ReadOptions) -> (Vec<(Position, String)>, ChunkReport) {
    let mut rows = Vec::new();
    let report = chunk.rows(options, |row| {
        let mut cells = Vec::new();
        for (i, column) in row.schema().columns.iter().enumerate() {
            let Some(text) = row.text(i) else { continue };
            let is_set = column.is_container() || row.is_json() && row.raw(i).unwrap().starts_with('[');
            let elements = if is_set { row.elements(i) } else { None };
            cells.push(format!("{}={text:?} {elements:?}", column.name));
        }
        cells.sort();
        rows.push((row.position(), cells.join(" ")));
        ControlFlow::Continue(())
    });
    (rows, report)
}

/// Reads the rest of one log in one thread. `None` where it is refused.
pub(crate) fn read(log: &LogFile, from: Position, options: &ReadOptions, rows_of: Rows) -> Option<Reading> {
    let mut reading = Reading::default();
    let mut problems = Problems::default();
    let head = log.any_head(options).ok()?;
    let mut stream = LogStream::open(0, log, &head, from, options).unwrap();
    while let Some(chunk) = stream.next_chunk() {
        let (rows, report) = rows_of(&chunk, options);
        reading.add(rows, &report, &mut problems);
    }
    Some(reading)
}

/// Reads the same log several times over in several threads. `None` where it is refused.
pub(crate) fn read_in_parallel(
    log: &LogFile,
    times: usize,
    threads: usize,
    options: &ReadOptions,
    rows_of: Rows,
) -> Option<Vec<Reading>> {
    let head = log.any_head(options).ok()?;
    let planned = Planned { log: log.clone(), head, from: Position::default() };
    let mut readings: Vec<(Reading, Problems, bool)> = Vec::new();
    read_parallel(
        &vec![planned; times],
        options,
        threads,
        |chunk| rows_of(chunk, options),
        |file, read| {
            let Part { last, value: (rows, report) } = read.unwrap();
            if readings.len() == file {
                readings.push(Default::default());
            }
            let (reading, problems, ended) = readings.last_mut().unwrap();
            assert!(!*ended, "a chunk behind the last");
            *ended = last;
            reading.add(rows, &report, problems);
            ControlFlow::Continue(())
        },
    );
    assert!(readings.iter().all(|reading| reading.2), "every file has a last chunk");
    Some(readings.into_iter().map(|reading| reading.0.whole()).collect())
}
