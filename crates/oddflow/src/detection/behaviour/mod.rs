//! Detection with a behaviour model: rows in their order through one state, odd ones grouped to incidents.

mod beside;
mod checkpoint;
mod counting;
mod distinct;
mod drifting;
mod flows;
mod grouping;
mod incident;
mod journal;
mod limits;
mod merged_beside;
mod merging;
mod resume;
mod rows;
mod run;
mod scoring;
mod storing;
mod story;
mod telling;

pub(crate) use drifting::Drifted;
pub(crate) use flows::{FlowChunk, FlowWork};
pub(crate) use limits::Limits;
pub(crate) use merging::{Feed, Loggers};
pub(crate) use run::{BehaviourOutcome, BehaviourRun, Given};
pub(crate) use telling::Telling;
