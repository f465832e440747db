//! Why a row is odd: the families with their numbers, the features that the network missed most, what is new, what is near.

use oddflow_features::behaviour::{COLUMNS, Features, Fields, NUMERIC, WIDTH, describe};
use oddflow_features::companion;
use serde::{Deserialize, Serialize};
use zeek_log::ConnRecord;

use super::baseline::Known;
use super::families::{Family, NOVELTIES, PLACES, WATCH};
use super::hosts::Hosts;
use super::model::Model;
use super::score::{MOST_NEW_REGULAR, Scored, Scorer};
use super::sentences;

/// Families that an explanation names, and features.
const REASONS: usize = 2;
const FEATURES: usize = 3;
/// Numbers of a row that are compared before all of them.
const GLANCE: usize = 48;
/// Version of an explanation's JSON.
const VERSION: u32 = 1;

/// Why a row is odd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Version of this object.
    pub version: u32,
    /// The term of the reconstruction error.
    pub a: f32,
    /// The strongest families, at most two.
    pub families: Vec<Reason>,
    /// The features with the largest share of the reconstruction error, at most three.
    pub features: Vec<Missed>,
    /// What was seen for the first time, in words.
    pub first_seen: Vec<String>,
    /// The nearest connection of a sample of the baseline.
    pub nearest: Option<Nearest>,
}

/// What a family says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The family.
    pub family: Family,
    /// How far in the tail of the baseline, 0 to 6.
    pub strength: f32,
    /// The column that says so; empty for novelty, which is a mean.
    pub column: String,
    /// Its natural value.
    pub value: f64,
    /// Its largest natural value in the baseline.
    pub most: Option<f64>,
    /// The largest that this originator had in the baseline, where it is known.
    pub most_of_host: Option<f64>,
    /// One row of the baseline in so many has a value as large.
    pub one_in: f64,
    /// All of that as a sentence.
    pub words: String,
}

/// A feature that the network reconstructed badly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missed {
    /// Name of the column.
    pub column: String,
    /// Its natural value.
    pub value: f64,
    /// What the network made of it.
    pub expected: f64,
    /// Its share of the row's error, 0 to 1.
    pub share: f32,
    /// All of that as a sentence.
    pub words: String,
}

/// A normal connection that is near.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    /// The connection.
    #[serde(flatten)]
    pub connection: Known,
    /// Euclidean distance of the standardised rows.
    pub distance: f32,
}

/// Explains rows. Made once a model.
pub struct Explainer<'m> {
    model: &'m Model,
    scorer: Scorer,
}

impl<'m> Explainer<'m> {
    /// An explainer of a model's scores.
    #[must_use]
    pub fn new(model: &'m Model) -> Self {
        Self { model, scorer: model.scorer() }
    }

    /// The model whose scores it explains.
    #[must_use]
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// Why a row is odd. Features and score are those that its session gave, `originator` and `absent` its flow's.
    #[must_use]
    pub fn explain(
        &self,
        record: &ConnRecord<'_>,
        originator: u64,
        absent: Fields,
        features: &Features,
        scored: &Scored,
    ) -> Explanation {
        let mut row = vec![0.0; WIDTH];
        self.scorer.encode(features, absent, &mut row);
        let ranked = scored.ranked();
        let families = ranked[..REASONS]
            .iter()
            .filter(|family| scored.families[**family as usize] > 0.0)
            .map(|family| self.reason(*family, record, originator, features, scored))
            .collect();
        Explanation {
            version: VERSION,
            a: scored.a,
            families,
            features: self.missed(features, absent, &row),
            first_seen: first_seen(record, features),
            nearest: self.nearest(&row),
        }
    }

