//! Lab.
#![allow(clippy::all, clippy::pedantic, clippy::print_stdout, clippy::unwrap_used, missing_docs)]
use std::ops::ControlFlow;
use oddflow_detector::*;
use oddflow_detector::behaviour::*;
use oddflow_features::behaviour::*;
use zeek_log::*;
fn each(paths: &[std::ffi::OsString], mut f: impl FnMut(&Chunk)) {
    let options = ReadOptions::default();
    let mut plan = Vec::new();
    for log in find_logs(paths, "conn").unwrap() { plan.push(Planned { head: log.conn_head(&options).unwrap(), log, from: Position::default() }); }
    read_parallel(&plan, &options, 1, |c: &Chunk| c.clone(), |_, read| { if let Ok(Part{value,..}) = read { f(&value) } ControlFlow::Continue(()) });
}
fn main() {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let at = args.iter().position(|a| a == "--").unwrap();
    let options = ReadOptions::default();
    let mut baseline = Baseline::new(1<<30, 0, LocalNetworks::default());
    let limit: f64 = std::env::var("TRAIN_DAYS").map_or(1e9, |d| d.parse().unwrap());
    let mut first = None;
    each(&args[..at], |chunk| {
        let mut rows = BaselineChunk::default();
        let mut reader = baseline.reader();
        chunk.conn_rows(&options, |record, row| {
            let absent = Fields::absent(row.schema(), row.is_json());
            reader.absent = absent;
            let f = *first.get_or_insert(record.ts);
            if record.ts - f < limit * 86400.0 {
            rows.columns(row.schema().columns.iter().map(|c| &*c.name));
            rows.add(&reader, record, absent); }
            ControlFlow::Continue(())
        });
        baseline.append(rows);
    });
    let o = TrainOptions { threads: 2, seed: std::env::var("SEED").map_or(0, |s| s.parse().unwrap()), ..TrainOptions::default() };
    let manifest = Manifest { files: vec![], rows_read: baseline.seen(), rows_used: 0, rows_unreadable: 0 };
    let end = baseline.flows().last().unwrap().end;
    let model = train(&baseline, manifest, &o, &mut |_| ControlFlow::Continue(())).unwrap().model;
    drop(baseline);
    let r = model.drift().unwrap().clone();
    println!("reference: days {} bytes of a fresh tally {}", r.days(), Drift::new(r.clone()).to_bytes().len());
    let mut drift = Drift::new(r);
    let mut session = model.session().unwrap();
    let (mut w, mut scored, mut t) = (Workspace::default(), Vec::new(), Tracked::default());
    let after: bool = std::env::var("ALL").is_err();
    let mut took = std::time::Duration::ZERO; let mut n = 0; let mut most = 0;
    each(&args[at+1..], |chunk| {
        let mut flows = Vec::new();
        chunk.conn_rows(&options, |record, row| {
            let reader = model.reader(Fields::absent(row.schema(), row.is_json()));
            let flow = reader.flow(record);
            if !after || flow.end > end { flows.push(flow); }
            ControlFlow::Continue(())
        });
        session.track(&flows, &mut t);
        scored.clear();
        session.scorer().score_rows(&flows, &t, &mut w, &mut scored);
        let begin = std::time::Instant::now();
        for ((flow, features), s) in flows.iter().zip(&t.features).zip(&scored) {
            if let Some(day) = drift.add(flow, features, s.score, |_| ()) { show(&day); }
        }
        took += begin.elapsed(); n += flows.len();
        most = most.max(drift.to_bytes().len());
    });
    if let Some(day) = drift.so_far() { show(&day); }
    println!("{n} rows, {:.0} ns a row, {most} bytes", took.as_nanos() as f64 / n.max(1) as f64);
}
fn show(day: &DriftDay) {
    let wd = ["Th","Fr","Sa","Su","Mo","Tu","We"][(day.day.rem_euclid(7)) as usize];
    println!("{wd} {} {:?} {:?} rows {} hours {} score {:?} feature {:?} shifted {:?} strangers {:.2} gone {} gaps {:.4?}", day.day, day.verdict, day.changes, day.rows, day.hours, day.score_psi.map(|p| (p*100.0).round()/100.0), day.feature_psi.map(|p| (p*100.0).round()/100.0), day.shifted, day.strangers, day.hosts_gone, day.gaps);
    for r in &day.reasons { println!("     - {r}"); }
    if !day.next.is_empty() { println!("     > {}", day.next); }
    if std::env::var("LONG").is_ok() { for s in day.shifts.iter() { println!("       {:.2} ({:.2}) {}", s.psi, s.limit, s.words); } for h in &day.hosts { println!("       host {:x} psi {:?} {}", h.key, h.psi, h.is_cause); } }
    println!("       json {}", serde_json::to_string(day).unwrap().len());
}
