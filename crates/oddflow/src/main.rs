//! The command line of oddflow: what was typed becomes settings, settings become a run, and a run's outcome an exit code.
//!
//! One file a command, under `commands/`. No algorithm lives here.

mod arguments;
mod commands;
mod companions;
mod config;
mod detection;
mod doctor;
mod drift;
mod evaluation;
mod exploration;
mod export;
mod failure;
mod filter;
mod input;
mod interrupt;
mod memory;
mod models;
mod output;
mod progress;
mod pulse;
mod reading;
mod retention;
mod sandbox;
mod serving;
mod suppression;
mod text;
mod training;
mod watching;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    failure::report_bugs();
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Command::Demo(demo) => commands::demo::run(&demo),
        Command::Explore(explore) => commands::explore::run(&explore),
        Command::Export(export) => commands::export::run(&export),
        Command::Train(train) => commands::train::run(&train),
        Command::Detect(detect) => commands::detect::run(&detect),
        Command::Watch(watch) => commands::watch::run(&watch),
        Command::Serve(serve) => commands::serve::run(&serve),
        Command::Doctor(doctor) => commands::doctor::run(&doctor),
        Command::Config(config) => commands::config::run(&config),
        Command::Evaluate(evaluate) => commands::evaluate::run(&evaluate),
        Command::Incidents(incidents) => commands::incidents::run(&incidents),
        Command::Alerts(alerts) => commands::alerts::run(&alerts),
        Command::Drift(drift) => commands::drift::run(&drift),
        Command::Synth(synth) => commands::synth::run(&synth),
        Command::Model(model) => commands::model::run(&model),
    }
}
