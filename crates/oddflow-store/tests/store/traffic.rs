//! What traffic comes to: stored with a batch, asked in many ways, expired by the day.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use oddflow_rollups::{ChunkBuilder, ConnRecord, Places, Proto, Seen, Traffic, address_key, service_key};
use oddflow_store::{
    ChannelQuery, ChannelSort, HostSort, ModelEvent, Network, Store, StoreError, TrafficQuery, TrafficTotals,
};
use proptest::prelude::*;

use crate::support::{MODEL, memory, model};

const DAY: f64 = 86_400.0;

#[derive(Clone, Debug)]
struct Row {
    end: f64,
    orig: IpAddr,
    resp: IpAddr,
    port: u16,
    service: &'static str,
    bytes: u64,
    has_failed: bool,
    score: f32,
}

fn local(number: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, number).into()
}

fn remote(number: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, number).into()
}

fn is_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10)
}

/// A connection from a local host to a remote one.
fn row(end: f64, host: u8, peer: u8) -> Row {
    Row {
        end,
        orig: local(host),
        resp: remote(peer),
        port: 443,
        service: "ssl",
        bytes: 1_000,
        has_failed: false,
        score: 1.5,
    }
}

/// Counts rows on top of what is stored.
fn count(store: &Store, whose: (&str, &str), rows: &[Row]) -> Traffic {
    let mut traffic = Traffic::new(store.channels_known(whose, 1.0).expect("reads"), 1.0);
    let mut builder = ChunkBuilder::new(rows.len());
    for row in rows {
        let bare = ConnRecord::bare(row.end, (row.orig, 40_000), (row.resp, row.port), "tcp");
        let record = ConnRecord {
            service: Some(row.service),
            duration: Some(0.25),
            orig_bytes: Some(row.bytes),
            resp_bytes: Some(7),
            orig_pkts: Some(row.bytes / 100),
            resp_pkts: Some(1),
            ..bare
        };
        let seen = Seen {
            end: row.end,
            keys: [record.orig_h, record.resp_h].map(address_key),
            service: service_key(row.service),
            proto: Proto::of(record.proto),
            is_orig_local: is_local(row.orig),
            is_resp_local: is_local(row.resp),
            has_failed: row.has_failed,
        };
        builder.push(&record, &seen);
    }
    let (chunk, mut places) = (builder.finish(), Places::default());
    for day in chunk.days() {
        traffic.know(day, &store.traffic_known(whose, day).expect("reads"));
    }
    for (place, row) in rows.iter().enumerate() {
        traffic.add((&chunk, &mut places), place, row.score);
    }
    traffic
}

fn write_as(store: &mut Store, whose: (&str, &str), rows: &[Row]) {
    let mut traffic = count(store, whose, rows);
    let mut batch = store.begin().expect("begins");
    batch.traffic(whose, &mut traffic).expect("stores");
    batch.commit().expect("commits");
    store.check().expect("whole");
}

fn write(store: &mut Store, rows: &[Row]) {
    write_as(store, (MODEL, ""), rows);
}

fn rows_of(store: &Store, query: &TrafficQuery) -> u64 {
    store.traffic(query, 3600, 9).expect("reads").totals.rows
}

fn channels(host: u8) -> ChannelQuery {
    let (sensor, model) = (None, None);
    ChannelQuery {
        host: local(host),
        from: None,
        to: None,
        sensor,
        model,
        sort: ChannelSort::Rows,
        limit: 10,
    }
}

