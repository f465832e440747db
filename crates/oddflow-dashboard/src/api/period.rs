//! A time that is looked at, of one sensor or of all.

use oddflow_store::{Span, Store, TrafficQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::Look;
use super::filter::moment;
use super::problem::Problem;

/// Days that are looked at where no beginning is given, in seconds.
const USUAL: f64 = 7.0 * 86_400.0;

/// The time that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct Asking {
    /// From this time on: seconds since 1970, or RFC 3339, in UTC where no zone is given. Where it is left out, a week before `to`.
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

/// From the beginning to the end of all that is kept of a sensor, or of all; `None` where nothing is.
pub(crate) fn bounds(look: &Look<'_>, sensor: Option<&str>) -> Result<Option<Period>, Problem> {
    let query = TrafficQuery { sensor: sensor.map(str::to_owned), ..TrafficQuery::default() };
    let traffic = look.store.traffic_extent(&query)?.map(|extent| (extent.since, extent.newest));
    let incidents = look.store.incident_extent()?;
    let newest = look.store.newest_row()?.map(|newest| (newest, newest));
    let all = [traffic, incidents, newest].into_iter().flatten();
    Ok(all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).map(|(from, to)| Period { from, to }))
}

impl Asking {
    /// The time that is meant: within what is kept, and not before it begins.
    pub(crate) fn period(&self, look: &Look<'_>) -> Result<Period, Problem> {
        period((self.from, self.to), self.sensor.as_deref(), look)
    }
}

/// Whether there is such a sensor: of one that isn't there nothing is odd, and that would be taken for good news.
pub(crate) fn known(store: &Store, sensor: Option<&str>) -> Result<(), Problem> {
    let Some(sensor) = sensor else { return Ok(()) };
    let all = store.all_sensors()?;
    // A classic model's rows are of none.
    if all.iter().any(|known| known == sensor) || sensor.is_empty() && all.is_empty() {
        return Ok(());
    }
    let names =
        |name: &String| if name.is_empty() { "one without a name".to_owned() } else { format!("{name:?}") };
    let names: Vec<String> = all.iter().map(names).collect();
    let remedy = match names.is_empty() {
        true => "No sensor is known: leave it out.".to_owned(),
        false => format!("Known: {}. Leave it out for all of them.", names.join(", ")),
    };
    Err(Problem::missing(format!("There is no sensor {sensor:?}."), remedy))
}

/// The time that is meant by a beginning and an end, where they are given: within what is kept.
pub(crate) fn period(
    (from, to): (Option<f64>, Option<f64>),
    sensor: Option<&str>,
    look: &Look<'_>,
) -> Result<Period, Problem> {
    known(look.store, sensor)?;
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Problem::wrong("The time ends before it begins.", "Give a `from` before `to`."));
    }
    let Some(kept) = bounds(look, sensor)? else {
        let from = from.or(to).unwrap_or_default();
        return Ok(Period { from, to: to.unwrap_or(from).max(from) });
    };
    // The newest row is within.
    let end = kept.to.floor() + 1.0;
    let to = to.unwrap_or(end);
    let from = from.unwrap_or(to - USUAL).max(kept.from).min(to);
    Ok(Period { from, to })
}

impl Period {
    /// The same for incidents.
    pub(crate) fn span<'a>(&self, sensor: Option<&'a str>) -> Span<'a> {
        Span { from: self.from, to: self.to, sensor }
    }

    /// The same for traffic.
    pub(crate) fn traffic(&self, sensor: Option<&str>) -> TrafficQuery {
        TrafficQuery {
            from: Some(self.from),
            to: Some(self.to),
            sensor: sensor.map(str::to_owned),
            ..TrafficQuery::default()
        }
    }
}
