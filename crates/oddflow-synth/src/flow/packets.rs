//! UDP, ICMP and other transports: no connection to set up, so who sent what is the whole story.

use super::{Endpoint, Flow, History, Micros, Proto, micros};
use crate::random::Rng;

const UDP_HEADER: u64 = 8;
const ICMP_HEADER: u64 = 8;

/// What two hosts said over UDP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Udp {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) packets_sent: u64,
    pub(crate) packets_received: u64,
    pub(crate) seconds: f64,
}

impl Udp {
    /// One packet each way.
    pub(crate) fn exchange(sent: u64, received: u64, seconds: f64) -> Self {
        Self { sent, received, packets_sent: 1, packets_received: 1, seconds }
    }

    /// Packets that nobody answered.
    pub(crate) fn unanswered(bytes_each: u64, packets: u64, seconds: f64) -> Self {
        Self { sent: bytes_each * packets, received: 0, packets_sent: packets, packets_received: 0, seconds }
    }

    /// An answer whose question Zeek didn't see, or had already given up on.
    pub(crate) fn answer_only(received: u64) -> Self {
        Self { sent: 0, received, packets_sent: 0, packets_received: 1, seconds: 0.0 }
    }

    pub(crate) fn between(self, start: Micros, orig: Endpoint, resp: Endpoint, rng: &mut Rng) -> Flow {
        let mut flow = Flow::new(start, orig, resp, Proto::Udp, 17);
        let header = orig.ip_header() + UDP_HEADER;
        flow.orig_bytes = self.sent;
        flow.resp_bytes = self.received;
        flow.orig_pkts = self.packets_sent;
        flow.resp_pkts = self.packets_received;
        flow.orig_ip_bytes = self.sent + self.packets_sent * header;
        flow.resp_ip_bytes = self.received + self.packets_received * header;
        let packets = self.packets_sent + self.packets_received;
        flow.duration = (packets > 1).then(|| micros(self.seconds).max(1));
        // The sensor's own offloading spoils a checksum now and then.
        let spoiled = packets > 2 && rng.chance(0.01);
        let (state, history) = match (self.packets_sent, self.packets_received) {
            (0, _) => ("SHR", "^d"),
            (_, 0) => ("S0", "D"),
            _ if spoiled => ("SF", "DdC"),
            _ => ("SF", "Dd"),
        };
        flow.state = state;
        flow.history = History::new(history);
        flow
    }

    /// A single packet with a wrong checksum: Zeek counts it and looks no further.
    pub(crate) fn spoiled(bytes: u64, start: Micros, orig: Endpoint, resp: Endpoint, rng: &mut Rng) -> Flow {
        let mut flow = Self::unanswered(bytes, 1, 0.0).between(start, orig, resp, rng);
        flow.state = "OTH";
        flow.history = History::new("C");
        flow
    }
}

/// ICMP messages of one type, with the answers that belong to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Icmp {
    pub(crate) kind: u16,
    /// For an exchange the type of the answer, else the code.
    pub(crate) code: u16,
    pub(crate) payload: u64,
    pub(crate) messages: u64,
    pub(crate) answer_payload: u64,
    pub(crate) answers: u64,
    pub(crate) seconds: f64,
}

impl Icmp {
    pub(crate) fn between(
        self,
        start: Micros,
        orig: impl Into<std::net::IpAddr>,
        resp: impl Into<std::net::IpAddr>,
    ) -> Flow {
        let (orig, resp) = (Endpoint::new(orig, self.kind), Endpoint::new(resp, self.code));
        let number = if orig.host.is_ipv4() { 1 } else { 58 };
        let mut flow = Flow::new(start, orig, resp, Proto::Icmp, number);
        let header = orig.ip_header() + ICMP_HEADER;
        flow.orig_bytes = self.payload * self.messages;
        flow.resp_bytes = self.answer_payload * self.answers;
        flow.orig_pkts = self.messages;
        flow.resp_pkts = self.answers;
        flow.orig_ip_bytes = flow.orig_bytes + self.messages * header;
        flow.resp_ip_bytes = flow.resp_bytes + self.answers * header;
        flow.duration = (self.messages + self.answers > 1).then(|| micros(self.seconds).max(1));
        flow
    }
}

/// Packets of a transport that Zeek doesn't follow: it logs addresses and the protocol number, and counts nothing
/// inside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherTransport {
    pub(crate) number: u8,
    pub(crate) packets: u64,
    pub(crate) bytes_each: u64,
    pub(crate) seconds: f64,
}

impl OtherTransport {
    pub(crate) fn between(
        self,
        start: Micros,
        orig: impl Into<std::net::IpAddr>,
        resp: impl Into<std::net::IpAddr>,
    ) -> Flow {
        let (orig, resp) = (Endpoint::new(orig, 0), Endpoint::new(resp, 0));
        let mut flow = Flow::new(start, orig, resp, Proto::Other, self.number);
        flow.orig_pkts = self.packets;
        flow.orig_ip_bytes = self.packets * (orig.ip_header() + self.bytes_each);
        flow.duration = (self.packets > 1).then(|| micros(self.seconds).max(1));
        flow
    }
}