    fn reason(
        &self,
        family: Family,
        record: &ConnRecord<'_>,
        originator: u64,
        features: &Features,
        scored: &Scored,
    ) -> Reason {
        let strength = scored.families[family as usize];
        let calibration = self.scorer.calibration();
        let strongest = WATCH
            .iter()
            .enumerate()
            .filter(|(_, watched)| watched.family == family)
            .map(|(place, watched)| {
                let value = features.numbers[PLACES[place]];
                (place, watched.weight * calibration.watched[place].surprise(value))
            })
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if family == Family::Application
            && let Some((column, value)) = scored.application
        {
            return self.application(strength, usize::from(column), value);
        }
        let Some((place, _)) = strongest else {
            return Reason {
                family,
                strength,
                column: String::new(),
                value: 0.0,
                most: None,
                most_of_host: None,
                one_in: 10_f64.powf(f64::from(strength)),
                words: sentences::novelty(record, features),
            };
        };
        let new_pair = calibration.new_regular.surprise(features.new_regular).min(MOST_NEW_REGULAR);
        let is_new_pair = family == Family::Regular && features.new_regular > 0.0 && new_pair >= strength;
        let column = &COLUMNS[PLACES[place]];
        let value = features.numbers[PLACES[place]];
        let reference = if is_new_pair { &calibration.new_regular } else { &calibration.watched[place] };
        let natural = |value: f32| column.natural(f64::from(value));
        let hosts: &Hosts = self.model.hosts();
        // What comes to a destination is no host's own doing.
        let most_of_host =
            hosts.most(originator, place).filter(|_| !column.name.starts_with("dst_")).map(natural);
        let one_in = reference.one_in(value);
        let (value, most) = (natural(value), natural(reference.max()));
        let mut words = sentences::reason(column.name, record, features, value, most, most_of_host, one_in);
        if is_new_pair {
            words.push_str(" among hosts that had not met");
        }
        Reason {
            family,
            strength,
            column: column.name.into(),
            value,
            most: Some(most),
            most_of_host,
            one_in,
            words,
        }
    }

    /// What the companion logs say.
    fn application(&self, strength: f32, column: usize, value: f32) -> Reason {
        let reference = &self.scorer.calibration().application[column];
        let known = &companion::COLUMNS[column];
        let natural = |value: f32| known.natural(f64::from(value));
        let (one_in, most) = (reference.one_in(value), natural(reference.max()));
        let rarity = if value > reference.max() {
            "no connection of it has as much".to_owned()
        } else {
            format!("1 connection in {} has as much", sentences::thousands(one_in))
        };
        let words = format!(
            "{} ({} log); the most in the baseline is {}; {rarity}",
            companion::describe(column, f64::from(value)),
            companion::kind_of(column).path(),
            known.amount(most),
        );
        Reason {
            family: Family::Application,
            strength,
            column: known.name.into(),
            value: natural(value),
            most: Some(most),
            most_of_host: None,
            one_in,
            words,
        }
    }

    fn missed(&self, features: &Features, absent: Fields, row: &[f32]) -> Vec<Missed> {
        let network = self.scorer.network();
        let (mut losses, mut output) = (vec![0.0; WIDTH], vec![0.0; WIDTH]);
        network.losses(row, &mut losses);
        network.reconstruct(row, &mut output);
        let unknown = absent.unknown_columns();
        let total: f32 = losses.iter().sum();
        let mut order: Vec<usize> = (0..WIDTH).filter(|column| !unknown[*column]).collect();
        order.sort_by(|a, b| losses[*b].total_cmp(&losses[*a]).then(a.cmp(b)));
        let scale = self.scorer.scale();
        order
            .into_iter()
            .take(FEATURES)
            .map(|column| {
                let (value, expected) = match COLUMNS.get(column) {
                    Some(known) => {
                        let expected = output[column] * scale.deviation[column] + scale.mean[column];
                        let value = features.numbers[column];
                        (known.natural(f64::from(value)), known.natural(f64::from(expected)))
                    }
                    None => (
                        f64::from((features.tokens >> (column - NUMERIC) & 1) as u8),
                        f64::from(output[column]),
                    ),
                };
                Missed {
                    column: oddflow_features::behaviour::column_name(column),
                    value,
                    expected,
                    share: if total > 0.0 { losses[column] / total } else { 0.0 },
                    words: describe(column, value, expected),
                }
            })
            .collect()
    }

    fn nearest(&self, row: &[f32]) -> Option<Nearest> {
        let mut nearest: Option<(&Known, f32)> = None;
        for (known, other) in self.model.neighbours() {
            let best = nearest.map_or(f32::INFINITY, |(_, square)| square);
            // Most are too far away by the first numbers alone.
            if square_distance(&row[..GLANCE], &other[..GLANCE]) < best {
                let square = square_distance(row, other);
                if square < best {
                    nearest = Some((known, square));
                }
            }
        }
        nearest.map(|(known, square)| Nearest { connection: known.clone(), distance: square.sqrt() })
    }
}

/// Square of the Euclidean distance. In lanes, as one sum after the other would wait for each addition.
fn square_distance(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut lanes = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += (a - b) * (a - b);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
    lanes.iter().sum::<f32>() + rest
}

/// What was never seen before, in words.
fn first_seen(record: &ConnRecord<'_>, features: &Features) -> Vec<String> {
    (0..=NOVELTIES)
        .filter(|i| features.never_seen & 1 << i != 0)
        .map(|i| sentences::first_seen(i, record))
        .collect()
}
