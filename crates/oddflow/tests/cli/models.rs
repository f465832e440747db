//! Models in a database: what is known of them, which one is gone by, and what a service makes of a change while it runs.

use serde_json::Value;

use crate::fixtures::{self, QUICK_BEHAVIOUR};
use crate::folder::Folder;
use crate::snapshots::model_id;
use crate::watched::{SAID, SETTINGS, Zeek, start_saying, stop, wait_for_words};

/// The household with a second model of the same baseline, and the ids of both.
fn two_models() -> (Folder, String, String) {
    let folder = Folder::household();
    folder.ok(&format!("train quiet.log -o second.model --seed 1 {QUICK_BEHAVIOUR}"));
    let (home, second) = (model_id(&folder, "home.model"), model_id(&folder, "second.model"));
    assert_ne!(home, second);
    (folder, home, second)
}

/// The roles of the models of a database by their ids.
fn roles(folder: &Folder) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let listed = folder.ok("model list --db a.db --json").json();
    listed.iter().map(|model| (text(&model["id"]), text(&model["role"]))).collect()
}

fn active(folder: &Folder) -> Option<String> {
    roles(folder).into_iter().find(|(_, role)| role == "active").map(|(id, _)| id)
}

#[test]
fn models_are_taken_in_compared_and_activated() {
    let (folder, home, second) = two_models();
    folder.run("model list --db a.db").fails(6, &["a.db"]);
    folder.ok("model import home.model --db a.db").says("it is the active one now");
    folder.ok("model import home.model --db a.db").says("already").says_not("another one");
    folder.ok("model import second.model --db a.db").says(&format!("model activate {second}"));
    assert_eq!(active(&folder), Some(home.clone()));
    let table = folder.ok("model list --db a.db").out;
    assert!(table.contains("active") && table.contains("retired") && table.contains("20 a day"), "{table}");
    let listed = &folder.ok("model list --db a.db --json").json()[0];
    assert_eq!((&listed["version"], &listed["recipe"]), (&1.into(), &"behaviour".into()));
    assert_eq!(listed["file_bytes"].as_u64(), Some(folder.bytes("home.model").len() as u64));
    assert_eq!(listed["training"]["budget"], 20.0);

    let prefix = |id: &str| id[..6].to_owned();
    let (h, s) = (prefix(&home), prefix(&second));
    let diff = folder.ok(&format!("model diff {h} {s} --db a.db")).out;
    for words in ["seed", "loss", "the same: ", "budget"] {
        assert!(diff.contains(words), "{words}\n{diff}");
    }
    let by_file = folder.ok("model diff home.model second.model").out;
    assert_eq!(by_file, diff);
    let json = &folder.ok(&format!("model diff {h} second.model --db a.db --json")).json()[0];
    assert_eq!((&json["a"]["id"], &json["b"]["id"]), (&home.clone().into(), &second.clone().into()));
    let differs =
        |json: &Value, name: &str| json["differs"].as_array().expect("names").contains(&name.into());
    assert!(differs(json, "seed") && !differs(json, "baseline"));
    folder.ok("model diff home.model home.model").says("both are model");

    folder.ok(&format!("model activate {s} --db a.db"));
    folder.ok(&format!("model activate {s} --db a.db")).says("already");
    assert_eq!(active(&folder), Some(second.clone()));
    let shown = folder.ok("model show --db a.db").out;
    assert_eq!(shown, folder.ok("model show second.model").out);
    assert_eq!(folder.ok(&format!("model show {h} --db a.db --json")).json()[0]["id"], home.clone());
    // Without -m it is the active one that detects.
    folder.ok("detect attacked.log --db a.db").says(&format!("model {second}"));
    folder
        .ok("model rollback --db a.db")
        .says(&format!("model {home} is active again, in place of {second}"));
    assert_eq!(active(&folder), Some(home.clone()));
    folder.run("model rollback --db a.db").fails(5, &["no other model was active"]);
    let history = folder.ok("model history --db a.db").out;
    assert!(history.contains("activated (rolled back)") && history.contains("imported"), "{history}");

    folder.ok(&format!("model export {s} -o out.model --db a.db"));
    assert_eq!(folder.bytes("out.model"), folder.bytes("second.model"));
    folder.run(&format!("model export {s} -o quiet.log --db a.db")).fails(2, &["quiet.log", "not a model"]);
    folder.run(&format!("model remove {h} --db a.db")).fails(2, &["in use"]);
    folder.run(&format!("model remove {s} --db a.db")).fails(2, &["keeps incidents"]);
    folder.ok(&format!("model remove {s} --db a.db --file-only"));
    folder.run(&format!("model activate {s} --db a.db")).fails(5, &["does not have its file"]);
    folder.run(&format!("model diff {h} {s} --db a.db")).fails(5, &["does not have its file"]);
    assert!(!folder.incidents("a.db").is_empty(), "what it found stays");
}

#[test]
fn what_is_no_model_of_the_database_is_said() {
    let folder = Folder::new();
    folder.ok("model import home.model --db a.db");
    folder.run("model show 0000 --db a.db").fails(5, &["no model 0000"]);
    folder.run("model activate 0000 --db a.db").fails(5, &["no model 0000"]);
    folder.run("model import conn.log --db a.db").fails(5, &["conn.log"]);
    folder.run("model show").fails(2, &["required"]);
    let mut store = oddflow_store::Store::open(folder.path("a.db")).expect("a database");
    for id in ["xa1", "xa2"] {
        let model = oddflow_store::Model { id: id.into(), ..store.models().expect("models")[0].clone() };
        store.register_model(&model).expect("registers");
    }
    drop(store);
    folder.run("model activate xa --db a.db").fails(2, &["2 models: xa1, xa2"]);
    folder.run("detect conn.log --db b.db").fails(6, &["b.db"]);
    oddflow_store::Store::open(folder.path("b.db")).expect("a database");
    folder.run("detect conn.log --db b.db").fails(5, &["no active model"]);
    // Another recipe can be compared, and not watched with.
    folder.write("behaviour.model", &fixtures::household().model);
    folder.ok("model diff home.model behaviour.model").prints("can't be compared");
    folder.write("other.model", fixtures::other_model());
    folder.ok("model diff home.model other.model").prints("thresholds");
    folder.run("watch . --db a.db --once").fails(2, &["classic"]);
}

