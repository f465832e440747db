//! `oddflow doctor` on made-up roots: what is well, what isn't, and what to do.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use crate::fixtures;
use crate::folder::{Folder, Ran, skipped};
use crate::snapshots::{model_id, shown};

/// 2026-03-02 01:00:00, an hour after the household's last row or so.
const NOW: u64 = 1_772_413_200;

/// A log folder as zeekctl leaves it, of the attacked days of the household.
fn root(folder: &Folder) {
    let household = fixtures::household();
    let (header, rows) = fixtures::parts(&household.attacked);
    let half = rows.len() / 2;
    let name = "zeek/2026-02-28/conn.00:00:00-00:00:00.log.gz";
    folder.write(name, fixtures::gz(header.clone() + &rows[..half].concat()));
    folder.write("zeek/current/conn.log", header + &rows[half..].concat());
    folder.write("zeek/current/dns.log", "");
    let loss = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tcapture_loss\n\
                #fields\tts\tts_delta\tpeer\tgaps\tacks\tpercent_lost\n#types\ttime\tinterval\tstring\tcount\tcount\tdouble\n";
    folder.write("zeek/current/capture_loss.log", format!("{loss}1772409600.0\t900.0\tzeek\t1\t900\t0.11\n"));
    let reporter = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\treporter\n\
                    #fields\tts\tlevel\tmessage\tlocation\n#types\ttime\tenum\tstring\tstring\n";
    folder.write(
        "zeek/current/reporter.log",
        format!("{reporter}1772409600.0\tReporter::ERROR\tno such file\t-\n"),
    );
    written(folder, name, NOW - 7_200);
    written(folder, "zeek/current/conn.log", NOW - 60);
}

fn written(folder: &Folder, name: &str, seconds: u64) {
    let file = File::options().append(true).open(folder.path(name)).expect("it is there");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).expect("it is ours");
}

/// Who may do what in the folder, whatever is usual on this machine.
fn allow(folder: &Folder, name: &str, mode: u32) {
    std::fs::set_permissions(folder.path(name), std::fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// What is free on the disk is no matter of ours, nor what the kernel has.
fn check(name: &str, folder: &Folder, ran: &Ran, id: &str) {
    let known = |line: &str| match line {
        _ if line.contains(" disk  ") && line.ends_with(" GiB free") => {
            "ok       disk             [...] GiB free".into()
        }
        _ if line.starts_with("ok       sandbox ") => "ok       sandbox          [...]".into(),
        line => line.to_owned(),
    };
    let text = shown(folder, ran, id).lines().map(known).collect::<Vec<_>>().join("\n");
    if !text.contains("ok       sandbox ") {
        return skipped("this system has no sandbox, and the report says so");
    }
    insta::assert_snapshot!(name, text);
}

#[test]
fn a_root_that_is_well() {
    let folder = Folder::household();
    root(&folder);
    let id = model_id(&folder, "home.model");
    folder.ok("detect zeek -m home.model --db a.db --conn-only");
    folder.write(
        "oddflow.toml",
        "[watch]\nroots = [\"zeek\"]\n[detect]\nmodel = \"home.model\"\n[store]\npath = \"a.db\"\n",
    );
    allow(&folder, ".", 0o700);
    let ran = folder.ok(&format!("doctor --config oddflow.toml --now {NOW}"));
    check("doctor", &folder, &ran, &id);
    let report = folder.ok(&format!("doctor --config oddflow.toml --now {NOW} --json")).json().remove(0);
    assert_eq!(report["ok"], true);
    let checks = report["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["check"].is_string() && check["what"].is_string()), "{checks:?}");
}

#[test]
fn a_root_that_is_not() {
    let folder = Folder::empty();
    let (header, rows) = fixtures::parts(&fixtures::household().quiet);
    // Zeek knows no local network, and its clock is ahead.
    let fields = header.lines().find(|line| line.starts_with("#fields")).expect("fields");
    let place = |name: &str| fields.split('\t').skip(1).position(|field| field == name).expect("a column");
    let (orig, resp) = (place("local_orig"), place("local_resp"));
    let strange = |row: &&str| {
        let mut cells: Vec<&str> = row.trim_end().split('\t').collect();
        (cells[orig], cells[resp]) = ("F", "F");
        cells.join("\t") + "\n"
    };
    folder.write("zeek/current/conn.log", header + &rows.iter().map(strange).collect::<String>());
    written(&folder, "zeek/current/conn.log", NOW - 90_000);
    folder.write("a.db", "no database");
    folder.write("home.model", "no model");
    allow(&folder, "a.db", 0o644);
    allow(&folder, ".", 0o755);
    folder.write("oddflow.toml", "[sinks.webhook]\nenabled = true\nurl = \"not one\"\n");
    let now = 1_772_150_400;
    let ran = folder
        .run(&format!("doctor zeek -m home.model --db a.db --config oddflow.toml --now {now}"))
        .exits(9);
    check("doctor_errors", &folder, &ran, "no such id");
}

#[test]
fn what_is_not_there_is_said() {
    let folder = Folder::empty();
    let ran = folder.run("doctor nowhere").exits(9);
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("error ")).count(), 1, "{ran}");
    assert!(ran.out.lines().filter(|line| line.starts_with("skipped ")).count() > 10, "{ran}");
    ran.prints("nowhere cannot be read").says("error: 1 error");
    folder.write("empty/readme", "");
    folder.run("doctor empty").exits(9).prints("empty has no conn log");
    folder.run("doctor empty --now yesterday").fails(2, &["--now"]);
}
