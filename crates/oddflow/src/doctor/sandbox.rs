//! Whether the service can give up what it doesn't need.

use super::finding::Findings;
use crate::config::Settings;
use crate::sandbox::{self, Sandbox};

/// Asks the system. `settings` are those of the service, where there are any.
pub(super) fn examine(settings: Option<&Settings>, findings: &mut Findings) {
    const CHECK: &str = "sandbox";
    const REMEDY: &str = "Use Linux 5.19 or newer with landlock among the modules of its lsm= option; the unit for systemd restricts the service too.";
    let wanted = settings.map(|settings| settings.service.sandbox).unwrap_or_default();
    match (wanted, sandbox::offered()) {
        (Sandbox::Off, _) => findings.warning(
            CHECK,
            "service.sandbox is off: the service may use all that its user may",
            "Set it to auto.",
        ),
        (_, Ok(what)) => findings.ok(CHECK, format!("the service gives up what isn't its own: {what}")),
        (Sandbox::Auto, Err(why)) => findings.warning(CHECK, why, REMEDY),
        (Sandbox::Required, Err(why)) => findings.error(CHECK, why, REMEDY),
    }
}
