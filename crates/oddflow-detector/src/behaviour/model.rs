//! The behaviour model: what it knows, and what is made of it. `file` has it as the parts of a file.

mod file;

use std::sync::Arc;

use oddflow_autoencoder::Network;
use oddflow_features::Recipe;
use oddflow_features::behaviour::{BadState, CLASSES, Fields, FlowReader, LocalNetworks, State, WIDTH};
use oddflow_features::companion::CompanionState;
use serde::{Deserialize, Serialize};

use super::baseline::Known;
use super::calibration::Calibration;
use super::drift::{Described, DriftReference};
use super::forecast::{CalibrationIncidents, Forecast};
use super::hosts::Hosts;
use super::score::{Scale, Scorer, Session};
use crate::manifest::Manifest;
use crate::model_file;

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
        content.references = file::references(&calibration).map(|r| (r.rows, r.values.len())).collect();
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
