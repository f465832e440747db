//! Work beside the watching takes what is left of the processor.

/// Steps below the rest of the service: about a tenth of its share where both want the processor.
#[cfg(target_os = "linux")]
const STEPS: i32 = 10;

/// Lowers the priority of the calling thread, and of those that it starts from then on. Returns the niceness that it has, -20 to 19;
/// `None` where the system has none for threads, or refuses.
#[cfg(target_os = "linux")]
pub(super) fn lower() -> Option<i32> {
    use rustix::process::{getpriority_process, setpriority_process};
    // On Linux niceness is a thread's, and no process named is the calling thread.
    let nice = getpriority_process(None).ok()?.saturating_add(STEPS).min(19);
    setpriority_process(None, nice).ok()?;
    Some(nice)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn lower() -> Option<i32> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use rustix::process::getpriority_process;

    use super::*;

    #[test]
    fn a_thread_and_those_that_it_starts_give_way_and_no_other_does() {
        let nice = || getpriority_process(None).expect("Linux tells");
        let before = nice();
        let ours = thread::spawn(move || {
            let lowered = lower().expect("anybody may");
            [lowered, nice(), thread::spawn(nice).join().expect("no panic")]
        });
        assert_eq!(ours.join().expect("no panic"), [(before + STEPS).min(19); 3]);
        assert_eq!(nice(), before);
    }
}
