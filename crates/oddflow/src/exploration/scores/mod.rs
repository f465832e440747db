//! What a model makes of the rows that are explored: scores as `detect` gives them, and the highest explained.

mod figures;
mod judge;
mod known;
mod section;

pub(super) use figures::figures;
pub(crate) use judge::Subject;
pub(super) use judge::{Judge, JudgedChunk};
pub(crate) use known::find_alerts;
pub(super) use section::{misfit, section};
