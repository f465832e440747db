//! From logs to a model, one file a recipe.

mod baseline;
pub(crate) mod behaviour;
pub(crate) mod classic;
mod guard;

pub(crate) use guard::Guard;
