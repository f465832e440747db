//! What a reader of the statistics would be misled by.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use zeek_log::ConnRecord;

use crate::exploration::Exploration;
use crate::testing::{bare, explore};
use crate::{Finding, FindingKind, Health, Network, Options, Partial, Statistics};

const START: f64 = 1_740_000_000.0;

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn finding(statistics: &Statistics, kind: FindingKind) -> &Finding {
    statistics.findings.iter().find(|finding| finding.kind == kind).expect("each kind")
}

#[test]
fn a_long_connection_is_no_silence() {
    // It began six hours before the log, which covers an hour.
    let long = ConnRecord { duration: Some(21_700.0), ..bare(START - 21_600.0) };
    let rows: Vec<_> = (0..360).map(|i| bare(START + f64::from(i) * 10.0)).chain([long]).collect();
    let statistics = explore(&rows, &Options::default());
    let overview = &statistics.overview;
    assert_eq!((overview.gap_count, overview.hours_without_rows), (0, 0));
    assert_eq!(overview.covered, Some([START, START + 3590.0]));
    assert_eq!(overview.first, Some(START - 21_600.0));
    assert!(overview.hours <= 2);
    let covered: u64 = statistics.time.hour_of_week.hours.iter().flatten().sum();
    assert!(covered <= 3, "the hours before the log are not covered");
}

#[test]
fn what_was_sent_in_many_connections_is_one_sum() {
    let one = |i: u32, orig: &str, resp: &str, sent, answered| ConnRecord {
        orig_h: address(orig),
        resp_h: address(resp),
        orig_bytes: Some(sent),
        resp_bytes: Some(answered),
        resp_p: 443 + (i % 2) as u16,
        ..bare(START + f64::from(i))
    };
    let mut rows: Vec<_> = (0..100).map(|i| one(i, "192.168.0.2", "198.51.100.7", 1_000_000, 5)).collect();
    rows.push(one(100, "192.168.0.3", "198.51.100.8", 17_000_000, 5));
    // Asked from outside, a local host sends too.
    rows.push(one(101, "198.51.100.9", "192.168.0.4", 5, 20_000_000));
    let statistics = explore(&rows, &Options::default());
    let uploads = finding(&statistics, FindingKind::LargestUploads);
    assert_eq!(uploads.title, "192.168.0.2 sent most outside: 100 MB to 198.51.100.7 in 100 connections.");
    let evidence: Vec<_> = uploads
        .evidence
        .iter()
        .map(|one| (one.host.expect("one").to_string(), one.peer.expect("one").to_string(), one.value))
        .collect();
    assert_eq!(
        evidence,
        [
            ("192.168.0.2".into(), "198.51.100.7".into(), 1e8),
            ("192.168.0.4".into(), "198.51.100.9".into(), 2e7),
            ("192.168.0.3".to_owned(), "198.51.100.8".to_owned(), 1.7e7),
        ]
    );
    assert_eq!(uploads.evidence[0].port, None);
    assert_eq!(uploads.evidence[1].port.as_deref(), Some("444/tcp"));
}

#[test]
fn a_scan_of_ports_stands_out() {
    let mut rows: Vec<_> = (0..3000)
        .map(|i| ConnRecord { resp_h: address("192.168.0.1"), resp_p: i + 1, ..bare(START + f64::from(i)) })
        .collect();
    rows.extend((0..40).map(|i| ConnRecord {
        orig_h: address("192.168.0.3"),
        resp_h: Ipv4Addr::new(198, 51, 100, i).into(),
        ..bare(START + f64::from(i))
    }));
    let statistics = explore(&rows, &Options::default());
    let reach = finding(&statistics, FindingKind::WidestFanOut);
    assert_eq!(
        reach.title,
        "192.168.0.3 talks to 40 other addresses; no host talks to more. 192.168.0.2 tried 3,000 ports of 192.168.0.1."
    );
    assert_eq!(reach.evidence[0].text, "3,000 ports");
    assert_eq!(reach.evidence[0].peer, Some(address("192.168.0.1")));
}

