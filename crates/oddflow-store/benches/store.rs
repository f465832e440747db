//! What it costs to store and to find alerts: as many as a week's log yields when 5% of its 1,243,021
//! rows are flagged, in a transaction for each of its 338 hourly files.
//!
//! `cargo bench -p oddflow-store`. Files lie in the system's folder for temporary files (`TMPDIR`).

use std::cell::OnceCell;
use std::hint::black_box;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use oddflow_store::{
    AlertQuery, IncidentState, LogIdentity, MAX_INCIDENT_ROWS, Model, NewAlert, NewContribution, NewIncident,
    Progress, Severity, Sort, Store,
};
use tempfile::TempDir;

const ALERTS: usize = 62_000;
const FILES: usize = 338;
const MODEL: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A row's own text, kept apart from the time that is measured.
struct Row {
    uid: String,
    orig_h: String,
    resp_h: String,
    ts: f64,
    orig_p: u16,
    resp_p: u16,
    bytes: u64,
    score: f64,
}

/// Numbers that look random: the 64-bit mixer of SplitMix (Steele, Lea, Flood, 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 479 source and 8,094 destination addresses, a few of which have most of the traffic.
fn rows(count: usize) -> Vec<Row> {
    let skewed = |seed: u64, addresses: u64| {
        let share = (mix(seed) >> 11) as f64 / (1u64 << 53) as f64;
        (share * share * share * addresses as f64) as u64
    };
    (0..count as u64)
        .map(|i| {
            let source = skewed(i * 8, 479);
            let destination = mix(skewed(i * 8 + 1, 8094));
            Row {
                uid: format!("C{:017x}", u128::from(mix(i * 8 + 2)) << 4),
                orig_h: format!("192.168.{}.{}", source >> 8, source & 255),
                resp_h: std::net::Ipv4Addr::from(destination as u32).to_string(),
                ts: 1_736_071_200.0 + i as f64 * 9.75 + (mix(i * 8 + 3) % 300_000_000) as f64 / 1e6,
                orig_p: 32_768 + (mix(i * 8 + 4) % 28_000) as u16,
                resp_p: [443, 53, 80, 123, 22, 445][(mix(i * 8 + 5) % 6) as usize],
                bytes: mix(i * 8 + 6) >> 44,
                score: (mix(i * 8 + 7) >> 11) as f64 / (1u64 << 48) as f64,
            }
        })
        .collect()
}

fn model() -> Model {
    Model {
        id: MODEL.into(),
        recipe: "classic".into(),
        tool_version: "0.1.0".into(),
        summary: "{}".into(),
        threshold: 3.5,
    }
}

fn alert(row: &Row, line: usize) -> NewAlert<'_> {
    NewAlert {
        line: line as u64,
        ts: row.ts,
        uid: &row.uid,
        orig_h: &row.orig_h,
        orig_p: Some(row.orig_p),
        resp_h: &row.resp_h,
        resp_p: Some(row.resp_p),
        proto: Some("tcp"),
        service: Some("ssl"),
        conn_state: Some("SF"),
        duration: Some(1.562_374),
        orig_bytes: Some(row.bytes),
        resp_bytes: Some(row.bytes * 7),
        orig_pkts: Some(17),
        resp_pkts: Some(29),
        history: Some("ShADadFfR"),
        local_orig: Some(true),
        local_resp: Some(false),
        score: row.score,
        threshold: 3.5,
        contributions: const {
            &[
                NewContribution {
                    name: "src_bytes",
                    value: 1_274_634.0,
                    expected: 812.527_3,
                    share: 0.412_563,
                },
                NewContribution {
                    name: "dst_bytes_per_orig_pkt",
                    value: 52_633.25,
                    expected: 431.25,
                    share: 0.213_451,
                },
                NewContribution {
                    name: "service_ssl,http",
                    value: 1.0,
                    expected: 0.021_34,
                    share: 0.114_236,
                },
            ]
        },
        ..NewAlert::default()
    }
}

/// Stores the rows, one log to a file and `files` files to a transaction.
fn fill(store: &mut Store, rows: &[Row], files: usize) {
    let logs: Vec<&[Row]> = rows.chunks(rows.len().div_ceil(FILES)).collect();
    for (i, together) in logs.chunks(files).enumerate() {
        let mut batch = store.begin().expect("begin");
        for (j, log_rows) in together.iter().enumerate() {
            let name = format!("2025-01-05/conn.{:05}.log.gz", i * files + j);
            let identity = LogIdentity {
                path: "conn".into(),
                opened: "2025-01-05-10-00-00".into(),
                first_uid: log_rows[0].uid.clone(),
            };
            let log = batch.log(MODEL, &identity, &name, None).expect("a new log");
            for (line, row) in log_rows.iter().enumerate() {
                batch.alert(log, &alert(row, line)).expect("alert");
            }
            let rows = log_rows.len() as u64;
            let progress = Progress { bytes: rows * 130, lines: rows, rows, ..Progress::default() };
            batch.progress(log, &progress).expect("progress");
        }
        batch.commit().expect("commit");
    }
}

