//! What is told when a log has more than the tables hold: less, but nothing untrue.

use std::net::{IpAddr, Ipv4Addr};

use zeek_log::ConnRecord;

use crate::exploration::Limits;
use crate::statistics::{Finding, HostStatistics};
use crate::testing::{bare, explore_cut};
use crate::{FindingKind, Options, Statistics};

const START: f64 = 1_740_000_000.0;

fn tcp(from: [u8; 4], to: [u8; 4], port: u16, state: &'static str) -> ConnRecord<'static> {
    ConnRecord {
        orig_h: Ipv4Addr::from(from).into(),
        resp_h: Ipv4Addr::from(to).into(),
        resp_p: port,
        conn_state: Some(state),
        orig_bytes: Some(7),
        ..bare(START)
    }
}

fn told(log: &[ConnRecord<'_>], limits: Limits) -> Statistics {
    explore_cut(log, &[50], &Options::default(), limits)
}

fn finding(statistics: &Statistics, kind: FindingKind) -> &Finding {
    statistics.findings.iter().find(|finding| finding.kind == kind).expect("one of each kind")
}

fn host(statistics: &Statistics, address: [u8; 4]) -> &HostStatistics {
    let address: IpAddr = Ipv4Addr::from(address).into();
    statistics.hosts.iter().find(|host| host.address == address).expect("it is one of the busiest")
}

/// A host looks for others in vain, each once, before hosts that come back talk to more pairs than are kept.
fn scan() -> Vec<ConnRecord<'static>> {
    let mut log: Vec<_> =
        (0..600_u16).map(|i| tcp([192, 168, 0, 66], [10, 9, (i >> 8) as u8, i as u8], 23, "S0")).collect();
    for host in 0..10 {
        for peer in 0..30 {
            let row = tcp([192, 168, 0, host], [198, 51, 100, peer], 443, "SF");
            log.extend([row, row]);
        }
    }
    log.push(tcp([192, 168, 0, 1], [198, 51, 100, 1], 8443, "SF"));
    log
}

#[test]
fn a_scan_is_found_though_its_conversations_are_forgotten() {
    let told = told(&scan(), Limits { conversations: 100, ..Limits::default() });
    let failures = finding(&told, FindingKind::MostFailures);
    assert_eq!(
        failures.title,
        "600 of 600 TCP connections from 192.168.0.66 were never established; of all, 50.0%."
    );
    let widest = finding(&told, FindingKind::WidestFanOut);
    assert!(widest.title.starts_with("192.168.0.66 talks to about "), "{}", widest.title);
    assert!((widest.value.expect("a number") - 600.0).abs() < 40.0, "{:?}", widest.value);
    let rare = finding(&told, FindingKind::RarestPorts);
    assert_eq!(
        rare.title,
        "8443/tcp is the rarest of 2 ports below 49,152 that answered, with 1 connection."
    );
    assert!(rare.evidence[0].peer.is_some(), "{:?}", rare.evidence);
    let regular = finding(&told, FindingKind::MostRegular);
    assert!(regular.title.contains("not looked at"), "{}", regular.title);
}

#[test]
fn what_was_forgotten_of_a_host_is_counted_for_every_host() {
    // One place for sketches: the host that loses most has it in the end.
    let told = told(&scan(), Limits { conversations: 100, sketched: 1, ..Limits::default() });
    let scanner = host(&told, [192, 168, 0, 66]);
    assert!((scanner.distinct_peers.count as f64 - 600.0).abs() < 40.0, "{:?}", scanner.distinct_peers);
    for host in told.hosts.iter().filter(|host| host.forgotten_peers > 0) {
        let distinct = if host.orig_rows > 0 { host.distinct_peers } else { host.distinct_callers };
        assert!(distinct.error > 0.0, "{}: {distinct:?}", host.address);
        let ports = if host.orig_rows > 0 { &host.ports } else { &host.served_ports };
        assert!(ports.beyond > 0 && ports.distinct.error > 0.0, "{}: {ports:?}", host.address);
        assert_eq!(ports.rows, host.rows, "{}: {ports:?}", host.address);
    }
    let lost: u64 = told.hosts.iter().map(|host| host.forgotten_peers).sum();
    assert!(lost > 600, "{lost}");
}

/// Made-up sources fill the table of addresses; only then others come.
fn flood() -> Vec<ConnRecord<'static>> {
    let mut log: Vec<_> =
        (0..300_u16).map(|i| tcp([20, 0, (i >> 8) as u8, i as u8], [192, 168, 0, 9], 80, "S0")).collect();
    log.extend((0..200_u16).map(|i| tcp([9, 9, 9, 9], [192, 168, 0, 9], i, "S0")));
    let dns = ConnRecord { proto: "udp", ..tcp([192, 168, 0, 2], [8, 8, 8, 8], 53, "SF") };
    log.extend(std::iter::repeat_n(dns, 600));
    log
}

