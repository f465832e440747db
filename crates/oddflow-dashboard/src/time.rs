//! The machine's clock: sessions end by it, and it says when somebody changed something. No score depends on it.

use std::time::Instant;

/// Now, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "when somebody did something, and when their session ends")]
pub(crate) fn now() -> f64 {
    jiff::Timestamp::now().as_millisecond() as f64 / 1000.0
}

/// A moment of a clock that is never set.
#[expect(clippy::disallowed_methods, reason = "how often somebody tried within a minute")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
