//! `oddflow train` with the behaviour recipe: the same bytes from the same seed, what it promises, and what it leaves out.

use std::collections::BTreeSet;

use crate::fixtures::{self, QUICK_BEHAVIOUR};
use crate::folder::{Folder, Ran};

fn train(folder: &Folder, log: &str, model: &str, options: &str) -> Ran {
    folder.ok(&format!("train {log} -o {model} {options} {QUICK_BEHAVIOUR}"))
}

/// The cells of a column of a TSV log.
fn column<'a>(log: &'a str, name: &str) -> Vec<&'a str> {
    let fields = log.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let at = fields.split('\t').position(|field| field == name).expect("a column");
    let rows = log.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split('\t').nth(at).expect("a cell")).collect()
}

#[test]
fn a_seed_gives_the_same_bytes_whatever_the_threads() {
    let folder = Folder::household();
    for threads in [1, 2, 5] {
        train(&folder, "quiet.log", "new.model", &format!("--seed 0 --threads {threads}"));
        assert!(folder.bytes("new.model") == fixtures::household().model, "{threads} threads");
    }
    train(&folder, "quiet.log", "other.model", "--seed 1");
    assert!(folder.bytes("other.model") != fixtures::household().model, "another seed is another model");
}

#[test]
fn the_recipe_is_the_default_and_the_forecast_is_in_the_model() {
    let folder = Folder::household();
    let trained = train(&folder, "quiet.log", "new.model", "").says_not("warning");
    let trained = trained.prints("(behaviour, ").prints("\nforecast    20 incidents a day, most likely ");
    let shown = folder.ok("model show new.model").out;
    assert!(trained.out.starts_with(&shown), "{trained}");
    let few =
        train(&folder, "quiet.log", "few.model", "--budget 2/day").prints("\nbudget      2 incidents a day");
    let threshold = |ran: &Ran| -> f64 {
        let line = ran.out.lines().find(|line| line.starts_with("budget ")).expect("the budget");
        line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a threshold")
    };
    assert!(threshold(&few) > threshold(&trained), "a smaller budget is a higher threshold\n{few}{trained}");
}

#[test]
fn a_baseline_of_some_hours_has_no_forecast_and_a_warning() {
    let folder = Folder::household();
    // The log's first 1,500 rows end in the morning.
    folder.write("short.log", fixtures::excerpt(0..1500));
    train(&folder, "short.log", "new.model", "")
        .says("warning: the baseline covers ")
        .says("Seven days make a good baseline")
        .prints("too short to forecast");
    folder.ok("model show new.model").prints("too short to forecast");
    folder.ok("detect attacked.log -m new.model --db a.db").says("too short to forecast");
}

#[test]
fn rows_that_an_expression_names_are_left_out_and_counted() {
    let folder = Folder::household();
    let services = column(&fixtures::household().quiet, "service");
    let dns = services.iter().filter(|service| **service == "dns").count();
    let hosts = column(&fixtures::household().quiet, "id.orig_h");
    let one =
        hosts.iter().zip(&services).filter(|(host, service)| **host == "10.0.0.5" && **service != "dns");
    let (dns, both) = (dns as u64, (dns + one.count()) as u64);
    assert!(dns > 1000 && both > dns);
    let mut command = folder.command(&format!("train quiet.log -o new.model {QUICK_BEHAVIOUR}"));
    let output = command.args(["--exclude", "service == dns"]).output().expect("it starts");
    let ran = Ran::new("train --exclude", output).exits(0);
    let ran = ran.says(&format!("{} rows left out of the baseline", thousands(dns)));
    assert!(ran.out.contains("11,575 rows of 1 log"), "{ran}");
    let output = command.args(["--exclude", "id.orig_h == 10.0.0.5"]).output().expect("it starts");
    let ran = Ran::new("train --exclude --exclude", output).exits(0);
    ran.says(&format!("{} rows left out of the baseline", thousands(both)));
    assert!(folder.bytes("new.model") != fixtures::household().model);
}

fn thousands(number: u64) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

