//! One host's own story: whom it talks to, on which ports, who talks to it, when, and which peers nobody else has.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;

use datasketches::frequencies::ErrorType;
use foldhash::fast::FixedState;

use crate::address::is_group;
use crate::connection::Transport;
use crate::conversation::{Key, Lost, LostSides, SKETCH_ERROR};
use crate::detail::{Detail, PORT_BINS, PORTS_A_BIN};
use crate::exploration::Exploration;
use crate::statistics::{
    DayCount, Distinct, Histogram, HostStatistics, Peer, PortCount, Ranking, SourcePorts,
};
use crate::tally::{Tally, keep_first, rank, share};
use crate::timeline::day_name;

/// Hosts whose stories are told without being asked for.
const BUSIEST: usize = 12;
/// Items of a ranking in such a story, at most.
const FEW: usize = 10;
/// Ports that are named of a peer.
const PEER_PORTS: usize = 8;
/// Share of a host's connections that makes a source port notable, and the least number of them.
const NOTABLE: (f64, u64) = (0.01, 5);

/// What the stories are told from: the conversations, ordered by host.
pub(crate) struct Stories {
    /// Originator and responder of all conversations, ascending, without repetition.
    pairs: Vec<(u32, u32)>,
    /// For each address the only one it shares conversations with.
    only: Vec<Only>,
    /// Hosts whose stories are told, busiest first.
    busiest: Vec<u32>,
    /// Conversations and source ports of those hosts and of the one that was asked for.
    chapters: HashMap<u32, Chapter, FixedState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    Nobody,
    One(u32),
    Many,
}

#[derive(Default)]
struct Chapter {
    conversations: Vec<(Key, Tally)>,
    ports: Vec<PortCount>,
}

