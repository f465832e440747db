//! Makes a reference of a baseline, while a model is trained of it.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::FixedState;
use oddflow_features::behaviour::{Features, Fields, Flow, NUMERIC};

use super::MISSED;
use super::compared::{BINS, COMPARED, Compared};
use super::counts::Counts;
use super::edges::{Cells, Edges};
use super::judge::{LEAST_OF_HOST, host_psi};
use super::reference::{Described, DriftReference, HOSTS, KNOWN};
use super::tally::{hour, weekday};
use crate::behaviour::incidents::DAY;
use crate::quantile::quantile;

/// Rows that are kept at most, evenly over the baseline: some 16 MB.
const ROWS: usize = 1 << 16;
/// Hosts that are looked at.
const LOOKED_AT: usize = 1 << 16;
/// Fewest rows by which a day is compared.
const LEAST_OF_DAY: u32 = 300;
/// Days between the first and the last row of a host that may be an address of a day.
const PASSING: f64 = 1.5;
/// Share of the baseline's days that the noise covers.
const USUAL: f64 = 0.95;

/// Rows of a baseline, every so many of them.
pub(in crate::behaviour) struct Gatherer {
    rows: Vec<Sampled>,
    seen: u64,
    step: u64,
    span: Option<(f64, f64)>,
    /// Rows by local host; `None` where hosts are left out of the model.
    hosts: Option<HashMap<u64, u64, FixedState>>,
}

struct Sampled {
    end: f64,
    host: u64,
    is_late: bool,
    features: Features,
}

/// Rows of all, by day, and by host.
#[derive(Default)]
struct Tables {
    whole: Counts,
    /// Hosts and days that have rows enough to be compared.
    host_days: HashSet<(u64, i64), FixedState>,
    by_day: HashMap<i64, Counts, FixedState>,
    by_host: HashMap<u64, Counts, FixedState>,
    by_host_and_day: HashMap<(u64, i64), Counts, FixedState>,
}

impl Gatherer {
    pub(in crate::behaviour) fn new(with_hosts: bool) -> Self {
        let hosts = with_hosts.then(HashMap::default);
        Self { rows: Vec::new(), seen: 0, step: 1, span: None, hosts }
    }

    /// Takes in a row behind the warm-up; `is_late` where it calibrates.
    pub(in crate::behaviour) fn add(&mut self, flow: &Flow, features: &Features, is_late: bool) {
        let (first, last) = self.span.unwrap_or((flow.end, flow.end));
        self.span = Some((first.min(flow.end), last.max(flow.end)));
        let host = flow.local_host();
        if let Some(hosts) = &mut self.hosts
            && (hosts.len() < LOOKED_AT || hosts.contains_key(&host))
        {
            *hosts.entry(host).or_default() += 1;
        }
        if self.seen.is_multiple_of(self.step) {
            if self.rows.len() == ROWS {
                let mut keep = false;
                self.rows.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.step *= 2;
            }
            if self.seen.is_multiple_of(self.step) {
                self.rows.push(Sampled { end: flow.end, host, is_late, features: features.clone() });
            }
        }
        self.seen += 1;
    }

