//! Made-up baselines, and what is told of them.

use super::Kind;
use super::testing::{MORNING, Traffic, connection, host, refused, server};
use zeek_log::ConnRecord;

fn check(mut traffic: Traffic, told: &[&str]) {
    assert_eq!(traffic.told(), told);
}

#[test]
fn of_ordinary_traffic_and_of_nothing_nothing_is_told() {
    check(Traffic::office(), &[]);
    check(Traffic::default(), &[]);
}

#[test]
fn a_beacon_is_told_though_it_is_off_beat_and_sleeps() {
    let mut traffic = Traffic::office();
    for i in 0..240_u32 {
        // Off beat by up to a quarter, two connections at a time, with a break at noon.
        let jitter = f64::from(i * i * 7 % 31);
        let pause = if i < 120 { 0.0 } else { 7_200.0 };
        let ts = MORNING + 120.0 * f64::from(i) + jitter + pause;
        traffic.0.push(connection(ts, host(12), server(200)));
        traffic.0.push(connection(ts + 0.3, host(12), server(200)));
    }
    check(
        traffic,
        &["regular 7.4: 10.0.0.12 connects to 93.184.0.200 port 443 every 2 min for 7.9 h, 480 connections \
           | id.orig_h == 10.0.0.12 && id.resp_h == 93.184.0.200 && id.resp_p == 443 | 480"],
    );
}

#[test]
fn what_one_program_asks_of_several_servers_and_several_hosts_of_one_is_told_once() {
    let mut traffic = Traffic::office();
    for i in 0..24 {
        let ts = MORNING + 1_800.0 * f64::from(i);
        for last in 201..206 {
            traffic.0.push(connection(ts + f64::from(last), host(13), server(last)));
        }
        for last in 14..18 {
            traffic.0.push(connection(ts + f64::from(last), host(last), server(220)));
        }
    }
    let found = traffic.findings();
    let words: Vec<&str> = found.iter().map(|finding| finding.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "10.0.0.13 connects to 5 hosts port 443 every 30 min for 11.5 h, 120 connections",
            "4 hosts connect to 93.184.0.220 port 443 every 30 min for 11.5 h, 96 connections"
        ]
    );
}

#[test]
fn scans_are_told_by_their_source() {
    let mut traffic = Traffic::office();
    for i in 0..50_u16 {
        let ts = MORNING + 3_600.0 + f64::from(i);
        traffic.0.push(refused(ts, host(14), host(200), 1_000 + i));
        traffic.0.push(refused(ts, host(15), host(100 + i as u8), 445));
        traffic.0.push(refused(ts, host(16), host(100 + i as u8), 2_000 + i));
    }
    for port in 1..16 {
        for last in 100..120 {
            let ts = MORNING + 7_200.0 + f64::from(port);
            traffic.0.push(refused(ts, host(40), host(last), port));
        }
    }
    check(
        traffic,
        &[
            "scan 8.7: 10.0.0.40 tries up to 20 hosts on each of 15 ports within 14 s, 100% failed \
             | id.orig_h == 10.0.0.40 | 300",
            "scan 6.7: 10.0.0.14 tries 50 ports of 10.0.0.200 within 49 s, 100% failed \
             | id.orig_h == 10.0.0.14 && id.resp_h == 10.0.0.200 | 50",
            "scan 6.7: 10.0.0.15 tries 50 hosts on port 445 within 49 s, 100% failed \
             | id.orig_h == 10.0.0.15 && id.resp_p == 445 | 50",
            "scan 6.7: 10.0.0.16 tries 50 hosts on many ports within 49 s, 100% failed \
             | id.orig_h == 10.0.0.16 && ts in 2026-03-02T09:00:00Z..2026-03-02T09:00:49Z | 50",
        ],
    );
}

