//! The dashboard's page in a real browser, on databases that `detect` wrote. What is tried stands in `dashboard_page.py`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};

use oddflow_store::Store;

use crate::explore::{python, python_has};
use crate::fixtures::{household, parts};
use crate::folder::{Folder, skipped};

/// What a log would have to bring about to be more than text; `dashboard_page.py` looks for it.
const STRANGE: &str = "<img src=x onerror=window.hit=1>";

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Folder, options: &str) -> Self {
        let mut child = folder
            .command(&format!("serve --listen 127.0.0.1:0 {options}"))
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let address = loop {
            let line = lines.next().expect("it ended before it listened").expect("text");
            if let Some((_, address)) = line.split_once("the dashboard is at ") {
                break address.to_owned();
            }
        };
        Self { child, address }
    }

    /// Tries some things in a browser; gives what is wrong, or nothing where there is no browser.
    fn tried(&self, checks: &str, options: &[&str]) -> Option<String> {
        let Some(chromium) = chromium() else {
            skipped("no Chromium is here");
            return None;
        };
        if !python_has("playwright.sync_api") {
            skipped(&format!("{} has no playwright; set ODDFLOW_PYTHON to one that does", python()));
            return None;
        }
        let mut page = Command::new(python());
        page.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/dashboard_page.py"));
        page.args([&chromium, &self.address]).args(options).args(checks.split(' '));
        let output = page.output().expect("Python starts");
        let told =
            [output.stdout, output.stderr].map(|told| String::from_utf8_lossy(&told).into_owned()).concat();
        assert!(output.status.success() || !told.trim().is_empty(), "it fails without a word");
        Some(told)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn chromium() -> Option<String> {
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    })?;
    let which = Command::new("sh").args(["-c", &format!("command -v {found}")]).output().expect("a shell");
    Some(String::from_utf8_lossy(&which.stdout).trim().to_owned())
}

/// axe-core, which judges whether everybody can use a page. It comes with what builds the page.
#[expect(clippy::disallowed_methods, reason = "where it is, is known to who built the page")]
fn axe() -> Option<String> {
    std::env::var("ODDFLOW_AXE").ok()
}

/// The attacked days of a household, detected by a model that the database has.
fn found() -> Folder {
    let folder = Folder::household();
    folder.ok("model import home.model --db a.db");
    folder.ok("detect attacked.log --db a.db --conn-only");
    folder
}

fn is_fine(told: Option<String>) {
    assert_eq!(told.unwrap_or_default().trim(), "");
}

#[test]
fn each_page_is_whole_on_desks_and_phones() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    match axe() {
        Some(axe) => is_fine(server.tried("pages", &["--axe", &axe])),
        None => {
            skipped("whether everybody can use the page: set ODDFLOW_AXE to axe.min.js");
            is_fine(server.tried("pages", &[]));
        }
    }
}

#[test]
fn people_work_with_the_page() {
    let folder = found();
    folder.write("logs/conn.log", &household().attacked);
    let server = Server::start(&folder, "--db a.db --logs logs");
    is_fine(server.tried("wrong_turns actions explore model", &[]));
}

#[test]
fn what_others_change_is_seen_without_a_reload() {
    let folder = found();
    let open = folder.ok("incidents list --db a.db --state raised --json -n 1").json()[0]["id"].clone();
    let server = Server::start(&folder, "--db a.db");
    let db = folder.path("a.db");
    let change = format!("{} incidents benign {open} --db {}", env!("CARGO_BIN_EXE_oddflow"), db.display());
    is_fine(server.tried("live", &["--run", &change]));
}

#[test]
fn strange_texts_of_logs_stay_text() {
    let folder = Folder::household();
    let (header, rows) = parts(&household().attacked);
    let fields: Vec<&str> =
        header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields").split('\t').collect();
    let at = |name: &str| fields.iter().position(|field| *field == name).expect("a column");
    let mut log = header.clone();
    let mut names =
        "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n".to_owned();
    for row in rows {
        let mut cells: Vec<&str> = row.trim_end_matches('\n').split('\t').collect();
        names += &format!("{}\t{}\t{STRANGE}.example\n", cells[0], cells[at("uid")]);
        for column in ["service", "history"] {
            cells[at(column)] = STRANGE;
        }
        log += &(cells.join("\t") + "\n");
    }
    let strange = format!("{STRANGE}.log");
    folder.write(&strange, log);
    folder.write("names.log", names);
    folder.ok("model import home.model --db a.db");
    let detected = folder.command("detect --db a.db --with names.log").arg(&strange).status();
    assert!(detected.expect("the program starts").success());
    let server = Server::start(&folder, "--db a.db");
    is_fine(server.tried("strange", &[]));
}

#[test]
fn a_token_lets_in() {
    let folder = found();
    let token = folder.ok("serve --db a.db --new-token").out.trim().to_owned();
    let server = Server::start(&folder, "--db a.db --require-token");
    is_fine(server.tried("token", &["--token", &token]));
}

#[test]
fn a_database_without_a_model_says_what_to_do() {
    let folder = Folder::empty();
    drop(Store::open(folder.path("a.db")).expect("a new database"));
    let server = Server::start(&folder, "--db a.db");
    is_fine(server.tried("empty", &[]));
}
