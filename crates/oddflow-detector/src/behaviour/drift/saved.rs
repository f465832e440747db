//! A day that is being counted as bytes, so that a run can stop and go on: numbers one after the other, as short as they are.
//!
//! Most cells are small or zero, so each number is written in as many bytes of seven bits as it needs (LEB128).

use std::collections::BTreeSet;
use std::sync::Arc;

use oddflow_features::behaviour::{Field, Fields};

use super::busiest::{Busiest, Host, MOST};
use super::compared::CELLS;
use super::counts::Counts;
use super::reference::DriftReference;
use super::tally::{Drift, LONGEST_COLUMN, MOST_COLUMNS, MOST_COUNTED};

/// Version of the layout.
const FORMAT: u8 = 1;
/// The latest day that is believed: some 27,000 years from 1970.
const MOST_DAYS: u64 = 10_000_000;

/// The most rows of a day that are believed: hundreds of millions a second.
const MOST_ROWS: u64 = 1 << 45;

/// Bytes that are no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved day of drift is damaged or of another version")]
pub struct BadDrift;

impl Drift {
    /// The day as bytes; the same day gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(vec![FORMAT]);
        out.number(CELLS as u64);
        // Days before 1970 come of clocks that are wrong; zigzag keeps them short.
        out.number(self.day.map_or(0, |day| 1 + ((day << 1) ^ (day >> 63)) as u64));
        out.number(self.rows);
        out.number(self.step);
        out.number(self.gaps);
        out.number(self.of_strangers.into());
        out.number(self.seen);
        out.number(self.lacking.iter().fold(0, |bits, field| bits | 1 << field as u8));
        self.hours.iter().for_each(|rows| out.number((*rows).into()));
        out.counts(&self.whole);
        out.number(self.busiest.displaced);
        out.number(self.busiest.keys.len() as u64);
        for (key, host) in self.busiest.keys.iter().zip(&self.busiest.hosts) {
            out.0.extend(key.to_le_bytes());
            out.number(host.weight.into());
            out.counts(&host.counts);
        }
        out.names(self.columns.as_ref());
        out.0
    }

    /// The day that [`to_bytes`](Self::to_bytes) wrote, of the same model.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn from_bytes(bytes: &[u8], reference: Arc<DriftReference>) -> Result<Self, BadDrift> {
        let mut from = Reader(bytes);
        if from.byte()? != FORMAT || from.number()? != CELLS as u64 {
            return Err(BadDrift);
        }
        let mut drift = Self::new(reference);
        drift.day = match from.number()? {
            0 => None,
            zigzag if zigzag <= 2 * MOST_DAYS => {
                Some(((zigzag - 1) >> 1) as i64 ^ -(((zigzag - 1) & 1) as i64))
            }
            _ => return Err(BadDrift),
        };
        drift.rows = from.number()?;
        drift.step = from.number()?;
        if !drift.step.is_power_of_two() || drift.step > MOST_ROWS || drift.rows > MOST_ROWS {
            return Err(BadDrift);
        }
        drift.gaps = from.at_most(drift.rows)?;
        drift.of_strangers = from.count()?;
        drift.seen = from.number()?;
        if drift.seen.checked_shr(drift.reference.hosts.len() as u32).unwrap_or(0) != 0 {
            return Err(BadDrift);
        }
        let lacking = from.at_most((1 << Field::ALL.len()) - 1)?;
        let fields = Field::ALL.into_iter().filter(|field| lacking & 1 << *field as u8 != 0);
        drift.lacking = fields.fold(Fields::NONE, Fields::with);
        for rows in &mut drift.hours {
            *rows = from.count()?;
        }
        drift.whole = from.counts()?;
        let displaced = from.number()?;
        let mut busiest = Busiest { displaced, ..Busiest::default() };
        for _ in 0..from.at_most(MOST as u64)? {
            busiest.keys.push(u64::from_le_bytes(from.take()?));
            busiest.hosts.push(Host { weight: from.count()?, counts: from.counts()? });
        }
        drift.busiest = busiest;
        drift.columns = from.names()?;
        if from.0.is_empty() { Ok(drift) } else { Err(BadDrift) }
    }
}

/// Bytes that grow.
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A table: runs of empty cells by their length, between cells that are not.
    fn counts(&mut self, counts: &Counts) {
        self.number(counts.rows.into());
        let mut empty = 0;
        for rows in &counts.cells {
            if *rows == 0 {
                empty += 1;
            } else {
                self.number(empty);
                self.number((*rows).into());
                empty = 0;
            }
        }
        self.number(empty);
    }

    fn names(&mut self, names: Option<&BTreeSet<String>>) {
        self.number(names.map_or(0, |names| 1 + names.len() as u64));
        for name in names.into_iter().flatten() {
            self.number(name.len() as u64);
            self.0.extend(name.as_bytes());
        }
    }
}

/// Bytes that are still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadDrift> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(BadDrift)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn byte(&mut self) -> Result<u8, BadDrift> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u64, BadDrift> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(BadDrift);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(BadDrift)
    }

    fn at_most(&mut self, most: u64) -> Result<u64, BadDrift> {
        self.number().and_then(|number| if number <= most { Ok(number) } else { Err(BadDrift) })
    }

    /// Rows of a table: no more than are ever counted. What a history has of one letter is once a row too.
    fn count(&mut self) -> Result<u32, BadDrift> {
        self.at_most(MOST_COUNTED.into()).map(|rows| rows as u32)
    }

    fn counts(&mut self) -> Result<Counts, BadDrift> {
        let mut counts = Counts { rows: self.count()?, ..Counts::default() };
        let mut at = 0;
        loop {
            at += self.at_most((CELLS - at) as u64)? as usize;
            match counts.cells.get_mut(at) {
                None => return Ok(counts),
                Some(cell) => *cell = self.count()?,
            }
            at += 1;
        }
    }

    fn names(&mut self) -> Result<Option<BTreeSet<String>>, BadDrift> {
        let Some(names) = self.at_most(1 + MOST_COLUMNS as u64)?.checked_sub(1) else { return Ok(None) };
        let mut set = BTreeSet::new();
        for _ in 0..names {
            let length = self.at_most(LONGEST_COLUMN as u64)? as usize;
            let (name, rest) = self.0.split_at_checked(length).ok_or(BadDrift)?;
            self.0 = rest;
            set.insert(std::str::from_utf8(name).map_err(|_| BadDrift)?.to_owned());
        }
        Ok(Some(set))
    }
}
