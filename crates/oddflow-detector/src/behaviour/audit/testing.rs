//! Made-up traffic for tests: people at ten desks for half a day, and what is planted among it.

use std::net::{IpAddr, Ipv4Addr};

use oddflow_features::behaviour::Fields;
use zeek_log::ConnRecord;

use super::super::{Baseline, BaselineChunk};
use super::{AddressBook, Audit, Finding};

/// When the traffic begins: 2026-03-02, 08:00 UTC.
pub(in crate::behaviour) const MORNING: f64 = 1_772_438_400.0;

/// Connections to be put in order.
#[derive(Default)]
pub(in crate::behaviour) struct Traffic(pub(in crate::behaviour) Vec<ConnRecord<'static>>);

/// SplitMix64: plain, and the same everywhere.
struct Dice(u64);

impl Dice {
    /// At least 0 and below 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, end: u8) -> u8 {
        (self.roll() * f64::from(end)) as u8
    }
}

pub(in crate::behaviour) fn host(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

pub(in crate::behaviour) fn server(last: u8) -> IpAddr {
    Ipv4Addr::new(93, 184, 0, last).into()
}

/// A whole TCP connection to port 443.
pub(in crate::behaviour) fn connection(ts: f64, orig_h: IpAddr, resp_h: IpAddr) -> ConnRecord<'static> {
    ConnRecord {
        service: Some("ssl"),
        duration: Some(0.5),
        orig_bytes: Some(900),
        resp_bytes: Some(5_000),
        conn_state: Some("SF"),
        missed_bytes: Some(0),
        history: Some("ShADadFf"),
        orig_pkts: Some(8),
        orig_ip_bytes: Some(1_300),
        resp_pkts: Some(9),
        resp_ip_bytes: Some(5_500),
        ..ConnRecord::bare(ts, (orig_h, 50_000), (resp_h, 443), "tcp")
    }
}

/// The same, refused.
pub(in crate::behaviour) fn refused(
    ts: f64,
    orig_h: IpAddr,
    resp_h: IpAddr,
    port: u16,
) -> ConnRecord<'static> {
    ConnRecord {
        resp_p: port,
        service: None,
        duration: Some(0.001),
        orig_bytes: Some(0),
        resp_bytes: Some(0),
        conn_state: Some("REJ"),
        history: Some("Sr"),
        ..connection(ts, orig_h, resp_h)
    }
}

impl Traffic {
    /// Twelve hours of ten people: they look up names and fetch pages when they please.
    pub(in crate::behaviour) fn office() -> Self {
        let mut dice = Dice(1);
        let mut records = Vec::new();
        for _ in 0..1500 {
            let ts = MORNING + 43_200.0 * dice.roll();
            let (person, site) = (host(10 + dice.below(10)), server(dice.below(60)));
            let sent = 300.0 + 3_000.0 * dice.roll();
            records.push(ConnRecord {
                resp_p: 53,
                proto: "udp",
                service: Some("dns"),
                duration: Some(0.01),
                orig_bytes: Some(40),
                resp_bytes: Some(120),
                history: Some("Dd"),
                ..connection(ts, person, host(1))
            });
            records.push(ConnRecord {
                duration: Some(0.2 + 20.0 * dice.roll()),
                orig_bytes: Some(sent as u64),
                resp_bytes: Some((sent * 30.0 * dice.roll()) as u64),
                ..connection(ts + 0.1, person, site)
            });
        }
        Self(records)
    }

    /// The baseline that it makes, in the order in which a sensor writes, and its addresses.
    pub(in crate::behaviour) fn baseline(&mut self) -> (Baseline, AddressBook) {
        self.0.sort_by(|a, b| a.end().total_cmp(&b.end()));
        let mut baseline = Baseline::new(1 << 24, 0, Default::default());
        let reader = baseline.reader();
        let (mut chunk, mut book) = (BaselineChunk::default(), AddressBook::default());
        for record in &self.0 {
            chunk.add(&reader, record, Fields::NONE);
            book.add(&reader.flow(record), record);
        }
        baseline.append(chunk);
        (baseline, book)
    }

    /// What is found in it. Each expression must leave out just as many rows as is said, which is checked here.
    pub(in crate::behaviour) fn findings(&mut self) -> Vec<Finding> {
        let (baseline, book) = self.baseline();
        let found = Audit::of(baseline.flows(), &book);
        for finding in &found {
            if let Some(filter) = &finding.filter {
                let rows = self.0.iter().filter(|record| filter.matches(record)).count();
                assert_eq!(rows as u64, finding.rows, "{filter}");
            }
        }
        found
    }

    /// The same as text: kind, score, sentence, and the expression.
    pub(in crate::behaviour) fn told(&mut self) -> Vec<String> {
        let line = |finding: &Finding| {
            let filter = finding.filter.as_ref().map_or_else(|| "-".into(), ToString::to_string);
            format!("{} {:.1}: {} | {filter} | {}", finding.kind, finding.score, finding.words, finding.rows)
        };
        self.findings().iter().map(line).collect()
    }
}
