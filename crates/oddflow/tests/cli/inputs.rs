//! Logs in all the ways in which they come: what is read must not depend on how it is packed or named.

use serde_json::Value;

use crate::fixtures::{self, QUICK, gz, zst};
use crate::folder::{Folder, Ran};

/// uid and score of each row.
fn scores(ran: &Ran) -> Vec<(String, f64)> {
    let score =
        |row: &Value| (row["uid"].as_str().expect("a uid").into(), row["score"].as_f64().expect("a score"));
    ran.json().iter().map(score).collect()
}

fn score(folder: &Folder, logs: &str) -> Vec<(String, f64)> {
    scores(&folder.ok(&format!("detect {logs} -m home.model -o - --format json")))
}

#[test]
fn packing_and_format_make_no_difference() {
    // Reading doesn't know the recipe; a few ways will do for the second one.
    for (folder, ways) in Folder::of_each_recipe().into_iter().zip([10, 4]) {
        let expected = score(&folder, "conn.log");
        assert_eq!(expected.len(), 6000);
        let tsv = fixtures::log();
        let json = fixtures::json_log();
        for (name, bytes) in [
            ("a.gz", gz(tsv)),
            ("a.zst", zst(tsv)),
            ("a.json", json.into()),
            ("windows.log", tsv.replace('\n', "\r\n").into()),
            ("a.json.gz", gz(json)),
            ("a.json.zst", zst(json)),
            // Sniffed by content, not by name.
            ("plain.gz", tsv.into()),
            ("packed.log", gz(tsv)),
            ("json.tsv.zst", json.into()),
            ("members.gz", [gz(&tsv[..100_000]), gz(&tsv[100_000..])].concat()),
        ]
        .into_iter()
        .take(ways)
        {
            folder.write(name, &bytes);
            assert_eq!(score(&folder, name), expected, "{name}");
            let fed = folder.feed("detect - -m home.model -o - --format json", &bytes).exits(0);
            assert_eq!(scores(&fed), expected, "{name} from standard input");
        }
    }
}

#[test]
fn columns_are_known_by_name() {
    for folder in Folder::of_each_recipe() {
        let expected = score(&folder, "conn.log");
        let (header, rows) = fixtures::parts(fixtures::log());
        let turned = |line: &str, tags: usize| {
            let cells: Vec<&str> = line.trim_end().split('\t').collect();
            let mut turned = cells[..tags].to_vec();
            turned.extend(cells[tags..].iter().rev());
            turned.join("\t") + "\n"
        };
        let header: String = header
            .split_inclusive('\n')
            .map(|line| match line.split('\t').next() {
                Some("#fields" | "#types") => turned(line, 1),
                _ => line.into(),
            })
            .collect();
        folder.write("turned.log", header + &rows.iter().map(|row| turned(row, 0)).collect::<String>());
        assert_eq!(score(&folder, "turned.log"), expected);
    }
}

#[test]
fn files_directories_and_patterns_in_order_of_time() {
    for folder in Folder::of_each_recipe() {
        folder.ok("synth --rows 2000 --days 2 --seed 5 --out logs");
        let tree = score(&folder, "logs");
        assert_eq!(tree.len(), 2000);
        let mut files: Vec<String> = Vec::new();
        for day in ["2026-03-02", "2026-03-03"] {
            let mut names: Vec<_> = std::fs::read_dir(folder.path(&format!("logs/{day}")))
                .expect("a day")
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .filter(|name| name.starts_with("conn."))
                .map(|name| format!("logs/{day}/{name}"))
                .collect();
            names.sort();
            files.extend(names);
        }
        assert_eq!(score(&folder, &files.join(" ")), tree, "several files");
        assert_eq!(score(&folder, "logs/2026-03-02 logs/2026-03-03"), tree, "two directories");
        assert_eq!(score(&folder, "logs/*/conn.*.log.gz"), tree, "a pattern");
        assert_eq!(score(&folder, "logs/2026-03-*"), tree, "a pattern of directories");
        // The live log is the latest.
        let (last, archived) = files.split_last().expect("files");
        std::fs::create_dir(folder.path("logs/current")).expect("a folder");
        std::fs::rename(folder.path(last), folder.path("logs/current/conn.log")).expect("a move");
        assert_eq!(score(&folder, "logs"), tree, "with a live log of {}", archived.len());
    }
}

#[test]
fn a_truncated_gzip_gives_what_was_readable() {
    let folder = Folder::new();
    let whole = score(&folder, "conn.log");
    let packed = gz(fixtures::log());
    folder.write("cut.log.gz", &packed[..packed.len() / 2]);
    let ran = folder.ok("detect cut.log.gz -m home.model -o - --format json").says("1 truncated file");
    let read = scores(&ran);
    assert!(read.len() > 1000 && read.len() < 6000, "{}", read.len());
    assert_eq!(read, whole[..read.len()]);
    let ran = folder.ok("detect cut.log.gz -m home.model --db a.db").says("1 truncated file");
    assert!(ran.err.contains("first: cut.log.gz:"), "{ran}");
    folder
        .run("detect cut.log.gz -m home.model --db b.db --strict")
        .fails(4, &["truncated file", "cut.log.gz"]);
    folder.ok(&format!("train cut.log.gz -o new.model {QUICK}")).says("1 truncated file");
    // Damage is counted too.
    let mut damaged = packed;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xff);
    folder.write("damaged.log.gz", damaged);
    folder.ok("detect damaged.log.gz -m home.model -o rows.log").says("could not be read, and left out:");
}

