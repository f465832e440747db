//! How many rows a second one core takes from the text of a companion log to features, and what a connection without rows costs.
#![allow(missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use oddflow_features::companion::{CompanionReader, CompanionRow, CompanionState, Kind};
use zeek_log::{Chunk, LogFile, LogStream, Position, ReadOptions};

const ROWS: u64 = 4096;

/// Numbers that look random and never change: the golden ratio's multiples.
fn number(nth: u64) -> u64 {
    nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

fn dns() -> String {
    let mut text = String::from(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\trtt\tquery\tqclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\trejected\n",
    );
    for nth in 0..ROWS {
        let n = number(nth);
        writeln!(
            text,
            "{}.{:06}\tC{n:016x}\t10.0.0.{}\t{}\t10.0.0.1\t53\tudp\t{}\t0.012\thost{:x}.edge.site{}.com\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0\t192.0.2.7\t300.0\tF",
            1_772_410_000 + nth / 4,
            n % 1_000_000,
            n % 60,
            1024 + n % 60_000,
            n % 65_536,
            n % 5000,
            n % 700,
        )
        .expect("a string");
    }
    text
}

fn chunk(text: String) -> Chunk {
    let options = ReadOptions::default();
    let log = LogFile::memory("dns.log", text.into_bytes());
    let head = log.any_head(&options).expect("a log");
    let mut stream = LogStream::open(0, &log, &head, Position::default(), &options).expect("a log");
    stream.next_chunk().expect("a chunk")
}

fn read(chunk: &Chunk) -> Vec<CompanionRow> {
    let mut reader = None;
    let mut rows = Vec::with_capacity(ROWS as usize);
    chunk.rows(&ReadOptions::default(), |row| {
        let reader = reader.get_or_insert_with(|| CompanionReader::new(Kind::Dns, 7, row.schema()));
        rows.extend(reader.read(row));
        ControlFlow::Continue(())
    });
    rows
}

fn companion(c: &mut Criterion) {
    let chunk = chunk(dns());
    let rows = read(&chunk);
    let mut state = CompanionState::new();
    for row in &rows {
        state.take(row);
    }
    let mut group = c.benchmark_group("companion");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("cells", |b| {
        b.iter(|| {
            chunk.rows(&ReadOptions::default(), |row| {
                black_box(row.raw(1)).map_or(ControlFlow::Break(()), |_| ControlFlow::Continue(()))
            })
        });
    });
    group.bench_function("cells and facts", |b| b.iter(|| read(black_box(&chunk))));
    group.bench_function("features", |b| {
        b.iter_batched_ref(
            || state.clone(),
            |state| rows.iter().filter(|row| state.take(row).is_some()).count(),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("connections without rows", |b| {
        b.iter_batched_ref(
            || state.clone(),
            |state| (1..=ROWS).filter(|nth| state.connection(number(nth + ROWS), 0.0).is_zero()).count(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, companion);
criterion_main!(benches);