/// Stores an incident of 50 rows in each of `count` transactions, each row with what is said of it.
fn fill_incidents(store: &mut Store, rows: &[Row], count: usize) {
    let explanation = format!("{{\"families\":[{}]}}", ["{\"name\":\"fan\",\"value\":214.0}"; 10].join(","));
    for (number, rows) in rows.chunks(MAX_INCIDENT_ROWS).take(count).enumerate() {
        let name = format!("incident-{number}.log");
        let identity = LogIdentity { path: "conn".into(), opened: String::new(), first_uid: name.clone() };
        let mut batch = store.begin().expect("begin");
        let log = batch.log(MODEL, &identity, &name, None).expect("a new log");
        let incident = NewIncident {
            sensor: "",
            number: number as u64,
            host: &rows[0].orig_h,
            family: "fan",
            class: "outbound tcp",
            state: IncidentState::Raised,
            first_ts: rows[0].ts,
            last_ts: rows[0].ts,
            raised_ts: rows[0].ts,
            rows: rows.len() as u64,
            peak: rows[0].score,
            score: rows[0].score,
            threshold: 3.5,
            severity: Severity::High,
            title: "contacted 214 new hosts on 445 in 60 s",
            technique: Some("T1046"),
            summary: &explanation,
            is_shadow: false,
        };
        let incident = Some(batch.incident(MODEL, &incident).expect("incident"));
        for (line, row) in rows.iter().enumerate() {
            let explanation = Some(explanation.as_str());
            let alert = NewAlert { incident, explanation, ..alert(row, line) };
            batch.alert(log, &alert).expect("alert");
        }
        batch.commit().expect("commit");
    }
}

fn opened(folder: &TempDir) -> Store {
    let mut store = Store::open(folder.path().join("bench.db")).expect("open");
    store.register_model(&model()).expect("model");
    store
}

fn storing(criterion: &mut Criterion) {
    let rows = rows(ALERTS);
    let mut group = criterion.benchmark_group("store 62,000 alerts");
    group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    let new = || {
        let folder = TempDir::new().expect("folder");
        let store = opened(&folder);
        (folder, store)
    };
    for (name, files) in [("338 commits", 1), ("17 commits", 20), ("1 commit", FILES)] {
        group.bench_function(name, |bench| {
            // What a run returns is dropped, and so closed, outside of the time that is measured.
            let store_all = |(folder, mut store): (TempDir, Store)| {
                fill(&mut store, &rows, files);
                (store, folder)
            };
            bench.iter_batched(new, store_all, BatchSize::PerIteration);
        });
    }
    group.bench_function("338 commits, with opening and closing", |bench| {
        let run = |folder: TempDir| {
            let mut store = opened(&folder);
            fill(&mut store, &rows, 1);
            drop(store);
            folder
        };
        bench.iter_batched(|| TempDir::new().expect("folder"), run, BatchSize::PerIteration);
    });
    group.bench_function("338 incidents with 16,900 alerts instead", |bench| {
        let store_all = |(folder, mut store): (TempDir, Store)| {
            fill_incidents(&mut store, &rows, FILES);
            (store, folder)
        };
        bench.iter_batched(new, store_all, BatchSize::PerIteration);
    });
    group.bench_function("the search tables", |bench| {
        let filled = || {
            let (folder, mut store) = new();
            fill(&mut store, &rows, FILES);
            (folder, store)
        };
        let update = |(folder, mut store): (TempDir, Store)| {
            store.update_search().expect("update");
            (store, folder)
        };
        bench.iter_batched(filled, update, BatchSize::PerIteration);
    });
    group.finish();
}

/// A query for a page of 50, with a name.
fn pages() -> Vec<(&'static str, AlertQuery)> {
    let page = AlertQuery { limit: Some(50), ..AlertQuery::default() };
    let from = 1_736_071_200.0 + 100_000.0;
    vec![
        ("highest scores", page.clone()),
        ("newest", AlertQuery { sort: Sort::Newest, ..page.clone() }),
        ("one host", AlertQuery { host: "192.168.0.200".parse().ok(), ..page.clone() }),
        ("a network that has all", AlertQuery { host: "192.168.0.0/16".parse().ok(), ..page.clone() }),
        ("one hour", AlertQuery { from: Some(from), to: Some(from + 3600.0), ..page.clone() }),
        ("one incident", AlertQuery { incident: Some(1), ..page.clone() }),
        ("a service", AlertQuery { service: Some("ssl".into()), ..page }),
    ]
}

/// A closed database of so many alerts, made when it is first asked for: a benchmark that is filtered
/// out should cost nothing.
fn database(count: usize) -> impl Fn() -> Rc<(TempDir, Store)> {
    let made = OnceCell::new();
    move || {
        let database = made.get_or_init(|| {
            let folder = TempDir::new().expect("folder");
            let mut store = opened(&folder);
            let rows = rows(count);
            // Few enough for the smaller database to keep all of its alerts in the tail.
            fill_incidents(&mut store, &rows, 20);
            fill(&mut store, &rows, FILES);
            Rc::new((folder, store))
        });
        Rc::clone(database)
    }
}

/// The same pages while the alerts are still in the tail, and from a million in the search tables.
fn finding(criterion: &mut Criterion) {
    for (title, count) in [("find among 62,000 alerts", ALERTS), ("find among 1,000,000 alerts", 1_000_000)] {
        let database = database(count);
        let mut group = criterion.benchmark_group(title);
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(2));
        for (name, query) in pages() {
            group.bench_function(name, |bench| {
                let database = database();
                bench.iter(|| {
                    database
                        .1
                        .alerts(&query, &mut |alert| {
                            black_box(alert);
                            ControlFlow::Continue(())
                        })
                        .expect("query");
                });
            });
        }
        let query = AlertQuery { sort: Sort::Id, ..AlertQuery::default() };
        group.bench_function("dump all", |bench| {
            let database = database();
            bench.iter(|| {
                database
                    .1
                    .dump(&query, &mut |row| {
                        black_box(row);
                        ControlFlow::Continue(())
                    })
                    .expect("dump");
            });
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default();
    targets = storing, finding
}
criterion_main!(benches);
