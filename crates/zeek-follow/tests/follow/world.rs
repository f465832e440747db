//! A folder of logs, someone who writes them, and someone who follows and reads them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use zeek_follow::{Follower, Ledger, LedgerError, Mode, Now, Poll, Problem, Reason, Root, Settings};
use zeek_log::{ChunkReport, LogIdentity, Position, ReadOptions, read_parallel};

/// A ledger in memory.
#[derive(Default)]
pub(crate) struct Positions {
    read: RefCell<BTreeMap<LogIdentity, Position>>,
    last_at: RefCell<BTreeMap<PathBuf, LogIdentity>>,
}

impl Ledger for Positions {
    fn position(&self, log: &LogIdentity) -> Result<Option<Position>, LedgerError> {
        Ok(self.read.borrow().get(log).copied())
    }

    fn last_at(&self, path: &Path) -> Result<Option<LogIdentity>, LedgerError> {
        Ok(self.last_at.borrow().get(path).cloned())
    }
}

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) follower: Follower,
    pub(crate) roots: Vec<Root>,
    pub(crate) settings: Settings,
    pub(crate) ledger: Positions,
    pub(crate) now: Now,
    pub(crate) is_json: bool,
    /// Whether the follower is started anew before each step.
    pub(crate) restarts: bool,
    /// Uids of the rows that were written, of all logs.
    pub(crate) written: Vec<String>,
    /// Uids of the rows that were handed out.
    pub(crate) read: Vec<String>,
    /// The same with the kind of log, the sensor and the logger.
    pub(crate) origins: Vec<(String, String, String)>,
    /// Uids of rows of logs that were flagged as late.
    pub(crate) late: Vec<String>,
    pub(crate) problems: Vec<Problem>,
    opened: u32,
}

impl World {
    pub(crate) fn new(mode: Mode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { mode, ..Settings::default() };
        let roots = vec![Root { path: folder.path().join("logs"), sensor: "sensor".into() }];
        fs::create_dir_all(folder.path().join("logs/current")).unwrap();
        Self {
            follower: Follower::new(roots.clone(), settings.clone()),
            folder,
            roots,
            settings,
            ledger: Positions::default(),
            // File times lie in the future, so that nothing counts as long finished.
            now: Now { monotonic: Duration::ZERO, wall: SystemTime::UNIX_EPOCH },
            is_json: false,
            restarts: false,
            written: Vec::new(),
            read: Vec::new(),
            origins: Vec::new(),
            late: Vec::new(),
            problems: Vec::new(),
            opened: 0,
        }
    }

