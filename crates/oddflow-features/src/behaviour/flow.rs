//! One connection, reduced to what the recipe looks at. Made of a record alone, in any thread.

use serde::{Deserialize, Serialize};
use zeek_log::ConnRecord;

use super::address::AddressClass;
use super::columns::ROW;
use super::fields::{Field, Fields};
use super::hash;
use super::local::LocalNetworks;
use super::logarithm;
use super::tokens::{self, PORTS, TokenSet};
use super::traffic_class::{Direction, TrafficClass, Transport};
use crate::companion::uid_hash;

/// A connection as the recipe sees it; 160 bytes. Addresses and names are keyed hashes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Start, in seconds since the Unix epoch.
    pub start: f64,
    /// End: the event time.
    pub end: f64,
    pub(super) source: u64,
    pub(super) destination: u64,
    pub(super) service: u64,
    pub(super) history: u64,
    pub(super) orig_bytes: f64,
    pub(super) resp_bytes: f64,
    pub(super) tokens: u128,
    /// The numbers of the row, ready.
    pub(super) row: [f32; ROW],
    pub(super) port: u16,
    /// Place among the known states, or one that none has.
    pub(super) state: u8,
    pub(super) transport: Transport,
    /// Which way it goes, and over what.
    pub class: TrafficClass,
    /// Whether it failed: no answer or a refusal.
    pub failed: bool,
    /// Columns that were not there to look at.
    pub absent: Fields,
    /// The keyed hash of its uid, by which rows of other logs find it; 0 where it has none.
    pub uid: u64,
}

/// How records are read: what a model and a log say of them.
#[derive(Clone, Debug)]
pub struct FlowReader {
    /// Key of the hashes.
    pub seed: u64,
    /// Which addresses are local.
    pub local: LocalNetworks,
    /// Columns that are taken as absent, whatever the log has.
    pub absent: Fields,
}

/// States of a TCP connection that nobody answered, or that was refused.
const FAILED_TCP: [&str; 6] = ["S0", "REJ", "RSTOS0", "RSTRH", "SH", "SHR"];
/// UDP ports on which silence is normal: DHCP, TFTP, NetBIOS, discovery.
const QUIET_UDP: [u16; 11] = [67, 68, 69, 137, 138, 546, 547, 626, 1900, 3702, 5353];
const QUIET_LLMNR: u16 = 5355;

/// Longest duration that is believed, in seconds: ten years. A sensor that writes more is wrong, and time must not jump with it.
const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;
/// Shortest duration that a throughput is taken of, in seconds.
const SHORTEST: f64 = 0.01;
/// Added to bytes before a ratio is taken: a header's worth, so that few bytes make no large ratio.
const FEW_BYTES: f64 = 64.0;
/// State of a record whose state is unset or unknown.
const NO_STATE: u8 = u8::MAX;

impl FlowReader {
    /// The key of hashes that a seed stands for.
    #[must_use]
    pub fn key(seed: u64) -> u64 {
        hash::mix(seed ^ 0x6f64_6466_6c6f_7700)
    }

