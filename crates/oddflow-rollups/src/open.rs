//! What rows come to while they are added up: hours of hosts and services, their bins in one list, until they are sealed.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::bins::{BinCounts, PackedBins, Shape};
use crate::cell::DayCell;
use crate::chunk::{NONE, Row};
use crate::day::ALL;
use crate::distinct::Distinct;
use crate::hour::{self, Counts, HOURS, Hour};
use crate::moments::{Logarithms, Moments};
use crate::ports::Ports;

/// Hours that are open.
#[derive(Debug, Default)]
pub(crate) struct Open {
    cells: Vec<OpenCell>,
    cell_places: HashMap<(i64, u32, u32, bool), u32, RandomState>,
    pub(crate) hours: Vec<OpenHour>,
    /// Sums of a day and a service.
    moments: Vec<Moments>,
    moment_places: HashMap<(i64, u32), u32, RandomState>,
    /// Rows, each with its hour.
    bins: Vec<(u32, PackedBins)>,
}

/// Rows of a host and a service on a day.
#[derive(Debug)]
struct OpenCell {
    day: i64,
    host: u32,
    service: u32,
    is_second: bool,
    peers: Distinct,
    /// Places of its hours.
    hours: [u32; HOURS],
}

/// An hour of them.
#[derive(Debug)]
pub(crate) struct OpenHour {
    pub(crate) halves: [Counts; 2],
    pub(crate) ports: Ports,
    pub(crate) cell: u32,
    moments: u32,
    pub(crate) day: i64,
    pub(crate) host: u32,
}

/// What an hour of a host and a service is known by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HourKey {
    pub(crate) day: i64,
    pub(crate) hour: u8,
    pub(crate) host: u32,
    pub(crate) service: u32,
    pub(crate) is_second: bool,
}

impl Open {
    /// The place of an hour.
    pub(crate) fn place(&mut self, key: &HourKey) -> u32 {
        let HourKey { day, hour, host, service, is_second } = *key;
        let cells = &mut self.cells;
        let cell = *self.cell_places.entry((day, host, service, is_second)).or_insert_with(|| {
            let peers = Distinct::default();
            cells.push(OpenCell { day, host, service, is_second, peers, hours: [NONE; HOURS] });
            cells.len() as u32 - 1
        });
        let place = &mut cells[cell as usize].hours[usize::from(hour)];
        if *place == NONE {
            let sums = &mut self.moments;
            let moments = *self.moment_places.entry((day, service)).or_insert_with(|| {
                sums.push(Moments::default());
                sums.len() as u32 - 1
            });
            *place = self.hours.len() as u32;
            let (halves, ports) = ([Counts::default(); 2], Ports::default());
            self.hours.push(OpenHour { halves, ports, cell, moments, day, host });
        }
        *place
    }

    /// Counts a row in an hour, with its logarithms where correlations are estimated from it.
    #[inline]
    pub(crate) fn add(&mut self, place: u32, row: &Row, score: f32, logarithms: Option<&Logarithms>) {
        let hour = &mut self.hours[place as usize];
        let counts = &mut hour.halves[usize::from(row.half)];
        counts.rows += 1;
        counts.failures += u64::from(row.has_failed);
        counts.orig_bytes = counts.orig_bytes.saturating_add(row.orig_bytes);
        counts.resp_bytes = counts.resp_bytes.saturating_add(row.resp_bytes);
        counts.peak = counts.peak.max(score);
        if let Some(logarithms) = logarithms {
            self.moments[hour.moments as usize].add(logarithms);
        }
        self.bins.push((place, row.bins));
    }

    /// Counts an address on the other side of a cell.
    pub(crate) fn add_peer(&mut self, cell: u32, hash: u32) {
        self.cells[cell as usize].peers.add_hash(hash);
    }

    /// The shape of each hour.
    fn shapes(&mut self) -> Vec<Shape> {
        // Counted into order, hour by hour.
        let mut ends = vec![0_u32; self.hours.len() + 1];
        self.bins.iter().for_each(|(hour, _)| ends[*hour as usize + 1] += 1);
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let Some((_, any)) = self.bins.first() else { return vec![Shape::default(); self.hours.len()] };
        let mut ordered = vec![*any; self.bins.len()];
        for (hour, bins) in self.bins.drain(..) {
            let place = &mut ends[hour as usize];
            ordered[*place as usize] = bins;
            *place += 1;
        }
        // Each beginning has moved to its end.
        let (mut begin, mut counts) = (0, BinCounts::none());
        let shape = |end: &u32| {
            ordered[begin..*end as usize].iter().for_each(|row| counts.add_row(*row));
            begin = *end as usize;
            counts.take()
        };
        ends[..self.hours.len()].iter().map(shape).collect()
    }

