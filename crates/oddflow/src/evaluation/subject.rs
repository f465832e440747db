//! The detector that is judged.

use oddflow_detector::behaviour::Model as BehaviourModel;
use oddflow_detector::classic::Model as ClassicModel;

/// Bytes of rows to hold at most while learning: the default of `oddflow train`.
pub(crate) const MEMORY: u64 = 1 << 30;

/// The detector that is judged: trained in the same call, or read from a file.
pub(crate) enum Subject {
    /// Of the behaviour recipe.
    Behaviour(Box<BehaviourModel>),
    /// Of the classic recipe, with the score that normal traffic before the test lets the budget pass above.
    Classic(Box<ClassicModel>, Option<f64>),
}

impl Subject {
    /// The hash of its content.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Behaviour(model) => model.id(),
            Self::Classic(model, _) => model.id(),
        }
    }
}
