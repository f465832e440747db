//! What can go wrong in a way that a user is to be told of, and the exit code of each.
//!
//! An expected failure is one sentence and a remedy. Anything else is a bug: it panics, with a backtrace, and exits with 101.
//! A reader that goes away (`oddflow alerts list | head`) is no failure at all.

use std::io;
use std::process::ExitCode;

use oddflow_detector::classic::TrainError;
use oddflow_detector::{ModelFileError, behaviour};
use oddflow_evaluate::LabelsError;
use oddflow_figures::FigureError;
use oddflow_store::StoreError;
use tracing::error;
use zeek_log::ReadError;

use crate::output::{Listener, listener, say};

/// The exit codes, as `oddflow --help` lists them.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    done; also when the reader of a pipe went away
  2    an option or argument is wrong
  3    a log can't be read, or isn't one
  4    --strict, and something in a log could not be read
  5    the model isn't there, can't be read, is damaged, or doesn't fit
  6    the database can't be used
  7    an output can't be written
  8    no model could be trained
  9    doctor has found an error
  101  a bug in oddflow
  130  interrupted";

/// An expected failure.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    remedy: String,
    may_pass: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    BrokenPipe,
    Usage,
    Input,
    Strict,
    Model,
    Database,
    Output,
    Training,
    Unwell,
    Interrupted,
}

impl Kind {
    fn exit_code(self) -> u8 {
        match self {
            Self::BrokenPipe => 0,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Strict => 4,
            Self::Model => 5,
            Self::Database => 6,
            Self::Output => 7,
            Self::Training => 8,
            Self::Unwell => 9,
            Self::Interrupted => 130,
        }
    }
}

impl Failure {
    fn new(kind: Kind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind, message: message.into(), remedy: remedy.into(), may_pass: false }
    }

    /// An option that contradicts another, or a value out of its range.
    pub(crate) fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message, remedy)
    }

    /// Something could not be read, and the user wants that to be an error.
    pub(crate) fn strict(message: impl Into<String>) -> Self {
        Self::new(
            Kind::Strict,
            message,
            "Mend the log, or leave out --strict: what can't be read is then counted.",
        )
    }

    /// Something is not fit for watching.
    pub(crate) fn unwell(errors: u64) -> Self {
        let message = format!("{}, as told above", crate::text::counted(errors, "error"));
        Self::new(Kind::Unwell, message, "Do what is said below each, and ask again.")
    }

    /// Some logs of many could not be read.
    pub(crate) fn left_out(logs: u64) -> Self {
        let message =
            format!("{} could not be read and left out, as told above", crate::text::counted(logs, "log"));
        Self::new(
            Kind::Input,
            message,
            "All others were read. Run again when they can be read, or leave them out.",
        )
    }

    /// What a database keeps of a model can't be used.
    pub(crate) fn damaged_state(what: &str) -> Self {
        Self::new(
            Kind::Database,
            format!("the database's state of the model can't be used: {what}"),
            "Use another database with --db; this one's alerts can still be read.",
        )
    }

    /// What a model brings along can't be used.
    pub(crate) fn unusable_model(id: &str, what: &str) -> Self {
        Self::new(
            Kind::Model,
            format!("the state of model {id} can't be used: {what}"),
            "Train again with this version.",
        )
    }

    /// A model that isn't there.
    pub(crate) fn no_model(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Kind::Model, message, remedy)
    }

    /// Whether it may pass without anyone's doing: a database that is locked, full or away.
    pub(crate) fn may_pass(&self) -> bool {
        self.may_pass
    }

    /// A database that can't be used now and may be later.
    pub(crate) fn passing(message: impl Into<String>) -> Self {
        let remedy = "Check the file, its folder and the disk.";
        Self { may_pass: true, ..Self::new(Kind::Database, message, remedy) }
    }

    /// The sentence.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Whether it is what somebody asked for that is wrong, and not what was found.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(self.kind, Kind::Usage | Kind::Input)
    }

    /// Whether it is a model that isn't there or can't be used.
    pub(crate) fn is_model(&self) -> bool {
        self.kind == Kind::Model
    }

    /// Whether the reader of a pipe went away.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.kind == Kind::BrokenPipe
    }

    /// Ctrl-C, or a request to end.
    pub(crate) fn interrupted(remedy: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, "stopped", remedy)
    }

    /// A file or standard output that can't be written.
    pub(crate) fn output(name: &str, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Kind::BrokenPipe, "", "");
        }
        let remedy = "Check that the folder exists, that you may write to it and that the disk has room.";
        Self::new(Kind::Output, format!("{name} cannot be written: {error}"), remedy)
    }

    /// What the user is told, and the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        if self.kind != Kind::BrokenPipe && listener() == Listener::JsonLog {
            error!(remedy = self.remedy, "{}", self.message);
        } else if self.kind != Kind::BrokenPipe {
            // A wrong expression comes with a line that points at the place.
            let mut lines = self.message.lines();
            say(format_args!("error: {}", lines.next().unwrap_or_default()));
            lines.for_each(say);
            if !self.remedy.is_empty() {
                say(format_args!("  help: {}", self.remedy));
            }
        }
        ExitCode::from(self.kind.exit_code())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(Kind::Input, error.to_string(), error.remedy())
    }
}

