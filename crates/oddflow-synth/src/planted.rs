//! Attacks for traffic that is somebody's own: the campaigns alone, between hosts that are really there. What the rest of that
//! network does, and how its sensor writes it, is not known here.

use std::net::Ipv4Addr;

use crate::attacks::campaigns;
use crate::emitter::Emitter;
use crate::flow::{Flow, Micros};
use crate::network::Network;
use crate::random::Rng;
use crate::summary::CampaignSummary;
use crate::timeline::summarise;

/// The part of a whole time that [`campaigns`] uses: it plants nothing in the first 60%.
const ATTACKED: f64 = 0.4;

/// Where campaigns are planted.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Local hosts, of which attackers and targets are drawn; the order matters.
    pub hosts: &'a [Ipv4Addr],
    /// Whom the hosts ask for names.
    pub resolver: Option<Ipv4Addr>,
    /// Connections of the traffic in this time: attacks are larger where there is more of it.
    pub rows: u64,
    /// The time, in which all campaigns begin and end.
    pub begin: Micros,
    /// Its end, exclusive.
    pub end: Micros,
    /// Draws hosts, times and numbers.
    pub seed: u64,
}

/// What was planted.
#[derive(Clone, Debug, PartialEq)]
pub struct Planted {
    /// The connections, by their end; `campaign` leads into `campaigns`.
    pub flows: Vec<Flow>,
    /// The campaigns, one of each kind.
    pub campaigns: Vec<CampaignSummary>,
}

/// Makes one campaign of each kind. `None` where there is no host, or no time.
#[must_use]
pub fn plant(place: &Place<'_>) -> Option<Planted> {
    if place.hosts.is_empty() || place.begin >= place.end {
        return None;
    }
    let network = Network::given(place.seed, place.hosts, place.resolver);
    let whole = ((place.end - place.begin) as f64 / ATTACKED) as Micros;
    let rows = (place.rows as f64 / ATTACKED) as u64;
    let mut planted = campaigns(rows, place.end - whole, place.end, place.seed, &network);
    let mut out = Emitter::new(Rng::new(place.seed, "planted"), u64::MAX);
    out.ends = (place.begin, place.end);
    for (i, campaign) in planted.iter_mut().enumerate() {
        out.campaign = u16::try_from(i).ok();
        campaign.advance(place.end, &network, &mut out);
    }
    let mut flows = out.flows;
    flows.sort_unstable_by_key(|flow| (flow.end(), flow.sequence));
    // Every kind has its steps in the time, so that none is missing and the numbers of the flows are places here.
    let campaigns = planted.iter().enumerate().filter_map(|(i, campaign)| summarise(i, campaign)).collect();
    Some(Planted { flows, campaigns })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    use super::*;
    use crate::flow::SECOND;

    const HOURS: Micros = 3_600 * SECOND;

    fn place(hosts: &[Ipv4Addr]) -> Place<'_> {
        let begin = 1_700_000_000 * SECOND;
        Place {
            hosts,
            resolver: Some([172, 16, 3, 1].into()),
            rows: 40_000,
            begin,
            end: begin + 9 * HOURS,
            seed: 5,
        }
    }

    fn hosts(count: u8) -> Vec<Ipv4Addr> {
        (0..count).map(|i| Ipv4Addr::new(172, 16, 3, 10 + 7 * i)).collect()
    }

    #[test]
    fn each_kind_once_within_the_time() {
        for count in [1, 2, 3, 30] {
            let hosts = hosts(count);
            let place = place(&hosts);
            let planted = plant(&place).expect("hosts and time");
            assert_eq!(planted.campaigns.len(), 10);
            for (i, campaign) in planted.campaigns.iter().enumerate() {
                let rows = planted.flows.iter().filter(|flow| flow.campaign == Some(i as u16));
                assert_eq!(rows.count() as u64, campaign.rows, "{}", campaign.name);
            }
            let within = |flow: &Flow| flow.end() >= place.begin && flow.end() < place.end;
            assert!(planted.flows.iter().all(within));
            assert!(planted.flows.is_sorted_by_key(Flow::end));
        }
    }

    #[test]
    fn every_attack_has_a_local_host_that_was_given() {
        let hosts = hosts(12);
        let planted = plant(&place(&hosts)).expect("hosts and time");
        let given: BTreeSet<IpAddr> = hosts.iter().map(|host| IpAddr::V4(*host)).collect();
        for flow in &planted.flows {
            assert_ne!(flow.orig.host, flow.resp.host);
            assert!(given.contains(&flow.orig.host) || given.contains(&flow.resp.host));
            assert!(flow.local_orig || flow.local_resp);
        }
        let asked = planted.flows.iter().filter(|flow| flow.service == Some("dns"));
        assert!(asked.clone().count() > 100);
        assert!(asked.clone().all(|flow| flow.resp.host == IpAddr::from([172, 16, 3, 1])));
    }

    #[test]
    fn public_hosts_that_were_given_are_local() {
        let hosts = [Ipv4Addr::new(198, 51, 100, 7), Ipv4Addr::new(198, 51, 100, 8)];
        let planted = plant(&place(&hosts)).expect("hosts and time");
        assert!(planted.flows.iter().all(|flow| flow.local_orig || flow.local_resp));
    }

    #[test]
    fn a_seed_gives_the_same_flows() {
        let hosts = hosts(9);
        let place = place(&hosts);
        assert_eq!(plant(&place), plant(&place));
        assert_ne!(plant(&place), plant(&Place { seed: 6, ..place }));
    }

    #[test]
    fn without_hosts_or_time_there_is_nothing() {
        let hosts = hosts(3);
        let place = place(&hosts);
        assert_eq!(plant(&Place { hosts: &[], ..place }), None);
        assert_eq!(plant(&Place { end: place.begin, ..place }), None);
    }
}
