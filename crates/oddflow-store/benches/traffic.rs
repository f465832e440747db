//! What it costs to ask for the traffic of a year: of a made-up network of 60 hosts, about 30 of them there on a day, each with some services
//! in most hours; 6.6 million connections.
//!
//! `cargo bench -p oddflow-store --bench traffic`. `ODDFLOW_BENCH_DB` names a database of one's own in place of it.

use std::cell::OnceCell;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use oddflow_rollups::{
    ChunkBuilder, ConnRecord, KnownDay, Places, Proto, Seen, Traffic, address_key, service_key,
};
use oddflow_store::{ChannelQuery, ChannelSort, HostSort, Model, Store, TrafficQuery};
use tempfile::TempDir;

const MODEL: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const DAYS: u64 = 365;
const HOSTS: u64 = 60;
const ROWS_A_DAY: u64 = 18_000;
const DAY: f64 = 86_400.0;
const SERVICES: [(&str, u16); 12] = [
    ("ssl", 443),
    ("dns", 53),
    ("quic,ssl", 443),
    ("-", 8080),
    ("http", 80),
    ("ntp", 123),
    ("-", 5353),
    ("ssh", 22),
    ("dhcp", 67),
    ("smb,gssapi", 445),
    ("ssl,imap", 993),
    ("sip", 5060),
];

/// Numbers that look random: the 64-bit mixer of SplitMix (Steele, Lea, Flood, 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn local(number: u64) -> IpAddr {
    Ipv4Addr::new(192, 168, 1, number as u8).into()
}

/// A number below `most`, small ones far more often.
fn skewed(seed: u64, most: u64) -> u64 {
    let share = (mix(seed) >> 11) as f64 / (1_u64 << 53) as f64;
    (share * share * most as f64) as u64
}

/// Connections of a day, in their order.
fn day(traffic: &mut Traffic, day: u64) {
    let mut builder = ChunkBuilder::new(ROWS_A_DAY as usize);
    for row in 0..ROWS_A_DAY {
        let seed = (day * ROWS_A_DAY + row) * 8;
        let host = (skewed(seed, 30) + day / 7) % HOSTS;
        let (service, port) = SERVICES[skewed(seed + 1, SERVICES.len() as u64) as usize];
        let peer = Ipv4Addr::from_bits(0x1400_0000 + mix(skewed(seed + 2, 3_000)) as u32 % 0x4000_0000);
        let end = day as f64 * DAY + row as f64 * DAY / ROWS_A_DAY as f64;
        let record = ConnRecord {
            service: Some(service),
            duration: Some(skewed(seed + 3, 60_000) as f64 / 1e3),
            orig_bytes: Some(skewed(seed + 4, 100_000)),
            resp_bytes: Some(skewed(seed + 5, 10_000_000)),
            orig_pkts: Some(skewed(seed + 4, 100)),
            resp_pkts: Some(skewed(seed + 5, 10_000)),
            ..ConnRecord::bare(end, (local(host), 40_000), (peer, port), "tcp")
        };
        let keys = [record.orig_h, record.resp_h].map(address_key);
        let (service, proto, has_failed) = (service_key(service), Proto::Tcp, row % 50 == 0);
        let seen = Seen { end, keys, service, proto, is_orig_local: true, is_resp_local: false, has_failed };
        builder.push(&record, &seen);
    }
    let (chunk, mut places) = (builder.finish(), Places::default());
    chunk.days().for_each(|day| traffic.know(day, &KnownDay::default()));
    (0..chunk.len()).for_each(|row| traffic.add((&chunk, &mut places), row, 1.0));
    traffic.tidy();
}

fn year() -> (TempDir, Store) {
    let folder = TempDir::new().expect("folder");
    let path = folder.path().join("year.db");
    let mut store = Store::open(&path).expect("creates");
    let text = String::new;
    let (id, threshold) = (MODEL.into(), 3.5);
    let model = Model { id, recipe: text(), tool_version: text(), summary: "{}".into(), threshold };
    store.register_model(&model).expect("registers");
    let mut traffic = Traffic::new(store.channels_known((MODEL, ""), 1.0).expect("reads"), 1.0);
    for number in 0..DAYS {
        day(&mut traffic, 20_000 + number);
        let mut batch = store.begin().expect("begins");
        batch.traffic((MODEL, ""), &mut traffic).expect("stores");
        batch.commit().expect("commits");
        traffic.committed();
    }
    drop(store);
    let store = Store::open_read_only(path).expect("opens");
    (folder, store)
}

#[expect(clippy::disallowed_methods, reason = "the one knob of the benchmark")]
fn database() -> (Option<TempDir>, Store) {
    match std::env::var("ODDFLOW_BENCH_DB") {
        Ok(path) => (None, Store::open_read_only(path).expect("opens")),
        Err(_) => {
            let (folder, store) = year();
            (Some(folder), store)
        }
    }
}

fn asking(criterion: &mut Criterion) {
    let opened = OnceCell::new();
    let store = || &opened.get_or_init(database).1;
    let mut group = criterion.benchmark_group("traffic of a year");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    let all = TrafficQuery::default();
    let extent = store().traffic_extent(&all).expect("reads").expect("some");
    let hosts = store().traffic_hosts(&all, HostSort::Rows, (0, 1)).expect("reads");
    let busiest: IpAddr = hosts.hosts[0].host.parse().expect("an address");
    let host = TrafficQuery { host: Some(oddflow_store::Network::host(busiest)), ..all.clone() };
    let service = TrafficQuery { service: Some("ssl".into()), ..all.clone() };
    let cut = TrafficQuery {
        from: Some(extent.since + 12_345.0),
        to: Some(extent.newest - 12_345.0),
        ..all.clone()
    };
    let week = TrafficQuery { from: Some(extent.newest - 7.0 * DAY), ..all.clone() };
    for (name, query) in
        [("all", &all), ("a host", &host), ("a service", &service), ("cut", &cut), ("a week", &week)]
    {
        group.bench_function(format!("figures, {name}"), |bench| {
            bench.iter(|| black_box(store().traffic(query, 86_400, 20).expect("reads")));
        });
        group.bench_function(format!("services, {name}"), |bench| {
            bench.iter(|| black_box(store().traffic_services(query, 20).expect("reads")));
        });
        group.bench_function(format!("hosts, {name}"), |bench| {
            bench.iter(|| black_box(store().traffic_hosts(query, HostSort::Peers, (0, 50)).expect("reads")));
        });
    }
    group.bench_function("half hours, all", |bench| {
        bench.iter(|| black_box(store().traffic(&all, 1800, 20).expect("reads")));
    });
    group.bench_function("correlation, all", |bench| {
        bench.iter(|| black_box(store().traffic_correlation(&all).expect("reads")));
    });
    let (from, to, sensor, model) = (None, None, None, None);
    let channels =
        ChannelQuery { host: busiest, from, to, sensor, model, sort: ChannelSort::Rhythm, limit: 100 };
    group.bench_function("channels of a host", |bench| {
        bench.iter(|| black_box(store().traffic_channels(&channels).expect("reads")));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default();
    targets = asking
}
criterion_main!(benches);
