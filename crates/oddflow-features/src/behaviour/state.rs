//! What the recipe carries from row to row, and the features that come of it. `saved` has it as bytes.

mod saved;

use super::activity::Activity;
use super::bounded::BoundedMap;
use super::channel::Channel;
use super::columns::{BEHAVIOUR, NUMERIC, ROW, behaviour as at};
use super::decay::DAY;
use super::destination::{Audience, Load};
use super::evictions::Evictions;
use super::fields::Field;
use super::flow::Flow;
use super::hash::join;
use super::interim::{Interim, InterimRow, pair_of};
use super::logarithm::ln_1p;
use super::novelty::{Calendar, Count, bits_of, surplus};
use super::pair::{Pair, Sweep};
use super::portable::portable;
use super::traffic_class::TrafficClass;
use super::volume::{Source, Volume};

/// The features of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// The numbers, in the order of [`COLUMNS`](super::COLUMNS).
    pub numbers: [f32; NUMERIC],
    /// The tokens, a bit each from the lowest.
    pub tokens: u128,
    /// The class of the connection.
    pub class: TrafficClass,
    /// The channel's regularity where its two hosts had not met by the believed counts, else 0.
    pub new_regular: f32,
    /// Which of the novelties are of something that was never seen by the believed counts, a bit each from the lowest.
    pub never_seen: u8,
}

impl Default for Features {
    fn default() -> Self {
        let class = TrafficClass::from_index(0).expect("there are classes");
        Self { numbers: [0.0; NUMERIC], tokens: 0, class, new_regular: 0.0, never_seen: 0 }
    }
}

/// The recipe's memory. Bounded: [`bytes_when_full`](Self::bytes_when_full), and some 12 MB where rows of open connections come.
#[derive(Clone, Debug)]
pub struct State {
    rows: u64,
    /// What was forgotten when it was read, as there was less room than before.
    cut: Evictions,
    /// When decayed statistics were last looked for.
    swept: f64,
    calendar: Calendar,
    /// By source and class.
    activity: BoundedMap<Activity>,
    /// By source, destination and transport.
    pairs: BoundedMap<Pair>,
    /// By source, port and transport.
    sweeps: BoundedMap<PortOfSource>,
    /// By source, destination, port and transport.
    channels: BoundedMap<Channel>,
    /// By destination and transport.
    loads: BoundedMap<Load>,
    /// By destination.
    audiences: BoundedMap<Audience>,
    /// By source and destination.
    volumes: BoundedMap<Volume>,
    /// By source.
    sources: BoundedMap<Source>,
    /// By destination, port and transport.
    services: BoundedMap<Count>,
    /// By source, service and transport.
    services_of_source: BoundedMap<Count>,
    /// By transport, service, port and state.
    kinds: BoundedMap<Count>,
    /// By transport, state and history.
    histories: BoundedMap<Count>,
    /// Connections that are still open.
    interim: Interim,
}

/// The keys of a row's entries.
struct Keys {
    pair: u64,
    channel: u64,
    pair_transport: u64,
    source_port: u64,
    activity: u64,
    load: u64,
    service: u64,
    service_of_source: u64,
    kind: u64,
    history: u64,
}

impl Keys {
    #[inline]
    fn of(flow: &Flow) -> Self {
        let transport = flow.transport as u64;
        let port = join(flow.port_key(), transport);
        let pair = pair_of(flow);
        let ended = transport << 8 | u64::from(flow.state);
        Self {
            pair,
            channel: join(pair, port),
            pair_transport: join(pair, transport),
            source_port: join(flow.source, port),
            activity: join(flow.source, flow.class.index() as u64),
            load: join(flow.destination, transport),
            service: join(flow.destination, port),
            service_of_source: join(join(flow.source, flow.service), transport),
            kind: join(join(flow.service, flow.service_port()), ended),
            history: join(flow.history, ended),
        }
    }
}

