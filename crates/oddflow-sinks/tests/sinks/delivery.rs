//! Delivery from an outbox in memory: at least once, in order, never after it was marked, whatever fails and whenever it stops.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use oddflow_sinks::{DeliveryError, Dispatcher, Entry, Notice, Outbox, Policy, Sink, Trouble};
use proptest::prelude::*;

use crate::harness::{notice, now};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Delivered,
    Dead,
}

/// Entries by sink and number, whose numbers are those of their incidents.
#[derive(Default)]
struct Memory {
    entries: BTreeMap<(String, i64), (Entry, State)>,
    /// What is marked, for sinks to look at.
    marked: Arc<Mutex<BTreeSet<(String, i64)>>>,
    /// Marks that succeed before one fails.
    fails_after: Option<u32>,
}

impl Memory {
    fn add(&mut self, sink: &str, incident: u64) {
        let id = incident as i64;
        let entry = Entry { id, notice: notice(incident).to_json(), attempts: 0, next_try: None };
        self.entries.insert((sink.into(), id), (entry, State::Waiting));
    }

    fn mark(&mut self) -> Result<(), String> {
        match &mut self.fails_after {
            Some(0) => {
                self.fails_after = None;
                Err("the disk is full".into())
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn settle(&mut self, sink: &str, id: i64, state: State) {
        let key = (sink.to_owned(), id);
        self.entries.get_mut(&key).unwrap().1 = state;
        self.marked.lock().unwrap().insert(key);
    }

    fn states(&self, sink: &str) -> Vec<State> {
        self.entries.iter().filter(|((name, _), _)| name == sink).map(|(_, (_, state))| *state).collect()
    }
}

impl Outbox for Memory {
    type Error = String;

    fn waiting(&mut self, sink: &str, limit: usize) -> Result<Vec<Entry>, String> {
        let waiting =
            |(key, (_, state)): &(&(String, i64), &(Entry, State))| key.0 == sink && *state == State::Waiting;
        Ok(self.entries.iter().filter(waiting).take(limit).map(|(_, (entry, _))| entry.clone()).collect())
    }

    fn depth(&mut self, sink: &str) -> Result<u64, String> {
        Ok(self.states(sink).iter().filter(|state| **state == State::Waiting).count() as u64)
    }

    fn delivered(&mut self, sink: &str, ids: &[i64]) -> Result<(), String> {
        for id in ids {
            self.mark()?;
            self.settle(sink, *id, State::Delivered);
        }
        Ok(())
    }

    fn failed(
        &mut self,
        sink: &str,
        id: i64,
        attempts: u32,
        _: &str,
        next_try: Timestamp,
    ) -> Result<(), String> {
        self.mark()?;
        let (entry, _) = self.entries.get_mut(&(sink.to_owned(), id)).unwrap();
        (entry.attempts, entry.next_try) = (attempts, Some(next_try));
        Ok(())
    }

    fn dead(&mut self, sink: &str, id: i64, _: &str) -> Result<(), String> {
        self.mark()?;
        self.settle(sink, id, State::Dead);
        Ok(())
    }
}

/// What a sink does when it is called.
#[derive(Clone, Copy, Debug)]
enum Act {
    Takes,
    /// Takes so many, and fails.
    Fails(usize),
    /// Takes so many, and will never take the next.
    Refuses(usize),
    Panics,
}

/// A sink that does as it is told, then takes everything.
struct Scripted {
    name: &'static str,
    script: Arc<Mutex<std::vec::IntoIter<Act>>>,
    /// What it took, in order.
    taken: Arc<Mutex<Vec<i64>>>,
    marked: Arc<Mutex<BTreeSet<(String, i64)>>>,
}

impl Sink for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn batch(&self) -> usize {
        3
    }

    fn deliver(&mut self, notices: &[Notice], _: Timestamp) -> Result<(), DeliveryError> {
        let act = self.script.lock().unwrap().next().unwrap_or(Act::Takes);
        let count = match act {
            Act::Takes => notices.len(),
            Act::Fails(count) | Act::Refuses(count) => count.min(notices.len() - 1),
            Act::Panics => 0,
        };
        for notice in &notices[..count] {
            let id = notice.incident as i64;
            assert!(
                !self.marked.lock().unwrap().contains(&(self.name.to_owned(), id)),
                "delivered after it was marked"
            );
            self.taken.lock().unwrap().push(id);
        }
        match act {
            Act::Takes => Ok(()),
            Act::Fails(_) => Err(DeliveryError::passing(count, "not now")),
            Act::Refuses(_) => Err(DeliveryError::permanent(count, "never")),
            Act::Panics => panic!("a sink that panics, as the test has it"),
        }
    }
}

type Told = (Arc<Mutex<std::vec::IntoIter<Act>>>, Arc<Mutex<Vec<i64>>>);

fn told(script: Vec<Act>) -> Told {
    (Arc::new(Mutex::new(script.into_iter())), Arc::default())
}

const NAMES: [&str; 2] = ["one", "two"];

fn dispatcher(memory: &Memory, told: &[Told; 2], attempts: u32) -> Dispatcher {
    let sink = |(name, (script, taken)): (&'static str, &Told)| -> Box<dyn Sink> {
        let (script, taken, marked) = (Arc::clone(script), Arc::clone(taken), Arc::clone(&memory.marked));
        Box::new(Scripted { name, script, taken, marked })
    };
    let sinks = NAMES.into_iter().zip(told).map(sink).collect();
    Dispatcher::new(sinks, Policy { attempts, ..Policy::default() }).unwrap()
}

/// What happens to the program.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many seconds pass, and what is due is delivered.
    Run(u32),
    /// What is due is handed over, and the program ends before anything is marked.
    Crash,
    /// The outbox fails after so many marks.
    Full(u32),
    /// Another notice is raised.
    Raise,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => Just(Act::Takes),
        3 => (0usize..4).prop_map(Act::Fails),
        1 => (0usize..4).prop_map(Act::Refuses),
    ];
    prop::collection::vec(act, 0..12)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u32..20).prop_map(Step::Run),
        2 => Just(Step::Crash),
        2 => (0u32..4).prop_map(Step::Full),
        3 => Just(Step::Raise),
    ];
    prop::collection::vec(step, 0..20)
}

