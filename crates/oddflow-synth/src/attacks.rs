//! Attacks, labelled: one kind a file, each saying what it imitates and with which parameters.
//!
//! All are planted after the first 60% of the time, so that what comes before is a clean baseline. Each has its own
//! hour and its own hosts. Sizes follow the number of rows, with minimums that keep every attack what it is; together
//! they are about 3% of a million rows and 5% of twenty thousand.

mod beacon;
mod bulk_download;
mod dns_tunnel;
mod horizontal_scan;
mod slow_exfiltration;
mod smb_sweep;
mod ssh_brute_force;
mod syn_flood;
mod udp_flood;
mod vertical_scan;

use std::net::IpAddr;

use crate::emitter::Emitter;
use crate::flow::{Micros, SECOND};
use crate::network::Network;
use crate::random::Rng;

/// One kind of attack.
pub(crate) trait Attack: std::fmt::Debug {
    /// The address that the attack comes from; `None` where it comes from everywhere.
    fn attacker(&self) -> Option<IpAddr>;

    /// Whom it is aimed at; `None` where that is everybody.
    fn target(&self) -> Option<IpAddr>;

    /// Emits step `nth` of `steps`.
    fn step(&mut self, nth: u64, steps: u64, at: Micros, network: &Network, out: &mut Emitter);
}

/// When a kind of attack is planted, and how large it is.
struct Plan {
    kind: &'static str,
    make: fn(&Network, &mut Rng) -> Box<dyn Attack>,
    /// Where in the whole time it begins.
    begins: f64,
    /// How long it takes in a week or longer; in a shorter time it shrinks in proportion.
    hours: f64,
    /// Steps as a part of all rows.
    share: f64,
    /// Steps at the least.
    least: u64,
    /// Rows that a step makes on average.
    rows: f64,
    /// How far a step strays from even spacing, as a part of the spacing.
    jitter: f64,
}

const PLANS: [Plan; 10] = [
    Plan {
        kind: "vertical_scan",
        make: vertical_scan::new,
        begins: 0.605,
        hours: 0.2,
        share: 0.0026,
        least: 80,
        rows: 1.0,
        jitter: 0.9,
    },
    Plan {
        kind: "ssh_brute_force",
        make: ssh_brute_force::new,
        begins: 0.632,
        hours: 3.0,
        share: 0.0012,
        least: 40,
        rows: 1.0,
        jitter: 0.6,
    },
    Plan {
        kind: "beacon",
        make: beacon::new,
        begins: 0.645,
        hours: 54.0,
        share: 0.0006,
        least: 60,
        rows: 1.17,
        jitter: 0.3,
    },
    Plan {
        kind: "slow_exfiltration",
        make: slow_exfiltration::new,
        begins: 0.66,
        hours: 49.0,
        share: 0.000_12,
        least: 24,
        rows: 1.25,
        jitter: 0.8,
    },
    Plan {
        kind: "dns_tunnel",
        make: dns_tunnel::new,
        begins: 0.695,
        hours: 2.5,
        share: 0.005,
        least: 120,
        rows: 1.0,
        jitter: 0.9,
    },
    Plan {
        kind: "smb_sweep",
        make: smb_sweep::new,
        begins: 0.755,
        hours: 0.4,
        share: 0.000_4,
        least: 60,
        rows: 1.1,
        jitter: 0.5,
    },
    Plan {
        kind: "horizontal_scan",
        make: horizontal_scan::new,
        begins: 0.803,
        hours: 0.7,
        share: 0.0035,
        least: 120,
        rows: 1.0,
        jitter: 0.9,
    },
    Plan {
        kind: "syn_flood",
        make: syn_flood::new,
        begins: 0.846,
        hours: 0.15,
        share: 0.009,
        least: 200,
        rows: 1.0,
        jitter: 0.9,
    },
    Plan {
        kind: "udp_flood",
        make: udp_flood::new,
        begins: 0.897,
        hours: 0.1,
        share: 0.0065,
        least: 150,
        rows: 1.01,
        jitter: 0.9,
    },
    Plan {
        kind: "bulk_download",
        make: bulk_download::new,
        begins: 0.934,
        hours: 0.9,
        share: 0.000_03,
        least: 12,
        rows: 1.15,
        jitter: 0.7,
    },
];

/// The fewest rows that still have room for every attack beside ordinary traffic.
pub(crate) const FEWEST_ROWS: u64 = 5_000;

/// One planted attack.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) kind: &'static str,
    pub(crate) attack: Box<dyn Attack>,
    begin: Micros,
    length: f64,
    steps: u64,
    done: u64,
    rows_per_step: f64,
    jitter: f64,
    next: Micros,
    pub(crate) rows: u64,
    pub(crate) seen: Option<(Micros, Micros)>,
}

/// Plans one attack of each kind in `begin..end`.
pub(crate) fn campaigns(
    rows: u64,
    begin: Micros,
    end: Micros,
    seed: u64,
    network: &Network,
) -> Vec<Campaign> {
    let mut rng = Rng::new(seed, "attacks");
    let span = (end - begin) as f64;
    let week = 7.0 * 86_400.0 * SECOND as f64;
    let plans = PLANS.iter().map(|plan| {
        let starts = begin + (span * (plan.begins + 0.004 * rng.unit())) as Micros;
        let mut campaign = Campaign {
            kind: plan.kind,
            attack: (plan.make)(network, &mut rng),
            begin: starts,
            length: plan.hours * 3_600.0 * SECOND as f64 * (span / week).min(1.0),
            steps: ((rows as f64 * plan.share) as u64).max(plan.least),
            done: 0,
            rows_per_step: plan.rows,
            jitter: plan.jitter,
            next: starts,
            rows: 0,
            seen: None,
        };
        campaign.plan_next(&mut rng);
        campaign
    });
    plans.collect()
}

impl Campaign {
    fn plan_next(&mut self, rng: &mut Rng) {
        let at = self.done as f64 + self.jitter * rng.unit();
        self.next = self.begin + (self.length * at / self.steps as f64) as Micros;
    }

    /// Rows still to come, about.
    pub(crate) fn remaining(&self) -> u64 {
        ((self.steps - self.done) as f64 * self.rows_per_step) as u64
    }

    /// Emits the steps that begin before `until`.
    pub(crate) fn advance(&mut self, until: Micros, network: &Network, out: &mut Emitter) {
        while self.done < self.steps && self.next < until {
            let (before, at) = (out.emitted, self.next);
            self.attack.step(self.done, self.steps, at, network, out);
            self.rows += out.emitted - before;
            let first = self.seen.map_or(at, |(first, _)| first);
            self.seen = Some((first, at));
            self.done += 1;
            self.plan_next(&mut out.rng);
        }
    }
}

/// An address in a network where none of the known sites is.
fn stranger(rng: &mut Rng) -> std::net::Ipv4Addr {
    crate::network::outside_address(rng)
}

/// A name that looks like any other small site's.
fn unknown_name(rng: &mut Rng) -> String {
    let label = *rng.pick(&["cdn", "api", "static", "files", "t", "edge"]);
    format!("{label}.{}", crate::network::invented_domain(rng))
}

/// The kind of the campaign at an index.
pub(crate) fn kind(index: usize) -> &'static str {
    PLANS.get(index).map_or("", |plan| plan.kind)
}
