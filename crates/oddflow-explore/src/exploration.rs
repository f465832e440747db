//! The statistics of all rows so far: partials are added in the order of the log, and nothing depends on who made them.
//!
//! Invariant: memory is bounded, whatever is read. Every table that a log could fill has a limit; what lies beyond is forgotten by
//! a rule, counted, and said in [`Statistics::precision`].

use std::net::IpAddr;
use std::sync::Arc;

use datasketches::frequencies::FrequentItemsSketch;
use jiff::tz::TimeZone;

use crate::address::{Addresses, Attempts};
use crate::bins::Bins;
use crate::columns::COLUMNS;
use crate::connection::Largest;
use crate::conversation::{Conversations, Key};
use crate::detail::Details;
use crate::moments::Moments;
use crate::network::Network;
use crate::oddity::ODDITIES;
use crate::order::RowOrder;
use crate::partial::{Partial, SourcePort, marks};
use crate::ports::{Answered, Ports};
use crate::repeats::Uids;
use crate::statistics::{Health, Statistics};
use crate::timeline::{Clock, Timeline};
use crate::unset::OPTIONAL;
use crate::vocabulary::{Vocabulary, set_name};

/// What is wanted of an exploration.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time zone that days and hours are told in.
    pub zone: TimeZone,
    /// The host whose own story is told.
    pub host: Option<IpAddr>,
    /// Items of a ranking, at most.
    pub top: usize,
    /// The local networks, which partials must know too. Where there are none, local is what Zeek says, else private addresses.
    pub local: Arc<[Network]>,
}

impl Default for Options {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, host: None, top: 20, local: Arc::default() }
    }
}

/// Limits of the tables. They are arguments so that tests can reach them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) addresses: usize,
    pub(crate) local_addresses: usize,
    pub(crate) conversations: usize,
    pub(crate) details: usize,
    pub(crate) entries: usize,
    pub(crate) sketched: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            addresses: Addresses::LIMIT,
            local_addresses: Addresses::LOCAL_LIMIT,
            conversations: Conversations::LIMIT,
            details: Details::LIMIT,
            entries: Details::ENTRIES,
            sketched: Conversations::SKETCHED,
        }
    }
}

/// The source port of one host, as it stands in the sketch: the host's number and the port.
pub(crate) type HostPort = u64;

/// Counters of the sketch of source ports: a count's error is at most 3.5 rows in 65,536.
const PORT_COUNTERS: usize = 1 << 16;
/// Counters of the sketch of networks that may be local.
const STRANGERS: usize = 1 << 12;

/// The statistics of all rows so far.
#[derive(Debug)]
pub struct Exploration {
    pub(crate) options: Options,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) rows: u64,
    pub(crate) order: RowOrder,
    pub(crate) unset: [u64; OPTIONAL.len()],
    pub(crate) oddities: [u64; ODDITIES],
    /// Rows whose originator is local, and whose responder is, by Zeek's word.
    pub(crate) locals: [u64; 2],
    pub(crate) missed_bytes: u64,
    pub(crate) missed_rows: u64,
    pub(crate) moments: Moments,
    pub(crate) bins: Vec<Bins>,
    /// By when connections began.
    pub(crate) timeline: Timeline,
    /// By when they ended, which is when Zeek wrote them.
    pub(crate) written: Timeline,
    pub(crate) uids: Uids,
    /// Rows of which neither side is local.
    pub(crate) without_local: u64,
    /// The networks of their originators, by address.
    pub(crate) strangers: FrequentItemsSketch<IpAddr>,
    pub(crate) protocols: Vocabulary,
    pub(crate) services: Vocabulary,
    pub(crate) states: Vocabulary,
    pub(crate) addresses: Addresses,
    /// TCP connections of all addresses.
    pub(crate) tcp: Attempts,
    pub(crate) conversations: Conversations,
    pub(crate) details: Details,
    pub(crate) source_ports: Ports,
    pub(crate) destination_ports: Ports,
    pub(crate) answered_ports: Ports<Answered>,
    /// Source ports by host.
    pub(crate) host_ports: FrequentItemsSketch<HostPort>,
    /// Connections by source port of the host that was asked for.
    pub(crate) focus_ports: Vec<u64>,
    pub(crate) longest: Largest,
    pub(crate) uploads: Largest,
    pub(crate) most_sent: Largest,
}