    /// The flow of a record.
    #[must_use]
    #[inline]
    pub fn flow(&self, record: &ConnRecord<'_>) -> Flow {
        let known = |field| !self.absent.holds(field);
        let count = |field, value: Option<u64>| if known(field) { value.unwrap_or(0) as f64 } else { 0.0 };
        let duration = record.duration.filter(|_| known(Field::Duration)).unwrap_or(0.0).clamp(0.0, LONGEST);
        let orig_bytes = count(Field::OrigBytes, record.orig_bytes);
        let resp_bytes = count(Field::RespBytes, record.resp_bytes);
        let orig_pkts = count(Field::OrigPkts, record.orig_pkts);
        let resp_pkts = count(Field::RespPkts, record.resp_pkts);
        let orig_ip_bytes = count(Field::OrigIpBytes, record.orig_ip_bytes);
        let resp_ip_bytes = count(Field::RespIpBytes, record.resp_ip_bytes);
        let missed = count(Field::MissedBytes, record.missed_bytes);
        let service = record.service.filter(|_| known(Field::Service));
        let state_name = record.conn_state.filter(|_| known(Field::ConnState)).unwrap_or("");
        let history = record.history.filter(|_| known(Field::History)).unwrap_or("");

        let transport = Transport::of(record.proto);
        let (orig_class, resp_class) = (AddressClass::of(record.orig_h), AddressClass::of(record.resp_h));
        let local_orig = self.local.is_local(record.orig_h, orig_class, record.local_orig);
        let local_resp = self.local.is_local(record.resp_h, resp_class, record.local_resp);
        let direction = Direction::of(resp_class, local_orig, local_resp);
        let state = tokens::state(state_name);
        let failed = match transport {
            Transport::Tcp => FAILED_TCP.contains(&state_name),
            Transport::Udp => {
                state_name == "S0"
                    && direction != Direction::Multicast
                    && record.resp_p != QUIET_LLMNR
                    && !QUIET_UDP.contains(&record.resp_p)
            }
            _ => false,
        };

        let mut tokens = TokenSet::default();
        tokens.transport(transport);
        if known(Field::Service) {
            tokens.services(service);
        }
        tokens.state(state);
        tokens.history(history);
        tokens.port(record.resp_p);
        tokens.addresses(orig_class, resp_class);
        tokens.locality(local_orig, local_resp, record.orig_h.is_ipv6());

        let per_packet =
            |bytes: f64, packets: f64| if packets > 0.0 { (bytes / packets) as f32 } else { 0.0 };
        let throughput = (orig_bytes + resp_bytes) / duration.max(SHORTEST);
        let mut row = [
            duration as f32,
            orig_bytes as f32,
            resp_bytes as f32,
            orig_pkts as f32,
            resp_pkts as f32,
            per_packet(orig_ip_bytes, orig_pkts),
            per_packet(resp_ip_bytes, resp_pkts),
            0.0,
            missed as f32,
            throughput as f32,
        ];
        logarithm::ln_1p(&mut row);
        let sent = logarithm::one((orig_bytes + FEW_BYTES - 1.0) as f32);
        let received = logarithm::one((resp_bytes + FEW_BYTES - 1.0) as f32);
        row[7] = sent - received;

        Flow {
            start: record.ts,
            end: record.ts + duration,
            source: hash::address(self.seed, record.orig_h),
            destination: hash::address(self.seed, record.resp_h),
            service: hash::set(self.seed, service.unwrap_or("")),
            history: hash::text(self.seed, history),
            orig_bytes,
            resp_bytes,
            tokens: tokens.0,
            row,
            port: record.resp_p,
            state: state.map_or(NO_STATE, |state| state as u8),
            transport,
            class: TrafficClass::new(direction, transport),
            failed,
            absent: self.absent,
            uid: uid_hash(self.seed, record.uid.unwrap_or_default()),
        }
    }
}

impl Flow {
    /// The keyed hash of the local host that an incident would be told of.
    #[must_use]
    #[inline]
    pub fn local_host(&self) -> u64 {
        if self.class.is_seen_from_responder() { self.destination } else { self.source }
    }

    /// The keyed hash of the originator.
    #[must_use]
    pub fn originator(&self) -> u64 {
        self.source
    }

    /// The keyed hash of the responder, and its port.
    #[must_use]
    pub fn responder(&self) -> (u64, u16) {
        (self.destination, self.port)
    }

    /// The keyed hash of the other side's address, seen from the local host.
    #[must_use]
    pub fn peer(&self) -> u64 {
        if self.class.is_seen_from_responder() { self.source } else { self.destination }
    }

    /// The responder's port.
    #[must_use]
    pub fn responder_port(&self) -> u16 {
        self.port
    }

    /// The keyed hash of the service: the same in whatever order Zeek names it.
    #[must_use]
    pub fn service(&self) -> u64 {
        self.service
    }

    /// The transport.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Payload bytes of the originator and the responder.
    #[must_use]
    pub fn payload(&self) -> [u64; 2] {
        [self.orig_bytes as u64, self.resp_bytes as u64]
    }

    /// A number as good as random that depends on the connection alone, to draw samples by.
    #[must_use]
    pub fn draw(&self) -> u64 {
        hash::join(
            hash::join(self.start.to_bits(), self.source),
            hash::join(self.end.to_bits(), self.destination),
        )
    }

    /// The port as part of keys: ICMP has none.
    #[inline]
    pub(super) fn port_key(&self) -> u64 {
        if self.transport == Transport::Icmp { u64::MAX } else { u64::from(self.port) }
    }

    /// The port where it tells a service; others are all one.
    #[inline]
    pub(super) fn service_port(&self) -> u64 {
        if self.port < 1024 || PORTS.binary_search(&self.port).is_ok() {
            u64::from(self.port)
        } else {
            u64::MAX
        }
    }

    /// Whether its bytes are DNS's: port 53 or 5353.
    #[inline]
    pub(super) fn is_dns(&self) -> bool {
        matches!(self.port, 53 | 5353)
    }
}
