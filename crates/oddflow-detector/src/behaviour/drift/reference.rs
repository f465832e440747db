//! What a day is compared with: the baseline's rows by what is compared, and how much its own days differ.
//!
//! It is a part of the model file. Models of before don't have it; nothing else of a model depends on it.

use std::collections::BTreeSet;

use oddflow_features::behaviour::Fields;
use serde::{Deserialize, Serialize};

use super::compared::{CELLS, COMPARED, Compared};
use super::counts::Counts;
use super::edges::Edges;
use super::stability::SHIFTED;
use crate::model_file::{Tensor, Tensors};

/// Hosts of the baseline that are compared with themselves.
pub(super) const HOSTS: usize = 64;
/// Hosts of the baseline that are known again.
pub(super) const KNOWN: usize = 4096;

/// How much more than on the baseline's own days something may differ: of a week it has seven at most, of which the calibration
/// slice has two.
const MARGIN: f64 = 1.25;
const LATE_MARGIN: f64 = 2.5;

/// The baseline as days are compared with it.
#[derive(Clone, Debug, PartialEq)]
pub struct DriftReference {
    pub(super) described: Described,
    pub(super) edges: Edges,
    /// All rows behind the warm-up. What is [late](Compared::is_late) is of the calibration slice alone.
    pub(super) whole: Counts,
    /// By what is compared: the index that 95% of the baseline's own days stay within, each measured against the others; 0 where
    /// the baseline has too few days to say.
    pub(super) noise: [f32; COMPARED],
    /// The busiest local hosts, ascending by key.
    pub(super) hosts: Vec<(u64, Counts)>,
    /// The mean index against itself that each of them stays within on 95% of the baseline's days; 0 where that isn't known.
    pub(super) host_noise: Vec<f32>,
    /// Local hosts, ascending.
    pub(super) known: Vec<u64>,
}

/// What a reference says of itself; a part of the model's JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Described {
    /// Whole days that were compared with each other.
    pub(super) days: u32,
    /// Fewest and most rows of these days; of fewer than two what the rate comes to in a day, twice.
    pub(super) rows_a_day: [f64; 2],
    /// Hours of the day (UTC) that the baseline has, a bit each from midnight on.
    pub(super) hours: u32,
    /// Those of its calibration slice.
    pub(super) late_hours: u32,
    /// Days of the week (UTC) that it has, a bit each from Sunday on.
    pub(super) weekdays: u8,
    /// Share of rows in which the sensor missed bytes.
    pub(super) gaps: f64,
    /// Largest share of a day's rows of all hosts that were there for a day and a half at most, and of one of them: with IPv6,
    /// addresses of a day are usual (RFC 8981).
    pub(super) of_a_day: [f64; 2],
    /// Columns that features are made of and that some of its logs lacked.
    pub(super) absent: Fields,
    /// Columns of its conn logs; `None` where they were JSON, which doesn't say.
    pub(super) columns: Option<BTreeSet<String>>,
}

impl DriftReference {
    /// Whole days of the baseline that were compared with each other; below two nothing is known of how days differ.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.described.days
    }

    /// How much something may differ on a day that is like those of the baseline.
    pub(super) fn limit(&self, compared: Compared) -> f64 {
        let margin = if compared.is_late() { LATE_MARGIN } else { MARGIN };
        (margin * f64::from(self.noise[compared.0])).max(SHIFTED)
    }

    /// How much a host may differ from itself, by its place.
    pub(super) fn host_limit(&self, place: usize) -> f64 {
        (MARGIN * f64::from(self.host_noise[place])).max(SHIFTED)
    }

    /// The place of a host among those that are compared with themselves.
    pub(super) fn host_place(&self, key: u64) -> Option<usize> {
        self.hosts.binary_search_by_key(&key, |(key, _)| *key).ok()
    }

    /// What it says of itself.
    pub(crate) fn described(&self) -> &Described {
        &self.described
    }

    /// The rest of it.
    pub(crate) fn tensors(&self) -> Vec<(String, Tensor<'static>)> {
        let floats = |values: &[f32]| Tensor::floats(vec![values.len()], values);
        let halves = |keys: &mut dyn Iterator<Item = u64>| -> Vec<u32> {
            keys.flat_map(|key| [(key >> 32) as u32, key as u32]).collect()
        };
        let tables = [&self.whole].into_iter().chain(self.hosts.iter().map(|(_, counts)| counts));
        let counts: Vec<u32> =
            tables.flat_map(|counts| [counts.rows].into_iter().chain(counts.cells.iter().copied())).collect();
        vec![
            ("drift.edges".into(), floats(&self.edges.to_floats())),
            ("drift.noise".into(), floats(&self.noise)),
            ("drift.host_noise".into(), floats(&self.host_noise)),
            ("drift.counts".into(), Tensor::integers(&counts)),
            ("drift.hosts".into(), Tensor::integers(&halves(&mut self.hosts.iter().map(|(key, _)| *key)))),
            ("drift.known".into(), Tensor::integers(&halves(&mut self.known.iter().copied()))),
        ]
    }

    /// Puts it together again.
    pub(crate) fn from_parts(described: Described, tensors: &Tensors<'_>) -> Result<Self, String> {
        let keys = |name: &str| -> Result<Vec<u64>, String> {
            let halves = tensors.integers(name)?;
            let (keys, rest) = halves.as_chunks::<2>();
            let keys: Vec<u64> =
                keys.iter().map(|[high, low]| u64::from(*high) << 32 | u64::from(*low)).collect();
            let is_sound = rest.is_empty() && keys.is_sorted_by(|a, b| a < b);
            if is_sound { Ok(keys) } else { Err(format!("{name} doesn't ascend")) }
        };
        let edges = Edges::from_floats(&tensors.floats("drift.edges")?).ok_or("drift.edges don't ascend")?;
        let noise: [f32; COMPARED] = (tensors.floats("drift.noise")?.try_into().ok())
            .filter(|noise: &[f32; COMPARED]| noise.iter().all(|index| index.is_finite() && *index >= 0.0))
            .ok_or("drift.noise is not made of indices")?;
        let hosts = keys("drift.hosts")?;
        let host_noise = tensors.floats("drift.host_noise")?;
        if host_noise.len() != hosts.len()
            || !host_noise.iter().all(|index| index.is_finite() && *index >= 0.0)
        {
            return Err("drift.host_noise is not made of indices".into());
        }
        let counts = tensors.integers("drift.counts")?;
        if hosts.len() > HOSTS || counts.len() != (1 + hosts.len()) * (1 + CELLS) {
            return Err("drift.counts are not those of its hosts".into());
        }
        let mut tables =
            counts.chunks_exact(1 + CELLS).map(|table| Counts { rows: table[0], cells: table[1..].to_vec() });
        let whole = tables.next().unwrap_or_default();
        let hosts = hosts.into_iter().zip(tables).collect();
        Ok(Self { described, edges, whole, noise, hosts, host_noise, known: keys("drift.known")? })
    }
}
