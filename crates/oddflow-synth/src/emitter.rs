//! Where activities and attacks put what they do.

use crate::event::{Body, Event};
use crate::flow::{Flow, Micros, Uid};
use crate::network::Network;
use crate::random::Rng;

/// Collects flows and events until they are due, in no order.
#[derive(Debug)]
pub(crate) struct Emitter {
    pub(crate) rng: Rng,
    pub(crate) flows: Vec<Flow>,
    pub(crate) events: Vec<Event>,
    /// Flows emitted so far.
    pub(crate) emitted: u64,
    /// No more flows than this.
    pub(crate) limit: u64,
    /// The attack that is emitting now.
    pub(crate) campaign: Option<u16>,
    /// The earliest end that isn't past already, and the latest there may be.
    pub(crate) ends: (Micros, Micros),
    sequence: u64,
}

impl Emitter {
    pub(crate) fn new(rng: Rng, limit: u64) -> Self {
        Self {
            rng,
            flows: Vec::new(),
            events: Vec::new(),
            emitted: 0,
            limit,
            campaign: None,
            ends: (Micros::MIN, Micros::MAX),
            sequence: 0,
        }
    }

    /// Emits a flow without rows in other logs.
    pub(crate) fn flow(&mut self, network: &Network, flow: Flow) -> Uid {
        self.flow_with(network, flow, [])
    }

    /// Emits a flow and its rows in other logs: time of the request and of writing, counted from the start.
    ///
    /// A flow that would end after the last moment is moved to before it, with its rows. Beyond the limit nothing
    /// is emitted at all.
    pub(crate) fn flow_with(
        &mut self,
        network: &Network,
        mut flow: Flow,
        rows: impl IntoIterator<Item = (Micros, Micros, Body)>,
    ) -> Uid {
        let uid = Uid::new(&mut self.rng);
        if self.emitted >= self.limit {
            return uid;
        }
        let (earliest, latest) = self.ends;
        if flow.end() >= latest {
            let end = latest - 1 - (self.rng.unit() * (latest - earliest - 1) as f64) as Micros;
            flow.start = end - flow.duration.unwrap_or(0);
        }
        flow.uid = uid;
        flow.local_orig = network.is_local(flow.orig.host);
        flow.local_resp = network.is_local(flow.resp.host);
        flow.campaign = self.campaign;
        flow.sequence = self.sequence;
        self.sequence += 1;
        self.emitted += 1;
        let last = latest - 1;
        for (asked, written, body) in rows {
            let time = (flow.start + asked).min(last);
            let written = (flow.start + written).clamp(earliest, last).max(time);
            let (orig, resp, sequence) = (flow.orig, flow.resp, self.sequence);
            self.sequence += 1;
            self.events.push(Event { time, written, uid, orig, resp, body, sequence });
        }
        self.flows.push(flow);
        uid
    }
}
