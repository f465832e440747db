//! What a day comes to: what shifted, and whether it is the doing of a few hosts or of the network.
//!
//! Hosts are compared with themselves: the mix of hosts differs much more from day to day than what each of them does. Where many of the
//! busy ones do something else the network changed; where few do, they did. What says it without any statistics comes first: columns,
//! bytes that the sensor missed, hosts that the baseline didn't have, the number of rows.

use super::compared::{COMPARED, Compared};
use super::counts::Counts;
use super::day::{DriftDay, HostShift, NetworkChange, Shift, Verdict};
use super::reference::DriftReference;
use super::tally::{Drift, weekday};
use super::words::{self, Finding};

/// Rows of a day, and counted ones, from which it is compared.
const LEAST_ROWS: u64 = 1000;
const LEAST_COUNTED: u32 = 250;
/// Rows of the baseline from which something is compared.
const LEAST_BEFORE: u32 = 300;
/// Counted rows from which a host is compared with itself.
pub(super) const LEAST_OF_HOST: u32 = 100;
/// Whole days of the baseline from which it is known how days differ.
const LEAST_DAYS: u32 = 2;
/// Share of the baseline's hours that a day must have, to hold its cycle.
const MOST_OF_A_DAY: f64 = 0.75;
/// Most that one thing counts in the mean of a host: one that is always the same otherwise would decide alone.
const MOST_PSI: f64 = 2.0;
/// Share of what is compared that has to shift before the day has.
const BREADTH: f64 = 0.1;
/// Share of the compared hosts that has to change before the network has, and fewest of them.
const MOST_HOSTS: f64 = 0.5;
const FEWEST_HOSTS: usize = 2;
/// Hosts that may be the cause, or share of those that are compared; with more it is the network.
const CAUSES: usize = 3;
const CAUSES_OF: usize = 5;
/// Share of rows in which a sensor may miss bytes, and how many times the baseline's.
const GAPS: f64 = 0.03;
const GAPS_TIMES: f64 = 4.0;
/// How many times fewer or more rows a day may have than the baseline's days.
const VOLUME_TIMES: f64 = 4.0;
/// Share of rows from which hosts that the baseline didn't have are a change of the network, and one of them one of its own.
const STRANGERS: f64 = 0.5;
const STRANGER: f64 = 0.05;
/// How many times as many they may be as on the baseline's days.
const STRANGERS_TIMES: f64 = 2.0;
/// Share of rows that they may not have in any case.
const MOST_STRANGERS: f64 = 0.95;
/// Share of the busiest hosts that may be gone.
const GONE: f64 = 0.5;
/// What is told at most.
const SHIFTS: usize = 10;
const SHIFTS_OF_HOST: usize = 3;
const HOSTS: usize = 5;

/// A host of the day.
struct Host<'d> {
    key: u64,
    counts: &'d Counts,
    before: Option<&'d Counts>,
    /// Mean index against itself, and from where on it counts as changed; `None` where there is too little to compare.
    psi: Option<[f64; 2]>,
    is_cause: bool,
}

