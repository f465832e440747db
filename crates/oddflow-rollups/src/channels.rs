//! The channels of local hosts: with whom each talks, over which port and service, how often and how regularly.
//!
//! Invariant: what is kept depends on the rows and their order alone, not on when any of it was stored; the store holds what is in memory as of
//! the last commit. There is room for some channels a host and for some in all. A flood has no part in it: connections that fail take at most
//! half of the room, and push nothing out; where there is no room, those that were used the least give way to new ones, some an hour.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::chunk::{ChunkChannel, Proto};
use crate::hour::HOUR;

/// Channels of a host.
pub const MOST_OF_HOST: usize = 512;
/// Channels in all, with the usual room.
pub const MOST_CHANNELS: usize = 1 << 15;
/// Hosts that have any, or had. Beyond, those are forgotten that were silent the longest, so many at once.
const MOST_HOSTS: usize = 1 << 12;
const HOSTS_AT_ONCE: usize = MOST_HOSTS / 8;
/// How often an hour a host may have others give way to new channels.
const TIMES_AN_HOUR: u32 = 2;
/// The part of a host's channels that gives way at once.
const AT_ONCE: usize = 16;
/// Names of services; what has none of these is as if Zeek had recognised nothing.
const MOST_SERVICES: usize = 1 << 10;
/// Connections of a channel that is kept rather than one with fewer.
const ESTABLISHED: u64 = 3;

/// Which channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelKey {
    /// The local host.
    pub host: IpAddr,
    /// The other side.
    pub peer: IpAddr,
    /// The responder's port.
    pub port: u16,
    /// The transport.
    pub proto: Proto,
    /// The service.
    pub service: Arc<str>,
    /// Whether the host is the responder.
    pub is_served: bool,
}

/// What a channel comes to since it was first seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChannelFigures {
    /// When a connection ended first, in seconds since 1970.
    pub first: f64,
    /// When one ended last.
    pub last: f64,
    /// When the one that was read last ended.
    pub latest: f64,
    /// Connections.
    pub rows: u64,
    /// Payload bytes of the originator.
    pub orig_bytes: u64,
    /// Payload bytes of the responder.
    pub resp_bytes: u64,
    /// Mean time from one end to the next, in seconds, in the order in which they were read.
    pub gap_mean: f64,
    /// Sum of the squared differences from it (Welford 1962).
    pub gap_m2: f64,
}

impl ChannelFigures {
    /// Takes in a connection.
    #[inline]
    pub fn add(&mut self, end: f64, orig_bytes: u64, resp_bytes: u64) {
        if self.rows == 0 {
            (self.first, self.last) = (end, end);
        } else {
            let gap = (end - self.latest).max(0.0);
            let delta = gap - self.gap_mean;
            self.gap_mean += delta / self.rows as f64;
            self.gap_m2 += delta * (gap - self.gap_mean);
            (self.first, self.last) = (self.first.min(end), self.last.max(end));
        }
        self.latest = end;
        self.rows += 1;
        self.orig_bytes = self.orig_bytes.saturating_add(orig_bytes);
        self.resp_bytes = self.resp_bytes.saturating_add(resp_bytes);
    }

    /// Takes in what another counted of the same channel, before or after.
    pub fn merge(&mut self, other: &Self) {
        let (earlier, later) = if self.first <= other.first { (*self, *other) } else { (*other, *self) };
        // What each has, and the gap between both (Chan, Golub, LeVeque 1979).
        let between = (later.first - earlier.latest).max(0.0);
        let gaps = |of: &Self| of.rows.saturating_sub(1) as f64;
        let parts = [
            (gaps(&earlier), earlier.gap_mean, earlier.gap_m2),
            (1.0, between, 0.0),
            (gaps(&later), later.gap_mean, later.gap_m2),
        ];
        let (mut count, mut mean, mut m2) = (0.0, 0.0, 0.0);
        for (more, of_more, m2_of_more) in parts.into_iter().filter(|(more, ..)| *more > 0.0) {
            let delta = of_more - mean;
            m2 += m2_of_more + delta * delta * count * more / (count + more);
            mean += delta * more / (count + more);
            count += more;
        }
        *self = Self {
            first: earlier.first,
            last: earlier.last.max(later.last),
            latest: later.latest,
            rows: earlier.rows.saturating_add(later.rows),
            orig_bytes: earlier.orig_bytes.saturating_add(later.orig_bytes),
            resp_bytes: earlier.resp_bytes.saturating_add(later.resp_bytes),
            gap_mean: mean,
            gap_m2: m2,
        };
    }

