//! How far hosts reach: to how many others they talk, and how many ports they try.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::exploration::Exploration;
use crate::statistics::{Distinct, Evidence, Finding, FindingKind, Section};
use crate::story::Stories;
use crate::tally::{keep_first, share};
use crate::words;

/// Hosts that are told of for the addresses they talk to, and for the ports they try.
const BY_ADDRESSES: usize = 3;
const BY_PORTS: usize = 2;
/// Ports that a host must try before it is told of, and before the title tells of it.
const FEW_PORTS: u64 = 20;
const MANY_PORTS: u64 = 100;
/// Ports for each address that a host must try: whoever fetches pages tries one of each.
const PORTS_AN_ADDRESS: u64 = 3;
/// Share of a host's ports that must be those of one other host, which is then named.
const ALMOST_ALL: f64 = 0.9;

/// The ports that a host tried: different pairs of another host and a port of TCP or UDP.
struct Tried {
    host: u32,
    ports: u64,
    /// How many of `ports` may have been counted before, as they were forgotten.
    unsure: bool,
    /// Others that they are ports of.
    others: u64,
    /// The one that almost all of them are ports of.
    peer: Option<u32>,
}

impl Tried {
    fn ports(&self) -> String {
        let about = if self.unsure { "about " } else { "" };
        format!("{about}{}", words::counted(self.ports, "port", "ports"))
    }
}

/// The hosts that originated connections to most others, and to most ports.
pub(super) fn fan_out(gathered: &Exploration, stories: &Stories) -> Finding {
    let address = |host: u32| gathered.addresses.address(host);
    let mut hosts = stories.fan_out(gathered);
    keep_first(&mut hosts, BY_ADDRESSES, |(host, distinct)| (Reverse(distinct.count), address(*host)));
    let tried = tried(gathered);
    let about = |distinct: Distinct| if distinct.error > 0.0 { "about " } else { "" };
    let mut title = match hosts.first() {
        None => "No host talks to another.".into(),
        Some(&(host, distinct)) => format!(
            "{} talks to {}{}; no host talks to more.",
            address(host),
            about(distinct),
            words::counted(distinct.count, "other address", "other addresses")
        ),
    };
    if let Some(most) = tried.first().filter(|most| most.ports >= MANY_PORTS) {
        let of = match most.peer {
            Some(peer) => address(peer).to_string(),
            None => words::counted(most.others, "address", "addresses"),
        };
        title.push_str(&format!(" {} tried {} of {of}.", address(most.host), most.ports()));
    }
    let mut evidence: Vec<_> = hosts
        .iter()
        .map(|&(host, distinct)| {
            let text =
                format!("{}{}", about(distinct), words::counted(distinct.count, "address", "addresses"));
            super::about_host(gathered, host, distinct.count as f64, text)
        })
        .collect();
    evidence.extend(tried.iter().map(|tried| {
        let of = match tried.peer {
            Some(_) => String::new(),
            None => format!(" of {}", words::counted(tried.others, "address", "addresses")),
        };
        Evidence {
            host: Some(address(tried.host)),
            peer: tried.peer.map(address),
            value: tried.ports as f64,
            text: format!("{}{of}", tried.ports()),
            ..Evidence::default()
        }
    }));
    evidence.sort_by(|one, other| other.value.total_cmp(&one.value));
    Finding {
        kind: FindingKind::WidestFanOut,
        title,
        value: hosts.first().map(|(_, distinct)| distinct.count as f64),
        unit: "addresses",
        section: Section::Hosts,
        figure: "peers",
        evidence,
    }
}

/// The hosts that tried most ports.
fn tried(gathered: &Exploration) -> Vec<Tried> {
    let mut by_host: HashMap<u32, u64, FixedState> = HashMap::default();
    let with_ports =
        || gathered.conversations.kept().filter(|(key, _)| key.transport.has_ports() && key.orig != key.resp);
    with_ports().for_each(|(key, _)| *by_host.entry(key.orig).or_default() += 1);
    let lost = |host: u32| gathered.conversations.lost(host)[0].conversations;
    let mut hosts: Vec<_> = by_host.into_iter().map(|(host, kept)| (host, kept + lost(host))).collect();
    hosts.retain(|(_, ports)| *ports >= FEW_PORTS);
    keep_first(&mut hosts, BY_PORTS, |(host, ports)| (Reverse(*ports), gathered.addresses.address(*host)));
    let mut peers: HashMap<u32, HashMap<u32, u64, FixedState>, FixedState> =
        hosts.iter().map(|(host, _)| (*host, HashMap::default())).collect();
    for (key, _) in with_ports() {
        if let Some(peers) = peers.get_mut(&key.orig) {
            *peers.entry(key.resp).or_default() += 1;
        }
    }
    let told = hosts.into_iter().map(|(host, ports)| {
        let peers = &peers[&host];
        let kept: u64 = peers.values().sum();
        let most = peers.iter().map(|(peer, ports)| (*ports, Reverse(*peer))).max();
        let peer = most.filter(|(ports, _)| share(*ports, kept) >= ALMOST_ALL).map(|(_, Reverse(peer))| peer);
        Tried { host, ports, unsure: lost(host) > 0, others: peers.len() as u64, peer }
    });
    told.filter(|tried| tried.ports >= PORTS_AN_ADDRESS * tried.others).collect()
}
