//! What an evaluation came to, as one JSON object. Its keys keep their meaning; new ones may come.

use std::collections::BTreeMap;

use oddflow_detector::behaviour::Forecast;
use oddflow_evaluate::{Figures, JoinReport};
use serde::Serialize;

use super::watch::Observed;

/// What an evaluation with labels came to.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Version of oddflow.
    pub(crate) version: &'static str,
    pub(crate) recipe: &'static str,
    /// Hash of the model's content.
    pub(crate) model: String,
    pub(crate) seed: u64,
    /// Rows of the test.
    pub(crate) rows: u64,
    /// Days that the test covers.
    pub(crate) days: f64,
    /// Incidents a day.
    pub(crate) budget: f64,
    /// The figures of the detector that is judged.
    #[serde(flatten)]
    pub(crate) figures: Figures,
    /// What the model expected; null where its calibration slice was too short, or the recipe makes none.
    pub(crate) forecast: Option<Forecast>,
    /// What `detect` would have raised; null for recipes without a budget.
    pub(crate) observed: Option<Observed>,
    pub(crate) labels: LabelCounts,
    /// The figures of the others, by name.
    pub(crate) baselines: BTreeMap<&'static str, Figures>,
}

/// How rows and labels fit together.
#[derive(Serialize)]
pub(crate) struct LabelCounts {
    pub(crate) benign: u64,
    pub(crate) malicious: u64,
    /// Rows that are in none of the figures.
    pub(crate) left_out: u64,
    /// Rows that the table doesn't list.
    pub(crate) unlisted: u64,
    /// Lines that fit no row.
    pub(crate) unmatched_lines: u64,
    /// Rows and lines that repeat a uid.
    pub(crate) repeated_rows: u64,
    pub(crate) repeated_lines: u64,
    /// Rows that two lines contradict each other on.
    pub(crate) contradicted: u64,
}

impl From<&JoinReport> for LabelCounts {
    fn from(join: &JoinReport) -> Self {
        Self {
            benign: join.benign,
            malicious: join.malicious,
            left_out: join.left_out,
            unlisted: join.unlisted,
            unmatched_lines: join.unmatched_lines,
            repeated_rows: join.repeated_rows,
            repeated_lines: join.repeated_lines,
            contradicted: join.contradicted,
        }
    }
}

/// What came of attacks in the owner's own traffic. Each was planted alone, and the figures are the means over them.
#[derive(Serialize)]
pub(crate) struct OwnReport {
    /// Version of oddflow.
    pub(crate) version: &'static str,
    pub(crate) seed: u64,
    /// Rows that were learned from.
    pub(crate) baseline_rows: u64,
    /// Rows after them, without those of the attacks.
    pub(crate) rows: u64,
    /// Days that those cover.
    pub(crate) days: f64,
    /// Incidents a day.
    pub(crate) budget: f64,
    /// The figures; the owner's own rows count as benign. False incidents are those without any attack.
    #[serde(flatten)]
    pub(crate) figures: Figures,
    pub(crate) forecast: Option<Forecast>,
    /// What `detect` would have raised without any attack.
    pub(crate) observed: Observed,
    /// What was planted, in the order of `campaigns`.
    pub(crate) planted: Vec<PlantedCampaign>,
}

/// A campaign and who took part.
#[derive(Serialize)]
pub(crate) struct PlantedCampaign {
    pub(crate) name: String,
    /// The address it comes from; null where that is forged.
    pub(crate) attacker: Option<String>,
    /// The address it is aimed at; null where that is many.
    pub(crate) target: Option<String>,
    /// Start of its first connection and of its last step, in seconds since the Unix epoch.
    pub(crate) first: f64,
    pub(crate) last: f64,
}

/// The means of figures, with all their campaigns; a figure that isn't defined somewhere is left out there. False incidents
/// are those of `clean`.
pub(crate) fn mean(clean: &Figures, all: &[Figures]) -> Figures {
    let mean = |figure: fn(&Figures) -> Option<f64>| {
        let known: Vec<f64> = all.iter().filter_map(figure).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    Figures {
        auroc: mean(|figures| figures.auroc),
        auprc: mean(|figures| figures.auprc),
        tpr_at_1pct: mean(|figures| figures.tpr_at_1pct),
        tpr_at_0_1pct: mean(|figures| figures.tpr_at_0_1pct),
        found_at_10: mean(|figures| figures.found_at_10),
        found_at_50: mean(|figures| figures.found_at_50),
        false_incidents_per_day: clean.false_incidents_per_day,
        campaigns: all.iter().flat_map(|figures| figures.campaigns.clone()).collect(),
    }
}