    /// The mean gap, and its standard deviation as a share of it.
    #[must_use]
    pub fn gap(&self) -> (Option<f64>, Option<f64>) {
        let gaps = self.rows.saturating_sub(1) as f64;
        let mean = (gaps > 0.0).then_some(self.gap_mean);
        let cv = (gaps > 1.0 && self.gap_mean > 0.0).then(|| (self.gap_m2 / gaps).sqrt() / self.gap_mean);
        (mean, cv)
    }
}

/// What is remembered of a host besides its channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostFigures {
    /// The hour in which others gave way to its new channels last, and how often then.
    pub hour: i64,
    /// See [`HostFigures::hour`].
    pub times: u32,
    /// Channels that were displaced.
    pub displaced: u64,
    /// Connections that no channel counts.
    pub uncounted: u64,
}

/// The channels of a sensor's hosts.
#[derive(Debug)]
pub struct Channels {
    /// What a row adds to, apart from all else, so that little memory is touched.
    slots: Vec<Slot>,
    keys: Vec<Key>,
    free: Vec<u32>,
    places: HashMap<Key, u32, RandomState>,
    hosts: HashMap<u128, HostChannels, RandomState>,
    services: Vec<Arc<str>>,
    most: usize,
    /// What changed since the last commit.
    changed: Vec<u32>,
    removed: Vec<Key>,
    changed_hosts: Vec<u128>,
    removed_hosts: Vec<IpAddr>,
}

/// A channel's key in few words: addresses as those of IPv6, then port, transport, service, and whether the host serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    host: u128,
    peer: u128,
    port: u16,
    service: u16,
    proto: Proto,
    is_served: bool,
}

#[derive(Debug)]
struct Slot {
    figures: ChannelFigures,
    /// How often its place was given to another channel.
    turn: u32,
    is_changed: bool,
    is_stored: bool,
}

#[derive(Debug, Default)]
struct HostChannels {
    places: Vec<u32>,
    figures: HostFigures,
    is_changed: bool,
}

/// Where a channel is, as long as it is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handle {
    place: u32,
    turn: u32,
}

/// A connection of a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) end: f64,
    pub(crate) orig_bytes: u64,
    pub(crate) resp_bytes: u64,
    pub(crate) has_failed: bool,
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn address(bits: u128) -> IpAddr {
    Ipv6Addr::from_bits(bits).to_canonical()
}

impl Channels {
    /// None yet, with a share of the usual room.
    #[must_use]
    pub fn new(share: f64) -> Self {
        Self {
            slots: Vec::new(),
            keys: Vec::new(),
            free: Vec::new(),
            places: HashMap::default(),
            hosts: HashMap::default(),
            services: vec![crate::UNRECOGNISED.into()],
            most: ((MOST_CHANNELS as f64 * share) as usize).max(MOST_OF_HOST),
            changed: Vec::new(),
            removed: Vec::new(),
            changed_hosts: Vec::new(),
            removed_hosts: Vec::new(),
        }
    }

    /// Takes in a channel that the store holds; those beyond the room are left where they are.
    pub fn restore(&mut self, key: &ChannelKey, figures: ChannelFigures) {
        let host = bits(key.host);
        let has_room = self.hosts.len() < MOST_HOSTS || self.hosts.contains_key(&host);
        if self.places.len() >= self.most || !has_room {
            return;
        }
        let service = self.service(&key.service);
        let ChannelKey { port, proto, is_served, .. } = *key;
        let key = Key { host, peer: bits(key.peer), port, service, proto, is_served };
        if !self.places.contains_key(&key) {
            let place = self.insert(key, figures);
            self.slots[place as usize].is_stored = true;
        }
    }

