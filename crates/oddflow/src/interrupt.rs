//! Ctrl-C and SIGTERM, asked for between steps: nothing is left half-written.

use std::ops::ControlFlow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);
static LISTENING: OnceLock<()> = OnceLock::new();

/// From here on the first Ctrl-C is noted instead of ending the process; the second one ends it.
#[expect(clippy::disallowed_methods, reason = "the second Ctrl-C means now")]
pub(crate) fn listen() {
    LISTENING.get_or_init(|| {
        // Without the handler, Ctrl-C just ends the process, which leaves nothing half-written either.
        let _ = ctrlc::set_handler(|| {
            if STOP.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
    });
}

/// Whether the user wants to stop.
pub(crate) fn requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Goes on until the user wants to stop.
pub(crate) fn check() -> ControlFlow<()> {
    if requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
