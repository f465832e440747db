//! What some connections of an hour come to, and the bytes in which a day's hours are kept.

use crate::bins::Shape;
use crate::ports::{PortCount, PortKey, Ports};
use crate::varint;

/// Seconds of an hour, and of the halves that are counted by themselves.
pub const HOUR: i64 = 3600;
/// Half of it.
pub const HALF: i64 = HOUR / 2;
/// Hours of a day.
pub const HOURS: usize = 24;

/// What the bytes of a day begin with: the layout.
const LAYOUT: u8 = 1;
/// Bits of an hour's first byte beside its number: which halves have rows, and whether all of them are of one port.
const HALVES: [u8; 2] = [0x20, 0x40];
const ONE_PORT: u8 = 0x80;
const NUMBER: u8 = 0x1f;
/// Whole numbers of a half.
const COUNTS: u64 = 4;

/// What some connections come to. Sums stop at the largest number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Connections.
    pub rows: u64,
    /// Those that nobody answered, or that were refused.
    pub failures: u64,
    /// Payload bytes of the originators.
    pub orig_bytes: u64,
    /// Payload bytes of the responders.
    pub resp_bytes: u64,
    /// The highest score, at least 0.
    pub peak: f32,
}

impl Counts {
    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.rows = self.rows.saturating_add(other.rows);
        self.failures = self.failures.saturating_add(other.failures);
        self.orig_bytes = self.orig_bytes.saturating_add(other.orig_bytes);
        self.resp_bytes = self.resp_bytes.saturating_add(other.resp_bytes);
        self.peak = self.peak.max(other.peak);
    }

    /// Bytes both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.orig_bytes.saturating_add(self.resp_bytes)
    }
}

/// An hour of some connections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hour {
    /// Of the day, UTC.
    pub number: u8,
    /// The first half hour and the second.
    pub halves: [Counts; 2],
    /// Responder ports.
    pub ports: Ports,
    /// Distributions.
    pub shape: Shape,
}

impl Hour {
    /// Both halves.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = self.halves[0];
        counts.merge(&self.halves[1]);
        counts
    }

    /// Adds what other connections of the same hour come to.
    pub fn merge(&mut self, other: &Self) {
        self.halves.iter_mut().zip(&other.halves).for_each(|(mine, other)| mine.merge(other));
        self.ports.merge(&other.ports);
        self.shape.merge(&other.shape);
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let counts = self.counts();
        let only = self.ports.only().filter(|port| {
            [port.rows, port.failures, port.bytes] == [counts.rows, counts.failures, counts.bytes()]
        });
        let mut first = self.number | if only.is_some() { ONE_PORT } else { 0 };
        for (half, bit) in self.halves.iter().zip(HALVES) {
            first |= if half.rows > 0 { bit } else { 0 };
        }
        out.push(first);
        for half in self.halves.iter().filter(|half| half.rows > 0) {
            for number in [half.rows, half.failures, half.orig_bytes, half.resp_bytes] {
                varint::put(out, number);
            }
            out.extend_from_slice(&half.peak.to_le_bytes());
        }
        match only {
            Some(port) => port.key.encode(out),
            None => self.ports.encode(out),
        }
        out.push(self.shape.0.len() as u8);
        for (place, count) in &self.shape.0 {
            out.push(*place);
            varint::put(out, u64::from(*count));
        }
    }

    /// Takes an hour's bytes off the front; returns its number too. What is in it isn't looked at.
    fn split<'b>(bytes: &mut &'b [u8]) -> Option<(u8, &'b [u8])> {
        let (all, rest) = (*bytes, bytes);
        let first = varint::byte(rest)?;
        for _ in HALVES.into_iter().filter(|half| first & half != 0) {
            varint::skip(rest, COUNTS)?;
            *rest = rest.get(size_of::<f32>()..)?;
        }
        if first & ONE_PORT == 0 {
            Ports::skip(rest)?;
        } else {
            varint::skip(rest, 1)?;
        }
        for _ in 0..varint::byte(rest)? {
            varint::byte(rest)?;
            varint::skip(rest, 1)?;
        }
        Some((first & NUMBER, &all[..all.len() - rest.len()]))
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let first = varint::byte(bytes)?;
        let mut hour = Self { number: first & NUMBER, ..Self::default() };
        for (half, bit) in hour.halves.iter_mut().zip(HALVES) {
            if first & bit != 0 {
                half.rows = varint::take(bytes)?;
                half.failures = varint::take(bytes)?;
                half.orig_bytes = varint::take(bytes)?;
                half.resp_bytes = varint::take(bytes)?;
                let (peak, rest) = bytes.split_first_chunk()?;
                half.peak = f32::from_le_bytes(*peak);
                *bytes = rest;
            }
        }
        hour.ports = if first & ONE_PORT == 0 {
            Ports::decode(bytes)?
        } else {
            let counts = hour.counts();
            let key = PortKey::decode(bytes)?;
            let Counts { rows, failures, .. } = counts;
            Ports::of_one(PortCount { key, rows, failures, bytes: counts.bytes() })
        };
        let length = varint::byte(bytes)?;
        for _ in 0..length {
            let place = varint::byte(bytes).filter(|place| usize::from(*place) < crate::bins::PLACES)?;
            hour.shape.0.push((place, u32::try_from(varint::take(bytes)?).ok()?));
        }
        (usize::from(hour.number) < HOURS && hour.shape.0.is_sorted_by(|a, b| a.0 < b.0)).then_some(hour)
    }
}