    /// Ends all that is open: gives what each host and service of each day comes to, and the sums over hosts, over services and over both.
    pub(crate) fn seal(&mut self, mut sealed: impl FnMut(i64, (u32, u32), DayCell)) {
        let shapes = self.shapes();
        let mut hours: Vec<Hour> = (self.hours.drain(..).zip(shapes))
            .map(|(hour, shape)| Hour { number: 0, halves: hour.halves, ports: hour.ports, shape })
            .collect();
        // Which cells make up each sum.
        let mut parts: Vec<((i64, u32, u32), u32)> = Vec::with_capacity(4 * self.cells.len());
        for (place, cell) in self.cells.iter().enumerate() {
            for (number, hour) in (0_u8..).zip(cell.hours).filter(|(_, hour)| *hour != NONE) {
                hours[hour as usize].number = number;
            }
            let (day, place) = (cell.day, place as u32);
            parts.push(((day, cell.host, cell.service), place));
            parts.push(((day, cell.host, ALL), place));
            if !cell.is_second {
                parts.push(((day, ALL, cell.service), place));
                parts.push(((day, ALL, ALL), place));
            }
        }
        parts.sort_unstable();
        let (mut sum, mut bytes) = (Sum::default(), Vec::new());
        for parts in parts.chunk_by(|(a, _), (b, _)| a == b) {
            let (day, host, service) = parts[0].0;
            let cells = || parts.iter().map(|(_, place)| &self.cells[*place as usize]);
            let mut cell = DayCell::default();
            cells().for_each(|part| cell.peers.merge(&part.peers));
            for number in 0..HOURS {
                let of_hour = cells().map(|part| part.hours[number]).filter(|place| *place != NONE);
                for place in of_hour {
                    sum.add(&hours[place as usize]);
                }
                sum.encode(&mut cell.counts, &mut bytes);
            }
            // As large as it is: it waits to be stored, with many others.
            cell.hours = bytes.as_slice().into();
            bytes.clear();
            if host == ALL {
                let all = cell.moments.get_or_insert_default();
                for (place, moments) in &self.moment_places {
                    if place.0 == day && (service == ALL || place.1 == service) {
                        all.merge(&self.moments[*moments as usize]);
                    }
                }
            }
            sealed(day, (host, service), cell);
        }
        self.cells.clear();
        self.cell_places.clear();
        self.moments.clear();
        self.moment_places.clear();
    }
}

/// Hours of the same number, added up. Most often it is one.
struct Sum<'h> {
    only: Option<&'h Hour>,
    all: Option<Hour>,
    bins: BinCounts,
}

impl Default for Sum<'_> {
    fn default() -> Self {
        Self { only: None, all: None, bins: BinCounts::none() }
    }
}

impl<'h> Sum<'h> {
    fn add(&mut self, hour: &'h Hour) {
        if self.all.is_none() {
            let Some(first) = self.only.take() else {
                self.only = Some(hour);
                return;
            };
            self.bins.add_shape(&first.shape);
            let (number, halves, ports) = (first.number, first.halves, first.ports.clone());
            self.all = Some(Hour { number, halves, ports, shape: Shape::default() });
        }
        if let Some(all) = &mut self.all {
            all.halves.iter_mut().zip(&hour.halves).for_each(|(mine, other)| mine.merge(other));
            all.ports.merge(&hour.ports);
            self.bins.add_shape(&hour.shape);
        }
    }

    /// Adds what it comes to to a day's counts and hours, and begins anew.
    fn encode(&mut self, counts: &mut Counts, hours: &mut Vec<u8>) {
        let all = self.all.take().map(|all| Hour { shape: self.bins.take(), ..all });
        if let Some(hour) = all.as_ref().or(self.only.take()) {
            counts.merge(&hour.counts());
            hour::append(hour, hours);
        }
    }
}
