//! Whole generated weeks against what must hold of any Zeek log, and against the shape they are to have.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeek_log::write::Format;

use super::*;

/// Keeps everything.
#[derive(Default)]
struct Kept {
    flows: Vec<Flow>,
    events: Vec<Event>,
    most_at_once: usize,
}

impl Sink for Kept {
    fn take(&mut self, batch: Batch) -> io::Result<()> {
        self.most_at_once = self.most_at_once.max(batch.flows.len());
        for flow in &batch.flows {
            assert!((batch.begin..batch.end).contains(&flow.end()), "a row outside its slice");
        }
        for event in &batch.events {
            assert!((batch.begin..batch.end).contains(&event.written), "an event outside its slice");
        }
        self.flows.extend(batch.flows);
        self.events.extend(batch.events);
        Ok(())
    }
}

fn kept(settings: &Settings) -> (Kept, Summary) {
    let mut kept = Kept::default();
    let summary = generate(settings, &mut kept).unwrap();
    (kept, summary)
}

fn week(rows: u64, seed: u64) -> Settings {
    Settings { rows, seed, attacks: true, ..Settings::default() }
}

#[test]
fn a_seed_is_a_week_and_another_seed_is_another() {
    let settings = week(20_000, 7);
    let (first, summary) = kept(&settings);
    let (again, summary_again) = kept(&settings);
    assert_eq!(first.flows, again.flows);
    assert_eq!(first.events, again.events);
    assert_eq!(summary, summary_again);
    let (other, _) = kept(&week(20_000, 8));
    assert_ne!(first.flows[..100], other.flows[..100]);
}

#[test]
fn rows_are_as_many_as_asked_for_and_in_the_order_of_their_end() {
    for (rows, days, hosts) in [(1, 7.0, 26), (5_000, 0.05, 12), (30_001, 2.3, 300), (60_000, 30.0, 26)] {
        let settings = Settings { days, hosts, attacks: rows >= 5_000, ..week(rows, 3) };
        let (kept, summary) = kept(&settings);
        assert_eq!((kept.flows.len() as u64, summary.rows), (rows, rows), "{days} days");
        assert!(kept.flows.is_sorted_by_key(Flow::end));
        assert!(kept.events.is_sorted_by_key(|event| event.written));
        let (begin, end) = settings.span();
        assert!(kept.flows.iter().all(|flow| flow.end() < end && flow.end() >= begin));
    }
}

#[test]
fn every_row_is_one_that_zeek_could_have_written() {
    let (kept, _) = kept(&Settings { days: 1.0, ..week(60_000, 11) });
    for flow in &kept.flows {
        consistent(flow);
    }
}

/// The laws between the fields of a row.
fn consistent(flow: &Flow) {
    let history = flow.history.as_str();
    let (packets, ip) = (flow.orig_pkts + flow.resp_pkts, if flow.orig.host.is_ipv4() { 20 } else { 40 });
    assert_eq!(flow.orig.host.is_ipv4(), flow.resp.host.is_ipv4(), "{flow:?}");
    assert!(packets > 0, "{flow:?}");
    assert_eq!(flow.duration.is_some(), packets > 1, "one packet has no duration: {flow:?}");
    assert!(flow.duration.is_none_or(|duration| duration > 0), "{flow:?}");
    // Bytes on the wire: payload and a header for each packet. What the sensor missed is not on it.
    let least = match flow.proto {
        Proto::Tcp => 20,
        Proto::Udp | Proto::Icmp => 8,
        Proto::Other => 0,
    };
    assert!(flow.orig_ip_bytes >= flow.orig_bytes + flow.orig_pkts * (ip + least), "{flow:?}");
    assert!(
        flow.resp_ip_bytes + flow.missed_bytes >= flow.resp_bytes + flow.resp_pkts * (ip + least),
        "{flow:?}"
    );
    // No packet larger than a frame.
    for (bytes, packets) in [(flow.orig_ip_bytes, flow.orig_pkts), (flow.resp_ip_bytes, flow.resp_pkts)] {
        assert!(bytes <= packets * 1_520, "{flow:?}");
    }
    assert!(flow.orig_bytes == 0 || flow.orig_pkts > 0, "{flow:?}");
    assert!(flow.resp_bytes == 0 || flow.resp_pkts > 0, "{flow:?}");
    match flow.proto {
        Proto::Tcp => tcp_consistent(flow, history),
        Proto::Udp => {
            let expected = match (flow.orig_pkts, flow.resp_pkts) {
                (0, _) => ["SHR", "^d"],
                (_, 0) => ["S0", "D"],
                _ => ["SF", "Dd"],
            };
            assert!([flow.state, history] == expected || history.contains('C'), "{flow:?}");
        }
        Proto::Icmp | Proto::Other => assert_eq!((flow.state, history), ("OTH", ""), "{flow:?}"),
    }
}

