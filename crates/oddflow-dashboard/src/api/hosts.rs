//! Hosts: a list of them, and one with what is normal for it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use oddflow_store::{
    ChannelQuery, ChannelSort, Count, DriftQuery, HostSort, HostTraffic, Incident, IncidentQuery,
    IncidentSort, Network, TrafficQuery,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::answer::{Look, Wish};
use super::asked::{Asked, Named};
use super::drift::DriftDay;
use super::filter::{limit, moment, network, number, stray};
use super::overview::scored;
use super::page::Page;
use super::period::{Asking, period};
use super::problem::{Problem, Problems};

/// Hosts whose incidents are counted in a time.
const COUNTED: u64 = 10_000;
/// Channels, services, ports, incidents and changes of a host that are shown.
const CHANNELS: usize = 200;
const SERVICES: usize = 50;
const PORTS: usize = 50;
const INCIDENTS: u64 = 50;
const CHANGES: usize = 20;
/// New channels of a host that are named, each way; of those with the most rows.
const NEW: usize = 5;
const HOUR: u32 = 3600;

/// A host in a time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Host {
    host: String,
    is_local: bool,
    /// Connections that it is a side of.
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    failures: u64,
    /// Distinct hosts on the other side, about.
    peers: u64,
    /// The highest score of its rows; unset where none was scored.
    peak: Option<f64>,
    /// Open ones of that time that it is the local host of.
    incidents: u64,
}

/// A host with what is normal for it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct HostDetails {
    host: String,
    is_local: bool,
    /// The first hour of that time in which it had rows, in seconds since 1970.
    first: Option<f64>,
    /// The end of the last half hour.
    last: Option<f64>,
    totals: Totals,
    /// Hours with rows, in order.
    series: Vec<HostHour>,
    /// Its services, the one with the most rows first.
    services: Vec<HostService>,
    /// Ports of responders, the one with the most rows first.
    ports: Vec<HostPort>,
    /// Whom it talks to, and how regularly; those with the most rows first, at most 200.
    channels: Vec<Channel>,
    /// Channels that it has in that time.
    channel_count: u64,
    /// Rows by weekday (Monday first) and hour, UTC.
    #[schema(value_type = Vec<Vec<u64>>)]
    hours: [[u64; 24]; 7],
    /// What changed, the latest first.
    changes: Vec<Change>,
    /// Its incidents, the latest first, at most 50.
    incidents: Vec<Incident>,
}

/// What a time comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Totals {
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    failures: u64,
    peers: u64,
    peak: Option<f64>,
}

/// An hour of a host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct HostHour {
    /// Its beginning, in seconds since 1970.
    hour: f64,
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    failures: u64,
    peak: Option<f64>,
}

/// A service of a host.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct HostService {
    /// `-` where Zeek found none.
    service: String,
    rows: u64,
    bytes: u64,
    first: f64,
    last: f64,
}

/// A port of a host's connections.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct HostPort {
    port: u16,
    proto: String,
    rows: u64,
    bytes: u64,
}

/// Whom a host talks to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Channel {
    peer: String,
    port: u16,
    proto: String,
    service: String,
    /// Whether the host is the responder.
    is_served: bool,
    rows: u64,
    orig_bytes: u64,
    resp_bytes: u64,
    first: f64,
    last: f64,
    /// The mean time between the starts of two connections, in seconds.
    gap: Option<f64>,
    /// How regular that is: standard deviation over mean; 0 is a clock.
    gap_cv: Option<f64>,
    /// Whether it was first seen in this time.
    is_new: bool,
}

/// What changed about a host.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// As a sentence.
    pub words: String,
    /// Since when, in seconds since 1970.
    pub since: Option<f64>,
}

/// The order of hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HostOrder {
    /// The most rows first.
    #[default]
    Rows,
    /// The most bytes first.
    Bytes,
    /// The highest score first.
    Peak,
    /// The most peers first.
    Peers,
    /// The most open incidents first.
    Incidents,
}

/// Which hosts.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct HostsAsked {
    /// From this time on: seconds since 1970, or RFC 3339, in UTC where no zone is given. Where it is left out, a week before `to`.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    from: Option<f64>,
    /// Before this time. Where it is left out, the newest row.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    to: Option<f64>,
    /// A sensor; empty for the one without a name.
    sensor: Option<String>,
    /// An address or a network.
    q: Option<String>,
    #[param(inline)]
    sort: HostOrder,
    /// Items of a page, at most 500.
    #[serde(deserialize_with = "number")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(one))
}

