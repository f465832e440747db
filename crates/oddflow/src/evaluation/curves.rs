//! The curves of all detectors as figures.

use std::path::Path;

use oddflow_evaluate::Ranking;
use oddflow_figures::{Curve, RateAxis, precision_recall, roc_curve};

use super::judged::{Judged, TestRows};
use crate::failure::Failure;

/// Points of a curve: more than a figure has pixels across.
const POINTS: usize = 2000;

/// A curve's points and the area below it.
type Drawn = (Vec<(f64, f64)>, Option<f64>);

/// Draws `roc` (with the low rates on a logarithmic axis) and `precision-recall`; the first detector is the one that the
/// figures are about.
pub(crate) fn draw(judged: &[&Judged], test: &TestRows, folder: &Path) -> Result<(), Failure> {
    let rankings: Vec<Ranking> = judged.iter().map(|judged| judged.ranking(test)).collect();
    let roc: Vec<Drawn> = rankings.iter().map(|ranking| (ranking.roc(POINTS), ranking.auroc())).collect();
    roc_curve(&curves(judged, &roc), RateAxis::Log).save(folder, "roc")?;
    let pr: Vec<Drawn> =
        rankings.iter().map(|ranking| (ranking.precision_recall(POINTS), ranking.auprc())).collect();
    let (malicious, benign) = rankings.first().map_or((0, 0), |first| (first.malicious(), first.benign()));
    let prevalence = malicious as f64 / (malicious + benign) as f64;
    precision_recall(&curves(judged, &pr), prevalence).save(folder, "precision-recall")?;
    Ok(())
}

fn curves<'a>(judged: &'a [&Judged], drawn: &'a [Drawn]) -> Vec<Curve<'a>> {
    let pairs = judged.iter().zip(drawn);
    pairs.map(|(judged, (points, area))| Curve { name: judged.name, points, area: *area }).collect()
}
