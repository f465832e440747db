//! The store from outside: what it keeps, what it refuses, and what a kill leaves.

mod batches;
mod dashboard;
mod drift;
mod expiry;
mod files;
mod incidents;
mod kill;
mod models;
mod outbox;
mod queries;
mod schema;
mod support;
mod suppression;
mod traffic;