proptest! {
    #[test]
    fn each_arrives_at_least_once_in_order_and_never_after_it_was_marked(
        scripts in [acts(), acts()], steps in steps(), attempts in 1u32..6,
    ) {
        let refused: Vec<usize> =
            scripts.iter().map(|s| s.iter().filter(|act| !matches!(act, Act::Takes)).count()).collect();
        let told = scripts.map(told);
        let mut memory = Memory::default();
        let mut raised = 0;
        let mut raise = |memory: &mut Memory| {
            raised += 1;
            NAMES.iter().for_each(|name| memory.add(name, raised));
        };
        (0..3).for_each(|_| raise(&mut memory));
        let mut running = dispatcher(&memory, &told, attempts);
        let mut now = now();
        for step in steps {
            match step {
                Step::Run(seconds) => {
                    now += SignedDuration::from_secs(i64::from(seconds));
                    // It may fail, and goes on the next time.
                    let _ = running.run(&mut memory, now);
                }
                Step::Crash => {
                    let _ = running.poll(&mut memory, now);
                    // What it was handed is done when this returns, and marked nowhere.
                    drop(running);
                    running = dispatcher(&memory, &told, attempts);
                }
                Step::Full(marks) => memory.fails_after = Some(marks),
                Step::Raise => raise(&mut memory),
            }
        }
        memory.fails_after = None;
        let mut rounds = 0;
        while NAMES.iter().any(|name| memory.depth(name).unwrap() > 0) {
            now += SignedDuration::from_hours(2);
            running.run(&mut memory, now).unwrap();
            rounds += 1;
            prop_assert!(rounds < 1_000, "it never ends");
        }
        for ((name, (_, taken)), refused) in NAMES.iter().zip(&told).zip(refused) {
            let taken = taken.lock().unwrap();
            let mut seen = Vec::new();
            taken.iter().for_each(|id| if !seen.contains(id) { seen.push(*id) });
            let mut sorted = seen.clone();
            sorted.sort_unstable();
            prop_assert_eq!(&seen, &sorted, "not in order");
            let dead = memory.states(name).iter().filter(|state| **state == State::Dead).count();
            prop_assert!(dead <= refused);
            for (id, state) in (1..).zip(memory.states(name)) {
                prop_assert!(state == State::Dead || seen.contains(&id), "{} never arrived", id);
            }
        }
    }
}

fn memory(entries: u64) -> Memory {
    let mut memory = Memory::default();
    for incident in 1..=entries {
        NAMES.iter().for_each(|name| memory.add(name, incident));
    }
    memory
}