#[test]
fn each_question_has_its_answer() {
    let mut store = memory();
    assert_eq!(store.traffic_extent(&TrafficQuery::default()).expect("reads"), None);
    assert_eq!(store.traffic_correlation(&TrafficQuery::default()).expect("reads"), None);
    // Wednesday, the seventh of January 1970, at half past two; hourly to one peer, and once a scan.
    let noon = 6.0 * DAY + 2.5 * 3600.0;
    let mut rows: Vec<Row> = (0..20).map(|hour| row(noon + 3600.0 * f64::from(hour), 5, 1)).collect();
    rows.extend((0..40).map(|peer| Row {
        service: "-",
        port: 23,
        has_failed: true,
        score: 8.0,
        bytes: 0,
        ..row(noon + 60.0, 6, 100 + peer)
    }));
    rows.push(Row { resp: local(6), service: "ssl,quic", ..row(noon, 5, 0) });
    write(&mut store, &rows[..25]);
    write(&mut store, &rows[25..]);

    let all = TrafficQuery::default();
    let extent = store.traffic_extent(&all).expect("reads").expect("some");
    assert_eq!((extent.since, extent.rows), (6.0 * DAY, 61));
    let traffic = store.traffic(&all, 1, 2).expect("reads");
    assert_eq!((traffic.step, traffic.from, traffic.to), (1800, noon, noon + 19.0 * 3600.0 + 1800.0));
    assert_eq!(
        traffic.totals,
        TrafficTotals { rows: 61, orig_bytes: 21_000, resp_bytes: 427, failures: 40, peak: 8.0 }
    );
    assert_eq!((traffic.series.len(), traffic.series[0].totals.rows), (20, 42));
    assert_eq!((traffic.hour_of_week[2][2], traffic.hour_of_week[2][3]), (42, 1));
    let ports: Vec<_> = traffic.ports.iter().map(|port| (port.port, &*port.proto, port.rows)).collect();
    assert_eq!(ports, [(Some(23), "tcp", 40), (Some(443), "tcp", 21)]);
    let bytes = &traffic.distributions[1];
    assert_eq!((bytes.column, bytes.counts[0], bytes.counts.last()), ("orig_bytes", 40, Some(&21)));
    assert_eq!(bytes.edges.len(), bytes.counts.len() + 1);
    let correlation = store.traffic_correlation(&all).expect("reads").expect("some");
    assert!((1..40).contains(&correlation.rows), "one in eight of 61: {}", correlation.rows);
    let together = correlation.values[1][3].expect("both vary");
    assert!(together > 0.99, "bytes and packets go together: {together}");

    let services = store.traffic_services(&all, 10).expect("reads");
    let named: Vec<_> = services.iter().map(|of| (&*of.service, of.totals.rows, of.peers)).collect();
    assert_eq!(named, [("-", 40, services[0].peers), ("ssl", 20, 1), ("quic,ssl", 1, 1)]);
    assert!((33..50).contains(&services[0].peers));
    assert_eq!((services[1].first, services[1].last), (noon, noon + 19.0 * 3600.0 + 1800.0));

    let hosts = store.traffic_hosts(&all, HostSort::Rows, (0, 10)).expect("reads");
    let named: Vec<_> = hosts.hosts.iter().map(|of| (&*of.host, of.totals.rows)).collect();
    assert_eq!((named, hosts.count), (vec![("10.0.0.6", 41), ("10.0.0.5", 21)], 2));
    let second = store.traffic_hosts(&all, HostSort::Bytes, (1, 1)).expect("reads");
    assert_eq!((&*second.hosts[0].host, second.count), ("10.0.0.6", 2));

    // Filters.
    let host = |text: &str| Some(text.parse::<Network>().expect("a network"));
    assert_eq!(rows_of(&store, &TrafficQuery { host: host("10.0.0.5"), ..all.clone() }), 21);
    assert_eq!(rows_of(&store, &TrafficQuery { host: host("10.0.0.0/24"), ..all.clone() }), 62);
    assert_eq!(rows_of(&store, &TrafficQuery { service: Some("ssl".into()), ..all.clone() }), 21);
    let both = TrafficQuery { host: host("10.0.0.6"), service: Some("-".into()), ..all.clone() };
    assert_eq!((rows_of(&store, &both), store.traffic_services(&both, 9).expect("reads").len()), (40, 1));
    assert_eq!(store.traffic_hosts(&both, HostSort::Peak, (0, 9)).expect("reads").hosts.len(), 1);

    // Channels, and their rhythm.
    let found = store.traffic_channels(&channels(5)).expect("reads");
    assert_eq!((found.count, found.displaced, found.uncounted), (2, 0, 0));
    let steady = &found.channels[0];
    assert_eq!(
        (&*steady.peer, steady.port, &*steady.proto, &*steady.service),
        ("203.0.113.1", 443, "tcp", "ssl")
    );
    assert_eq!(
        (steady.rows, steady.gap, steady.gap_cv, steady.is_served),
        (20, Some(3600.0), Some(0.0), false)
    );
    let served = store.traffic_channels(&ChannelQuery { limit: 99, ..channels(6) }).expect("reads");
    let served: Vec<_> = served.channels.iter().filter(|channel| channel.is_served).collect();
    assert_eq!((served.len(), &*served[0].peer), (1, "10.0.0.5"));
    let new = ChannelQuery { from: Some(noon + 30.0), sort: ChannelSort::New, ..channels(6) };
    let new = store.traffic_channels(&new).expect("reads");
    assert!(new.count == 40 && new.channels.iter().all(|channel| channel.is_new));
}

