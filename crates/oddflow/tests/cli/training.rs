//! `oddflow train`: the same bytes from the same seed, what it writes, and what it tells.

use crate::fixtures::{self, QUICK};
use crate::folder::Folder;

#[test]
fn a_seed_gives_the_same_bytes_whatever_the_threads() {
    let folder = Folder::new();
    for (name, options) in [
        ("again", "--seed 0"),
        ("one", "--seed 0 --threads 1"),
        ("two", "--seed 0 --threads 2"),
        ("seven", "--seed 0 --threads 7"),
    ] {
        folder.ok(&format!("train conn.log -o {name}.model {options} {QUICK}"));
        assert!(folder.bytes(&format!("{name}.model")) == fixtures::model(), "{options}");
    }
    folder.ok(&format!("train conn.log -o other.model --seed 1 {QUICK}"));
    assert!(folder.bytes("other.model") != fixtures::model(), "another seed is another model");
    assert!(folder.bytes("other.model") == fixtures::other_model());
}

#[test]
fn a_random_split_is_another_model_of_its_own_seed() {
    let folder = Folder::new();
    for name in ["a.model", "b.model"] {
        folder.ok(&format!("train conn.log -o {name} --split random --seed 3 {QUICK}")).prints("split by");
    }
    assert!(folder.bytes("a.model") == folder.bytes("b.model"));
    folder.ok("model show a.model").prints("random").prints("4,050 training, 750 validation, 1,200 test");
    folder.ok("model show home.model").prints("time").prints("4,050 training, 750 validation, 1,200 test");
}

#[test]
fn figures_are_drawn_beside_the_model_where_named_or_not_at_all() {
    let folder = Folder::new();
    let train = "train conn.log --recipe classic --epochs 2";
    folder.ok(&format!("{train} -o new.model")).prints("new-figures");
    for (of, at) in [("new-figures", ""), ("elsewhere/drawn", " --figures elsewhere/drawn")] {
        folder.ok(&format!("{train} -o new.model{at}"));
        for figure in ["loss", "reconstruction", "errors"] {
            let svg = folder.text(&format!("{of}/{figure}.svg"));
            assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"), "{of}/{figure}.svg");
            let png = folder.bytes(&format!("{of}/{figure}.png"));
            assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() > 1000, "{of}/{figure}.png");
        }
    }
    folder.ok(&format!("{train} -o plain.model --no-figures"));
    assert_eq!(
        folder.names(),
        ["conn.log", "elsewhere", "home.model", "new-figures", "new.model", "plain.model"]
    );
}

#[test]
fn in_a_pipe_there_is_no_progress() {
    let folder = Folder::new();
    let ran = folder.ok(&format!("train conn.log -o new.model {QUICK}"));
    assert_eq!(ran.err.lines().count(), 1, "{ran}");
    let ran = ran.says("6,000 rows of 1 log read");
    let ran =
        [ran, folder.ok("detect conn.log -m home.model --db a.db"), folder.ok("synth --rows 500 --out logs")];
    for ran in ran {
        assert!(!ran.err.contains(['\r', '\x1b', '━']) && !ran.out.contains(['\r', '\x1b']), "{ran}");
    }
}

#[test]
fn a_table_of_the_epochs_on_request() {
    let folder = Folder::new();
    let ran = folder
        .ok("train conn.log -o new.model --recipe classic --epochs 4 --rate 1e-3 --no-figures --per-epoch");
    let mut table = ran.err.lines().skip_while(|line| !line.starts_with("epoch "));
    let heading: Vec<_> = table.next().expect("a heading").split_whitespace().collect();
    assert_eq!(heading, ["epoch", "training", "validation"]);
    let mut last = f64::INFINITY;
    for (i, line) in table.enumerate() {
        let cells: Vec<_> = line.split_whitespace().collect();
        assert_eq!(cells[0], (i + 1).to_string(), "{ran}");
        let [training, validation] = [1, 2].map(|i| cells[i].parse::<f64>().expect("a loss"));
        assert!(training.is_finite() && validation.is_finite());
        assert_eq!(cells.get(3).is_some_and(|&mark| mark == "best"), validation < last, "{ran}");
        last = last.min(validation);
    }
    ran.prints("epochs      4");
}

