//! The laboratory's own port scanner: benign, and two rows in five of the week.
//!
//! Somebody in the house maps it with nmap every day or so, from the same machine: half-open probes of all ports of
//! one device, in an order of nmap's own, from one source port a run. Owners of such a machine live with it, and a
//! detector has to.

use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, SECOND, Tcp, micros};
use crate::network::{Network, Role};
use crate::random::{Rng, mix};

/// Part of all benign rows.
pub(crate) const SHARE: f64 = 0.414;
/// Runs in a week.
const RUNS_PER_WEEK: f64 = 9.0;
/// A run of all ports takes up to half an hour.
const LONGEST_RUN: f64 = 1_800.0;
/// Shorter runs aren't worth making: nmap's default tries 1,000 ports.
const SMALLEST_RUN: u64 = 900;

/// Who is scanned in turn, and which part of the probes each drops rather than refuses.
const TARGETS: [(Role, f64); 4] =
    [(Role::Server, 0.10), (Role::Storage, 0.58), (Role::Router, 0.12), (Role::Television, 0.55)];

/// The planned runs, one after the other.
#[derive(Debug)]
pub(crate) struct Scanner {
    runs: Vec<Run>,
    current: usize,
    rng: Rng,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    begin: Micros,
    length: Micros,
    rows: u64,
    done: u64,
    target: usize,
    /// One source port for the whole run, as a raw scan has, unless each probe gets its own.
    source_port: u16,
    ephemeral: bool,
}

impl Scanner {
    /// Plans `rows` probes in a span of time.
    pub(crate) fn new(rows: u64, begin: Micros, end: Micros, seed: u64) -> Self {
        let mut rng = Rng::new(seed, "scanner");
        let span = (end - begin) as f64;
        let weeks = span / (7.0 * 86_400.0 * SECOND as f64);
        let runs = ((RUNS_PER_WEEK * weeks).ceil()).min((rows / SMALLEST_RUN) as f64).max(1.0) as u64;
        let slot = span / runs as f64;
        let offset = rng.below(TARGETS.len());
        let runs = (0..runs).map(|i| {
            let rows = rows * (i + 1) / runs - rows * i / runs;
            let length =
                (LONGEST_RUN * SECOND as f64).min(slot * 0.5) * (rows as f64 / 65_536.0).clamp(0.1, 1.0);
            // Somewhere in its slot; not before nine in the morning where the slot has a later hour.
            let (hour, day) = (3_600.0 * SECOND as f64, 86_400.0 * SECOND as f64);
            let slot_ends = begin as f64 + slot * (i + 1) as f64;
            let mut at = slot_ends - slot + rng.unit() * (slot - length);
            let morning = at - at % day + (9.0 + 3.0 * rng.unit()) * hour;
            if at % day < 9.0 * hour && morning + length < slot_ends {
                at = morning;
            }
            Run {
                begin: at as Micros,
                length: length as Micros,
                rows,
                done: 0,
                target: offset + i as usize,
                ephemeral: rng.chance(0.15),
                source_port: rng.range(33_000, 62_000) as u16,
            }
        });
        let runs = runs.collect();
        Self { runs, current: 0, rng }
    }

    /// Rows still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.runs.iter().map(|run| run.rows - run.done).sum()
    }

    /// Emits the probes that begin before `until`.
    pub(crate) fn advance(&mut self, until: Micros, network: &Network, out: &mut Emitter) {
        while let Some(run) = self.runs.get_mut(self.current) {
            if run.done == run.rows {
                self.current += 1;
                continue;
            }
            let at = run.begin + (run.length as f64 * run.done as f64 / run.rows as f64) as Micros;
            if at >= until {
                return;
            }
            run.probe(at, network, &mut self.rng, out);
            run.done += 1;
        }
    }
}

impl Run {
    fn probe(&self, at: Micros, network: &Network, rng: &mut Rng, out: &mut Emitter) {
        // All ports of one device, then of the next.
        let nth = self.target + (self.done / 65_536) as usize;
        let (role, drops) = TARGETS[nth % TARGETS.len()];
        let target = network.nth(role, nth / TARGETS.len());
        let scanner = network.nth(Role::Scanner, 0);
        // An odd factor visits every port once.
        let port = (self.done.wrapping_mul(40_503).wrapping_add(17 + u64::from(self.source_port))) as u16;
        let source = if self.ephemeral { scanner.ephemeral_port(rng) } else { self.source_port };
        let open =
            mix(u64::from(port) << 8 | nth as u64).is_multiple_of(4_000) || matches!(port, 22 | 80 | 443);
        let ending = match (open, rng.chance(drops)) {
            (true, _) => Ending::ProbedOpen,
            (false, true) => Ending::NoAnswer,
            (false, false) => Ending::Refused,
        };
        let at = at + micros(rng.between(0.0, 0.002));
        let tcp = Tcp::attempt(rng.lognormal(0.00035, 0.6), ending);
        let mut flow =
            tcp.between(at, Endpoint::new(scanner.v4, source), Endpoint::new(target.v4, port), &mut out.rng);
        // A raw SYN with one option, sent once: 24 bytes of TCP where a stack sends 40.
        if ending != Ending::ProbedOpen {
            flow.orig_pkts = 1;
            flow.orig_ip_bytes = 44;
            if ending == Ending::NoAnswer {
                flow.duration = None;
            }
        }
        out.flow(network, flow);
    }
}
