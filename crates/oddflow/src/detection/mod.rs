//! One detection run: logs in, scored rows and alerts out, each row once.

pub(crate) mod behaviour;
mod flagged;
mod ledger;
mod run;
mod scored_log;
mod scoring;
mod spool;

pub(crate) use run::{DetectionRun, Outcome};
pub(crate) use scored_log::ScoredLog;
pub(crate) use scoring::Threshold;