impl From<LabelsError> for Failure {
    fn from(error: LabelsError) -> Self {
        Self::new(Kind::Input, error.to_string(), error.remedy())
    }
}

impl From<ModelFileError> for Failure {
    fn from(error: ModelFileError) -> Self {
        let kind = if matches!(error, ModelFileError::Write { .. }) { Kind::Output } else { Kind::Model };
        Self::new(kind, error.to_string(), error.remedy())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let may_pass = matches!(
            error,
            StoreError::Locked { .. }
                | StoreError::Full { .. }
                | StoreError::ReadOnly { .. }
                | StoreError::CannotOpen { .. }
                | StoreError::Sqlite { .. }
        );
        let kind = match error {
            StoreError::NoModelFile { .. } | StoreError::NothingBefore { .. } => Kind::Model,
            StoreError::ModelInUse { .. } | StoreError::ModelHasResults { .. } => Kind::Usage,
            _ => Kind::Database,
        };
        Self { may_pass, ..Self::new(kind, error.to_string(), error.remedy()) }
    }
}

impl From<FigureError> for Failure {
    fn from(error: FigureError) -> Self {
        Self::new(
            Kind::Output,
            error.to_string(),
            "Name another folder with --figures, or draw none with --no-figures.",
        )
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        use oddflow_autoencoder::TrainError as Learning;
        match &error {
            TrainError::TooFewRows { .. } => Self::new(
                Kind::Training,
                error.to_string(),
                "Name more logs: a few days of normal traffic make a good baseline.",
            ),
            TrainError::Quantile(_) => {
                Self::usage(error.to_string(), "Give a value such as --quantile 0.99.")
            }
            TrainError::Network(_) => {
                Self::usage(error.to_string(), "Give widths such as --hidden 32,16,32.")
            }
            TrainError::Training(Learning::Option { .. }) => {
                Self::usage(error.to_string(), "oddflow train --help lists the options and their defaults.")
            }
            TrainError::Training(Learning::Stopped) => Self::interrupted("No model was written."),
            TrainError::Training(Learning::Diverged { .. }) => {
                Self::new(Kind::Training, error.to_string(), "Try a lower rate, such as --rate 1e-5.")
            }
            _ => Self::new(
                Kind::Training,
                error.to_string(),
                "Look at the logs with: oddflow train LOGS --strict.",
            ),
        }
    }
}

impl From<behaviour::TrainError> for Failure {
    fn from(error: behaviour::TrainError) -> Self {
        match error {
            behaviour::TrainError::TooFewRows { .. } => Self::new(
                Kind::Training,
                error.to_string(),
                "Name more logs: a few days of normal traffic make a good baseline.",
            ),
            behaviour::TrainError::Budget(_) => {
                Self::usage(error.to_string(), "Give incidents a day, such as --budget 20.")
            }
            behaviour::TrainError::Network(error) => TrainError::Network(error).into(),
            behaviour::TrainError::Training(error) => TrainError::Training(error).into(),
        }
    }
}

impl From<oddflow_synth::Error> for Failure {
    fn from(error: oddflow_synth::Error) -> Self {
        match &error {
            oddflow_synth::Error::Settings(_) => {
                Self::usage(error.to_string(), "oddflow synth --help lists the options and their defaults.")
            }
            _ => Self::new(
                Kind::Output,
                error.to_string(),
                "Check that you may write there and that the disk has room.",
            ),
        }
    }
}

/// Tells a user who meets a bug that it is one, with what its finder needs.
pub(crate) fn report_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        if listener() == Listener::JsonLog {
            let backtrace = std::backtrace::Backtrace::force_capture().to_string();
            error!(backtrace, "oddflow {} has a bug: {panic}", env!("CARGO_PKG_VERSION"));
            return;
        }
        say(format_args!("oddflow {} has a bug: {panic}", env!("CARGO_PKG_VERSION")));
        say("Please report it with these lines and what you did.");
        for line in std::backtrace::Backtrace::force_capture().to_string().lines() {
            say(line);
        }
    }));
}
