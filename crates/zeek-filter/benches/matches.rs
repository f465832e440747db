//! How many records a second one core compares with filters.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use zeek_filter::Filter;
use zeek_log::ConnRecord;

const RECORDS: u32 = 4096;

/// Records that differ in what the filters ask for.
fn records() -> Vec<ConnRecord<'static>> {
    let services = [None, Some("dns"), Some("ssl"), Some("ssl,http"), Some("smb,gssapi,ntlm")];
    let record = |i: u32| ConnRecord {
        ts: 1_769_898_600.5 + f64::from(i) * 17.3,
        uid: Some("CHhAvVGS1DHFjwGM9"),
        orig_h: [10, 0, (i % 7) as u8, (i % 251) as u8].into(),
        orig_p: 49_152 + (i % 10_000) as u16,
        resp_h: [192, 0, 2, (i % 241) as u8].into(),
        resp_p: [53, 80, 443, 445][(i % 4) as usize],
        proto: ["tcp", "udp"][(i % 2) as usize],
        service: services[(i % 5) as usize],
        duration: Some(f64::from(i % 600)),
        orig_bytes: Some(u64::from(i) * 1000),
        resp_bytes: Some(u64::from(i) * 100),
        conn_state: Some(["SF", "S0", "REJ"][(i % 3) as usize]),
        local_orig: Some(true),
        local_resp: Some(i.is_multiple_of(2)),
        missed_bytes: Some(0),
        history: Some(["ShADadFf", "Dd", "S"][(i % 3) as usize]),
        orig_pkts: Some(12),
        orig_ip_bytes: Some(2_000),
        resp_pkts: Some(7),
        resp_ip_bytes: Some(10_300),
        tunnel_parents: None,
        ip_proto: Some(6),
        vlan: None,
        inner_vlan: None,
        orig_l2_addr: None,
        resp_l2_addr: None,
        community_id: None,
        failed_service: None,
    };
    (0..RECORDS).map(record).collect()
}

fn matches(c: &mut Criterion) {
    let records = records();
    let hosts: Vec<String> = (0..1000).map(|i| format!("10.0.{}.{}", i / 250, i % 250)).collect();
    let hosts = format!("host in {{{}}}", hosts.join(", "));
    let mut group = c.benchmark_group("matches");
    group.throughput(Throughput::Elements(RECORDS.into()));
    for (name, text) in [
        ("network and service", "id.orig_h in 10.0.0.0/8 && service == dns"),
        ("channel", "id.orig_h == 10.0.0.5 && id.resp_h == 192.0.2.5 && id.resp_p == 443 && service == ssl"),
        ("thousand hosts", hosts.as_str()),
        ("hour and size", "hour in 22..5 && bytes > 1MB || duration >= 5m"),
        ("pattern", "history ~ \"*F*\""),
    ] {
        let filter = Filter::parse(text).expect("it is a filter");
        group.bench_function(name, |b| {
            b.iter(|| records.iter().filter(|record| filter.matches(black_box(record))).count());
        });
    }
    group.finish();
}

criterion_group!(benches, matches);
criterion_main!(benches);
