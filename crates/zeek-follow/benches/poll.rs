//! What a poll costs: over 10,000 files of history that have been read, and over one live log that grows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use zeek_follow::{Follower, Ledger, LedgerError, Mode, Now, Root, Settings};
use zeek_log::{LogIdentity, Position};

const FILES: usize = 10_000;
/// Logs of an hour: conn and those beside it.
const KINDS: [&str; 8] = ["conn", "dns", "http", "ssl", "ssh", "files", "smb_files", "smb_mapping"];

/// Says of every log that all of it was read.
#[derive(Default)]
struct AllRead(RefCell<BTreeMap<LogIdentity, Position>>);

impl Ledger for AllRead {
    fn position(&self, log: &LogIdentity) -> Result<Option<Position>, LedgerError> {
        let whole = Position { bytes: u64::from(u32::MAX), lines: 1 };
        Ok(Some(self.0.borrow().get(log).copied().unwrap_or(whole)))
    }
}

fn log(kind: &str, number: usize, rows: usize) -> String {
    let row = "10.0.0.1\t1\t10.0.0.2\t2\ttcp\tSF\n";
    let rows: String = (0..rows).map(|i| format!("{i}.5\tC{number}x{i}\t{row}")).collect();
    format!(
        "#separator \\x09\n#path\t{kind}\n#open\t2024-05-01-00-00-00\n\
         #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n{rows}"
    )
}

fn history(root: &Path) {
    for number in 0..FILES {
        let (hour, kind) = (number / KINDS.len(), KINDS[number % KINDS.len()]);
        let (day, hour) = (hour / 24, hour % 24);
        let folder = root.join(format!("2024-{:02}-{:02}", 1 + day / 28, 1 + day % 28));
        fs::create_dir_all(&folder).expect("a folder for a day");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(log(kind, number, 100).as_bytes()).expect("memory takes everything");
        let name = format!("{kind}.{hour:02}:00:00-{:02}:00:00.log.gz", (hour + 1) % 24);
        fs::write(folder.join(name), gz.finish().expect("memory takes everything")).expect("a log");
    }
}

fn follower(root: &Path, mode: Mode) -> Follower {
    let beside = KINDS[1..].iter().map(|kind| (*kind).into()).collect();
    let settings = Settings { mode, beside, looks: usize::MAX, ..Settings::default() };
    Follower::new(vec![Root { path: root.to_owned(), sensor: "sensor".into() }], settings)
}

fn poll(criterion: &mut Criterion) {
    let root = tempfile::tempdir().expect("a folder");
    history(root.path());
    // Late enough for every file to be long finished.
    let now = Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH + Duration::from_secs(4 << 30) };
    let ledger = AllRead::default();
    let mut group = criterion.benchmark_group("poll");
    group.sample_size(10);
    group.bench_function("first, 10,000 files", |bench| {
        let new = || follower(root.path(), Mode::Rotated);
        bench.iter_batched(new, |mut new| black_box(new.poll(now, &ledger)).is_ok(), BatchSize::PerIteration);
    });
    let mut known = follower(root.path(), Mode::Rotated);
    known.poll(now, &ledger).expect("the ledger always tells");
    group.bench_function("next, 10,000 files", |bench| {
        bench.iter(|| black_box(known.poll(now, &ledger)).is_ok());
    });
    let current = root.path().join("current");
    fs::create_dir_all(&current).expect("a folder");
    let live = current.join("conn.log");
    fs::write(&live, log("conn", FILES, 2_000_000)).expect("a log of some 90 MB");
    let end = fs::metadata(&live).expect("it is there").len();
    let mut known = follower(root.path(), Mode::Live);
    let first = known.poll(now, &ledger).expect("the ledger always tells");
    drop(first);
    let head =
        zeek_log::LogFile::path(&live).conn_head(&zeek_log::ReadOptions::default()).expect("a conn log");
    let at_end = Position { bytes: end, lines: 2_000_004 };
    ledger.0.borrow_mut().insert(head.identity.expect("it has rows"), at_end);
    fs::OpenOptions::new()
        .append(true)
        .open(&live)
        .and_then(|mut live| live.write_all(b"1.5\tCnew\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\tSF\n"))
        .expect("a row more");
    group.bench_function("next, 10,000 files and a live log of 90 MB with a new row", |bench| {
        bench.iter(|| {
            let poll = known.poll(now, &ledger).expect("the ledger always tells");
            let log = poll.hours[0].main.as_ref().expect("it has a new row");
            let options = zeek_log::ReadOptions { hold_unfinished_line: true, ..Default::default() };
            let mut stream = zeek_log::LogStream::open(0, &log.log, &log.head, log.from, &options)
                .expect("it is still there");
            black_box(stream.next_chunk()).map_or(0, |chunk| chunk.len())
        });
    });
    group.finish();
}

criterion_group!(benches, poll);
criterion_main!(benches);
