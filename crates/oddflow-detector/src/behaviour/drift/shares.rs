//! How the baseline's values of a feature are distributed, in all rows and in those of one host: what a single value is shown against.

use oddflow_features::behaviour::{COLUMNS, Unit};

use super::compared::Compared;
use super::counts::Counts;
use super::edges::Edges;
use super::reference::DriftReference;

/// A value among those of the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// What the feature says, in a few words.
    pub words: &'static str,
    /// What its natural value counts in; `None` for the score.
    pub unit: Option<Unit>,
    /// Whether its values are best seen on a logarithmic axis.
    pub is_log: bool,
    /// The value with its unit.
    pub text: String,
    /// Where the parts of the baseline's values meet, natural and ascending. A first edge of 0 says that the lowest part is zero alone.
    pub edges: Vec<f64>,
    /// Shares of the baseline's rows in the parts, 0 to 1: one more than there are edges.
    pub network: Vec<f64>,
    /// The same of one host's rows; `None` where the host isn't among those that are compared with themselves.
    pub host: Option<Vec<f64>>,
    /// The part that the value lies in.
    pub cell: usize,
    /// Share of the baseline's rows in that part and beyond it, on the side of the value.
    pub tail: f64,
}

impl DriftReference {
    /// A natural value of a number, or `score`, among those of the baseline; `None` for what isn't kept so: tokens, novelties and
    /// the features of other logs.
    #[must_use]
    pub fn shares(&self, column: &str, natural: f64, host: Option<u64>) -> Option<Shares> {
        let compared = Compared::all().find(|c| c.name() == column && !c.is_group() && !c.is_novelty())?;
        let known = COLUMNS.get(compared.0);
        let value = known.map_or(natural, |column| column.inverse(natural)) as f32;
        let edges = of(&self.edges, compared);
        let cell = edges.iter().filter(|edge| value >= **edge).count();
        let network = in_parts(&self.whole, compared, edges.len() + 1)?;
        let host = host.and_then(|host| self.host_place(host));
        let host = host.and_then(|place| in_parts(&self.hosts[place].1, compared, edges.len() + 1));
        let (above, below): (f64, f64) = (network[cell..].iter().sum(), network[..=cell].iter().sum());
        let back = |edge: &f32| match known {
            // What lies behind the smallest number is what lies behind zero.
            _ if *edge <= f32::MIN_POSITIVE && compared.has_zero() => 0.0,
            Some(column) => column.natural(f64::from(*edge)),
            None => f64::from(*edge),
        };
        Some(Shares {
            words: compared.words(),
            unit: known.map(|column| column.unit),
            is_log: known.is_some_and(|column| column.is_log || column.unit == Unit::LogRatio),
            text: known.map_or_else(|| compared.amount(value), |column| column.amount(natural)),
            edges: edges.iter().map(back).collect(),
            network,
            host,
            cell,
            tail: above.min(below).clamp(0.0, 1.0),
        })
    }

    /// How the scores of the calibration slice's rows are distributed: edges and shares, as in [`Shares`].
    #[must_use]
    pub fn score_shares(&self) -> (Vec<f64>, Vec<f64>) {
        let edges = of(&self.edges, Compared::SCORE);
        let shares = in_parts(&self.whole, Compared::SCORE, edges.len() + 1).unwrap_or_default();
        (edges.iter().map(|edge| f64::from(*edge)).collect(), shares)
    }
}

/// The edges that there are.
fn of(edges: &Edges, compared: Compared) -> Vec<f32> {
    (1..super::compared::BINS).map_while(|part| edges.below(compared, part)).collect()
}

/// Shares of rows in so many parts; `None` where no row was counted.
fn in_parts(counts: &Counts, compared: Compared, parts: usize) -> Option<Vec<f64>> {
    let cells = counts.cells.get(compared.cells())?.get(..parts)?;
    let rows: u64 = cells.iter().map(|rows| u64::from(*rows)).sum();
    (rows > 0).then(|| cells.iter().map(|cell| f64::from(*cell) / rows as f64).collect())
}