/// Hosts
#[utoipa::path(get, path = "/hosts", tag = "hosts", params(HostsAsked),
    responses((status = 200, body = Page<Host>), Problems))]
async fn list(
    State(api): State<Api>,
    wish: Wish,
    Asked(asked): Asked<HostsAsked>,
) -> Result<Response, Problem> {
    api.answer(wish, move |look| hosts(look, &asked)).await
}

fn hosts(look: &Look<'_>, asked: &HostsAsked) -> Result<Page<Host>, Problem> {
    let sensor = asked.sensor.as_deref();
    let period = period((asked.from, asked.to), sensor, look)?;
    let limit = limit(asked.limit);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let skip: usize = asked.cursor.as_deref().map_or(Ok(0), |word| word.parse().map_err(|_| stray()))?;
    let network = network("q", asked.q.as_deref())?;
    let query = TrafficQuery { host: network, ..period.traffic(sensor) };
    let found = look.store.incident_hosts(&period.span(sensor), COUNTED)?;
    let incidents: BTreeMap<&str, u64> = found.iter().map(|of| (of.host.as_str(), of.incidents)).collect();
    let host = |of: HostTraffic| Host {
        is_local: true,
        incidents: incidents.get(of.host.as_str()).copied().unwrap_or_default(),
        rows: of.totals.rows,
        orig_bytes: of.totals.orig_bytes,
        resp_bytes: of.totals.resp_bytes,
        failures: of.totals.failures,
        peers: of.peers,
        peak: scored(of.totals.peak),
        host: of.host,
    };
    let (hosts, count) = match asked.sort.of_store() {
        Some(sort) => {
            let page = look.store.traffic_hosts(&query, sort, (skip, most + 1))?;
            (page.hosts.into_iter().map(host).collect(), page.count)
        }
        // Those with incidents are few; each is looked up.
        None => {
            let is_meant = |of: &&oddflow_store::IncidentHost| {
                of.host.parse::<IpAddr>().is_ok() && network.is_none_or(|network| network.contains(&of.host))
            };
            let meant: Vec<_> = found.iter().filter(is_meant).collect();
            let one = |of: &&oddflow_store::IncidentHost| -> Result<Host, Problem> {
                let query = TrafficQuery { host: of.host.parse().ok(), ..query.clone() };
                let traffic = look.store.traffic_hosts(&query, HostSort::Rows, (0, 1))?.hosts.pop();
                Ok(host(
                    traffic
                        .unwrap_or_else(|| HostTraffic { host: of.host.clone(), ..HostTraffic::default() }),
                ))
            };
            let page: Result<Vec<Host>, Problem> = meant.iter().skip(skip).take(most + 1).map(one).collect();
            (page?, meant.len() as u64)
        }
    };
    Ok(Page::of(hosts, limit, Count { count, is_exact: true }, |_| (skip + most).to_string()))
}

impl HostOrder {
    /// The order as the store has it; none by incidents, which it doesn't know there.
    fn of_store(self) -> Option<HostSort> {
        match self {
            Self::Rows => Some(HostSort::Rows),
            Self::Bytes => Some(HostSort::Bytes),
            Self::Peak => Some(HostSort::Peak),
            Self::Peers => Some(HostSort::Peers),
            Self::Incidents => None,
        }
    }
}

/// One host, and what is normal for it
#[utoipa::path(get, path = "/hosts/{host}", tag = "hosts", params(("host" = String, Path), Asking),
    responses((status = 200, body = HostDetails), Problems))]
async fn one(
    State(api): State<Api>,
    wish: Wish,
    Named(host): Named<String>,
    Asked(asked): Asked<Asking>,
) -> Result<Response, Problem> {
    let address: IpAddr = host.parse().map_err(|_| {
        Problem::missing(format!("{host:?} is no address."), "Give one such as 10.0.0.9 or 2001:db8::1.")
    })?;
    api.answer(wish, move |look| details(look, address, &asked)).await
}

