//! A network that changes for good: two days say so, a model is learned because of it, and the trial decides. Undisturbed, and killed
//! in each part of it.

use std::io::Read;
use std::sync::OnceLock;

use serde_json::Value;

use super::{age, history, roles, whole};
use crate::drift::changed;
use crate::fixtures::{self, QUICK_BEHAVIOUR};
use crate::folder::Folder;
use crate::snapshots::model_id;
use crate::watched::{start_saying, wait_for_rows, wait_for_words};

/// No schedule: what is learned is learned because of a change.
const SETTINGS: &str = "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false
[retrain]\non_drift = true\ndays = 2.9\nshadow_days = 0.25\n";

const WATCH: &str = "watch zeek -m home.model --db a.db --config oddflow.toml";

/// The days that are watched. From the second one on everything goes through a proxy.
const DAYS: [&str; 4] = ["2026-02-23", "2026-02-24", "2026-02-25", "2026-02-26"];

struct Network {
    /// Of the week before.
    model: Vec<u8>,
    /// Name and content of each hour's log.
    logs: Vec<(String, Vec<u8>)>,
    /// Rows of the first day and a half.
    half: u64,
}

fn network() -> &'static Network {
    static NETWORK: OnceLock<Network> = OnceLock::new();
    NETWORK.get_or_init(|| {
        let folder = Folder::empty();
        folder.ok("synth --rows 44000 --days 11 --start 2026-02-16 --seed 7 --out zeek");
        let week: Vec<String> = (16..23).map(|day| format!("zeek/2026-02-{day}")).collect();
        folder.ok(&format!("train {} -o home.model --conn-only {QUICK_BEHAVIOUR}", week.join(" ")));
        let (mut logs, mut half) = (Vec::new(), 0);
        for (place, day) in DAYS.iter().enumerate() {
            for name in hours(&folder, day) {
                let mut log = String::new();
                let packed = folder.bytes(&name);
                flate2::read::MultiGzDecoder::new(&*packed).read_to_string(&mut log).expect("a log");
                let rows = |log: &str| fixtures::parts(log).1.len() as u64;
                half += if is_in_first_half(&name) { rows(&log) } else { 0 };
                logs.push((name, if place == 0 { packed } else { fixtures::gz(proxied(&log)) }));
            }
        }
        Network { model: folder.bytes("home.model"), logs, half }
    })
}

/// The conn logs of a day, in order.
fn hours(folder: &Folder, day: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path("zeek").join(day)).expect("a folder");
    let names = entries.map(|entry| entry.expect("a log").file_name().to_str().expect("a name").to_owned());
    let mut names: Vec<String> =
        names.filter(|name| name.starts_with("conn.")).map(|name| format!("zeek/{day}/{name}")).collect();
    names.sort();
    assert_eq!(names.len(), 24, "{names:?}");
    names
}

/// All of a log's rows as they are when the network has changed.
fn proxied(log: &str) -> String {
    let row = |line: &str| match line.starts_with('#') {
        true => line.to_owned(),
        false => changed(&line.split('\t').collect::<Vec<_>>()),
    };
    log.split_inclusive('\n').map(row).collect()
}

/// Up to noon of the first changed day, whose counting is cut in two there.
fn is_in_first_half(name: &str) -> bool {
    name < "zeek/2026-02-24/conn.12"
}

fn folder() -> Folder {
    let folder = Folder::empty();
    folder.write("home.model", &network().model);
    folder.write("oddflow.toml", SETTINGS);
    folder
}

fn write(folder: &Folder, which: impl Fn(&str) -> bool) {
    for (name, log) in network().logs.iter().filter(|(name, _)| which(name)) {
        folder.write(name, log);
    }
    age(folder);
}

/// What the days came to that are over, as one model sees them.
fn verdicts(folder: &Folder, model: &str) -> Vec<(String, String)> {
    let days = folder.ok(&format!("drift --db a.db --json --model {model}")).json();
    let over = days.iter().filter(|day| day["is_over"] == true);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    over.map(|day| (text(&day["date"]), text(&day["verdict"]))).collect()
}

