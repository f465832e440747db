//! The behaviour model as the parts of its file: what is said of it in JSON, and its numbers as tensors.
//!
//! Sizes are checked before anything is made of them; what doesn't fit together is refused in words.

use std::sync::Arc;

use oddflow_autoencoder::Network;
use oddflow_features::behaviour::{CLASSES, NUMERIC, State, TOKENS, WIDTH};
use oddflow_features::companion;

use super::{Content, Model};
use crate::behaviour::calibration::Calibration;
use crate::behaviour::drift::DriftReference;
use crate::behaviour::families::{NOVELTIES, WATCHED};
use crate::behaviour::forecast::CalibrationIncidents;
use crate::behaviour::hosts::Hosts;
use crate::behaviour::reference::Reference;
use crate::behaviour::score::Scale;
use crate::model_file::{self, Tensor, Tensors};

impl Model {
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(&self.content).expect("a model's content has string keys and finite numbers")
    }

    pub(crate) fn tensors(&self) -> Vec<(String, Tensor<'_>)> {
        let floats = |values: &[f32]| Tensor::floats(vec![values.len()], values);
        let mut tensors = model_file::layers(&self.network);
        let values: Vec<f32> = references(&self.calibration).flat_map(|r| r.values.iter().copied()).collect();
        let reach: Vec<u32> = references(&self.calibration).flat_map(|r| r.reach.iter().copied()).collect();
        tensors.push(("scale.mean".into(), floats(&self.scale.mean)));
        tensors.push(("scale.deviation".into(), floats(&self.scale.deviation)));
        tensors.push(("scale.tokens".into(), floats(&self.scale.tokens)));
        tensors.push(("reference.values".into(), floats(&values)));
        tensors.push(("reference.reach".into(), Tensor::integers(&reach)));
        tensors.push(("calibration.incidents".into(), floats(&self.incidents.scores)));
        tensors.push(("neighbours".into(), floats(&self.neighbours)));
        let halves: Vec<u32> =
            self.hosts.keys.iter().flat_map(|key| [(*key >> 32) as u32, *key as u32]).collect();
        tensors.push(("hosts.keys".into(), Tensor::integers(&halves)));
        tensors.push(("hosts.most".into(), floats(&self.hosts.most)));
        tensors.push(("state".into(), Tensor::raw(&self.state)));
        tensors.push(("companions".into(), Tensor::raw(&self.companions)));
        tensors.extend(self.drift.iter().flat_map(|drift| drift.tensors()));
        tensors
    }

    pub(crate) fn from_parts(
        id: String,
        content: Content,
        network: Network,
        tensors: &Tensors<'_>,
    ) -> Result<Self, String> {
        if content.widths.first() != Some(&WIDTH) {
            return Err("the network is not as wide as the features".into());
        }
        let exactly = |name: &str, length: usize| {
            let values = tensors.floats(name)?;
            if values.len() == length && values.iter().all(|value| value.is_finite()) {
                Ok(values)
            } else {
                Err(format!("{name} is not made of {length} numbers"))
            }
        };
        let scale = Scale {
            mean: exactly("scale.mean", NUMERIC)?,
            deviation: exactly("scale.deviation", NUMERIC)?,
            tokens: exactly("scale.tokens", TOKENS)?,
        };
        if scale.deviation.iter().any(|deviation| *deviation <= 0.0) {
            return Err("a standard deviation is not above 0".into());
        }
        let steps = content.references.iter().map(|(_, steps)| steps).sum();
        let mut values = exactly("reference.values", steps)?.into_iter();
        let reach = tensors.integers("reference.reach")?;
        if reach.len() != steps {
            return Err("the references don't fit together".into());
        }
        let mut reach = reach.into_iter();
        let all: Vec<Reference> = (content.references.iter())
            .map(|&(rows, steps)| {
                let values: Vec<f32> = values.by_ref().take(steps).collect();
                Reference::from_steps(values, reach.by_ref().take(steps).collect(), rows)
            })
            .collect::<Option<_>>()
            .ok_or("the steps of a reference don't ascend")?;
        let mut all = all.into_iter();
        let expected = WATCHED + 1 + NOVELTIES * (1 + content.classes.len()) + companion::WIDTH;
        if content.references.len() != expected || content.classes.iter().any(|class| *class >= CLASSES) {
            return Err("references are missing".into());
        }
        let watched = all.by_ref().take(WATCHED).collect();
        let new_regular = all.next().unwrap_or_default();
        let mut novelties = || std::array::from_fn(|_| all.next().unwrap_or_default());
        let of_all = novelties();
        let mut by_class: [Option<Box<[Reference; NOVELTIES]>>; CLASSES] = Default::default();
        for class in &content.classes {
            by_class[*class] = Some(Box::new(novelties()));
        }
        let application = (0..companion::WIDTH).map(|_| all.next().unwrap_or_default()).collect();
        let (error_q50, error_q99) = content.errors;
        let calibration =
            Calibration { error_q50, error_q99, watched, new_regular, all: of_all, by_class, application };
        let incidents = CalibrationIncidents {
            scores: tensors.floats("calibration.incidents")?,
            days: content.calibration_days,
            recent: content.recent.clone(),
            replayed: content.replayed.clone(),
        };
        let neighbours = exactly("neighbours", content.neighbours.len() * WIDTH)?;
        let halves = tensors.integers("hosts.keys")?;
        let keys: Vec<u64> = (halves.as_chunks::<2>().0.iter())
            .map(|[high, low]| u64::from(*high) << 32 | u64::from(*low))
            .collect();
        let most = exactly("hosts.most", keys.len() * WATCHED)?;
        let state = tensors.raw("state")?;
        State::check_format(&state).map_err(|error| error.to_string())?;
        let hosts = Hosts { keys, most };
        let companions = tensors.raw("companions")?;
        let has_companions = !companions.is_empty();
        let drift = content.drift.clone().map(|drift| DriftReference::from_parts(drift, tensors));
        let drift = drift.transpose()?.map(Arc::new);
        Ok(Self {
            id,
            content,
            network,
            scale,
            calibration,
            incidents,
            neighbours,
            hosts,
            state,
            companions,
            has_companions,
            drift,
        })
    }
}

/// All references of a calibration, in the order of their tensors.
pub(super) fn references(calibration: &Calibration) -> impl Iterator<Item = &Reference> {
    calibration
        .watched
        .iter()
        .chain([&calibration.new_regular])
        .chain(&calibration.all)
        .chain(calibration.by_class.iter().flatten().flat_map(|references| references.iter()))
        .chain(&calibration.application)
}
