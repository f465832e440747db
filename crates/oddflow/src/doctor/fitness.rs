//! Whether a model fits these logs, and what it would raise.

use std::path::Path;

use oddflow_detector::Model;
use oddflow_features::behaviour::Field;
use oddflow_store::Store;

use super::drift;
use super::finding::Findings;
use super::sample::Sample;
use crate::commands::detect::forecast;
use crate::failure::Failure;
use crate::models;
use crate::text::{a_day, number, span};

/// Age of a baseline in days from which on networks are no longer what they were.
const OLD: f64 = 90.0;
/// Fewest days of a good baseline.
const SHORT: f64 = 1.0;

/// Judges a model beside what was read of the logs: that of a file, else the active one of a database.
pub(super) fn model(
    (path, db): (Option<&Path>, Option<&Path>),
    budget: Option<f64>,
    sample: &Sample,
    findings: &mut Findings,
) {
    const CHECK: &str = "model";
    let skip = |why: &str, findings: &mut Findings| {
        findings.skipped("fit", why, "");
        findings.skipped("forecast", why, "");
        findings.skipped(drift::CHECK, why, "");
    };
    let active = || db.filter(|db| db.exists()).map(active).unwrap_or(Ok(None));
    let (name, read) = match path {
        Some(path) if path.exists() => (path.display().to_string(), Model::read(path).map_err(Failure::from)),
        path => match active() {
            Ok(Some(model)) => ("the active model".to_owned(), Ok(model)),
            Err(failure) => ("the active model".to_owned(), Err(failure)),
            Ok(None) => {
                let Some(path) = path else {
                    findings.skipped(
                        CHECK,
                        "none was named, and none is active in a database",
                        "Name it with -m MODEL.",
                    );
                    return skip("no model was named", findings);
                };
                findings.warning(
                    CHECK,
                    format!("{} is not there yet", path.display()),
                    "watch collects a baseline first and learns it; or: oddflow train LOGS -o FILE.",
                );
                return skip("there is no model yet", findings);
            }
        },
    };
    let model = match read {
        Ok(Model::Behaviour(model)) => model,
        Ok(Model::Classic(_)) => {
            let what = format!("{name} is of the classic recipe, and watching needs behaviour");
            findings.error(CHECK, what, "Train one with: oddflow train LOGS -o FILE.");
            return skip("the model is of another recipe", findings);
        }
        Err(failure) => {
            findings.error(CHECK, failure.message(), failure.remedy());
            return skip("the model cannot be read", findings);
        }
    };
    let budget = budget.unwrap_or(model.budget());
    let threshold = model.calibration_incidents().live_threshold(budget);
    let what = format!(
        "{name}: {}, baseline {}, threshold {} for {}",
        model.id(),
        span(model.manifest().span()),
        number(f64::from(threshold)),
        a_day(budget)
    );
    let days = model.manifest().span().map_or(0.0, |(first, last)| (last - first) / 86_400.0);
    let age =
        sample.span.zip(model.manifest().span()).map(|((_, newest), (_, last))| (newest - last) / 86_400.0);
    if days < SHORT {
        findings.warning(CHECK, what, "Learn from more: seven days make a good baseline.");
    } else if age.is_some_and(|age| age > OLD) {
        let what =
            format!("{what}, which ended {} days before the newest row", number(age.unwrap_or_default()));
        findings.warning(CHECK, what, "Train again on recent logs.");
    } else {
        findings.ok(CHECK, what);
    }
    fit(&model, sample, findings);
    let words = forecast(&model, budget);
    let words =
        words.strip_prefix("forecast: ").or_else(|| words.strip_prefix("forecast for ")).unwrap_or(&words);
    match model.forecast(budget) {
        Some(_) => findings.ok("forecast", words),
        None => findings.warning("forecast", words, "Learn from more: seven days make a good baseline."),
    }
    drift::drift(&model, db, findings);
}

/// The active model of a database; `None` where there is none.
fn active(db: &Path) -> Result<Option<Model>, Failure> {
    let store = Store::open_read_only(db)?;
    store.active_model()?.map(|id| models::load(&store, &id)).transpose()
}

fn fit(model: &oddflow_detector::behaviour::Model, sample: &Sample, findings: &mut Findings) {
    const CHECK: &str = "fit";
    if sample.rows == 0 {
        findings.skipped(CHECK, "there are no rows to compare with", "");
        return;
    }
    let names = |fields: Vec<Field>| fields.into_iter().map(Field::name).collect::<Vec<_>>().join(", ");
    let known = model.absent();
    let lacking: Vec<Field> = sample.absent.iter().filter(|field| !known.holds(*field)).collect();
    let new: Vec<Field> = known.iter().filter(|field| !sample.absent.holds(*field)).collect();
    if !lacking.is_empty() {
        findings.warning(
            CHECK,
            format!("the logs lack {}, which the model knows", names(lacking)),
            "Have Zeek write them again, or train again without.",
        );
    } else if !new.is_empty() {
        findings.warning(
            CHECK,
            format!("the logs have {}, which the model does not know", names(new)),
            "Train again: more is seen with them.",
        );
    } else {
        findings.ok(CHECK, "the logs have the columns that the model was trained with");
    }
}
