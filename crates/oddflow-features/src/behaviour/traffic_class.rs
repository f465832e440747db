//! The class of a connection: which way it goes, and over what.

use serde::{Deserialize, Serialize};

use super::address::AddressClass;

/// Which way a connection goes, seen from the local network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// From a local host to a remote one.
    Out,
    /// From a remote host to a local one.
    In,
    /// Between local hosts.
    Internal,
    /// To a group or a broadcast address.
    Multicast,
    /// Between remote hosts.
    Transit,
}

/// The transport of a connection, as far as behaviour tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// Anything else.
    Other,
}

/// Direction and transport together; transports other than TCP and UDP count as ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct TrafficClass(u8);

/// How many classes there are.
pub const CLASSES: usize = 15;

impl Direction {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Out, Self::In, Self::Internal, Self::Multicast, Self::Transit];

    pub(super) fn of(responder: AddressClass, local_orig: bool, local_resp: bool) -> Self {
        match (responder, local_orig, local_resp) {
            (AddressClass::Multicast, ..) => Self::Multicast,
            (_, true, true) => Self::Internal,
            (_, true, false) => Self::Out,
            (_, false, true) => Self::In,
            (_, false, false) => Self::Transit,
        }
    }

    /// One word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Out => "outbound",
            Self::In => "inbound",
            Self::Internal => "internal",
            Self::Multicast => "multicast",
            Self::Transit => "transit",
        }
    }
}

impl Transport {
    /// By Zeek's name of it.
    #[must_use]
    pub fn of(proto: &str) -> Self {
        match proto {
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "icmp" => Self::Icmp,
            _ => Self::Other,
        }
    }
}

impl TryFrom<u8> for TrafficClass {
    type Error = String;

    fn try_from(index: u8) -> Result<Self, String> {
        Self::from_index(usize::from(index)).ok_or_else(|| format!("there is no class {index}"))
    }
}

impl From<TrafficClass> for u8 {
    fn from(class: TrafficClass) -> Self {
        class.0
    }
}

impl TrafficClass {
    /// Of a direction and a transport.
    #[must_use]
    pub fn new(direction: Direction, transport: Transport) -> Self {
        Self(direction as u8 * 3 + (transport as u8).min(2))
    }

    /// By its number.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        (index < CLASSES).then_some(Self(index as u8))
    }

    /// Its number, below [`CLASSES`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Which way it goes.
    #[must_use]
    pub fn direction(self) -> Direction {
        Direction::ALL[usize::from(self.0 / 3)]
    }

    /// Two words: `outbound tcp`.
    #[must_use]
    pub fn name(self) -> &'static str {
        const NAMES: [&str; CLASSES] = [
            "outbound tcp",
            "outbound udp",
            "outbound icmp",
            "inbound tcp",
            "inbound udp",
            "inbound icmp",
            "internal tcp",
            "internal udp",
            "internal icmp",
            "multicast tcp",
            "multicast udp",
            "multicast icmp",
            "transit tcp",
            "transit udp",
            "transit icmp",
        ];
        NAMES[self.index()]
    }

    /// Whether the local host of such a connection is its responder: who is attacked from outside is local, who attacks is
    /// not, and an incident is told of a local host.
    #[must_use]
    pub fn is_seen_from_responder(self) -> bool {
        matches!(self.direction(), Direction::In | Direction::Transit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_parts_agree() {
        for index in 0..CLASSES {
            let class = TrafficClass::from_index(index).unwrap();
            assert_eq!(class.index(), index);
            assert!(class.name().starts_with(class.direction().name()));
        }
        assert_eq!(TrafficClass::from_index(CLASSES), None);
        assert_eq!(TrafficClass::new(Direction::Internal, Transport::Other).name(), "internal icmp");
        assert!(TrafficClass::new(Direction::In, Transport::Tcp).is_seen_from_responder());
        assert!(!TrafficClass::new(Direction::Out, Transport::Tcp).is_seen_from_responder());
    }
}
