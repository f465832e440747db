//! `oddflow doctor`: say what is wrong before it is missed.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::arguments::DoctorArguments;
use crate::doctor::{Asked, Finding, Level, examine};
use crate::failure::Failure;
use crate::output::Output;
use crate::text::{counted, visible};

pub(crate) fn run(arguments: &DoctorArguments) -> Result<(), Failure> {
    let findings = examine(Asked {
        roots: arguments.roots.clone(),
        model: arguments.model.clone(),
        db: arguments.db.clone(),
        config: arguments.config.clone(),
        now: arguments.now.unwrap_or_else(now),
    });
    let count = |level| findings.iter().filter(|finding| finding.level == level).count() as u64;
    let errors = count(Level::Error);
    let mut output = Output::stdout();
    if arguments.json {
        let report = json!({ "ok": errors == 0, "checks": findings });
        output.line(format_args!("{report}"))?;
    } else {
        findings.iter().try_for_each(|finding| tell(finding, &mut output))?;
        output.line(format_args!(
            "\n{} ok, {}, {}, {} skipped",
            count(Level::Ok),
            counted(count(Level::Warning), "warning"),
            counted(errors, "error"),
            count(Level::Skipped)
        ))?;
    }
    output.finish()?;
    if errors == 0 { Ok(()) } else { Err(Failure::unwell(errors)) }
}

/// A line, and one below it with what to do. Names of files and words of logs can't command the terminal.
fn tell(finding: &Finding, output: &mut Output) -> Result<(), Failure> {
    let Finding { check, level, what, remedy } = finding;
    output.line(format_args!("{:<8} {check:<16} {}", level.name(), visible(what)))?;
    if remedy.is_empty() {
        return Ok(());
    }
    output.line(format_args!("{:25} -> {}", "", visible(remedy)))
}

#[expect(clippy::disallowed_methods, reason = "how old a log is, is told by the clock on the wall")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