#[test]
fn a_report_counts_and_says_when_to_come_again() {
    let mut memory = memory(5);
    let told = [told(vec![Act::Takes, Act::Fails(1)]), told(vec![Act::Refuses(0)])];
    let report = dispatcher(&memory, &told, 10).run(&mut memory, now()).unwrap();
    assert_eq!((report.delivered(), report.retried(), report.dead(), report.depth()), (4 + 4, 1, 1, 1));
    let next = report.next_due().unwrap();
    assert!(next > now() && next <= now() + SignedDuration::from_secs(2));
    let [one, two] = report.sinks.as_slice() else { panic!() };
    assert_eq!((one.delivered, one.depth, one.error.as_deref()), (4, 1, Some("not now")));
    assert_eq!((two.delivered, two.dead, two.error.as_deref(), two.next_due), (4, 1, None, None));
    assert!(!report.is_busy());
    // Before its time nothing is tried.
    let report = dispatcher(&memory, &told, 10).run(&mut memory, now()).unwrap();
    assert_eq!((report.delivered(), report.retried(), report.next_due()), (0, 0, Some(next)));
    let report = dispatcher(&memory, &told, 10).run(&mut memory, next).unwrap();
    assert_eq!((report.delivered(), report.depth()), (1, 0));
}

#[test]
fn after_so_many_attempts_it_is_given_up_and_the_next_has_its_turn() {
    let mut memory = memory(2);
    let told = [told(vec![Act::Fails(0); 3]), told(vec![])];
    let mut dispatcher = dispatcher(&memory, &told, 3);
    let mut dead = 0;
    for hour in 0..3 {
        dead += dispatcher.run(&mut memory, now() + SignedDuration::from_hours(hour)).unwrap().dead();
    }
    assert_eq!(dead, 1);
    assert_eq!(memory.states("one"), [State::Dead, State::Delivered]);
    assert_eq!(memory.states("two"), [State::Delivered, State::Delivered]);
}

#[test]
fn a_sink_that_panics_is_one_that_failed() {
    let mut memory = memory(1);
    let told = [told(vec![Act::Panics]), told(vec![])];
    let mut dispatcher = dispatcher(&memory, &told, 3);
    let report = dispatcher.run(&mut memory, now()).unwrap();
    assert_eq!((report.delivered(), report.retried()), (1, 1));
    assert!(report.sinks[0].error.as_deref().unwrap().contains("panicked"));
    let report = dispatcher.run(&mut memory, now() + SignedDuration::from_hours(1)).unwrap();
    assert_eq!((report.delivered(), report.depth()), (1, 0));
}

#[test]
fn what_is_no_notice_is_dead_and_hides_nothing() {
    let mut memory = memory(9);
    for id in 1..=7 {
        memory.entries.get_mut(&("one".to_owned(), id)).unwrap().0.notice = "{".into();
    }
    let told = [told(vec![]), told(vec![])];
    let report = dispatcher(&memory, &told, 3).run(&mut memory, now()).unwrap();
    assert_eq!((report.dead(), report.delivered()), (7, 2 + 9));
    assert_eq!(*told[0].1.lock().unwrap(), [8, 9]);
}

/// A sink that waits until it is let go.
struct Gate {
    name: &'static str,
    go: Receiver<()>,
    arrived: Sender<u64>,
}

impl Sink for Gate {
    fn name(&self) -> &str {
        self.name
    }

    fn deliver(&mut self, notices: &[Notice], _: Timestamp) -> Result<(), DeliveryError> {
        self.go.recv().unwrap();
        notices.iter().for_each(|notice| self.arrived.send(notice.incident).unwrap());
        Err(DeliveryError {
            delivered: notices.len() - 1,
            trouble: Trouble::Passing { wait: Some(Duration::from_secs(600)) },
            message: "later".into(),
        })
    }
}

#[test]
fn a_sink_that_waits_holds_up_no_other() {
    let mut memory = memory(2);
    let (release, go) = channel();
    let (arrived, arrivals) = channel();
    let (script, taken) = told(vec![]);
    let scripted = Scripted { name: "two", script, taken: Arc::clone(&taken), marked: Arc::default() };
    let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Gate { name: "one", go, arrived }), Box::new(scripted)];
    let mut dispatcher = Dispatcher::new(sinks, Policy::default()).unwrap();
    let mut delivered = 0;
    while delivered < 2 {
        let report = dispatcher.poll(&mut memory, now()).unwrap();
        assert!(report.sinks[0].is_busy);
        delivered += report.delivered();
        std::thread::yield_now();
    }
    assert_eq!(*taken.lock().unwrap(), [1, 2]);
    assert_eq!(memory.states("one"), [State::Waiting, State::Waiting]);
    release.send(()).unwrap();
    let report = dispatcher.finish(&mut memory, now()).unwrap();
    assert_eq!(arrivals.try_iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!((report.delivered(), report.retried(), report.depth()), (1, 1, 1));
    // It asked for ten minutes.
    assert_eq!(
        memory.entries[&("one".to_owned(), 2)].0.next_try,
        Some(now() + SignedDuration::from_mins(10))
    );
}
