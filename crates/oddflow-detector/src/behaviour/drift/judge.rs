//! What a day comes to: which things shifted, and whose doing it is.
use super::compared::*;
use super::day::*;
use super::tally::Drift;

pub(super) fn judge(drift: &Drift, day: i64) -> DriftDay {
    let reference = &drift.reference;
    let all = drift.whole.all_psi(&reference.whole);
    let mut order: Vec<usize> = (0..COMPARED).collect();
    order.sort_by(|a,b| all[*b].total_cmp(&all[*a]));
    let wd = ["Su","Mo","Tu","We","Th","Fr","Sa"][usize::from(super::tally::weekday(day))];
    let over: Vec<usize> = order.iter().copied().filter(|c| all[*c] > reference.limit(Compared(*c))).collect();
    let mut mean = all.iter().sum::<f64>() / COMPARED as f64;
    let mut sorted = all.to_vec(); sorted.sort_by(f64::total_cmp);
    println!("{wd} {day}: rows {} counted {} step {} hours {} score {:.2}/{:.2} mean {:.3} median {:.3} over {}/{COMPARED} strangers {:.2} gaps {:.4}/{:.4} | {}",
        drift.rows, drift.whole.rows, drift.step, drift.hours.iter().filter(|h| **h>0).count(), all[COMPARED-1], reference.noise[COMPARED-1], mean, sorted[COMPARED/2], over.len(),
        drift.of_strangers as f64/drift.whole.rows.max(1) as f64, drift.gaps as f64/drift.rows.max(1) as f64, reference.described.gaps,
        order.iter().take(12).map(|c| format!("{}={:.2}({:.2})", Compared(*c).name(), all[*c], reference.noise[*c])).collect::<Vec<_>>().join(" "));
    let _ = &mut mean;
    let mut hosts: Vec<_> = drift.busiest.iter().collect();
    hosts.sort_by_key(|(k,c)| (std::cmp::Reverse(c.rows), *k));
    for (key, counts) in hosts.into_iter().take(6) {
        if counts.rows < 100 { continue }
        let before = reference.host(key);
        let own = before.map(|b| counts.all_psi(b));
        let mut sub = drift.whole.clone();
        sub.remove(counts);
        if let Some(b) = before { sub.merge(&b.scaled(f64::from(drift.whole.rows)/f64::from(reference.whole.rows.max(1)))); }
        let after = sub.all_psi(&reference.whole);
        let over_after = (0..COMPARED).filter(|c| after[*c] > reference.limit(Compared(*c))).count();
        println!("    host {key:016x} rows {} before {:?} own mean {:?} over {:?}; without: score {:.2} mean {:.3} over {}", counts.rows,
          before.map(|b| f64::from(b.rows)/f64::from(reference.whole.rows)*f64::from(drift.whole.rows)),
          own.map(|o| o.iter().sum::<f64>()/COMPARED as f64), own.map(|o| (0..COMPARED).filter(|c| o[*c] > reference.limit(Compared(*c))).count()),
          after[COMPARED-1], after.iter().sum::<f64>()/COMPARED as f64, over_after);
    }
    DriftDay { day, rows: drift.rows, counted: drift.whole.rows, hours: 0, verdict: Verdict::Stable, changes: vec![], score_psi: None, feature_psi: None, shifted: [0,0], shifts: vec![], hosts: vec![], columns_new: vec![], columns_gone: vec![], gaps: [0.0;2], strangers: 0.0, hosts_gone: 0, rows_before: [0.0;2], reasons: vec![], next: String::new() }
}
