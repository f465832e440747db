//! Work that takes longer than a request: one at a time, in a thread of its own; what comes while it is at work waits, and the last
//! one is remembered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::api::explore::Reading;
use crate::api::problem::Problem;
use crate::readers::locked;

/// Work that waits, at most; and results that are remembered.
const WAITING: usize = 4;
const REMEMBERED: usize = 4;
/// How long work may take: others wait for it.
const LONGEST: Duration = Duration::from_secs(600);

/// What work comes to.
type Outcome = Result<Value, Problem>;
/// Work to be done.
type Task = Box<dyn FnOnce(&Reading) -> Outcome + Send>;

/// Work, one after the other.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<Queue>>);

struct Queue {
    longest: Duration,
    last: u64,
    waiting: VecDeque<(u64, Task)>,
    running: Option<(u64, Arc<Reading>)>,
    done: VecDeque<(u64, Outcome)>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { longest: LONGEST, last: 0, waiting: VecDeque::new(), running: None, done: VecDeque::new() }
    }
}

/// How far work has come.
pub(crate) enum Progress {
    Waiting,
    Running(f64),
    Done(Outcome),
}

impl Jobs {
    /// Begins work, or lets it wait; returns its number.
    ///
    /// # Errors
    /// Where too much waits, or there is no thread.
    pub(crate) fn begin(
        &self,
        task: impl FnOnce(&Reading) -> Outcome + Send + 'static,
    ) -> Result<u64, Problem> {
        let mut queue = locked(&self.0);
        if queue.waiting.len() >= WAITING {
            let detail = "Other logs are being explored.";
            return Err(Problem::unavailable(detail, "Wait until they are done, and try again."));
        }
        queue.last += 1;
        let number = queue.last;
        queue.waiting.push_back((number, Box::new(task)));
        if queue.running.is_none() {
            queue.running = Some((number, Arc::default()));
            let jobs = self.clone();
            let spawned = std::thread::Builder::new().name("explore".into()).spawn(move || jobs.work());
            if let Err(error) = spawned {
                queue.running = None;
                queue.waiting.clear();
                return Err(Problem::unavailable(
                    format!("There is no thread for it: {error}."),
                    "Try again.",
                ));
            }
        }
        Ok(number)
    }

    /// How far work has come; `None` where it isn't known any more.
    pub(crate) fn progress(&self, number: u64) -> Option<Progress> {
        let queue = locked(&self.0);
        if let Some((_, outcome)) = queue.done.iter().find(|(done, _)| *done == number) {
            return Some(Progress::Done(outcome.clone()));
        }
        if let Some((_, reading)) = queue.running.as_ref().filter(|(running, _)| *running == number) {
            return Some(Progress::Running(reading.share()));
        }
        queue.waiting.iter().any(|(waiting, _)| *waiting == number).then_some(Progress::Waiting)
    }

    /// Ends what is at work, as soon as it looks.
    pub(crate) fn stop(&self) {
        let mut queue = locked(&self.0);
        queue.waiting.clear();
        if let Some((_, reading)) = &queue.running {
            reading.stop();
        }
    }

    fn work(&self) {
        loop {
            let (number, task, reading) = {
                let mut queue = locked(&self.0);
                let Some((number, task)) = queue.waiting.pop_front() else {
                    queue.running = None;
                    return;
                };
                let reading = Arc::new(Reading::within(queue.longest));
                queue.running = Some((number, Arc::clone(&reading)));
                (number, task, reading)
            };
            // A panic was reported; the next work goes on.
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| task(&reading)));
            let mut outcome = outcome.unwrap_or_else(|_| Err(Problem::bug()));
            if reading.is_late() {
                let detail = "It took over ten minutes, and was given up.";
                outcome =
                    Err(Problem::unavailable(detail, "Take one log of the folder, or oddflow explore."));
            }
            let mut queue = locked(&self.0);
            queue.done.push_back((number, outcome));
            while queue.done.len() > REMEMBERED {
                queue.done.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn work_that_takes_too_long_is_given_up() {
        let jobs = Jobs::default();
        let ended = |jobs: &Jobs| {
            let number = jobs.begin(|reading| Ok(Value::from(reading.is_stopped()))).expect("it begins");
            loop {
                match jobs.progress(number) {
                    Some(Progress::Done(outcome)) => return outcome,
                    _ => std::thread::yield_now(),
                }
            }
        };
        assert_eq!(ended(&jobs).expect("it has its time"), Value::from(false));
        locked(&jobs.0).longest = Duration::ZERO;
        assert_eq!(ended(&jobs).expect_err("too long").status, 503);
    }

    #[test]
    fn work_is_done_in_turn_and_bounded() {
        let jobs = Jobs::default();
        let (go, wait) = channel::<()>();
        let first = jobs
            .begin(move |reading| {
                reading.of(10);
                reading.at(5);
                let _ = wait.recv();
                Ok(Value::from(1))
            })
            .expect("it begins");
        let more: Vec<u64> = (0..WAITING as u64 * 2)
            .filter_map(|i| {
                jobs.begin(move |_| if i == 0 { panic!("a bug") } else { Ok(Value::from(i)) }).ok()
            })
            .collect();
        assert!(more.len() <= WAITING + 1 && more.len() >= WAITING - 1, "{}", more.len());
        assert!(matches!(jobs.progress(*more.last().expect("some")), Some(Progress::Waiting)));
        go.send(()).expect("it waits");
        while !matches!(jobs.progress(*more.last().expect("some")), Some(Progress::Done(_))) {
            std::thread::yield_now();
        }
        assert!(
            matches!(jobs.progress(more[0]), Some(Progress::Done(Err(problem))) if problem.status == 500)
        );
        assert!(matches!(jobs.progress(more[1]), Some(Progress::Done(Ok(value))) if value == 1));
        assert!(jobs.progress(first + 100).is_none());
    }
}
