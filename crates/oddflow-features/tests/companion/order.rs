//! Laws of the state: which order changes nothing, stopping and going on changes nothing, and memory stays bounded.

use std::collections::BTreeMap;

use oddflow_features::companion::{CompanionFeatures, CompanionRow, CompanionState, Kind, WIDTH};
use proptest::prelude::*;

use crate::logs::{log, read, uid};

/// One thing that reaches the state.
#[derive(Clone, Copy, Debug)]
enum Event {
    Row(CompanionRow),
    Connection(u64, f64),
}

const UIDS: u64 = 12;

prop_compose! {
    /// A row of one of the logs, as text: the log, and a number to make its cells of.
    fn made_up()(kind in prop::sample::select(Kind::ALL.to_vec()), ts in 0_u32..40_000, uid in 0..UIDS, n in 0_u32..40) -> (Kind, String, String) {
        let columns = match kind {
            Kind::Dns => "query qtype_name rcode_name",
            Kind::Http => "host user_agent method status_code resp_mime_types",
            Kind::Ssl => "server_name version ja3 validation_status issuer",
            Kind::Ssh => "client auth_success auth_attempts",
            Kind::Files => "mime_type source is_orig",
            Kind::SmbFiles => "name action path",
            Kind::SmbMapping => "path",
            Kind::SmbCmd => "status",
        };
        let cells: Vec<String> = columns.split(' ').enumerate().map(|(i, name)| match name {
            "rcode_name" => ["NOERROR", "NXDOMAIN"][n as usize % 2].into(),
            "auth_success" | "is_orig" => ["T", "F", "-"][n as usize % 3].into(),
            "status" => ["SUCCESS", "LOGON_FAILURE"][n as usize % 2].into(),
            "status_code" => (398 + n % 5).to_string(),
            "auth_attempts" => (n % 4).to_string(),
            "mime_type" => ["application/x-dosexec", "text/html"][n as usize % 2].into(),
            "query" | "host" | "server_name" => format!("x{n}.site{}.com", n % 7),
            _ => format!("value{}", (n + i as u32) % 5),
        }).collect();
        let ts = f64::from(ts) / 3.0;
        let row = format!("{ts} C{uid} 10.0.0.{} 10.0.1.{} {}", n % 3, n % 4, cells.join(" "));
        (kind, format!("ts uid id.orig_h id.resp_h {columns}"), row)
    }
}

fn rows(made_up: &[(Kind, String, String)]) -> Vec<CompanionRow> {
    made_up.iter().flat_map(|(kind, columns, row)| read(*kind, &log(kind.path(), columns, &[row]))).collect()
}

/// Runs events through a state; it is written and read back before those with the given numbers. The features by connection,
/// late additions included, and the state's bytes.
fn run(
    events: &[Event],
    freeze: Option<(usize, usize)>,
    stops: &[usize],
) -> (BTreeMap<u64, CompanionFeatures>, Vec<u8>) {
    let mut state = CompanionState::new();
    let mut found = BTreeMap::<u64, CompanionFeatures>::new();
    for (i, event) in events.iter().enumerate() {
        if let Some((calibration, end)) = freeze {
            if i == calibration {
                state.begin_calibration();
            }
            if i == end {
                state.end_baseline();
            }
        }
        if stops.contains(&i) {
            state = CompanionState::from_bytes(&state.to_bytes()).expect("a state");
        }
        let (uid, features) = match event {
            Event::Row(row) => (row.uid, state.take(row).unwrap_or_default()),
            Event::Connection(uid, end) => (*uid, state.connection(*uid, *end)),
        };
        found.entry(uid).or_default().merge(&features);
    }
    (found, state.to_bytes())
}

fn connections() -> Vec<Event> {
    (0..UIDS).map(|nth| Event::Connection(uid(&format!("C{nth}")), 20_000.0)).collect()
}

