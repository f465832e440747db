//! The responder ports of an hour. Which ports of a day are counted by themselves is for the [day](crate::day) to know.

use crate::chunk::Proto;
use crate::varint;

/// A port of TCP or UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortKey {
    /// The port.
    pub port: u16,
    /// Whether it is UDP's.
    pub is_udp: bool,
}

impl PortKey {
    #[inline]
    pub(crate) fn of(proto: Proto, port: u16) -> Option<Self> {
        match proto {
            Proto::Tcp => Some(Self { port, is_udp: false }),
            Proto::Udp => Some(Self { port, is_udp: true }),
            _ => None,
        }
    }

    pub(crate) fn encode(self, out: &mut Vec<u8>) {
        varint::put(out, u64::from(self.port) << 1 | u64::from(self.is_udp));
    }

    pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let packed = varint::take(bytes)?;
        Some(Self { port: u16::try_from(packed >> 1).ok()?, is_udp: packed & 1 == 1 })
    }
}

/// What a port comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortCount {
    /// Which one.
    pub key: PortKey,
    /// Connections.
    pub rows: u64,
    /// Those that failed.
    pub failures: u64,
    /// Payload bytes both ways.
    pub bytes: u64,
}

/// The ports of some connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Most connections are of few ports, most often of one: it needs no room elsewhere.
    first: Option<PortCount>,
    more: Vec<PortCount>,
    /// Rows, failures and bytes of all others.
    others: [u64; 3],
}

impl Ports {
    pub(crate) fn of_one(count: PortCount) -> Self {
        Self { first: Some(count), ..Self::default() }
    }

    /// Those that are counted by themselves.
    pub fn counts(&self) -> impl Iterator<Item = &PortCount> {
        self.first.iter().chain(&self.more)
    }

    /// Rows, failures and bytes of all others.
    #[must_use]
    pub fn others(&self) -> [u64; 3] {
        self.others
    }

    /// The only one, where there is but one.
    pub(crate) fn only(&self) -> Option<&PortCount> {
        self.first.as_ref().filter(|_| self.more.is_empty() && self.others == [0; 3])
    }

    /// Counts rows of a port, where it is among those that are counted by themselves.
    #[inline]
    pub(crate) fn add_known(&mut self, new: &PortCount) -> bool {
        let known = match &mut self.first {
            Some(first) if first.key == new.key => first,
            _ => match self.more.iter_mut().find(|known| known.key == new.key) {
                Some(known) => known,
                None => return false,
            },
        };
        known.rows = known.rows.saturating_add(new.rows);
        known.failures = known.failures.saturating_add(new.failures);
        known.bytes = known.bytes.saturating_add(new.bytes);
        true
    }

    pub(crate) fn add(&mut self, new: &PortCount) {
        if self.add_known(new) {
            return;
        }
        match &self.first {
            None => self.first = Some(*new),
            Some(_) => self.more.push(*new),
        }
    }

    pub(crate) fn add_others(&mut self, others: [u64; 3]) {
        self.others.iter_mut().zip(others).for_each(|(mine, other)| *mine = mine.saturating_add(other));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.counts().for_each(|count| self.add(count));
        self.add_others(other.others);
    }

    /// Appends them, in the order of their numbers, so that the same ports are the same bytes.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let mut counts: Vec<&PortCount> = self.counts().collect();
        counts.sort_unstable_by_key(|count| count.key);
        varint::put(out, counts.len() as u64);
        for count in counts {
            count.key.encode(out);
            [count.rows, count.failures, count.bytes].iter().for_each(|number| varint::put(out, *number));
        }
        self.others.iter().for_each(|number| varint::put(out, *number));
    }

    /// Takes them off the front unseen.
    pub(crate) fn skip(bytes: &mut &[u8]) -> Option<()> {
        let counts = varint::take(bytes)?;
        // Key and numbers of each, and the numbers of all others.
        varint::skip(bytes, counts.checked_mul(4)?.checked_add(3)?)
    }

    pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut ports = Self::default();
        for _ in 0..varint::take(bytes)? {
            let key = PortKey::decode(bytes)?;
            let [rows, failures, bytes] = numbers(bytes)?;
            let count = PortCount { key, rows, failures, bytes };
            match &ports.first {
                None => ports.first = Some(count),
                Some(_) => ports.more.push(count),
            }
        }
        ports.others = numbers(bytes)?;
        ports.counts().is_sorted_by(|a, b| a.key < b.key).then_some(ports)
    }
}

fn numbers(bytes: &mut &[u8]) -> Option<[u64; 3]> {
    Some([varint::take(bytes)?, varint::take(bytes)?, varint::take(bytes)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(port: u16, rows: u64) -> PortCount {
        PortCount { key: PortKey { port, is_udp: port % 2 == 1 }, rows, failures: rows / 2, bytes: 10 * rows }
    }

    #[test]
    fn ports_come_back_in_the_order_of_their_numbers() {
        let mut ports = Ports::default();
        for port in [443, 53, 80, 443, 443] {
            ports.add(&count(port, 2));
        }
        ports.add_others([3, 2, 1]);
        let mut bytes = Vec::new();
        ports.encode(&mut bytes);
        let mut rest = &*bytes;
        let read = Ports::decode(&mut rest).expect("whole");
        assert!(rest.is_empty());
        let found: Vec<(u16, u64)> = read.counts().map(|count| (count.key.port, count.rows)).collect();
        assert_eq!((found, read.others()), (vec![(53, 2), (80, 2), (443, 6)], [3, 2, 1]));
        assert_eq!(Ports::decode(&mut &[255, 255, 255, 255, 15][..]), None, "more than there are");
    }
}