#[test]
fn who_comes_after_a_flood_of_sources_is_told() {
    let told = told(&flood(), Limits { addresses: 100, ..Limits::default() });
    let failures = finding(&told, FindingKind::MostFailures);
    assert!(
        failures.title.starts_with("At least 200 TCP connections from 9.9.9.9 were"),
        "{}",
        failures.title
    );
    assert!(failures.title.ends_with("of all, 100%."), "{}", failures.title);
    let rare = finding(&told, FindingKind::RarestPorts);
    assert!(rare.title.starts_with("53/udp is the rarest of 1 port "), "{}", rare.title);
    // Its rows in time, services and peers begin when it was found to be busy.
    let client = host(&told, [192, 168, 0, 2]);
    assert_eq!(client.peers[0].address, IpAddr::from([8, 8, 8, 8]));
    assert!(client.peers[0].rows >= 300 && client.forgotten_peers >= 200, "{client:?}");
    assert_eq!(client.peers[0].rows + client.forgotten_peers, 600);
    assert_eq!((client.ports.rows, client.ports.beyond), (600, client.forgotten_peers));

    let first = &told.top.destinations.items[0];
    assert_eq!((&*first.name, first.rows, first.bytes_known), ("8.8.8.8", 600, false));
    let mut names: Vec<_> = told.top.destinations.items.iter().map(|item| &item.name).collect();
    names.dedup();
    assert_eq!(names.len(), told.top.destinations.items.len());
    let local =
        told.top.destinations.items.iter().find(|item| item.name == "192.168.0.9").expect("it is local");
    assert!(local.bytes_known);
    assert_eq!(local.orig_bytes, 7 * 500);
    assert!((told.overview.addresses.count as f64 - 304.0).abs() < 15.0, "{:?}", told.overview.addresses);
}

#[test]
fn an_address_that_is_said_to_be_local_late_stands_once() {
    let mut log: Vec<_> = (0..200).map(|i| tcp([20, 0, 0, i], [192, 168, 0, 9], 80, "SF")).collect();
    let own = tcp([203, 0, 113, 5], [192, 168, 0, 9], 80, "SF");
    log.extend(std::iter::repeat_n(own, 100));
    log.extend(std::iter::repeat_n(ConnRecord { local_orig: Some(true), ..own }, 100));
    let told = told(&log, Limits { addresses: 50, ..Limits::default() });
    let of: Vec<_> = told.top.sources.items.iter().filter(|item| item.name == "203.0.113.5").collect();
    assert_eq!(of.len(), 1);
    assert_eq!((of[0].rows, of[0].bytes_known), (200, false));
    assert!((told.overview.sources.count as f64 - 201.0).abs() < 8.0, "{:?}", told.overview.sources);
}

#[test]
fn a_service_that_comes_after_thousands_of_others_is_told() {
    let names: Vec<String> = (0..5000).map(|i| format!("s{i:04}")).collect();
    let of = |service| ConnRecord { service: Some(service), ..tcp([192, 168, 0, 2], [8, 8, 8, 8], 80, "SF") };
    let mut log: Vec<_> = names.iter().map(|name| of(name)).collect();
    log.extend(std::iter::repeat_n(of("real"), 2000));
    let told = told(&log, Limits::default());
    let services = &told.top.services;
    let first = &services.items[0];
    assert_eq!((&*first.name, first.bytes_known), ("real", false));
    assert!((2000..=2000 + services.error).contains(&first.rows), "{first:?}");
    assert_eq!((services.rows, services.beyond), (7000, 2904));
    assert!((services.distinct.count as f64 - 5001.0).abs() < 200.0, "{:?}", services.distinct);
    assert!(services.distinct.error > 0.0);
    let rare = finding(&told, FindingKind::RarestServices);
    assert!(rare.title.starts_with("s0000 is the rarest of the first 4,096 services,"), "{}", rare.title);
    assert_eq!((told.hosts[0].services.rows, told.hosts[0].services.beyond), (7000, 2904));
}
