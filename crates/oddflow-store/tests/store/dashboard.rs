//! What people who look at a database need: pages, words, counts, notes, who they are, and what is new.

use oddflow_store::{
    AlertQuery, ChangeTopic, Changes, IncidentCursor, IncidentQuery, IncidentSort, IncidentState,
    IncidentTotal, NewAlert, NewAudit, NewIncident, Severity, Span, Store, StoreError, Verdict,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{MODEL, found, incident, line, log, memory};

const SORTS: [IncidentSort; 4] =
    [IncidentSort::Score, IncidentSort::Newest, IncidentSort::Oldest, IncidentSort::Severity];

/// Stores incidents by their number, each with a row.
fn fill(store: &mut Store, incidents: &[NewIncident<'_>]) -> Vec<i64> {
    let mut batch = store.begin().expect("begins");
    let known = batch.seen().ledger(MODEL, &log("a")).expect("reads").map(|entry| entry.progress);
    let id = batch.log(MODEL, &log("a"), "conn.log", known.as_ref()).expect("as it stands");
    let mut ids = Vec::new();
    for (place, new) in incidents.iter().enumerate() {
        let number = batch.incident(MODEL, new).expect("stores");
        let port = 1000 + place as u16;
        let row = NewAlert {
            incident: Some(number),
            orig_h: new.host,
            resp_h: "192.0.2.7",
            resp_p: Some(port),
            service: (place % 2 == 0).then_some("ssl,http"),
            evidence: Some(r#"{"rows": [{"log": "dns", "fields": {"query": "cdn.example.com"}}]}"#),
            ..line(new.number)
        };
        batch.alert(id, &row).expect("stores");
        ids.push(number);
    }
    batch.commit().expect("commits");
    store.check().expect("whole");
    ids
}

fn found_ids(store: &Store, query: &IncidentQuery) -> Vec<i64> {
    let ids: Vec<i64> = store.incidents(query).expect("reads").iter().map(|of| of.id).collect();
    if query.limit.is_none() && query.after.is_none() {
        assert_eq!(store.count_incidents(query).expect("counts"), ids.len() as u64);
        let count = store.count_incidents_up_to(query, 10_000).expect("counts");
        assert_eq!((count.count, count.is_exact), (ids.len() as u64, true));
    }
    ids
}

fn scattered() -> impl Strategy<Value = Vec<(f64, f64, Severity)>> {
    let one = (0..6_u8, 0..6_u8, select(Severity::ALL.to_vec()));
    prop::collection::vec(one, 0..40).prop_map(|all| {
        all.into_iter().map(|(a, b, severity)| (f64::from(a), f64::from(b), severity)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pages_make_up_the_list(all in scattered(), size in 1_u64..7, sort in select(SORTS.to_vec())) {
        let mut store = memory();
        let all: Vec<_> = (1..)
            .zip(&all)
            .map(|(number, (score, raised_ts, severity))| NewIncident {
                score: *score, raised_ts: *raised_ts, severity: *severity, ..incident(number)
            })
            .collect();
        fill(&mut store, &all);
        let whole = found_ids(&store, &IncidentQuery { sort, ..IncidentQuery::default() });
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let query = IncidentQuery { sort, limit: Some(size), after, ..IncidentQuery::default() };
            let page = store.incidents(&query).expect("reads");
            pages.extend(page.iter().map(|of| of.id));
            let Some(last) = page.last() else { break };
            let word = last.cursor(sort).to_word(sort);
            after = IncidentCursor::from_word(&word, sort);
            prop_assert!(after.is_some());
        }
        prop_assert_eq!(pages, whole);
    }
}

#[test]
fn incidents_are_found_by_their_rows() {
    let mut store = memory();
    let hosts = ["10.0.0.5", "10.0.0.6", "10.0.0.5"];
    let all: Vec<_> =
        (1..).zip(hosts).map(|(number, host)| NewIncident { host, ..incident(number) }).collect();
    let ids = fill(&mut store, &all);
    let search =
        |query: IncidentQuery| found_ids(&store, &IncidentQuery { sort: IncidentSort::Oldest, ..query });
    let check = |query: &dyn Fn() -> IncidentQuery, expected: &[i64]| assert_eq!(search(query()), expected);
    let default = IncidentQuery::default;
    check(&|| IncidentQuery { port: Some(1001), ..default() }, &ids[1..2]);
    check(&|| IncidentQuery { port: Some(1), ..default() }, &[]);
    check(&|| IncidentQuery { service: Some("http".into()), ..default() }, &[ids[0], ids[2]]);
    check(&|| IncidentQuery { service: Some("-".into()), ..default() }, &ids[1..2]);
    check(&|| IncidentQuery { party: "10.0.0.6".parse().ok(), ..default() }, &ids[1..2]);
    check(&|| IncidentQuery { party: "192.0.2.0/24".parse().ok(), ..default() }, &ids);
    check(&|| IncidentQuery { host: "192.0.2.0/24".parse().ok(), ..default() }, &[]);
    check(&|| IncidentQuery { host: "10.0.0.6/32".parse().ok(), ..default() }, &ids[1..2]);
    check(&|| IncidentQuery { judged: Some(false), ..default() }, &ids);
    // The same with the search tables filled.
    store.update_search().expect("updates");
    let query = IncidentQuery { party: "192.0.2.7".parse().ok(), port: Some(1002), ..default() };
    assert_eq!(found_ids(&store, &query), [ids[2]]);
}

#[test]
fn words_are_found_as_long_as_their_row_is_there() {
    let mut store = memory();
    let summary = r#"{"peers": 1, "peer_examples": ["198.51.100.77"], "port_examples": [4444]}"#;
    let ids = fill(&mut store, &[NewIncident { summary, ..incident(1) }, incident(2)]);
    let search = |store: &Store, words: &str| {
        let text = Some(words.to_owned());
        found_ids(store, &IncidentQuery { text, sort: IncidentSort::Oldest, ..IncidentQuery::default() })
    };
    assert_eq!(search(&store, "contacted 214"), ids);
    assert_eq!(search(&store, "198.51.100.77"), ids[..1]);
    assert_eq!(search(&store, "4444"), ids[..1]);
    assert_eq!(search(&store, "198.51.100.77 cont"), ids[..1], "the beginning of a word does");
    assert_eq!(search(&store, "198.51.100.7"), [0_i64; 0], "of an address it doesn't");
    assert_eq!(search(&store, "\"example.com\""), ids, "what other logs say of a row");
    assert_eq!(search(&store, "peers"), [0_i64; 0], "names of JSON are no words");
    for nothing in ["", "\"", " - ", "AND", "NOT contacted", "absent"] {
        assert_eq!(search(&store, nothing), [0_i64; 0], "{nothing}");
    }
    let alerts = AlertQuery { text: Some("cdn".into()), ..AlertQuery::default() };
    assert_eq!(found(&store, &alerts).len(), 2);
    // It is written again with other words.
    fill_more(&mut store, &NewIncident { title: "tunnelled through DNS", summary, ..incident(1) });
    assert_eq!(search(&store, "tunnelled"), ids[..1]);
    assert_eq!(search(&store, "contacted"), ids[1..]);
    let mut batch = store.begin().expect("begins");
    batch.note(ids[1], (5.0, "ann"), "asked the owner").expect("keeps");
    batch.judge(ids[0], Some(Verdict::Benign), 5.0, Some("printer")).expect("keeps");
    batch.commit().expect("commits");
    assert_eq!((search(&store, "owner"), search(&store, "printer")), (vec![ids[1]], vec![ids[0]]));
    while !store.expire(1e9, 1).expect("expires").is_done {}
    assert!(search(&store, "contacted").is_empty() && search(&store, "owner").is_empty());
    assert_eq!(store.notes(ids[1]).expect("reads"), []);
    assert!(found(&store, &alerts).is_empty());
    store.check().expect("whole");
}

fn fill_more(store: &mut Store, new: &NewIncident<'_>) {
    let mut batch = store.begin().expect("begins");
    batch.incident(MODEL, new).expect("stores");
    batch.commit().expect("commits");
}

#[test]
fn alerts_are_found_by_what_became_of_their_incident() {
    let mut store = memory();
    let over = NewIncident { state: IncidentState::OverBudget, severity: Severity::Critical, ..incident(2) };
    fill(&mut store, &[incident(1), over]);
    let mut batch = store.begin().expect("begins");
    let known = batch.seen().ledger(MODEL, &log("a")).expect("reads").map(|entry| entry.progress);
    let id = batch.log(MODEL, &log("a"), "conn.log", known.as_ref()).expect("as it stands");
    batch.alert(id, &line(3)).expect("stores");
    batch.commit().expect("commits");
    let lines = |of: IncidentQuery, or_alone: bool| -> Vec<u64> {
        let query =
            AlertQuery { of: Some(of), or_alone, sort: oddflow_store::Sort::Id, ..AlertQuery::default() };
        let alerts = found(&store, &query);
        assert_eq!(store.count_up_to(&query, 100).expect("counts").count, alerts.len() as u64);
        alerts.into_iter().map(|alert| alert.line).collect()
    };
    let raised = || IncidentQuery { state: Some(IncidentState::Raised), ..IncidentQuery::default() };
    assert_eq!(lines(raised(), false), [1]);
    assert_eq!(lines(raised(), true), [1, 3]);
    let bad = IncidentQuery { severity: Some(Severity::High), ..IncidentQuery::default() };
    assert_eq!(lines(bad, false), [2]);
}

/// So many that each is found on a walk of the order, and the numbers of those that are meant are known.
#[test]
fn alerts_of_many_incidents_are_found_in_order() {
    let mut store = memory();
    let mut batch = store.begin().expect("begins");
    let id = batch.log(MODEL, &log("a"), "conn.log", None).expect("new");
    let mut wanted = Vec::new();
    for number in 0..600_u64 {
        let severity = if number % 7 == 0 { Severity::Low } else { Severity::Critical };
        let incident = batch.incident(MODEL, &NewIncident { severity, ..incident(number) }).expect("stores");
        for row in 0..45 {
            let at = number * 45 + row;
            let score = (at * 7_919 % 10_007) as f64;
            let new = NewAlert { incident: Some(incident), score, ts: score / 3.0, ..line(at) };
            batch.alert(id, &new).expect("stores");
            if severity == Severity::Critical {
                wanted.push((score, at));
            }
        }
    }
    batch.commit().expect("commits");
    assert!(wanted.len() > 20_000);
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let bad = IncidentQuery { severity: Some(Severity::High), ..IncidentQuery::default() };
    let lines = |store: &Store, or_alone, sort| -> Vec<u64> {
        let of = Some(bad.clone());
        let query = AlertQuery { of, or_alone, sort, limit: Some(500), ..AlertQuery::default() };
        found(store, &query).into_iter().map(|alert| alert.line).collect()
    };
    let expected: Vec<u64> = wanted.iter().take(500).map(|of| of.1).collect();
    for _ in 0..2 {
        assert_eq!(lines(&store, false, oddflow_store::Sort::Score), expected);
        assert_eq!(lines(&store, true, oddflow_store::Sort::Score), expected);
        let oldest = lines(&store, false, oddflow_store::Sort::Oldest);
        let last = wanted.last().expect("some").0;
        assert!(oldest.len() == 500 && wanted.iter().any(|of| *of == (last, oldest[0])));
        store.update_search().expect("updates");
    }
}

#[test]
fn counting_ends_where_it_should_and_work_is_bounded() {
    let mut store = memory();
    let many: Vec<_> = (1..=40).map(incident).collect();
    fill(&mut store, &many);
    let query = IncidentQuery::default();
    let count = store.count_incidents_up_to(&query, 7).expect("counts");
    assert_eq!((count.count, count.is_exact), (7, false));
    let count = store.count_up_to(&AlertQuery::default(), 40).expect("counts");
    assert_eq!((count.count, count.is_exact), (40, true));
    store.limit_effort(Some(0)).expect("limits");
    let endless = store.incidents(&IncidentQuery { title: Some("x".into()), ..query.clone() });
    // So little work is done before it is looked at.
    assert!(endless.is_ok() || matches!(endless, Err(StoreError::TooMuch { .. })));
    store.limit_effort(None).expect("limits");
    assert_eq!(store.incidents(&query).expect("reads").len(), 40);
}

#[test]
fn totals_are_of_the_span() {
    let mut store = memory();
    let day = 86_400.0;
    let at = |number: u64, time: f64| NewIncident {
        first_ts: time - 0.1 * day,
        raised_ts: time,
        last_ts: time,
        ..incident(number)
    };
    let over = NewIncident { state: IncidentState::OverBudget, ..at(3, 2.5 * day) };
    let other = NewIncident { sensor: "south", host: "10.0.0.9", score: 9.0, ..at(4, 2.6 * day) };
    let hidden = NewIncident { is_shadow: true, ..at(5, 2.7 * day) };
    let ids = fill(&mut store, &[at(1, 0.5 * day), at(2, 2.1 * day), over, other, hidden]);
    let all = Span { from: 0.0, to: 10.0 * day, sensor: None };
    let days = store.incident_days(&all).expect("reads");
    let told: Vec<_> = days.iter().map(|of| (of.day, of.raised, of.over_budget)).collect();
    assert_eq!(told, [(0, 1, 0), (2, 2, 1)], "what a shadow finds is told to nobody");
    let totals = store.incident_totals(&all).expect("reads");
    let count = |totals: &[IncidentTotal]| totals.iter().map(|of| of.count).sum::<u64>();
    assert_eq!(count(&totals), 4);
    // Incidents count that were going on, as a list has them; on a day those that were raised on it.
    for (from, to, within, raised) in
        [(0.4, 0.45, 1, 0), (0.45, 2.05, 2, 1), (2.55, 9.0, 1, 1), (2.65, 9.0, 0, 0)]
    {
        let span = Span { from: from * day, to: to * day, sensor: None };
        assert_eq!(count(&store.incident_totals(&span).expect("reads")), within, "{from} to {to}");
        let listed = IncidentQuery {
            from: Some(span.from),
            to: Some(span.to),
            shadow: Some(false),
            ..IncidentQuery::default()
        };
        assert_eq!(store.count_incidents(&listed).expect("reads"), within, "{from} to {to}");
        let days = store.incident_days(&span).expect("reads");
        assert_eq!(days.iter().map(|of| of.raised + of.over_budget).sum::<u64>(), raised, "{from} to {to}");
    }
    let south = Span { sensor: Some("south"), ..all };
    assert_eq!(store.incident_totals(&south).expect("reads").len(), 1);
    let hosts = store.incident_hosts(&all, 10).expect("reads");
    let told: Vec<_> = hosts.iter().map(|of| (of.host.as_str(), of.incidents)).collect();
    assert_eq!(told, [("10.0.0.5", 2), ("10.0.0.9", 1)]);
    let marks = store.incident_marks(&Span { from: 2.0 * day, ..all }, 1).expect("reads");
    assert_eq!(marks, [(2.6 * day, ids[3], Severity::Medium)], "the worst");
    assert_eq!(store.incident_extent().expect("reads"), Some((0.5 * day, 2.7 * day)));
    assert_eq!(store.kept().expect("reads"), (5, 5));
}

#[test]
fn changes_are_counted_by_kind_with_their_transaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    let mut store = Store::open(&path).expect("creates");
    store.register_model(&crate::support::model(MODEL)).expect("registers");
    let reader = Store::open_read_only(&path).expect("opens");
    let (version, before) = (reader.data_version().expect("reads"), reader.changes().expect("reads"));
    let changed = |since: &Changes| -> Vec<ChangeTopic> {
        let now = reader.changes().expect("reads");
        ChangeTopic::ALL.into_iter().filter(|topic| now[topic] != since[topic]).collect()
    };
    assert_eq!(changed(&before), []);
    let ids = fill(&mut store, &[incident(1)]);
    assert_ne!(reader.data_version().expect("reads"), version);
    assert_eq!(changed(&before), [ChangeTopic::Incidents]);
    let before = reader.changes().expect("reads");
    let mut batch = store.begin().expect("begins");
    batch.judge(ids[0], Some(Verdict::Benign), 1.0, None).expect("judges");
    drop(batch);
    assert_eq!(changed(&before), [], "what was dropped has changed nothing");
    let mut batch = store.begin().expect("begins");
    let rule = batch.suppression(&oddflow_store::NewSuppression {
        expression: "family == fan",
        reason: "known",
        malicious: false,
        created: 1.0,
        expires: None,
    });
    batch.suppress(ids[0], rule.ok()).expect("hides");
    batch.commit().expect("commits");
    assert_eq!(changed(&before), [ChangeTopic::Incidents, ChangeTopic::Suppressions]);
}

#[test]
fn judging_many_is_all_or_none() {
    let mut store = memory();
    let ids = fill(&mut store, &[incident(1), incident(2)]);
    let mut batch = store.begin().expect("begins");
    let judged = batch.judge_all(&ids, Some(Verdict::Confirmed), 1.0, None).expect("judges");
    assert_eq!((judged.changed, judged.shown_again), (2, vec![]));
    let unknown = batch.judge_all(&[ids[0], 99], None, 2.0, None).expect_err("one isn't there");
    assert!(matches!(unknown, StoreError::UnknownIncident { incident: 99, .. }));
    batch.commit().expect("commits");
    assert_eq!(store.incident(ids[0]).expect("reads").and_then(|of| of.verdict), Some(Verdict::Confirmed));
}

#[test]
fn the_audit_log_knows_its_incidents_and_is_bounded() {
    let mut store = memory();
    let ids = fill(&mut store, &[incident(1), incident(2)]);
    let entry = |action: &'static str| NewAudit { time: 3.0, by: "ann", action, subject: "", detail: "so" };
    let mut batch = store.begin().expect("begins");
    batch.audit(&entry("both"), &ids).expect("enters");
    batch.audit(&NewAudit { subject: "rule 3", ..entry("one") }, &ids[1..]).expect("enters");
    batch.audit(&entry("none"), &[]).expect("enters");
    batch.commit().expect("commits");
    let actions = |id| -> Vec<String> {
        store.audit_of_incident(id).expect("reads").into_iter().map(|entry| entry.action).collect()
    };
    assert_eq!((actions(ids[0]), actions(ids[1])), (vec!["both".into()], vec!["both".into(), "one".into()]));
    let latest = store.audit(None, 2).expect("reads");
    let told: Vec<_> = latest.iter().map(|entry| (entry.action.as_str(), entry.subject.as_str())).collect();
    assert_eq!(told, [("none", ""), ("one", "rule 3")]);
    let older = store.audit(latest.last().map(|entry| entry.id), 9).expect("reads");
    assert_eq!(older[0].subject, format!("{}, {}", ids[0], ids[1]));
    assert_eq!(store.count_audit().expect("counts"), 3);
    let not_a_number = NewAudit { time: f64::NAN, ..entry("x") };
    let mut batch = store.begin().expect("begins");
    assert!(matches!(batch.audit(&not_a_number, &[]), Err(StoreError::NotANumber { .. })));
}

#[test]
fn tokens_open_sessions_until_there_is_another() {
    let mut store = memory();
    let (token, other, cookie) = ([1; 32], [2; 32], [3; 32]);
    assert!(!store.set_token("ann", &token, 1.0).expect("sets"));
    assert_eq!(store.token_name(&token).expect("reads").as_deref(), Some("ann"));
    assert_eq!(store.token_name(&other).expect("reads"), None);
    store.open_session(&cookie, "ann", (10.0, 20.0)).expect("opens");
    store.open_session(&cookie, "bob", (10.0, 20.0)).expect_err("there is no such token");
    let of = |store: &Store, now: f64| store.session(&cookie, now).expect("reads");
    assert_eq!((of(&store, 19.0).as_deref(), of(&store, 20.0)), (Some("ann"), None));
    store.close_session(&cookie).expect("closes");
    assert_eq!(of(&store, 11.0), None);
    store.open_session(&cookie, "ann", (10.0, 20.0)).expect("opens");
    assert!(store.set_token("ann", &other, 12.0).expect("sets"), "in place of the former one");
    assert_eq!((of(&store, 13.0), store.token_name(&token).expect("reads")), (None, None));
    assert_eq!(store.tokens().expect("reads"), ["ann"]);
    store.check().expect("whole");
}

#[test]
fn incidents_of_an_older_version_are_found_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.db");
    let mut store = Store::open(&path).expect("creates");
    store.register_model(&crate::support::model(MODEL)).expect("registers");
    let many: Vec<_> = (1..=700).map(incident).collect();
    let ids = fill(&mut store, &many);
    drop(store);
    // As the migration of an older file leaves them.
    let connection = rusqlite::Connection::open(&path).expect("opens");
    connection
        .execute_batch(
            "DELETE FROM incident_key; DELETE FROM incident_text WHERE rowid IN (SELECT id FROM incident);
            INSERT INTO incident_stale SELECT id FROM incident",
        )
        .expect("they are there");
    drop(connection);
    let store = Store::open(&path).expect("opens");
    let query =
        IncidentQuery { text: Some("contacted".into()), port: Some(1699), ..IncidentQuery::default() };
    assert_eq!(found_ids(&store, &query), ids[699..]);
    store.check().expect("whole");
}

#[test]
fn notes_of_an_incident_have_an_end() {
    let mut store = memory();
    let ids = fill(&mut store, &[incident(1), incident(2)]);
    let mut batch = store.begin().expect("begins");
    for number in 0..1000 {
        let text = number.to_string();
        batch.note(ids[0], (1.0, "ann"), &text).expect("keeps");
        let entry = NewAudit { time: 1.0, by: "ann", action: "incident.note", subject: "", detail: &text };
        batch.audit(&entry, &ids[..1]).expect("enters");
    }
    let full = batch.note(ids[0], (1.0, "ann"), "one more");
    assert!(matches!(full, Err(StoreError::FullOfNotes { .. })), "{full:?}");
    batch.note(ids[1], (1.0, "ann"), "another's").expect("keeps");
    batch.commit().expect("commits");
    let latest: Vec<String> = (800..1000).map(|number| number.to_string()).collect();
    let notes: Vec<String> = store.notes(ids[0]).expect("reads").into_iter().map(|note| note.text).collect();
    assert_eq!(notes, latest);
    let told: Vec<String> =
        store.audit_of_incident(ids[0]).expect("reads").into_iter().map(|entry| entry.detail).collect();
    assert_eq!(told, latest);
}
