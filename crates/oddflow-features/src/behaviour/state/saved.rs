//! The recipe's memory as bytes, so that a run can stop and go on to the same bits.

use std::io::{self, Write};

use super::{CHANNELS, HOSTS, KINDS, PAIRS, SERVICES, State, part};
use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::evictions::Evictions;
use crate::behaviour::interim::Interim;
use crate::behaviour::novelty::Calendar;
use crate::behaviour::portable::{BadState, FORMAT, Length, Out, Portable, Sink};

/// The layout of a state that knows connections which are still open: those of [`FORMAT`] end before that part.
const WITH_INTERIM: u32 = 3;

impl State {
    /// The state as bytes; the same state gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.byte_length() as usize);
        self.put(&mut out);
        out
    }

    /// How many bytes [`write_to`](Self::write_to) writes.
    #[must_use]
    pub fn byte_length(&self) -> u64 {
        let mut length = Length(0);
        self.put(&mut length);
        length.0
    }

    /// Writes the state as bytes, without having them all in memory.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_to(&self, writer: &mut dyn Write) -> io::Result<()> {
        let mut sink = Sink::new(writer);
        self.put(&mut sink);
        sink.finish()
    }

    fn put(&self, out: &mut impl Out) {
        let is_used = self.interim.is_used();
        if is_used { WITH_INTERIM } else { FORMAT }.write(out);
        self.rows.write(out);
        self.swept.write(out);
        self.calendar.write(out);
        self.activity.write(out);
        self.pairs.write(out);
        self.sweeps.write(out);
        self.channels.write(out);
        self.loads.write(out);
        self.audiences.write(out);
        self.volumes.write(out);
        self.sources.write(out);
        self.services.write(out);
        self.services_of_source.write(out);
        self.kinds.write(out);
        self.histories.write(out);
        if is_used {
            self.interim.write(out);
        }
    }

    /// Whether bytes are of a state that this version reads, by their beginning.
    ///
    /// # Errors
    /// Another version's layout, or no state.
    pub fn check_format(mut bytes: &[u8]) -> Result<(), BadState> {
        match u32::read(&mut bytes)? {
            FORMAT | WITH_INTERIM => Ok(()),
            found => Err(BadState::Format { found }),
        }
    }

    /// The state that [`to_bytes`](Self::to_bytes) wrote. It goes on to the same bits.
    ///
    /// # Errors
    /// Another version's layout, or damage.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadState> {
        Self::from_bytes_within(bytes, 1.0)
    }

    /// The same with a share of the usual room, above 0 and at most 1: of what has no room, what was used longest ago is forgotten.
    /// Only one that always has the same room goes on to the same bits.
    ///
    /// # Errors
    /// Another version's layout, or damage.
    pub fn from_bytes_within(mut bytes: &[u8], share: f64) -> Result<Self, BadState> {
        let from = &mut bytes;
        let found = u32::read(from)?;
        if ![FORMAT, WITH_INTERIM].contains(&found) {
            return Err(BadState::Format { found });
        }
        let mut cut = Evictions::default();
        let state = Self {
            rows: u64::read(from)?,
            cut: Evictions::default(),
            swept: f64::read(from)?,
            calendar: Calendar::read(from)?,
            activity: read(HOSTS, share, from, &mut cut.hosts)?,
            pairs: read(PAIRS, share, from, &mut cut.pairs)?,
            sweeps: read(HOSTS, share, from, &mut cut.hosts)?,
            channels: read(CHANNELS, share, from, &mut cut.pairs)?,
            loads: read(HOSTS, share, from, &mut cut.hosts)?,
            audiences: read(HOSTS, share, from, &mut cut.hosts)?,
            volumes: read(PAIRS, share, from, &mut cut.pairs)?,
            sources: read(HOSTS, share, from, &mut cut.hosts)?,
            services: read(SERVICES, share, from, &mut cut.counts)?,
            services_of_source: read(HOSTS, share, from, &mut cut.counts)?,
            kinds: read(KINDS, share, from, &mut cut.counts)?,
            histories: read(KINDS, share, from, &mut cut.counts)?,
            interim: if found == WITH_INTERIM { Interim::read(from)? } else { Interim::new() },
        };
        let state = Self { cut, ..state };
        if from.is_empty() { Ok(state) } else { Err(BadState::Damaged) }
    }
}

/// Reads a map whose usual entries are given, and leaves it with a share of them. One at a time: no two have more than that.
fn read<V: Portable + Clone + Default>(
    entries: usize,
    share: f64,
    from: &mut &[u8],
    cut: &mut u64,
) -> Result<BoundedMap<V>, BadState> {
    let mut map = BoundedMap::read(entries, from)?;
    let before = map.evicted();
    map.limit(part(entries, share));
    *cut += map.evicted() - before;
    Ok(map)
}