#[test]
fn a_file_that_was_taken_in_before_undoes_nothing() {
    let (folder, home, second) = two_models();
    std::fs::create_dir_all(folder.path("zeek")).expect("a folder");
    folder.write("oddflow.toml", SETTINGS);
    let watch = "watch zeek --db a.db --config oddflow.toml --once";
    folder.ok(&format!("{watch} -m home.model")).says("taken into the database");
    assert_eq!(active(&folder), Some(home.clone()));
    folder.ok("model import second.model --db a.db --activate");
    folder.ok(&format!("{watch} -m home.model")).says("another model was activated since");
    assert_eq!(active(&folder), Some(second.clone()));
    folder.ok(watch).says(&second);
    folder.ok("model rollback --db a.db");
    folder.ok(&format!("{watch} -m second.model")).says("another model was activated since");
    assert_eq!(active(&folder), Some(home.clone()));
    // One of other content is new, whatever it is called; so is one that only `detect` has named.
    folder.ok(&format!("train quiet.log -o home.model --seed 2 {QUICK_BEHAVIOUR}"));
    folder.ok("detect attacked.log -m home.model --db a.db");
    folder.ok(&format!("{watch} -m home.model")).says("is active");
    assert_eq!(active(&folder), Some(model_id(&folder, "home.model")));
    // A file that is gone is no reason to learn anew.
    folder.ok(&format!("{watch} -m gone.model")).says("not there");
    assert!(!folder.path("gone.model").exists());
}

/// Rows scored by any model.
fn scored(folder: &Folder) -> u64 {
    let Ok(store) = oddflow_store::Store::open_read_only(folder.path("a.db")) else { return 0 };
    store.logs().map_or(0, |logs| logs.iter().map(|log| log.progress.rows_scored).sum())
}

fn wait_for_scored(folder: &Folder, rows: u64) {
    for _ in 0..6000 {
        if scored(folder) >= rows {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{} of {rows} rows after five minutes:\n{}", scored(folder), folder.text(SAID));
}

/// Steps of the sensor before another model is activated: within its second hour.
const BEFORE: usize = 11;

#[test]
fn an_activation_is_taken_over_while_it_runs() {
    let (folder, home, second) = two_models();
    let mut zeek = Zeek::new(&folder, 4);
    folder.write("oddflow.toml", SETTINGS);
    let watch = "watch zeek -m home.model --db a.db --config oddflow.toml --mode live";
    (0..BEFORE).for_each(|_| assert!(zeek.step()));
    let child = start_saying(&folder, folder.command(watch));
    wait_for_scored(&folder, zeek.written);
    folder.ok("model import second.model --db a.db --activate");
    wait_for_words(&folder, "goes on from where the former one stands");
    // A log lives longer than it takes to look at it once.
    while zeek.step() {
        wait_for_scored(&folder, zeek.written);
    }
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    assert_eq!(scored(&folder), zeek.rows(), "each row by one of them");

    // The same with a kill in between, in place of a service that looks.
    let other = Folder::household();
    other.write("second.model", folder.bytes("second.model"));
    other.write("oddflow.toml", SETTINGS);
    let mut zeek = Zeek::new(&other, 4);
    (0..BEFORE).for_each(|_| assert!(zeek.step()));
    let mut child = start_saying(&other, other.command(watch));
    wait_for_scored(&other, zeek.written);
    child.kill().expect("a process that is our own");
    child.wait().expect("an end");
    other.ok("model import second.model --db a.db --activate");
    while zeek.step() {}
    let child = start_saying(&other, other.command(watch));
    wait_for_words(&other, "goes on from where the former one stands");
    wait_for_scored(&other, zeek.rows());
    assert_eq!(stop(child).status.code(), Some(0), "{}", other.text(SAID));
    let (ours, theirs) = (folder.found_in_any_file("a.db"), other.found_in_any_file("a.db"));
    for id in [&home, &second] {
        assert!(ours.iter().any(|incident| incident["model"] == **id), "{id} has found something");
    }
    let of = |found: &[Value], id: &str| found.iter().filter(|incident| incident["model"] == *id).count();
    let counts = [&home, &second].map(|id| (of(&ours, id), of(&theirs, id)));
    assert!(ours == theirs, "{counts:?} incidents");
    oddflow_store::Store::open(other.path("a.db")).expect("a database").check().expect("a whole one");
}

#[test]
fn a_model_that_can_not_be_watched_with_changes_nothing() {
    let (folder, home, _) = two_models();
    let mut zeek = Zeek::new(&folder, 2);
    folder.write("oddflow.toml", SETTINGS);
    folder.write("classic.model", fixtures::model());
    let watch = "watch zeek -m home.model --db a.db --config oddflow.toml --mode live";
    (0..3).for_each(|_| assert!(zeek.step()));
    let child = start_saying(&folder, folder.command(watch));
    wait_for_scored(&folder, zeek.written);
    folder.ok("model import classic.model --db a.db --activate");
    wait_for_words(&folder, "the model stays");
    folder.ok("model rollback --db a.db");
    while zeek.step() {}
    wait_for_scored(&folder, zeek.rows());
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    assert_eq!(active(&folder), Some(home));
}