fn tcp_consistent(flow: &Flow, history: &str) {
    let has = |letter: char| history.contains(letter);
    let handshake = history.starts_with("ShA");
    let expected = match flow.state {
        "SF" => handshake && has('F') && has('f'),
        "RSTO" => has('R') && history.starts_with("Sh"),
        "RSTR" => handshake && has('r'),
        "S0" => history == "S",
        "REJ" => history == "Sr",
        "S1" => history.starts_with("Sh") && !history.chars().any(|letter| "FfRr".contains(letter)),
        "S2" => handshake && has('F') && !has('f'),
        "S3" => handshake && has('f') && !has('F'),
        "SH" => has('F') && !has('h'),
        "RSTOS0" => has('R') && !has('h'),
        "SHR" => has('h') && has('f') && !has('S'),
        "RSTRH" => has('h') && has('r') && !has('S'),
        "OTH" => !has('S'),
        _ => false,
    };
    assert!(expected, "{flow:?}");
    assert_eq!(flow.orig_bytes > 0, has('D'), "{flow:?}");
    assert_eq!(flow.resp_bytes > 0, has('d'), "{flow:?}");
    assert_eq!(flow.missed_bytes > 0, has('g'), "{flow:?}");
    if flow.service.is_some() {
        assert!(handshake && flow.orig_bytes + flow.resp_bytes > 0, "nothing to recognise: {flow:?}");
    }
}

#[test]
fn shares_are_those_of_the_network_it_is_shaped_after() {
    const ROWS: u64 = 200_000;
    let (kept, _) = kept(&Settings { attacks: false, ..week(ROWS, 42) });
    let share = |which: &dyn Fn(&Flow) -> bool| {
        kept.flows.iter().filter(|flow| which(flow)).count() as f64 / ROWS as f64 * 100.0
    };
    let service = |name: Option<&'static str>| share(&|flow| flow.service == name);
    // Percent, and how far it may be off: what the household's log had, at 1,243,021 rows.
    for (name, expected, off) in [
        (None, 50.55, 1.5),
        (Some("dns"), 36.20, 1.5),
        (Some("ssl"), 8.97, 0.8),
        (Some("quic,ssl"), 1.76, 0.3),
        (Some("quic"), 1.48, 0.3),
        (Some("ssl,quic"), 0.42, 0.1),
        (Some("http"), 0.39, 0.1),
        (Some("ntp"), 0.13, 0.03),
        (Some("dhcp"), 0.042, 0.02),
    ] {
        let actual = service(name);
        assert!((actual - expected).abs() < off, "{name:?}: {actual:.3}% where {expected}% is expected");
    }
    for (proto, expected, off) in
        [(Proto::Tcp, 54.5, 2.0), (Proto::Udp, 42.7, 2.0), (Proto::Icmp, 2.5, 0.3), (Proto::Other, 0.26, 0.1)]
    {
        let actual = share(&|flow| flow.proto == proto);
        assert!((actual - expected).abs() < off, "{proto:?}: {actual:.3}%");
    }
    let unset = share(&|flow| flow.duration.is_none());
    assert!((unset - 18.2).abs() < 2.0, "{unset:.2}% without duration");
    let states: HashSet<&str> = kept.flows.iter().map(|flow| flow.state).collect();
    assert_eq!(states.len(), 13, "{states:?}");
    let sources: HashSet<_> = kept.flows.iter().map(|flow| flow.orig.host).collect();
    assert!((380..=500).contains(&sources.len()), "{} sources", sources.len());
    assert!(sources.iter().any(std::net::IpAddr::is_ipv6));
}

