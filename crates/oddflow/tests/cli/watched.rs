//! A sensor that is watched, and what it is to come to: what tests of `oddflow watch` have in common.

use std::process::{Child, Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::fixtures;
use crate::folder::Folder;
use crate::traffic::traffic;

/// Rows that are written at a time, and how often in an hour.
pub(crate) const PIECES: usize = 6;

/// A sensor that writes the hours of a log, piece by piece, and rotates them as zeekctl does.
pub(crate) struct Zeek<'f> {
    folder: &'f Folder,
    header: String,
    hours: Vec<Vec<String>>,
    /// The hour that is written, and how much of it.
    hour: usize,
    piece: usize,
    /// An hour that was renamed and is not archived yet.
    renamed: Option<usize>,
    /// Rows that were written.
    pub(crate) written: u64,
}

impl<'f> Zeek<'f> {
    /// The attacked days of the household, in hours of equal length.
    pub(crate) fn new(folder: &'f Folder, hours: usize) -> Self {
        let (header, rows) = fixtures::parts(&fixtures::household().attacked);
        let header: String = header.split_inclusive('\n').filter(|line| !line.starts_with("#open")).collect();
        let hours = rows.chunks(rows.len().div_ceil(hours));
        let hours = hours.map(|rows| rows.iter().map(|row| (*row).to_owned()).collect()).collect();
        std::fs::create_dir_all(folder.path("zeek/current")).expect("a folder");
        Self { folder, header, hours, hour: 0, piece: 0, renamed: None, written: 0 }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.hours.iter().map(|hour| hour.len() as u64).sum()
    }

    fn header_of(&self, hour: usize) -> String {
        let open = format!("#open\t2026-02-{:02}-{:02}-00-00\n", 28 - usize::from(hour < 12), hour % 12);
        let fields = self.header.find("#fields").expect("a header");
        format!("{}{open}{}", &self.header[..fields], &self.header[fields..])
    }

    /// As Zeek renames it, before it is archived.
    fn rotated(hour: usize) -> String {
        format!("zeek/current/conn-2026-02-{:02}-{:02}-00-00.log", 28 - usize::from(hour < 12), hour % 12)
    }

    fn archive_of(&self, hour: usize) -> String {
        let (day, from) = (28 - usize::from(hour < 12), hour % 12);
        format!("zeek/2026-02-{day:02}/conn.{from:02}:00:00-{:02}:00:00.log.gz", from + 1)
    }

    /// All rows of all hours, as whole archives: what `detect` is to find.
    pub(crate) fn write_all(&self, folder: &Folder) {
        for (hour, rows) in self.hours.iter().enumerate() {
            self.archive(folder, hour, &format!("{}{}", self.header_of(hour), rows.concat()));
        }
    }

