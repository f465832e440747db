//! Whether the network is still the one that the model has learned.

use std::path::Path;

use oddflow_detector::behaviour::{Model, Verdict};
use oddflow_store::{Store, StoreError};

use super::finding::Findings;
use crate::drift::{Lately, lately};

pub(super) const CHECK: &str = "drift";

/// Tells of the last days that a database has of a model: a line for each sensor.
pub(super) fn drift(model: &Model, db: Option<&Path>, findings: &mut Findings) {
    if model.drift().is_none() {
        let what = "the model has nothing to compare days with: an earlier version trained it";
        return findings.warning(CHECK, what, "Train again, or have it learned anew: retrain.every_days.");
    }
    let Some(db) = db else {
        return findings.skipped(CHECK, "no database was named", "");
    };
    let days = match Store::open_read_only(db).and_then(|store| lately(&store, model.id())) {
        Ok(days) => days,
        Err(StoreError::Missing { .. }) => Vec::new(),
        // The check of the database says why.
        Err(_) => return findings.skipped(CHECK, "the database cannot be used", ""),
    };
    if days.is_empty() {
        findings.skipped(CHECK, "no day was compared with the baseline yet", "");
    }
    for Lately { verdict, what, next } in Lately::of(&days) {
        match verdict {
            Some(Verdict::Stable) => findings.ok(CHECK, what),
            Some(Verdict::Host | Verdict::Network) => findings.warning(CHECK, what, next),
            Some(Verdict::Unclear) | None => findings.skipped(CHECK, what, next),
        }
    }
}
