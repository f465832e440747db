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
use crate::watched::{SAID, start_saying, wait_for_rows, wait_for_words};

/// No schedule: what is learned is learned because of a change, of the two days that say so.
const SETTINGS: &str = "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false
[retrain]\non_drift = true\ndays = 2.0\nshadow_days = 0.25\n";

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
fn a_network_that_changes_is_learned_anew() {
    let folder = folder();
    write(&folder, |_| true);
    let ran = folder.ok(&format!("{WATCH} --once")).says("learning a new model beside the active one");
    let home = model_id(&folder, "home.model");
    let stands = |verdict: &str| verdict.to_owned();
    let expected = ["stable", "network", "network"].map(stands);
    let told = verdicts(&folder, &home);
    assert_eq!(told.iter().map(|(_, verdict)| verdict.clone()).collect::<Vec<_>>(), expected, "{told:?}");
    println!("{}\n{:#?}\n{:#?}", ran.err, history(&folder), roles(&folder));
    println!("{}", folder.ok("drift --db a.db").out);
}