#[test]
fn what_is_not_committed_is_not_there() {
    let mut store = memory();
    let mut traffic = count(&store, (MODEL, ""), &[row(10.0, 5, 1)]);
    let mut batch = store.begin().expect("begins");
    batch.traffic((MODEL, ""), &mut traffic).expect("stores");
    drop(batch);
    assert_eq!(store.traffic_extent(&TrafficQuery::default()).expect("reads"), None);
    let mut batch = store.begin().expect("begins");
    let unknown = batch.traffic(("nobody", ""), &mut traffic);
    assert!(matches!(unknown, Err(StoreError::UnknownModel { .. })), "{unknown:?}");
}

#[test]
fn rows_are_those_of_the_models_that_were_active_else_of_the_one_that_read_last() {
    let mut store = memory();
    for id in ["m2", "m3"] {
        store.register_model(&model(id)).expect("registers");
    }
    write(&mut store, &[row(10.0, 5, 1)]);
    write_as(&mut store, ("m2", ""), &[row(10.0, 5, 1), row(11.0, 5, 1)]);
    write_as(&mut store, ("m2", "roof"), &[row(12.0, 6, 1)]);
    let all = TrafficQuery::default();
    assert_eq!(rows_of(&store, &all), 3, "the last one of each sensor");
    write(&mut store, &[row(20.0, 5, 1)]);
    assert_eq!(rows_of(&store, &all), 3, "one and one more, and that of the roof");
    assert_eq!(rows_of(&store, &TrafficQuery { sensor: Some("roof".into()), ..all.clone() }), 1);
    assert_eq!(rows_of(&store, &TrafficQuery { model: Some("m2".into()), ..all.clone() }), 3);

    let mut batch = store.begin().expect("begins");
    for (id, time) in [("m2", 1.0), ("m3", 2.0)] {
        batch
            .import_model(&model(id), 1, |place| place.write_all(b"x"), (time, ModelEvent::Imported, ""))
            .expect("imports");
        batch.activate(id, time, "").expect("activates");
    }
    batch.commit().expect("commits");
    write_as(&mut store, ("m3", ""), &[row(30.0, 5, 1)]);
    assert_eq!(rows_of(&store, &all), 4, "what m2 and m3 counted");
    let found = store.traffic_channels(&channels(5)).expect("reads");
    assert_eq!((found.channels.len(), found.channels[0].rows), (1, 3));
}

