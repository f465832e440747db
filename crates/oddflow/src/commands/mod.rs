//! The commands, one file each.

mod alert;
pub(crate) mod alerts;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod detect;
pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod evaluate;
mod expire;
pub(crate) mod explore;
pub(crate) mod export;
pub(crate) mod incidents;
mod judge;
pub(crate) mod model;
pub(crate) mod serve;
pub(crate) mod suppress;
pub(crate) mod synth;
pub(crate) mod train;
pub(crate) mod watch;
