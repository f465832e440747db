//! Models that are learned beside the active one: when, of what, and when one takes its place; undisturbed and killed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixtures::QUICK_BEHAVIOUR;
use crate::folder::Folder;
use crate::watched::{SAID, start_saying, stop, wait_for_words};

/// A baseline of a day and a half, due at the end of the second and the third day, and trials of a quarter of a day.
const SETTINGS: &str = "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false
[retrain]\nevery_days = 1.0\ndays = 1.5\nshadow_days = 0.25\n";

const WATCH: &str = "watch zeek -m home.model --db a.db --config oddflow.toml";

/// Four days of a household in hourly logs, and a model of the first.
fn household() -> Folder {
    let folder = Folder::empty();
    folder.ok("synth --rows 16000 --days 4 --start 2026-02-26 --seed 11 --out zeek");
    folder.ok(&format!("train zeek/2026-02-26 -o home.model --conn-only {QUICK_BEHAVIOUR}"));
    folder.write("oddflow.toml", SETTINGS);
    folder
}

/// Makes all logs an hour old, so that none waits to be settled.
fn age(folder: &Folder) {
    #[expect(clippy::disallowed_methods, reason = "files are told from older ones by the calendar")]
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    for day in std::fs::read_dir(folder.path("zeek")).expect("a folder") {
        for log in std::fs::read_dir(day.expect("a day").path()).expect("a folder") {
            let log = std::fs::File::options().append(true).open(log.expect("a log").path()).expect("a file");
            log.set_modified(then).expect("it is ours");
        }
    }
}

/// What the models of a database are, by their ids.
fn roles(folder: &Folder) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let listed = folder.ok("model list --db a.db --json").json();
    listed.iter().map(|model| (text(&model["id"]), text(&model["role"]))).collect()
}

#[test]
fn a_new_model_is_learned_and_tried_beside_the_active_one() {
    let folder = household();
    age(&folder);
    let ran = folder.ok(&format!("{WATCH} --once"));
    eprintln!("{}", ran.err);
    eprintln!("{}", folder.ok("model list --db a.db").out);
    eprintln!("{}", folder.ok("model history --db a.db").out);
    for (id, role) in roles(&folder) {
        eprintln!(
            "{id} {role} {} {}",
            folder.ok(&format!("incidents list --db a.db --json --model {id} -n 1000")).json().len(),
            folder
                .ok("incidents list --db a.db --json -n 10000")
                .json()
                .iter()
                .filter(|i| i["model"] == *id)
                .count()
        );
    }
    panic!();
}
