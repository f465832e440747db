//! Floods: of remote senders, of made-up local senders, and a sweep over local addresses.

use std::net::{IpAddr, Ipv4Addr};

use oddflow_rollups::{Host, MOST_CHANNELS, MOST_HOSTS, MOST_OF_HOST, Service, decode_hours};

use crate::stored::{Row, Stored};

fn local(number: u32) -> (IpAddr, bool) {
    (Ipv4Addr::from_bits(0x0a00_0000 + number).into(), true)
}

fn remote(number: u32) -> (IpAddr, bool) {
    (Ipv4Addr::from_bits(0x1400_0000 + number).into(), false)
}

fn row(orig: (IpAddr, bool), resp: (IpAddr, bool), end: f64) -> Row {
    Row { orig, resp, port: 443, service: "ssl", end, bytes: 100, has_failed: false, score: 1.0 }
}

/// Five local hosts that each have some channels, all day.
fn everyday() -> Vec<Row> {
    let hours = (0..24).flat_map(|hour| (0..5).map(move |host| (hour, host)));
    let rows = hours.flat_map(|(hour, host)| {
        (0..20).map(move |peer| row(local(host), remote(peer), f64::from(hour * 3600 + peer)))
    });
    rows.collect()
}

fn check(stored: &Stored, rows: usize) {
    assert_eq!(stored.rows(Host::All, &Service::All), rows as u64, "none is lost");
    assert!(stored.channels.len() <= MOST_CHANNELS);
    let mut of_host = std::collections::BTreeMap::new();
    stored.channels.keys().for_each(|key| *of_host.entry(key.host).or_insert(0) += 1);
    assert!(of_host.values().all(|count| *count <= MOST_OF_HOST));
    for day in 0..3 {
        let of_day = stored.cells.keys().filter(|(of, ..)| *of == day);
        let hosts =
            of_day.filter(|(_, host, service)| matches!(host, Host::At(_)) && *service == Service::All);
        assert!(hosts.count() <= MOST_HOSTS);
    }
    // Who was there every day has all of its channels.
    for host in 0..5 {
        let host = local(host).0;
        let regular = stored.channels.iter().filter(|(key, figures)| key.host == host && figures.rows >= 24);
        assert_eq!(regular.count(), 20, "{host}");
        assert_eq!(stored.rows(Host::At(host), &Service::Named("ssl".into())).min(480), 480);
    }
}

#[test]
fn remote_senders_leave_the_channels_of_their_target() {
    for has_failed in [true, false] {
        let mut rows = everyday();
        let flood = (0..20_000_u32).map(|number| Row {
            has_failed,
            ..row(remote(1_000 + number), local(3), 86_400.0 + f64::from(number) / 100.0)
        });
        rows.extend(flood);
        rows.extend(everyday().into_iter().map(|row| Row { end: row.end + 172_800.0, ..row }));
        let stored = Stored::of(&rows, [4_096, 3, 2]);
        check(&stored, rows.len());
        let figures = stored.hosts[&local(3).0];
        assert!(figures.uncounted > 15_000, "{figures:?}");
        let peers = &stored.cells[&(1, Host::At(local(3).0), Service::All)].peers;
        assert!((17_000..23_000).contains(&peers.count()), "{}", peers.count());
    }
}

#[test]
fn made_up_local_senders_are_counted_together() {
    let mut rows = everyday();
    let flood = (0..20_000_u32).map(|number| Row {
        has_failed: true,
        ..row(local(1_000 + number), remote(7), f64::from(number) / 10.0)
    });
    rows.extend(flood);
    // Who comes after them has a place of its own.
    rows.push(row(local(77), remote(1), 40_000.0));
    let stored = Stored::of(&rows, [4_096, 3, 2]);
    check(&stored, rows.len());
    assert_eq!(stored.rows(Host::Others, &Service::All), 20_000 - (MOST_HOSTS as u64 / 4 - 5));
    assert_eq!(stored.rows(Host::At(local(77).0), &Service::All), 1);
}

#[test]
fn a_sweep_over_local_addresses_is_bounded_even_where_they_answer() {
    let mut rows = everyday();
    rows.extend(
        (0..40_000_u32)
            .map(|number| row(remote(7), local(1_000 + number), 80_000.0 + f64::from(number) / 10.0)),
    );
    rows.extend(
        (0..40_000_u32)
            .map(|number| row(remote(9), local(50_000 + number), 90_000.0 + f64::from(number) / 10.0)),
    );
    let stored = Stored::of(&rows, [4_096, 3, 2]);
    check(&stored, rows.len());
}

#[test]
fn what_stands_in_no_calendar_is_counted_and_bounded() {
    let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, 0.0];
    let rows: Vec<Row> = strange.into_iter().map(|end| row(local(1), remote(1), end)).collect();
    let stored = Stored::of(&rows, [2, 1, 1]);
    assert_eq!(stored.rows(Host::All, &Service::All), rows.len() as u64);
    let days: Vec<i64> = stored.cells.keys().map(|(day, ..)| *day).collect();
    assert_eq!((days.first(), days.last()), (Some(&0), Some(&2_932_896)));
}

#[test]
fn a_scan_of_ports_leaves_room_for_those_that_answer() {
    let scan = |from: u16| {
        (0..2_000).map(move |port| Row {
            port: from + port,
            has_failed: true,
            ..row(local(1), remote(1), f64::from(port))
        })
    };
    let mut rows: Vec<Row> = scan(1).collect();
    rows.extend((0..2_000).map(|port| Row { port: 10_000 + port, ..row(local(2), remote(2), 3_000.0) }));
    rows.extend([22, 443].map(|port| Row { port, ..row(local(3), remote(3), 4_000.0) }));
    rows.extend(scan(30_000));
    let stored = Stored::of(&rows, [rows.len(), 1, 1]);
    assert_eq!(Stored::of(&rows, [700, 2, 2]), stored, "wherever it is cut");
    let all = &stored.cells[&(0, Host::All, Service::All)];
    let hours = decode_hours(&all.hours).expect("whole");
    let mut named: Vec<u16> =
        hours.iter().flat_map(|hour| hour.ports.counts()).map(|port| port.key.port).collect();
    named.sort_unstable();
    named.dedup();
    assert!(named.len() <= 512 && named.contains(&443) && named.contains(&22), "{}", named.len());
    let rows_of = |hour: &oddflow_rollups::Hour| {
        hour.ports.counts().map(|port| port.rows).sum::<u64>() + hour.ports.others()[0]
    };
    assert_eq!(hours.iter().map(rows_of).sum::<u64>(), 6_002);
}