/// Judges a day as far as it has come.
pub(super) fn judge(drift: &Drift, day: i64) -> DriftDay {
    let Drift { reference, rows, whole, .. } = drift;
    let described = &reference.described;
    let unknown = Compared::unknown(drift.lacking);
    // Scores of rows with less to go by are others.
    let knows_less = drift.lacking.iter().any(|field| !described.absent.holds(field));
    let is_compared = |compared: &Compared| {
        let is_unknown = unknown[compared.0] || knows_less && *compared == Compared::SCORE;
        !is_unknown && !compared.grows() && reference.whole.rows_of(*compared) >= LEAST_BEFORE
    };
    let compared: Vec<Compared> = Compared::all().filter(is_compared).collect();
    let (columns_new, columns_gone) = columns(drift);
    let hours = drift.hours.iter().filter(|rows| **rows > 0).count() as u32;
    let mut to = DriftDay {
        day,
        rows: *rows,
        counted: whole.rows,
        hours,
        verdict: Verdict::Stable,
        shifted: [0, compared.len()],
        columns_new,
        columns_gone,
        gaps: [drift.gaps as f64 / (*rows).max(1) as f64, described.gaps],
        strangers: f64::from(drift.of_strangers) / f64::from(whole.rows.max(1)),
        hosts_gone: reference.hosts.len() - drift.seen.count_ones() as usize,
        rows_before: described.rows_a_day,
        ..DriftDay::default()
    };
    let mut findings = Vec::new();
    if !(to.columns_new.is_empty() && to.columns_gone.is_empty()) {
        to.changes.push(NetworkChange::Columns);
    }
    let enough = *rows >= LEAST_ROWS && whole.rows >= LEAST_COUNTED;
    if enough && to.gaps[0] > GAPS.max(GAPS_TIMES * to.gaps[1]) {
        to.changes.push(NetworkChange::CaptureLoss);
    }
    if enough {
        compare(reference, whole, &compared, &mut to);
    }
    match obstacle(drift, &to, enough) {
        Some(obstacle) => findings.push(obstacle),
        None => {
            let mut hosts = hosts(drift, &compared);
            network(drift, &hosts, &mut to, &mut findings);
            if to.changes.is_empty() {
                causes(drift, &mut hosts, &compared, &mut to, &mut findings);
            }
            to.hosts = told(hosts, reference, whole, &compared);
        }
    }
    let is_of_the_cycle =
        |change: &NetworkChange| matches!(change, NetworkChange::Traffic | NetworkChange::Volume);
    let weekday = weekday(day);
    if described.weekdays & 1 << weekday == 0
        && to.changes.iter().all(is_of_the_cycle)
        && !to.changes.is_empty()
    {
        // It may be no more than what such days are like.
        findings.push(Finding::NoSuchDay(weekday));
        to.verdict = Verdict::Unclear;
    } else if !to.changes.is_empty() {
        to.verdict = Verdict::Network;
    } else if to.hosts.iter().any(|host| host.is_cause) {
        to.verdict = Verdict::Host;
    } else if findings.iter().any(Finding::is_obstacle) {
        to.verdict = Verdict::Unclear;
    }
    words::explain(&mut to, &findings);
    to
}

