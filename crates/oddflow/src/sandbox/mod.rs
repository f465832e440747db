//! The sandbox of the service: once its settings are read, the process gives up all files but its own, and all TCP ports but those that
//! its settings name. What then goes wrong with a log, a hostile one above all, can't reach further.
//!
//! Linux has Landlock for that, from 5.19 on; elsewhere nothing is restricted, and that is said. A restriction can't be widened: settings
//! that want more are refused until a restart.
//!
//! Invariant: it is entered while the process has one thread. Threads that begin later inherit it; ones that run already would not.

mod links;
mod needs;
#[cfg(target_os = "linux")]
#[path = "landlock.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod system;

use std::path::Path;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

pub(crate) use needs::Needs;

use crate::failure::Failure;

/// Whether the process is restricted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Sandbox {
    /// As far as the system can.
    #[default]
    Auto,
    /// Nothing begins where the system can't.
    Required,
    /// Not at all.
    Off,
}

/// What the process was left with; empty where it isn't restricted.
static ENTERED: OnceLock<Needs> = OnceLock::new();

/// Restricts the process to what it needs, for good.
///
/// # Errors
/// Where that is [required](Sandbox::Required) and can't be done.
pub(crate) fn enter(wanted: Sandbox, needs: &Needs) -> Result<(), Failure> {
    if wanted == Sandbox::Off {
        info!("no sandbox: service.sandbox is off");
        return Ok(());
    }
    let needs = needs.existing();
    match system::restrict(&needs) {
        Ok(what) => {
            // There is but one entry.
            let _ = ENTERED.set(needs);
            info!("sandbox: {what}");
        }
        Err(why) => {
            goes_without(wanted, &why)?;
            warn!("no sandbox: {why}");
        }
    }
    Ok(())
}

/// Whether the service may run where there is no sandbox.
fn goes_without(wanted: Sandbox, why: &str) -> Result<(), Failure> {
    match wanted {
        Sandbox::Auto | Sandbox::Off => Ok(()),
        Sandbox::Required => Err(Failure::usage(
            format!("service.sandbox is required, and {why}"),
            "Use Linux 5.19 or newer with landlock among the modules of its lsm= option, or set service.sandbox to auto.",
        )),
    }
}

/// Whether other settings can be taken in as they are.
///
/// # Errors
/// Where they want what the process has given up.
pub(crate) fn admits(wanted: Sandbox, needs: &Needs) -> Result<(), Failure> {
    let restart = |what: String| {
        Err(Failure::usage(what, "Restart the service: what it may use is fixed at its start."))
    };
    match ENTERED.get() {
        None => Ok(()),
        Some(_) if wanted == Sandbox::Off => restart("the sandbox can't be left".into()),
        Some(granted) => match granted.lacks(needs) {
            Some(what) => restart(format!("the sandbox does not admit {what}")),
            None => Ok(()),
        },
    }
}

/// What is to be added where a folder or file can't be used because of the sandbox; empty where that isn't the reason.
pub(crate) fn reason(path: &Path) -> &'static str {
    let is_denied = || {
        let denied = |error: std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
        path.exists()
            && (std::fs::read_dir(path).err().is_some_and(denied)
                || std::fs::File::open(path).err().is_some_and(denied))
    };
    if ENTERED.get().is_some() && is_denied() {
        ": it is outside of the sandbox, or this user may not read it. What was made, mounted or linked after the start is outside: \
         restart the service, or name it in service.read_paths"
    } else {
        ""
    }
}

/// What the system offers, in words; an error says why that is nothing.
pub(crate) fn offered() -> Result<String, String> {
    system::offered()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_and_missing_is_an_error() {
        assert!(goes_without(Sandbox::Auto, "this kernel has no Landlock").is_ok());
        let failure =
            goes_without(Sandbox::Required, "this kernel has no Landlock").expect_err("it is required");
        assert_eq!(failure.message(), "service.sandbox is required, and this kernel has no Landlock");
        assert!(failure.remedy().contains("service.sandbox"));
    }
}
