//! The responder ports of an hour: the busiest by themselves, the rest together.

use zeek_log::ConnRecord;

use crate::varint;

/// Ports of an hour that are counted by themselves before it is kept.
const MOST_COUNTED: usize = 64;
/// Ports that are kept of it.
const MOST_KEPT: usize = 16;

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
    pub(crate) fn of(record: &ConnRecord<'_>) -> Option<Self> {
        match record.proto {
            "tcp" => Some(Self { port: record.resp_p, is_udp: false }),
            "udp" => Some(Self { port: record.resp_p, is_udp: true }),
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
    /// The busiest first once they are [kept](Self::keep).
    counts: Vec<PortCount>,
    /// Rows, failures and bytes of all others.
    others: [u64; 3],
}

impl Ports {
    pub(crate) fn of_one(count: PortCount) -> Self {
        Self { counts: vec![count], others: [0; 3] }
    }

    /// Those that are counted by themselves.
    #[must_use]
    pub fn counts(&self) -> &[PortCount] {
        &self.counts
    }

    /// Rows, failures and bytes of all others.
    #[must_use]
    pub fn others(&self) -> [u64; 3] {
        self.others
    }

    /// The only one, where there is but one.
    pub(crate) fn only(&self) -> Option<&PortCount> {
        match &*self.counts {
            [only] if self.others == [0; 3] => Some(only),
            _ => None,
        }
    }

    /// Counts rows of a port.
    #[inline]
    pub(crate) fn add(&mut self, new: &PortCount) {
        if let Some(known) = self.counts.iter_mut().find(|known| known.key == new.key) {
            known.rows = known.rows.saturating_add(new.rows);
            known.failures = known.failures.saturating_add(new.failures);
            known.bytes = known.bytes.saturating_add(new.bytes);
        } else if self.counts.len() < MOST_COUNTED {
            self.counts.push(*new);
        } else {
            self.add_others([new.rows, new.failures, new.bytes]);
        }
    }

    fn add_others(&mut self, others: [u64; 3]) {
        self.others.iter_mut().zip(others).for_each(|(mine, other)| *mine = mine.saturating_add(other));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        other.counts.iter().for_each(|count| self.add(count));
        self.add_others(other.others);
    }

    /// Orders them, the busiest first, and counts those beyond the most that are kept with the others.
    pub(crate) fn keep(&mut self) {
        self.counts.sort_unstable_by(|a, b| b.rows.cmp(&a.rows).then(a.key.cmp(&b.key)));
        let most = MOST_KEPT.min(self.counts.len());
        for count in self.counts.split_off(most) {
            self.add_others([count.rows, count.failures, count.bytes]);
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.counts.len() as u8);
        for count in &self.counts {
            count.key.encode(out);
            [count.rows, count.failures, count.bytes].iter().for_each(|number| varint::put(out, *number));
        }
        self.others.iter().for_each(|number| varint::put(out, *number));
    }

    pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let length = varint::byte(bytes).filter(|length| usize::from(*length) <= MOST_COUNTED)?;
        let mut ports = Self::default();
        for _ in 0..length {
            let key = PortKey::decode(bytes)?;
            let [rows, failures, bytes] = numbers(bytes)?;
            ports.counts.push(PortCount { key, rows, failures, bytes });
        }
        ports.others = numbers(bytes)?;
        Some(ports)
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
    fn the_busiest_are_kept_and_none_is_lost() {
        let mut ports = Ports::default();
        for port in 0..1_000 {
            ports.add(&count(port, 1));
        }
        for _ in 0..5 {
            ports.add(&count(40, 10));
            ports.add(&count(999, 1));
        }
        ports.keep();
        assert_eq!((ports.counts().len(), ports.counts()[0]), (MOST_KEPT, count(40, 51)));
        let rows: u64 = ports.counts().iter().map(|count| count.rows).sum();
        assert_eq!(rows + ports.others()[0], 1_000 + 50 + 5);
        let mut bytes = Vec::new();
        ports.encode(&mut bytes);
        let mut rest = &*bytes;
        assert_eq!(Ports::decode(&mut rest), Some(ports));
        assert!(rest.is_empty());
    }
}