#[test]
fn a_scan_amid_other_traffic_is_left_out_by_its_time() {
    let mut traffic = Traffic::office();
    for i in 0..60 {
        traffic.0.push(refused(MORNING + 3_600.5 + f64::from(i), host(14), server(100 + i), 443));
    }
    let found = traffic.findings();
    let filter = found[0].filter.as_ref().map(ToString::to_string);
    assert_eq!(
        filter.as_deref(),
        Some(
            "id.orig_h == 10.0.0.14 && id.resp_p == 443 && ts in 2026-03-02T09:00:00Z..2026-03-02T09:01:00Z"
        )
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn failures_and_brief_logins_come_in_bursts() {
    let mut traffic = Traffic::office();
    for i in 0..30 {
        let ts = MORNING + 3_600.0 + 10.0 * f64::from(i);
        let login = connection(ts, host(15), host(200));
        traffic.0.push(ConnRecord { resp_p: 22, service: Some("ssh"), duration: Some(2.0), ..login });
        traffic.0.push(refused(ts, host(16), server(7), 8_080));
    }
    check(
        traffic,
        &[
            "failures 4.0: 10.0.0.15 makes 30 failed or brief logins to 10.0.0.200 port 22 within 4.8 min \
             | id.orig_h == 10.0.0.15 && id.resp_h == 10.0.0.200 && id.resp_p == 22 | 30",
            "failures 2.0: 10.0.0.16 makes 30 failed connections to 93.184.0.7 port 8080 within 4.8 min \
             | id.orig_h == 10.0.0.16 && id.resp_h == 93.184.0.7 && id.resp_p == 8080 | 30",
        ],
    );
}

#[test]
fn the_largest_uploads_are_told() {
    let mut traffic = Traffic::office();
    for i in 0..6 {
        let ts = MORNING + 7_000.0 * f64::from(i);
        let upload = connection(ts, host(17), server(201));
        traffic.0.push(ConnRecord { orig_bytes: Some(20_000_000), duration: Some(40.0), ..upload });
        // As much comes back: no upload.
        let call = connection(ts + 60.0, host(18), server(202));
        traffic.0.push(ConnRecord {
            orig_bytes: Some(20_000_000),
            resp_bytes: Some(30_000_000),
            duration: Some(900.0),
            ..call
        });
    }
    check(
        traffic,
        &["upload 5.1: 10.0.0.17 sends 120 MB to 93.184.0.201, 49% of all that is sent out \
           | id.orig_h == 10.0.0.17 && id.resp_h == 93.184.0.201 | 6"],
    );
}

#[test]
fn a_host_that_hardly_appears_is_told() {
    let mut traffic = Traffic::office();
    traffic.0.push(connection(MORNING + 9_000.0, host(77), server(3)));
    traffic.0.push(connection(MORNING + 9_100.0, server(4), host(77)));
    check(traffic, &["rare 1.5: 10.0.0.77 began 3 connections at most | id.orig_h == 10.0.0.77 | 1"]);
}

#[test]
fn faults_of_the_sensor_are_told_first() {
    let mut traffic = Traffic::office();
    // It stood still for three hours, then saw only what came in, with holes, and everything twice.
    traffic.0.retain(|record| !(MORNING + 10_800.0..MORNING + 21_600.0).contains(&record.ts));
    for record in &mut traffic.0 {
        if record.ts > MORNING + 21_600.0 && record.proto == "tcp" {
            record.history = Some("hadf");
            record.missed_bytes = Some(2_000);
        }
    }
    let again: Vec<_> = traffic.0.iter().filter(|record| record.ts > MORNING + 36_000.0).copied().collect();
    traffic.0.extend(again);
    let found = traffic.findings();
    assert!(found.iter().all(|finding| finding.kind == Kind::Sensor && finding.filter.is_none()));
    let words: Vec<&str> = found.iter().map(|finding| finding.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "19% of the connections repeat an earlier one: a log is given twice, or two sensors see the same",
            "No connection ended for 3.0 h: the sensor stood still, or the network did",
            "Of 71% of the TCP connections only one direction was seen: the mirror port or the routing is lopsided",
            "The sensor missed 4.9% of the bytes, in 35% of the connections: it loses packets",
        ]
    );
    let span = found[1].span.unwrap();
    assert!(span.0 > MORNING + 10_000.0 && span.1 < MORNING + 22_000.0);
}

#[test]
fn without_local_networks_the_owner_is_asked_for_them() {
    let mut traffic = Traffic::office();
    for record in &mut traffic.0 {
        record.local_orig = Some(false);
        record.local_resp = Some(false);
    }
    let told = traffic.told();
    assert_eq!(
        told[0],
        "sensor 10.0: 100% of the connections have no local side: name your networks with --local-net | - | 0"
    );
}

#[test]
fn the_table_is_short_and_its_best_come_first() {
    let mut traffic = Traffic::office();
    for source in 20..60 {
        for i in 0..30_u16 {
            let ts = MORNING + 3_600.0 + f64::from(i);
            traffic.0.push(refused(ts, host(source), host(200), 1_000 + i % u16::from(source)));
        }
    }
    let found = traffic.findings();
    assert!(found.iter().filter(|finding| finding.kind == Kind::Scan).count() == super::MOST_OF_A_KIND);
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    assert!(found.iter().all(|finding| (1.5..=10.0).contains(&finding.score)));
}

#[test]
fn an_address_that_is_not_known_any_more_has_no_expression() {
    let mut traffic = Traffic::office();
    for i in 0..50_u16 {
        traffic.0.push(refused(MORNING + f64::from(i), host(14), host(200), 1_000 + i));
    }
    let (baseline, _) = traffic.baseline();
    let found = super::Audit::of(baseline.flows(), &super::AddressBook::default());
    assert_eq!(found[0].words, "a host tries 50 ports of a host within 49 s, 100% failed");
    assert_eq!((&found[0].filter, found[0].rows), (&None, 0));
}
