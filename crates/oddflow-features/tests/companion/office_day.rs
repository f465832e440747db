//! A real day of an office: rows find their connections, and what is odd is rare.

use std::collections::HashSet;
use std::path::Path;

use oddflow_features::companion::{COLUMNS, CompanionRow, CompanionState, Kind, kind_of};
use zeek_log::LogFile;

use crate::logs::{each_row, read, shared, uid};

/// The logs of a folder that are there, with their rows.
fn companions(folder: &Path) -> Vec<(Kind, Vec<CompanionRow>)> {
    let logs = Kind::ALL.into_iter().map(|kind| (kind, folder.join(format!("{kind}.log.gz"))));
    logs.filter(|(_, path)| path.exists())
        .map(|(kind, path)| (kind, read(kind, &LogFile::path(path))))
        .collect()
}

#[test]
#[allow(clippy::print_stderr)]
fn rows_of_a_real_day_find_their_connections() {
    let folder = shared("office-day");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return;
    }
    let mut uids = HashSet::new();
    let mut connections = Vec::new();
    each_row(&LogFile::path(folder.join("conn.log.gz")), |row| {
        let cell = |name| row.get(name).map(std::borrow::Cow::into_owned);
        let uid = uid(&cell("uid").expect("a uid"));
        uids.insert(uid);
        connections.push(uid);
    });
    let logs = companions(&folder);
    assert!(logs.len() >= 5, "the day has five logs beside conn.log");
    let mut state = CompanionState::new();
    let mut joinable = [0_u64; Kind::ALL.len()];
    for (kind, rows) in &logs {
        joinable[*kind as usize] = rows.iter().filter(|row| uids.contains(&row.uid)).count() as u64;
        for row in rows {
            assert_eq!(state.take(row), None);
        }
    }
    let features: Vec<_> = connections.iter().map(|uid| state.connection(*uid, 0.0)).collect();
    let health = state.health();
    for (kind, rows) in &logs {
        let health = health.of(*kind);
        assert_eq!((health.rows, health.joined), (rows.len() as u64, joinable[*kind as usize]), "{kind}");
        // Zeek logs a connection for whatever it logs, but for files that it took out of others.
        assert!(health.joined * 20 >= health.rows * 19, "{kind}: {health:?}");
        eprintln!("{kind}: {} rows, {} joined", health.rows, health.joined);
    }
    let known = features.iter().filter(|features| !features.is_zero()).count();
    eprintln!("{known} of {} connections have features", features.len());
    assert!(known > 2000);
    for (column, known) in COLUMNS.iter().enumerate() {
        let mut values: Vec<f32> =
            features.iter().map(|features| features.values[column]).filter(|value| *value > 0.0).collect();
        values.sort_by(f32::total_cmp);
        assert!(values.iter().all(|value| value.is_finite()), "{}", known.name);
        let at = |share: f64| values.get((values.len() as f64 * share) as usize).copied().unwrap_or(0.0);
        eprintln!(
            "{:5} {:22} on {:5} connections, median {:5.2}, 99th percentile {:5.2}, largest {:5.2}",
            kind_of(column),
            known.name,
            values.len(),
            at(0.5),
            at(0.99),
            values.last().copied().unwrap_or(0.0),
        );
    }
}