    /// The reference. `scores` are those of the calibration slice, each with its row's end and local host; `absent` are what some
    /// log lacked, `columns` what they had.
    pub(in crate::behaviour) fn finish(
        self,
        scores: &[(f64, u64, f32)],
        absent: Fields,
        columns: Option<BTreeSet<String>>,
    ) -> Option<DriftReference> {
        let (first, last) = self.span?;
        let rows = &self.rows;
        let edges = Edges::new(|compared| match compared {
            Compared::SCORE => scores.iter().map(|(_, _, score)| *score).collect(),
            Compared(column) => rows.iter().map(|row| row.features.numbers[column]).collect(),
        });
        // Whole days, counted back from the last row.
        let whole_days = ((last - first) / DAY) as i64;
        let day_of = |end: f64| Some(((last - end) / DAY) as i64).filter(|day| *day < whole_days);

        let mut described = Described { absent, columns, ..Described::default() };
        let presence = Presence::new(rows, last);
        described.of_a_day = presence.of_a_day(whole_days);
        // Who came for a day or so can't be expected to come again.
        let is_regular = |host: u64| whole_days < 2 || presence.stays(host);
        let (known, busiest) = self.busiest(is_regular);
        let enough = presence.rows.iter().filter(|(_, rows)| **rows >= LEAST_OF_HOST).map(|(key, _)| *key);
        let mut tables = Tables { host_days: enough.collect(), ..Tables::default() };
        let mut cells = Cells::default();
        let (mut by_hour, mut by_late_hour) = ([0_u32; 24], [0_u32; 24]);
        for row in rows {
            edges.of_row(&row.features, row.is_late, &mut cells);
            tables.add(cells.get(), day_of(row.end), row.host, &busiest);
            by_hour[hour(row.end)] += 1;
            by_late_hour[hour(row.end)] += u32::from(row.is_late);
            described.weekdays |= 1 << weekday((row.end / DAY).floor() as i64);
            described.gaps += f64::from(u8::from(row.features.numbers[MISSED] > 0.0));
        }
        described.gaps /= rows.len().max(1) as f64;
        described.hours = mask(&by_hour);
        described.late_hours = mask(&by_late_hour);
        for (end, host, score) in scores {
            let cell = usize::from(edges.score_cell(*score));
            tables.each(day_of(*end), *host, &busiest, |counts| counts.cells[cell] += 1);
        }

        let days: Vec<&Counts> =
            tables.by_day.values().filter(|counts| counts.rows >= LEAST_OF_DAY).collect();
        described.days = days.len() as u32;
        let a_day = self.seen as f64 / ((last - first) / DAY).max(1.0 / 24.0);
        described.rows_a_day = match days.len() {
            0 | 1 => [a_day; 2],
            _ => {
                let rows = days.iter().map(|counts| f64::from(counts.rows) * self.step as f64);
                rows.fold([f64::INFINITY, 0.0], |[least, most], rows| [least.min(rows), most.max(rows)])
            }
        };
        let noise = noise(&days, &tables.whole);
        let mut hosts: Vec<(u64, Counts)> =
            tables.by_host.into_iter().filter(|(_, counts)| counts.rows >= LEAST_OF_HOST).collect();
        hosts.sort_unstable_by_key(|(key, _)| *key);
        let host_noise =
            hosts.iter().map(|(key, all)| host_noise(*key, all, &tables.by_host_and_day)).collect();
        Some(DriftReference { described, edges, whole: tables.whole, noise, hosts, host_noise, known })
    }

    /// The hosts that are known again, and the busiest of the regular ones; both ascending.
    fn busiest(&self, is_regular: impl Fn(u64) -> bool) -> (Vec<u64>, Vec<u64>) {
        let mut hosts: Vec<(u64, u64)> =
            self.hosts.iter().flatten().map(|(key, rows)| (*key, *rows)).collect();
        hosts.sort_unstable_by_key(|(key, rows)| (Reverse(*rows), *key));
        let first = |keys: &mut dyn Iterator<Item = u64>, many: usize| {
            let mut keys: Vec<u64> = keys.take(many).collect();
            keys.sort_unstable();
            keys
        };
        let keys = || hosts.iter().map(|(key, _)| *key);
        (first(&mut keys(), KNOWN), first(&mut keys().filter(|key| is_regular(*key)), HOSTS))
    }
}

/// Rows by host and day.
struct Presence {
    rows: HashMap<(u64, i64), u32, FixedState>,
    /// The first and the last row of each host.
    spans: HashMap<u64, (f64, f64), FixedState>,
}

impl Presence {
    fn new(sampled: &[Sampled], last: f64) -> Self {
        let mut rows: HashMap<(u64, i64), u32, FixedState> = HashMap::default();
        let mut spans: HashMap<u64, (f64, f64), FixedState> = HashMap::default();
        for row in sampled {
            *rows.entry((row.host, ((last - row.end) / DAY) as i64)).or_default() += 1;
            let (from, to) = spans.entry(row.host).or_insert((row.end, row.end));
            (*from, *to) = (from.min(row.end), to.max(row.end));
        }
        Self { rows, spans }
    }