impl Exploration {
    /// No rows yet.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self::with_limits(options, Limits::default())
    }

    pub(crate) fn with_limits(options: &Options, limits: Limits) -> Self {
        Self {
            options: options.clone(),
            limits,
            clock: Clock::new(options.zone.clone()),
            rows: 0,
            order: RowOrder::default(),
            unset: [0; OPTIONAL.len()],
            oddities: [0; ODDITIES],
            locals: [0; 2],
            missed_bytes: 0,
            missed_rows: 0,
            moments: Moments::default(),
            bins: vec![Bins::default(); COLUMNS],
            timeline: Timeline::default(),
            written: Timeline::default(),
            uids: Uids::default(),
            without_local: 0,
            strangers: FrequentItemsSketch::new(STRANGERS).expect("the number of counters is allowed"),
            protocols: Vocabulary::default(),
            services: Vocabulary::default(),
            states: Vocabulary::default(),
            addresses: Addresses::default(),
            tcp: Attempts::default(),
            conversations: Conversations::default(),
            details: Details::default(),
            source_ports: Ports::default(),
            destination_ports: Ports::default(),
            answered_ports: Ports::default(),
            host_ports: FrequentItemsSketch::new(PORT_COUNTERS).expect("the number of counters is allowed"),
            focus_ports: if options.host.is_some() { vec![0; 1 << 16] } else { Vec::new() },
            longest: Largest::default(),
            uploads: Largest::default(),
            most_sent: Largest::default(),
        }
    }

    /// Adds the rows of the next part of the log.
    pub fn merge(&mut self, part: Partial) {
        self.rows += part.rows;
        self.order.merge(&part.order);
        self.merge_marks(&part);
        self.missed_bytes = self.missed_bytes.saturating_add(part.missed_bytes);
        self.missed_rows += part.missed_rows;
        for (bins, part) in self.bins.iter_mut().zip(&part.bins) {
            bins.merge(part);
        }
        for (quarter, cell) in part.quarters.entries() {
            self.timeline.add(*quarter, cell);
        }
        self.timeline.outside += part.without_time;
        for (quarter, cell) in part.written.entries() {
            self.written.add(*quarter, cell);
        }
        part.uids.iter().for_each(|uid| self.uids.add(*uid, Uids::LIMIT));
        self.without_local += part.without_local;
        for (network, rows) in part.strangers.entries() {
            self.strangers.update_with_count(*network, *rows);
        }
        self.merge_hosts(&part);
        for (words, part) in [(&mut self.protocols, part.protocols), (&mut self.states, part.states)] {
            for (word, seen) in part.into_entries() {
                words.add(&word, seen);
            }
        }
        self.moments.merge(part.moments);
        self.longest.merge(part.longest);
        self.uploads.merge(part.uploads);
        self.most_sent.merge(part.most_sent);
    }

    fn merge_marks(&mut self, part: &Partial) {
        let is_set = |mark: u64, bit: usize| mark >> bit & 1 == 1;
        for &(mark, rows) in part.marks.entries() {
            let counters = self.unset.iter_mut().enumerate();
            let counters =
                counters.chain(self.oddities.iter_mut().enumerate().map(|(i, rows)| (i + marks::ODD, rows)));
            let locals = [marks::LOCAL_ORIG, marks::LOCAL_RESP].into_iter().zip(&mut self.locals);
            for (bit, counter) in counters.chain(locals) {
                *counter += u64::from(is_set(mark, bit)) * rows;
            }
        }
    }

    fn merge_hosts(&mut self, part: &Partial) {
        let limits = (self.limits.addresses, self.limits.local_addresses);
        // For each address of the part its number, and its place among those with details.
        let mut numbers = Vec::with_capacity(part.addresses.len());
        let mut places = Vec::with_capacity(part.addresses.len());
        for (address, seen) in part.addresses.entries() {
            self.tcp.add(seen.tcp);
            let is_focus = self.options.host == Some(*address);
            let number = self.addresses.add(*address, seen, limits, is_focus);
            places.push(number.map(|number| self.details.place(number)));
            numbers.push(number);
        }
        self.merge_conversations(part, &numbers);
        self.merge_details(part, &numbers, &places);
        let (details, conversations) = (&mut self.details, &mut self.conversations);
        let (addresses, focus) = (&self.addresses, self.options.host);
        conversations
            .shrink(self.limits.conversations, self.limits.sketched, |number| addresses.address(number));
        details.shrink(self.limits.details, self.limits.entries, |detail| {
            let is_focus = focus == Some(addresses.address(detail.host));
            (is_focus || addresses.is_local(detail.host), if is_focus { u64::MAX } else { detail.rows })
        });
    }

    fn merge_conversations(&mut self, part: &Partial, numbers: &[Option<u32>]) {
        let addresses = part.addresses.entries();
        for (key, conversation) in part.conversations.entries() {
            let (orig, resp) = (key.orig as usize, key.resp as usize);
            let answered = Answered {
                rows: conversation.tally.rows - conversation.unanswered,
                example: Some((addresses[orig].0, addresses[resp].0, conversation.first)),
            };
            self.destination_ports.add(key.transport, key.port, conversation.tally);
            self.answered_ports.add(key.transport, key.port, answered);
            let sketched = self.limits.sketched;
            let rows = (conversation.tally.rows, key.transport.has_ports());
            match (numbers[orig], numbers[resp]) {
                (Some(orig), Some(resp)) => {
                    self.conversations.add(Key { orig, resp, ..*key }, conversation);
                }
                (Some(number), None) => {
                    self.conversations.add_nameless((number, false), addresses[resp].0, rows, sketched);
                }
                (None, Some(number)) => {
                    self.conversations.add_nameless((number, true), addresses[orig].0, rows, sketched);
                }
                (None, None) => self.conversations.forgotten += rows.0,
            }
        }
    }

    fn merge_details(&mut self, part: &Partial, numbers: &[Option<u32>], places: &[Option<usize>]) {
        for ((_, seen), place) in part.addresses.entries().iter().zip(places) {
            if let Some(place) = place {
                self.details.at(*place).all += seen.rows();
            }
        }
        for &((host, quarter), rows) in part.host_quarters.entries() {
            if let Some(place) = places[host as usize] {
                self.details.at(place).add_time(self.clock.at_quarter(quarter), rows);
            }
        }
        let services: Vec<_> = part
            .services
            .entries()
            .iter()
            .map(|(name, seen)| self.services.add(&set_name(name), seen.clone()))
            .collect();
        for &((host, service, responded), tally) in part.host_services.entries() {
            if let (Some(place), Some(service)) = (places[host as usize], services[service as usize]) {
                let services = &mut self.details.at(place).services[usize::from(responded)];
                services.entry(service).or_default().add(tally);
            }
        }
        let focus = self.options.host.and_then(|host| part.addresses.find(&host));
        for &SourcePort { tally, host, port, transport } in &part.source_ports {
            self.source_ports.add(transport, port, tally);
            let (Some(number), Some(place)) = (numbers[host as usize], places[host as usize]) else {
                continue;
            };
            self.details.at(place).add_port(port);
            if focus == Some(host as usize) {
                self.focus_ports[usize::from(port)] += 1;
            } else {
                self.host_ports.update(u64::from(number) << 16 | u64::from(port));
            }
        }
    }

    /// Whether a day lies between the first and the last that is told.
    pub(crate) fn has_day(&self, day: i32) -> bool {
        let day_of = |quarter| self.clock.at_quarter(quarter).day;
        self.timeline.range().is_some_and(|(first, last)| (day_of(first)..=day_of(last)).contains(&day))
    }

    /// All that is known. `health` is told by who read the logs, and becomes part of it.
    #[must_use]
    pub fn finish(mut self, health: &Health) -> Statistics {
        self.timeline.leave_out_strays();
        self.written.leave_out_strays();
        crate::summary::of(&self, health)
    }
}
