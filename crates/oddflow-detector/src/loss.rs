//! The loss of the behaviour detector's network.

use oddflow_autoencoder::Loss;
use oddflow_features::behaviour::NUMERIC;

/// Squared error for the numbers, with a residual cut at 3 standard deviations in the gradient, so that the few extreme rows
/// don't rule; cross-entropy for the tokens.
pub(crate) const BEHAVIOUR_LOSS: Loss = Loss::Mixed { numeric: NUMERIC, clip: 3.0 };