#[test]
fn a_wrong_expression_is_2_with_a_caret_under_the_place() {
    let folder = Folder::household();
    for (expression, place) in
        [("service = dns", "="), ("id.orig_q == 10.0.0.5", "id.orig_q"), ("service == dns &&", "")]
    {
        for command in ["train quiet.log -o new.model", "detect attacked.log -m home.model --db new.db"] {
            let output =
                folder.command(command).args(["--exclude", expression]).output().expect("the program starts");
            let ran = Ran::new(&format!("{command} --exclude '{expression}'"), output).fails(2, &[]);
            let lines: Vec<&str> = ran.err.lines().collect();
            let text = lines.iter().position(|line| line.contains(expression) && !line.starts_with("error"));
            let text = text.unwrap_or_else(|| panic!("the expression is shown\n{ran}"));
            let carets = lines[text + 1];
            assert!(carets.trim().chars().all(|c| c == '^') && !carets.trim().is_empty(), "{ran}");
            let at = carets.find('^').expect("a caret");
            assert!(lines[text].get(at..).unwrap_or_default().starts_with(place), "{ran}");
        }
    }
    assert_eq!(folder.names(), ["attacked.log", "home.model", "quiet.log"]);
}

/// Where Zeek has not said what is local, the owner can: with the whole network declared foreign there is nothing inside.
#[test]
fn local_networks_are_the_owners_to_name() {
    let folder = Folder::household();
    let bare = |log: &str| fixtures::without_columns(log, &["local_orig", "local_resp"]);
    folder.write("quiet.log", bare(&fixtures::household().quiet));
    folder.write("attacked.log", bare(&fixtures::household().attacked));
    let hosts = |model: &str, options: &str| -> BTreeSet<String> {
        train(&folder, "quiet.log", &format!("{model}.model"), options);
        folder.ok(&format!("detect attacked.log -m {model}.model --db {model}.db"));
        let incidents = folder.incidents(&format!("{model}.db"));
        assert!(!incidents.is_empty());
        incidents.iter().map(|incident| incident["class"].as_str().expect("a class").to_owned()).collect()
    };
    let private = hosts("private", "");
    let same = hosts("same", "--local-net 10.0.0.0/8 --local-net 192.168.0.0/16");
    assert!(private.iter().any(|class| class.starts_with("internal")), "{private:?}");
    assert!(same.iter().any(|class| class.starts_with("internal")), "{same:?}");
    let elsewhere = hosts("elsewhere", "--local-net 203.0.113.0/24");
    assert!(!elsewhere.iter().any(|class| class.starts_with("internal")), "{elsewhere:?}");
}

#[test]
fn without_addresses_no_address_of_the_baseline_is_in_the_model() {
    let folder = Folder::household();
    let quiet = &fixtures::household().quiet;
    let mut addresses: BTreeSet<&str> = column(quiet, "id.orig_h").into_iter().collect();
    addresses.extend(column(quiet, "id.resp_h"));
    // Every word of the file that could be an address.
    let named = |model: &str| -> BTreeSet<&str> {
        let bytes = folder.bytes(model);
        let words = bytes.split(|byte| !byte.is_ascii_hexdigit() && !matches!(byte, b'.' | b':'));
        let words: BTreeSet<&[u8]> = words.collect();
        addresses.iter().copied().filter(|address| words.contains(address.as_bytes())).collect()
    };
    assert!(named("home.model").len() > 20, "by default examples have addresses");
    train(&folder, "quiet.log", "bare.model", "--no-addresses");
    assert_eq!(named("bare.model"), BTreeSet::new());
    // It scores as the other one does.
    let scores = |model: &str| {
        let rows = folder.ok(&format!("detect attacked.log -m {model} -o - --format json")).json();
        rows.iter().map(|row| row["score"].as_f64().expect("a score")).collect::<Vec<_>>()
    };
    assert!(scores("bare.model") == scores("home.model"));
    folder.ok("detect attacked.log -m bare.model --db a.db");
    folder.ok("alerts show 1 --db a.db").prints("\nwhy\n");
}