/// The bytes of a day's hours.
#[must_use]
pub fn encode(hours: &[Hour]) -> Vec<u8> {
    let mut bytes = vec![LAYOUT];
    hours.iter().for_each(|hour| hour.encode(&mut bytes));
    bytes.shrink_to_fit();
    bytes
}

/// Adds the next hour to the bytes of a day, which may be none yet.
pub(crate) fn append(hour: &Hour, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        bytes.push(LAYOUT);
    }
    hour.encode(bytes);
}

/// Reads a day's hours, by their numbers; `None` where the bytes are none.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Vec<Hour>> {
    let mut rest = bytes.strip_prefix(&[LAYOUT])?;
    let mut hours = Vec::new();
    while !rest.is_empty() {
        hours.push(Hour::decode(&mut rest)?);
    }
    hours.is_sorted_by(|a: &Hour, b| a.number < b.number).then_some(hours)
}

/// Adds the hours of a day's bytes to those of others of it; `None` where one of both is damaged. Most hours are in one of both alone: their
/// bytes are taken over as they are.
pub(crate) fn merge_bytes(mine: &[u8], others: &[u8]) -> Option<Vec<u8>> {
    let (a, b) = (split(mine)?, split(others)?);
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    let mut merged = Vec::with_capacity(mine.len() + others.len());
    merged.push(LAYOUT);
    loop {
        let next = match (a.peek(), b.peek()) {
            (None, None) => break,
            (Some(x), Some(y)) if x.0 == y.0 => {
                let (mut mine, mut other) = (a.next()?.1, b.next()?.1);
                let mut hour = Hour::decode(&mut mine)?;
                hour.merge(&Hour::decode(&mut other)?);
                hour.encode(&mut merged);
                continue;
            }
            (Some(x), Some(y)) if x.0 > y.0 => b.next(),
            (None, Some(_)) => b.next(),
            (Some(_), _) => a.next(),
        };
        merged.extend_from_slice(next?.1);
    }
    merged.shrink_to_fit();
    Some(merged)
}

/// The hours of a day's bytes, by their numbers.
fn split(bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut rest = bytes.strip_prefix(&[LAYOUT])?;
    let mut hours = Vec::with_capacity(HOURS);
    while !rest.is_empty() {
        hours.push(Hour::split(&mut rest)?);
    }
    let is_whole = hours.iter().all(|(number, _)| usize::from(*number) < HOURS);
    (is_whole && hours.is_sorted_by(|a, b| a.0 < b.0)).then_some(hours)
}

/// Adds hours of a day to others of it.
pub fn merge(mine: &mut Vec<Hour>, others: &[Hour]) {
    for other in others {
        match mine.binary_search_by_key(&other.number, |hour| hour.number) {
            Ok(place) => mine[place].merge(other),
            Err(place) => mine.insert(place, other.clone()),
        }
    }
}
