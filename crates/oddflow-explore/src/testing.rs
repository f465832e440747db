//! Made-up connections for tests, and readings of them.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;

use zeek_log::{ConnRecord, LogFile, Planned, Position, ReadOptions, read_parallel};

use crate::exploration::Limits;
use crate::{Exploration, Health, Options, Partial, Statistics};

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// A connection with nothing set that may be unset.
pub(crate) fn bare(ts: f64) -> ConnRecord<'static> {
    ConnRecord::bare(ts, ([192, 168, 0, 2], 50_000), ([198, 51, 100, 7], 443), "tcp")
}

/// Connections of a small network over some days, roughly in order.
pub(crate) fn connections(seed: u64, rows: usize) -> Vec<ConnRecord<'static>> {
    let mut random = Random(seed);
    let mut ts = 1_740_000_000.0;
    let address = |random: &mut Random| -> IpAddr {
        match random.below(10) {
            0..5 => Ipv4Addr::new(192, 168, 0, random.below(6) as u8).into(),
            5..9 => Ipv4Addr::new(198, 51, 100, random.below(40) as u8).into(),
            _ => format!("2001:db8::{:x}", random.below(20)).parse().expect("an address"),
        }
    };
    let count = |random: &mut Random| {
        let bits = random.below(40);
        (random.below(4) > 0).then(|| random.below(1 << bits))
    };
    let mut log = Vec::new();
    for _ in 0..rows {
        ts += random.below(2_000_000_000) as f64 / 1e6;
        let has_answer = random.below(4) > 0;
        log.push(ConnRecord {
            orig_h: address(&mut random),
            orig_p: 1024 + random.below(300) as u16,
            resp_h: address(&mut random),
            resp_p: [53, 80, 443, 8080][random.below(4) as usize],
            proto: ["tcp", "tcp", "udp", "icmp", "unknown_transport"][random.below(5) as usize],
            service: [None, Some("dns"), Some("ssl,http"), Some("http,ssl"), Some("")]
                [random.below(5) as usize],
            duration: has_answer.then(|| random.below(100_000_000) as f64 / 1e6 - 0.5),
            orig_bytes: count(&mut random),
            resp_bytes: count(&mut random),
            conn_state: [None, Some("SF"), Some("S0"), Some("REJ"), Some("OTH")][random.below(5) as usize],
            local_orig: [None, Some(true), Some(false)][random.below(3) as usize],
            missed_bytes: Some(random.below(2) * random.below(100)),
            history: [None, Some("ShADadFf"), Some("^dtT"), Some("Scg")][random.below(4) as usize],
            orig_pkts: Some(random.below(100)),
            orig_ip_bytes: count(&mut random),
            resp_pkts: Some(7),
            ..bare(ts - random.below(100) as f64)
        });
    }
    log
}

/// The statistics of records that are cut into parts of so many rows, in turn.
pub(crate) fn explore_cut(
    log: &[ConnRecord<'_>],
    cuts: &[usize],
    options: &Options,
    limits: Limits,
) -> Statistics {
    let mut exploration = Exploration::with_limits(options, limits);
    let mut rest = log;
    let mut sizes = cuts.iter().copied().cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let (part, later) = rest.split_at(size);
        let mut partial = Partial::default();
        part.iter().for_each(|record| partial.add(record));
        exploration.merge(partial);
        rest = later;
    }
    exploration.finish(&Health::default())
}

/// The statistics of records in one piece.
pub(crate) fn explore(log: &[ConnRecord<'_>], options: &Options) -> Statistics {
    explore_cut(log, &[], options, Limits::default())
}

/// The statistics of a log as Zeek writes it, read by so many threads in chunks of so many bytes.
pub(crate) fn explore_text(text: &str, options: &Options, threads: usize, chunk: usize) -> Statistics {
    let read = ReadOptions { chunk, ..ReadOptions::default() };
    let log = LogFile::memory("conn.log", text.as_bytes().to_vec());
    let head = log.conn_head(&read).expect("a conn log");
    let plan = [Planned { log, head, from: Position::default() }];
    let mut exploration = Exploration::new(options);
    let work = |chunk: &zeek_log::Chunk| {
        let mut partial = Partial::default();
        chunk.conn_rows(&read, |record, _| {
            partial.add(record);
            ControlFlow::Continue(())
        });
        partial.settled()
    };
    read_parallel(&plan, &read, threads, work, |_, part| {
        exploration.merge(part.expect("readable").value);
        ControlFlow::Continue(())
    });
    exploration.finish(&Health { files: 1, ..Health::default() })
}
