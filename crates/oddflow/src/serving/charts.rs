//! The values that explain an alert, against those of the model's baseline.

use std::collections::BTreeSet;
use std::net::IpAddr;

use oddflow_dashboard::{Charts, FeatureChart, Problem, Scale};
use oddflow_detector::Model;
use oddflow_detector::behaviour::{Explanation, Model as BehaviourModel};
use oddflow_features::behaviour::{Fields, Unit};
use oddflow_store::{Alert, Store};
use zeek_log::ConnRecord;

use super::Serving;

/// Charts of an alert, at most.
const MOST: usize = 6;

pub(super) fn charts(serving: &Serving, store: &Store, alert: &Alert) -> Result<Charts, Problem> {
    let none = |why: &str| Ok(Charts { features: Vec::new(), why_none: why.into() });
    let explanation = alert.explanation.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let Some(explanation): Option<Explanation> = explanation else {
        return none(
            "The model that flagged it looks at each connection by itself, and keeps no baseline of values.",
        );
    };
    let model = match serving.model_of(store, &alert.model) {
        Ok(model) => model,
        // Its file was removed, or never taken in.
        Err(problem) if problem.status == 404 => return none("The database does not have the model's file."),
        Err(problem) => return Err(problem),
    };
    let Model::Behaviour(model) = &*model else { return none("The model keeps no baseline of values.") };
    let Some(reference) = model.drift() else {
        return none(
            "The model was made by an older version, and keeps no baseline of values. Train a new one.",
        );
    };
    let host = host_of(model, alert);
    let mut told = BTreeSet::new();
    let mut features = Vec::new();
    let reasons = explanation.families.iter().map(|reason| (&reason.column, reason.value));
    let missed = explanation.features.iter().map(|missed| (&missed.column, missed.value));
    for (column, value) in reasons.chain(missed) {
        if features.len() == MOST || !told.insert(column) {
            continue;
        }
        let Some(shares) = reference.shares(column, value, host) else { continue };
        features.push(FeatureChart {
            name: column.clone(),
            words: shares.words.into(),
            value,
            text: shares.text,
            unit: unit(shares.unit).into(),
            scale: if shares.is_log { Scale::Log } else { Scale::Linear },
            edges: shares.edges,
            network: shares.network,
            host: shares.host,
            cell: u32::try_from(shares.cell).unwrap_or(u32::MAX),
            tail: shares.tail,
        });
    }
    if features.is_empty() {
        return none("What explains it is no number that the model keeps a baseline of.");
    }
    Ok(Charts { features, why_none: String::new() })
}

/// What the model knows the local host of an alert by.
fn host_of(model: &BehaviourModel, alert: &Alert) -> Option<u64> {
    let sides: [IpAddr; 2] = [alert.orig_h.parse().ok()?, alert.resp_h.parse().ok()?];
    let ports = (alert.orig_p.unwrap_or_default(), alert.resp_p.unwrap_or_default());
    let record = ConnRecord {
        local_orig: alert.local_orig,
        local_resp: alert.local_resp,
        ..ConnRecord::bare(
            alert.ts,
            (sides[0], ports.0),
            (sides[1], ports.1),
            alert.proto.as_deref().unwrap_or_default(),
        )
    };
    Some(model.reader(Fields::NONE).flow(&record).local_host())
}

fn unit(unit: Option<Unit>) -> &'static str {
    match unit {
        Some(Unit::Bytes) => "B",
        Some(Unit::BytesPerSecond) => "B/s",
        Some(Unit::Seconds) => "s",
        Some(Unit::Bits) => "bit",
        Some(Unit::Count | Unit::Ratio | Unit::LogRatio) | None => "",
    }
}