#[test]
fn groups_have_rhythms_too_and_number_counts() {
    let every = |seconds: f64, rows: u32, orig: &str, resp: &str| -> Vec<ConnRecord<'static>> {
        let (orig_h, resp_h) = (address(orig), address(resp));
        let beat = (0..rows).map(|i| ConnRecord { orig_h, resp_h, ..bare(START + f64::from(i) * seconds) });
        beat.collect()
    };
    let group = explore(&every(60.0, 30, "192.168.0.2", "224.0.0.251"), &Options::default());
    assert!(finding(&group, FindingKind::MostRegular).title.contains("224.0.0.251"));
    let mut rows = every(60.0, 30, "192.168.0.2", "198.51.100.7");
    let mut busy = every(60.0, 2000, "192.168.0.3", "198.51.100.8");
    busy[10].ts += 20.0;
    rows.append(&mut busy);
    let both = explore(&rows, &Options::default());
    let regular = finding(&both, FindingKind::MostRegular);
    assert!(regular.title.starts_with("192.168.0.3 connects to 198.51.100.8"), "{}", regular.title);
    let none = explore(&rows[..10], &Options::default());
    assert_eq!(
        finding(&none, FindingKind::MostRegular).title,
        "Nothing comes back at regular intervals: none that does so at least 24 times, 10 s apart or more, with intervals that \
         vary by at most 50.0%."
    );
}

/// Half of the rows are IPv6, which Zeek doesn't know to be local.
fn half_known() -> Vec<ConnRecord<'static>> {
    (0..100u32)
        .map(|i| {
            let (orig_h, local) = if i % 2 == 0 {
                (address("192.168.0.2"), true)
            } else {
                (address(&format!("2001:db8:1:2::{i:x}")), false)
            };
            let (local_orig, local_resp) = (Some(local), Some(false));
            ConnRecord { orig_h, local_orig, local_resp, ..bare(START + f64::from(i)) }
        })
        .collect()
}

#[test]
fn networks_that_zeek_does_not_know_are_named() {
    let local = explore(&half_known(), &Options::default()).overview.local;
    assert_eq!((local.without_local, local.without_local_share), (50, 0.5));
    assert_eq!((&*local.likely[0].network, local.likely[0].rows), ("2001:db8:1:2::/64", 50));
    assert_eq!(
        local.sentence,
        "Zeek's local networks are set. 50.0% of the connections have no local side: name all your networks with --local-net; \
         most of these begin in 2001:db8:1:2::/64."
    );
}

#[test]
fn networks_that_are_named_are_local() {
    let network = |address: &str, length| Network { address: address.parse().expect("one"), length };
    let local: Arc<[_]> = [network("192.168.0.0", 16), network("2001:db8::", 32)].into();
    let mut exploration = Exploration::new(&Options { local: Arc::clone(&local), ..Options::default() });
    let mut part = Partial::new(&local);
    half_known().iter().for_each(|record| part.add(record));
    exploration.merge(part);
    let statistics = exploration.finish(&Health::default());
    assert_eq!(statistics.overview.local.without_local, 0);
    assert_eq!(
        statistics.overview.local.sentence,
        "Local networks are those named: 192.168.0.0/16 and 2001:db8::/32."
    );
    assert_eq!(statistics.overview.local_addresses.count, 51);
    assert!(statistics.hosts.iter().any(|host| host.address.is_ipv6()));
}

#[test]
fn a_log_given_twice_is_noticed() {
    const UIDS: [&str; 3] = ["C1", "C2", "C3"];
    let rows: Vec<_> = UIDS.map(|uid| ConnRecord { uid: Some(uid), ..bare(START) }).repeat(2);
    let repeats = explore(&rows, &Options::default()).overview.repeats;
    assert_eq!((repeats.sampled, repeats.repeated, repeats.exact), (6, 3, true));
    assert_eq!(explore(&[bare(START)], &Options::default()).overview.repeats.sampled, 0);
}

#[test]
fn nothing_reassures_where_nothing_is() {
    assert_eq!(explore(&[], &Options::default()).findings, []);
    let udp = explore(&[ConnRecord { proto: "udp", ..bare(START) }], &Options::default());
    let failures = finding(&udp, FindingKind::MostFailures);
    assert_eq!(failures.title, "There is no TCP connection that could have failed.");
}