#[test]
fn figures_progress_and_epochs_as_with_any_recipe() {
    let folder = Folder::household();
    let quick = "--epochs 1 --batch 64 --hidden 12,4,12";
    let ran = folder.ok(&format!("train quiet.log -o new.model --per-epoch {quick}")).prints("new-figures");
    for figure in ["loss", "reconstruction", "errors"] {
        let svg = folder.text(&format!("new-figures/{figure}.svg"));
        assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{figure}.svg");
        assert!(folder.bytes(&format!("new-figures/{figure}.png")).starts_with(b"\x89PNG\r\n\x1a\n"));
    }
    let epochs = ran.err.lines().skip_while(|line| !line.starts_with("epoch ")).skip(1);
    let losses: Vec<f64> = epochs
        .map(|line| line.split_whitespace().nth(1).and_then(|loss| loss.parse().ok()).expect("a loss"))
        .collect();
    assert!(losses.len() > 10 && losses.last() < losses.first(), "{ran}");
    assert!(ran.out.contains(&format!("epochs      {}, ", losses.len())), "{ran}");
    assert!(!ran.err.contains(['\r', '\x1b', '━']), "{ran}");
}

#[test]
fn more_rows_than_the_memory_holds_leave_the_latest() {
    let folder = Folder::household();
    let ran = train(&folder, "quiet.log", "new.model", "--memory 500K");
    let ran = ran.says("11,575 rows are more than --memory holds: training on the latest ");
    let kept = ran.err.split("the latest ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number");
    let kept = kept.replace(',', "");
    let kept: usize = kept.parse().expect("a number");
    assert!(kept > 500 && kept < 11_575, "{ran}");
}

#[test]
fn a_model_that_was_changed_or_cut_is_refused() {
    let folder = Folder::household();
    let model = &fixtures::household().model;
    for length in [7, 100, model.len() / 2, model.len() - 1] {
        folder.write("cut.model", &model[..length]);
        folder.run("detect attacked.log -m cut.model --db a.db").fails(5, &["cut.model"]);
    }
    let mut places: Vec<usize> = (0..16).map(|i| i * (model.len() - 1) / 15).collect();
    places.extend([1, 8, 9, 20, 60, 200]);
    for place in places {
        let mut changed = model.clone();
        changed[place] ^= 1;
        folder.write("changed.model", &changed);
        folder.run("detect attacked.log -m changed.model --db a.db").fails(5, &["changed.model"]);
    }
    assert!(!folder.path("a.db").exists());
}

/// Each expression that the audit prints can be pasted, and leaves out as many rows as it says.
#[test]
fn the_audits_expressions_leave_out_the_rows_that_they_say() {
    let folder = Folder::household();
    let ran = train(&folder, "quiet.log", "new.model", "").says("audit: ");
    let offers = ran.err.lines().filter_map(|line| line.trim().strip_prefix("--exclude '"));
    let offers: Vec<(&str, &str)> = offers.filter_map(|line| line.split_once("'   ")).collect();
    assert!(!offers.is_empty(), "{ran}");
    for (expression, rows) in offers {
        let mut command = folder.command(&format!("train quiet.log -o less.model {QUICK_BEHAVIOUR}"));
        let output = command.args(["--exclude", expression]).output().expect("it starts");
        Ran::new(expression, output).exits(0).says(&format!("{rows} left out of the baseline"));
    }
}

#[test]
fn the_most_extreme_rows_can_be_left_out() {
    let folder = Folder::household();
    let ran = train(&folder, "quiet.log", "new.model", "--trim");
    let trimmed = ran.err.lines().find_map(|line| line.strip_suffix(" rows trimmed as the most extreme"));
    let trimmed: usize = trimmed.and_then(|rows| rows.parse().ok()).unwrap_or_else(|| panic!("{ran}"));
    assert!(trimmed > 0 && trimmed <= 11_575 / 200, "{trimmed}");
    assert!(folder.bytes("new.model") != fixtures::household().model);
}
