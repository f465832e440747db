//! A time that is looked at, of one sensor or of all.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::filter::moment;

/// The time that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Asking {
    /// From this time on: seconds since 1970, or RFC 3339. Where it is left out, a week before `to`.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    pub(crate) from: Option<f64>,
    /// Before this time. Where it is left out, the newest row.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    pub(crate) to: Option<f64>,
    /// A sensor; empty for the one without a name.
    pub(crate) sensor: Option<String>,
}

/// A time that was looked at, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Period {
    /// From this time on.
    pub(crate) from: f64,
    /// Before this time.
    pub(crate) to: f64,
}
