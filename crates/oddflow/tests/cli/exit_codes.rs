//! Exit codes and messages: each expected failure says which file it is about, and what to do.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use crate::fixtures::{self, QUICK};
use crate::folder::{Folder, skipped};

#[test]
fn help_and_version() {
    let folder = Folder::empty();
    folder.ok("--version").prints(concat!("oddflow ", env!("CARGO_PKG_VERSION")));
    let help = folder.ok("--help");
    for code in
        ["0    done", "2    an option", "3    a log", "4    --strict", "5    the model", "6    the database"]
    {
        assert!(help.out.contains(code), "{help}");
    }
    let help = help.prints("7    an output").prints("8    no model").prints("130  interrupted");
    for command in ["demo", "train", "detect", "incidents", "alerts", "synth", "model"] {
        assert!(help.out.contains(&format!("\n  {command}")), "{help}");
        folder.ok(&format!("{command} --help")).prints("Usage: oddflow");
    }
    folder.ok("alerts show --help").prints("Usage: oddflow alerts show");
    assert!(folder.names().is_empty());
}

#[test]
fn wrong_options_are_2() {
    let folder = Folder::new();
    folder.ok("detect conn.log -m home.model --db alerts.db");
    let before = folder.names();
    for (arguments, words) in [
        ("nonsense", "nonsense"),
        ("train conn.log", "--output"),
        ("train -o new.model", "LOGS"),
        ("train conn.log -o new.model --nonsense", "--nonsense"),
        ("train conn.log -o new.model --recipe none", "none"),
        ("train conn.log -o new.model --split never", "never"),
        ("train conn.log -o new.model --hidden 0", "width"),
        ("train conn.log -o new.model --hidden 8,x", "x"),
        ("train conn.log -o new.model --rate 0", "rate"),
        ("train conn.log -o new.model --rate nan", "rate"),
        ("train conn.log -o new.model --batch 0", "--batch"),
        ("train conn.log -o new.model --epochs 0", "--epochs"),
        ("train conn.log -o new.model --recipe classic --hidden 0", "width"),
        ("train conn.log -o new.model --recipe classic --rate 0", "rate"),
        ("train conn.log -o new.model --recipe classic --rate nan", "rate"),
        ("train conn.log -o new.model --recipe classic --batch 0", "batch"),
        ("train conn.log -o new.model --recipe classic --epochs 0", "epochs"),
        ("train conn.log -o new.model --recipe classic --quantile 1.5", "quantile"),
        ("train conn.log -o new.model --recipe classic --budget 10", "--budget"),
        ("train conn.log -o new.model --recipe classic --local-net 10.0.0.0/8", "--local-net"),
        ("train conn.log -o new.model --recipe classic --trim", "--trim"),
        ("train conn.log -o new.model --recipe classic --no-addresses", "--no-addresses"),
        ("train conn.log -o new.model --quantile 0.9", "--quantile"),
        ("train conn.log -o new.model --patience 3", "--patience"),
        ("train conn.log -o new.model --split time", "--split"),
        ("train conn.log -o new.model --budget 0", "--budget"),
        ("train conn.log -o new.model --budget many", "--budget"),
        ("train conn.log -o new.model --local-net home", "--local-net"),
        ("train conn.log -o new.model --memory 0", "--memory"),
        ("train conn.log -o new.model --memory 1X", "--memory"),
        ("train conn.log -o new.model --figures f --no-figures", "--no-figures"),
        ("train conn.log -o new.model --threads 0", "--threads"),
        ("detect conn.log -m home.model", "--db"),
        ("detect conn.log -o -", "--model"),
        ("detect conn.log -m home.model --db new.db --flag-top 100%", "--flag-top"),
        ("detect conn.log -m home.model --db new.db --flag-top 0", "--flag-top"),
        ("detect conn.log -m home.model --db new.db --flag-top 5% --quantile 0.9", "--quantile"),
        ("detect conn.log -m home.model --db new.db --quantile 0.123", "0.123"),
        ("detect conn.log -m home.model --db new.db --format json", "--output"),
        ("detect conn.log -m home.model --db new.db --max-line 0", "--max-line"),
        ("alerts", "Usage"),
        ("alerts list", "--db"),
        ("alerts list --db alerts.db --from yesterday", "--from"),
        ("alerts list --db alerts.db --host home", "--host"),
        ("alerts list --db alerts.db --port 65536", "--port"),
        ("alerts list --db alerts.db --json --csv", "--csv"),
        ("alerts list --db alerts.db --sort nothing", "--sort"),
        ("alerts show 1000000 --db alerts.db", "1000000"),
        ("incidents", "Usage"),
        ("incidents list", "--db"),
        ("incidents list --db alerts.db --host home", "--host"),
        ("incidents list --db alerts.db --severity awful", "--severity"),
        ("incidents list --db alerts.db --sort nothing", "--sort"),
        ("incidents show 1000000 --db alerts.db", "1000000"),
        ("detect conn.log -m home.model --db new.db --budget 10", "--budget"),
        ("detect conn.log -m home.model --db new.db --exclude proto==udp", "--exclude"),
        ("synth --out new --rows x", "--rows"),
        ("synth --out new --days 0", "days"),
        ("model show", "MODEL"),
    ] {
        let ran = folder.run(arguments).exits(2);
        assert!(ran.out.is_empty() && ran.err.contains(words), "`{words}`\n{ran}");
        assert!(!ran.err.contains("panicked"), "{ran}");
    }
    // Readers of the database share its memory through two files beside it, and may leave them.
    let mut after = folder.names();
    after.retain(|name| !name.ends_with("-shm") && !name.ends_with("-wal"));
    assert_eq!(after, before, "a wrong option leaves nothing behind");
}

