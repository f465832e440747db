//! What happened, and whether one has to do something.

use axum::extract::State;
use axum::response::Response;
use oddflow_store::{
    DriftQuery, HostSort, Incident, IncidentQuery, IncidentSort, IncidentState, IncidentTotal, Severity,
    Span, TrafficPoint, TrafficQuery, Verdict,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::{Look, Wish};
use super::asked::Asked;
use super::drift::{DriftDay, date};
use super::period::{Asking, Period};
use super::problem::{Problem, Problems};

/// Incidents and hosts that are shown.
const TOP: u64 = 8;
/// Days that are shown, the latest of the period.
const DAYS: i64 = 400;
const DAY: f64 = 86_400.0;
const HOUR: u32 = 3600;

/// What happened in a time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Overview {
    period: Period,
    incidents: Counts,
    /// Open ones, the worst first, at most eight.
    top: Vec<Incident>,
    /// Each day of the period, UTC.
    days: Vec<Day>,
    budget: Option<Budget>,
    /// Hours with rows, in order.
    traffic: Vec<Hour>,
    /// Hosts with the most open incidents, then the highest score, at most eight.
    hosts: Vec<TopHost>,
    health: Condition,
    /// The newest day that was compared with the baseline.
    drift: Option<DriftDay>,
    answer: Answer,
}

/// Incidents that were going on in a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// Open ones.
    by_severity: BySeverity,
    open: u64,
    confirmed: u64,
    benign: u64,
    hidden: u64,
    over_budget: u64,
}

/// How many are how bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BySeverity {
    /// Low ones.
    pub low: u64,
    /// Medium ones.
    pub medium: u64,
    /// High ones.
    pub high: u64,
    /// Critical ones.
    pub critical: u64,
}

/// Incidents that were raised on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Day {
    /// `2026-03-06`, UTC.
    day: String,
    /// Raised within the budget, hidden or not.
    raised: u64,
    /// Beyond it.
    over_budget: u64,
}

/// How many incidents a day are wanted, and how many are expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Budget {
    /// Incidents a day that are wanted at most.
    pub per_day: f64,
    /// Incidents a day to be expected; unset where the baseline was too short to say.
    pub expected: Option<f64>,
    /// The interval that holds the rate nine times out of ten.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
}

/// Traffic of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Hour {
    /// Its beginning, in seconds since 1970.
    hour: f64,
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    /// Connections that failed.
    failures: u64,
    /// The highest score of a row; unset where none was scored.
    peak: Option<f64>,
}

/// A host that stands out.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct TopHost {
    host: String,
    /// Open ones that it is the local host of.
    incidents: u64,
    /// The highest score of these.
    score: f64,
    rows: u64,
    bytes: u64,
}

/// How the service and its sensors are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Condition {
    /// The worst of the findings.
    pub level: Level,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
}

/// How bad something is about the service or its sensors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing has to be done.
    #[default]
    Ok,
    /// It is worth a look.
    Look,
    /// Something is missed until it is mended.
    Trouble,
}

/// Something about the service or its sensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is, as a sentence.
    pub what: String,
    /// What to do, as a sentence; empty where there is nothing to do.
    pub next: String,
}

/// Whether one has to do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Answer {
    level: Level,
    /// One sentence.
    words: String,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get))
}

/// What happened, and whether one has to do something
#[utoipa::path(get, path = "/overview", tag = "overview", params(Asking),
    responses((status = 200, body = Overview), Problems))]
async fn get(State(api): State<Api>, wish: Wish, Asked(asked): Asked<Asking>) -> Result<Response, Problem> {
    api.answer_now(wish, move |look| overview(look, &asked)).await
}

fn overview(look: &Look<'_>, asked: &Asking) -> Result<Overview, Problem> {
    let sensor = asked.sensor.as_deref();
    let period = asked.period(look)?;
    let span = period.span(sensor);
    let counts = Counts::of(&look.store.incident_totals(&span)?);
    let traffic = look.store.traffic(&period.traffic(sensor), HOUR, 0)?;
    let health = look.knows.condition(look.store, look.now)?;
    let latest = DriftQuery { sensor: asked.sensor.clone(), days: Some(1), model: None };
    let drift = look.store.drift(&latest)?.pop().map(DriftDay::from);
    Ok(Overview {
        incidents: counts,
        top: look.store.incidents(&IncidentQuery {
            from: Some(period.from),
            to: Some(period.to),
            sensor: asked.sensor.clone(),
            state: Some(IncidentState::Raised),
            suppressed: Some(false),
            judged: Some(false),
            shadow: Some(false),
            sort: IncidentSort::Severity,
            limit: Some(TOP),
            ..IncidentQuery::default()
        })?,
        days: days(look, &period, sensor)?,
        budget: look.knows.budget(look.store)?,
        traffic: traffic.series.iter().map(Hour::of).collect(),
        hosts: hosts(look, &period, sensor)?,
        answer: answer(&counts, &health, &Known::of(look, &counts, sensor)?),
        health,
        drift,
        period,
    })
}

