//! `detect -o`: every row of the input, untouched, with its score.

use std::process::{Command, Stdio};

use crate::fixtures;
use crate::folder::{Folder, json_lines, skipped};

/// The rows of a TSV log as texts by column name.
fn cells<'a>(log: &'a str, column: &str) -> Vec<&'a str> {
    let fields = log.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let at =
        fields.split('\t').position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"));
    let rows = log.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split('\t').nth(at).expect("a cell")).collect()
}

#[test]
fn every_column_is_there_untouched_also_those_that_nobody_knows() {
    for folder in Folder::of_each_recipe() {
        // Two columns of a site's own, one of them with text that needs care.
        let log: String = fixtures::log()
            .lines()
            .enumerate()
            .map(|(i, line)| match line.split('\t').next() {
                Some("#fields") => format!("{line}\tcommunity_id\tnote\n"),
                Some("#types") => format!("{line}\tstring\tset[string]\n"),
                Some(word) if word.starts_with('#') => format!("{line}\n"),
                _ if i % 3 == 0 => format!("{line}\t-\t(empty)\n"),
                _ => format!("{line}\t1:x\\x09y\\x5c=\"é\"\ta,b\\x2cc\n"),
            })
            .collect();
        folder.write("conn.log", &log);
        folder.ok("detect conn.log -m home.model -o scored.log");
        let scored = folder.text("scored.log");
        let (header, rows) = fixtures::parts(&scored);
        let (input_header, input_rows) = fixtures::parts(&log);
        assert_eq!(rows.len(), input_rows.len());
        for (row, input) in rows.iter().zip(&input_rows) {
            assert!(row.starts_with(&(input.trim_end().to_owned() + "\t")), "{row}{input}");
        }
        for word in
            ["#separator", "#set_separator", "#empty_field", "#unset_field", "#path", "#fields", "#types"]
        {
            let line = |header: &str| {
                header.lines().find(|line| line.starts_with(word)).unwrap_or_default().to_owned()
            };
            assert!(
                line(&header).starts_with(&line(&input_header)) && !line(&header).is_empty(),
                "{word}: {header}"
            );
        }
        assert!(
            header.contains("\tscore\tflagged\tmodel_id\n") && header.contains("\tdouble\tbool\tstring\n")
        );
        // A scored log is a conn log again.
        folder.ok("detect scored.log -m home.model -o again.log");
        assert!(cells(&folder.text("again.log"), "score") == cells(&scored, "score"));
    }
}

#[test]
fn the_scores_are_the_same_in_both_formats() {
    for folder in Folder::of_each_recipe() {
        folder.ok("detect conn.log -m home.model -o scored.log");
        folder.ok("detect conn.log -m home.model -o scored.json --format json");
        let tsv = folder.text("scored.log");
        let rows = json_lines(&folder.text("scored.json"));
        let number = |text: &str| text.parse::<f64>().expect("a number");
        assert_eq!(cells(&tsv, "score").len(), 6000);
        for (cell, row) in cells(&tsv, "score").iter().zip(&rows) {
            let (tsv, json) = (number(cell), row["score"].as_f64().expect("a score"));
            assert!((tsv - json).abs() <= 1e-6 * json.max(1.0), "{tsv}, {json}");
        }
        for (cell, row) in cells(&tsv, "flagged").iter().zip(&rows) {
            assert_eq!(*cell == "T", row["flagged"] == true);
        }
        let model = folder.ok("model show home.model").out;
        assert!(cells(&tsv, "model_id").iter().zip(&rows).all(|(cell, row)| row["model_id"] == **cell));
        assert!(model.contains(cells(&tsv, "model_id")[0]));
        // Values of the input keep their types.
        assert!(
            rows.iter()
                .all(|row| row["ts"].is_number() && row["id.orig_p"].is_number() && row["uid"].is_string())
        );
    }
}

#[test]
fn json_keeps_every_value_of_its_input() {
    for folder in Folder::of_each_recipe() {
        let with_note: String = fixtures::json_log()
            .lines()
            .map(|line| line.replacen('{', "{\"note\":\"a \\\"b\\\" é\",\"level\":7,", 1) + "\n")
            .collect();
        folder.write("conn.json", &with_note);
        let scored = folder.ok("detect conn.json -m home.model -o - --format json").json();
        for (input, scored) in json_lines(&with_note).iter().zip(&scored) {
            for (name, value) in input.as_object().expect("an object") {
                let kept = &scored[name];
                // A site's own number has no Zeek type; its text is kept.
                let same = kept == value
                    || kept.as_str() == Some(&value.to_string())
                    || kept.as_f64() == value.as_f64();
                assert!(same && !kept.is_null(), "{name}: {value}, {kept}");
            }
        }
    }
}