/// A port that a source goes to.
#[derive(Clone, Debug, Default)]
struct PortOfSource {
    sweep: Sweep,
    seen: Count,
}
portable!(PortOfSource { sweep, seen });

// Entries of each map. Pairs and channels of a week of a household are some 30,000, of an office some 200,000.
const PAIRS: usize = 200_000;
const CHANNELS: usize = 200_000;
const SERVICES: usize = 200_000;
const HOSTS: usize = 100_000;
const KINDS: usize = 12_000;

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rows: 0,
            cut: Evictions::default(),
            swept: f64::NEG_INFINITY,
            calendar: Calendar::default(),
            activity: BoundedMap::new(HOSTS),
            pairs: BoundedMap::new(PAIRS),
            sweeps: BoundedMap::new(HOSTS),
            channels: BoundedMap::new(CHANNELS),
            loads: BoundedMap::new(HOSTS),
            audiences: BoundedMap::new(HOSTS),
            volumes: BoundedMap::new(PAIRS),
            sources: BoundedMap::new(HOSTS),
            services: BoundedMap::new(SERVICES),
            services_of_source: BoundedMap::new(HOSTS),
            kinds: BoundedMap::new(KINDS),
            histories: BoundedMap::new(KINDS),
            interim: Interim::new(),
        }
    }

    /// The later part of the baseline begins: from here on novelty is measured against what came before.
    ///
    /// # Panics
    /// It has begun before.
    pub fn begin_calibration(&mut self) {
        self.calendar.begin_calibration();
    }

    /// The baseline is over: novelty is measured against all of it, and from the second day on against what came up to the
    /// day before.
    ///
    /// # Panics
    /// It was over before, or calibration had not begun.
    pub fn end_baseline(&mut self) {
        self.calendar.end_baseline();
    }

    /// Rows taken in so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes that it takes with all maps full but for those of open connections, which are no matter of shares, each with a share of its usual room: above 0, at most 1.
    #[must_use]
    pub fn bytes_when_full(share: f64) -> u64 {
        let hosts = BoundedMap::<Activity>::bytes_when_full(part(HOSTS, share))
            + BoundedMap::<PortOfSource>::bytes_when_full(part(HOSTS, share))
            + BoundedMap::<Load>::bytes_when_full(part(HOSTS, share))
            + BoundedMap::<Audience>::bytes_when_full(part(HOSTS, share))
            + BoundedMap::<Source>::bytes_when_full(part(HOSTS, share));
        let pairs = BoundedMap::<Pair>::bytes_when_full(part(PAIRS, share))
            + BoundedMap::<Channel>::bytes_when_full(part(CHANNELS, share))
            + BoundedMap::<Volume>::bytes_when_full(part(PAIRS, share));
        let counts = BoundedMap::<Count>::bytes_when_full(part(SERVICES, share))
            + BoundedMap::<Count>::bytes_when_full(part(HOSTS, share))
            + 2 * BoundedMap::<Count>::bytes_when_full(part(KINDS, share));
        (hosts + pairs + counts) as u64
    }

    /// What was forgotten when the state was read, as it had more than there is room for now. It counts among the
    /// [evictions](Self::evictions).
    #[must_use]
    pub fn cut(&self) -> Evictions {
        self.cut
    }

    /// What was forgotten so far because a map was full.
    #[must_use]
    pub fn evictions(&self) -> Evictions {
        Evictions {
            hosts: self.activity.evicted()
                + self.sweeps.evicted()
                + self.loads.evicted()
                + self.audiences.evicted()
                + self.sources.evicted(),
            pairs: self.pairs.evicted() + self.channels.evicted() + self.volumes.evicted(),
            counts: self.services.evicted()
                + self.services_of_source.evicted()
                + self.kinds.evicted()
                + self.histories.evicted(),
            open: self.interim.evicted(),
        }
    }

    /// Takes in what a log says of a connection that is still open. Its bytes count once the connections have come to the moment that
    /// it tells of; nothing else of it does.
    pub fn take(&mut self, row: &InterimRow) {
        self.interim.take(row);
    }

    /// Brings what rows will need into the processor's cache: some dozens of rows at a time, so that it stays there. Changes nothing.
    ///
    /// A row needs ten entries of tables that are larger than the cache. One look-up after the other waits for memory each
    /// time; many in a row, with nothing between them, wait together.
    pub fn prefetch(&self, flows: &[Flow]) {
        for flow in flows {
            let keys = Keys::of(flow);
            self.channels.touch(keys.channel);
            self.pairs.touch(keys.pair_transport);
            self.sweeps.touch(keys.source_port);
            self.activity.touch(keys.activity);
            self.loads.touch(keys.load);
            self.volumes.touch(keys.pair);
            self.audiences.touch(flow.destination);
            self.sources.touch(flow.source);
            self.services.touch(keys.service);
            self.services_of_source.touch(keys.service_of_source);
        }
    }

    /// Takes in the next row and writes its features to `out`.
    pub fn update(&mut self, flow: &Flow, out: &mut Features) {
        let now = flow.end;
        let row = self.rows;
        self.rows += 1;
        self.calendar.advance(now);
        if (now - self.swept).abs() > SWEEP {
            self.sweep(now);
        }
        let calendar = &self.calendar;
        let never = || calendar.never();
        let failed = f64::from(u8::from(flow.failed));
        let keys = Keys::of(flow);
        let size = flow.row[1];

        out.tokens = flow.tokens;
        out.class = flow.class;
        out.numbers[..ROW].copy_from_slice(&flow.row);
        let (behaviour, novelty) = out.numbers[ROW..].split_at_mut(BEHAVIOUR);

        let channel = self.channels.at(keys.channel, row, || Channel::new(flow.start, size));
        let new_service = channel.fresh(now);
        let channel = channel.update(flow.start, now, size);
        let pair = self.pairs.at(keys.pair_transport, row, Pair::new);
        let new_destination = pair.fresh(now);
        let pair = pair.update(now, new_service);
        let of_source =
            self.sweeps.at(keys.source_port, row, || PortOfSource { sweep: Sweep::new(now), seen: never() });
        let horizontal = of_source.sweep.update(now, new_service);
        let port_of_source = of_source.seen.add(calendar);
        let activity = self.activity.at(keys.activity, row, || Activity::new(now));
        let activity = activity.update(now, new_destination, failed);
        for i in 0..3 {
            let step = &mut behaviour[i * at::STEP..][..at::STEP];
            step[at::FAN] = (activity.fan[i] * new_destination[i]) as f32;
            step[at::VERTICAL] = (pair.vertical[i] * new_service[i]) as f32;
            step[at::HORIZONTAL] = (horizontal[i] * new_service[i]) as f32;
            step[at::FAIL] = (activity.failures[i] * failed) as f32;
            step[at::N] = activity.connections[i] as f32;
        }
        let load = self.loads.at(keys.load, row, || Load::new(now)).update(now, failed);
        let volume = self.volumes.at(keys.pair, row, || Volume::new(never()));
        let met = volume.seen.add(calendar);
        let volume = match self.interim.is_used() {
            false => volume.update(now, flow.orig_bytes, flow.resp_bytes),
            true => {
                self.interim.advance(now);
                let [orig_bytes, resp_bytes] = self.interim.close(flow);
                let mut volume = volume.update(now, orig_bytes, resp_bytes);
                let moved = self.interim.moved(keys.pair, now);
                // What a log doesn't tell is not known of its rows, whatever other logs say.
                if !flow.absent.holds(Field::OrigBytes) {
                    volume.out_hour += moved.out_hour;
                    volume.out_day += moved.out_day;
                }
                if !flow.absent.holds(Field::RespBytes) {
                    volume.in_hour += moved.in_hour;
                }
                volume
            }
        };
        let audience = self.audiences.at(flow.destination, row, || Audience::new(now, never()));
        let destination_seen = audience.seen.add(calendar);
        let new_sources = audience.update(now, volume.fresh);
        let source = self.sources.at(flow.source, row, || Source::new(now, never()));
        let source_seen = source.seen.add(calendar);
        let dns = if flow.is_dns() { source.add_dns(now, flow.orig_bytes) } else { 0.0 };

        behaviour[at::PAIR_N60] = pair.connections[0] as f32;
        behaviour[at::PAIR_N3600] = pair.connections[2] as f32;
        behaviour[at::DST_N60] = load.short as f32;
        behaviour[at::DST_N3600] = load.long as f32;
        behaviour[at::DST_NEW_SRC] = (new_sources * volume.fresh) as f32;
        behaviour[at::CH_N] = channel.recent as f32;
        behaviour[at::CH_GAP] = channel.gap;
        behaviour[at::CH_AGE] = channel.age;
        behaviour[at::PAIR_OUT_1H] = volume.out_hour as f32;
        behaviour[at::PAIR_OUT_24H] = volume.out_day as f32;
        behaviour[at::PAIR_IN_1H] = volume.in_hour as f32;
        behaviour[at::DNS_BYTES] = dns as f32;
        behaviour[at::LONG] = (flow.end - flow.start - LONG_AFTER).max(0.0) as f32;
        for place in at::NOT_LOG {
            behaviour[place] = 0.0;
        }
        ln_1p(behaviour);
        behaviour[at::FAIL_RATIO] = (activity.failures[1] / (activity.connections[1] + 3.0) * failed) as f32;
        behaviour[at::DST_FAIL_RATIO] = (load.failures / (load.long + 3.0) * failed) as f32;
        behaviour[at::CH_REGULAR] = channel.regularity;
        behaviour[at::CH_CV] = channel.variation;
        behaviour[at::CH_SIZE_DEV] = channel.size_off;

        let rows = calendar.rows();
        let of_source = u64::from(source_seen);
        let count = |map: &mut BoundedMap<Count>, key| map.at(key, row, never).add(calendar);
        let service = count(&mut self.services, keys.service);
        let kind = count(&mut self.kinds, keys.kind);
        let service_of_source = count(&mut self.services_of_source, keys.service_of_source);
        let history = count(&mut self.histories, keys.history);
        out.never_seen = 0;
        let counts = [
            (destination_seen, rows),
            (met, of_source),
            (port_of_source, of_source),
            (service, rows),
            (kind, rows),
            (service_of_source, of_source),
            (source_seen, rows),
            (history, rows),
        ];
        for (i, (ratio, (count, of))) in novelty.iter_mut().zip(counts).enumerate() {
            *ratio = surplus(count, of);
            out.never_seen |= u8::from(count == 0) << i;
        }
        bits_of(novelty);
        self.calendar.add_row();
        out.new_regular = if met == 0 { channel.regularity } else { 0.0 };
    }

    /// Forgets statistics that have decayed to nothing, so that hosts which are gone take no room.
    fn sweep(&mut self, now: f64) {
        self.swept = now;
        let is_live = |last: f64| now - last <= DAY;
        self.activity.retain(|activity| is_live(activity.last()));
        self.pairs.retain(|pair| is_live(pair.last()));
        self.loads.retain(|load| is_live(load.last()));
    }
}

/// Seconds between two looks for what has decayed.
const SWEEP: f64 = 6.0 * 3600.0;
/// Connections longer than this, in seconds, are long.
const LONG_AFTER: f64 = 300.0;
/// Fewest entries of a map.
const LEAST: usize = 1024;

/// A share of the usual entries.
fn part(entries: usize, share: f64) -> usize {
    ((entries as f64 * share) as usize).clamp(LEAST, entries)
}
