//! The local hosts with the most rows of a day, each with its own table.
//!
//! Space-saving (Metwally, Agrawal and El Abbadi, 2005): where the room is full a new host takes the place of the one with the
//! least weight, and its weight with it. So a host with more rows than 1 in [`MOST`] of all is always among them at the end; what it did
//! before it came in is missing from its own table, not from that of all.

use super::counts::Counts;

/// Hosts that are told apart.
pub(super) const MOST: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Busiest {
    /// The hosts' keys, apart from the rest so that looking one up is quick.
    pub(super) keys: Vec<u64>,
    pub(super) hosts: Vec<Host>,
    /// Hosts that gave way to others.
    pub(super) displaced: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Host {
    /// Rows that count for keeping its place: its own, and those that it took over.
    pub(super) weight: u32,
    pub(super) counts: Counts,
}

impl Busiest {
    /// Counts a row of a host. Returns its rows since it came in.
    #[inline]
    pub(super) fn add(&mut self, key: u64, cells: &[u16]) -> u32 {
        let place = match self.keys.iter().position(|known| *known == key) {
            Some(place) => place,
            None => self.enter(key),
        };
        let host = &mut self.hosts[place];
        host.weight += 1;
        host.counts.add(cells);
        host.counts.rows
    }

    fn enter(&mut self, key: u64) -> usize {
        if self.keys.len() < MOST {
            self.keys.push(key);
            self.hosts.push(Host::default());
            return self.keys.len() - 1;
        }
        // The first of equals, so that the rows alone decide.
        let place = (0..MOST).min_by_key(|place| self.hosts[*place].weight).unwrap_or(0);
        self.keys[place] = key;
        let host = &mut self.hosts[place];
        host.counts.rows = 0;
        host.counts.cells.fill(0);
        self.displaced += 1;
        place
    }

    /// As if only every second row had been counted.
    pub(super) fn halve(&mut self) {
        for host in &mut self.hosts {
            host.weight /= 2;
            host.counts.halve();
        }
    }

    /// The hosts with their tables.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Counts)> {
        self.keys.iter().copied().zip(self.hosts.iter().map(|host| &host.counts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_many_rows_stays() {
        let mut busiest = Busiest::default();
        for row in 0..20_000_u64 {
            // One row in forty is of host 7, all others are of hosts that come once.
            busiest.add(if row % 40 == 0 { 7 } else { 1000 + row }, &[3]);
        }
        assert_eq!(busiest.keys.len(), MOST);
        let (_, of_seven) = busiest.iter().find(|(key, _)| *key == 7).expect("more than 1 in 64");
        assert!(of_seven.rows > 400, "{}", of_seven.rows);
        assert!(busiest.displaced > 19_000);
        assert_eq!(busiest.iter().map(|(_, counts)| counts.cells[3]).max(), Some(of_seven.rows));
    }
}
