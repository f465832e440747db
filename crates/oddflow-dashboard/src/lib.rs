//! What oddflow tells over HTTP: `/metrics`, `/healthz` and `/readyz`, and the dashboard: a page, and the API below `/api/v1` that it asks.
//!
//! This crate knows routes, HTTP and the store, and nothing of detection: a [`Source`] says how a service is, a [`Knowledge`] what
//! models, expressions and logs say. It listens on the loopback alone unless it is told otherwise. Requests have one thread, and a few
//! that wait for the database, so that they can't take much from what is watched; how many there are, how large and how slow, has limits.
//!
//! What is read is of the database's last commit. A change is one transaction, and goes into the audit log with it.

mod access;
mod answers;
mod api;
mod csv;
mod dashboard;
mod encoding;
mod flow;
mod guard;
mod knowledge;
mod leash;
mod listen;
mod news;
mod patience;
mod readers;
mod secret;
mod server;
mod shares;
mod site;
mod time;
mod tls;
mod work;

pub use answers::Source;
pub use api::charts::{Charts, FeatureChart, Scale};
pub use api::description;
pub use api::explore::{Histogram, Log, Reading};
pub use api::hosts::Change;
pub use api::models::{Difference, Fact, Forecast, Losses, ModelDetails, ModelItem};
pub use api::overview::{Budget, BySeverity, Condition, Finding, Level};
pub use api::problem::Problem;
pub use api::settings::{Database, Retention, Settings, SinkState};
pub use api::suppressions::{Made, NewRule, Plan, Preview, Removed};
pub use api::techniques::Technique;
pub use csv::{ALERT_COLUMNS, cell as csv_cell, text as csv_text};
pub use dashboard::{Dashboard, DashboardError, DashboardSettings, has_token, new_token};
pub use knowledge::Knowledge;
pub use listen::{Listen, ListenError};
pub use server::Server;
pub use tls::Tls;
