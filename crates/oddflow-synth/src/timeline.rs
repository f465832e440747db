//! Puts all activities and attacks on one line of time, slice by slice, and hands rows on in the order of Zeek.
//!
//! A slice is an hour, or less where an hour has many rows. What happens in a slice is made at once; connections that
//! end in it are handed on by their end, those that end later wait. So memory is that of a slice and of what is open,
//! whatever the number of rows.

use std::io;

use jiff::Timestamp;

use crate::attacks::{Campaign, campaigns};
use crate::emitter::Emitter;
use crate::event::{Body, Event};
use crate::flow::{Flow, Micros};
use crate::network::Network;
use crate::random::Rng;
use crate::rhythm::{HOUR, weight};
use crate::settings::{Error, Settings};
use crate::summary::{CampaignSummary, Summary};
use crate::traffic::{Activity, Browse, Pace, Scanner, activities, scanner};

/// Rows that a slice of time has on average, at most.
const SLICE_ROWS: f64 = 8_000.0;

/// A slice of time, within one hour of the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Beginning of the slice.
    pub begin: Micros,
    /// Its end, exclusive.
    pub end: Micros,
    /// Connections that ended in it, by their end.
    pub flows: Vec<Flow>,
    /// Rows of other logs that Zeek wrote in it, by the time of writing.
    pub events: Vec<Event>,
}

/// Takes what is generated, slice by slice.
pub trait Sink {
    /// Takes the next slice.
    ///
    /// # Errors
    /// Any error ends the generation.
    fn take(&mut self, batch: Batch) -> io::Result<()>;
}

/// Generates everything that the settings ask for.
///
/// # Errors
/// [`Error::Settings`] where a setting is out of range, [`Error::Sink`] where the sink gives up.
pub fn generate(settings: &Settings, sink: &mut dyn Sink) -> Result<Summary, Error> {
    settings.check()?;
    let mut timeline = Timeline::new(settings);
    let mut summary = Summary::default();
    for (begin, end) in slices(settings) {
        timeline.live(begin, end);
        let batch = timeline.due(begin, end);
        summary.rows += batch.flows.len() as u64;
        for event in &batch.events {
            match event.body {
                Body::Dns(_) => summary.dns += 1,
                Body::Http(_) => summary.http += 1,
                Body::Ssl(_) => summary.ssl += 1,
            }
        }
        sink.take(batch).map_err(Error::Sink)?;
    }
    summary.campaigns = timeline.campaigns.iter().enumerate().filter_map(|(i, c)| summarise(i, c)).collect();
    Ok(summary)
}

/// Name of a campaign in `labels.tsv`.
pub(crate) fn campaign_name(index: usize, kind: &str) -> String {
    format!("{kind}-{}", index + 1)
}

pub(crate) fn summarise(index: usize, campaign: &Campaign) -> Option<CampaignSummary> {
    let (first, last) = campaign.seen?;
    Some(CampaignSummary {
        kind: campaign.kind,
        name: campaign_name(index, campaign.kind),
        attacker: campaign.attack.attacker(),
        target: campaign.attack.target(),
        rows: campaign.rows,
        first: Timestamp::from_microsecond(first).ok()?,
        last: Timestamp::from_microsecond(last).ok()?,
    })
}

/// The slices of time: hours of the clock, cut into equal parts where they hold many rows.
fn slices(settings: &Settings) -> impl Iterator<Item = (Micros, Micros)> + use<> {
    let (begin, end) = settings.span();
    let hours = (end - begin) as f64 / HOUR as f64;
    let parts = (settings.rows as f64 / hours / SLICE_ROWS).ceil().clamp(1.0, 36_000.0) as Micros;
    let length = HOUR / parts;
    let mut at = begin;
    std::iter::from_fn(move || {
        let hour = at.div_euclid(HOUR) * HOUR;
        // The last part takes what the division left.
        let part = (at - hour) / length + 1;
        let next = if part >= parts { hour + HOUR } else { hour + part * length };
        let slice = (at, next.min(end));
        at = next;
        (slice.0 < end).then_some(slice)
    })
}

/// One activity and how far it is.
struct Habit {
    activity: Box<dyn Activity>,
    /// Rows planned in all.
    rows: f64,
    /// Weight of the whole time, and of what is past.
    weight: f64,
    past: f64,
    emitted: u64,
    sessions: u64,
}

struct Timeline {
    network: Network,
    out: Emitter,
    habits: Vec<Habit>,
    scanner: Scanner,
    campaigns: Vec<Campaign>,
    /// Rows of the activity that fills the rest, and the weight of its time to come.
    filler: Habit,
    begin: Micros,
    end: Micros,
    seed: u64,
}

