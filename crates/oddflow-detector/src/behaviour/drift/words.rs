//! What a day came to, in words.

use std::fmt::Write;

use super::compared::{BINS, Compared};
use super::counts::Counts;
use super::day::{DriftDay, NetworkChange, Verdict};
use super::reference::DriftReference;

/// What was found beside what a day's numbers say by themselves.
pub(super) enum Finding {
    /// The baseline has too few whole days to say how days differ.
    ShortBaseline(u32),
    /// Only some hours of the baseline's hours had rows.
    PartOfADay(u32, u32),
    FewRows(u64),
    /// The baseline has no such day of the week.
    NoSuchDay(u8),
    /// Hosts that are new or gone; how many busy ones the baseline had.
    Hosts {
        known: usize,
    },
    /// So many of so many hosts do something else.
    Traffic {
        changed: usize,
        many: usize,
    },
    /// The traffic shifted, and no few hosts explain it.
    Shifted,
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Finding {
    /// Whether nothing can be said about the traffic of the day because of it.
    pub(super) fn is_obstacle(&self) -> bool {
        matches!(self, Self::ShortBaseline(_) | Self::PartOfADay(..) | Self::FewRows(_) | Self::NoSuchDay(_))
    }

    fn words(&self, day: &DriftDay) -> String {
        match self {
            Self::ShortBaseline(days) => format!(
                "the baseline has {}: how much days differ is not known",
                if *days == 0 { "no whole day".into() } else { "one whole day".to_owned() }
            ),
            Self::PartOfADay(hours, expected) => {
                format!("rows of {hours} of the day's hours, where the baseline has {expected}")
            }
            Self::FewRows(rows) => format!("{rows} rows are too few to compare"),
            Self::NoSuchDay(day) => {
                format!(
                    "the baseline has no {}: this may be what such days are like",
                    WEEKDAYS[usize::from(day % 7)]
                )
            }
            Self::Hosts { known } => format!(
                "{} of rows are of hosts that the baseline didn't have; {} of its {known} busiest had no row",
                percent(day.strangers),
                day.hosts_gone
            ),
            Self::Traffic { changed, many } => {
                format!("{changed} of {many} busy hosts do something else than in the baseline")
            }
            Self::Shifted => {
                format!(
                    "{} of {} things that are compared shifted, and no few hosts explain it",
                    day.shifted[0], day.shifted[1]
                )
            }
        }
    }
}

/// Puts into words why a day was judged as it was, and what to do.
pub(super) fn explain(day: &mut DriftDay, findings: &[Finding]) {
    let mut reasons = Vec::new();
    for change in &day.changes {
        match change {
            NetworkChange::Columns => {
                let list = |words: &str, names: &[String]| {
                    (!names.is_empty()).then(|| format!("{words}: {}", names.join(", ")))
                };
                reasons.extend(list("conn logs have columns that the baseline's had not", &day.columns_new));
                reasons.extend(list("conn logs lack columns that the baseline's had", &day.columns_gone));
            }
            NetworkChange::CaptureLoss => reasons.push(format!(
                "the sensor missed bytes in {} of rows, {} in the baseline",
                percent(day.gaps[0]),
                percent(day.gaps[1])
            )),
            NetworkChange::Volume => {
                let [least, most] = day.rows_before;
                reasons.push(format!("{} rows; days of the baseline had {least:.0} to {most:.0}", day.rows));
            }
            NetworkChange::Hosts | NetworkChange::Traffic => {}
        }
    }
    reasons.extend(findings.iter().map(|finding| finding.words(day)));
    for host in day.hosts.iter().filter(|host| host.is_cause) {
        let name = unnamed(host.key);
        let mut words = match host.share_before {
            Some(before) => {
                format!("{name}: {} of rows, {} in the baseline", percent(host.share), percent(before))
            }
            None => {
                format!("{name}: {} of rows, and not among the baseline's busiest hosts", percent(host.share))
            }
        };
        for shift in &host.shifts {
            let _ = write!(words, "; {}", shift.words);
        }
        reasons.push(words);
    }
    day.reasons = reasons;
    let again = "If it is meant to stay, train anew";
    day.next = match (day.verdict, day.changes.first()) {
        (Verdict::Stable, _) => String::new(),
        (Verdict::Host, _) => format!("Look at what the host does, and at its incidents. {again}."),
        (Verdict::Network, Some(NetworkChange::Columns)) => {
            format!("Was Zeek updated, or its policy changed? {again}, on logs from then on.")
        }
        (Verdict::Network, Some(NetworkChange::CaptureLoss)) => {
            "Look at the sensor before anything else: what it misses no model can judge.".into()
        }
        (Verdict::Network, Some(NetworkChange::Volume)) => {
            format!("See that the sensor still gets all of the traffic. {again}.")
        }
        (Verdict::Network, _) => format!("{again}, on logs from then on."),
        (Verdict::Unclear, _)
            if findings.iter().any(|finding| matches!(finding, Finding::ShortBaseline(_))) =>
        {
            "Seven days make a good baseline: train on more of them.".into()
        }
        (Verdict::Unclear, _) => String::new(),
    };
}

/// What a host is called while its address isn't known.
pub(super) fn unnamed(key: u64) -> String {
    format!("a host without a name ({key:016x})")
}

/// What is different, where it is most so.
pub(super) fn shift(compared: Compared, now: &Counts, before: &Counts, reference: &DriftReference) -> String {
    let cells = compared.cells();
    let (now_cells, before_cells) = (&now.cells[cells.clone()], &before.cells[cells.clone()]);
    let (n, m) = (f64::from(now.rows_of(compared).max(1)), f64::from(before.rows_of(compared).max(1)));
    if compared.is_novelty() {
        let share = |cells: &[u32], all: f64| percent(f64::from(cells[1]) / all);
        let of = compared.words().trim_start_matches("novelty of ");
        return format!(
            "{of} was never seen before in {} of rows, {} in the baseline",
            share(now_cells, n),
            share(before_cells, m)
        );
    }
    if cells.len() != BINS || compared.is_group() {
        // Of a row's tokens, not of the tokens of all rows.
        let (n, m) = (f64::from(now.rows.max(1)), f64::from(before.rows.max(1)));
        let shares = now_cells.iter().zip(before_cells).map(|(a, b)| [f64::from(*a) / n, f64::from(*b) / m]);
        let most =
            shares.enumerate().max_by(|(_, a), (_, b)| (a[0] - a[1]).abs().total_cmp(&(b[0] - b[1]).abs()));
        let (place, [now, before]) = most.unwrap_or_default();
        let token = Compared::token(cells.start + place);
        return format!("{token} in {} of rows, {} in the baseline", percent(now), percent(before));
    }
    let reach = |cells: &[u32], part: usize, all: f64| {
        cells[part..].iter().map(|rows| f64::from(*rows)).sum::<f64>() / all
    };
    let most = (1..BINS)
        .filter_map(|part| Some((reference.edges.below(compared, part)?, part)))
        .map(|(edge, part)| (edge, [reach(now_cells, part, n), reach(before_cells, part, m)]))
        .max_by(|(_, a), (_, b)| (a[0] - a[1]).abs().total_cmp(&(b[0] - b[1]).abs()));
    let Some((edge, [now, before])) = most else { return compared.words().into() };
    let from = if edge == f32::MIN_POSITIVE {
        "above 0".into()
    } else {
        format!("at least {}", compared.amount(edge))
    };
    format!("{}: {from} in {} of rows, {} in the baseline", compared.words(), percent(now), percent(before))
}

/// A share in per cent.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        0.0 | 10.0.. => format!("{percent:.0}%"),
        1.0.. => format!("{percent:.1}%"),
        _ => format!("{percent:.2}%"),
    }
}
