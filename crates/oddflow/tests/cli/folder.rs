//! A folder of a test, and the program run in it. Names in command lines are names in the folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use oddflow_store::{LogEntry, Store};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures;

/// A folder that goes when the test ends.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// With `conn.log` of [`fixtures::log`] and `home.model`, a classic model trained on it.
    pub(crate) fn new() -> Self {
        let folder = Self::empty();
        folder.write("conn.log", fixtures::log());
        folder.write("home.model", fixtures::model());
        folder
    }

    /// With `conn.log` of [`fixtures::log`] and `home.model`, a behaviour model of the days before it.
    pub(crate) fn behaviour() -> Self {
        let folder = Self::empty();
        folder.write("conn.log", fixtures::log());
        folder.write("home.model", &fixtures::household().model);
        folder
    }

    /// One with a model of each recipe, for what must hold whatever the recipe.
    pub(crate) fn of_each_recipe() -> [Self; 2] {
        [Self::new(), Self::behaviour()]
    }

    /// With `quiet.log`, `attacked.log` and `home.model` of [`fixtures::household`].
    pub(crate) fn household() -> Self {
        let folder = Self::empty();
        let household = fixtures::household();
        folder.write("quiet.log", &household.quiet);
        folder.write("attacked.log", &household.attacked);
        folder.write("home.model", &household.model);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Its own path without links, as messages have it.
    pub(crate) fn real_path(&self) -> String {
        let path = fs::canonicalize(self.0.path()).expect("the folder");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Writes a file, and the folders on the way to it.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn append(&self, name: &str, text: &str) {
        let file = fs::OpenOptions::new().append(true).open(self.path(name));
        file.and_then(|mut file| file.write_all(text.as_bytes())).expect("more of a file");
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("UTF-8")
    }

    /// What lies in it, sorted; hidden files too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("the folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program with arguments that are separated by blanks.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oddflow"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Ran {
        Ran::new(arguments, self.command(arguments).output().expect("the program starts"))
    }

    /// Runs it to success.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &str) -> Ran {
        self.run(arguments).exits(0)
    }

    /// Runs it with a standard input.
    pub(crate) fn feed(&self, arguments: &str, input: impl AsRef<[u8]> + Send) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let output = std::thread::scope(|scope| {
            scope.spawn(move || {
                // It may end without having read everything.
                let _ = stdin.write_all(input.as_ref());
            });
            child.wait_with_output()
        });
        Ran::new(arguments, output.expect("the program ends"))
    }

    /// The alerts of a database as they were stored, without the numbers that the store gives.
    #[track_caller]
    pub(crate) fn alerts(&self, database: &str) -> Vec<Value> {
        let mut alerts = self.ok(&format!("alerts export --db {database} --sort id")).json();
        for alert in &mut alerts {
            let alert = alert.as_object_mut().expect("an object");
            alert.remove("id").expect("an id");
            alert.remove("log").expect("the number of its log");
        }
        alerts
    }

    /// The incidents of a database in the order in which their first rows were seen, each with its alerts in the order of
    /// their logs, without the numbers that the store gives.
    #[track_caller]
    pub(crate) fn incidents(&self, database: &str) -> Vec<Value> {
        let mut incidents = self.ok(&format!("incidents list --db {database} --json -n 1000000")).json();
        let mut alerts: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
        for mut alert in self.ok(&format!("alerts export --db {database} --sort id")).json() {
            let fields = alert.as_object_mut().expect("an object");
            let incident = fields.remove("incident").and_then(|id| id.as_i64()).expect("an incident");
            fields.remove("id").expect("an id");
            fields.remove("log").expect("the number of its log");
            alerts.entry(incident).or_default().push(alert);
        }
        for incident in &mut incidents {
            let fields = incident.as_object_mut().expect("an object");
            let id = fields.remove("id").and_then(|id| id.as_i64()).expect("an id");
            let mut alerts = alerts.remove(&id).expect("an incident has rows");
            alerts.sort_by_key(|alert| (alert["file"].to_string(), alert["line"].as_u64()));
            fields.insert("alerts".into(), alerts.into());
        }
        assert!(alerts.is_empty(), "every alert is of an incident that is listed");
        incidents.sort_by_key(|incident| incident["number"].as_u64());
        incidents
    }

    /// All that runs have found and stored, whatever the recipe, without the numbers that the store gives: alerts in their
    /// order with a classic model, incidents with their alerts with a behaviour model.
    #[track_caller]
    pub(crate) fn found(&self, database: &str) -> Vec<Value> {
        let incidents = self.ok(&format!("incidents list --db {database} --json -n 1")).json();
        if incidents.is_empty() { self.alerts(database) } else { self.incidents(database) }
    }

    /// The same without the names of the logs, for logs that are found under several.
    #[track_caller]
    pub(crate) fn found_in_any_file(&self, database: &str) -> Vec<Value> {
        let mut found = self.found(database);
        for entry in &mut found {
            match entry.get_mut("alerts").and_then(Value::as_array_mut) {
                Some(alerts) => {
                    alerts.sort_by_key(|alert| (alert["line"].as_u64(), alert["uid"].to_string()));
                    alerts.iter_mut().for_each(|alert| drop(alert["file"].take()));
                }
                None => drop(entry["file"].take()),
            }
        }
        found
    }

    /// The days of a database that were compared with a baseline.
    #[track_caller]
    pub(crate) fn drift(&self, database: &str) -> Vec<Value> {
        self.ok(&format!("drift --db {database} --json")).json()
    }

    /// The ledger of a database, in the order of the logs' identities and without the numbers that the store gives.
    pub(crate) fn ledger(&self, database: &str) -> Vec<Value> {
        let mut entries = self.ledger_entries(database);
        entries.sort_by(|a, b| (&a.model, &a.identity).cmp(&(&b.model, &b.identity)));
        let value = |entry: &LogEntry| {
            let mut value = serde_json::to_value(entry).expect("JSON");
            value.as_object_mut().expect("an object").remove("id");
            value
        };
        entries.iter().map(value).collect()
    }

    pub(crate) fn ledger_entries(&self, database: &str) -> Vec<LogEntry> {
        let store = Store::open_read_only(self.path(database)).expect("a database");
        store.logs().expect("a ledger")
    }
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    arguments: String,
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn new(arguments: &str, output: Output) -> Self {
        Self {
            arguments: arguments.into(),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// An expected failure: one sentence, a remedy, and nothing on standard output.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        let ran = self.exits(code);
        assert!(ran.out.is_empty(), "{ran}");
        let error = ran.err.lines().find(|line| line.starts_with("error: "));
        let error = error.unwrap_or_else(|| panic!("no line begins with `error: `\n{ran}"));
        for word in words {
            assert!(error.contains(word), "`{word}` is not in the error\n{ran}");
        }
        // clap gives its remedies as a usage line.
        assert!(ran.err.contains("  help: ") || ran.err.contains("--help"), "no remedy\n{ran}");
        assert!(!ran.err.contains("panicked") && !ran.err.contains("has a bug"), "{ran}");
        ran
    }

    /// Standard error has these words.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` is not on standard error\n{self}");
        self
    }

    /// The lines of a service's log for programs: nothing else is on standard error.
    #[track_caller]
    pub(crate) fn json_log(&self) -> Vec<Value> {
        let parsed = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.err.lines().map(parsed).collect()
    }

    #[track_caller]
    pub(crate) fn says_not(self, words: &str) -> Self {
        assert!(!self.err.contains(words), "`{words}` is on standard error\n{self}");
        self
    }

    /// Standard output has these words.
    #[track_caller]
    pub(crate) fn prints(self, words: &str) -> Self {
        assert!(self.out.contains(words), "`{words}` is not on standard output\n{self}");
        self
    }

    /// Standard output as JSON lines.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        json_lines(&self.out)
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let excerpt: String = self.out.chars().take(2000).collect();
        write!(
            f,
            "oddflow {}\nexit code {:?}\n-- standard output\n{excerpt}\n-- standard error\n{}",
            self.arguments, self.code, self.err
        )
    }
}

#[track_caller]
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Tells CI that a test could not do its work.
#[expect(clippy::print_stdout, reason = "CI counts these lines")]
pub(crate) fn skipped(why: &str) {
    println!("SKIPPED: {why}");
}