fn bits(found: &BTreeMap<u64, CompanionFeatures>) -> Vec<(u64, [u32; WIDTH])> {
    found.iter().map(|(uid, features)| (*uid, features.values.map(f32::to_bits))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rows_before_and_after_their_connection_give_the_same(made_up in prop::collection::vec(made_up(), 1..60), places in prop::collection::vec(any::<prop::sample::Index>(), UIDS as usize)) {
        let rows: Vec<Event> = rows(&made_up).into_iter().map(Event::Row).collect();
        let before: Vec<Event> = rows.iter().copied().chain(connections()).collect();
        let after: Vec<Event> = connections().into_iter().chain(rows.iter().copied()).collect();
        let mut among = rows;
        for (connection, place) in connections().into_iter().zip(places) {
            among.insert(place.index(among.len() + 1), connection);
        }
        let expected = bits(&run(&before, None, &[]).0);
        prop_assert_eq!(&expected, &bits(&run(&after, None, &[]).0));
        prop_assert_eq!(&expected, &bits(&run(&among, None, &[]).0));
    }

    #[test]
    fn the_order_between_logs_changes_nothing(made_up in prop::collection::vec(made_up(), 1..60)) {
        let rows = rows(&made_up);
        let mut by_log = rows.clone();
        by_log.sort_by_key(CompanionRow::kind);
        let events = |rows: Vec<CompanionRow>| rows.into_iter().map(Event::Row).chain(connections()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&run(&events(rows), None, &[]).0), bits(&run(&events(by_log), None, &[]).0));
    }

    #[test]
    fn stopping_and_going_on_changes_no_bit(
        made_up in prop::collection::vec(made_up(), 1..50),
        places in prop::collection::vec(any::<prop::sample::Index>(), UIDS as usize),
        calibration in 0_usize..40,
        end in 0_usize..40,
        stops in prop::collection::vec(0_usize..60, 0..4),
    ) {
        let mut events: Vec<Event> = rows(&made_up).into_iter().map(Event::Row).collect();
        for (connection, place) in connections().into_iter().zip(places) {
            events.insert(place.index(events.len() + 1), connection);
        }
        let freeze = Some((calibration, calibration + end));
        let (whole, state) = run(&events, freeze, &[]);
        let (parts, state_of_parts) = run(&events, freeze, &stops);
        prop_assert_eq!(bits(&whole), bits(&parts));
        prop_assert!(state == state_of_parts);
    }

    #[test]
    fn damaged_states_are_refused(made_up in prop::collection::vec(made_up(), 1..8), cut: prop::sample::Index) {
        let events: Vec<Event> = rows(&made_up).into_iter().map(Event::Row).collect();
        let (_, bytes) = run(&events, None, &[]);
        prop_assert!(CompanionState::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn a_run_without_companion_logs_knows_nothing() {
    let mut state = CompanionState::new();
    for connection in 0..1000_u64 {
        assert!(state.connection(connection, connection as f64).is_zero());
    }
    assert_eq!(state.connection(0, 5e9), CompanionFeatures::default());
    assert_eq!(
        (state.waiting(), state.health(), state.clock()),
        (0, CompanionState::new().health(), Some(999.0))
    );
}

#[test]
fn connections_without_rows_change_nothing_for_others() {
    let rows = read(Kind::Dns, &log("dns", "ts uid query", &["1 C1 a.example.com", "2 C1 b.example.com"]));
    let features = |noise: u64| {
        let mut state = CompanionState::new();
        for row in &rows {
            for other in 1..=noise {
                state.connection(uid(&format!("N{other}")), row.ts);
            }
            state.take(row);
        }
        state.connection(uid("C1"), 3.0)
    };
    assert_eq!(features(0), features(500));
}

#[test]
fn health_tells_what_became_of_each_row() {
    let mut state = CompanionState::new();
    let dns = read(
        Kind::Dns,
        &log("dns", "ts uid query", &["100 C1 a.com", "90 C2 b.com", "200 C1 c.com", "50 C3 d.com"]),
    );
    state.take(&dns[0]);
    state.take(&dns[1]);
    assert!(!state.connection(dns[0].uid, 150.0).is_zero());
    assert!(state.take(&dns[2]).is_some());
    state.take(&dns[3]);
    // Two days later nothing waits any more.
    state.connection(uid("C9"), 172_800.0);
    let health = state.health();
    let dns = health.of(Kind::Dns);
    assert_eq!((dns.rows, dns.joined, dns.late, dns.expired, dns.evicted), (4, 1, 1, 2, 0));
    assert_eq!((dns.last, dns.silence(260.0)), (Some(200.0), Some(60.0)));
    assert_eq!((health.of(Kind::Http).last, state.waiting()), (None, 0));
}

#[test]
fn a_flood_of_names_fits() {
    let mut state = CompanionState::new();
    // Rows are read in blocks, as their text is larger than they are.
    for block in 0..40_u32 {
        let lines: Vec<String> = (0..5000)
            .map(|i| {
                let n = block * 5000 + i;
                format!(
                    "{} U{n} 10.{}.{}.9 10.0.0.1 x{n}.y{}.com A NXDOMAIN",
                    n / 100,
                    n / 256 % 256,
                    n % 256,
                    n / 3
                )
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        for row in
            read(Kind::Dns, &log("dns", "ts uid id.orig_h id.resp_h query qtype_name rcode_name", &lines))
        {
            state.take(&row);
        }
    }
    let health = state.health();
    assert!(health.forgotten > 0 && health.of(Kind::Dns).evicted > 100_000, "{health:?}");
    assert!(state.waiting() <= 1 << 15);
    assert!(state.to_bytes().len() < 40 << 20, "{}", state.to_bytes().len());
}