#[test]
fn every_attack_is_there_and_the_first_part_is_quiet() {
    for rows in [20_000, 200_000] {
        let settings = week(rows, 42);
        let (kept, summary) = kept(&settings);
        let (begin, end) = settings.span();
        let quiet = begin + (end - begin) * 4 / 7;
        assert_eq!(summary.campaigns.len(), 10);
        let mut counts = HashMap::new();
        for flow in kept.flows.iter().filter(|flow| flow.campaign.is_some()) {
            assert!(flow.start >= quiet, "an attack in the baseline");
            *counts.entry(flow.campaign.unwrap()).or_insert(0u64) += 1;
        }
        for (i, campaign) in summary.campaigns.iter().enumerate() {
            assert_eq!(counts.get(&(i as u16)), Some(&campaign.rows), "{}", campaign.name);
            assert!(campaign.rows >= 12 && campaign.first <= campaign.last, "{}", campaign.name);
        }
        let attacked = counts.values().sum::<u64>() as f64 / rows as f64;
        assert!((0.02..0.06).contains(&attacked), "{:.1}% of {rows} rows", attacked * 100.0);
    }
}

#[test]
fn events_belong_to_connections_that_exist() {
    let (kept, _) = kept(&week(50_000, 5));
    let flows: HashMap<Uid, &Flow> = kept.flows.iter().map(|flow| (flow.uid, flow)).collect();
    assert_eq!(flows.len(), kept.flows.len(), "a uid twice");
    let mut counts = [0; 3];
    for event in &kept.events {
        let flow = flows[&event.uid];
        assert_eq!((flow.orig, flow.resp), (event.orig, event.resp));
        assert!(event.time >= flow.start - SECOND && event.time <= event.written, "{event:?}");
        let (kind, service) = match event.body {
            Body::Dns(_) => (0, "dns"),
            Body::Http(_) => (1, "http"),
            Body::Ssl(_) => (2, "ssl"),
        };
        counts[kind] += 1;
        assert!(flow.service.is_some_and(|services| services.split(',').any(|it| it == service)), "{flow:?}");
    }
    assert!(counts.iter().all(|&count| count > 50), "{counts:?}");
}

#[test]
fn clients_connect_to_addresses_that_were_answered() {
    let (kept, _) = kept(&Settings { attacks: false, ..week(60_000, 9) });
    let mut answered = HashMap::<&str, HashSet<std::net::IpAddr>>::new();
    for event in &kept.events {
        if let Body::Dns(dns) = &event.body {
            let addresses = dns.answers.iter().filter_map(|answer| match answer {
                Answer::Address(address) => Some(*address),
                Answer::Text(_) => None,
            });
            answered.entry(&dns.query).or_default().extend(addresses);
        }
    }
    let (mut right, mut wrong) = (0, 0);
    for event in &kept.events {
        let Body::Ssl(Tls { server_name: Some(name), .. }) = &event.body else { continue };
        let Some(addresses) = answered.get(name.as_str()) else { continue };
        if addresses.iter().any(|address| address.is_ipv4() == event.resp.host.is_ipv4()) {
            if addresses.contains(&event.resp.host) { right += 1 } else { wrong += 1 }
        }
    }
    assert!(right > 500 && wrong == 0, "{right} right, {wrong} wrong");
}