#[test]
fn days_and_channels_expire_and_the_rest_stays() {
    let mut store = memory();
    let rows: Vec<Row> =
        (0..10).flat_map(|day| (0..3).map(move |host| row(DAY * f64::from(day) + 5.0, host, host))).collect();
    write(&mut store, &rows);
    // A host that was there on the first days only.
    write(&mut store, &[row(7.0, 77, 1)]);
    let expired = store.expire(4.0 * DAY, 1).expect("expires");
    assert!((expired.traffic, expired.is_done) > (0, false), "a day goes whole: {expired:?}");
    store.check().expect("whole");
    while !store.expire(4.0 * DAY, 5).expect("expires").is_done {
        store.check().expect("whole");
    }
    store.check().expect("whole");
    let all = TrafficQuery::default();
    let extent = store.traffic_extent(&all).expect("reads").expect("some");
    assert_eq!((extent.since, extent.rows), (4.0 * DAY, 18));
    assert_eq!(store.traffic_channels(&channels(77)).expect("reads").count, 0);
    assert_eq!(store.traffic_channels(&channels(1)).expect("reads").channels[0].rows, 10, "since it began");

    // To make room the oldest day goes first, then the next.
    let expired = store.expire(f64::INFINITY, 100).expect("expires");
    assert!(!expired.is_done);
    assert_eq!(store.traffic_extent(&all).expect("reads").expect("some").since, 5.0 * DAY);
    while !store.expire(f64::INFINITY, 100).expect("expires").is_done {}
    store.check().expect("whole");
    assert_eq!(store.traffic_extent(&all).expect("reads"), None);
    // And it begins anew.
    write(&mut store, &[row(30.0 * DAY, 1, 1)]);
    assert_eq!(rows_of(&store, &all), 1);
}

#[test]
fn a_model_is_removed_with_its_traffic() {
    let mut store = memory();
    write(&mut store, &[row(10.0, 5, 1)]);
    let mut batch = store.begin().expect("begins");
    batch.remove_model(MODEL).expect("nobody uses it");
    batch.commit().expect("commits");
    store.check().expect("whole");
    assert_eq!(store.traffic_extent(&TrafficQuery::default()).expect("reads"), None);
}

#[test]
fn what_does_not_add_up_is_found() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.db");
    for change in [
        "UPDATE traffic_day SET rows = rows + 1 WHERE service_id = 0 AND host_id = 0",
        "UPDATE traffic_day SET peak = 99",
        "DELETE FROM traffic_hours WHERE id = 1",
        "INSERT INTO traffic_hours VALUES (99, x'', x'01')",
        "UPDATE traffic_hours SET hours = x'01ff'",
        "UPDATE traffic_day SET peers = x'07'",
        "DELETE FROM traffic_host",
    ] {
        let _ = std::fs::remove_file(&path);
        let mut store = Store::open(&path).expect("creates");
        store.register_model(&model(MODEL)).expect("registers");
        write(&mut store, &[row(10.0, 5, 1)]);
        rusqlite::Connection::open(&path).expect("opens").execute(change, []).expect("changes");
        let found = store.check();
        assert!(matches!(found, Err(StoreError::Damaged { .. })), "{change}: {found:?}");
        // Whatever stands there, asking doesn't panic.
        let all = TrafficQuery { to: Some(100.0), ..TrafficQuery::default() };
        let _ = store.traffic(&all, 1800, 9);
        let _ = (store.traffic_services(&all, 9), store.traffic_hosts(&all, HostSort::Rows, (0, 9)));
        let _ = (store.traffic_channels(&channels(5)), store.traffic_correlation(&all));
    }
}

