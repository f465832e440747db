//! The statistics of some rows that follow each other, made in any thread.
//!
//! A partial holds what is dear to compute from text and records, in small tables of its own; [`Exploration::merge`] adds it to the
//! whole, in the order of the log. Its memory grows with its rows: it is meant for a part of a log of some thousand rows.
//!
//! [`Exploration::merge`]: crate::Exploration::merge

use std::net::IpAddr;
use std::sync::Arc;

use zeek_log::ConnRecord;

use crate::address::{Address, Attempts, is_group, is_local};
use crate::bins::Binned;
use crate::columns::{COLUMNS, duration, numbers};
use crate::connection::{Largest, Transport, is_unanswered};
use crate::conversation::{Conversation, Key};
use crate::moments::Moments;
use crate::network::{Network, neighbourhood};
use crate::oddity;
use crate::order::RowOrder;
use crate::repeats;
use crate::table::Table;
use crate::tally::Tally;
use crate::timeline::{Quarter, quarter};
use crate::unset;
use crate::vocabulary::Word;

/// A connection's source port, and who it is from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourcePort {
    pub(crate) tally: Tally,
    pub(crate) host: u32,
    pub(crate) port: u16,
    pub(crate) transport: Transport,
}

/// The statistics of some rows that follow each other in a log.
#[derive(Clone, Debug, Default)]
pub struct Partial {
    pub(crate) rows: u64,
    pub(crate) order: RowOrder,
    /// Rows by what is unset and what is odd about them: see [`marks`].
    pub(crate) marks: Table<u64, u64>,
    pub(crate) missed_bytes: u64,
    pub(crate) missed_rows: u64,
    pub(crate) moments: Moments,
    pub(crate) bins: [Binned; COLUMNS],
    pub(crate) quarters: Table<i32, Quarter>,
    pub(crate) without_time: u64,
    pub(crate) written: Table<i32, Quarter>,
    /// Hashes of uids.
    pub(crate) uids: Vec<u64>,
    local: Arc<[Network]>,
    pub(crate) without_local: u64,
    /// Rows of which neither side is local, by the network of the originator.
    pub(crate) strangers: Table<IpAddr, u64>,
    pub(crate) protocols: Table<Box<str>, Word>,
    pub(crate) services: Table<Box<str>, Word>,
    pub(crate) states: Table<Box<str>, Word>,
    pub(crate) addresses: Table<IpAddr, Address>,
    /// Numbers of hosts are places in `addresses`.
    pub(crate) conversations: Table<Key, Conversation>,
    pub(crate) source_ports: Vec<SourcePort>,
    /// Rows by host and quarter.
    pub(crate) host_quarters: Table<(u32, i32), u64>,
    /// By host, place in `services`, and whether the host responded.
    pub(crate) host_services: Table<(u32, u32, bool), Tally>,
    pub(crate) longest: Largest,
    pub(crate) uploads: Largest,
    pub(crate) most_sent: Largest,
}

/// Bits of a mark: what is unset, from bit 0; what is odd, from bit 32; whether a side is local, at bits 48 and 49.
pub(crate) mod marks {
    pub(crate) const ODD: usize = 32;
    pub(crate) const LOCAL_ORIG: usize = 48;
    pub(crate) const LOCAL_RESP: usize = 49;
}

impl Partial {
    /// No rows yet; local are these networks. Where there are none, local is what Zeek says, else private addresses.
    #[must_use]
    pub fn new(local: &Arc<[Network]>) -> Self {
        Self { local: Arc::clone(local), ..Self::default() }
    }

    /// Takes the next row.
    pub fn add(&mut self, record: &ConnRecord<'_>) {
        let transport = Transport::of(record.proto);
        let tally = Tally::one(record.orig_bytes.unwrap_or(0), record.resp_bytes.unwrap_or(0));
        self.rows += 1;
        self.order.add(record.ts);
        self.add_marks(record, transport);
        let missed = record.missed_bytes.unwrap_or(0);
        self.missed_bytes = self.missed_bytes.saturating_add(missed);
        self.missed_rows += u64::from(missed > 0);

        let (mask, values) = numbers(record);
        self.moments.add(mask, &values);
        for (i, bins) in self.bins.iter_mut().enumerate() {
            if mask & 1 << i != 0 {
                bins.add(values[i]);
            }
        }
        let quarter = quarter(record.ts);
        match quarter {
            Some(quarter) => self.quarters.entry(quarter).add(record.ts, tally),
            None => self.without_time += 1,
        }
        self.add_end(record);
        self.uids.extend(record.uid.map(repeats::hash));
        let local =
            [self.said(record.orig_h, record.local_orig), self.said(record.resp_h, record.local_resp)];
        self.add_locality(record, local);
        self.add_words(record, tally);
        self.add_hosts(record, transport, (tally, quarter), local);
        self.add_extremes(record, tally, local);
    }

