//! `oddflow watch` on logs that are written, rotated, compressed and moved while it runs, and while it is killed: it ends with
//! exactly what `detect` finds in the whole logs.
//!
//! `ODDFLOW_WATCH_KILLS` says how many times it is killed (default 20). Nothing is judged by the time that anything takes; a run that
//! doesn't come to its end is given up after minutes.

use std::process::Command;
use std::time::Duration;

use crate::fixtures;
use crate::folder::{Folder, json_lines};
use crate::kill::Shares;
use crate::watched::{
    PIECES, SAID, SETTINGS, Zeek, check, expected, rows_read, start, start_saying, stop, wait_for_delivery,
    wait_for_rows, wait_for_words,
};

#[test]
fn finished_logs_are_read_once() {
    let folder = Folder::household();
    let zeek = Zeek::new(&folder, 8);
    let expected = expected(&zeek);
    zeek.write_all(&folder);
    let child = start(&folder, "rotated");
    wait_for_rows(&folder, zeek.rows());
    let output = stop(child);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    check(&folder, &expected);
    // The state was written at the end, so that any version can go on.
    folder.ok("detect zeek -m home.model --db a.db --conn-only").says("nothing new");
}

#[test]
fn a_log_is_followed_through_its_rotations() {
    let folder = Folder::household();
    let mut zeek = Zeek::new(&folder, 8);
    let expected = expected(&zeek);
    let child = start(&folder, "live");
    while zeek.step_watched() {
        std::thread::sleep(Duration::from_millis(30));
    }
    wait_for_rows(&folder, zeek.rows());
    let output = stop(child);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    check(&folder, &expected);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the one knob of the tests")]
fn kills_change_nothing() {
    let kills = std::env::var("ODDFLOW_WATCH_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let folder = Folder::household();
    let mut zeek = Zeek::new(&folder, 12);
    let expected = expected(&zeek);
    let mut shares = Shares(0x2545_f491_4f6c_dd1d);
    let mut killed = 0;
    let steps = 12 * (PIECES + 2);
    while killed < kills {
        let mut child = start(&folder, "live");
        // The sensor doesn't stop while nobody looks.
        for _ in 0..(steps / kills as usize).max(1) {
            zeek.step();
            std::thread::sleep(Duration::from_secs_f64(0.05 * shares.next()));
        }
        std::thread::sleep(Duration::from_secs_f64(0.2 * shares.next()));
        child.kill().expect("a process that is our own");
        child.wait().expect("an end");
        killed += 1;
        if let Ok(store) = oddflow_store::Store::open(folder.path("a.db")) {
            store.check().expect("a whole database");
        }
    }
    while zeek.step() {}
    let watch = "watch zeek -m home.model --db a.db --config oddflow.toml --mode live";
    let child = start_saying(&folder, folder.command(watch));
    // All may have been read already; it is not to be asked to end before it listens.
    wait_for_words(&folder, "watching");
    wait_for_rows(&folder, zeek.rows());
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    check(&folder, &expected);
}

#[test]
fn a_database_in_use_costs_only_time() {
    let folder = Folder::household();
    let mut zeek = Zeek::new(&folder, 6);
    let expected = expected(&zeek);
    folder.write("oddflow.toml", SETTINGS);
    let watch = "watch zeek -m home.model --db a.db --config oddflow.toml --mode live";
    let child = start_saying(&folder, folder.command(watch));
    zeek.step();
    wait_for_rows(&folder, 1);
    let mut store = oddflow_store::Store::open(folder.path("a.db")).expect("a database");
    let held = store.begin().expect("nobody else holds it for long");
    let before = rows_read(&folder);
    for _ in 1..PIECES {
        zeek.step();
    }
    wait_for_words(&folder, "another process is writing");
    assert_eq!(rows_read(&folder), before);
    drop(held);
    drop(store);
    while zeek.step_watched() {}
    wait_for_rows(&folder, zeek.rows());
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    wait_for_words(&folder, "going on");
    check(&folder, &expected);
}

#[test]
fn a_disk_without_room_costs_only_time() {
    let folder = Folder::household();
    let zeek = Zeek::new(&folder, 6);
    let expected = expected(&zeek);
    zeek.write_all(&folder);
    folder.write("oddflow.toml", SETTINGS);
    // No file may grow over so many blocks of 512 or 1024 bytes; writing on is an error, not a signal.
    let oddflow = env!("CARGO_BIN_EXE_oddflow");
    let script = format!(
        "trap '' XFSZ; ulimit -f 300; exec {oddflow} watch zeek -m home.model --db a.db --config oddflow.toml"
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder.path("."));
    let child = start_saying(&folder, shell);
    wait_for_words(&folder, "waiting: ");
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    assert!(rows_read(&folder) < zeek.rows());
    let child = start(&folder, "rotated");
    wait_for_rows(&folder, zeek.rows());
    stop(child);
    check(&folder, &expected);
}

#[test]
fn a_folder_may_be_away_for_a_while() {
    let folder = Folder::household();
    let mut zeek = Zeek::new(&folder, 6);
    let expected = expected(&zeek);
    let child = start(&folder, "live");
    for step in 0..12 {
        zeek.step_watched();
        if step % 4 == 3 {
            std::fs::rename(folder.path("zeek"), folder.path("away")).expect("it is there");
            std::thread::sleep(Duration::from_millis(200));
            std::fs::rename(folder.path("away"), folder.path("zeek")).expect("it is there");
        }
        std::thread::sleep(Duration::from_millis(60));
    }
    while zeek.step_watched() {}
    wait_for_rows(&folder, zeek.rows());
    let output = stop(child);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    check(&folder, &expected);
}

#[test]
fn settings_are_read_again_when_asked() {
    let folder = Folder::household();
    let mut zeek = Zeek::new(&folder, 6);
    let expected = expected(&zeek);
    let mut settings =
        format!("{SETTINGS}roots = [\"zeek\"]\n[detect]\nmodel = \"home.model\"\n[store]\npath = \"a.db\"\n");
    folder.write("oddflow.toml", &settings);
    let child = start_saying(&folder, folder.command("watch --config oddflow.toml"));
    let hang_up = || {
        let asked =
            Command::new("kill").args(["-HUP", &child.id().to_string()]).status().expect("kill is there");
        assert!(asked.success());
    };
    zeek.step();
    wait_for_words(&folder, "watching");
    // What is wrong is told, and the service goes on as it was.
    folder.write("oddflow.toml", settings.replace("poll_s", "pole_s"));
    hang_up();
    wait_for_words(&folder, "the settings stay");
    assert_eq!(rows_read(&folder), 0, "a log that grows is not read");
    settings = settings.replace("[watch]\n", "[watch]\nmode = \"live\"\n");
    folder.write("oddflow.toml", &settings);
    hang_up();
    wait_for_rows(&folder, 1);
    while zeek.step_watched() {}
    wait_for_rows(&folder, zeek.rows());
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    wait_for_words(&folder, "the settings have changed");
    check(&folder, &expected);
}

#[test]
fn sinks_are_told_of_each_incident() {
    let folder = Folder::household();
    let mut zeek = Zeek::new(&folder, 8);
    let log = |name: &str, path: &str| {
        format!("[sinks.{name}]\nenabled = true\nrotation = \"never\"\npath = \"{path}\"\n")
    };
    let sinks = log("zeek_log", "oddflow.log") + &log("json_lines", "oddflow.json");
    let settings = format!("{SETTINGS}{sinks}");
    folder.write("with-sinks.toml", settings);
    let arguments = "watch zeek -m home.model --db a.db --config with-sinks.toml --mode live";
    // Killed and started again while it tells.
    for _ in 0..6 {
        let mut child = folder.command(arguments).spawn().expect("the program starts");
        for _ in 0..10 {
            zeek.step();
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().expect("a process that is our own");
        child.wait().expect("an end");
    }
    while zeek.step() {}
    let child = start_saying(&folder, folder.command(arguments));
    wait_for_words(&folder, "watching");
    wait_for_rows(&folder, zeek.rows());
    wait_for_delivery(&folder);
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    let raised = folder.incidents("a.db").iter().filter(|incident| incident["state"] == "raised").count();
    assert!(raised > 3, "{raised}");
    // At least once: a receiver knows one that comes twice by its id.
    let mut told: Vec<String> = crate::folder::json_lines(&folder.text("oddflow.json"))
        .iter()
        .map(|line| line["event"]["id"].as_str().expect("an id").to_owned())
        .collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), raised);
    let lines = folder.text("oddflow.log").lines().filter(|line| !line.starts_with('#')).count();
    assert!(lines >= raised, "{lines}");
    let store = oddflow_store::Store::open(folder.path("a.db")).expect("a database");
    assert!(store.outbox_counts().expect("reads").is_empty(), "nothing waits");
}

#[test]
fn a_baseline_is_collected_first_where_there_is_no_model() {
    let folder = Folder::empty();
    let household = fixtures::household();
    let (header, rows) = fixtures::parts(&household.quiet);
    let (_, later) = fixtures::parts(&household.attacked);
    let log = |day: usize, rows: &[&str]| {
        let fields = header.find("#fields").expect("a header");
        let open = format!("#open\t2026-02-{day}-00-00-00\n");
        fixtures::gz(format!("{}{open}{}{}", &header[..fields], &header[fields..], rows.concat()))
    };
    std::fs::create_dir_all(folder.path("zeek/2026-02-26")).expect("a folder");
    let half = rows.len() / 2;
    folder.write("zeek/2026-02-26/conn.00:00:00-12:00:00.log.gz", log(26, &rows[..half]));
    let settings = "[watch]\npoll_s = 0.05\ncompanions = false\n[learn]\ndays = 1.9\n";
    folder.write("oddflow.toml", settings);
    folder
        .run("watch zeek -m home.model --db a.db --config oddflow.toml --once")
        .fails(2, &["of 1.9 days are there to learn from"]);
    assert!(!folder.path("home.model").exists());
    let child = folder
        .command("watch zeek -m home.model --db a.db --config oddflow.toml --log-format json")
        .spawn()
        .expect("the program starts");
    std::thread::sleep(Duration::from_millis(500));
    folder.write("zeek/2026-02-26/conn.12:00:00-00:00:00.log.gz", log(27, &rows[half..]));
    wait_for_rows(&folder, rows.len() as u64);
    // What it has learned of is not scored; what comes is.
    folder.write("zeek/2026-02-26/conn.23:00:00-00:00:00.log.gz", log(28, &later));
    wait_for_rows(&folder, (rows.len() + later.len()) as u64);
    let output = stop(child);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    // What a training says to a person is in the log too, and nothing is beside it.
    let said: Vec<String> = json_lines(&said).iter().map(|line| line["message"].to_string()).collect();
    for words in ["collecting a baseline", " rows of 2 logs read", "audit: ", "forecast"] {
        assert!(said.iter().any(|message| message.contains(words)), "{words}: {said:#?}");
    }
    let scored: u64 = folder.ledger_entries("a.db").iter().map(|log| log.progress.rows_scored).sum();
    assert_eq!(scored, later.len() as u64);
    // The same as if it had been trained by hand.
    folder.ok("detect zeek -m home.model --db b.db --conn-only");
    assert!(!folder.incidents("a.db").is_empty());
}

#[test]
fn what_is_wrong_is_said_before_anything_begins() {
    let folder = Folder::new();
    folder.run("watch").fails(2, &["required"]);
    folder.run("watch . -m home.model --db a.db").fails(2, &["home.model", "classic"]);
    folder.write("oddflow.toml", "[watch]\nroots = [\".\"]\n[detect]\nmodel = \"home.model\"\n");
    folder.run("watch --config oddflow.toml").fails(2, &["there is no database"]);
    folder.write("wrong.toml", "[detect]\nbudget = \"many\"\n");
    folder.run("watch --config wrong.toml").fails(2, &["wrong.toml:2"]);
    folder.run("config check wrong.toml").fails(2, &["wrong.toml:2"]);
    // Whoever reads objects gets no other line.
    for (file, words) in [("oddflow.toml", "there is no database"), ("wrong.toml", "wrong.toml:2")] {
        let ran = folder.run(&format!("watch --config {file} --log-format json")).exits(2);
        let [error] = &ran.json_log()[..] else { panic!("{ran}") };
        assert_eq!(error["level"], "ERROR");
        assert!(error["message"].as_str().expect("text").contains(words), "{ran}");
    }
}

#[test]
fn settings_are_written_checked_and_shown() {
    let folder = Folder::empty();
    folder.ok("config init");
    insta::assert_snapshot!("settings", folder.text("oddflow.toml"));
    folder.run("config init").fails(2, &["is there already"]);
    folder.write("mine.toml", "[watch]\nmode = \"live\"\n[sinks.webhook]\nurl = { env = \"HOOK\" }\n");
    let shown = folder.ok("config show mine.toml").out;
    assert!(shown.contains("mode = \"live\"") && shown.contains("HOOK"), "{shown}");
}
