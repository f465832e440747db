//! Random stories: whatever a writer, its archiver and the follower do in whatever order, every row is handed out once, and the
//! rows of a log in order.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use zeek_follow::Mode;

use crate::world::{World, gzip};

#[derive(Clone, Debug)]
enum Operation {
    /// A logger appends rows; the line that it had begun first.
    Append(usize, usize),
    /// A logger writes a part of a row.
    Begin(usize, usize),
    /// A logger's log is renamed, with or without `#close`, and begun anew.
    Rotate(usize, bool),
    /// A logger's log is copied. It is emptied and begun anew before anything else happens to it.
    Copy(usize),
    /// The oldest rotated log that is still in its place is moved to the archive.
    Archive,
    /// The next step of compressing one, in the archive or from its place: a part of it, more, all of it, the text is removed.
    Compress,
    /// One more logger.
    NewLogger,
    Restart,
    Poll,
    /// Seconds pass.
    Wait(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..3_usize, 1..4_usize).prop_map(|(logger, rows)| Operation::Append(logger, rows)),
        2 => (0..3_usize, 1..40_usize).prop_map(|(logger, bytes)| Operation::Begin(logger, bytes)),
        2 => (0..3_usize, any::<bool>()).prop_map(|(logger, close)| Operation::Rotate(logger, close)),
        2 => (0..3_usize).prop_map(Operation::Copy),
        2 => Just(Operation::Archive),
        5 => Just(Operation::Compress),
        1 => Just(Operation::NewLogger),
        1 => Just(Operation::Restart),
        6 => Just(Operation::Poll),
        2 => prop_oneof![Just(1), Just(6), Just(61), Just(700)].prop_map(Operation::Wait),
    ]
}

struct Logger {
    live: String,
    /// Which log it writes.
    log: usize,
    /// The rest of a row that it has begun to write.
    rest: String,
    is_copied: bool,
}

/// Someone who writes logs and archives them.
struct Writer {
    loggers: Vec<Logger>,
    /// Rotated logs in their places, the oldest first, with the name in the archive.
    rotated: Vec<(String, String)>,
    /// Logs in the archive that may be compressed there.
    archived: Vec<String>,
    /// One that is being compressed: text, archive, and how far.
    compressing: Option<(String, String, usize)>,
    /// Uids of each log.
    logs: Vec<Vec<String>>,
    hours: usize,
}

impl Writer {
    fn new() -> Self {
        Self {
            loggers: Vec::new(),
            rotated: Vec::new(),
            archived: Vec::new(),
            compressing: None,
            logs: Vec::new(),
            hours: 0,
        }
    }

    fn start(&mut self, world: &mut World, logger: usize) {
        let name = if logger == 0 {
            "current/conn.log".to_owned()
        } else {
            format!("spool/logger-{logger}/conn.log")
        };
        world.start(&name);
        self.logs.push(Vec::new());
        let log = self.logs.len() - 1;
        match self.loggers.get_mut(logger) {
            Some(known) => (known.log, known.is_copied) = (log, false),
            None => self.loggers.push(Logger { live: name, log, rest: String::new(), is_copied: false }),
        }
    }

    /// Text of new rows of a log.
    fn rows(&mut self, world: &mut World, log: usize, rows: usize) -> String {
        let before = world.written.len();
        let text = world.next_rows(rows);
        self.logs[log].extend_from_slice(&world.written[before..]);
        text
    }

    /// Does what a logger has begun, so that it can do something else.
    fn go_on(&mut self, world: &mut World, logger: usize) {
        if self.loggers[logger].is_copied {
            self.start(world, logger);
        }
        let Logger { live, rest, .. } = &mut self.loggers[logger];
        world.append(live, std::mem::take(rest).as_bytes());
    }

    /// Names for the next rotated log of a logger: in its place, and in the archive.
    fn names(&mut self, logger: usize) -> (String, String) {
        let (day, hour) = (1 + self.hours / 24, self.hours % 24);
        self.hours += 1;
        let folder = self.loggers[logger].live.strip_suffix("/conn.log").unwrap();
        let suffix = if logger == 0 { String::new() } else { format!("-logger-{logger}") };
        (
            format!("{folder}/conn-2024-05-{day:02}-{hour:02}-00-00.log"),
            format!("2024-05-{day:02}/conn.{hour:02}:00:00-{:02}:00:00{suffix}.log", (hour + 1) % 24),
        )
    }

