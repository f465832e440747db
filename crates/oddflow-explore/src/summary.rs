//! From what was gathered to what is told: the overview, the columns, the correlations and the rankings.

use std::cmp::Reverse;

use datasketches::frequencies::ErrorType;

use crate::address::Role;
use crate::bins::RELATIVE_ERROR;
use crate::columns::{COLUMNS, IP_BYTES, NUMERIC};
use crate::exploration::Exploration;
use crate::network::neighbourhood;
use crate::statistics::{
    Clock, Column, Correlations, Health, LikelyNetwork, Locality, Oddity, Overview, Statistics, Top, Unset,
    VERSION,
};
use crate::tally::{keep_first, share};
use crate::timeline::GAP_MULTIPLE;
use crate::{findings, oddity, precision, story, unset, words};

/// A coefficient from which on two columns say the same.
const REDUNDANT: f64 = 0.9;
/// Pairs that a sentence names.
const NAMED_PAIRS: usize = 4;
/// Share of connections without a local side from which on it is said.
const NOTABLE_SHARE: f64 = 0.05;
/// Share of these that must begin in a network that is named, and how many networks are named.
const LIKELY_SHARE: f64 = 0.1;
const LIKELY: usize = 3;

/// All that is known.
pub(crate) fn of(gathered: &Exploration, health: &Health) -> Statistics {
    let stories = story::Stories::of(gathered);
    let columns: Vec<_> = (0..COLUMNS).map(|i| column(gathered, i)).collect();
    let time = gathered.timeline.on(&gathered.clock, gathered.written.range());
    let overview = overview(gathered, health);
    let findings = findings::all(gathered, &time, &stories);
    Statistics {
        version: VERSION,
        zone: gathered.clock.name(),
        correlations: correlations(gathered),
        top: top(gathered),
        host: gathered.options.host.map(|host| stories.of_address(gathered, host, gathered.options.top)),
        hosts: stories.busiest(gathered),
        precision: precision::of(gathered),
        overview,
        columns,
        time,
        findings,
        scores: None,
    }
}

fn overview(gathered: &Exploration, health: &Health) -> Overview {
    let rows = gathered.rows;
    let order = &gathered.order;
    let (gap_threshold, gaps, gap_count) = gathered.written.gaps();
    let (hours, hours_without_rows) = gathered.written.hours();
    let ends = gathered.timeline.ends();
    let [sources, destinations, addresses, local_addresses] = gathered.addresses.distinct();
    let oddities = oddity::KINDS.into_iter().zip(gathered.oddities).map(|((name, meaning), odd)| Oddity {
        name,
        rows: odd,
        share: share(odd, rows),
        meaning,
    });
    Overview {
        rows,
        health: health.clone(),
        first: ends.map(|(first, _)| first),
        last: ends.map(|(_, last)| last),
        seconds: ends.map_or(0.0, |(first, last)| last - first),
        covered: gathered.written.ends().map(|(first, last)| [first, last]),
        gaps,
        gap_count,
        gap_threshold,
        gap_multiple: GAP_MULTIPLE,
        hours,
        hours_without_rows,
        missed_bytes: gathered.missed_bytes,
        missed_rows: gathered.missed_rows,
        missed_share: share(gathered.missed_rows, rows),
        unset: unset_columns(gathered),
        local: locality(gathered),
        sources,
        destinations,
        addresses,
        local_addresses,
        repeats: gathered.uids.repeats(),
        clock: Clock {
            out_of_order: order.out_of_order,
            out_of_order_share: share(order.out_of_order, rows),
            furthest_back: order.furthest_back,
            before_1990: order.before_1990,
            outside: gathered.timeline.outside,
        },
        oddities: oddities.collect(),
    }
}

/// Rows that have an optional column set.
fn set(gathered: &Exploration, column: &str) -> u64 {
    let place = unset::OPTIONAL.iter().position(|name| *name == column);
    place.map_or(0, |place| gathered.rows - gathered.unset[place])
}

fn unset_columns(gathered: &Exploration) -> Vec<Unset> {
    let optional = unset::OPTIONAL.into_iter().zip(gathered.unset);
    let [ts, always @ ..] = unset::ALWAYS;
    let mut columns = vec![(ts, 0)];
    for (column, rows) in optional {
        columns.push((column, rows));
        if column == "uid" {
            columns.extend(always.map(|column| (column, 0)));
        }
    }
    columns
        .into_iter()
        .map(|(column, rows)| Unset { column, rows, share: share(rows, gathered.rows) })
        .collect()
}

fn locality(gathered: &Exploration) -> Locality {
    let [local_orig_true, local_resp_true] = gathered.locals;
    let (local_orig_set, local_resp_set) = (set(gathered, "local_orig"), set(gathered, "local_resp"));
    let without_local_share = share(gathered.without_local, gathered.rows);
    let likely = likely(gathered);
    let named: Vec<_> = gathered.options.local.iter().map(ToString::to_string).collect();
    let known = if !named.is_empty() {
        format!("Local networks are those named: {}.", words::list(&named))
    } else if local_orig_set + local_resp_set == 0 {
        "Zeek's local networks are not set (Site::local_nets): addresses of private ranges are taken as local.".into()
    } else if local_orig_true + local_resp_true == 0 {
        "Zeek's local networks are set, but no address lies in them: check Site::local_nets.".into()
    } else {
        "Zeek's local networks are set.".into()
    };
    let sentence = if gathered.rows == 0 {
        "There are no rows.".into()
    } else if without_local_share < NOTABLE_SHARE {
        known
    } else {
        let networks: Vec<_> = likely.iter().map(|one| one.network.clone()).collect();
        let most = match &*networks {
            [] => String::new(),
            networks => format!("; most of these begin in {}", words::list(networks)),
        };
        let percent = words::percent(without_local_share);
        format!(
            "{known} {percent} of the connections have no local side: name all your networks with --local-net{most}."
        )
    };
    Locality {
        local_orig_set,
        local_orig_true,
        local_resp_set,
        local_resp_true,
        named,
        without_local: gathered.without_local,
        without_local_share,
        likely,
        sentence,
    }
}

