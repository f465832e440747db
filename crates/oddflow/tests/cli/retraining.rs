//! Models that are learned beside the active one: when, of what, and when one takes its place; undisturbed and killed.

mod drift;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixtures::QUICK_BEHAVIOUR;
use crate::folder::Folder;
use crate::service::signal;
use crate::snapshots::model_id;
use crate::traffic::traffic;
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

/// The id of the model that has a role.
fn of_role(folder: &Folder, role: &str) -> Option<String> {
    roles(folder).into_iter().find(|(_, of)| of == role).map(|(id, _)| id)
}

/// What happened to models, without the times.
fn history(folder: &Folder) -> Vec<Value> {
    let mut events = folder.ok("model history --db a.db --json").json();
    events.iter_mut().for_each(|event| drop(event["time"].take()));
    events
}

fn whole(folder: &Folder) {
    oddflow_store::Store::open(folder.path("a.db")).expect("a database").check().expect("a whole one");
}

/// Days of the logs that lie there.
fn keep_days(folder: &Folder, days: &[&str]) {
    for day in std::fs::read_dir(folder.path("zeek")).expect("a folder") {
        let day = day.expect("a day");
        if !days.contains(&day.file_name().to_str().expect("a name")) {
            std::fs::remove_dir_all(day.path()).expect("it is ours");
        }
    }
}

/// Rows of the logs that lie there.
fn rows_of(folder: &Folder) -> u64 {
    let told = folder.ok("explore zeek --json").json();
    told[0]["overview"]["rows"].as_u64().expect("a number")
}

#[test]
fn a_new_model_is_tried_in_the_shadow_and_killed_at_any_time() {
    let days = ["2026-02-26", "2026-02-27", "2026-02-28"];
    let folder = household();
    keep_days(&folder, &days);
    age(&folder);
    let ran = folder
        .ok(&format!("{WATCH} --once"))
        .says("learning a new model beside the active one")
        .says("watches in the shadow")
        .says("the new model is activated");
    let told = roles(&folder);
    let (home, active) = (model_id(&folder, "home.model"), of_role(&folder, "active").expect("one is"));
    assert_ne!(active, home, "{}", ran.err);
    assert_eq!(told[&home], "retired");
    // What came by then was told by one model after the other, and each row by one.
    let listed = folder.ok("incidents list --db a.db --json -n 100000").json();
    let all = |model: &str| {
        folder.ok(&format!("incidents list --db a.db --json -n 100000 --model {model}")).json().len()
    };
    let of = |model: &str| listed.iter().filter(|incident| incident["model"] == *model).count();
    assert_eq!(of(&home), all(&home));
    let alerts = folder.ok("alerts export --db a.db").json();
    assert!(alerts.iter().all(|alert| listed.iter().any(|incident| incident["id"] == alert["incident"])));
    whole(&folder);
    let told_of = traffic(&folder, "a.db");
    assert_eq!(told_of[0]["rows"].as_u64(), Some(rows_of(&folder)), "each row by one of them");

    // The same logs, and a service that is killed while it learns, in the trial and behind it.
    let killed = household();
    keep_days(&killed, &days);
    age(&killed);
    // Who is asked to stop while it learns does so, and leaves nothing of it.
    let child = start_saying(&killed, killed.command(WATCH));
    wait_for_words(&killed, "learning a new model");
    assert_eq!(stop(child).status.code(), Some(0), "{}", killed.text(SAID));
    assert!(history(&killed).iter().all(|event| event["event"] != "learned"), "{}", killed.text(SAID));
    for words in ["learning a new model", "watches in the shadow", "shadow=", "is activated"] {
        let mut child = start_saying(&killed, killed.command(WATCH));
        wait_for_words(&killed, words);
        child.kill().expect("a process that is our own");
        child.wait().expect("an end");
        whole(&killed);
    }
    killed.ok(&format!("{WATCH} --once"));
    assert_eq!(history(&killed), history(&folder));
    assert_eq!(roles(&killed), told);
    let (ours, theirs) = (killed.found_in_any_file("a.db"), folder.found_in_any_file("a.db"));
    assert!(ours == theirs, "{} and {} incidents", ours.len(), theirs.len());
    assert!(traffic(&killed, "a.db") == told_of);
}

