//! Hosts: a list of them, and one with what is normal for it.

use oddflow_store::Incident;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::filter::{moment, number};
use super::page::Page;
use super::period::Asking;
use super::problem::{Problem, Problems};

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
    /// Incidents of that time, hidden ones left out.
    incidents: u64,
}

/// A host with what is normal for it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct HostDetails {
    host: String,
    is_local: bool,
    /// The first hour of all that is kept in which it had rows, in seconds since 1970.
    first: Option<f64>,
    /// The end of the last one.
    last: Option<f64>,
    totals: Totals,
    /// Hours with rows, in order.
    series: Vec<HostHour>,
    /// Its services, the one with the most rows first.
    services: Vec<HostService>,
    /// Ports of responders, the one with the most rows first.
    ports: Vec<HostPort>,
    /// Whom it talks to, and how regularly; those with the most rows first.
    channels: Vec<Channel>,
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
    peers: u64,
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
pub(crate) struct Change {
    /// As a sentence.
    words: String,
    /// Since when, in seconds since 1970.
    since: Option<f64>,
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
    /// The most incidents first.
    Incidents,
}

/// Which hosts.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct HostsAsked {
    /// From this time on: seconds since 1970, or RFC 3339. Where it is left out, a week before `to`.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    from: Option<f64>,
    /// Before this time. Where it is left out, the newest row.
    #[serde(deserialize_with = "moment")]
    #[param(value_type = Option<String>)]
    to: Option<f64>,
    /// A sensor; empty for the one without a name.
    sensor: Option<String>,
    /// The beginning of an address, or a network.
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
async fn list() -> Result<(), Problem> {
    Err(Problem::bug())
}

/// One host, and what is normal for it
#[utoipa::path(get, path = "/hosts/{host}", tag = "hosts", params(("host" = String, Path), Asking),
    responses((status = 200, body = HostDetails), Problems))]
async fn one() -> Result<(), Problem> {
    Err(Problem::bug())
}