    /// Whether a host was there for longer than an address of a day.
    fn stays(&self, host: u64) -> bool {
        self.spans.get(&host).is_some_and(|(from, to)| to - from > PASSING * DAY)
    }

    /// The largest shares of a whole day's rows of hosts that don't stay: of all of them, and of one.
    fn of_a_day(&self, whole_days: i64) -> [f64; 2] {
        let mut days: HashMap<i64, [u32; 3], FixedState> = HashMap::default();
        for ((host, day), rows) in self.rows.iter().filter(|((_, day), _)| *day < whole_days) {
            let [all, once, most] = days.entry(*day).or_default();
            *all += rows;
            if !self.stays(*host) {
                *once += rows;
                *most = (*most).max(*rows);
            }
        }
        let share = |part: u32, all: u32| f64::from(part) / f64::from(all);
        let shares = days.values().map(|[all, once, most]| [share(*once, *all), share(*most, *all)]);
        match whole_days {
            ..2 => [0.0; 2],
            _ => shares.fold([0.0; 2], |[all, one], [of_all, of_one]| [all.max(of_all), one.max(of_one)]),
        }
    }
}

impl Tables {
    fn add(&mut self, cells: &[u16], day: Option<i64>, host: u64, busiest: &[u64]) {
        self.each(day, host, busiest, |counts| counts.add(cells));
    }

    /// Everything that a row is counted in.
    fn each(&mut self, day: Option<i64>, host: u64, busiest: &[u64], mut count: impl FnMut(&mut Counts)) {
        count(&mut self.whole);
        if let Some(day) = day {
            count(self.by_day.entry(day).or_default());
        }
        if busiest.binary_search(&host).is_ok() {
            count(self.by_host.entry(host).or_default());
            if let Some(day) = day.filter(|day| self.host_days.contains(&(host, *day))) {
                count(self.by_host_and_day.entry((host, day)).or_default());
            }
        }
    }
}

/// How much the days differ, each measured against all rows but its own.
fn noise(days: &[&Counts], whole: &Counts) -> [f32; COMPARED] {
    let others: Vec<Counts> = days
        .iter()
        .map(|day| {
            let mut others = whole.clone();
            others.remove(day);
            others
        })
        .collect();
    std::array::from_fn(|place| {
        let compared = Compared(place);
        let enough = |counts: &Counts| counts.rows_of(compared) >= LEAST_OF_DAY;
        let mut indices: Vec<f32> = (days.iter().zip(&others))
            .filter(|(day, others)| enough(day) && enough(others))
            .map(|(day, others)| day.psi(others, compared) as f32)
            .collect();
        indices.sort_unstable_by(f32::total_cmp);
        if indices.len() < 2 { 0.0 } else { quantile(&indices, USUAL) as f32 }
    })
}

/// How much the days of a host differ.
fn host_noise(key: u64, all: &Counts, by_day: &HashMap<(u64, i64), Counts, FixedState>) -> f32 {
    let compared: Vec<Compared> = Compared::all().filter(|compared| !compared.grows()).collect();
    let days = by_day.iter().filter(|((host, _), _)| *host == key);
    let mut indices: Vec<f32> = days
        .filter_map(|(_, day)| {
            let mut others = all.clone();
            others.remove(day);
            Some(host_psi(day, &others, &compared)? as f32)
        })
        .collect();
    indices.sort_unstable_by(f32::total_cmp);
    if indices.len() < 2 { 0.0 } else { quantile(&indices, USUAL) as f32 }
}

/// The hours that have rows enough to be known.
fn mask(hours: &[u32; 24]) -> u32 {
    (0..24).filter(|hour| hours[*hour] >= 5).fold(0, |mask, hour| mask | 1 << hour)
}

const _: () = assert!(BINS * NUMERIC < u16::MAX as usize);
