//! Fills a new database with made-up incidents and alerts, to measure the dashboard by: see `bench/dashboard`.
//!
//! `cargo run --release -p oddflow-store --example fill -- FILE ALERTS`. Thirty days of 4,096 hosts; an incident has 1 to 50 rows, each with an
//! explanation and evidence of the usual length. The same number gives the same rows.

use std::error::Error;

use oddflow_store::{IncidentState, LogIdentity, Model, NewAlert, NewIncident, Progress, Severity, Store};

const MODEL: &str = "0123456789abcdef";
const FAMILIES: [&str; 7] = ["fan", "rate", "fail", "volume", "regular", "novelty", "application"];
const SERVICES: [&str; 6] = ["dns", "ssl", "http", "ssh", "ssl,http", "ntp"];
const PORTS: [u16; 6] = [53, 443, 80, 22, 8443, 123];
const START: f64 = 1_772_409_600.0;
const DAYS: u64 = 30;
/// Incidents of a transaction.
const BATCH: u64 = 2000;

#[expect(clippy::print_stderr, reason = "who waits is told how far it is")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a file")?;
    let alerts: u64 = arguments.next().ok_or("say how many alerts")?.parse()?;
    let mut store = Store::open(&file)?;
    store.register_model(&Model {
        id: MODEL.into(),
        recipe: "behaviour".into(),
        tool_version: "fill".into(),
        summary: "{}".into(),
        threshold: 8.0,
    })?;
    let log = LogIdentity { path: "conn".into(), opened: String::new(), first_uid: "C1".into() };
    let (mut done, mut incident, mut progress) = (0, 0, None::<Progress>);
    while done < alerts {
        let mut batch = store.begin()?;
        let id = batch.log(MODEL, &log, "/logs/conn.log", progress.as_ref())?;
        let end = incident + BATCH;
        while incident < end && done < alerts {
            let rows = (1 + mix(incident * 16) % 50).min(alerts - done);
            let new = Made::new(incident, rows);
            let number = batch.incident(MODEL, &new.incident())?;
            for row in 0..rows {
                new.row(row, |alert| {
                    done += 1;
                    let alert = NewAlert { line: done, incident: Some(number), ..alert };
                    batch.alert(id, &alert).map(|_| ())
                })?;
            }
            incident += 1;
        }
        let now = Progress {
            bytes: done,
            lines: done,
            rows: done,
            last_ts: Some(START + DAYS as f64 * 86_400.0),
            ..Progress::default()
        };
        batch.progress(id, &now)?;
        batch.commit()?;
        progress = Some(now);
        eprintln!("{done} alerts, {incident} incidents");
    }
    store.update_search()?;
    Ok(())
}

/// Numbers that look random: the 64-bit mixer of SplitMix (Steele, Lea, Flood, 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A made-up incident.
struct Made {
    number: u64,
    rows: u64,
    host: String,
    peer: String,
    time: f64,
    score: f64,
    title: String,
    summary: String,
}

impl Made {
    fn new(number: u64, rows: u64) -> Self {
        let draw = |place: u64| mix(number * 16 + place);
        let host = draw(1) % 4096;
        let host = format!("10.0.{}.{}", host >> 8, host & 255);
        let peer = std::net::Ipv4Addr::from(draw(2) as u32).to_string();
        let share = (draw(3) >> 11) as f64 / (1_u64 << 53) as f64;
        Self {
            number,
            rows,
            time: START + share * DAYS as f64 * 86_400.0,
            score: 8.0 - 4.0 * ((draw(4) >> 11) as f64 / (1_u64 << 53) as f64).max(1e-9).ln(),
            title: format!("{host} sent {} MB to {peer}, the most in the baseline was 12 MB", draw(5) % 900),
            summary: format!(
                r#"{{"version":1,"peers":1,"peer_examples":["{peer}"],"ports":1,"port_examples":[443],"proto":"tcp","orig_bytes":1000,"resp_bytes":9000}}"#
            ),
            host,
            peer,
        }
    }

    fn incident(&self) -> NewIncident<'_> {
        let severity = match self.score / 8.0 {
            ratio if ratio < 1.25 => Severity::Low,
            ratio if ratio < 1.6 => Severity::Medium,
            ratio if ratio < 2.2 => Severity::High,
            _ => Severity::Critical,
        };
        NewIncident {
            sensor: "",
            number: self.number,
            host: &self.host,
            family: FAMILIES[(mix(self.number * 16 + 6) % 7) as usize],
            class: "outbound tcp",
            state: if mix(self.number * 16 + 7).is_multiple_of(4) {
                IncidentState::Raised
            } else {
                IncidentState::OverBudget
            },
            first_ts: self.time,
            last_ts: self.time + self.rows as f64,
            raised_ts: self.time + 0.5,
            rows: self.rows,
            peak: self.score,
            score: self.score,
            threshold: 8.0,
            severity,
            title: &self.title,
            technique: Some("T1048"),
            summary: &self.summary,
            is_shadow: false,
        }
    }

    /// Hands over a row.
    fn row<E>(&self, row: u64, store: impl FnOnce(NewAlert<'_>) -> Result<(), E>) -> Result<(), E> {
        let draw = |place: u64| mix((self.number << 12) + row * 8 + place);
        let service = (draw(1) % 6) as usize;
        let uid = format!("C{:016x}", draw(2));
        let explanation = format!(
            r#"{{"version":1,"a":3.5,"families":[{{"family":"volume","strength":4.2,"column":"orig_bytes","value":{0},"most":12000000.0,"most_of_host":1200000.0,"one_in":91000.0,"words":"sent {0} bytes; the most in the baseline was 12 MB, of this host 1.2 MB; one row in 91,000 has as many"}}],"features":[{{"column":"orig_bytes","value":{0},"expected":812.5,"share":0.41,"words":"bytes from the originator: {0}, expected 813"}}],"first_seen":["{1} for the first time"],"nearest":null}}"#,
            draw(3) % 100_000_000,
            self.peer
        );
        let evidence = format!(
            r#"{{"rows":[{{"log":"ssl","ts":{},"fields":{{"server_name":"host{}.example.com","version":"TLSv13"}}}}],"more":0}}"#,
            self.time,
            draw(4) % 5000
        );
        store(NewAlert {
            ts: self.time + row as f64,
            uid: &uid,
            orig_h: &self.host,
            orig_p: Some(32_768 + (draw(5) % 28_000) as u16),
            resp_h: &self.peer,
            resp_p: Some(PORTS[service]),
            proto: Some("tcp"),
            service: Some(SERVICES[service]),
            conn_state: Some("SF"),
            duration: Some(1.5),
            orig_bytes: Some(draw(3) % 100_000_000),
            resp_bytes: Some(9000),
            orig_pkts: Some(17),
            resp_pkts: Some(29),
            history: Some("ShADadFf"),
            local_orig: Some(true),
            local_resp: Some(false),
            score: self.score * (1.0 - row as f64 / 200.0),
            threshold: 8.0,
            explanation: Some(&explanation),
            evidence: Some(&evidence),
            ..NewAlert::default()
        })
    }
}
