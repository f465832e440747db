//! Queries give what a plain filter over all alerts gives, wherever the alerts are looked up.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use oddflow_store::{
    Alert, AlertQuery, DUMP_COLUMNS, DumpRow, Network, NewAlert, PortFilter, Progress, Sort, Store,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{MODEL, found, incident, line, lines, log, memory, model};

/// Small sets of values, so that queries find something and orders have ties.
const HOSTS: [&str; 6] = ["10.0.0.1", "10.0.0.2", "10.1.0.1", "192.168.0.1", "2001:db8::1", "-"];
const NETWORKS: [&str; 7] =
    ["10.0.0.1", "10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0", "172.16.0.0/12"];
const PORTS: [Option<u16>; 5] = [None, Some(0), Some(53), Some(443), Some(65_535)];
const SERVICES: [Option<&str>; 6] =
    [None, Some("dns"), Some("ssl"), Some("ssl,http"), Some("http,ssl"), Some("-ssl,dns")];
const WANTED_SERVICES: [&str; 6] = ["ssl", "http", "-", "-ssl", "ssl,http", "s%l"];
const FILES: [&str; 6] = ["conn.log", "current/conn.log", "my-conn.log", "on.log", "old", "%"];
const SCORES: [f64; 6] = [f64::NEG_INFINITY, -0.5, 0.0, 1.0, 2.5, f64::INFINITY];
const LOGS: [(&str, &str); 3] = [(MODEL, "current/conn.log"), (MODEL, "old/my-conn.log"), ("m2", "conn.log")];