    pub(crate) fn archive(&self, folder: &Folder, hour: usize, text: &str) {
        let name = self.archive_of(hour);
        let path = folder.path(&name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        folder.write(&name, fixtures::gz(text));
    }

    /// The next thing that the sensor does; `false` when all is written and archived.
    pub(crate) fn step(&mut self) -> bool {
        if let Some(hour) = self.renamed.take() {
            let name = Self::rotated(hour);
            let text = self.folder.text(&name);
            self.archive(self.folder, hour, &text);
            std::fs::remove_file(self.folder.path(&name)).expect("it is there");
            return true;
        }
        let Some(rows) = self.hours.get(self.hour) else { return false };
        let name = "zeek/current/conn.log";
        if self.piece == PIECES {
            let rotated = self.folder.path(&Self::rotated(self.hour));
            std::fs::rename(self.folder.path(name), rotated).expect("it is there");
            (self.renamed, self.hour, self.piece) = (Some(self.hour), self.hour + 1, 0);
            return true;
        }
        let (from, to) = (rows.len() * self.piece / PIECES, rows.len() * (self.piece + 1) / PIECES);
        let text = rows[from..to].concat();
        if self.piece == 0 {
            self.folder.write(name, self.header_of(self.hour) + &text);
        } else {
            // A write may end within a line.
            let (first, second) = text.split_at(text.len() / 2);
            self.folder.append(name, first);
            self.folder.append(name, second);
        }
        self.piece += 1;
        self.written += (to - from) as u64;
        true
    }

    /// The same while somebody follows: a log lives longer than it takes to look at it once.
    pub(crate) fn step_watched(&mut self) -> bool {
        if self.piece == PIECES && self.renamed.is_none() {
            wait_for_rows(self.folder, self.written);
        }
        self.step()
    }
}

pub(crate) const SETTINGS: &str = "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false\n";

pub(crate) fn start(folder: &Folder, mode: &str) -> Child {
    folder.write("oddflow.toml", SETTINGS);
    let command = format!("watch zeek -m home.model --db a.db --config oddflow.toml --mode {mode}");
    folder.command(&command).spawn().expect("the program starts")
}

/// Where a service whose words matter writes them.
pub(crate) const SAID: &str = "said.txt";

/// Starts one that writes what it says to a file.
pub(crate) fn start_saying(folder: &Folder, mut command: Command) -> Child {
    let said = std::fs::File::create(folder.path(SAID)).expect("a file");
    command.stderr(said).spawn().expect("the program starts")
}

pub(crate) fn wait_for_words(folder: &Folder, words: &str) {
    for _ in 0..6000 {
        if folder.text(SAID).contains(words) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{words:?} was not said in five minutes:\n{}", folder.text(SAID));
}

pub(crate) fn wait_for_delivery(folder: &Folder) {
    for _ in 0..6000 {
        let store = oddflow_store::Store::open_read_only(folder.path("a.db")).expect("a database");
        if store.outbox_counts().expect("reads").is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("notices wait after five minutes");
}

/// Asks for its end, and waits for it.
pub(crate) fn stop(child: Child) -> Output {
    let asked =
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill is there");
    assert!(asked.success());
    child.wait_with_output().expect("an end")
}

/// Rows of conn logs that the database says were read.
pub(crate) fn rows_read(folder: &Folder) -> u64 {
    let database = folder.path("a.db");
    let Ok(store) = oddflow_store::Store::open_read_only(database) else { return 0 };
    // A store that is being made has no tables yet.
    store.logs().map_or(0, |logs| logs.iter().map(|log| log.progress.rows).sum())
}

pub(crate) fn wait_for_rows(folder: &Folder, rows: u64) {
    for _ in 0..6000 {
        if rows_read(folder) >= rows {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{} of {rows} rows after five minutes", rows_read(folder));
}

/// What is found in the whole logs, and what their ledger says, how their days compare and what their traffic comes to, without names of files.
pub(crate) fn expected(zeek: &Zeek<'_>) -> (Vec<Value>, Vec<Value>) {
    let folder = Folder::empty();
    folder.write("home.model", &fixtures::household().model);
    zeek.write_all(&folder);
    folder.ok("detect zeek -m home.model --db a.db --conn-only");
    let found = folder.found_in_any_file("a.db");
    assert!(found.len() > 5, "{}", found.len());
    (found, ledger(&folder))
}

pub(crate) fn ledger(folder: &Folder) -> Vec<Value> {
    let mut ledger = folder.ledger("a.db");
    ledger.iter_mut().for_each(|entry| drop(entry["file"].take()));
    let days = folder.drift("a.db");
    assert!(days.len() > 1, "{days:?}");
    ledger.extend(days);
    ledger.extend(traffic(folder, "a.db"));
    ledger
}

pub(crate) fn check(folder: &Folder, (found, of_logs): &(Vec<Value>, Vec<Value>)) {
    oddflow_store::Store::open(folder.path("a.db")).expect("a database").check().expect("a whole one");
    // Whole incidents are no message to read.
    let ours = folder.found_in_any_file("a.db");
    let differs = ours.iter().zip(found).position(|(ours, theirs)| ours != theirs);
    assert!(
        ours == *found,
        "{} incidents, {} expected, the first that differs: {differs:?}",
        ours.len(),
        found.len()
    );
    let ledger = ledger(folder);
    // All of it is no message to read either.
    let differs = ledger.iter().zip(of_logs).position(|(ours, theirs)| ours != theirs);
    assert!(
        ledger == *of_logs,
        "{} entries, {} expected, the first that differs: {differs:?}",
        ledger.len(),
        of_logs.len()
    );
}
