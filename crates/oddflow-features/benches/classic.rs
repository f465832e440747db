//! How many records a second one core encodes with the classic recipe.
#![allow(missing_docs)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oddflow_features::classic::{ClassicEncoder, Fitter, Levels, RawRow};
use zeek_log::ConnRecord;

const ROWS: usize = 4096;

const PROTOS: [&str; 4] = ["icmp", "tcp", "udp", "unknown_transport"];
const STATES: [&str; 13] =
    ["OTH", "REJ", "RSTO", "RSTOS0", "RSTR", "RSTRH", "S0", "S1", "S2", "S3", "SF", "SH", "SHR"];
const SERVICES: [&str; 28] = [
    "-",
    "ayiya",
    "ayiya,quic",
    "dce_rpc,ntlm,smb,gssapi",
    "dce_rpc,smb,gssapi,ntlm",
    "dhcp",
    "dns",
    "ftp",
    "ftp-data",
    "gssapi",
    "gssapi,ntlm,smb",
    "http",
    "http,ssl",
    "krb_tcp",
    "mqtt",
    "ntlm",
    "ntlm,gssapi,smb",
    "ntp",
    "quic",
    "quic,ssl",
    "quic,ssl,ayiya",
    "smb,gssapi,ntlm",
    "smb,ntlm,gssapi",
    "ssh",
    "ssl",
    "ssl,http",
    "ssl,quic",
    "ssl,quic,ayiya",
];

/// Numbers that look random and never change: a linear congruential generator, Knuth's constants.
struct Sequence(u64);

impl Sequence {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound
    }
}

/// Uids as long as Zeek's.
fn uids() -> Vec<String> {
    let mut sequence = Sequence(1);
    (0..ROWS).map(|_| format!("C{:08x}{:08x}", sequence.next(), sequence.next())).collect()
}

/// Records of the seed's vocabulary; one address in four is IPv6.
fn records(uids: &[String]) -> Vec<ConnRecord<'_>> {
    let mut sequence = Sequence(2);
    let address = |sequence: &mut Sequence| match sequence.below(4) {
        0 => IpAddr::V6(Ipv6Addr::from_bits(u128::from(sequence.next()) << 64 | u128::from(sequence.next()))),
        _ => IpAddr::V4(Ipv4Addr::from_bits(sequence.next() as u32)),
    };
    uids.iter()
        .map(|uid| {
            let service = SERVICES[sequence.below(SERVICES.len())];
            ConnRecord {
                ts: 1_700_000_000.0,
                uid: Some(uid),
                orig_h: address(&mut sequence),
                orig_p: sequence.next() as u16,
                resp_h: address(&mut sequence),
                resp_p: sequence.next() as u16,
                proto: PROTOS[sequence.below(PROTOS.len())],
                service: (service != "-").then_some(service),
                duration: Some(sequence.next() as f64 / 1e6),
                orig_bytes: Some(sequence.next()),
                resp_bytes: Some(sequence.next()),
                conn_state: Some(STATES[sequence.below(STATES.len())]),
                local_orig: Some(sequence.below(2) == 0),
                local_resp: Some(sequence.below(2) == 0),
                missed_bytes: Some(0),
                history: Some("ShADadFf"),
                orig_pkts: Some(sequence.next() % 100),
                orig_ip_bytes: Some(sequence.next()),
                resp_pkts: Some(sequence.next() % 100),
                resp_ip_bytes: Some(sequence.next()),
                tunnel_parents: None,
                ip_proto: Some(6),
                vlan: None,
                inner_vlan: None,
                orig_l2_addr: None,
                resp_l2_addr: None,
                community_id: None,
                failed_service: None,
            }
        })
        .collect()
}

fn fitted(rows: &[RawRow], levels: &Levels) -> ClassicEncoder {
    let mut fitter = Fitter::new();
    rows.iter().for_each(|row| fitter.add(row));
    fitter.finish(levels).expect("there are rows")
}

fn classic(criterion: &mut Criterion) {
    let uids = uids();
    let records = records(&uids);
    let mut levels = Levels::new();
    let raw: Vec<RawRow> = records.iter().map(|record| RawRow::new(record, &mut levels)).collect();
    let encoder = fitted(&raw, &levels);
    let width = encoder.width();
    let mut out = vec![0.0_f32; ROWS * width];

    let mut group = criterion.benchmark_group("classic");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            for (record, row) in records.iter().zip(out.chunks_exact_mut(width)) {
                encoder.encode(record, row);
            }
            black_box(&mut out);
        });
    });
    let bound = encoder.bind(&levels);
    group.bench_function("encode_raw", |bencher| {
        bencher.iter(|| {
            for (raw, row) in raw.iter().zip(out.chunks_exact_mut(width)) {
                bound.encode(raw, row);
            }
            black_box(&mut out);
        });
    });
    let mut levels = levels.clone();
    group.bench_function("raw_row", |bencher| {
        bencher.iter(|| {
            for record in &records {
                black_box(RawRow::new(record, &mut levels));
            }
        });
    });
    group.bench_function("fit", |bencher| {
        bencher.iter(|| fitted(&raw, &levels));
    });
    group.finish();
}

criterion_group!(benches, classic);
criterion_main!(benches);
