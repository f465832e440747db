//! The owner's own traffic: its first part to learn from, its later part to plant attacks in, and between whom.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;

use oddflow_detector::behaviour::{Baseline, BaselineChunk, Model};
use oddflow_evaluate::Truth;
use oddflow_features::behaviour::{Fields, Flow, LocalNetworks};
use oddflow_synth::{CampaignSummary, Place, Planted, SECOND, plant};
use zeek_filter::Filters;
use zeek_log::{Chunk, ConnRecord, Schema};

use super::pass::pass;
use super::subject::MEMORY;
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};

/// Share of the time that is learned from.
const LEARNED: f64 = 0.7;
/// Hosts that attackers and targets are drawn of: the busiest.
const MOST_HOSTS: usize = 256;
/// Addresses that are counted at most.
const MOST_COUNTED: usize = 1 << 16;
/// Port of DNS.
const DNS: u16 = 53;

/// How often addresses occur, in their order.
type Counts = BTreeMap<Ipv4Addr, u64>;

/// The owner's traffic.
pub(crate) struct Own {
    /// Its first part.
    pub(crate) baseline: Baseline,
    /// Its later part, in the order of the logs.
    pub(crate) later: Vec<Flow>,
    /// Time in which the later part ends, in seconds since the Unix epoch.
    pub(crate) span: (f64, f64),
    /// The busiest local hosts, the busiest first.
    pub(crate) hosts: Vec<Ipv4Addr>,
    resolver: Option<Ipv4Addr>,
    pub(crate) problems: ProblemReport,
}

/// A campaign that is planted.
pub(crate) struct PlantedRows {
    pub(crate) campaign: CampaignSummary,
    /// Its rows, by their end.
    pub(crate) flows: Vec<Flow>,
}

/// A chunk's rows, and who is in them.
struct OwnChunk {
    rows: BaselineChunk,
    hosts: Counts,
    resolvers: Counts,
}

/// Reads the owner's logs.
pub(crate) fn read_own(
    input: Input,
    local: &LocalNetworks,
    exclude: &Filters,
    seed: u64,
) -> Result<Own, Failure> {
    let mut baseline = Baseline::new(MEMORY, seed, local.clone());
    let (reader, options) = (baseline.reader(), input.options.clone());
    let work = |chunk: &Chunk| {
        let mut part =
            OwnChunk { rows: BaselineChunk::default(), hosts: Counts::new(), resolvers: Counts::new() };
        let mut schema: Option<(*const Schema, Fields)> = None;
        let mut reader = reader.clone();
        let report = chunk.conn_rows(&options, |record, row| {
            let known = schema.filter(|known| known.0 == std::ptr::from_ref(row.schema()));
            let absent = known.map_or_else(|| Fields::absent(row.schema(), row.is_json()), |known| known.1);
            if known.is_none() {
                schema = Some((std::ptr::from_ref(row.schema()), absent));
                reader.absent = absent;
            }
            if !exclude.matches(record) {
                part.rows.add(&reader, record, absent);
                part.count(record, local);
            }
            ControlFlow::Continue(())
        });
        (part, report)
    };
    let (mut hosts, mut resolvers) = (Counts::new(), Counts::new());
    let problems = pass(input, &work, &mut |part: OwnChunk| {
        baseline.append(part.rows);
        add(&mut hosts, part.hosts);
        add(&mut resolvers, part.resolvers);
        Ok(())
    })?;
    let ends = || baseline.flows().iter().map(|flow| flow.end);
    let (first, last) =
        ends().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), end| (a.min(end), b.max(end)));
    let cut = first + LEARNED * (last - first);
    let at = ends().position(|end| end > cut).unwrap_or(baseline.kept());
    let later = baseline.split_off(at);
    let mut hosts: Vec<(Ipv4Addr, u64)> = hosts.into_iter().collect();
    hosts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    hosts.truncate(MOST_HOSTS);
    let resolver = resolvers.into_iter().max_by_key(|(_, rows)| *rows).map(|(address, _)| address);
    if later.is_empty() || hosts.is_empty() {
        return Err(Failure::usage(
            "these logs have no local IPv4 host, or no time, to plant attacks in",
            "Name logs of a day at least, and your networks with --local-net.",
        ));
    }
    let hosts = hosts.into_iter().map(|(host, _)| host).collect();
    Ok(Own { baseline, later, span: (cut, last), hosts, resolver, problems })
}

impl OwnChunk {
    fn count(&mut self, record: &ConnRecord<'_>, local: &LocalNetworks) {
        if let IpAddr::V4(host) = record.orig_h
            && is_local(host, record.local_orig, local)
        {
            *self.hosts.entry(host).or_default() += 1;
            if let (IpAddr::V4(resolver), DNS, "udp") = (record.resp_h, record.resp_p, record.proto) {
                *self.resolvers.entry(resolver).or_default() += 1;
            }
        }
    }
}

fn add(counts: &mut Counts, more: Counts) {
    for (address, rows) in more {
        if counts.len() < MOST_COUNTED || counts.contains_key(&address) {
            *counts.entry(address).or_default() += rows;
        }
    }
}

/// Whether an address is that of a local host, as the behaviour recipe sees it.
fn is_local(host: Ipv4Addr, zeek: Option<bool>, local: &LocalNetworks) -> bool {
    if host.is_unspecified() || host.is_link_local() || host.is_loopback() || host.is_multicast() {
        return false;
    }
    match &local.0[..] {
        [] => zeek.unwrap_or(host.is_private()),
        networks => networks.iter().any(|network| network.contains(host.into())),
    }
}

impl Own {
    /// The rows of one campaign of each kind.
    pub(crate) fn plant(&self, model: &Model, seed: u64) -> Result<Vec<PlantedRows>, Failure> {
        let micros = |seconds: f64| (seconds * SECOND as f64) as i64;
        let place = Place {
            hosts: &self.hosts,
            resolver: self.resolver,
            rows: self.later.len() as u64,
            begin: micros(self.span.0),
            end: micros(self.span.1),
            seed,
        };
        let Planted { flows, campaigns } = plant(&place).ok_or_else(|| {
            Failure::usage("these logs cover no time to plant attacks in", "Name logs of a day at least.")
        })?;
        let reader = model.reader(self.baseline.absent());
        let mut planted: Vec<PlantedRows> =
            campaigns.into_iter().map(|campaign| PlantedRows { campaign, flows: Vec::new() }).collect();
        for flow in &flows {
            if let Some(campaign) = flow.campaign.and_then(|campaign| planted.get_mut(usize::from(campaign)))
            {
                campaign.flows.push(reader.flow(&flow.record()));
            }
        }
        Ok(planted)
    }

    /// The later part with some rows among its own, each where the sensor would have written it.
    pub(crate) fn with(&self, planted: &[Flow]) -> (Vec<Flow>, Vec<Truth>) {
        let count = self.later.len() + planted.len();
        let (mut flows, mut truths) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut planted = planted.iter().peekable();
        for own in &self.later {
            while let Some(flow) = planted.next_if(|flow| flow.end <= own.end) {
                flows.push(*flow);
                truths.push(Truth::Malicious(0));
            }
            flows.push(*own);
            truths.push(Truth::Benign);
        }
        for flow in planted {
            flows.push(*flow);
            truths.push(Truth::Malicious(0));
        }
        (flows, truths)
    }
}
