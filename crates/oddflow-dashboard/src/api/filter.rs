//! Which incidents or alerts are meant: the same words in each list, and in the addresses of the page.

use oddflow_store::{
    AlertQuery, Cursor, IncidentQuery, IncidentSort, IncidentState, Network, PortFilter, Severity, Sort,
    Verdict,
};
use serde::{Deserialize, Deserializer, de};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Items of a page where no number is given, and at most.
const LIMIT: u64 = 100;
pub(crate) const MOST: u64 = 500;

/// What became of an incident, and what somebody said of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Raised, not hidden, and nobody has said anything of it.
    #[default]
    Open,
    /// Raised, and not hidden.
    Raised,
    /// Somebody said that it was what it seemed.
    Confirmed,
    /// Somebody said that it was normal.
    Benign,
    /// A rule hides it.
    Hidden,
    /// Beyond the budget of its day, and not hidden.
    OverBudget,
    /// All of them.
    All,
}

/// The order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The highest score first.
    #[default]
    Score,
    /// The latest first.
    Newest,
    /// The earliest first.
    Oldest,
    /// The worst first; of alerts the highest score.
    Severity,
}

/// At least so bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AtLeast {
    Low,
    Medium,
    High,
    Critical,
}

/// Which ones are meant, and which page of them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Filter {
    /// Still going on at this time or later; of alerts: begun then or later. Seconds since 1970, or RFC 3339.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    pub(crate) from: Option<f64>,
    /// Begun before this time.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    pub(crate) to: Option<f64>,
    /// An address or a network (10.0.0.0/8), on either side.
    pub(crate) host: Option<String>,
    /// A port, on either side.
    #[serde(deserialize_with = "number")]
    pub(crate) port: Option<u16>,
    /// A service: `http` also finds `ssl,http`; `-` those without one.
    pub(crate) service: Option<String>,
    /// A family of features: `fan`, `rate`, `fail`, `volume`, `regular`, `novelty`, `application`.
    pub(crate) family: Option<String>,
    /// At least so bad.
    #[param(inline)]
    pub(crate) severity: Option<AtLeast>,
    /// What became of it.
    #[param(inline)]
    pub(crate) state: State,
    /// Words that occur in it, each as the beginning of a word at least.
    pub(crate) q: Option<String>,
    /// A sensor; empty for the one without a name.
    pub(crate) sensor: Option<String>,
    /// A model, by its id; also what it found as a shadow, which is left out otherwise.
    pub(crate) model: Option<String>,
    /// A score of at least this.
    #[serde(deserialize_with = "number")]
    pub(crate) min_score: Option<f64>,
    /// The order.
    #[param(inline)]
    pub(crate) sort: Order,
    /// Items of a page, at most 500.
    #[serde(deserialize_with = "number")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: Option<u64>,
    /// The `next` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A time: seconds since 1970, or RFC 3339.
pub(crate) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        return Ok(Some(seconds));
    }
    match text.parse::<jiff::Timestamp>() {
        Ok(time) => Ok(Some(time.as_nanosecond() as f64 / 1e9)),
        Err(_) => {
            Err(de::Error::custom(format!("{text:?} is no time such as 1772755200 or 2026-03-06T00:00:00Z")))
        }
    }
}

/// A number, or nothing.
pub(crate) fn number<'de, D: Deserializer<'de>, T: std::str::FromStr>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse()
        .map(Some)
        .map_err(|_| de::Error::custom(format!("{text:?} is not the number that is needed")))
}
