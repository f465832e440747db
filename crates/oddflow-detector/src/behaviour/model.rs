//! The behaviour model as data: what its file holds beside weights and state.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use oddflow_autoencoder::Network;
use oddflow_features::Recipe;
use oddflow_features::behaviour::{
    BadState, CLASSES, Fields, FlowReader, LocalNetworks, NUMERIC, State, TOKENS, WIDTH,
};
use oddflow_features::companion::{self, CompanionState};
use serde::{Deserialize, Serialize};

use super::baseline::Known;
use super::calibration::Calibration;
use super::drift::{Described, DriftReference};
use super::families::{NOVELTIES, WATCHED};
use super::forecast::{CalibrationIncidents, Forecast};
use super::reference::Reference;
use super::score::{Scale, Scorer, Session};
use crate::manifest::Manifest;
use crate::model_file::{self, Tensor, Tensors};

/// A trained behaviour detector.
#[derive(Clone, Debug)]
pub struct Model {
    id: String,
    content: Content,
    network: Network,
    scale: Scale,
    calibration: Calibration,
    incidents: CalibrationIncidents,
    neighbours: Vec<f32>,
    hosts: Hosts,
    state: Vec<u8>,
    companions: Vec<u8>,
    has_companions: bool,
    drift: Option<Arc<DriftReference>>,
}

/// What a model's baseline left behind, as bytes.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// Of the recipe.
    pub state: Vec<u8>,
    /// Of the companion logs; empty where there were none.
    pub companions: Vec<u8>,
}

/// All of a model but its numbers; the JSON part of its file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    pub(super) recipe: Recipe,
    /// Name and version of the program that trained it.
    pub(super) tool: String,
    /// Widths of the network from input to output.
    pub(super) widths: Vec<usize>,
    /// Seed of the hashes of addresses.
    pub(super) key: u64,
    /// Networks that are local, where they were named.
    pub(super) local: LocalNetworks,
    /// Columns that the baseline's logs lacked.
    pub(super) absent: Fields,
    /// Whether addresses were left out.
    pub(super) no_addresses: bool,
    /// Incidents a day that it was calibrated for.
    pub(super) budget: f64,
    /// Days of the calibration slice.
    pub(super) calibration_days: f64,
    /// Time and score of the incidents of its last day.
    pub(super) recent: Vec<(f64, f32)>,
    /// What would have been raised in it at some budgets.
    pub(super) replayed: Vec<(f64, u64)>,
    /// Median and 99th percentile of the logarithms of the network's errors over that slice.
    pub(super) errors: (f32, f32),
    /// The references in the order of their tensors: rows and steps of each.
    pub(super) references: Vec<(u32, usize)>,
    /// Classes that have references of their own.
    pub(super) classes: Vec<usize>,
    /// A sample of normal connections; their rows are a tensor.
    pub(super) neighbours: Vec<Known>,
    pub(super) training: Training,
    pub(super) manifest: Manifest,
    /// What days are compared with; its tables are tensors. Models of before have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) drift: Option<Described>,
}

/// How a behaviour model was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The seed of sample, weights and order.
    pub seed: u64,
    /// Rows that warmed up, were fitted, and calibrated.
    pub rows: [usize; 3],
    /// Rows that the network learned from.
    pub sample: usize,
    /// Rows a step.
    pub batch: usize,
    /// Adam's first rate.
    pub rate: f64,
    /// Loss of each epoch, a column's mean.
    pub losses: Vec<f64>,
    /// Seconds from the first to the last row of the baseline.
    pub seconds: f64,
    /// Rows left out by the owner's expressions, and those trimmed.
    pub left_out: [u64; 2],
}

/// The most that single hosts did in the baseline, by watched column. Bounded: of more hosts those with the most rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hosts {
    /// Keyed hashes of originators, ascending.
    pub(super) keys: Vec<u64>,
    /// For each host its largest value of each watched column.
    pub(super) most: Vec<f32>,
}