    pub(crate) fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.restart();
    }

    pub(crate) fn restart(&mut self) {
        self.follower = Follower::new(self.roots.clone(), self.settings.clone());
    }

    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    /// Begins a log: its header, if it has one. What was in the file is gone, the file stays.
    pub(crate) fn start(&mut self, name: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        self.opened += 1;
        let kind = Path::new(name).file_name().unwrap().to_str().unwrap().split(['.', '-']).next().unwrap();
        let kind = kind.split("__").next().unwrap();
        let opened = self.opened;
        let fields = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state";
        let header = format!(
            "#separator \\x09\n#path\t{kind}\n#open\t2024-05-01-00-{:02}-{:02}\n#fields\t{fields}\n",
            opened / 60,
            opened % 60
        );
        fs::write(path, if self.is_json { "" } else { &header }).unwrap();
    }

    fn line(&self, uid: &str) -> String {
        let ts = self.written.len();
        if self.is_json {
            format!(
                "{{\"ts\":{ts}.5,\"uid\":\"{uid}\",\"id.orig_h\":\"10.0.0.1\",\"id.orig_p\":1,\"id.resp_h\":\"10.0.0.2\",\
                 \"id.resp_p\":2,\"proto\":\"tcp\",\"conn_state\":\"SF\"}}\n"
            )
        } else {
            format!("{ts}.5\t{uid}\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\tSF\n")
        }
    }

    /// The next rows of a log, without writing them.
    pub(crate) fn next_rows(&mut self, rows: usize) -> String {
        let mut text = String::new();
        for _ in 0..rows {
            let uid = format!("C{:05}", self.written.len());
            text += &self.line(&uid);
            self.written.push(uid);
        }
        text
    }

    /// Appends rows to a log.
    pub(crate) fn rows(&mut self, name: &str, rows: usize) {
        let text = self.next_rows(rows);
        self.append(name, text.as_bytes());
    }

    pub(crate) fn append(&self, name: &str, bytes: &[u8]) {
        fs::OpenOptions::new().append(true).open(self.path(name)).unwrap().write_all(bytes).unwrap();
    }

    pub(crate) fn close(&self, name: &str) {
        if !self.is_json {
            self.append(name, b"#close\t2024-05-01-01-00-00\n");
        }
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.path(from), to).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Polls, reads all that is ready, and notes how far.
    pub(crate) fn poll(&mut self) -> Poll {
        self.now.monotonic += Duration::from_secs(1);
        let poll = self.follower.poll(self.now, &self.ledger).unwrap();
        self.problems.extend(poll.problems.iter().cloned());
        for hour in &poll.hours {
            assert!(hour.beside.iter().all(|log| log.kind != self.settings.main));
            let options = ReadOptions { hold_unfinished_line: true, ..self.settings.read.clone() };
            for log in hour.logs() {
                let work = |chunk: &zeek_log::Chunk| -> (Vec<String>, ChunkReport) {
                    let mut uids = Vec::new();
                    let report = chunk.rows(&options, |row| {
                        uids.push(row.get("uid").unwrap_or_default().into_owned());
                        ControlFlow::Continue(())
                    });
                    (uids, report)
                };
                let mut is_read = true;
                read_parallel(&[log.planned()], &options, 1, work, |_, part| {
                    let Ok(part) = part else {
                        is_read = false;
                        return ControlFlow::Continue(());
                    };
                    let (uids, report) = part.value;
                    for uid in uids {
                        let origin = (log.kind.to_string(), hour.sensor.to_string(), hour.logger.to_string());
                        self.origins.push(origin);
                        if hour.is_late {
                            self.late.push(uid.clone());
                        }
                        self.read.push(uid);
                    }
                    let identity = log.head.identity.clone().unwrap();
                    self.ledger.last_at.borrow_mut().insert(log.log.name().into(), identity.clone());
                    let mut ledger = self.ledger.read.borrow_mut();
                    let known = ledger.entry(identity).or_default();
                    *known = report.end.max(*known);
                    ControlFlow::Continue(())
                });
                if is_read {
                    self.follower.finish(log);
                }
            }
        }
        poll
    }

    /// A few looks, by a new follower where it is started anew all the time.
    pub(crate) fn step(&mut self) {
        if self.restarts {
            self.restart();
        }
        for _ in 0..2 {
            self.poll();
        }
    }

    /// Looks until everything that waits is given up.
    pub(crate) fn settle(&mut self) {
        self.step();
        for seconds in [10, 10, 100, 1000, 10, 10] {
            self.now.monotonic += Duration::from_secs(seconds);
            self.poll();
        }
    }

    /// Every row that was written has been handed out once, in the order in which they were written.
    pub(crate) fn check(&mut self, what: &str) {
        self.settle();
        let (mode, json, restarts) = (self.settings.mode, self.is_json, self.restarts);
        assert_eq!(self.read, self.written, "{what}, {mode:?}, JSON {json}, restarts {restarts}");
        let told = self.problems.len();
        self.restart();
        self.settle();
        self.problems.truncate(told);
        assert_eq!(self.read.len(), self.written.len(), "{what}: nothing is handed out again");
        // A log that lies nowhere may be forgotten.
        let held = self.follower.held();
        self.ledger.read.borrow_mut().retain(|log, _| held.holds(log) != Some(false));
        self.restart();
        self.settle();
        self.problems.truncate(told);
        assert_eq!(self.read.len(), self.written.len(), "{what}: it lay somewhere, {mode:?}, JSON {json}");
    }

    /// Whether each log that was read lies somewhere, as far as the follower knows.
    pub(crate) fn held(&self) -> Vec<Option<bool>> {
        let held = self.follower.held();
        self.ledger.read.borrow().keys().map(|log| held.holds(log)).collect()
    }
}

/// Runs a story in both modes, with TSV and JSON, with one follower and with a new one at every step.
pub(crate) fn always(what: &str, story: impl Fn(&mut World)) {
    for mode in [Mode::Rotated, Mode::Live] {
        for is_json in [false, true] {
            for restarts in [false, true] {
                let mut world = World { is_json, restarts, ..World::new(mode) };
                story(&mut world);
                world.check(what);
                assert_eq!(world.problems, [], "{what}, {mode:?}, JSON {is_json}, restarts {restarts}");
            }
        }
    }
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn reasons(poll: &Poll) -> Vec<Reason> {
    poll.waiting.iter().map(|waiting| waiting.reason).collect()
}
