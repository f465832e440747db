//! Models as the dashboard shows them.

use oddflow_dashboard::{
    Budget, Difference, Fact, Forecast, Histogram, Losses, ModelDetails, ModelItem, Problem,
};
use oddflow_detector::Model;
use oddflow_detector::behaviour::Model as BehaviourModel;
use oddflow_store::Store;
use serde_json::{Map, Value};

use super::{Serving, problem};
use crate::commands::model::{compared, facts};

/// Budgets whose thresholds are told.
const BUDGETS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0];
/// Bins of the incidents' scores.
const BINS: usize = 30;
/// Least share of the highest score that has bins of its own: what lies below is in the first one.
const LEAST: f64 = 1e-3;

pub(super) fn details(serving: &Serving, store: &Store, id: &str) -> Result<ModelDetails, Problem> {
    let id = crate::models::find(store, id).map_err(|failure| problem(&failure))?;
    let known = store
        .known_model(&id)?
        .ok_or_else(|| Problem::missing(format!("There is no model {id}."), "Look at the list."))?;
    let has_file = known.file_bytes.is_some();
    let mut details = ModelDetails {
        model: ModelItem::from(known),
        facts: Vec::new(),
        losses: Losses::default(),
        scores: Histogram::default(),
        row_scores: Histogram::default(),
        thresholds: Vec::new(),
        forecast: None,
    };
    if !has_file {
        return Ok(details);
    }
    let model = serving.model_of(store, &id)?;
    let fact = |fact: crate::commands::model::Fact| Fact {
        name: fact.name.into(),
        text: fact.text,
        value: fact.value,
    };
    details.facts = facts(&model).into_iter().map(fact).collect();
    match &*model {
        Model::Behaviour(model) => {
            details.losses.train.clone_from(&model.training().losses);
            details.scores = histogram(&model.calibration_incidents().scores);
            if let Some(reference) = model.drift() {
                let (edges, shares) = reference.score_shares();
                details.row_scores = of_shares(&edges, &shares);
            }
            details.thresholds = BUDGETS.iter().map(|budget| at(model, *budget)).collect();
            details.forecast = Some(at(model, model.budget()));
        }
        Model::Classic(model) => {
            let epochs = &model.training().epochs;
            details.losses.train = epochs.iter().map(|epoch| epoch.0).collect();
            details.losses.validation = epochs.iter().map(|epoch| epoch.1).collect();
        }
    }
    Ok(details)
}

pub(super) fn forecast(
    serving: &Serving,
    store: &Store,
    id: &str,
    budget: Option<f64>,
) -> Result<Forecast, Problem> {
    match &*serving.model_of(store, id)? {
        Model::Behaviour(model) => Ok(at(model, budget.unwrap_or_else(|| model.budget()))),
        Model::Classic(_) => Err(Problem::conflict(
            "A classic model has no budget: it flags rows, not incidents.",
            "Train a behaviour model.",
        )),
    }
}

/// What a budget comes to.
fn at(model: &BehaviourModel, budget: f64) -> Forecast {
    let expected = model.forecast(budget);
    let incidents = model.calibration_incidents();
    let threshold = incidents.threshold(budget);
    Forecast {
        budget,
        threshold: f64::from(threshold),
        reaching: incidents.scores.iter().filter(|score| **score >= threshold).count() as u64,
        expected: expected.map(|forecast| forecast.expected),
        low: expected.map(|forecast| forecast.low),
        high: expected.map(|forecast| forecast.high),
    }
}

pub(super) fn budget(serving: &Serving, store: &Store) -> Result<Option<Budget>, Problem> {
    let Some(id) = store.active_model()? else { return Ok(None) };
    let model = serving.model_of(store, &id)?;
    let Model::Behaviour(model) = &*model else { return Ok(None) };
    let set = serving.settings.as_ref().map(|settings| settings.detect.budget).filter(|budget| *budget > 0.0);
    let Forecast { budget, expected, low, high, .. } = at(model, set.unwrap_or_else(|| model.budget()));
    Ok(Some(Budget { per_day: budget, expected, low, high }))
}

pub(super) fn difference(a: &Model, b: &Model) -> Difference {
    let of = |model: &Model| -> Map<String, Value> {
        facts(model).into_iter().map(|fact| (fact.name.to_owned(), fact.value)).collect()
    };
    let (of_a, of_b) = (of(a), of(b));
    let names = facts(a).into_iter().chain(facts(b)).map(|fact| fact.name);
    let mut differs: Vec<String> = Vec::new();
    for name in names {
        if of_a.get(name) != of_b.get(name) && !differs.iter().any(|known| known == name) {
            differs.push(name.into());
        }
    }
    let both = compared(a, b).into_iter().map(|(name, _, value)| (name.to_owned(), value)).collect();
    Difference { a: of_a, b: of_b, differs, compared: both }
}

/// Scores in bins that are equal on a logarithmic axis.
fn histogram(scores: &[f32]) -> Histogram {
    let highest = scores.iter().copied().fold(0.0_f32, f32::max);
    if highest <= 0.0 {
        return Histogram::default();
    }
    let highest = f64::from(highest);
    let lowest = scores.iter().map(|score| f64::from(*score)).filter(|score| *score >= highest * LEAST);
    let lowest = lowest.fold(highest, f64::min).min(highest * 0.999);
    let step = (highest / lowest).ln() / BINS as f64;
    let mut counts = vec![0; BINS];
    for score in scores {
        let place = ((f64::from(*score) / lowest).max(1.0).ln() / step) as usize;
        counts[place.min(BINS - 1)] += 1;
    }
    let edges = (0..=BINS).map(|edge| lowest * (step * edge as f64).exp()).collect();
    Histogram { edges, counts }
}

/// Shares in parts that reach to no end, as bins: what lies outside is one step wide, and a share is told in ten thousandths.
fn of_shares(edges: &[f64], shares: &[f64]) -> Histogram {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return Histogram::default() };
    let step = edges.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max).max(1e-6);
    let mut bins = vec![(first - step).max(0.0).min(*first)];
    bins.extend(edges);
    bins.push(last + step);
    Histogram { edges: bins, counts: shares.iter().map(|share| (share * 1e4).round() as u64).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_all_in_a_bin() {
        let scores: Vec<f32> = (1..=1000).map(|i| i as f32 / 10.0).collect();
        let Histogram { edges, counts } = histogram(&scores);
        assert_eq!((edges.len(), counts.iter().sum::<u64>()), (BINS + 1, 1000));
        assert!(edges.is_sorted() && (edges[BINS] - 100.0).abs() < 1e-6);
        assert_eq!(histogram(&[]), Histogram::default());
        assert_eq!(histogram(&[0.0]), Histogram::default());
        assert_eq!(histogram(&[3.0]).counts.iter().sum::<u64>(), 1);
    }

    #[test]
    fn shares_have_a_bin_more_at_either_end() {
        let Histogram { edges, counts } = of_shares(&[1.0, 3.0], &[0.5, 0.25, 0.25]);
        assert_eq!((edges, counts), (vec![0.0, 1.0, 3.0, 5.0], vec![5000, 2500, 2500]));
    }
}