impl Timeline {
    fn new(settings: &Settings) -> Self {
        let (begin, end) = settings.span();
        let seed = settings.seed;
        let network = Network::new(seed, settings.hosts);
        let campaigns =
            if settings.attacks { campaigns(settings.rows, begin, end, seed, &network) } else { Vec::new() };
        let attacked: u64 = campaigns.iter().map(Campaign::remaining).sum();
        let benign = settings.rows.saturating_sub(attacked) as f64;
        let habit = |activity: Box<dyn Activity>| {
            let pace = activity.pace();
            let weight = slices(settings).map(|(begin, end)| weight(pace, begin, end, seed)).sum();
            let rows = benign * activity.share();
            Habit { activity, rows, weight, past: 0.0, emitted: 0, sessions: 0 }
        };
        Self {
            network,
            out: Emitter::new(Rng::new(seed, "traffic"), settings.rows),
            habits: activities().into_iter().map(habit).collect(),
            scanner: Scanner::new((benign * scanner::SHARE) as u64, begin, end, seed),
            campaigns,
            filler: habit(Box::new(Browse)),
            begin,
            end,
            seed,
        }
    }

    /// Lets everything happen that begins in a slice.
    fn live(&mut self, begin: Micros, end: Micros) {
        let (network, out) = (&self.network, &mut self.out);
        out.ends = (begin, self.end);
        self.scanner.advance(end, network, out);
        for (i, campaign) in self.campaigns.iter_mut().enumerate() {
            out.campaign = Some(i as u16);
            campaign.advance(end, network, out);
        }
        out.campaign = None;
        for habit in &mut self.habits {
            match habit.activity.pace() {
                Pace::Steady(rows) => habit.by_the_clock(rows, self.begin, self.end, end, network, out),
                pace => habit.by_chance(pace, begin, end, self.seed, network, out),
            }
        }
        self.fill(begin, end);
    }

    /// What the others leave, now and later, shared out over the time to come; at the end, exactly.
    fn fill(&mut self, begin: Micros, end: Micros) {
        let (network, out, filler) = (&self.network, &mut self.out, &mut self.filler);
        let to_come = self.scanner.remaining()
            + self.campaigns.iter().map(Campaign::remaining).sum::<u64>()
            + self.habits.iter().map(Habit::remaining).sum::<u64>();
        let last = end == self.end;
        let rest = out.limit.saturating_sub(out.emitted + if last { 0 } else { to_come }) as f64;
        let now = weight(filler.activity.pace(), begin, end, self.seed);
        let share = now / (filler.weight - filler.past).max(now);
        filler.past += now;
        // What is less than a row is left to chance, or small slices would never get any.
        let target = if last { out.limit } else { out.emitted + (rest * share + out.rng.unit()) as u64 };
        while out.emitted < target {
            let at = begin + (out.rng.unit() * (end - begin) as f64) as Micros;
            filler.activity.session(filler.sessions, at, network, out);
            filler.sessions += 1;
        }
    }

    /// Takes out what ends in the slice, in order.
    fn due(&mut self, begin: Micros, end: Micros) -> Batch {
        let mut flows: Vec<Flow> = self.out.flows.extract_if(.., |flow| flow.end() < end).collect();
        flows.sort_unstable_by_key(|flow| (flow.end(), flow.sequence));
        let mut events: Vec<Event> = self.out.events.extract_if(.., |event| event.written < end).collect();
        events.sort_unstable_by_key(|event| (event.written, event.sequence));
        Batch { begin, end, flows, events }
    }
}

impl Habit {
    /// Rows still to come, about.
    fn remaining(&self) -> u64 {
        (self.rows - self.emitted as f64).max(0.0) as u64
    }

    fn session(&mut self, at: Micros, network: &Network, out: &mut Emitter) {
        let before = out.emitted;
        self.activity.session(self.sessions, at, network, out);
        self.emitted += out.emitted - before;
        self.sessions += 1;
    }

    fn by_chance(
        &mut self,
        pace: Pace,
        begin: Micros,
        end: Micros,
        seed: u64,
        network: &Network,
        out: &mut Emitter,
    ) {
        self.past += weight(pace, begin, end, seed);
        let target = (self.rows * self.past / self.weight.max(1.0)) as u64;
        while self.emitted < target && out.emitted < out.limit {
            let at = begin + (out.rng.unit() * (end - begin) as f64) as Micros;
            self.session(at, network, out);
        }
    }

    fn by_the_clock(
        &mut self,
        rows_per_session: f64,
        first: Micros,
        last: Micros,
        until: Micros,
        network: &Network,
        out: &mut Emitter,
    ) {
        let sessions = (self.rows / rows_per_session).max(1.0);
        let spacing = (last - first) as f64 / sessions;
        loop {
            // A clock strays by some hundredths of a second, a program by more.
            let at = first + (spacing * (self.sessions as f64 + 0.5)) as Micros;
            if at >= until || out.emitted >= out.limit {
                return;
            }
            let stray = (out.rng.normal().clamp(-3.0, 3.0) * 40_000.0) as Micros;
            self.session((at + stray).clamp(out.ends.0, last - 1), network, out);
        }
    }
}