/// Options of one recipe with a model of the other.
#[test]
fn options_that_do_not_fit_the_model_are_2_with_a_remedy() {
    let folder = Folder::behaviour();
    for option in ["--flag-top 5%", "--quantile 0.99"] {
        folder
            .run(&format!("detect conn.log -m home.model --db new.db {option}"))
            .fails(2, &[option.split(' ').next().unwrap_or_default(), "behaviour"])
            .says("--budget");
    }
    folder.write("old.model", fixtures::model());
    for option in ["--budget 5", "--exclude proto==udp"] {
        folder
            .run(&format!("detect conn.log -m old.model --db new.db {option}"))
            .fails(2, &[option.split(' ').next().unwrap_or_default(), "classic"])
            .says("--recipe behaviour");
    }
    assert!(!folder.path("new.db").exists());
}

/// A slip of the fingers is not to cost a log, a model or a database.
#[test]
fn an_output_never_replaces_an_input() {
    let folder = Folder::new();
    folder.ok("detect conn.log -m home.model --db alerts.db");
    folder.write("notes.txt", "milk, eggs");
    let files = ["conn.log", "home.model", "alerts.db", "notes.txt"];
    let before = files.map(|name| folder.bytes(name));
    for (arguments, name) in [
        ("train conn.log -o conn.log --epochs 1", "conn.log"),
        ("train conn.log -o ./conn.log --epochs 1", "conn.log"),
        ("train conn.log -o notes.txt --epochs 1", "notes.txt"),
        ("detect conn.log -m home.model -o conn.log", "conn.log"),
        ("detect conn.log -m home.model -o home.model", "home.model"),
        ("detect conn.log -m home.model --db alerts.db -o alerts.db", "alerts.db"),
        ("synth --rows 100 --out .", "not empty"),
    ] {
        folder.run(arguments).fails(2, &[name]);
    }
    assert!(files.map(|name| folder.bytes(name)) == before);
}

