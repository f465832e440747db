//! Logs that lack columns, as old versions of Zeek wrote them or an export cut them down.

use serde_json::Value;

use crate::fixtures::{self, QUICK_BEHAVIOUR, without_columns};
use crate::folder::Folder;

/// Columns that an export may well have left out.
const CUT: [&str; 4] = ["service", "history", "orig_ip_bytes", "resp_ip_bytes"];

fn scores(folder: &Folder, log: &str, model: &str) -> Vec<f64> {
    let rows = folder.ok(&format!("detect {log} -m {model} -o - --format json")).json();
    rows.iter().map(|row| row["score"].as_f64().expect("a score")).collect()
}

fn with_cut_logs() -> Folder {
    let folder = Folder::household();
    folder.write("quiet-cut.log", without_columns(&fixtures::household().quiet, &CUT));
    folder.write("attacked-cut.log", without_columns(&fixtures::household().attacked, &CUT));
    folder
}

#[test]
fn a_log_without_some_columns_trains_and_detects_and_they_are_said_once() {
    let folder = with_cut_logs();
    let ran = folder.ok(&format!("train quiet-cut.log -o cut.model {QUICK_BEHAVIOUR}"));
    let said: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("the baseline lacks ")).collect();
    assert_eq!(said.len(), 1, "{ran}");
    for name in CUT {
        assert!(said[0].contains(name), "{name}: {ran}");
    }
    let found = folder.ok("detect attacked-cut.log -m cut.model --db a.db");
    assert_eq!(
        found.err.matches("these logs lack").count(),
        usize::from(found.err.contains("lack")),
        "{found}"
    );
    assert!(!folder.incidents("a.db").is_empty());
    // What the model has no use for is as if it weren't there.
    folder.ok("detect attacked.log -m cut.model --db b.db").says_not("lack");
    folder.ok("alerts show 1 --db a.db").prints("\nwhy\n");
    folder.ok("incidents show 1 --db a.db").prints("family");
}

#[test]
fn a_model_of_all_columns_scores_a_log_that_lacks_some_without_nonsense() {
    let folder = with_cut_logs();
    let whole = scores(&folder, "attacked.log", "home.model");
    let cut = scores(&folder, "attacked-cut.log", "home.model");
    assert_eq!(cut.len(), whole.len());
    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
    let most = |scores: &[f64]| scores.iter().copied().fold(0.0, f64::max);
    assert!(cut.iter().all(|score| score.is_finite()));
    assert!(mean(&cut) < 1.5 * mean(&whole) + 0.5, "{} against {}", mean(&cut), mean(&whole));
    assert!(most(&cut) < 1.5 * most(&whole), "{} against {}", most(&cut), most(&whole));
    let ran = folder.ok("detect attacked-cut.log -m home.model --db a.db");
    let said: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("these logs lack ")).collect();
    assert_eq!(said.len(), 1, "{ran}");
    for name in CUT {
        assert!(said[0].contains(name), "{name}: {ran}");
    }
    folder.ok("detect attacked.log -m home.model --db whole.db");
    let raised = |database: &str| {
        let incidents = folder.incidents(database);
        incidents.iter().filter(|incident: &&Value| incident["state"] == "raised").count()
    };
    assert!(raised("a.db") <= 2 * raised("whole.db") + 5, "{} and {}", raised("a.db"), raised("whole.db"));
}

/// The least that a conn log can have: who, when, and how.
#[test]
fn the_fewest_columns_are_enough() {
    let folder = Folder::household();
    let few = |log: &str| {
        let fields = log.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
        let kept = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"];
        let cut: Vec<&str> = fields.split('\t').filter(|name| !kept.contains(name)).collect();
        without_columns(log, &cut)
    };
    folder.write("quiet.log", few(&fixtures::household().quiet));
    folder.write("attacked.log", few(&fixtures::household().attacked));
    folder.ok(&format!("train quiet.log -o few.model {QUICK_BEHAVIOUR}")).says("the baseline lacks ");
    assert!(scores(&folder, "attacked.log", "few.model").iter().all(|score| score.is_finite()));
    folder.ok("detect attacked.log -m few.model --db a.db");
    assert!(!folder.incidents("a.db").is_empty());
    folder.ok("incidents list --db a.db");
    folder.ok("incidents show 1 --db a.db").prints("host");
}