fn details(look: &Look<'_>, address: IpAddr, asked: &Asking) -> Result<HostDetails, Problem> {
    let sensor = asked.sensor.as_deref();
    let period = asked.period(look)?;
    let network = Network::host(address);
    let query = TrafficQuery { host: Some(network), ..period.traffic(sensor) };
    let traffic = look.store.traffic(&query, HOUR, PORTS)?;
    let found = look.store.traffic_hosts(&query, HostSort::Rows, (0, 1))?.hosts.pop();
    let channels = look.store.traffic_channels(&ChannelQuery {
        host: address,
        from: Some(period.from),
        to: Some(period.to),
        sensor: asked.sensor.clone(),
        model: None,
        sort: ChannelSort::Rows,
        limit: CHANNELS,
    })?;
    let incidents = look.store.incidents(&IncidentQuery {
        from: Some(period.from),
        to: Some(period.to),
        party: Some(network),
        sensor: asked.sensor.clone(),
        shadow: Some(false),
        sort: IncidentSort::Newest,
        limit: Some(INCIDENTS),
        ..IncidentQuery::default()
    })?;
    let services = look.store.traffic_services(&query, SERVICES)?;
    let channel_count = channels.count;
    let channels: Vec<Channel> = channels.channels.into_iter().map(Channel::from).collect();
    let host = address.to_string();
    Ok(HostDetails {
        is_local: found.is_some(),
        first: found.as_ref().map(|of| of.first),
        last: found.as_ref().map(|of| of.last),
        totals: found.map_or_else(Totals::default, |of| Totals {
            rows: of.totals.rows,
            orig_bytes: of.totals.orig_bytes,
            resp_bytes: of.totals.resp_bytes,
            failures: of.totals.failures,
            peers: of.peers,
            peak: scored(of.totals.peak),
        }),
        series: traffic.series.iter().map(HostHour::of).collect(),
        services: services
            .into_iter()
            .map(|of| HostService {
                service: of.service,
                rows: of.totals.rows,
                bytes: of.totals.orig_bytes.saturating_add(of.totals.resp_bytes),
                first: of.first,
                last: of.last,
            })
            .collect(),
        ports: traffic
            .ports
            .into_iter()
            .filter_map(|of| {
                Some(HostPort { port: of.port?, proto: of.proto, rows: of.rows, bytes: of.bytes })
            })
            .collect(),
        hours: traffic.hour_of_week,
        changes: changes(look, (&host, &query), &channels, asked)?,
        channel_count,
        channels,
        incidents,
        host,
    })
}

/// What changed about a host: hours unlike all before, whom it talks to for the first time, and what shifted on the latest days.
fn changes(
    look: &Look<'_>,
    (host, query): (&str, &TrafficQuery),
    channels: &[Channel],
    asked: &Asking,
) -> Result<Vec<Change>, Problem> {
    let mut changes = look.knows.host_changes(look.store, query)?;
    for is_served in [false, true] {
        let is_new = |channel: &&Channel| channel.is_new && channel.is_served == is_served;
        let new: Vec<&Channel> = channels.iter().filter(is_new).collect();
        let (named, more) = new.split_at(new.len().min(NEW));
        changes
            .extend(named.iter().map(|channel| Change { words: channel.met(), since: Some(channel.first) }));
        if let Some(first) = more.iter().map(|channel| channel.first).reduce(f64::min) {
            let words = match is_served {
                true => format!("{} more came to it for the first time.", more.len()),
                false => format!("It went to {} more for the first time.", more.len()),
            };
            changes.push(Change { words, since: Some(first) });
        }
    }
    let query = DriftQuery { sensor: asked.sensor.clone(), days: Some(7), model: None };
    for day in look.store.drift(&query)?.into_iter().map(DriftDay::from) {
        changes.extend(day.of_host(host).map(|words| Change { words, since: Some(day.start()) }));
    }
    changes.sort_by(|a, b| b.since.unwrap_or_default().total_cmp(&a.since.unwrap_or_default()));
    changes.truncate(CHANGES);
    Ok(changes)
}

impl Channel {
    /// Who came to whom, for the first time.
    fn met(&self) -> String {
        let Self { peer, port, proto, service, is_served, .. } = self;
        let service = if service == "-" { String::new() } else { format!(", {service}") };
        match is_served {
            true => format!("{peer} came to its port {port}/{proto}{service} for the first time."),
            false => format!("It went to {peer}, port {port}/{proto}{service}, for the first time."),
        }
    }
}

impl HostHour {
    fn of(point: &oddflow_store::TrafficPoint) -> Self {
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

impl From<oddflow_store::Channel> for Channel {
    fn from(of: oddflow_store::Channel) -> Self {
        Self {
            peer: of.peer,
            port: of.port,
            proto: of.proto,
            service: of.service,
            is_served: of.is_served,
            rows: of.rows,
            orig_bytes: of.orig_bytes,
            resp_bytes: of.resp_bytes,
            first: of.first,
            last: of.last,
            gap: of.gap,
            gap_cv: of.gap_cv,
            is_new: of.is_new,
        }
    }
}