/// Networks in which a notable part of the connections without a local side begins.
fn likely(gathered: &Exploration) -> Vec<LikelyNetwork> {
    let rows = gathered.strangers.frequent_items(ErrorType::NoFalsePositives);
    let mut networks: Vec<_> = (rows.iter().map(|row| (*row.item(), row.estimate())))
        .filter(|(_, rows)| share(*rows, gathered.without_local) >= LIKELY_SHARE)
        .collect();
    keep_first(&mut networks, LIKELY, |(address, rows)| (Reverse(*rows), *address));
    let named = networks.into_iter().filter_map(|(address, rows)| {
        Some(LikelyNetwork { network: neighbourhood(address)?.to_string(), rows })
    });
    named.collect()
}

fn column(gathered: &Exploration, i: usize) -> Column {
    let (column, bins) = (&NUMERIC[i], &gathered.bins[i]);
    let count = bins.count();
    let moments = gathered.moments.pair(i, i, false);
    let unset = gathered.rows - count;
    Column {
        name: column.name,
        unit: column.unit,
        count,
        unset,
        unset_share: share(unset, gathered.rows),
        zeros: bins.zeros(),
        min: bins.range().map(|(min, _)| min),
        max: bins.range().map(|(_, max)| max),
        mean: (count > 0).then_some(moments.mean),
        deviation: (count > 1).then(|| (moments.squares / (count - 1) as f64).sqrt()),
        sum: moments.mean * count as f64,
        quantiles: bins.quantiles(column),
        relative_error: RELATIVE_ERROR,
        linear: bins.linear(column),
        log: bins.log(column),
    }
}

fn correlations(gathered: &Exploration) -> Correlations {
    let matrix = |logs: bool| -> Vec<Vec<Option<f64>>> {
        let row = |i| (0..COLUMNS).map(|j| gathered.moments.pair(i, j, logs).correlation).collect();
        (0..COLUMNS).map(row).collect()
    };
    let rows = |i| (0..COLUMNS).map(|j| gathered.moments.pair(i, j, false).rows).collect();
    let (pearson, log_pearson) = (matrix(false), matrix(true));
    let sentences = redundant(&pearson, &log_pearson);
    Correlations {
        columns: NUMERIC.iter().map(|column| column.name).collect(),
        pearson,
        log_pearson,
        rows: (0..COLUMNS).map(rows).collect(),
        without_ip_bytes: (0..COLUMNS).filter(|i| !IP_BYTES.contains(i)).collect(),
        sentences,
    }
}

/// Which pairs say the same, in words.
fn redundant(pearson: &[Vec<Option<f64>>], log_pearson: &[Vec<Option<f64>>]) -> Vec<String> {
    let pairs = |matrix: &[Vec<Option<f64>>]| {
        let cells = matrix.iter().enumerate().flat_map(|(i, row)| {
            row.iter().enumerate().skip(i + 1).map(move |(j, cell)| (i, j, cell.unwrap_or(0.0)))
        });
        let mut pairs: Vec<_> = cells.filter(|(_, _, coefficient)| coefficient.abs() >= REDUNDANT).collect();
        pairs.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then((a.0, a.1).cmp(&(b.0, b.1))));
        pairs
    };
    let name = |&(i, j, coefficient): &(usize, usize, f64)| {
        format!("{} and {} ({coefficient:.2})", NUMERIC[i].name, NUMERIC[j].name)
    };
    let named = |pairs: &[(usize, usize, f64)]| {
        let mut names: Vec<_> = pairs.iter().take(NAMED_PAIRS).map(name).collect();
        if pairs.len() > NAMED_PAIRS {
            names.push(words::counted((pairs.len() - NAMED_PAIRS) as u64, "more pair", "more pairs"));
        }
        words::list(&names)
    };
    let (plain, logs) = (pairs(pearson), pairs(log_pearson));
    let first = if plain.is_empty() {
        format!("No pair of columns is redundant: no coefficient reaches {REDUNDANT}.")
    } else {
        format!("Redundant, as each nearly follows from the other by a straight line: {}.", named(&plain))
    };
    let is_new = |pair: &(usize, usize, f64)| !plain.iter().any(|one| (one.0, one.1) == (pair.0, pair.1));
    let more: Vec<_> = logs.into_iter().filter(is_new).collect();
    let mut sentences = vec![first];
    if !more.is_empty() {
        sentences.push(format!("On a logarithmic scale also: {}.", named(&more)));
    }
    sentences
}

fn top(gathered: &Exploration) -> Top {
    let limit = gathered.options.top;
    Top {
        protocols: gathered.protocols.rank(limit),
        services: gathered.services.rank(limit),
        states: gathered.states.rank(limit),
        sources: gathered.addresses.rank(Role::Source, gathered.rows, limit),
        destinations: gathered.addresses.rank(Role::Destination, gathered.rows, limit),
        source_ports: gathered.source_ports.rank(limit),
        destination_ports: gathered.destination_ports.rank(limit),
    }
}