fn any_row() -> impl Strategy<Value = Row> {
    let side =
        || (0_u8..4, any::<bool>()).prop_map(|(n, is_local)| if is_local { local(n) } else { remote(n) });
    let services = prop::sample::select(vec!["", "dns", "ssl", "quic,ssl"]);
    (0.0..5.0 * DAY, side(), side(), services, any::<bool>(), 1_u64..5_000, 0.0..9.0_f32).prop_map(
        |(end, orig, resp, service, has_failed, bytes, score)| Row {
            end,
            orig,
            resp,
            port: 443,
            service,
            bytes,
            has_failed,
            score,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked, the answer is that of the rows themselves.
    #[test]
    fn answers_are_those_of_the_rows(
        rows in prop::collection::vec(any_row(), 1..80), cut in 0_usize..80, from in prop::option::of(0_u32..10),
        length in prop::option::of(1_u32..300), host in prop::option::of(0_u8..4),
        service in prop::option::of(prop::sample::select(vec!["-", "dns", "ssl", "http"])), step in 1_i64..60,
    ) {
        let mut store = memory();
        let (a, b) = rows.split_at(cut.min(rows.len()));
        [a, b].into_iter().filter(|part| !part.is_empty()).for_each(|part| write(&mut store, part));
        // Periods of half hours, so that none is cut.
        let from = from.map(|from| f64::from(from * 17) * 1800.0);
        let to = length.map(|length| from.unwrap_or(0.0) + f64::from(length) * 1800.0);
        let query = TrafficQuery {
            from, to, service: service.map(str::to_owned), host: host.map(|host| Network::host(local(host))),
            ..TrafficQuery::default()
        };
        let is_meant = |row: &&Row| {
            let of_service = match service {
                None => true,
                Some("-") => row.service.is_empty(),
                Some(name) => row.service.split(',').any(|part| part == name),
            };
            of_service && from.is_none_or(|from| row.end >= from) && to.is_none_or(|to| row.end < to)
        };
        let is_of = |row: &Row, host: u8| {
            (row.orig == local(host)) || (row.resp == local(host))
        };
        let meant: Vec<&Row> =
            rows.iter().filter(is_meant).filter(|row| host.is_none_or(|host| is_of(row, host))).collect();
        let traffic = store.traffic(&query, step as u32 * 1800, 9).expect("reads");
        prop_assert_eq!(traffic.totals.rows, meant.len() as u64);
        prop_assert_eq!(traffic.totals.orig_bytes, meant.iter().map(|row| row.bytes).sum::<u64>());
        prop_assert_eq!(traffic.totals.failures, meant.iter().filter(|row| row.has_failed).count() as u64);
        prop_assert_eq!(traffic.totals.peak, f64::from(meant.iter().map(|row| row.score).fold(0.0, f32::max)));
        let mut steps: BTreeMap<i64, u64> = BTreeMap::new();
        let step = step * 1800;
        meant.iter().for_each(|row| *steps.entry(row.end as i64 / step * step).or_default() += 1);
        let series: BTreeMap<i64, u64> =
            traffic.series.iter().map(|point| (point.time as i64, point.totals.rows)).collect();
        prop_assert_eq!(series, steps);
        prop_assert_eq!(traffic.hour_of_week.iter().flatten().sum::<u64>(), meant.len() as u64);

        let mut services: BTreeMap<&str, u64> = BTreeMap::new();
        meant.iter().for_each(|row| *services.entry(if row.service.is_empty() { "-" } else { row.service }).or_default() += 1);
        let found = store.traffic_services(&query, 99).expect("reads");
        let found: BTreeMap<&str, u64> = found.iter().map(|of| (&*of.service, of.totals.rows)).collect();
        prop_assert_eq!(found, services);

        let hosts = store.traffic_hosts(&query, HostSort::Newest, (0, 99)).expect("reads");
        for of in &hosts.hosts {
            let address: IpAddr = of.host.parse().expect("an address");
            let number = match address { IpAddr::V4(v4) => v4.octets()[3], IpAddr::V6(_) => 99 };
            let mine: Vec<&&Row> = meant.iter().filter(|row| is_of(row, number)).collect();
            prop_assert_eq!(of.totals.rows, mine.len() as u64);
            prop_assert!(mine.iter().all(|row| of.first <= row.end && row.end < of.last));
            prop_assert!(mine.iter().any(|row| row.end < of.first + 1800.0));
            prop_assert!(mine.iter().any(|row| row.end >= of.last - 1800.0));
            if from.is_none() && to.is_none() {
                let peers: BTreeSet<IpAddr> =
                    mine.iter().flat_map(|row| [row.orig, row.resp]).filter(|side| *side != address).collect();
                let alone = u64::from(mine.iter().any(|row| row.orig == row.resp));
                prop_assert_eq!(of.peers, peers.len() as u64 + alone);
            }
        }
        let sides: BTreeSet<IpAddr> = meant.iter().flat_map(|row| [row.orig, row.resp])
            .filter(|side| is_local(*side) && host.is_none_or(|host| *side == local(host))).collect();
        prop_assert_eq!(hosts.count, sides.len() as u64);
        if host.is_none() {
            let elsewhere = meant.iter().filter(|row| !is_local(row.orig) && !is_local(row.resp)).count();
            prop_assert_eq!(hosts.elsewhere.rows, elsewhere as u64);
        }
    }
}
