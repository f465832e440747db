//! Running again: a log that a model has read is known by its content, and its alerts are stored once.

use crate::fixtures::{self, gz, zst};
use crate::folder::Folder;

#[test]
fn the_same_files_again_add_nothing_and_say_so() {
    let folder = Folder::new();
    folder.ok("synth --rows 3000 --days 0.25 --seed 21 --out logs");
    for detect in [
        "detect logs conn.log -m home.model --db fixed.db",
        "detect logs conn.log -m home.model --db top.db --flag-top 2%",
    ] {
        let database = detect.split(' ').nth(6).unwrap_or_default();
        folder.ok(detect).says("9,000 rows of 7 logs scored").says_not("nothing new");
        let (alerts, ledger) = (folder.alerts(database), folder.ledger(database));
        assert!(!alerts.is_empty());
        assert_eq!(ledger.len(), 7);
        for _ in 0..2 {
            folder.ok(detect).says("nothing new").says("these 7 logs").says_not("scored");
        }
        assert!(folder.alerts(database) == alerts);
        assert!(folder.ledger(database) == ledger);
    }
    // A log without rows yet has nothing new either.
    folder.write("empty.log", fixtures::excerpt(0..0));
    folder.ok("detect logs conn.log empty.log -m home.model --db fixed.db").says("nothing new");
    // One new log among known ones.
    folder.write("new.log", fixtures::excerpt(100..200));
    folder
        .ok("detect logs new.log conn.log -m home.model --db fixed.db")
        .says("100 rows of 1 log scored")
        .says("7 logs had nothing new");
}

#[test]
fn another_model_reads_them_anew() {
    let folder = Folder::new();
    folder.write("other.model", fixtures::other_model());
    folder.ok("detect conn.log -m home.model --db a.db");
    let first = folder.alerts("a.db");
    folder.ok("detect conn.log -m other.model --db a.db").says("6,000 rows of 1 log scored");
    folder.ok("detect conn.log -m other.model --db b.db");
    let both = folder.alerts("a.db");
    assert!(both[..first.len()] == first);
    assert!(both[first.len()..] == folder.alerts("b.db"));
    let models: Vec<_> = both.iter().map(|alert| alert["model"].as_str().expect("an id")).collect();
    assert_ne!(models.first(), models.last());
    folder.ok("detect conn.log -m home.model --db a.db").says("nothing new");
    folder.ok("detect conn.log -m other.model --db a.db").says("nothing new");
    // The same training is the same model, whatever its file is called.
    folder.write("copy.model", fixtures::model());
    folder.ok("detect conn.log -m copy.model --db a.db").says("nothing new");
    assert_eq!(folder.ledger("a.db").len(), 2);
}

#[test]
fn a_renamed_moved_or_packed_log_is_the_same_log() {
    for folder in Folder::of_each_recipe() {
        folder.ok("detect conn.log -m home.model --db a.db");
        let (alerts, ledger) = (folder.found("a.db"), folder.ledger("a.db"));
        folder.write("renamed.log", fixtures::log());
        folder.write("2026-03-02/conn.00:00:00-00:00:00.log.gz", gz(fixtures::log()));
        folder.write("packed.zst", zst(fixtures::log()));
        for name in ["renamed.log", "2026-03-02", "packed.zst", "2026-03-02 renamed.log conn.log"] {
            folder.ok(&format!("detect {name} -m home.model --db a.db")).says("nothing new");
        }
        folder.feed("detect - -m home.model --db a.db", fixtures::log()).exits(0).says("nothing new");
        assert!(folder.found("a.db") == alerts);
        assert!(folder.ledger("a.db")[0]["rows"] == ledger[0]["rows"]);
        assert_eq!(folder.ledger("a.db").len(), 1);
    }
}

#[test]
fn two_names_for_one_log_in_one_run() {
    // What is said differs: a behaviour model's run knows one log by all its names.
    for (folder, said) in Folder::of_each_recipe().into_iter().zip(["1 log had nothing new", ""]) {
        folder.ok("detect conn.log -m home.model --db once.db");
        folder.write("archive.log.gz", gz(fixtures::log()));
        folder
            .ok("detect conn.log archive.log.gz -m home.model --db a.db")
            .says("6,000 rows of 1 log scored")
            .says(said);
        assert!(folder.found("a.db") == folder.found("once.db"));
        // The live file holds only the first part: the archive goes on where it ends.
        folder.write("live.log", fixtures::excerpt(0..2500));
        folder.ok("detect live.log archive.log.gz -m home.model --db b.db").says("6,000 rows");
        assert!(folder.found_in_any_file("b.db") == folder.found_in_any_file("once.db"));
        assert_eq!(folder.ledger("b.db").len(), 1);
    }
}

#[test]
fn two_days_in_one_run_or_in_two_are_the_same() {
    let folder = Folder::new();
    folder.ok("synth --rows 5000 --days 2 --seed 22 --attacks --out logs");
    for options in ["", " --flag-top 3%"] {
        let [one, two] = ["one", "two"].map(|name| format!("{name}{}.db", options.len()));
        folder.ok(&format!("detect logs -m home.model --db {one}{options}"));
        folder.ok(&format!("detect logs/2026-03-02 -m home.model --db {two}{options}"));
        let first = folder.alerts(&two).len();
        folder.ok(&format!("detect logs/2026-03-03 -m home.model --db {two}{options}"));
        let alerts = folder.alerts(&one);
        assert!(first > 0 && alerts.len() > first);
        assert!(alerts == folder.alerts(&two));
        assert!(folder.ledger(&one) == folder.ledger(&two));
        folder.ok(&format!("detect logs -m home.model --db {two}{options}")).says("nothing new");
    }
}

#[test]
fn threads_make_no_difference() {
    for folder in Folder::of_each_recipe() {
        folder.ok("synth --rows 5000 --days 1 --seed 23 --out logs");
        for threads in [1, 2, 5] {
            folder.ok(&format!(
                "detect logs conn.log -m home.model --db {threads}.db -o {threads}.tsv --threads {threads}"
            ));
            assert!(folder.found(&format!("{threads}.db")) == folder.found("1.db"));
            assert!(folder.ledger(&format!("{threads}.db")) == folder.ledger("1.db"));
            assert!(folder.bytes(&format!("{threads}.tsv")) == folder.bytes("1.tsv"));
        }
    }
}
