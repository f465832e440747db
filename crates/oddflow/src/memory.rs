//! How memory is taken from the system.

/// Lets glibc serve all threads from one pool.
///
/// By default each thread has a pool of its own. Text is taken in by the threads that read and given back by the one that scores,
/// so that each pool grows to its own peak and keeps it: a quarter more memory in all, and nothing gained, as there are few
/// requests a row. Who sets MALLOC_ARENA_MAX has the last word.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
#[expect(clippy::disallowed_methods, reason = "the C library's own variable")]
pub(crate) fn one_pool() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_some() {
        return;
    }
    // SAFETY: mallopt takes two numbers and touches none of our memory. No other thread runs yet, as its manual demands.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Other libraries have one pool already, or keep theirs small.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn one_pool() {}