#[test]
fn bro_cut_reads_it() {
    let cut = ["zeek-cut", "bro-cut"].into_iter().find(|name| {
        Command::new(name)
            .arg("ts")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok()
    });
    let Some(cut) = cut else {
        skipped("neither zeek-cut nor bro-cut is installed (Debian: bro-aux)");
        return;
    };
    let folder = Folder::new();
    folder.write("other.log", fixtures::excerpt(10..20));
    folder.ok("detect conn.log -m home.model -o scored.log");
    let scored = std::fs::File::open(folder.path("scored.log")).expect("a file");
    let output =
        Command::new(cut).args(["uid", "score", "flagged"]).stdin(scored).output().expect("it starts");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let rows = folder.ok("detect conn.log -m home.model -o - --format json").json();
    assert_eq!(lines.lines().count(), rows.len());
    for (line, row) in lines.lines().zip(&rows) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells[0], row["uid"]);
        let (tsv, json) =
            (cells[1].parse::<f64>().expect("a number"), row["score"].as_f64().expect("a score"));
        assert!((tsv - json).abs() <= 1e-6 * json.max(1.0), "{tsv}, {json}");
        assert_eq!(cells[2] == "T", row["flagged"] == true);
    }
}

#[test]
fn standard_output_has_the_rows_alone() {
    for folder in Folder::of_each_recipe() {
        let ran = folder.ok("detect conn.log -m home.model -o -").says("6,000 rows of 1 log scored");
        folder.ok("detect conn.log -m home.model -o scored.log");
        assert!(ran.out == folder.text("scored.log"));
        assert!(ran.out.starts_with("#separator \\x09\n"));
    }
}

#[test]
fn beside_the_database_only_what_is_new_is_written() {
    for folder in Folder::of_each_recipe() {
        let whole = folder.ok("detect conn.log -m home.model -o - --format json").out;
        folder.ok("detect conn.log -m home.model --db alone.db");
        folder.write("grows.log", fixtures::excerpt(0..2000));
        let first = folder.ok("detect grows.log -m home.model --db a.db -o - --format json").out;
        folder.write("grows.log", fixtures::log());
        let second = folder.ok("detect grows.log -m home.model --db a.db -o - --format json").out;
        assert_eq!(first.lines().count(), 2000);
        assert!(first + &second == whole);
        let third =
            folder.ok("detect grows.log -m home.model --db a.db -o - --format json").says("nothing new");
        assert!(third.out.is_empty());
        assert_eq!(folder.found("a.db").len(), folder.found("alone.db").len());
    }
}

/// The rows of a file that is scored beside a database are added to, as those of earlier runs won't come again.
#[test]
fn beside_the_database_a_file_is_added_to() {
    for folder in Folder::of_each_recipe() {
        folder.ok("detect conn.log -m home.model -o whole.json --format json");
        folder.write("grows.log", fixtures::excerpt(0..2000));
        for _ in 0..2 {
            folder.ok("detect grows.log -m home.model --db json.db -o rows.json --format json");
            folder.ok("detect grows.log -m home.model --db tsv.db -o rows.log");
            folder.write("grows.log", fixtures::log());
        }
        folder
            .ok("detect grows.log -m home.model --db json.db -o rows.json --format json")
            .says("nothing new");
        assert!(folder.bytes("rows.json") == folder.bytes("whole.json"));
        let rows = folder.text("rows.log");
        assert!(
            fixtures::parts(&rows).1.concat()
                == fixtures::parts(&folder.ok("detect conn.log -m home.model -o -").out).1.concat()
        );
        folder.ok("detect rows.log -m home.model -o again.log --strict").says("6,000 rows of 1 log scored");
        // Without a database each run writes all, and so anew.
        folder.ok("detect conn.log -m home.model -o whole.json --format json");
        assert_eq!(folder.text("whole.json").lines().count(), 6000);
    }
}

/// Two logs with other columns: a new header where they change, and every row under its own.
#[test]
fn logs_with_other_columns_in_one_run() {
    for folder in Folder::of_each_recipe() {
        let (header, rows) = fixtures::parts(fixtures::log());
        let short = |line: &str| line.rsplit_once('\t').expect("a last column").0.to_owned() + "\n";
        let older: String = header
            .lines()
            .map(|line| {
                if line.starts_with("#fields") || line.starts_with("#types") {
                    short(line)
                } else {
                    line.to_owned() + "\n"
                }
            })
            .chain(rows[..50].iter().map(|row| short(row)))
            .collect();
        folder.write("older.log", older.replace("2026-03-02-00-00-00", "2026-03-01-00-00-00"));
        folder.write("newer.log", fixtures::excerpt(100..150));
        let ran =
            folder.ok("detect older.log newer.log -m home.model -o -").says("100 rows of 2 logs scored");
        let mut columns = 0;
        let mut read = 0;
        for line in ran.out.lines() {
            match line.strip_prefix("#fields\t") {
                Some(fields) => columns = fields.split('\t').count(),
                None if line.starts_with('#') => {}
                None => {
                    assert_eq!(line.split('\t').count(), columns, "{line}");
                    read += 1;
                }
            }
        }
        assert_eq!(read, 100);
        folder.write("scored.log", &ran.out);
        folder.ok("detect scored.log -m home.model -o - --strict").says("100 rows of 1 log scored");
    }
}
