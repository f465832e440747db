//! Systems without Landlock.

use super::Needs;

const WHY: &str = "only Linux has Landlock";

/// Restricts nothing.
///
/// # Errors
/// Always, with the reason.
pub(super) fn restrict(_: &Needs) -> Result<String, String> {
    Err(WHY.into())
}

/// What the system offers.
///
/// # Errors
/// Always, with the reason.
pub(super) fn offered() -> Result<String, String> {
    Err(WHY.into())
}
