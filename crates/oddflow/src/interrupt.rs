//! Ctrl-C and SIGTERM, asked for between steps: nothing is left half-written.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use crate::pulse;

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static RELOAD: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
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

/// The same for a service, which SIGHUP asks to read its settings again.
#[cfg(unix)]
pub(crate) fn listen_as_service() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag::{register, register_conditional_shutdown};
    LISTENING.get_or_init(|| {
        for signal in [SIGINT, SIGTERM] {
            let _ = register_conditional_shutdown(signal, 130, Arc::clone(&STOP));
            let _ = register(signal, Arc::clone(&STOP));
        }
        let _ = register(SIGHUP, Arc::clone(&RELOAD));
    });
}

#[cfg(not(unix))]
pub(crate) fn listen_as_service() {
    listen();
}

/// Whether the user wants to stop. Who asks moves on, so that this is where a service's [pulse] beats.
pub(crate) fn requested() -> bool {
    pulse::beat();
    STOP.load(Ordering::Relaxed)
}

/// Whether settings are to be read again; asked for once.
pub(crate) fn reload_requested() -> bool {
    RELOAD.swap(false, Ordering::Relaxed)
}

/// Goes on until the user wants to stop.
pub(crate) fn check() -> ControlFlow<()> {
    if requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
