//! What was found, a line each.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// All is well.
    Ok,
    /// It could not be looked at, as something else is missing or wasn't named.
    Skipped,
    /// Watching works, and finds less or tells more than it should.
    Warning,
    /// Watching doesn't work.
    Error,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Finding {
    /// What: a stable name.
    pub(crate) check: &'static str,
    pub(crate) level: Level,
    /// How it is, in a sentence.
    pub(crate) what: String,
    /// What to do about it; empty where there is nothing to do.
    pub(crate) remedy: String,
}

#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Finding>);

impl Findings {
    pub(super) fn ok(&mut self, check: &'static str, what: impl Into<String>) {
        self.add(check, Level::Ok, what, "");
    }

    pub(super) fn skipped(&mut self, check: &'static str, why: impl Into<String>, remedy: impl Into<String>) {
        self.add(check, Level::Skipped, why, remedy);
    }

    pub(super) fn warning(
        &mut self,
        check: &'static str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(check, Level::Warning, what, remedy);
    }

    pub(super) fn error(&mut self, check: &'static str, what: impl Into<String>, remedy: impl Into<String>) {
        self.add(check, Level::Error, what, remedy);
    }

    pub(super) fn add(
        &mut self,
        check: &'static str,
        level: Level,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(Finding { check, level, what: what.into(), remedy: remedy.into() });
    }
}