/// Columns that logs have and the baseline's had not, and the other way round.
fn columns(drift: &Drift) -> (Vec<String>, Vec<String>) {
    match (&drift.columns, &drift.reference.described.columns) {
        (Some(now), Some(before)) => {
            (now.difference(before).cloned().collect(), before.difference(now).cloned().collect())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// The indices of all rows of the day.
fn compare(reference: &DriftReference, whole: &Counts, compared: &[Compared], to: &mut DriftDay) {
    let mut indices: Vec<(Compared, f64)> =
        compared.iter().map(|compared| (*compared, whole.psi(&reference.whole, *compared))).collect();
    let is_feature = |(compared, _): &&(Compared, f64)| *compared != Compared::SCORE;
    to.score_psi = indices.iter().find(|index| index.0 == Compared::SCORE).map(|index| index.1);
    to.feature_psi = indices.iter().filter(is_feature).map(|index| index.1).reduce(f64::max);
    to.shifted[0] = indices.iter().filter(|(compared, psi)| *psi > reference.limit(*compared)).count();
    indices.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    to.shifts =
        shifts(&indices, SHIFTS, [whole, &reference.whole], reference, |compared| reference.limit(compared));
}

/// The largest of some indices in words, those that are no more than moderate left out.
fn shifts(
    indices: &[(Compared, f64)],
    most: usize,
    [now, before]: [&Counts; 2],
    reference: &DriftReference,
    limit: impl Fn(Compared) -> f64,
) -> Vec<Shift> {
    let told = indices.iter().filter(|(_, psi)| *psi > super::stability::MODERATE).take(most);
    told.map(|(compared, psi)| Shift {
        column: compared.name().into(),
        psi: *psi,
        limit: limit(*compared),
        words: words::shift(*compared, now, before, reference),
    })
    .collect()
}

/// Why nothing can be said about the traffic of a day.
fn obstacle(drift: &Drift, to: &DriftDay, enough: bool) -> Option<Finding> {
    let described = &drift.reference.described;
    let expected = described.hours.count_ones();
    if described.days < LEAST_DAYS {
        Some(Finding::ShortBaseline(described.days))
    } else if f64::from(to.hours) < MOST_OF_A_DAY * f64::from(expected) {
        Some(Finding::PartOfADay(to.hours, expected))
    } else if !enough && to.rows as f64 * VOLUME_TIMES >= described.rows_a_day[0] {
        Some(Finding::FewRows(to.rows))
    } else {
        None
    }
}

/// The hosts of a day that had rows enough, compared with themselves; the one with most rows first.
fn hosts<'d>(drift: &'d Drift, compared: &[Compared]) -> Vec<Host<'d>> {
    let reference = &drift.reference;
    let mut hosts: Vec<Host<'_>> = (drift.busiest.iter())
        .filter(|(_, counts)| counts.rows >= LEAST_OF_HOST)
        .map(|(key, counts)| {
            let place = reference.host_place(key);
            let before = place.map(|place| &reference.hosts[place].1);
            let psi = place
                .and_then(|place| Some([host_psi(counts, before?, compared)?, reference.host_limit(place)]));
            Host { key, counts, before, psi, is_cause: false }
        })
        .collect();
    hosts.sort_by(|a, b| b.counts.rows.cmp(&a.counts.rows).then(a.key.cmp(&b.key)));
    hosts
}

/// The mean index of a host against itself.
pub(super) fn host_psi(now: &Counts, before: &Counts, compared: &[Compared]) -> Option<f64> {
    let enough = |compared: &&Compared| {
        now.rows_of(**compared) >= LEAST_OF_HOST && before.rows_of(**compared) >= LEAST_OF_HOST
    };
    let indices = compared.iter().filter(enough).map(|compared| now.psi(before, *compared).min(MOST_PSI));
    let (sum, many) = indices.fold((0.0, 0), |(sum, many), psi| (sum + psi, many + 1));
    (many > 0).then(|| sum / f64::from(many))
}

/// What is different about the network as a whole.
fn network(drift: &Drift, hosts: &[Host<'_>], to: &mut DriftDay, findings: &mut Vec<Finding>) {
    let reference = &drift.reference;
    let known = reference.hosts.len();
    let strangers = (STRANGERS_TIMES * reference.described.of_a_day[0]).clamp(STRANGERS, MOST_STRANGERS);
    if !reference.known.is_empty()
        && (to.strangers > strangers || to.hosts_gone as f64 > GONE * known as f64 && known > FEWEST_HOSTS)
    {
        findings.push(Finding::Hosts { known });
        to.changes.push(NetworkChange::Hosts);
    }
    let [least, most] = to.rows_before;
    let rows = to.rows as f64;
    // Many rows may be the doing of a few hosts that changed.
    let changed = hosts.iter().filter(|host| is_changed(drift, host)).take(CAUSES);
    let theirs: u32 = changed.map(|host| host.counts.rows).sum();
    let of_others = rows * (1.0 - f64::from(theirs) / f64::from(drift.whole.rows.max(1)));
    if rows * VOLUME_TIMES < least || of_others > VOLUME_TIMES * most {
        to.changes.push(NetworkChange::Volume);
    }
    let measured = hosts.iter().filter_map(|host| host.psi);
    let (many, changed) =
        measured.fold((0, 0), |(many, changed), [psi, limit]| (many + 1, changed + usize::from(psi > limit)));
    if changed >= FEWEST_HOSTS && changed as f64 > MOST_HOSTS * many as f64 {
        findings.push(Finding::Traffic { changed, many });
        to.changes.push(NetworkChange::Traffic);
    }
}

/// Whether a host does something else than in the baseline, or is new and busy.
fn is_changed(drift: &Drift, host: &Host<'_>) -> bool {
    let known = &drift.reference.known;
    let share = f64::from(host.counts.rows) / f64::from(drift.whole.rows.max(1));
    let is_new = !known.is_empty() && known.binary_search(&host.key).is_err();
    let stranger = (STRANGERS_TIMES * drift.reference.described.of_a_day[1]).max(STRANGER);
    host.psi.is_some_and(|[psi, limit]| psi > limit) || is_new && share > stranger
}

/// Hosts that changed by themselves, new ones with many rows, and those that the day would be like the baseline without.
fn causes(
    drift: &Drift,
    hosts: &mut [Host<'_>],
    compared: &[Compared],
    to: &mut DriftDay,
    findings: &mut Vec<Finding>,
) {
    let reference = &drift.reference;
    let all = f64::from(drift.whole.rows.max(1));
    for host in hosts.iter_mut() {
        host.is_cause = is_changed(drift, host);
    }
    let scale = all / f64::from(reference.whole.rows.max(1));
    // As if a host had done what it did in the baseline.
    let without = |counts: &Counts, host: &Host<'_>| {
        let mut counts = counts.clone();
        counts.remove(host.counts);
        if let Some(before) = host.before {
            counts.merge(&before.scaled(scale));
        }
        counts
    };
    let shifted = |counts: &Counts| -> usize {
        let over =
            |compared: &&Compared| counts.psi(&reference.whole, **compared) > reference.limit(**compared);
        compared.iter().filter(over).count()
    };
    let is_shifted = |counts: &Counts, shifted: usize| {
        shifted as f64 > BREADTH * compared.len() as f64
            || compared.contains(&Compared::SCORE)
                && counts.psi(&reference.whole, Compared::SCORE) > reference.limit(Compared::SCORE)
    };
    let mut left = drift.whole.clone();
    for host in hosts.iter().filter(|host| host.is_cause) {
        left = without(&left, host);
    }
    let mut over = shifted(&left);
    for _ in 0..CAUSES {
        if !is_shifted(&left, over) {
            break;
        }
        let tried = (hosts.iter().enumerate())
            .filter(|(_, host)| !host.is_cause)
            .map(|(place, host)| (place, without(&left, host)))
            .map(|(place, counts)| (shifted(&counts), place, counts))
            .min_by_key(|(over, place, _)| (*over, *place));
        match tried {
            Some((fewer, place, counts)) if fewer < over || !is_shifted(&counts, fewer) => {
                hosts[place].is_cause = true;
                (left, over) = (counts, fewer);
            }
            _ => break,
        }
    }
    let measured = hosts.iter().filter(|host| host.psi.is_some()).count();
    let too_many = hosts.iter().filter(|host| host.is_cause).count() > CAUSES.max(measured / CAUSES_OF);
    if is_shifted(&left, over) || too_many {
        hosts.iter_mut().for_each(|host| host.is_cause &= host.psi.is_some_and(|[psi, limit]| psi > limit));
        findings.push(Finding::Shifted);
        to.changes.push(NetworkChange::Traffic);
    }
}

/// The hosts that changed most: the causes first.
fn told(
    mut hosts: Vec<Host<'_>>,
    reference: &DriftReference,
    whole: &Counts,
    compared: &[Compared],
) -> Vec<HostShift> {
    let over = |host: &Host<'_>| host.psi.map_or(0.0, |[psi, limit]| psi / limit);
    hosts.retain(|host| host.is_cause || over(host) > 1.0);
    hosts.sort_by(|a, b| {
        b.is_cause.cmp(&a.is_cause).then(over(b).total_cmp(&over(a))).then(a.key.cmp(&b.key))
    });
    hosts.truncate(HOSTS);
    let share = |counts: &Counts, all: &Counts| f64::from(counts.rows) / f64::from(all.rows.max(1));
    hosts
        .into_iter()
        .map(|host| {
            let before = host.before.unwrap_or(&reference.whole);
            let enough = |compared: &&Compared| before.rows_of(**compared) >= LEAST_OF_HOST;
            let indices = compared.iter().filter(enough);
            let mut indices: Vec<(Compared, f64)> =
                indices.map(|compared| (*compared, host.counts.psi(before, *compared))).collect();
            indices.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let limit = |_| super::stability::SHIFTED;
            HostShift {
                key: host.key,
                address: None,
                share: share(host.counts, whole),
                share_before: host.before.map(|before| share(before, &reference.whole)),
                psi: host.psi.map(|[psi, _]| psi),
                is_cause: host.is_cause,
                shifts: shifts(&indices, SHIFTS_OF_HOST, [host.counts, before], reference, limit),
            }
        })
        .collect()
}

const _: () = assert!(COMPARED > HOSTS);
