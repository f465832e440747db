//! The program as a user meets it: every test starts the real binary in a folder of its own and looks at its exit code,
//! its two outputs and the files that it leaves.
//!
//! The logs are made up by `oddflow synth`, once a run of the tests. No test waits for a time or judges one.

mod alerts;
mod behaviour_detection;
mod behaviour_training;
mod columns;
mod dashboard;
mod demo;
#[cfg(unix)]
mod doctor;
mod drift;
mod evaluate;
mod exit_codes;
mod explore;
mod export;
mod fixtures;
mod flag_top;
mod floods;
mod folder;
mod growing_logs;
mod incidents;
mod inputs;
mod interrupts;
mod kill;
mod live;
mod live_backlog;
mod live_loggers;
mod loggers;
mod models;
mod open_connections;
mod rereading;
mod retraining;
#[cfg(target_os = "linux")]
mod sandbox;
mod scored_rows;
#[cfg(unix)]
mod serve;
mod service;
mod snapshots;
mod suppress;
mod thresholds;
mod traffic;
mod training;
mod watch;
mod watched;