#[test]
fn early_stop_restores_the_best_epoch() {
    let folder = Folder::new();
    // A rate so high that the validation loss soon rises.
    let ran = folder
        .ok("train conn.log -o new.model --recipe classic --epochs 200 --patience 2 --rate 0.05 --no-figures --per-epoch");
    let best = ran.err.lines().rfind(|line| line.ends_with("  best")).expect("a best epoch");
    let best: usize = best.split_whitespace().next().and_then(|epoch| epoch.parse().ok()).expect("a number");
    let epochs = best + 2;
    assert!(epochs < 200, "{ran}");
    ran.prints(&format!("epochs      {epochs}, the best was {best}\n"));
}

#[test]
fn losses_of_all_parts_and_their_ratio_are_printed() {
    let folder = Folder::new();
    let ran = folder.ok(&format!("train conn.log -o new.model {QUICK}"));
    let line = ran.out.lines().find(|line| line.starts_with("loss ")).expect("the losses");
    let number = |word: &str| -> f64 {
        let after = line.split(word).nth(1).unwrap_or_else(|| panic!("{word}: {line}")).trim_start();
        after.split([',', ';', ' ']).next().and_then(|text| text.parse().ok()).expect("a number")
    };
    let ratio = number("test ") / number("training ");
    assert!((ratio - number("test/training ")).abs() < 0.02, "{line}");
    assert!(number("validation ") > 0.0);
}

#[test]
fn rows_beyond_the_memory_are_sampled_and_that_is_said() {
    let folder = Folder::new();
    let train = |name: &str, options: &str| {
        folder.ok(&format!("train conn.log -o {name} --memory 200K {options} {QUICK}"))
    };
    let ran =
        train("a.model", "").says("6,000 rows are more than --memory holds: training on a random sample of");
    let sample: usize = ran
        .err
        .split("sample of ")
        .nth(1)
        .and_then(|text| text.split(' ').next()?.replace(',', "").parse().ok())
        .expect("a number of rows");
    assert!(sample > 500 && sample < 6000, "{ran}");
    train("b.model", "--threads 1");
    assert!(folder.bytes("a.model") == folder.bytes("b.model"), "the sample depends on the seed alone");
    train("c.model", "--seed 9");
    assert!(folder.bytes("a.model") != folder.bytes("c.model"));
    folder.ok(&format!("train conn.log -o d.model {QUICK}")).says_not("--memory");
}

#[test]
fn a_new_model_replaces_the_old_one_whole() {
    let folder = Folder::new();
    folder.write("home.model", fixtures::other_model());
    folder.ok(&format!("train conn.log -o home.model {QUICK}"));
    assert!(folder.bytes("home.model") == fixtures::model());
    assert_eq!(folder.names(), ["conn.log", "home.model"], "and nothing else is left");
    // A training that fails leaves the old one.
    folder.write("few.log", fixtures::excerpt(0..3));
    folder.run("train few.log -o home.model").exits(8);
    assert!(folder.bytes("home.model") == fixtures::model());
}

#[test]
fn other_widths_and_quantiles() {
    let folder = Folder::new();
    folder
        .ok(&format!("train conn.log -o new.model --hidden 8,4,8 --quantile 0.9 {QUICK}"))
        .prints("-8-4-8-")
        .prints("90th percentile");
    let flagged = |options: &str| {
        let out = folder.ok(&format!("detect conn.log -m new.model -o - --format json{options}"));
        out.json().iter().filter(|row| row["flagged"] == true).count()
    };
    assert!(flagged("") > flagged(" --quantile 0.99"), "the one it was trained with is the default");
    assert_eq!(flagged(""), flagged(" --quantile 0.9"));
}