impl Stories {
    pub(crate) fn of(gathered: &Exploration) -> Self {
        let mut pairs: Vec<_> = gathered.conversations.kept().map(|(key, _)| (key.orig, key.resp)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut only = vec![Only::Nobody; gathered.addresses.list().len()];
        for &(orig, resp) in &pairs {
            for (one, other) in [(orig, resp), (resp, orig)] {
                let known = &mut only[one as usize];
                *known = match *known {
                    Only::Nobody => Only::One(other),
                    Only::One(same) if same == other => Only::One(same),
                    _ => Only::Many,
                };
            }
        }
        let busiest = busiest(gathered);
        let focus = gathered.options.host.and_then(|host| gathered.addresses.number(host));
        let mut chapters: HashMap<_, _, FixedState> =
            busiest.iter().copied().chain(focus).map(|host| (host, Chapter::default())).collect();
        for (key, conversation) in gathered.conversations.kept() {
            for host in
                [Some(key.orig), Some(key.resp).filter(|resp| *resp != key.orig)].into_iter().flatten()
            {
                if let Some(chapter) = chapters.get_mut(&host) {
                    chapter.conversations.push((*key, conversation.tally));
                }
            }
        }
        for row in gathered.host_ports.frequent_items(ErrorType::NoFalsePositives) {
            if let Some(chapter) = chapters.get_mut(&((row.item() >> 16) as u32)) {
                chapter.ports.push(PortCount {
                    port: *row.item() as u16,
                    rows: row.lower_bound(),
                    share: 0.0,
                });
            }
        }
        Self { pairs, only, busiest, chapters }
    }

    /// How many others each originator talks to, also those that were forgotten: its number and theirs.
    pub(crate) fn fan_out(&self, gathered: &Exploration) -> Vec<(u32, Distinct)> {
        let lost = |host: u32| gathered.conversations.lost(host)[0].conversations > 0;
        let kept = self.pairs.chunk_by(|one, next| one.0 == next.0).map(|pairs| {
            let others = pairs.iter().filter(|(orig, resp)| orig != resp);
            (pairs[0].0, Distinct { count: others.count() as u64, error: 0.0 })
        });
        let mut all: Vec<_> = kept.filter(|(host, _)| !lost(*host)).collect();
        let hosts = 0..gathered.addresses.list().len() as u32;
        all.extend(hosts.filter(|host| lost(*host)).map(|host| (host, self.distinct_peers(gathered, host))));
        all
    }

    /// How many hosts a host talks to, also those that were forgotten.
    pub(crate) fn distinct_peers(&self, gathered: &Exploration, host: u32) -> Distinct {
        let from = self.pairs.partition_point(|pair| pair.0 < host);
        let peers = self.pairs[from..].iter().take_while(|pair| pair.0 == host).map(|pair| pair.1);
        with_lost(gathered, peers, &gathered.conversations.lost_sides(host, false))
    }

    /// The stories of the busiest hosts.
    pub(crate) fn busiest(&self, gathered: &Exploration) -> Vec<HostStatistics> {
        let limit = gathered.options.top.min(FEW);
        self.busiest.iter().map(|&host| self.of_host(gathered, host, limit)).collect()
    }

    /// The story of the host that was asked for.
    pub(crate) fn of_address(&self, gathered: &Exploration, address: IpAddr, limit: usize) -> HostStatistics {
        match gathered.addresses.number(address) {
            Some(host) => self.of_host(gathered, host, limit),
            None => nothing(address),
        }
    }

    fn of_host(&self, gathered: &Exploration, host: u32, limit: usize) -> HostStatistics {
        let none = Chapter::default();
        let chapter = self.chapters.get(&host).unwrap_or(&none);
        let known = gathered.addresses.of(host);
        let rows = known.rows();
        let (peers, callers) = (sides(chapter, host, true), sides(chapter, host, false));
        let lost_callers = gathered.conversations.lost_sides(host, true);
        let distinct_callers = with_lost(gathered, callers.keys().copied(), &lost_callers);
        let lost = gathered.conversations.lost(host);
        let detail = gathered.details.of(host);
        let mut unusual = self.unusual(gathered, host, &peers, &callers);
        let unusual_count = unusual.len() as u64;
        keep_first(&mut unusual, limit, |(peer, tally)| {
            (Reverse(tally.bytes()), Reverse(tally.rows), gathered.addresses.address(*peer))
        });
        HostStatistics {
            address: gathered.addresses.address(host),
            local: gathered.addresses.is_local(host),
            rows,
            orig_rows: known.orig.rows,
            resp_rows: known.resp.rows,
            sent: known.orig.orig_bytes.saturating_add(known.resp.resp_bytes),
            received: known.orig.resp_bytes.saturating_add(known.resp.orig_bytes),
            first: Some(known.first).filter(|first| first.is_finite()),
            last: Some(known.last).filter(|last| last.is_finite()),
            distinct_peers: self.distinct_peers(gathered, host),
            distinct_callers,
            ports: rank_ports(chapter, limit, lost[0], |key| key.orig == host),
            served_ports: rank_ports(chapter, limit, lost[1], |key| key.resp == host),
            peers: told(gathered, chapter, busiest_sides(gathered, peers, limit), known.orig.rows, |key| {
                (key.orig == host).then_some(key.resp)
            }),
            callers: told(
                gathered,
                chapter,
                busiest_sides(gathered, callers, limit),
                known.resp.rows,
                |key| (key.resp == host).then_some(key.orig),
            ),
            services: rank_services(gathered, detail, false, known.orig.rows, limit),
            served_services: rank_services(gathered, detail, true, known.resp.rows, limit),
            source_ports: source_ports(gathered, host, chapter, detail),
            days: detail.map_or_else(Vec::new, |detail| {
                let days = detail.days.iter().filter(|(day, _)| gathered.has_day(**day));
                days.map(|(day, rows)| DayCount { date: day_name(*day), rows: *rows }).collect()
            }),
            hour_of_week: hour_of_week(detail),
            unusual_peers: told(gathered, chapter, unusual, rows, |key| {
                Some(if key.orig == host { key.resp } else { key.orig })
            }),
            unusual_count,
            forgotten_in_time: rows - detail.map_or(0, |detail| detail.all.min(rows)),
            forgotten_days: detail.map_or(0, |detail| detail.beyond_days),
            without_time: detail.map_or(0, |detail| detail.all - detail.rows),
            forgotten_peers: lost.iter().map(|side| side.rows).sum(),
        }
    }

    /// Hosts outside that share conversations with this host alone.
    fn unusual(
        &self,
        gathered: &Exploration,
        host: u32,
        peers: &Sides,
        callers: &Sides,
    ) -> Vec<(u32, Tally)> {
        let mut unusual = Sides::default();
        for (&peer, &tally) in peers.iter().chain(callers) {
            let is_outside =
                !gathered.addresses.is_local(peer) && !is_group(gathered.addresses.address(peer));
            if is_outside && self.only[peer as usize] == Only::One(host) {
                unusual.entry(peer).or_default().add(tally);
            }
        }
        unusual.into_iter().collect()
    }
}

/// Local hosts with most connections, without the one that was asked for; originators where none is local.
fn busiest(gathered: &Exploration) -> Vec<u32> {
    let list = gathered.addresses.list();
    let order = |(number, rows): &(u32, u64)| (Reverse(*rows), list[*number as usize].0);
    let local = list.iter().enumerate().filter(|(_, (address, known))| known.is_local(*address));
    let mut hosts: Vec<_> = local.map(|(number, (_, known))| (number as u32, known.rows())).collect();
    if hosts.is_empty() {
        let all = list.iter().enumerate().map(|(number, (_, known))| (number as u32, known.orig.rows));
        hosts = all.filter(|(_, rows)| *rows > 0).collect();
    }
    hosts.retain(|(number, _)| gathered.options.host != Some(list[*number as usize].0));
    keep_first(&mut hosts, BUSIEST, order);
    hosts.into_iter().map(|(number, _)| number).collect()
}

/// A number of addresses that are known, and those that a sketch has seen besides. What it has not seen is part of the error.
fn with_lost(gathered: &Exploration, known: impl Iterator<Item = u32>, lost: &LostSides<'_>) -> Distinct {
    let (count, error) = match lost.sketch.cloned() {
        None => (known.count() as u64, 0.0),
        Some(mut all) => {
            known.for_each(|number| all.update(gathered.addresses.address(number)));
            (all.estimate().round() as u64, SKETCH_ERROR)
        }
    };
    Distinct { count, error: error + lost.unseen as f64 / count.max(1) as f64 }
}

/// The other sides of a host's conversations, seen from the host: what it sent stands first.
type Sides = HashMap<u32, Tally, FixedState>;
/// Connections by the responder's port.
type PortRows = HashMap<(u16, Transport), u64, FixedState>;

/// The other sides of the conversations that a host originated, or responded to.
fn sides(chapter: &Chapter, host: u32, originated: bool) -> Sides {
    let mut sides = Sides::default();
    for (key, tally) in &chapter.conversations {
        let (own, other) = if originated { (key.orig, key.resp) } else { (key.resp, key.orig) };
        if own == host {
            sides.entry(other).or_default().add(if originated { *tally } else { tally.turned() });
        }
    }
    sides
}

fn busiest_sides(gathered: &Exploration, sides: Sides, limit: usize) -> Vec<(u32, Tally)> {
    let mut sides: Vec<_> = sides.into_iter().collect();
    keep_first(&mut sides, limit, |(peer, tally)| (Reverse(tally.rows), gathered.addresses.address(*peer)));
    sides
}

/// The other sides in words, with the ports of those conversations for which `peer` gives one of them.
fn told(
    gathered: &Exploration,
    chapter: &Chapter,
    sides: Vec<(u32, Tally)>,
    all: u64,
    peer: impl Fn(&Key) -> Option<u32>,
) -> Vec<Peer> {
    let mut ports: HashMap<u32, PortRows, FixedState> =
        sides.iter().map(|(peer, _)| (*peer, PortRows::default())).collect();
    for (key, tally) in &chapter.conversations {
        if let Some(ports) = peer(key).and_then(|peer| ports.get_mut(&peer)) {
            *ports.entry((key.port, key.transport)).or_default() += tally.rows;
        }
    }
    let tell = |(peer, tally): (u32, Tally)| {
        let mut ports: Vec<_> = ports.remove(&peer).into_iter().flatten().collect();
        let port_count = ports.len() as u64;
        keep_first(&mut ports, PEER_PORTS, |(port, rows)| (Reverse(*rows), *port));
        Peer {
            address: gathered.addresses.address(peer),
            local: gathered.addresses.is_local(peer),
            rows: tally.rows,
            share: share(tally.rows, all),
            sent: tally.orig_bytes,
            received: tally.resp_bytes,
            ports: ports.into_iter().map(|((port, transport), _)| transport.port(port)).collect(),
            port_count,
        }
    };
    sides.into_iter().map(tell).collect()
}

/// The ports of kept conversations, with what is not among them.
fn rank_ports(chapter: &Chapter, limit: usize, lost: Lost, wanted: impl Fn(&Key) -> bool) -> Ranking {
    let mut ports: HashMap<(u16, Transport), Tally, FixedState> = HashMap::default();
    for (key, tally) in &chapter.conversations {
        if key.transport.has_ports() && wanted(key) {
            ports.entry((key.port, key.transport)).or_default().add(*tally);
        }
    }
    with_missing(
        rank(ports, limit, |(port, transport)| transport.port(*port)),
        lost.port_rows,
        lost.conversations,
    )
}

/// A ranking that misses rows, which have so many other values at most.
fn with_missing(mut ranking: Ranking, rows: u64, values: u64) -> Ranking {
    ranking.rows += rows;
    ranking.beyond = rows;
    if rows > 0 {
        ranking.distinct.error = values as f64 / ranking.distinct.count.max(1) as f64;
    }
    for item in &mut ranking.items {
        item.share = share(item.rows, ranking.rows);
    }
    ranking
}

/// The services of a host's rows on one side.
fn rank_services(
    gathered: &Exploration,
    detail: Option<&Detail>,
    responded: bool,
    rows: u64,
    limit: usize,
) -> Ranking {
    let services = detail.into_iter().flat_map(|detail| &detail.services[usize::from(responded)]);
    let named = services.map(|(service, tally)| (gathered.services.word(*service), *tally));
    let ranking = rank(named, limit, |service| (*service).into());
    let missing = rows.saturating_sub(ranking.rows);
    with_missing(ranking, missing, missing)
}

fn hour_of_week(detail: Option<&Detail>) -> [[u64; 24]; 7] {
    let mut counts = [[0; 24]; 7];
    if let Some(detail) = detail {
        for (counts, rows) in counts.iter_mut().zip(detail.hour_of_week.iter()) {
            *counts = rows.map(u64::from);
        }
    }
    counts
}

fn source_ports(
    gathered: &Exploration,
    host: u32,
    chapter: &Chapter,
    detail: Option<&Detail>,
) -> SourcePorts {
    let Some(detail) = detail.filter(|detail| detail.port_rows > 0) else { return SourcePorts::default() };
    let is_focus = gathered.options.host == Some(gathered.addresses.address(host));
    let rows = detail.port_rows;
    let mut notable = if is_focus {
        let ports = gathered.focus_ports.iter().zip(0..=u16::MAX);
        ports.map(|(&rows, port)| PortCount { port, rows, share: 0.0 }).collect()
    } else {
        chapter.ports.clone()
    };
    notable.retain(|port| share(port.rows, rows) >= NOTABLE.0 && port.rows >= NOTABLE.1);
    notable.sort_unstable_by_key(|port| (Reverse(port.rows), port.port));
    for port in &mut notable {
        port.share = share(port.rows, rows);
    }
    let mean = detail.port_sum as f64 / rows as f64;
    // Sums of whole numbers are exact; their difference is made in whole numbers too, and so loses no digits.
    let squares = u128::from(rows) * detail.port_squares - detail.port_sum * detail.port_sum;
    let variance = squares as f64 / rows as f64 / (rows.max(2) - 1) as f64;
    SourcePorts {
        rows,
        mean: Some(mean),
        deviation: (rows > 1).then(|| variance.sqrt()),
        histogram: Histogram {
            edges: (0..=PORT_BINS).map(|bin| (bin * usize::from(PORTS_A_BIN)) as f64).collect(),
            counts: detail.ports.iter().map(|&count| u64::from(count)).collect(),
            left_out: 0,
        },
        notable,
        error: if is_focus { 0 } else { gathered.host_ports.maximum_error() },
    }
}

/// The story of a host that no row knows.
fn nothing(address: IpAddr) -> HostStatistics {
    HostStatistics {
        address,
        local: crate::address::is_local(address, None),
        rows: 0,
        orig_rows: 0,
        resp_rows: 0,
        sent: 0,
        received: 0,
        first: None,
        last: None,
        peers: Vec::new(),
        distinct_peers: Distinct::default(),
        callers: Vec::new(),
        distinct_callers: Distinct::default(),
        ports: Ranking::default(),
        served_ports: Ranking::default(),
        services: Ranking::default(),
        served_services: Ranking::default(),
        source_ports: SourcePorts::default(),
        days: Vec::new(),
        hour_of_week: [[0; 24]; 7],
        unusual_peers: Vec::new(),
        unusual_count: 0,
        forgotten_in_time: 0,
        forgotten_days: 0,
        without_time: 0,
        forgotten_peers: 0,
    }
}