/// What has a say in the answer besides.
#[derive(Clone, Copy, Debug)]
struct Known {
    has_model: bool,
    has_rows: bool,
    /// Open incidents of other times; counted only where this one has none.
    elsewhere: u64,
}

impl Known {
    fn of(look: &Look<'_>, counts: &Counts, sensor: Option<&str>) -> Result<Self, Problem> {
        let elsewhere = match counts.open {
            0 => {
                Counts::of(&look.store.incident_totals(&Span { from: f64::MIN, to: f64::MAX, sensor })?).open
            }
            _ => 0,
        };
        let has_rows = counts.open > 0 || look.store.newest_row()?.is_some();
        Ok(Self { has_model: !look.store.models()?.is_empty(), has_rows, elsewhere })
    }
}

impl Counts {
    fn of(totals: &[IncidentTotal]) -> Self {
        let mut counts = Self::default();
        for total in totals {
            let place = match (total.verdict, total.is_hidden, total.state) {
                (Some(Verdict::Confirmed), ..) => &mut counts.confirmed,
                (Some(Verdict::Benign), ..) => &mut counts.benign,
                (None, true, _) => &mut counts.hidden,
                (None, false, IncidentState::OverBudget) => &mut counts.over_budget,
                (None, false, IncidentState::Raised) => {
                    counts.by_severity.add(total.severity, total.count);
                    &mut counts.open
                }
            };
            *place += total.count;
        }
        counts
    }
}

impl BySeverity {
    /// Adds some that are so bad.
    pub fn add(&mut self, severity: Severity, count: u64) {
        *match severity {
            Severity::Low => &mut self.low,
            Severity::Medium => &mut self.medium,
            Severity::High => &mut self.high,
            Severity::Critical => &mut self.critical,
        } += count;
    }
}

impl Hour {
    fn of(point: &TrafficPoint) -> Self {
        let totals = &point.totals;
        Self {
            hour: point.time,
            rows: totals.rows,
            orig_bytes: totals.orig_bytes,
            resp_bytes: totals.resp_bytes,
            failures: totals.failures,
            peak: scored(totals.peak),
        }
    }
}

/// A highest score; 0 says that nothing was scored.
pub(super) fn scored(peak: f64) -> Option<f64> {
    (peak > 0.0).then_some(peak)
}

/// Each day of a period, also those without incidents.
fn days(look: &Look<'_>, period: &Period, sensor: Option<&str>) -> Result<Vec<Day>, Problem> {
    let of = |time: f64| (time / DAY).floor() as i64;
    // A period ends before its end.
    let last = of(period.to - 1e-3);
    let first = of(period.from).max(last.saturating_sub(DAYS - 1));
    let known = look.store.incident_days(&period.span(sensor))?;
    let day = |day: i64| {
        let of_day = known.iter().find(|known| known.day == day);
        let (raised, over_budget) = of_day.map_or((0, 0), |of| (of.raised, of.over_budget));
        Day { day: date(day), raised, over_budget }
    };
    Ok((first..=last).map(day).collect())
}

fn hosts(look: &Look<'_>, period: &Period, sensor: Option<&str>) -> Result<Vec<TopHost>, Problem> {
    let top = look.store.incident_hosts(&period.span(sensor), TOP)?;
    let traffic = |host: &str| -> Result<(u64, u64), Problem> {
        // A flood is of many hosts, and of no address.
        let Ok(network) = host.parse() else { return Ok((0, 0)) };
        let query = TrafficQuery { host: Some(network), ..period.traffic(sensor) };
        let found = look.store.traffic_hosts(&query, HostSort::Rows, (0, 1))?.hosts.pop();
        Ok(found
            .map_or((0, 0), |of| (of.totals.rows, of.totals.orig_bytes.saturating_add(of.totals.resp_bytes))))
    };
    let with_traffic = |of: oddflow_store::IncidentHost| {
        let (rows, bytes) = traffic(&of.host)?;
        Ok(TopHost { host: of.host, incidents: of.incidents, score: of.score, rows, bytes })
    };
    top.into_iter().map(with_traffic).collect()
}

