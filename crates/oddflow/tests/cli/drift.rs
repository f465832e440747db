//! Days compared with a week: which is told from which, that they are stored with the rows, and what is told where nothing can be.

use std::sync::OnceLock;

use serde_json::Value;

use crate::fixtures::{self, QUICK_BEHAVIOUR};
use crate::folder::Folder;
use crate::snapshots::model_id;

/// 2026-02-16, a Monday, and the days that are learned from.
const BEGIN: f64 = 1_771_200_000.0;
const LEARNED: usize = 7;

/// A week's model, and the three days after it as logs: as they are, with one host that does something else, and with all of them.
struct Days {
    model: Vec<u8>,
    logs: [String; 3],
    /// Who does something else on the second one.
    host: String,
}

fn days() -> &'static Days {
    static DAYS: OnceLock<Days> = OnceLock::new();
    DAYS.get_or_init(|| {
        let folder = Folder::empty();
        folder.ok("synth --rows 40000 --days 10 --start 2026-02-16 --seed 7 --single --out all");
        let log = folder.text("all/conn.log");
        let (header, rows) = fixtures::parts(&log);
        let header: String =
            header.split_inclusive('\n').filter(|line| !line.starts_with("#close")).collect();
        let mut by_day = vec![Vec::new(); LEARNED + 3];
        for row in rows {
            let cells: Vec<&str> = row.split('\t').collect();
            let seconds = |at: usize| cells[at].parse::<f64>().unwrap_or_default();
            let day = ((seconds(0) + seconds(8) - BEGIN) / 86_400.0) as usize;
            by_day.get_mut(day).into_iter().for_each(|day| day.push(row));
        }
        folder.write("week.log", header.clone() + &by_day[..LEARNED].concat().concat());
        folder.ok(&format!("train week.log -o home.model {QUICK_BEHAVIOUR}"));
        let host = busiest(&by_day[LEARNED]);
        let log = |day: usize, change: &dyn Fn(&str) -> bool| {
            let rows = by_day[LEARNED + day].iter().map(|row| {
                let cells: Vec<&str> = row.split('\t').collect();
                if change(cells[2]) { changed(&cells) } else { (*row).to_owned() }
            });
            header.replace("#open\t2026-02-16", &format!("#open\t2026-02-{}", 23 + day))
                + &rows.collect::<String>()
        };
        let logs = [log(0, &|_| false), log(1, &|who| who == host), log(2, &|_| true)];
        Days { model: folder.bytes("home.model"), logs, host }
    })
}

/// The private host that began most connections.
fn busiest(rows: &[&str]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for row in rows {
        let host = row.split('\t').nth(2).unwrap_or_default();
        if host.starts_with("192.168.") || host.starts_with("10.") {
            *counts.entry(host).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, rows)| *rows).expect("private hosts").0.to_owned()
}

/// A row of something else: everything goes to one web proxy, and is a hundred times as large.
pub(crate) fn changed(cells: &[&str]) -> String {
    let mut cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
    (cells[5], cells[6], cells[7]) = ("3128".into(), "tcp".into(), "http".into());
    for place in [9, 10] {
        let bytes: u64 = cells[place].parse().unwrap_or(10);
        cells[place] = (100 * bytes + 5000).to_string();
    }
    cells[11] = "S1".into();
    cells.join("\t")
}

fn folder() -> Folder {
    let folder = Folder::empty();
    folder.write("home.model", &days().model);
    for (log, name) in days().logs.iter().zip(["monday", "tuesday", "wednesday"]) {
        folder.write(&format!("{name}.log"), log);
    }
    folder
}