#[test]
fn a_missing_log_is_3() {
    let folder = Folder::new();
    folder.run(&format!("train none.log -o new.model {QUICK}")).fails(3, &["none.log", "cannot be read"]);
    folder.run("detect none.log -m home.model --db a.db").fails(3, &["none.log", "cannot be read"]);
    folder.run("detect conn.log none/x.log -m home.model --db a.db").fails(3, &["none/x.log"]);
    folder.run("detect no*.log -m home.model --db a.db").fails(3, &["no*.log", "no conn log"]);
    folder.write("empty/readme.txt", "nothing here");
    folder.run("detect empty -m home.model --db a.db").fails(3, &["empty", "no conn log"]);
    assert!(!folder.path("a.db").exists() && !folder.path("new.model").exists());
}

#[test]
fn what_is_no_conn_log_is_3_by_name() {
    let folder = Folder::new();
    folder.write("text/conn.log", "It was a dark and stormy night.\n");
    folder.write("shell/conn.log", "#!/bin/sh\necho\n");
    folder.write("picture/conn.log", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01");
    folder.write("json/conn.log", "{\"colour\": \"blue\"}\n");
    folder.write("bare/conn.log", fixtures::parts(fixtures::log()).1[..10].concat());
    folder.write("gz/conn.log.gz", fixtures::gz("It was a dark and stormy night.\n"));
    for name in ["text/conn.log", "shell/conn.log", "picture/conn.log", "json/conn.log", "bare/conn.log"] {
        folder.run(&format!("detect {name} -m home.model --db a.db")).fails(3, &[name, "not a Zeek log"]);
        folder.run(&format!("train {name} -o new.model {QUICK}")).fails(3, &[name, "not a Zeek log"]);
    }
    folder.run("detect gz -m home.model --db a.db").fails(3, &["gz/conn.log.gz", "not a Zeek log"]);
    folder.run("detect bare/conn.log -m home.model --db a.db").fails(3, &["no header"]).says("--fields");
    folder
        .feed("detect - -m home.model --db a.db", "no log\n")
        .fails(3, &["standard input", "not a Zeek log"]);
    assert!(!folder.path("a.db").exists() && !folder.path("new.model").exists());
}

#[test]
fn another_log_than_conn_is_3_by_name() {
    let folder = Folder::new();
    for format in ["tsv", "json"] {
        folder.ok(&format!("synth --rows 500 --days 1 --single --format {format} --out {format}"));
    }
    for log in ["dns", "http", "ssl"] {
        let name = format!("tsv/{log}.log");
        folder
            .run(&format!("detect {name} -m home.model --db a.db"))
            .fails(3, &[&name, &format!("`{log}`"), "no conn log"]);
    }
    folder.run("detect json/dns.log -m home.model --db a.db").fails(3, &["json/dns.log"]);
    // In a directory they are left alone.
    folder.ok("detect tsv -m home.model --db a.db").says("500 rows of 1 log scored");
}

#[test]
fn strict_is_4_with_file_and_line() {
    for folder in Folder::of_each_recipe() {
        let (header, rows) = fixtures::parts(fixtures::log());
        let line = header.lines().count() + 4;
        let bad = rows[3].replacen(rows[3].split('\t').next().expect("a time"), "soon", 1);
        folder.write("bad.log", header + &rows[..3].concat() + &bad + &rows[4..5000].concat());
        let place = format!("bad.log:{line}");
        folder.run("detect bad.log -m home.model --db a.db --strict").fails(4, &[&place, "bad time", "soon"]);
        folder.run(&format!("train bad.log -o new.model --strict {QUICK}")).fails(4, &[&place, "bad time"]);
        assert!(!folder.path("new.model").exists());
        assert!(folder.alerts("a.db").is_empty(), "nothing of a refused run is kept");
        assert!(folder.ledger("a.db").is_empty());
        // Without it the row is counted, and the rest is read.
        let counted = "       1 bad time                 first: ".to_owned() + &place;
        folder.ok(&format!("train bad.log -o new.model {QUICK}")).says(&counted).says("4,999 rows");
        folder.ok("detect bad.log -m home.model --db a.db").says(&counted).says("4,999 rows of 1 log scored");
    }
}

#[test]
fn a_model_that_cannot_be_used_is_5() {
    let folder = Folder::new();
    let model = fixtures::model();
    folder.write("text.model", "a model of good behaviour\n");
    folder.write("empty.model", "");
    folder.write("zip.model", b"PK\x03\x04keras");
    // A file of the same format that another program wrote: `{}` and no tensor.
    folder.write("other.model", b"\x02\0\0\0\0\0\0\0{}");
    folder.write("bomb.model", [&u64::MAX.to_le_bytes()[..], b"{}"].concat());
    for name in ["text", "empty", "zip", "other", "bomb"] {
        let name = format!("{name}.model");
        folder.run(&format!("model show {name}")).fails(5, &[&name, "not a model"]);
        folder.run(&format!("detect conn.log -m {name} --db a.db")).fails(5, &[&name]);
    }
    folder.run("detect conn.log -m none.model --db a.db").fails(5, &["none.model", "cannot be read"]);
    folder.run("detect conn.log -m conn.log --db a.db").fails(5, &["conn.log", "not a model"]);
    for length in [7, 100, model.len() / 2, model.len() - 1] {
        folder.write("cut.model", &model[..length]);
        folder.run("detect conn.log -m cut.model --db a.db").fails(5, &["cut.model"]);
    }
    folder.write("long.model", [model, b"x"].concat());
    folder.run("detect conn.log -m long.model --db a.db").fails(5, &["long.model"]);
    // A changed byte anywhere: in the lengths, the header, the metadata, the weights.
    let mut places: Vec<usize> = (0..40).map(|i| i * (model.len() - 1) / 39).collect();
    places.extend([1, 8, 9, 20, 60, 200]);
    for place in places {
        let mut changed = model.to_vec();
        changed[place] ^= 1;
        folder.write("changed.model", &changed);
        folder.run("detect conn.log -m changed.model --db a.db").fails(5, &["changed.model"]);
    }
    assert!(!folder.path("a.db").exists());
}

/// An empty database of SQLite with a mark that isn't ours, as its documentation lays out the first page
/// (<https://www.sqlite.org/fileformat2.html>).
fn foreign_database() -> Vec<u8> {
    let mut page = vec![0; 512];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    // Page size 512, rollback journal, no reserved bytes, the three fixed payload fractions.
    page[16..24].copy_from_slice(&[2, 0, 1, 1, 0, 64, 32, 32]);
    for (offset, value) in
        [(24, 1u32), (28, 1), (44, 4), (56, 1), (68, 0x4750_4b47), (92, 1), (96, 3_046_000)]
    {
        page[offset..offset + 4].copy_from_slice(&value.to_be_bytes());
    }
    // The schema's table: a leaf without cells.
    page[100..108].copy_from_slice(&[13, 0, 0, 0, 0, 2, 0, 0]);
    page
}

#[test]
fn a_database_that_cannot_be_used_is_6() {
    let folder = Folder::new();
    folder.write("notes.txt", "milk, eggs, ".repeat(100));
    folder.write("foreign.db", foreign_database());
    for (name, words) in [
        ("notes.txt", "not a SQLite database"),
        ("conn.log", "not a SQLite database"),
        ("foreign.db", "another program"),
        ("none/alerts.db", "cannot be opened"),
        ("conn.log/alerts.db", "cannot be opened"),
    ] {
        let before = folder.path(name).is_file().then(|| folder.bytes(name));
        folder.run(&format!("detect conn.log -m home.model --db {name}")).fails(6, &[name, words]);
        assert_eq!(
            folder.path(name).is_file().then(|| folder.bytes(name)),
            before,
            "{name} is left as it was"
        );
    }
    folder.run("alerts list --db none.db").fails(6, &["no database none.db"]);
    folder.run("alerts export --db notes.txt").fails(6, &["notes.txt"]);
    folder.run("alerts show 1 --db foreign.db").fails(6, &["foreign.db"]);
    assert!(!folder.path("none.db").exists(), "looking makes no database");
}

#[test]
fn an_output_that_cannot_be_written_is_7() {
    let folder = Folder::new();
    folder.write("folder/file", "");
    let train = |model: &str| folder.run(&format!("train conn.log -o {model} {QUICK}"));
    train("none/new.model").fails(7, &["none/new.model", "cannot be written"]);
    train("conn.log/new.model").fails(7, &["conn.log/new.model"]);
    train("folder").fails(7, &["folder"]);
    folder
        .run("train conn.log -o new.model --epochs 1 --figures conn.log/figures")
        .exits(7)
        .says("conn.log/figures");
    folder
        .run("detect conn.log -m home.model -o none/rows.log")
        .fails(7, &["none/rows.log", "cannot be written"]);
    folder.run("detect conn.log -m home.model -o folder").fails(7, &["folder"]);
    folder.run("synth --rows 100 --out conn.log/logs").fails(7, &["conn.log"]);
    folder.run("demo --rows 20000 --out conn.log/demo").exits(7);
    if cfg!(target_os = "linux") {
        folder.run("detect conn.log -m home.model -o /dev/full").fails(7, &["/dev/full", "space"]);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_7() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write("locked/conn.log", "");
    let locked = folder.path("locked");
    let allow =
        |mode| std::fs::set_permissions(&locked, PermissionsExt::from_mode(mode)).expect("permissions");
    allow(0o555);
    if std::fs::write(locked.join("probe"), "").is_ok() {
        skipped("this user may write anywhere, so no folder is locked");
        return;
    }
    folder.run(&format!("train conn.log -o locked/new.model {QUICK}")).fails(7, &["locked/new.model"]);
    folder.run("detect conn.log -m home.model -o locked/rows.log").fails(7, &["locked/rows.log"]);
    folder.run("detect conn.log -m home.model --db locked/alerts.db").fails(6, &["locked/alerts.db"]);
    allow(0o755);
}

#[test]
fn too_few_rows_are_8() {
    let folder = Folder::new();
    folder.write("few.log", fixtures::excerpt(0..3));
    folder.write("none.log", fixtures::excerpt(0..0));
    for name in ["few.log", "none.log"] {
        folder.run(&format!("train {name} -o new.model {QUICK}")).fails(8, &["rows"]).says("Name more logs");
    }
    assert!(!folder.path("new.model").exists());
    // They can be scored, though.
    folder.ok("detect few.log none.log -m home.model --db a.db").says("3 rows of");
}

/// What `oddflow ... | head -1` sees: success, and no word on standard error.
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new();
    folder.ok("detect conn.log -m home.model --db alerts.db --flag-top 50%");
    for arguments in [
        "alerts export --db alerts.db",
        "alerts export --csv --db alerts.db",
        "alerts dump --db alerts.db",
        "detect conn.log -m home.model -o -",
        "detect conn.log -m home.model -o - --format json",
    ] {
        let mut child = folder.command(arguments).spawn().expect("the program starts");
        let mut first = String::new();
        // All of them print far more than a pipe holds, so the program is still writing.
        BufReader::with_capacity(512, child.stdout.take().expect("a pipe"))
            .read_line(&mut first)
            .expect("a line");
        let mut noise = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut noise).expect("UTF-8");
        assert_eq!((child.wait().expect("an end").code(), noise.as_str()), (Some(0), ""), "{arguments}");
        assert!(!first.is_empty(), "{arguments}");
    }
}

/// The reader of the rows goes away; the alerts are stored all the same.
#[test]
fn alerts_are_stored_though_the_reader_of_the_rows_goes_away() {
    for folder in Folder::of_each_recipe() {
        folder.ok("detect conn.log -m home.model --db expected.db");
        let mut child = folder
            .command("detect conn.log -m home.model --db a.db -o -")
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        assert_eq!(child.wait_with_output().expect("an end").status.code(), Some(0));
        assert!(folder.found("a.db") == folder.found("expected.db"));
        assert!(folder.ledger("a.db") == folder.ledger("expected.db"));
    }
}

#[test]
fn nobody_at_all_reads() {
    let folder = Folder::new();
    let mut child =
        folder.command("model show home.model").stdout(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