#[test]
fn each_kind_of_unreadable_row_is_counted_and_the_first_is_shown() {
    for folder in Folder::of_each_recipe() {
        let (header, rows) = fixtures::parts(fixtures::log());
        let with = |row: &str, column: usize, value: &str| {
            let mut cells: Vec<&str> = row.trim_end().split('\t').collect();
            cells[column] = value;
            cells.join("\t") + "\n"
        };
        let first = header.lines().count() + 1;
        let bad = [
            with(rows[0], 0, "soon"),
            with(rows[1], 0, "later"),
            with(rows[2], 2, "nowhere"),
            with(rows[3], 9, "many"),
            with(rows[4], 12, "maybe"),
            "1772409628.9\tCut\t10.0.0.1\n".into(),
            rows[5].trim_end().to_owned() + "\tmore\tcells\n",
        ];
        let mut bytes = (header + &bad.concat()).into_bytes();
        bytes.extend(b"\xff\xfe");
        bytes.extend(rows[6..].concat().bytes());
        folder.write("bad.log", bytes);
        let ran = folder.ok("detect bad.log -m home.model --db a.db");
        for (count, kind, line) in [
            (2, "bad time", 0),
            (1, "bad address", 2),
            (1, "bad number", 3),
            (1, "bad bool", 4),
            (1, "cut row", 5),
            (1, "extra cells", 6),
            (1, "bad UTF-8", 7),
        ] {
            let expected = format!("{count:>8} {kind:<24} first: bad.log:{}: ", first + line);
            assert!(ran.err.contains(&expected), "`{expected}`\n{ran}");
        }
        let ledger = folder.ledger("a.db");
        assert_eq!(ledger[0]["unreadable"]["bad time"], 2);
        assert_eq!(ledger[0]["rows"], 5993);
    }
}

#[test]
fn a_log_without_its_header() {
    for folder in Folder::of_each_recipe() {
        let expected = score(&folder, "conn.log");
        let (header, rows) = fixtures::parts(fixtures::log());
        let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
        folder.write("bare.log", rows.concat());
        let commas = fields.replace('\t', ",");
        assert_eq!(score(&folder, &format!("bare.log --fields {commas}")), expected);
        let mut command = folder.command("detect bare.log -m home.model -o - --format json --fields");
        let output = command.arg(fields.replace('\t', " ")).output().expect("the program starts");
        assert_eq!(scores(&Ran::new("--fields with blanks", output).exits(0)), expected);
        folder.run("detect bare.log -m home.model -o - --fields ts,uid").fails(3, &["bare.log", "id.orig_h"]);
    }
}

#[test]
fn bombs_are_bounded() {
    let folder = Folder::new();
    let expected = score(&folder, "conn.log");
    let (header, rows) = fixtures::parts(fixtures::log());
    // A line of 3 MiB among the rows.
    let long = "x".repeat(3 << 20) + "\n";
    folder.write("long.log.gz", gz(header.clone() + &rows[..10].concat() + &long + &rows[10..].concat()));
    let ran = folder.ok("detect long.log.gz -m home.model -o - --format json").says("1 over-long line");
    assert_eq!(scores(&ran), expected);
    let wide = header.lines().map(str::len).max().unwrap_or_default() + 10;
    let long = rows[3].replacen("\t-\t", &format!("\t{}\t", "x".repeat(wide)), 1);
    folder.write("wide.log", header.clone() + &rows[..3].concat() + &long + &rows[4..].concat());
    let place = format!("first: wide.log:{}: ", header.lines().count() + 4);
    let ran = folder
        .ok(&format!("detect wide.log -m home.model -o - --format json --max-line {wide}"))
        .says("1 over-long line")
        .says(&place);
    assert_eq!(scores(&ran), [&expected[..3], &expected[4..]].concat());
    folder.ok("detect wide.log -m home.model -o rows.log").says_not("over-long");
    // A file that decompresses to more than is allowed.
    folder.write("conn.log.gz", gz(fixtures::log()));
    for name in ["conn.log", "conn.log.gz"] {
        let ran = folder
            .ok(&format!("detect {name} -m home.model -o - --format json --max-file 100K"))
            .says("1 file over the size limit");
        let read = scores(&ran);
        assert!(!read.is_empty() && read.len() < 1500, "{}", read.len());
        assert_eq!(read, expected[..read.len()], "{name}");
        folder
            .run(&format!("detect {name} -m home.model --db a.db --max-file 100K --strict"))
            .fails(4, &[name]);
    }
}

#[test]
fn one_log_under_two_names_counts_once() {
    let folder = Folder::new();
    let expected = score(&folder, "conn.log");
    folder.write("archive.log.gz", gz(fixtures::log()));
    folder.write("live.log", fixtures::excerpt(0..2500));
    for names in ["conn.log archive.log.gz", "live.log archive.log.gz", "archive.log.gz live.log"] {
        folder.ok(&format!("train {names} -o new.model {QUICK}")).says("6,000 rows of");
        assert_eq!(score(&folder, names), expected, "{names}");
    }
}