    /// Whether an address is local, as far as somebody has said so: the owner of the network goes before Zeek.
    #[inline]
    fn said(&self, address: IpAddr, zeek: Option<bool>) -> Option<bool> {
        if self.local.is_empty() { zeek } else { Some(self.local.iter().any(|one| one.contains(address))) }
    }

    fn add_end(&mut self, record: &ConnRecord<'_>) {
        let end = record.ts + duration(record).unwrap_or(0.0);
        if let Some(quarter) = quarter(end) {
            self.written.entry(quarter).add(end, Tally { rows: 1, ..Tally::default() });
        }
    }

    fn add_locality(&mut self, record: &ConnRecord<'_>, local: [Option<bool>; 2]) {
        if is_local(record.orig_h, local[0]) || is_local(record.resp_h, local[1]) {
            return;
        }
        self.without_local += 1;
        if let Some(network) = neighbourhood(record.orig_h) {
            *self.strangers.entry(network.address) += 1;
        }
    }

    fn add_marks(&mut self, record: &ConnRecord<'_>, transport: Transport) {
        let mark = u64::from(unset::of(record))
            | u64::from(oddity::of(record, transport)) << marks::ODD
            | u64::from(record.local_orig == Some(true)) << marks::LOCAL_ORIG
            | u64::from(record.local_resp == Some(true)) << marks::LOCAL_RESP;
        *self.marks.entry(mark) += 1;
    }

    fn add_words(&mut self, record: &ConnRecord<'_>, tally: Tally) {
        let state = record.conn_state.filter(|state| !state.is_empty()).unwrap_or("-");
        for (words, word) in [(&mut self.protocols, record.proto), (&mut self.states, state)] {
            let place = words.place_of(word);
            words.value(place).add(tally);
        }
    }

    fn add_hosts(
        &mut self,
        record: &ConnRecord<'_>,
        transport: Transport,
        (tally, quarter): (Tally, Option<i32>),
        local: [Option<bool>; 2],
    ) {
        let service = record.service.filter(|service| !service.is_empty()).unwrap_or("-");
        let service = self.services.place_of(service);
        self.services.value(service).add_example(record, tally);
        let service = service as u32;

        let orig = self.addresses.place(record.orig_h);
        let resp = self.addresses.place(record.resp_h);
        let one = self.addresses.value(orig);
        one.add(record.ts, local[0]);
        one.orig.add(tally);
        let one = self.addresses.value(resp);
        one.add(record.ts, local[1]);
        one.resp.add(tally);
        let (orig, resp) = (orig as u32, resp as u32);

        let port = if transport.has_ports() { record.resp_p } else { 0 };
        let key = Key { orig, resp, port, transport };
        let unanswered = is_unanswered(transport, record.conn_state);
        if transport == Transport::Tcp {
            let attempt = Attempts { rows: 1, failed: u64::from(unanswered) };
            self.addresses.value(orig as usize).tcp.add(attempt);
        }
        self.conversations.entry(key).add(record.ts, tally, unanswered);
        if transport.has_ports() {
            self.source_ports.push(SourcePort { tally, host: orig, port: record.orig_p, transport });
        }
        if let Some(quarter) = quarter {
            *self.host_quarters.entry((orig, quarter)) += 1;
            *self.host_quarters.entry((resp, quarter)) += 1;
        }
        self.host_services.entry((orig, service, false)).add(tally);
        self.host_services.entry((resp, service, true)).add(tally);
    }

    fn add_extremes(&mut self, record: &ConnRecord<'_>, tally: Tally, local: [Option<bool>; 2]) {
        if let Some(duration) = duration(record).filter(|duration| *duration > 0.0) {
            self.longest.add(record, duration, false);
        }
        if tally.orig_bytes > 0 {
            self.most_sent.add(record, tally.orig_bytes as f64, false);
        }
        // Who sends to the outside may have been asked to: both directions count.
        let from_orig = is_local(record.orig_h, local[0]);
        if from_orig != is_local(record.resp_h, local[1]) {
            let sent = if from_orig { tally.orig_bytes } else { tally.resp_bytes };
            if sent > 0 && !is_group(record.resp_h) {
                self.uploads.add(record, sent as f64, !from_orig);
            }
        }
    }

    /// Does what can be done before merging, in the thread that made the partial.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.moments.settle();
        self
    }
}
