//! Judging a detector: what it makes of a test log whose attacks are known, and what plain detectors make of it.
//!
//! Invariants: the rows of a test go through [`Watch`], which scores them as `detect` does; no label reaches a detector.

mod curves;
mod judged;
mod own;
mod pass;
mod report;
mod rivals;
mod scores;
mod subject;
mod test_log;
mod text;
mod watch;

pub(crate) use curves::draw;
pub(crate) use judged::TestRows;
pub(crate) use own::read_own;
pub(crate) use report::{OwnReport, PlantedCampaign, Report, mean};
pub(crate) use rivals::{Classic, Rivals};
pub(crate) use scores::write_scores;
pub(crate) use subject::{MEMORY, Subject};
pub(crate) use test_log::{Task, read_test};
pub(crate) use text::{tell_labels, write_own, write_report};
pub(crate) use watch::Watch;
