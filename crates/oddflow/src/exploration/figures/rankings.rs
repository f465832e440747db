//! Figures of rankings: who and what comes most.

use oddflow_explore::{Ranking, Statistics};
use oddflow_figures::{Heading, Item, Pie, Quantity, RankedBars, Rest, pie, ranked_bars};

use super::{Choice, Drawn, Place};
use crate::exploration::sections::unset;
use crate::exploration::table::{Cell, Table};
use crate::text::{counted, thousands};

pub(super) fn top(statistics: &Statistics, choice: Choice) -> Vec<Drawn> {
    let top = &statistics.top;
    let rankings = [
        ("protocols", "Protocols", &top.protocols),
        ("services", "Services", &top.services),
        ("states", "Connection states", &top.states),
        ("sources", "Source addresses", &top.sources),
        ("destinations", "Destination addresses", &top.destinations),
        ("source-ports", "Source ports", &top.source_ports),
        ("destination-ports", "Destination ports", &top.destination_ports),
    ];
    let mut all = Vec::new();
    for (name, title, of) in rankings {
        let portless = statistics.overview.rows.saturating_sub(of.rows);
        let notes = if name.ends_with("ports") && portless > 0 {
            vec![format!("Shares are of TCP and UDP: {} without ports.", counted(portless, "connection"))]
        } else {
            Vec::new()
        };
        all.push(ranking_with(format!("top-{name}"), title, of, Place::Top, notes));
        if choice.pies {
            all.push(slices(format!("pie-{name}"), title, of));
        }
    }
    all
}

/// The values with their counts; Zeek's sign of an unset value is a word.
fn items(of: &Ranking) -> Vec<Item<'_>> {
    of.items.iter().map(|item| Item { name: unset(&item.name), value: item.rows as f64 }).collect()
}

/// A ranking as bars.
pub(in crate::exploration) fn ranking(name: String, title: &str, of: &Ranking, place: Place) -> Drawn {
    ranking_with(name, title, of, place, Vec::new())
}

fn ranking_with(name: String, title: &str, of: &Ranking, place: Place, mut notes: Vec<String>) -> Drawn {
    let mut table = Table::new(&["value", "rows", "share", "orig_bytes", "resp_bytes"]);
    for item in &of.items {
        table.row([
            (&item.name).into(),
            item.rows.into(),
            item.share.into(),
            Cell::number(item.bytes_known.then_some(item.orig_bytes)),
            Cell::number(item.bytes_known.then_some(item.resp_bytes)),
        ]);
    }
    let items = items(of);
    let shown: u64 = of.items.iter().map(|item| item.rows).sum();
    let others = of.distinct.count.saturating_sub(of.items.len() as u64);
    let rest_name = format!("{} others", thousands(others));
    let rest = (others > 0).then(|| Rest { name: &rest_name, value: of.rows.saturating_sub(shown) as f64 });
    let about = if of.distinct.error > 0.0 { "about " } else { "" };
    let subtitle = match of.distinct.count {
        1 => "only one".to_owned(),
        count => format!("{about}{} different ones", thousands(count)),
    };
    if of.error > 0 {
        notes.push(format!("Counts may be up to {} too high.", thousands(of.error)));
    } else if of.beyond > 0 && matches!(place, Place::Host(_)) {
        let missing = thousands(of.beyond);
        notes
            .push(format!("{missing} connections are missing: there are more pairs of hosts than are kept."));
    }
    Drawn::new(name, place, table, |width| {
        ranked_bars(
            &RankedBars {
                heading: Heading { title, subtitle: &subtitle, notes: &notes },
                measure: "connections",
                quantity: Quantity::Count,
                items: &items,
                rest,
                total: Some(of.rows as f64),
            },
            width,
        )
    })
}

fn slices(name: String, title: &str, of: &Ranking) -> Drawn {
    let mut table = Table::new(&["value", "rows", "share"]);
    for item in &of.items {
        table.row([(&item.name).into(), item.rows.into(), item.share.into()]);
    }
    let items = items(of);
    Drawn::new(name, Place::Top, table, |width| {
        pie(
            &Pie {
                heading: Heading { title, subtitle: "", notes: &[] },
                quantity: Quantity::Count,
                items: &items,
                total: Some(of.rows as f64),
            },
            width,
        )
    })
}