impl Hosts {
    /// The largest value of a watched column, by its place, that an originator had in the baseline; `None` for a host that is
    /// not among those kept.
    #[must_use]
    pub fn most(&self, host: u64, place: usize) -> Option<f32> {
        let row = self.keys.binary_search(&host).ok()?;
        self.most.get(row * WATCHED + place).copied()
    }

    /// How many hosts are kept in both. The hosts of two models can be compared only where their keys are equal.
    #[must_use]
    pub fn shared(&self, other: &Self) -> usize {
        self.keys.iter().filter(|key| other.keys.binary_search(key).is_ok()).count()
    }

    /// How many hosts are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// The parts that make a model.
pub(super) struct Parts {
    pub(super) network: Network,
    pub(super) scale: Scale,
    pub(super) calibration: Calibration,
    pub(super) incidents: CalibrationIncidents,
    pub(super) neighbours: Vec<f32>,
    pub(super) hosts: Hosts,
    pub(super) state: Vec<u8>,
    pub(super) companions: Vec<u8>,
    pub(super) drift: Option<DriftReference>,
}

impl Model {
    pub(super) fn new(mut content: Content, parts: Parts) -> Self {
        let Parts { network, scale, calibration, incidents, neighbours, hosts, state, companions, drift } =
            parts;
        content.errors = (calibration.error_q50, calibration.error_q99);
        content.calibration_days = incidents.days;
        content.recent = incidents.recent.clone();
        content.replayed = incidents.replayed.clone();
        content.references = references(&calibration).map(|r| (r.rows, r.values.len())).collect();
        content.classes = (0..CLASSES).filter(|class| calibration.by_class[*class].is_some()).collect();
        content.drift = drift.as_ref().map(|drift| drift.described().clone());
        let mut model = Self {
            id: String::new(),
            content,
            network,
            scale,
            calibration,
            incidents,
            neighbours,
            hosts,
            state,
            has_companions: !companions.is_empty(),
            companions,
            drift: drift.map(Arc::new),
        };
        model.id = model_file::id(&model.json(), &model.tensors());
        model
    }

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

    /// Hash of its content, in hexadecimal digits: two models of one id are the same model.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Name and version of the program that trained it.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.content.tool
    }

