//! What a healthy network does all week: one activity a file.
//!
//! An [`Activity`] knows its share of the rows, when in the day it happens, and how one session of it looks. It
//! knows nothing of files, totals or order; [`crate::timeline`] sees to those.

mod admin;
mod announce;
mod apps;
mod browse;
mod dhcp;
mod files;
mod knock;
pub(crate) mod lookup;
mod neighbours;
mod ntp;
mod printing;
mod resolve;
pub(crate) mod scanner;
pub(crate) mod secure;
mod stream;
mod sync;
mod telemetry;
mod update;
pub(crate) mod web;

pub(crate) use self::browse::Browse;
pub(crate) use self::scanner::Scanner;
use crate::emitter::Emitter;
use crate::flow::Micros;
use crate::network::Network;

/// When an activity happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// While people are up, most in the evening, more at weekends.
    Waking,
    /// In the evening.
    Evening,
    /// Between one and four at night.
    Night,
    /// At any hour, by chance.
    Constant,
    /// At any hour, like clockwork: sessions are spread evenly and devices take turns, so that each has a fixed
    /// period. The number of rows that a session makes on average sets how many sessions there are.
    Steady(f64),
}

/// One thing that devices do.
pub(crate) trait Activity {
    /// Part of all benign rows.
    fn share(&self) -> f64;

    /// When it happens.
    fn pace(&self) -> Pace;

    /// Emits one session that begins at `at`; `nth` counts the sessions of this activity.
    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter);
}

/// Everything but [`Browse`], which fills what the others leave, and [`Scanner`], which plans its own runs.
pub(crate) fn activities() -> Vec<Box<dyn Activity>> {
    vec![
        Box::new(resolve::Resolve),
        Box::new(announce::Announce),
        Box::new(telemetry::Telemetry),
        Box::new(neighbours::Neighbours),
        Box::new(apps::Apps),
        Box::new(stream::Stream),
        Box::new(sync::Sync),
        Box::new(update::Update),
        Box::new(knock::Knock),
        Box::new(ntp::Ntp),
        Box::new(dhcp::Dhcp),
        Box::new(files::Files),
        Box::new(files::Backup),
        Box::new(printing::Printing),
        Box::new(admin::Admin),
    ]
}