    fn run(&mut self, world: &mut World, operation: &Operation) {
        let logger = |number: &usize| number % self.loggers.len();
        match operation {
            Operation::Append(number, rows) => {
                let logger = logger(number);
                self.go_on(world, logger);
                let text = self.rows(world, self.loggers[logger].log, *rows);
                world.append(&self.loggers[logger].live, text.as_bytes());
            }
            Operation::Begin(number, bytes) => {
                let logger = logger(number);
                self.go_on(world, logger);
                let mut text = self.rows(world, self.loggers[logger].log, 1);
                let rest = text.split_off((*bytes).min(text.len() - 1));
                world.append(&self.loggers[logger].live, text.as_bytes());
                self.loggers[logger].rest = rest;
            }
            Operation::Rotate(number, close) => {
                let logger = logger(number);
                self.go_on(world, logger);
                let (rotated, archived) = self.names(logger);
                let live = self.loggers[logger].live.clone();
                if *close {
                    world.close(&live);
                }
                world.rename(&live, &rotated);
                self.rotated.push((rotated, archived));
                self.start(world, logger);
            }
            Operation::Copy(number) => {
                let logger = logger(number);
                self.go_on(world, logger);
                let (rotated, archived) = self.names(logger);
                fs::copy(world.path(&self.loggers[logger].live), world.path(&rotated)).unwrap();
                self.rotated.push((rotated, archived));
                self.loggers[logger].is_copied = true;
            }
            Operation::Archive => {
                if !self.rotated.is_empty() {
                    let (rotated, archived) = self.rotated.remove(0);
                    world.rename(&rotated, &archived);
                    self.archived.push(archived);
                }
            }
            Operation::Compress => self.compress(world),
            Operation::NewLogger if self.loggers.len() < 3 => self.start(world, self.loggers.len()),
            Operation::NewLogger => {}
            Operation::Restart => world.restart(),
            Operation::Poll => {
                world.poll();
            }
            Operation::Wait(seconds) => world.now.monotonic += std::time::Duration::from_secs(*seconds),
        }
    }

    fn compress(&mut self, world: &World) {
        let (text, archive, step) = match self.compressing.take() {
            Some(compressing) => compressing,
            None if !self.archived.is_empty() => {
                let text = self.archived.remove(0);
                (text.clone(), text + ".gz", 0)
            }
            None if self.rotated.is_empty() => return,
            None => {
                let (text, archive) = self.rotated.remove(0);
                (text, archive + ".gz", 0)
            }
        };
        let gz = gzip(&world.bytes(&text));
        match step {
            0 => world.put(&archive, b""),
            1 => world.put(&archive, &gz[..gz.len() / 2]),
            2 => world.put(&archive, &gz[..gz.len() - 2]),
            3 => world.put(&archive, &gz),
            _ => return world.remove(&text),
        }
        self.compressing = Some((text, archive, step + 1));
    }

    /// Finishes what was begun, so that everything can be read in either mode.
    fn end(&mut self, world: &mut World) {
        while self.compressing.is_some() {
            self.compress(world);
        }
        for logger in 0..self.loggers.len() {
            self.run(world, &Operation::Rotate(logger, false));
        }
        while !self.rotated.is_empty() {
            self.run(world, &Operation::Archive);
        }
        world.settle();
    }

    fn check(&self, world: &World) {
        let of: BTreeMap<&str, usize> = (self.logs.iter().enumerate())
            .flat_map(|(log, uids)| uids.iter().map(move |uid| (uid.as_str(), log)))
            .collect();
        let mut read = vec![Vec::new(); self.logs.len()];
        for uid in &world.read {
            let log = *of.get(uid.as_str()).unwrap_or_else(|| panic!("nobody wrote `{uid}`"));
            read[log].push(uid.clone());
        }
        assert_eq!(read, self.logs);
    }
}

fn tell(mode: Mode, is_json: bool, operations: &[Operation]) {
    let mut world = World::new(mode);
    world.is_json = is_json;
    let mut writer = Writer::new();
    writer.start(&mut world, 0);
    for operation in operations {
        writer.run(&mut world, operation);
    }
    writer.end(&mut world);
    writer.check(&world);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_handed_out_once(
        is_live in any::<bool>(),
        is_json in any::<bool>(),
        operations in prop::collection::vec(operation(), 1..60),
    ) {
        tell(if is_live { Mode::Live } else { Mode::Rotated }, is_json, &operations);
    }
}
