//! What MITRE calls a behaviour.

use serde::Serialize;
use utoipa::ToSchema;

/// A technique of MITRE ATT&CK that a behaviour suggests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Technique {
    /// Such as `T1071.001`.
    pub id: String,
    /// What it is called; the id where that isn't known here.
    pub name: String,
    /// Its page.
    pub url: String,
}