    /// What it was trained on.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.content.manifest
    }

    /// How it was trained.
    #[must_use]
    pub fn training(&self) -> &Training {
        &self.content.training
    }

    /// Its network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// A session that goes on where the baseline ended.
    ///
    /// # Errors
    /// A state that can't be read.
    pub fn session(&self) -> Result<Session, BadState> {
        self.session_of(&self.state, &self.companions)
    }

    /// A session that goes on from states as bytes; that of the companion logs may be empty.
    ///
    /// # Errors
    /// A state that can't be read.
    pub fn session_of(&self, state: &[u8], companions: &[u8]) -> Result<Session, BadState> {
        self.session_within(state, companions, 1.0)
    }

    /// The same with a share of the usual room for what is remembered of hosts, above 0 and at most 1.
    ///
    /// # Errors
    /// A state that can't be read.
    pub fn session_within(&self, state: &[u8], companions: &[u8], share: f64) -> Result<Session, BadState> {
        let companions = match companions {
            [] => None,
            bytes => Some(CompanionState::from_bytes(bytes)?),
        };
        Ok(Session::new(self.scorer(), State::from_bytes_within(state, share)?, companions))
    }

    /// Key of the hashes of addresses and names.
    #[must_use]
    pub fn key(&self) -> u64 {
        self.content.key
    }

    /// Whether the baseline had rows of other logs beside conn's.
    #[must_use]
    pub fn has_companions(&self) -> bool {
        self.has_companions
    }

    /// Takes the states out, which are most of the model's memory; the model is without them from then on.
    pub fn take_states(&mut self) -> States {
        States { state: std::mem::take(&mut self.state), companions: std::mem::take(&mut self.companions) }
    }

    /// Columns that the baseline's logs lacked.
    #[must_use]
    pub fn absent(&self) -> Fields {
        self.content.absent
    }

    /// Incidents a day that it was calibrated for.
    #[must_use]
    pub fn budget(&self) -> f64 {
        self.content.budget
    }

    /// The incidents of its calibration slice.
    #[must_use]
    pub fn calibration_incidents(&self) -> &CalibrationIncidents {
        &self.incidents
    }

    /// What is to be expected at a budget; `None` where the calibration slice is too short to say.
    #[must_use]
    pub fn forecast(&self, budget: f64) -> Option<Forecast> {
        self.incidents.forecast(budget)
    }

    /// How records are read for it. `absent` are columns that the log lacks.
    #[must_use]
    pub fn reader(&self, absent: Fields) -> FlowReader {
        FlowReader {
            seed: self.content.key,
            local: self.content.local.clone(),
            absent: self.content.absent.union(absent),
        }
    }

    /// Its scorer.
    #[must_use]
    pub fn scorer(&self) -> Scorer {
        Scorer::new(&self.network, self.scale.clone(), self.calibration.clone())
    }

    /// Median and 99th percentile of the logarithms of the network's errors over the calibration slice.
    #[must_use]
    pub fn error_quantiles(&self) -> (f32, f32) {
        self.content.errors
    }

    /// Networks that are local, where they were named.
    #[must_use]
    pub fn local(&self) -> &LocalNetworks {
        &self.content.local
    }

    /// How many classes of connections had rows enough for references of their own.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.content.classes.len()
    }

    /// Whether addresses were left out of it.
    #[must_use]
    pub fn has_addresses(&self) -> bool {
        !self.content.no_addresses
    }

    /// A sample of normal connections with the rows that the network saw of them, each [`WIDTH`] long.
    pub fn neighbours(&self) -> impl Iterator<Item = (&Known, &[f32])> {
        self.content.neighbours.iter().zip(self.neighbours.chunks_exact(WIDTH))
    }

    /// What its days are compared with; `None` in a model of a version that did not have it.
    #[must_use]
    pub fn drift(&self) -> Option<&Arc<DriftReference>> {
        self.drift.as_ref()
    }

    /// The most that single hosts did in the baseline.
    #[must_use]
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }
}

/// All references of a calibration, in the order of their tensors.
fn references(calibration: &Calibration) -> impl Iterator<Item = &Reference> {
    calibration
        .watched
        .iter()
        .chain([&calibration.new_regular])
        .chain(&calibration.all)
        .chain(calibration.by_class.iter().flatten().flat_map(|references| references.iter()))
        .chain(&calibration.application)
}

/// Hosts whose ranges are kept.
const MOST_HOSTS: usize = 4096;
/// Hosts that are looked at while they are collected.
const MOST_LOOKED_AT: usize = 1 << 16;

/// Collects what single hosts did.
#[derive(Default)]
pub(super) struct HostCollector {
    hosts: HashMap<u64, (u64, [f32; WATCHED]), FixedState>,
}

impl HostCollector {
    pub(super) fn add(&mut self, host: u64, values: [f32; WATCHED]) {
        if self.hosts.len() >= MOST_LOOKED_AT && !self.hosts.contains_key(&host) {
            return;
        }
        let (rows, most) = self.hosts.entry(host).or_insert((0, [0.0; WATCHED]));
        *rows += 1;
        most.iter_mut().zip(values).for_each(|(most, value)| *most = most.max(value));
    }

    pub(super) fn finish(self) -> Hosts {
        let mut hosts: Vec<_> = self.hosts.into_iter().collect();
        hosts.sort_unstable_by_key(|(key, (rows, _))| (std::cmp::Reverse(*rows), *key));
        hosts.truncate(MOST_HOSTS);
        hosts.sort_unstable_by_key(|(key, _)| *key);
        Hosts {
            keys: hosts.iter().map(|(key, _)| *key).collect(),
            most: hosts.iter().flat_map(|(_, (_, most))| most.iter().copied()).collect(),
        }
    }
}