    /// Takes in what the store holds of a host.
    pub fn restore_host(&mut self, host: IpAddr, figures: HostFigures) {
        let host = bits(host);
        if self.hosts.len() < MOST_HOSTS || self.hosts.contains_key(&host) {
            self.hosts.entry(host).or_default().figures = figures;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The number of a service.
    pub(crate) fn service(&mut self, name: &str) -> u16 {
        let known = self.services.iter().position(|known| **known == *name);
        let place = known.unwrap_or_else(|| {
            if self.services.len() == MOST_SERVICES {
                return 0;
            }
            self.services.push(name.into());
            self.services.len() - 1
        });
        place as u16
    }

    /// Counts a connection where a handle leads; `false` where it leads nowhere any more.
    #[inline]
    pub(crate) fn add_at(&mut self, handle: Handle, connection: &Connection) -> bool {
        let slot = &mut self.slots[handle.place as usize];
        if slot.turn != handle.turn {
            return false;
        }
        slot.figures.add(connection.end, connection.orig_bytes, connection.resp_bytes);
        if !slot.is_changed {
            slot.is_changed = true;
            self.changed.push(handle.place);
        }
        true
    }

    /// Counts a connection of a channel; returns where it is, if there is room for it.
    pub(crate) fn add(
        &mut self,
        (host, channel): (IpAddr, &ChunkChannel),
        service: u16,
        connection: &Connection,
    ) -> Option<Handle> {
        let ChunkChannel { peer, port, proto, is_served, .. } = *channel;
        let key = Key { host: bits(host), peer: bits(peer), port, service, proto, is_served };
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => self.begin(key, connection)?,
        };
        let handle = Handle { place, turn: self.slots[place as usize].turn };
        self.add_at(handle, connection);
        Some(handle)
    }

    /// Makes room for a new channel; `None` where there is none.
    fn begin(&mut self, key: Key, connection: &Connection) -> Option<u32> {
        let Connection { end, has_failed, .. } = *connection;
        if self.hosts.len() >= MOST_HOSTS && !self.hosts.contains_key(&key.host) {
            if has_failed {
                return None;
            }
            self.forget_hosts();
        }
        let (most, all) = (self.most, self.places.len());
        let of_host = self.hosts.get(&key.host).map_or(0, |host| host.places.len());
        let room = if has_failed { 2 } else { 1 };
        if of_host < MOST_OF_HOST / room && all < most / room {
            return Some(self.insert(key, ChannelFigures::default()));
        }
        let hour = (end as i64).div_euclid(HOUR);
        let host = self.hosts.entry(key.host).or_default();
        if !host.is_changed {
            host.is_changed = true;
            self.changed_hosts.push(key.host);
        }
        let figures = &mut host.figures;
        if figures.hour != hour {
            (figures.hour, figures.times) = (hour, 0);
        }
        if has_failed || figures.times >= TIMES_AN_HOUR {
            figures.uncounted += 1;
            return None;
        }
        figures.times += 1;
        // Its own room is full, or all is: then who has the most gives.
        let from = if of_host >= MOST_OF_HOST { key.host } else { self.largest()? };
        self.displace(from, AT_ONCE);
        Some(self.insert(key, ChannelFigures::default()))
    }

    fn largest(&self) -> Option<u128> {
        let hosts =
            self.hosts.iter().map(|(host, channels)| (channels.places.len(), std::cmp::Reverse(*host)));
        hosts.max().map(|(_, host)| host.0)
    }

    fn insert(&mut self, key: Key, figures: ChannelFigures) -> u32 {
        let place = self.free.pop().unwrap_or(self.slots.len() as u32);
        self.places.insert(key, place);
        self.hosts.entry(key.host).or_default().places.push(place);
        match self.slots.get_mut(place as usize) {
            Some(slot) => {
                (slot.figures, slot.is_changed, slot.is_stored) = (figures, false, false);
                self.keys[place as usize] = key;
            }
            None => {
                self.slots.push(Slot { figures, turn: 0, is_changed: false, is_stored: false });
                self.keys.push(key);
            }
        }
        place
    }

    /// Removes channels of a host that were used the least, so many at once that it is done rarely: those with few connections first, and of
    /// these the ones that were used the longest ago.
    fn displace(&mut self, host: u128, part: usize) {
        let Some(channels) = self.hosts.get_mut(&host) else { return };
        let (slots, keys) = (&self.slots, &self.keys);
        let worth = |place: u32| {
            let figures = &slots[place as usize].figures;
            (figures.rows >= ESTABLISHED, figures.last, &keys[place as usize])
        };
        let less = |a: &u32, b: &u32| {
            let (a, b) = (worth(*a), worth(*b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then_with(|| a.2.cmp(b.2))
        };
        let most = channels.places.len().div_ceil(part);
        if most < channels.places.len() {
            channels.places.select_nth_unstable_by(most, less);
        }
        channels.figures.displaced += most as u64;
        if !channels.is_changed {
            channels.is_changed = true;
            self.changed_hosts.push(host);
        }
        for place in channels.places.drain(..most) {
            let slot = &mut self.slots[place as usize];
            slot.turn = slot.turn.wrapping_add(1);
            let key = self.keys[place as usize];
            self.places.remove(&key);
            if slot.is_stored {
                self.removed.push(key);
            }
            // What is listed as changed may be of another channel by then.
            self.free.push(place);
            slot.is_stored = false;
            slot.is_changed = false;
        }
    }

    /// Forgets hosts that were silent the longest, with their channels.
    fn forget_hosts(&mut self) {
        let newest = |channels: &HostChannels| {
            let ends = channels.places.iter().map(|place| self.slots[*place as usize].figures.last);
            ends.fold(0.0, f64::max)
        };
        let mut hosts: Vec<(f64, u128)> =
            self.hosts.iter().map(|(host, channels)| (newest(channels), *host)).collect();
        hosts.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (_, host) in hosts.into_iter().take(HOSTS_AT_ONCE) {
            self.displace(host, 1);
            self.hosts.remove(&host);
            self.removed_hosts.push(address(host));
        }
    }

    fn key(&self, key: &Key) -> ChannelKey {
        let Key { host, peer, port, service, proto, is_served } = *key;
        let service = Arc::clone(&self.services[usize::from(service)]);
        ChannelKey { host: address(host), peer: address(peer), port, proto, service, is_served }
    }

    /// The channels that changed since the last commit.
    pub fn changed(&self) -> impl Iterator<Item = (ChannelKey, &ChannelFigures)> {
        let mut places: Vec<u32> = self.changed.clone();
        places.sort_unstable();
        places.dedup();
        let changed = places.into_iter().filter(|place| self.slots[*place as usize].is_changed);
        changed.map(|place| (self.key(&self.keys[place as usize]), &self.slots[place as usize].figures))
    }

    /// Stored channels that gave way since. One that came back is among the changed ones too, which are written after these are removed.
    pub fn removed(&self) -> impl Iterator<Item = ChannelKey> {
        self.removed.iter().map(|key| self.key(key))
    }

    /// Hosts of which something changed besides their channels.
    pub fn changed_hosts(&self) -> impl Iterator<Item = (IpAddr, &HostFigures)> {
        let figures = |host: &u128| self.hosts.get(host).map(|channels| (address(*host), &channels.figures));
        self.changed_hosts.iter().filter_map(figures)
    }

    /// Hosts that were forgotten since the last commit. One that came back may be among the changed ones too.
    #[must_use]
    pub fn removed_hosts(&self) -> &[IpAddr] {
        &self.removed_hosts
    }

    /// All of it is stored.
    pub(crate) fn committed(&mut self) {
        for place in self.changed.drain(..) {
            let slot = &mut self.slots[place as usize];
            slot.is_stored |= slot.is_changed;
            slot.is_changed = false;
        }
        self.removed.clear();
        self.removed_hosts.clear();
        for host in self.changed_hosts.drain(..) {
            if let Some(channels) = self.hosts.get_mut(&host) {
                channels.is_changed = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ends: &[f64]) -> ChannelFigures {
        let mut figures = ChannelFigures::default();
        ends.iter().for_each(|end| figures.add(*end, 1, 2));
        figures
    }

    #[test]
    fn a_rhythm_is_the_mean_gap_and_how_much_it_varies() {
        assert_eq!(of(&[5.0]).gap(), (None, None));
        assert_eq!(of(&[5.0, 65.0]).gap(), (Some(60.0), None));
        assert_eq!(of(&[0.0, 60.0, 120.0, 180.0]).gap(), (Some(60.0), Some(0.0)));
        let (gap, cv) = of(&[0.0, 30.0, 120.0, 150.0, 240.0]).gap();
        assert_eq!((gap, cv), (Some(60.0), Some(0.5)));
        // An end before the one that was read before it counts as at the same time.
        let late = of(&[10.0, 30.0, 20.0, 40.0]);
        assert_eq!((late.first, late.last, late.latest, late.gap().0), (10.0, 40.0, 40.0, Some(40.0 / 3.0)));
        assert_eq!(of(&[7.0, 7.0, 7.0]).gap(), (Some(0.0), None));
    }

    #[test]
    fn figures_of_two_models_add_up() {
        let ends = [0.0, 60.0, 120.0, 1_000.0, 1_030.0, 1_120.0];
        let whole = of(&ends);
        for cut in 1..ends.len() {
            let (mut sum, later) = (of(&ends[..cut]), of(&ends[cut..]));
            let mut other_way = later;
            other_way.merge(&sum);
            sum.merge(&later);
            assert_eq!(sum, other_way);
            assert_eq!((sum.first, sum.last, sum.rows, sum.orig_bytes), (0.0, 1_120.0, 6, 6));
            assert!(
                (sum.gap_mean - whole.gap_mean).abs() < 1e-9
                    && (sum.gap_m2 / whole.gap_m2 - 1.0).abs() < 1e-9
            );
        }
    }
}
