//! How good is a detector? This crate reads which rows are attacks ([`Labels`]), computes the figures that a detector is
//! judged by ([`Figures`], [`Ranking`]), and holds three plain detectors to compare it with ([`baselines`]).
//!
//! It knows no detector of oddflow's own: what it judges comes as plain numbers, a score a row and a list of incidents. It
//! knows neither the store nor the web. Whatever it computes depends on its arguments alone; what is random depends on a
//! seed.

pub mod baselines;
mod figures;
mod labels;
#[cfg(test)]
mod testing;

pub use figures::{
    CampaignFigures, Figures, Incident, JudgedRow, Limits, Ranking, days_covered, ranks_within, threshold_for,
};
pub use labels::{Join, JoinReport, Labels, LabelsError, Truth};