#[test]
fn slices_stay_small_however_many_rows() {
    for rows in [20_000, 400_000] {
        let (kept, _) = kept(&Settings { days: 1.0, attacks: false, ..week(rows, 1) });
        // The scanner's runs are many times denser than the average.
        assert!(kept.most_at_once < 120_000, "{} rows at once", kept.most_at_once);
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let good = Settings::default();
    good.check().unwrap();
    for bad in [
        Settings { rows: 0, ..good.clone() },
        Settings { rows: 4_999, attacks: true, ..good.clone() },
        Settings { days: 0.0, ..good.clone() },
        Settings { days: f64::NAN, ..good.clone() },
        Settings { hosts: 3, ..good.clone() },
        Settings { hosts: 100_000, ..good },
    ] {
        assert!(matches!(bad.check(), Err(Error::Settings(_))), "{bad:?}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn an_hourly_tree_is_zeeks_and_the_same_every_time() {
    let settings = Settings { days: 1.0, start: "2026-03-03T22:30:00Z".parse().unwrap(), ..week(6_000, 2) };
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut told = 0;
    let written =
        write_logs(&settings, one.path(), Layout::Hourly, Format::Tsv, &mut |rows| told = rows).unwrap();
    write_logs(&settings, two.path(), Layout::Hourly, Format::Tsv, &mut |_| ()).unwrap();
    assert_eq!(told, 6_000);
    let files = files_below(one.path());
    assert_eq!(files.len() as u64, written.files);
    assert_eq!(files.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>(), written.bytes);
    for file in &files {
        let name = file.strip_prefix(one.path()).unwrap();
        assert!(
            fs::read(file).unwrap() == fs::read(two.path().join(name)).unwrap(),
            "{} differs",
            name.display()
        );
    }
    let conn = |name: &str| one.path().join(name);
    assert!(conn("2026-03-03/conn.22:30:00-23:00:00.log.gz").exists());
    assert!(conn("2026-03-03/conn.23:00:00-00:00:00.log.gz").exists());
    let mut text = String::new();
    let file = fs::File::open(conn("2026-03-04/conn.00:00:00-01:00:00.log.gz")).unwrap();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    assert!(text.contains("#open\t2026-03-04-00-00-00\n"), "{text}");
    assert!(text.ends_with("#close\t2026-03-04-01-00-00\n"));
    let labels = fs::read_to_string(one.path().join("labels.tsv")).unwrap();
    assert_eq!(labels.lines().next(), Some("uid\ttype\tcampaign"));
    let labelled = written.summary.campaigns.iter().map(|campaign| campaign.rows).sum::<u64>();
    assert_eq!(labels.lines().count() as u64, labelled + 1);
}

#[test]
fn single_logs_hold_every_row_and_every_label() {
    let settings = Settings { days: 2.0, ..week(8_000, 2) };
    let folder = tempfile::tempdir().unwrap();
    write_logs(&settings, folder.path(), Layout::Single, Format::Json, &mut |_| ()).unwrap();
    let conn = fs::read_to_string(folder.path().join("conn.log")).unwrap();
    assert_eq!(conn.lines().count(), 8_000);
    assert!(conn.lines().all(|line| line.starts_with("{\"ts\":") && line.ends_with('}')));
    let labels = fs::read_to_string(folder.path().join("labels.tsv")).unwrap();
    for label in labels.lines().skip(1).step_by(40) {
        let uid = label.split('\t').next().unwrap();
        assert!(conn.contains(&format!("\"uid\":\"{uid}\"")), "{uid}");
    }
    assert!(folder.path().join("http.log").exists() && folder.path().join("ssl.log").exists());
}

#[test]
fn a_file_in_the_way_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conn.log")).unwrap();
    let error =
        write_logs(&week(6_000, 2), folder.path(), Layout::Single, Format::Tsv, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("conn.log"), "{error}");
}