#[test]
fn a_stable_day_a_host_that_changed_and_a_network_that_changed() {
    let folder = folder();
    let all = "detect monday.log tuesday.log wednesday.log -m home.model --conn-only";
    folder.ok(&format!("{all} --db a.db")).says("1 of 2 days not like the baseline: oddflow drift --db a.db");
    let told = folder.ok("drift --db a.db");
    told.prints("2026-02-23  stable")
        .prints("2026-02-24  a host changed")
        .prints(&format!("            {}: ", days().host))
        .prints("2026-02-25  the network changed")
        .prints("so far");
    let found = folder.drift("a.db");
    let verdicts: Vec<&Value> = found.iter().map(|day| &day["verdict"]).collect();
    assert_eq!(verdicts, ["stable", "host", "network"], "{found:#?}");
    assert_eq!(found.iter().map(|day| &day["is_over"]).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(found[1]["hosts"][0]["address"], Value::from(&*days().host));
    assert!(found[2]["changes"].as_array().is_some_and(|changes| changes.contains(&"traffic".into())));
    assert!(found[2]["feature_psi"].as_f64() > found[0]["feature_psi"].as_f64());
    assert_eq!(folder.ok("drift --db a.db --days 1 --json").json().len(), 1);
    assert!(folder.ok("drift --db a.db --model other --json").json().is_empty());

    // Whoever reads them one after the other, or as a service, finds the same.
    for day in ["monday", "tuesday", "wednesday"] {
        folder.ok(&format!("detect {day}.log -m home.model --conn-only --db b.db"));
    }
    assert!(folder.drift("b.db") == found);
}

#[test]
fn columns_that_are_gone_are_another_zeek() {
    let folder = folder();
    folder.write("monday.log", fixtures::without_columns(&days().logs[0], &["history", "missed_bytes"]));
    folder.ok("detect monday.log -m home.model --conn-only --db a.db");
    folder
        .ok("drift --db a.db")
        .prints("the network changed")
        .prints("conn logs lack columns that the baseline's had: history, missed_bytes")
        .prints("Was Zeek updated");
}

#[test]
fn a_short_baseline_says_so() {
    let folder = Folder::household();
    folder.write("attacked.log", &fixtures::household().attacked);
    folder.ok("detect attacked.log -m home.model --conn-only --db a.db");
    folder
        .ok("drift --db a.db")
        .prints("2026-02-28  too little to tell")
        .prints("the baseline has one whole day: how much days differ is not known")
        .prints("Seven days make a good baseline");
    folder.ok("detect attacked.log -m home.model --conn-only --db a.db").says("nothing new");
}

#[test]
fn where_nothing_was_compared_nothing_is_printed() {
    let folder = Folder::new();
    folder.write("conn.log", fixtures::log());
    folder.ok("detect conn.log -m home.model --db a.db");
    folder.ok("drift --db a.db").says("no day was compared").exits(0);
    folder.run("drift --db none.db").fails(6, &["no database none.db"]);
}

/// Who looks at the model or asks the doctor is told without asking for drift.
#[test]
fn the_last_days_are_told_where_people_look() {
    let folder = folder();
    let detect = |log: &str| {
        folder.ok(&format!("detect {log} -m home.model --conn-only --db a.db"));
    };
    let doctor = |words: &str| {
        // The rest of it has no service to be well with.
        let ran = folder.run("doctor . -m home.model --db a.db");
        let line = ran.out.lines().find(|line| line.contains(" drift  ")).unwrap_or_default();
        assert!(line.contains(words), "{words}\n{ran}");
        ran
    };
    doctor("no day was compared with the baseline yet");
    detect("monday.log");
    detect("tuesday.log");
    doctor("2026-02-23: stable");
    detect("wednesday.log");
    let host = &days().host;
    doctor(&format!("2026-02-24: a host changed: {host}")).prints("-> Look at what the host does");
    let ran = folder.run("doctor . -m home.model --db a.db --json");
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let checks = report["checks"].as_array().expect("checks");
    let drift = checks.iter().find(|check| check["check"] == "drift").expect("it is told");
    assert_eq!(drift["level"], "warning");

    let model = model_id(&folder, "home.model");
    folder.ok("model import home.model --db a.db");
    folder
        .ok(&format!("model show {model} --db a.db"))
        .prints("drift       2026-02-23  stable\n            2026-02-24  a host changed: ")
        .prints("            2026-02-25  the network changed so far: ")
        .prints("            -> Look at what the host does");
    let shown = folder.ok(&format!("model show {model} --db a.db --json")).json().remove(0);
    let verdicts: Vec<&Value> =
        shown["drift"].as_array().expect("days").iter().map(|day| &day["verdict"]).collect();
    assert_eq!(verdicts, ["stable", "host", "network"]);
    let alone = folder.ok("model show home.model --json").json().remove(0);
    assert!(alone.get("drift").is_none(), "a file knows no days: {alone}");
}
