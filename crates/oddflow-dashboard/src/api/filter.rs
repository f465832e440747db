//! Which incidents or alerts are meant: the same words in each list, and in the addresses of the page.

use oddflow_store::{
    AlertQuery, Cursor, IncidentCursor, IncidentQuery, IncidentSort, IncidentState, Network, PortFilter,
    Severity, Sort, Verdict, count_words,
};
use serde::{Deserialize, Deserializer, de};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Items of a page where no number is given, and at most.
const LIMIT: u64 = 100;
const MOST: u64 = 500;
/// Words that are looked for: each takes its time.
const MOST_WORDS: usize = 32;
/// Counting incidents ends here.
pub(crate) const COUNTED: u64 = 10_000;

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
    /// Still going on at this time or later; of alerts: begun then or later. Seconds since 1970, or RFC 3339, in UTC where no zone is
    /// given; `2026-03-06` is the beginning of that day.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    pub(crate) from: Option<f64>,
    /// Begun before this time.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    pub(crate) to: Option<f64>,
    /// An address or a network (10.0.0.0/8), on either side.
    pub(crate) host: Option<String>,
    /// The same of the local host that an incident is of: those of which it is but the other side are left out.
    pub(crate) local_host: Option<String>,
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
    /// Alerts of one incident, by its number, whatever became of it.
    #[serde(deserialize_with = "number")]
    pub(crate) incident: Option<i64>,
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

impl Filter {
    /// Items of a page.
    pub(crate) fn limit(&self) -> u64 {
        limit(self.limit)
    }

    /// What became of incidents, and what is asked of them alone.
    fn of_incidents(&self) -> Result<IncidentQuery, Problem> {
        let (state, suppressed, judged, verdict) = match self.state {
            State::Open => (Some(IncidentState::Raised), Some(false), Some(false), None),
            State::Raised => (Some(IncidentState::Raised), Some(false), None, None),
            State::OverBudget => (Some(IncidentState::OverBudget), Some(false), None, None),
            State::Confirmed => (None, None, None, Some(Verdict::Confirmed)),
            State::Benign => (None, None, None, Some(Verdict::Benign)),
            State::Hidden => (None, Some(true), None, None),
            State::All => (None, None, None, None),
        };
        Ok(IncidentQuery {
            host: network("local_host", self.local_host.as_deref())?,
            state,
            suppressed,
            judged,
            verdict,
            family: self.family.clone(),
            severity: self.severity.map(AtLeast::severity),
            sensor: self.sensor.clone(),
            // Nobody is told of what a shadow finds.
            shadow: self.model.is_none().then_some(false),
            ..IncidentQuery::default()
        })
    }

    /// The incidents that are meant, in order; neither page nor place.
    pub(crate) fn incidents(&self) -> Result<IncidentQuery, Problem> {
        Ok(IncidentQuery {
            from: self.from,
            to: self.to,
            party: network("host", self.host.as_deref())?,
            port: self.port,
            service: self.service.clone(),
            model: self.model.clone(),
            min_score: self.min_score,
            text: self.words()?,
            sort: self.sort.of_incidents(),
            ..self.of_incidents()?
        })
    }

    /// The alerts that are meant, in order; neither page nor place.
    pub(crate) fn alerts(&self) -> Result<AlertQuery, Problem> {
        let of = self.of_incidents()?;
        let asks_more =
            of.host.is_some() || of.family.is_some() || of.severity.is_some() || of.sensor.is_some();
        let takes_alone = matches!(self.state, State::Open | State::Raised | State::All);
        let is_any = self.incident.is_some() || self.state == State::All && !asks_more;
        Ok(AlertQuery {
            from: self.from,
            to: self.to,
            host: network("host", self.host.as_deref())?,
            port: self.port.map(PortFilter::Either),
            service: self.service.clone(),
            min_score: self.min_score,
            model: self.model.clone(),
            incident: self.incident,
            shadow: (is_any && self.incident.is_none() && self.model.is_none()).then_some(false),
            of: (!is_any).then_some(of),
            or_alone: takes_alone && !asks_more,
            text: self.words()?,
            sort: self.sort.of_alerts(),
            ..AlertQuery::default()
        })
    }

    /// The place among incidents behind which the page begins.
    pub(crate) fn incident_cursor(&self) -> Result<Option<IncidentCursor>, Problem> {
        let sort = self.sort.of_incidents();
        self.cursor.as_deref().map(|word| IncidentCursor::from_word(word, sort).ok_or_else(stray)).transpose()
    }

    /// The same among alerts.
    pub(crate) fn alert_cursor(&self) -> Result<Option<Cursor>, Problem> {
        let sort = self.sort.of_alerts();
        self.cursor.as_deref().map(|word| Cursor::from_word(word, sort).ok_or_else(stray)).transpose()
    }

    fn words(&self) -> Result<Option<String>, Problem> {
        let words = self.q.clone().filter(|words| !words.trim().is_empty());
        if words.as_deref().is_some_and(|words| count_words(words) > MOST_WORDS) {
            return Err(Problem::wrong(
                "q: there are too many words.",
                "Look for 32 words or phrases at most.",
            ));
        }
        Ok(words)
    }
}

impl AtLeast {
    fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}

impl Order {
    pub(crate) fn of_incidents(self) -> IncidentSort {
        match self {
            Self::Score => IncidentSort::Score,
            Self::Newest => IncidentSort::Newest,
            Self::Oldest => IncidentSort::Oldest,
            Self::Severity => IncidentSort::Severity,
        }
    }

    pub(crate) fn of_alerts(self) -> Sort {
        match self {
            Self::Score | Self::Severity => Sort::Score,
            Self::Newest => Sort::Newest,
            Self::Oldest => Sort::Oldest,
        }
    }
}

/// The address or network that a parameter asks for; `None` where it is empty.
pub(crate) fn network(name: &str, words: Option<&str>) -> Result<Option<Network>, Problem> {
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    let wrong = |error: oddflow_store::NetworkError| {
        Problem::wrong(format!("{name}: {error}."), "Give an address or a network.")
    };
    words.map(|words| words.parse().map_err(wrong)).transpose()
}

/// Items of a page.
pub(crate) fn limit(asked: Option<u64>) -> u64 {
    asked.unwrap_or(LIMIT).clamp(1, MOST)
}

/// A place that is none of the order that is asked for.
pub(crate) fn stray() -> Problem {
    Problem::wrong(
        "The cursor is none of this list in this order.",
        "Begin with the first page: leave it out.",
    )
}

/// A time: seconds since 1970, or RFC 3339; without a zone it is UTC, and a date is its beginning.
pub(crate) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.is_finite()
    {
        return Ok(Some(seconds));
    }
    match text.parse().ok().or_else(|| in_utc(&text)) {
        Some(time) => Ok(Some(jiff::Timestamp::as_nanosecond(time) as f64 / 1e9)),
        None => Err(de::Error::custom(format!(
            "{text:?} is no time such as 1772755200, 2026-03-06 or 2026-03-06T14:30:00Z"
        ))),
    }
}

/// The time of a date, or of a date and a time of day, in UTC. One with a zone in brackets is none: the zone would be passed over.
fn in_utc(text: &str) -> Option<jiff::Timestamp> {
    let time: jiff::civil::DateTime = text.parse().ok().filter(|_| !text.contains('['))?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
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