/// Whether one has to do something, in one sentence.
fn answer(counts: &Counts, health: &Condition, known: &Known) -> Answer {
    let incidents = |count: u64| if count == 1 { "1 incident".into() } else { format!("{count} incidents") };
    let BySeverity { high, critical, .. } = counts.by_severity;
    let bad = high + critical;
    let told = |level, words: String| Answer { level, words };
    let first = health.findings.first().map_or("", |finding| finding.what.as_str());
    match (bad, counts.open, health.level) {
        _ if !known.has_model => told(Level::Look, "There is no model yet: nothing is looked for.".into()),
        _ if !known.has_rows => told(Level::Look, "Nothing was read yet: nothing is known.".into()),
        (1.., ..) => {
            let verb = if bad == 1 { "is" } else { "are" };
            let words =
                format!("Yes: {} {verb} high or critical, and nobody has judged them.", incidents(bad));
            told(Level::Trouble, if bad == 1 { words.replace("them", "it") } else { words })
        }
        (0, _, Level::Trouble) => told(Level::Trouble, format!("Yes: {first}")),
        (0, 1.., _) => {
            let verb = if counts.open == 1 { "is" } else { "are" };
            told(
                Level::Look,
                format!("When you have time: {} {verb} open, none above medium.", incidents(counts.open)),
            )
        }
        (0, 0, _) if known.elsewhere > 0 => {
            let verb = if known.elsewhere == 1 { "is" } else { "are" };
            let words = format!(
                "Nothing of this time is open; {} of another time {verb}.",
                incidents(known.elsewhere)
            );
            told(Level::Look, words)
        }
        (0, 0, Level::Look) => told(Level::Look, format!("No incident is open. Worth a look: {first}")),
        (0, 0, Level::Ok) => told(Level::Ok, "No: nothing is open, and all is well.".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_of_the_worst() {
        let finding = |level| Finding { level, what: "The disk is full.".into(), next: String::new() };
        let health = |level| Condition { level, findings: vec![finding(level)] };
        let counts = |high, low| Counts {
            by_severity: BySeverity { high, low, ..BySeverity::default() },
            open: high + low,
            ..Counts::default()
        };
        let check = |counts, level, has_model, expected: (Level, &str)| {
            let known = Known { has_model, has_rows: true, elsewhere: 0 };
            let Answer { level, words } = answer(&counts, &health(level), &known);
            assert_eq!((level, words.as_str()), expected);
        };
        use Level::{Look, Ok, Trouble};
        check(counts(0, 0), Ok, true, (Ok, "No: nothing is open, and all is well."));
        check(counts(0, 0), Ok, false, (Look, "There is no model yet: nothing is looked for."));
        check(
            counts(1, 3),
            Ok,
            true,
            (Trouble, "Yes: 1 incident is high or critical, and nobody has judged it."),
        );
        check(
            counts(2, 0),
            Look,
            true,
            (Trouble, "Yes: 2 incidents are high or critical, and nobody has judged them."),
        );
        check(
            counts(0, 2),
            Look,
            true,
            (Look, "When you have time: 2 incidents are open, none above medium."),
        );
        check(counts(0, 2), Trouble, true, (Trouble, "Yes: The disk is full."));
        check(counts(0, 0), Look, true, (Look, "No incident is open. Worth a look: The disk is full."));
        let words = |known: Known| answer(&counts(0, 0), &health(Ok), &known).words;
        let known = Known { has_model: true, has_rows: true, elsewhere: 38 };
        assert_eq!(words(known), "Nothing of this time is open; 38 incidents of another time are.");
        assert_eq!(words(Known { has_rows: false, ..known }), "Nothing was read yet: nothing is known.");
    }

    #[test]
    fn each_incident_is_counted_once() {
        let total = |verdict, is_hidden, state| IncidentTotal {
            severity: Severity::High,
            state,
            verdict,
            is_hidden,
            count: 1,
        };
        let (raised, over) = (IncidentState::Raised, IncidentState::OverBudget);
        let counts = Counts::of(&[
            total(None, false, raised),
            total(None, false, over),
            total(None, true, over),
            total(Some(Verdict::Confirmed), false, over),
            total(Some(Verdict::Benign), true, raised),
        ]);
        let by_severity = BySeverity { high: 1, ..BySeverity::default() };
        assert_eq!(
            counts,
            Counts { by_severity, open: 1, confirmed: 1, benign: 1, hidden: 1, over_budget: 1 }
        );
    }
}