/// What a row of the tests differs in.
#[derive(Debug, Clone)]
struct Row {
    log: usize,
    /// Whether it belongs to its model's incident.
    in_incident: bool,
    ts: f64,
    score: f64,
    hosts: [&'static str; 2],
    ports: [Option<u16>; 2],
    service: Option<&'static str>,
}

fn row() -> impl Strategy<Value = Row> {
    let hosts = [select(&HOSTS[..]), select(&HOSTS[..])];
    let ports = [select(&PORTS[..]), select(&PORTS[..])];
    let log = (0..LOGS.len(), prop::bool::weighted(0.3));
    (log, 0..8u8, select(&SCORES[..]), hosts, ports, select(&SERVICES[..])).prop_map(
        |((log, in_incident), ts, score, hosts, ports, service)| Row {
            log,
            in_incident,
            ts: f64::from(ts),
            score,
            hosts,
            ports,
            service,
        },
    )
}

fn query() -> impl Strategy<Value = AlertQuery> {
    let times = (prop::option::of(0..8u8), prop::option::of(0..9u8));
    let port = prop_oneof![
        select(&[0u16, 53, 443, 65_535, 80][..]).prop_map(PortFilter::Either),
        select(&[0u16, 53, 443, 65_535, 80][..]).prop_map(PortFilter::Responder),
    ];
    (
        times,
        prop::option::of(select(&NETWORKS[..])),
        prop::option::of(port),
        prop::option::of(select(&WANTED_SERVICES[..])),
        prop::option::of(select(&SCORES[..])),
        prop::option::of(select(&[MODEL, "m2", "m3"][..])),
        (
            prop::option::weighted(0.3, select(&FILES[..])),
            prop::option::weighted(0.3, 0..4i64),
            prop::option::weighted(0.3, prop::bool::ANY),
        ),
        select(&[Sort::Score, Sort::Oldest, Sort::Newest, Sort::Id][..]),
        prop::option::of(0..10u64),
    )
        .prop_map(
            |(
                (from, to),
                host,
                port,
                service,
                min_score,
                model,
                (file, incident, suppressed),
                sort,
                limit,
            )| AlertQuery {
                from: from.map(f64::from),
                to: to.map(f64::from),
                host: host.map(|text| text.parse().expect("a network")),
                port,
                service: service.map(str::to_owned),
                min_score,
                model: model.map(str::to_owned),
                incident,
                suppressed,
                shadow: None,
                of: None,
                or_alone: false,
                text: None,
                file: file.map(str::to_owned),
                sort,
                limit,
                after: None,
            },
        )
}

/// Stores the rows; the first `searchable` of them also in the search tables.
fn filled(rows: &[Row], searchable: usize) -> Store {
    let mut store = memory();
    store.register_model(&model("m2")).expect("registers");
    let (older, newer) = rows.split_at(searchable.min(rows.len()));
    let mut stored = 0;
    let mut batch = store.begin().expect("begins");
    let rule = oddflow_store::NewSuppression {
        expression: "",
        reason: "",
        malicious: false,
        created: 0.0,
        expires: None,
    };
    let rule = batch.suppression(&rule).expect("keeps");
    batch.commit().expect("commits");
    for (part, before) in [(older, None), (newer, Some(Progress::default()))] {
        store.update_search().expect("updates");
        let mut batch = store.begin().expect("begins");
        let ids = LOGS
            .map(|(model, file)| batch.log(model, &log(file), file, before.as_ref()).expect("as it stands"));
        let incidents = LOGS.map(|(model, _)| batch.incident(model, &incident(1)).expect("as it was"));
        batch.suppress(incidents[0], Some(rule)).expect("hides");
        for row in part {
            let alert = NewAlert {
                ts: row.ts,
                score: row.score,
                orig_h: row.hosts[0],
                resp_h: row.hosts[1],
                orig_p: row.ports[0],
                resp_p: row.ports[1],
                service: row.service,
                incident: row.in_incident.then_some(incidents[row.log]),
                ..line(stored)
            };
            batch.alert(ids[row.log], &alert).expect("stores");
            stored += 1;
        }
        batch.commit().expect("commits");
    }
    store
}

/// The same filter in plain Rust.
fn matches(query: &AlertQuery, alert: &Alert) -> bool {
    let ports = match query.port {
        None => true,
        Some(PortFilter::Responder(port)) => alert.resp_p == Some(port),
        Some(PortFilter::Either(port)) => [alert.orig_p, alert.resp_p].contains(&Some(port)),
    };
    let services = match (query.service.as_deref(), alert.service.as_deref()) {
        (None, _) | (Some("-"), None) => true,
        (Some("-"), Some(_)) | (Some(_), None) => false,
        (Some(wanted), Some(set)) => format!(",{set},").contains(&format!(",{wanted},")),
    };
    query.from.is_none_or(|from| alert.ts >= from)
        && query.to.is_none_or(|to| alert.ts < to)
        && query.incident.is_none_or(|incident| alert.incident == Some(incident))
        // Incident 1 is the one that is hidden.
        && query.suppressed.is_none_or(|suppressed| (alert.incident == Some(1)) == suppressed)
        && query.min_score.is_none_or(|score| alert.score >= score)
        && query
            .host
            .is_none_or(|network: Network| network.contains(&alert.orig_h) || network.contains(&alert.resp_h))
        && query.model.as_ref().is_none_or(|model| alert.model == *model)
        && query
            .file
            .as_ref()
            .is_none_or(|file| alert.file == *file || alert.file.ends_with(&format!("/{file}")))
        && ports
        && services
}

fn order(sort: Sort, a: &Alert, b: &Alert) -> Ordering {
    let by = |a: f64, b: f64| a.partial_cmp(&b).expect("numbers");
    match sort {
        Sort::Score => by(b.score, a.score).then(a.id.cmp(&b.id)),
        Sort::Oldest => by(a.ts, b.ts).then(a.id.cmp(&b.id)),
        Sort::Newest => by(b.ts, a.ts).then(b.id.cmp(&a.id)),
        Sort::Id => a.id.cmp(&b.id),
    }
}

/// What a query should find among all alerts, whatever its limit.
fn expected(all: &[Alert], query: &AlertQuery) -> Vec<Alert> {
    let mut wanted: Vec<Alert> = all.iter().filter(|alert| matches(query, alert)).cloned().collect();
    wanted.sort_by(|a, b| order(query.sort, a, b));
    wanted
}

/// All pages of a query, one after the other.
fn pages(store: &Store, query: &AlertQuery, size: u64) -> Vec<Alert> {
    let mut all: Vec<Alert> = Vec::new();
    loop {
        let after = all.last().map(|last| last.cursor(query.sort));
        let page = found(store, &AlertQuery { limit: Some(size), after, ..query.clone() });
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn check(store: &Store, all: &[Alert], query: &AlertQuery) {
    let wanted = expected(all, query);
    assert_eq!(store.count(query).expect("counts"), wanted.len() as u64, "{query:?}");
    let limit = query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).expect("small"));
    assert_eq!(found(store, query), wanted[..wanted.len().min(limit)], "{query:?}");
}

fn everything(store: &Store) -> Vec<Alert> {
    found(store, &AlertQuery { sort: Sort::Id, ..AlertQuery::default() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_query_finds_what_a_plain_filter_finds(
        rows in prop::collection::vec(row(), 0..40),
        searchable in 0..45usize,
        queries in prop::collection::vec(query(), 1..8),
        size in 1..7u64,
    ) {
        let store = filled(&rows, searchable);
        store.check().expect("whole");
        let all = everything(&store);
        prop_assert_eq!(all.len(), rows.len());
        for query in &queries {
            check(&store, &all, query);
            prop_assert_eq!(pages(&store, query, size), expected(&all, query));
        }
    }
}

/// With this many candidates no filter is selective, and an order is walked instead.
#[test]
fn a_query_that_narrows_nothing_walks_the_order() {
    let rows: Vec<Row> = (0..45_000usize)
        .map(|i| Row {
            log: i % 2,
            in_incident: i % 1000 == 0,
            ts: (i % 1013) as f64,
            score: (i % 997) as f64,
            hosts: [HOSTS[i % 4], HOSTS[(i / 4) % 4]],
            ports: [PORTS[1 + i % 2], Some(443)],
            service: SERVICES[1 + i % 3],
        })
        .collect();
    let store = filled(&rows, 44_000);
    let all = everything(&store);
    let wide = AlertQuery {
        from: Some(1.0),
        to: Some(1000.0),
        host: "0.0.0.0/0".parse().ok(),
        port: Some(PortFilter::Either(443)),
        service: Some("ssl".into()),
        min_score: Some(3.0),
        model: Some(MODEL.into()),
        limit: Some(3000),
        ..AlertQuery::default()
    };
    for sort in [Sort::Score, Sort::Oldest, Sort::Newest, Sort::Id] {
        let query = AlertQuery { sort, ..wide.clone() };
        check(&store, &all, &query);
        // One of the filters is selective, in each of their tables.
        check(&store, &all, &AlertQuery { host: "10.0.0.2".parse().ok(), ..query.clone() });
        check(&store, &all, &AlertQuery { port: Some(PortFilter::Responder(53)), ..query.clone() });
        check(&store, &all, &AlertQuery { service: Some("http".into()), ..query.clone() });
        check(&store, &all, &AlertQuery { to: Some(5.0), ..query.clone() });
        check(&store, &all, &AlertQuery { min_score: Some(990.0), ..query.clone() });
        check(&store, &all, &AlertQuery { incident: Some(1), ..query.clone() });
        check(&store, &all, &AlertQuery { file: Some("conn.log".into()), ..query.clone() });
    }
    let walked = AlertQuery { limit: None, to: Some(90.0), ..wide };
    for sort in [Sort::Score, Sort::Newest] {
        let query = AlertQuery { sort, ..walked.clone() };
        assert_eq!(pages(&store, &query, 1000), expected(&all, &query));
    }
}

#[test]
fn a_reader_may_stop_and_ask_something_else_meanwhile() {
    let rows = vec![
        Row {
            log: 0,
            in_incident: false,
            ts: 1.0,
            score: 1.0,
            hosts: ["a", "b"],
            ports: [None; 2],
            service: None
        };
        5
    ];
    let store = filled(&rows, 3);
    let mut seen = Vec::new();
    store
        .alerts(&AlertQuery::default(), &mut |alert| {
            assert_eq!(store.alert(alert.id).expect("reads").as_ref(), Some(&alert));
            assert_eq!(store.count(&AlertQuery::default()).expect("counts"), 5);
            assert_eq!(lines(&store), [0, 1, 2, 3, 4]);
            seen.push(alert.id);
            if seen.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .expect("reads");
    assert_eq!(seen, [1, 2]);
}

#[test]
fn the_dump_is_the_notebooks_table() {
    let mut store = memory();
    let alert = NewAlert {
        line: 9,
        ts: 1.5,
        uid: "C1",
        orig_h: "10.0.0.5",
        orig_p: Some(50_000),
        resp_h: "10.0.0.6",
        resp_p: Some(443),
        proto: Some("tcp"),
        service: Some("ssl"),
        conn_state: Some("SF"),
        duration: Some(0.5),
        orig_bytes: Some(1),
        resp_bytes: Some(2),
        orig_pkts: Some(3),
        resp_pkts: Some(4),
        history: Some("ShAD"),
        score: 7.5,
        threshold: 3.5,
        ..NewAlert::default()
    };
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new log");
    batch.alert(id, &alert).expect("stores");
    batch.alert(id, &line(10)).expect("stores");
    batch.commit().expect("commits");

    let mut rows = 0;
    let query = AlertQuery { sort: Sort::Id, ..AlertQuery::default() };
    store
        .dump(&query, &mut |row| {
            rows += 1;
            let first = DumpRow {
                ts: 1.5,
                uid: "C1",
                src_ip: "10.0.0.5",
                src_p: Some(50_000),
                dst_ip: "10.0.0.6",
                dst_p: Some(443),
                proto: Some("tcp"),
                service: Some("ssl"),
                duration: Some(0.5),
                src_bytes: Some(1),
                dst_bytes: Some(2),
                conn_state: Some("SF"),
                history: Some("ShAD"),
                src_pkts: Some(3),
                dst_pkts: Some(4),
                score: 7.5,
                threshold: 3.5,
            };
            assert!(rows > 1 || *row == first);
            ControlFlow::Continue(())
        })
        .expect("dumps");
    assert_eq!((rows, DUMP_COLUMNS.len(), DUMP_COLUMNS[16]), (2, 17, "threshold"));
}
