//! `oddflow doctor`: whether everything is there that watching needs, with a remedy for what isn't.
//!
//! Nothing is changed, and nothing is passed over in silence: what can't be checked is said to be skipped, and why. `places` finds the
//! folder and what lies in it, `sample` reads the latest rows, `logs` judges both, `keeping` the settings, the database and its
//! disk, `sandbox` the system, `fitness` the model, `drift` the last days beside its baseline.

mod drift;
mod finding;
mod fitness;
mod keeping;
mod logs;
mod places;
mod sample;
mod sandbox;

use std::path::PathBuf;

pub(crate) use finding::{Finding, Level};

use finding::Findings;
use sample::Sample;

use crate::config::Settings;

/// What is to be examined.
pub(crate) struct Asked {
    /// Log folders; where there are none, those of the settings, else the usual places.
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) model: Option<PathBuf>,
    pub(crate) db: Option<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    /// The time, in seconds since 1970.
    pub(crate) now: f64,
}

/// Examines everything, in the order in which one thing needs another.
pub(crate) fn examine(mut asked: Asked) -> Vec<Finding> {
    let mut findings = Findings::default();
    let settings = keeping::settings(&mut asked, &mut findings);
    sandbox::examine(settings.as_ref(), &mut findings);
    let roots = places::roots(&asked.roots, &mut findings);
    let mut whole = Sample::default();
    for root in &roots {
        let found = places::Inventory::of(root);
        let sample = logs::examine(root, &found, asked.now, &mut findings);
        whole.merge(sample);
    }
    if roots.is_empty() {
        logs::skip("there is no log folder", &mut findings);
    }
    keeping::database(asked.db.as_deref(), &whole, asked.now, &mut findings);
    let budget = settings.as_ref().map(|settings| settings.detect.budget).filter(|budget| *budget > 0.0);
    fitness::model((asked.model.as_deref(), asked.db.as_deref()), budget, &whole, &mut findings);
    findings.0
}

/// What was named goes before what stands in the settings; what wasn't is taken from there.
fn reconcile(asked: &mut Asked, settings: &mut Settings) {
    fn path(asked: &mut Option<PathBuf>, setting: &mut PathBuf) {
        match asked {
            Some(asked) => setting.clone_from(asked),
            None => *asked = (!setting.as_os_str().is_empty()).then(|| setting.clone()),
        }
    }
    if asked.roots.is_empty() {
        let sensors = settings.watch.sensors.values();
        asked.roots.extend(settings.watch.roots.iter().chain(sensors.flatten()).cloned());
    } else {
        settings.watch.roots.clone_from(&asked.roots);
        settings.watch.sensors.clear();
    }
    path(&mut asked.model, &mut settings.detect.model);
    path(&mut asked.db, &mut settings.store.path);
}