#[test]
fn a_new_model_that_is_ready_waits_to_be_activated() {
    let folder = household();
    age(&folder);
    keep_days(&folder, &["2026-02-26", "2026-02-27", "2026-02-28"]);
    folder.write("oddflow.toml", SETTINGS.to_owned() + "auto_activate = false\n");
    let home = model_id(&folder, "home.model");
    // For programs, and nothing between the objects: what a training says goes to the log as well.
    let ran = folder.ok(&format!("{WATCH} --once --log-format json -v"));
    let said = ran.json_log();
    let is_said =
        |words: &str| said.iter().any(|line| line["message"].as_str().is_some_and(|m| m.contains(words)));
    for words in [
        "a new model is ready: oddflow model activate",
        "rows of 36 logs read",
        "rows left out that fed an alert",
        "learning with",
    ] {
        assert!(is_said(words), "{words}\n{}", ran.err);
    }
    assert_eq!(of_role(&folder, "active"), Some(home.clone()));
    let ready = history(&folder).into_iter().rfind(|event| event["event"] == "retired").expect("one is");
    assert!(ready["reason"].as_str().expect("text").starts_with("ready"), "{ready}");
    let id = ready["model"].as_str().expect("an id").to_owned();
    // What it found in the shadow is kept, and listed for who asks for it.
    let of_it = |list: &str| -> usize {
        let listed = folder.ok(&format!("incidents list --db a.db --json -n 100000 {list}")).json();
        listed.iter().filter(|incident| incident["model"] == *id).count()
    };
    let model = format!("--model {id}");
    assert!(of_it(&model) > 0 && of_it("") == 0, "{} and {}", of_it(&model), of_it(""));
    folder.ok(&format!("model activate {id} --db a.db"));
    folder.ok(&format!("{WATCH} --once")).says("goes on from where the former one stands");
    folder.ok("model rollback --db a.db").says(&home);
}

/// Settings that are read again while a model is learned are taken in at once, and the model is still learned once.
#[test]
fn nothing_waits_for_a_training() {
    let folder = household();
    keep_days(&folder, &["2026-02-26", "2026-02-27", "2026-02-28"]);
    age(&folder);
    let child = start_saying(&folder, folder.command(WATCH));
    wait_for_words(&folder, "learning a new model");
    signal(&child, "-HUP");
    wait_for_words(&folder, "the settings have changed");
    wait_for_words(&folder, "watches in the shadow");
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    assert_eq!(folder.text(SAID).matches("learning a new model").count(), 1, "{}", folder.text(SAID));
    whole(&folder);
}

/// What fed an alert does not become normal, and least of all what somebody has confirmed; what was judged benign may.
#[test]
fn attacks_stay_out_of_a_new_baseline() {
    let folder = household();
    age(&folder);
    let days = ["2026-02-26", "2026-02-27"];
    let later = folder.path("zeek/2026-02-28");
    std::fs::rename(&later, folder.path("later")).expect("it is ours");
    keep_days(&folder, &days);
    // Found before a model is due, which one is with the first row of the third day.
    folder.ok(&format!("{WATCH} --once")).says_not("learning");
    let incidents = folder.ok("incidents list --db a.db --json -n 100000").json();
    let ids: Vec<String> = incidents.iter().map(|incident| incident["id"].to_string()).collect();
    let [confirmed, benign, ..] = &ids[..] else { panic!("{} incidents", ids.len()) };
    folder.ok(&format!("incidents confirm {confirmed} --db a.db"));
    folder.ok(&format!("incidents benign {benign} --db a.db"));
    let output = folder
        .command("incidents suppress --db a.db --malicious --reason bad")
        .arg("family == volume")
        .output()
        .expect("starts");
    assert!(output.status.success());
    // As if by hand, of the same logs and the same verdicts.
    let guarded = |said: &str| {
        let line = said.lines().find_map(|line| line.split_once(" rows left out that fed an alert"));
        let number = line.and_then(|(before, _)| before.split(' ').next_back()).unwrap_or_default();
        number.replace(',', "").parse::<u64>().unwrap_or(0)
    };
    let logs: Vec<String> = (12..24)
        .map(|hour| format!("zeek/2026-02-26/conn.{hour:02}:00:00-{:02}:00:00.log.gz", (hour + 1) % 24))
        .chain(["zeek/2026-02-27".into()])
        .collect();
    let train = format!("train {} -o x.model --conn-only --db a.db {QUICK_BEHAVIOUR}", logs.join(" "));
    let by_hand = folder.ok(&train);
    let expected = guarded(&by_hand.err);
    assert!(expected > 0, "{}", by_hand.err);
    std::fs::rename(folder.path("later"), &later).expect("it is ours");
    let ran = folder.ok(&format!("{WATCH} --once")).says("learning a new model");
    // An incident may have grown by what came since.
    let left_out = guarded(&ran.err);
    assert!((expected..expected + 50).contains(&left_out), "{left_out}, not {expected}\n{}", ran.err);
    // Without the verdicts and the alerts it would have learned of them all.
    folder.ok(&format!("{train} --keep-flagged")).says_not("left out that fed");
}
