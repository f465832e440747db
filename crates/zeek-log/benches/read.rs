//! How many rows a second are read, in one thread: plain TSV, gzipped TSV and JSON, the same rows in each.
//!
//! The log is made by the writer from a generator of its own, so a run needs nothing and always reads the same bytes.

use std::hint::black_box;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::ControlFlow;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zeek_log::write::{Format, Output, Writer};
use zeek_log::{ConnRecord, LogFile, LogStream, Position, ReadOptions, Schema};

const ROWS: u64 = 50_000;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn address(&mut self) -> IpAddr {
        let low = self.below(0xffff) as u16;
        if self.below(10) == 0 {
            Ipv6Addr::new(0xfe80, 0, 0, 0, self.below(0xffff) as u16, 0xff, 0xfe00, low).into()
        } else {
            Ipv4Addr::from(0xc0a8_0000 | u32::from(low)).into()
        }
    }
}

/// Connections of a home network, near enough in the length and kind of their values.
fn log(format: Format) -> Vec<u8> {
    let mut random = Random(7);
    let mut log = Writer::new(Vec::new(), &Schema::conn(), format, None).unwrap();
    for i in 0..ROWS {
        let is_empty = random.below(3) == 0;
        let bytes = (!is_empty).then(|| random.next() >> (64 - 1 - random.below(24)));
        let uid = format!("C{:017x}", random.next());
        let record = ConnRecord {
            ts: 1_700_000_000.0 + i as f64 * 0.482_391,
            uid: Some(&uid),
            orig_h: random.address(),
            orig_p: random.below(65536) as u16,
            resp_h: random.address(),
            resp_p: [53, 80, 443, 5353][random.below(4) as usize],
            proto: ["tcp", "udp"][random.below(2) as usize],
            service: [None, None, Some("dns"), Some("ssl"), Some("quic,ssl")][random.below(5) as usize],
            duration: bytes.map(|_| random.below(100_000_000) as f64 / 1e6),
            orig_bytes: bytes,
            resp_bytes: bytes,
            conn_state: Some(["SF", "S0", "OTH", "RSTO"][random.below(4) as usize]),
            local_orig: Some(true),
            local_resp: Some(false),
            missed_bytes: Some(0),
            history: Some(["Dd", "D", "ShADadFf", "^dDa"][random.below(4) as usize]),
            orig_pkts: Some(random.below(100)),
            orig_ip_bytes: Some(random.below(100_000)),
            resp_pkts: Some(random.below(100)),
            resp_ip_bytes: Some(random.below(100_000)),
            tunnel_parents: None,
            ip_proto: Some(17),
            vlan: None,
            inner_vlan: None,
            orig_l2_addr: None,
            resp_l2_addr: None,
            community_id: None,
            failed_service: None,
        };
        log.conn(&record).unwrap();
    }
    log.finish(None).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut output = Output::gzip(Vec::new(), 6);
    output.write_all(bytes).unwrap();
    output.finish().unwrap()
}

fn rows(log: &LogFile) -> u64 {
    let options = ReadOptions::default();
    let head = log.conn_head(&options).unwrap();
    let mut stream = LogStream::open(0, log, &head, Position::default(), &options).unwrap();
    let mut rows = 0;
    while let Some(chunk) = stream.next_chunk() {
        let report = chunk.conn_rows(&options, |record, _| {
            black_box(record);
            ControlFlow::Continue(())
        });
        rows += report.rows;
    }
    rows
}

fn read(criterion: &mut Criterion) {
    let tsv = log(Format::Tsv);
    let logs = [("gzipped TSV", gzip(&tsv)), ("plain TSV", tsv), ("JSON", log(Format::Json))];
    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements(ROWS)).sample_size(20);
    for (name, bytes) in logs {
        let log = LogFile::memory(name, bytes);
        assert_eq!(rows(&log), ROWS);
        group.bench_function(name, |bencher| bencher.iter(|| rows(&log)));
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
