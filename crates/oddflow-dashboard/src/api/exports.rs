//! All incidents or alerts of a filter as a file.

use std::ops::ControlFlow;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Bytes;
use oddflow_store::{AlertQuery, IncidentQuery, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::asked::Asked;
use super::filter::Filter;
use super::period::known;
use super::problem::{Problem, Problems};
use crate::csv;
use crate::flow::flow;
use crate::leash::leash;
use crate::readers::PATIENT_EFFORT;

/// Rows that are read at once; between them others may write.
const PAGE: u64 = 500;

const INCIDENT_COLUMNS: [&str; 23] = [
    "id",
    "model",
    "sensor",
    "number",
    "host",
    "family",
    "class",
    "state",
    "first_ts",
    "last_ts",
    "raised_ts",
    "rows",
    "rows_stored",
    "peak",
    "score",
    "threshold",
    "severity",
    "title",
    "technique",
    "suppressed_by",
    "verdict",
    "verdict_ts",
    "verdict_note",
];

/// The format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// Comma-separated values with a line of titles, as RFC 4180 has them.
    #[default]
    Csv,
    /// A JSON object a line, as the lists have them.
    Json,
}

/// The file that is wanted.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct File {
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(incidents)).routes(routes!(alerts))
}

/// All incidents of a filter as a file; limit and cursor are left out of account
#[utoipa::path(get, path = "/incidents/export", tag = "incidents", params(Filter, File),
    responses((status = 200, body = String, content_type = "text/csv"), Problems))]
async fn incidents(
    State(api): State<Api>,
    Asked(filter): Asked<Filter>,
    Asked(file): Asked<File>,
) -> Result<Response, Problem> {
    let query = filter.incidents()?;
    file.send(&api, "incidents", filter.sensor, move |store, out| {
        out.titles(&INCIDENT_COLUMNS, &["summary"])?;
        let mut after = None;
        loop {
            page_of(store)?;
            let page = store
                .incidents(&IncidentQuery { limit: Some(PAGE), after, ..query.clone() })
                .map_err(|_| ())?;
            for incident in &page {
                out.row(incident, &INCIDENT_COLUMNS, || vec![incident.summary.clone()])?;
            }
            out.flush()?;
            match page.last().filter(|_| page.len() as u64 == PAGE) {
                Some(last) => after = Some(last.cursor(query.sort)),
                None => return Ok(()),
            }
        }
    })
    .await
}

/// All alerts of a filter as a file; limit and cursor are left out of account
#[utoipa::path(get, path = "/alerts/export", tag = "alerts", params(Filter, File),
    responses((status = 200, body = String, content_type = "text/csv"), Problems))]
async fn alerts(
    State(api): State<Api>,
    Asked(filter): Asked<Filter>,
    Asked(file): Asked<File>,
) -> Result<Response, Problem> {
    let query = filter.alerts()?;
    file.send(&api, "alerts", filter.sensor, move |store, out| {
        out.titles(&csv::ALERT_COLUMNS, &["contributions"])?;
        let mut after = None;
        loop {
            page_of(store)?;
            let mut page = Vec::new();
            let next = AlertQuery { limit: Some(PAGE), after, ..query.clone() };
            let read = store.alerts(&next, &mut |alert| {
                page.push(alert);
                ControlFlow::Continue(())
            });
            read.map_err(|_| ())?;
            for alert in &page {
                // Not through a `Value`: it would widen their 32-bit numbers to more digits than they have.
                let contributions = || vec![serde_json::to_string(&alert.contributions).unwrap_or_default()];
                out.row(alert, &csv::ALERT_COLUMNS, contributions)?;
            }
            out.flush()?;
            match page.last().filter(|_| page.len() as u64 == PAGE) {
                Some(last) => after = Some(last.cursor(query.sort)),
                None => return Ok(()),
            }
        }
    })
    .await
}

impl File {
    /// Sends what `write` writes, as it is written. Where reading fails on the way, the answer is cut: the connection is closed
    /// before its end, which tells a browser that the file isn't whole.
    async fn send(
        self,
        api: &Api,
        name: &str,
        sensor: Option<String>,
        write: impl FnOnce(&Store, &mut Rows) -> Result<(), ()> + Send + 'static,
    ) -> Result<Response, Problem> {
        let Ok(place) = api.exports.clone().try_acquire_owned() else {
            let remedy = "Wait until one of them is done, and try again.";
            return Err(Problem::unavailable("Other exports are being made.", remedy));
        };
        let readers = api.readers.clone();
        let (guard, leash) = leash();
        // The place goes with the work: it is free when the thread is.
        let (store, place) = crate::readers::blocking(move || {
            let store = readers.own()?;
            known(&store, sensor.as_deref())?;
            Ok((store, place))
        })
        .await?;
        let (sender, body) = flow();
        let format = self.format;
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let mut rows = Rows { format, text: Vec::new(), sender };
            // Who has hung up is noticed while a page is looked for, too.
            let written = leash.held(&store, || write(&store, &mut rows));
            if !matches!(written, Ok(Ok(()))) {
                rows.fail();
            }
        });
        let (kind, ending) = match self.format {
            Format::Csv => ("text/csv; charset=utf-8", "csv"),
            Format::Json => ("application/x-ndjson", "jsonl"),
        };
        let disposition = format!("attachment; filename=\"{name}.{ending}\"");
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            // Plain letters always are a header's value.
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")),
            ),
        ];
        Ok((headers, Body::new(body.guarded(guard))).into_response())
    }
}

/// Begins a page: each may take so much, since who asks for all of a filter may wait for it.
fn page_of(store: &Store) -> Result<(), ()> {
    store.limit_effort(Some(PATIENT_EFFORT)).map_err(|_| ())
}

/// Rows on their way out.
struct Rows {
    format: Format,
    text: Vec<u8>,
    sender: Sender<Result<Bytes, std::io::Error>>,
}

impl Rows {
    fn titles(&mut self, columns: &[&str], more: &[&str]) -> Result<(), ()> {
        if self.format == Format::Csv {
            let all: Vec<&str> = columns.iter().chain(more).copied().collect();
            self.line(&all.join(","));
        }
        Ok(())
    }

    fn row(
        &mut self,
        row: &impl Serialize,
        columns: &[&str],
        more: impl FnOnce() -> Vec<String>,
    ) -> Result<(), ()> {
        if self.format == Format::Json {
            serde_json::to_writer(&mut self.text, row).map_err(|_| ())?;
            self.text.push(b'\n');
            return Ok(());
        }
        let value: Value = serde_json::to_value(row).unwrap_or_default();
        let mut cells: Vec<String> = columns.iter().map(|name| csv::cell(&value[*name])).collect();
        cells.extend(more().iter().map(|text| csv::text(text)));
        self.line(&cells.join(","));
        Ok(())
    }

    fn line(&mut self, line: &str) {
        self.text.extend_from_slice(line.as_bytes());
        self.text.push(b'\n');
    }

    /// Sends what is there; fails when nobody takes it any more.
    fn flush(&mut self) -> Result<(), ()> {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return Ok(());
        }
        self.sender.blocking_send(Ok(text.into())).map_err(|_| ())
    }

    fn fail(&mut self) {
        // Who has gone away needs not be told.
        let _ = self.sender.blocking_send(Err(std::io::Error::other("the export failed")));
    }
}
