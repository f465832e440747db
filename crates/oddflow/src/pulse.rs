//! The pulse of the service: who watches the process is told that its loop moves.
//!
//! It beats where the loop is, never in a thread beside it, so that a loop that hangs has no pulse: systemd's watchdog then ends and
//! starts the service, and `/healthz` says so. Commands that are no service have none, and a beat costs them one load.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// By how much the time to start is put off while the service waits for what it needs, a database above all.
const MORE_TIME: Duration = Duration::from_secs(60);
const MORE_TIME_US: u32 = 60_000_000;

static PULSE: OnceLock<Pulse> = OnceLock::new();

struct Pulse {
    began: Instant,
    /// The last beat, and the last word to the service manager, in milliseconds since the beginning.
    beat: AtomicU64,
    told: AtomicU64,
    is_ready: AtomicBool,
    /// How often the watchdog wants to hear of us at least.
    watchdog: Option<Duration>,
}

impl Pulse {
    #[expect(
        clippy::disallowed_methods,
        reason = "that the loop moves is a matter of the clock; no score is"
    )]
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// From here on the process is a service.
#[expect(clippy::disallowed_methods, reason = "that the loop moves is a matter of the clock; no score is")]
pub(crate) fn start() {
    PULSE.get_or_init(|| Pulse {
        began: Instant::now(),
        beat: AtomicU64::new(0),
        told: AtomicU64::new(0),
        is_ready: AtomicBool::new(false),
        watchdog: sd_notify::watchdog_enabled(),
    });
}

thread_local! {
    static IS_BESIDE: Cell<bool> = const { Cell::new(false) };
}

/// From here on this thread is none of the loop's: that it moves says nothing.
pub(crate) fn beside() {
    IS_BESIDE.set(true);
}

/// The loop moves.
pub(crate) fn beat() {
    if IS_BESIDE.get() {
        return;
    }
    let Some(pulse) = PULSE.get() else { return };
    let now = pulse.now();
    pulse.beat.store(now, Ordering::Relaxed);
    // Twice as often as is wanted.
    let states: &[NotifyState<'_>] = match (pulse.is_ready.load(Ordering::Relaxed), pulse.watchdog) {
        (true, Some(_)) => &[NotifyState::Watchdog],
        (true, None) => return,
        (false, _) => &[NotifyState::ExtendTimeoutUsec(MORE_TIME_US), NotifyState::Watchdog],
    };
    let every = pulse.watchdog.unwrap_or(MORE_TIME).min(MORE_TIME) / 2;
    if Duration::from_millis(now.saturating_sub(pulse.told.load(Ordering::Relaxed))) >= every {
        pulse.told.store(now, Ordering::Relaxed);
        tell(states);
    }
}

/// How long ago the loop moved; `None` where there is no service.
pub(crate) fn age() -> Option<Duration> {
    let pulse = PULSE.get()?;
    Some(Duration::from_millis(pulse.now().saturating_sub(pulse.beat.load(Ordering::Relaxed))))
}

/// The service does its work: for the first time, or again after its settings were read.
pub(crate) fn ready() {
    let Some(pulse) = PULSE.get() else { return };
    if !pulse.is_ready.swap(true, Ordering::Relaxed) {
        tell(&[NotifyState::Ready, NotifyState::Watchdog]);
    }
}

/// Settings are being read again. [`ready`] has to follow.
pub(crate) fn reloading() {
    let Some(pulse) = PULSE.get() else { return };
    pulse.is_ready.store(false, Ordering::Relaxed);
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The service ends what it is at.
pub(crate) fn stopping() {
    if PULSE.get().is_some() {
        tell(&[NotifyState::Stopping]);
    }
}

/// Where there is no service manager this does nothing; one that doesn't listen is no reason to fail.
fn tell(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}