#[test]
fn a_network_that_changes_is_learned_anew_and_killed_at_any_time() {
    let folder = folder();
    write(&folder, |_| true);
    let ran = folder
        .ok(&format!("{WATCH} --once"))
        .says("2026-02-25: the network changed")
        .says("learning a new model beside the active one")
        .says("as the network changed")
        .says("judge them benign");
    let home = model_id(&folder, "home.model");
    let told = verdicts(&folder, &home);
    let of = |verdict: &str| told.iter().filter(|(_, is)| is == verdict).map(|(day, _)| &**day).collect();
    let days: [Vec<&str>; 2] = ["stable", "network"].map(of);
    assert_eq!(days, [&DAYS[..1], &DAYS[1..3]], "{told:?}");

    // One was learned, once, of the days up to the end of the second one, and the history says why.
    let events = history(&folder);
    let of = |event: &str| events.iter().filter(|entry| entry["event"] == event).collect::<Vec<_>>();
    let [learned] = of("learned")[..] else { panic!("{events:#?}") };
    let reason = learned["reason"].as_str().expect("text");
    assert!(reason.starts_with("as the network changed: of 70 logs up to 2026-02-26 00:00:00"), "{reason}");
    assert!(reason.contains("that fed an alert"), "{reason}");
    // The rule decides; both ends of it name the other model.
    let (models, new) = (roles(&folder), learned["model"].as_str().expect("an id"));
    let ended = events.iter().rfind(|event| event["model"] == *new).expect("it was tried");
    let because = ended["reason"].as_str().expect("text");
    match ended["event"].as_str() {
        Some("activated") => assert!(because.starts_with(&format!("no worse than {home}: ")), "{because}"),
        Some("retired") => assert!(because.starts_with(&format!("worse than {home}: ")), "{because}"),
        _ => panic!("{events:#?}"),
    }
    let (active, retired) = if ended["event"] == "activated" { (new, &*home) } else { (&*home, new) };
    assert_eq!([&*models[active], &*models[retired]], ["active", "retired"], "{}", ran.err);
    whole(&folder);

    let killed = super::drift::folder();
    let kill = |words: &dyn Fn(&Folder)| {
        let mut child = start_saying(&killed, killed.command(WATCH));
        words(&killed);
        child.kill().expect("a process that is our own");
        child.wait().expect("an end");
        whole(&killed);
    };
    // In the middle of the first day that differs.
    write(&killed, is_in_first_half);
    kill(&|folder| wait_for_rows(folder, network().half));
    assert_eq!(verdicts(&killed, &home).len(), 1);
    write(&killed, |name| !is_in_first_half(name));
    for words in ["learning a new model", "watches in the shadow", "shadow=", "new model is"] {
        kill(&|folder| wait_for_words(folder, words));
    }
    killed.ok(&format!("{WATCH} --once"));
    assert_eq!(history(&killed), history(&folder));
    assert_eq!(roles(&killed), models);
    assert!(killed.drift("a.db") == folder.drift("a.db"));
    let (ours, theirs) = (killed.found_in_any_file("a.db"), folder.found_in_any_file("a.db"));
    assert!(ours == theirs, "{} and {} incidents", ours.len(), theirs.len());
}

/// All that is new raises alerts, and what raised one is not learned. A rule that says that it is meant to be lets it in.
#[test]
fn what_a_rule_says_is_normal_is_learned() {
    let left_out = |folder: &Folder| -> u64 {
        let events = history(folder);
        let learned = events.iter().find(|event| event["event"] == "learned").expect("one was learned");
        let reason = learned["reason"].as_str().expect("text");
        let (_, rows) = reason.split_once("without ").expect("some");
        rows.split(' ').next().expect("a number").replace(',', "").parse().expect("a number")
    };
    let [alone, told] = [false, true].map(|is_told| {
        let folder = folder();
        write(&folder, |name| name < "zeek/2026-02-25");
        folder.ok(&format!("{WATCH} --once")).says_not("learning");
        if is_told {
            let mut rule = folder.command("incidents suppress --db a.db --reason proxy");
            assert!(rule.arg("id.resp_p == 3128").status().expect("starts").success());
        }
        write(&folder, |_| true);
        let ran = folder.ok(&format!("{WATCH} --once")).says("learning a new model");
        assert_eq!(ran.err.contains("judge them benign"), !is_told, "{}", ran.err);
        left_out(&folder)
    });
    assert!(2 * told < alone, "{told} and {alone} rows");
}
