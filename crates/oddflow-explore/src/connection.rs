//! What a record says about its connection that several statistics need: its transport, whether it was answered, and the few
//! connections that are remarkable enough to be kept whole.

use std::cmp::Ordering;
use std::net::IpAddr;

use zeek_log::ConnRecord;

use crate::vocabulary::cut;

/// What carries a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Transport {
    Tcp,
    Udp,
    Icmp,
    #[default]
    Other,
}

impl Transport {
    /// All that have ports.
    pub(crate) const WITH_PORTS: [Self; 2] = [Self::Tcp, Self::Udp];

    /// Whether it has ports: in place of them ICMP has types, and Zeek writes 0 for what it doesn't know.
    #[inline]
    pub(crate) fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }

    #[inline]
    pub(crate) fn of(proto: &str) -> Self {
        match proto {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "icmp" => Self::Icmp,
            _ => Self::Other,
        }
    }

    /// A port's name: `443/tcp`; `icmp` and `other` where there are no ports.
    pub(crate) fn port(self, port: u16) -> String {
        match self {
            Self::Tcp => format!("{port}/tcp"),
            Self::Udp => format!("{port}/udp"),
            Self::Icmp => "icmp".into(),
            Self::Other => "other".into(),
        }
    }
}

/// States of TCP connections that were never established.
const FAILED_TCP: [&str; 6] = ["S0", "REJ", "RSTOS0", "RSTRH", "SH", "SHR"];

/// Whether a connection came to nothing: a TCP connection that was never established, or one of another kind without an answer.
#[inline]
pub(crate) fn is_unanswered(transport: Transport, state: Option<&str>) -> bool {
    state.is_some_and(|state| match transport {
        Transport::Tcp => FAILED_TCP.contains(&state),
        _ => state == "S0",
    })
}

/// A connection that is kept whole; of endless texts the beginning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Connection {
    /// What it is ranked by.
    pub(crate) value: f64,
    pub(crate) ts: f64,
    pub(crate) uid: Option<Box<str>>,
    pub(crate) orig: IpAddr,
    pub(crate) resp: IpAddr,
    pub(crate) transport: Transport,
    pub(crate) port: u16,
    pub(crate) service: Option<Box<str>>,
    /// Whether the value is the responder's.
    pub(crate) by_resp: bool,
}

impl Connection {
    pub(crate) fn new(record: &ConnRecord<'_>, value: f64) -> Self {
        Self {
            value,
            ts: record.ts,
            uid: record.uid.map(|uid| cut(uid).into()),
            orig: record.orig_h,
            resp: record.resp_h,
            transport: Transport::of(record.proto),
            port: record.resp_p,
            service: record.service.map(|service| cut(service).into()),
            by_resp: false,
        }
    }

    /// Larger values first; then by time and by all else that tells two connections apart.
    fn order(&self, other: &Self) -> Ordering {
        let by_value = other.value.total_cmp(&self.value).then(self.ts.total_cmp(&other.ts));
        let rest = |one: &Self| (one.uid.clone(), one.orig, one.resp, one.port);
        by_value.then_with(|| rest(self).cmp(&rest(other)))
    }
}

/// The connections with the largest values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Largest {
    /// Ordered.
    kept: Vec<Connection>,
}

impl Largest {
    /// How many are kept.
    const LIMIT: usize = 10;

    /// Takes a connection if it is among the largest.
    #[inline]
    pub(crate) fn add(&mut self, record: &ConnRecord<'_>, value: f64, by_resp: bool) {
        if self.kept.len() < Self::LIMIT || self.kept[Self::LIMIT - 1].value <= value {
            self.insert(Connection { by_resp, ..Connection::new(record, value) });
        }
    }

    fn insert(&mut self, connection: Connection) {
        let place = self.kept.partition_point(|kept| kept.order(&connection) != Ordering::Greater);
        self.kept.insert(place, connection);
        self.kept.truncate(Self::LIMIT);
    }

    /// Takes those of another part.
    pub(crate) fn merge(&mut self, other: Self) {
        other.kept.into_iter().for_each(|connection| self.insert(connection));
    }

    /// Largest first.
    pub(crate) fn kept(&self) -> &[Connection] {
        &self.kept
    }
}
