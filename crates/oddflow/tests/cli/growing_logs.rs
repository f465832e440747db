//! Logs that are still being written: each row is read exactly once, by whichever run finds it whole.

use crate::fixtures::{self, gz};
use crate::folder::Folder;

/// What an undisturbed run over the finished log stores.
fn expected(folder: &Folder) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
    folder.write("grows.log", fixtures::log());
    folder.ok("detect grows.log -m home.model --db expected.db");
    (folder.found("expected.db"), folder.ledger("expected.db"))
}

#[test]
fn a_log_that_grew_is_read_from_where_it_ended() {
    for folder in Folder::of_each_recipe() {
        let expected = expected(&folder);
        let (header, rows) = fixtures::parts(fixtures::log());
        folder.write("grows.log", header);
        folder.ok("detect grows.log -m home.model --db a.db");
        for (part, said) in [
            (0..1, "1 row of 1 log scored"),
            (1..700, "699 rows of 1 log scored"),
            (700..700, "nothing new"),
            (700..4000, "3,300 rows of 1 log scored"),
            (4000..6000, "2,000 rows of 1 log scored"),
        ] {
            folder.append("grows.log", &rows[part].concat());
            folder.ok("detect grows.log -m home.model --db a.db").says(said);
        }
        assert!((folder.found("a.db"), folder.ledger("a.db")) == expected);
    }
}

#[test]
fn a_line_that_is_still_being_written_is_read_once_when_it_is_whole() {
    for folder in Folder::of_each_recipe() {
        let expected = expected(&folder);
        let log = fixtures::log();
        let (header, rows) = fixtures::parts(log);
        // In the middle of a line, of a number, before the line's end, and after it.
        let line = |n: usize| header.len() + rows[..n].concat().len();
        let mut cuts =
            vec![line(10) + 5, line(10) + 60, line(11) - 1, line(11), line(2000) + 1, line(2000) + 25];
        cuts.extend([line(4000) + 100, line(5999) + 3, log.len() - 1, log.len()]);
        folder.write("grows.log", &log[..line(3)]);
        folder.ok("detect grows.log -m home.model --db a.db");
        let mut from = line(3);
        for cut in cuts {
            folder.append("grows.log", &log[from..cut]);
            from = cut;
            let ran = folder.ok("detect grows.log -m home.model --db a.db --strict");
            let whole = log[..cut].matches('\n').count() as u64;
            assert_eq!(folder.ledger("a.db")[0]["lines"], whole, "{ran}");
            assert!(
                folder.ledger("a.db")[0]["unreadable"].as_object().is_none_or(serde_json::Map::is_empty),
                "{ran}"
            );
        }
        assert!((folder.found("a.db"), folder.ledger("a.db")) == expected);
    }
}

#[test]
fn a_log_that_was_rotated_and_packed_since_is_read_on() {
    for folder in Folder::of_each_recipe() {
        expected(&folder);
        folder.write("current/conn.log", fixtures::excerpt(0..3000));
        folder.ok("detect current -m home.model --db a.db").says("3,000 rows");
        std::fs::remove_file(folder.path("current/conn.log")).expect("a file");
        folder.write(
            "2026-03-02/conn.00:00:00-00:00:00.log.gz",
            gz(fixtures::log().to_owned() + "#close\t2026-03-03-00-00-00\n"),
        );
        folder.ok("detect 2026-03-02 -m home.model --db a.db").says("3,000 rows of 1 log scored");
        assert!(folder.found_in_any_file("a.db") == folder.found_in_any_file("expected.db"));
        assert_eq!(folder.ledger("a.db").len(), 1);
        folder.ok("detect 2026-03-02 -m home.model --db a.db").says("nothing new");
    }
}

#[test]
fn a_log_that_became_shorter_has_nothing_new() {
    for folder in Folder::of_each_recipe() {
        folder.ok("detect conn.log -m home.model --db a.db");
        let before = (folder.found("a.db"), folder.ledger("a.db"));
        folder.write("conn.log", fixtures::excerpt(0..1000));
        folder.ok("detect conn.log -m home.model --db a.db").says("nothing new");
        assert!((folder.found("a.db"), folder.ledger("a.db")) == before);
    }
}

/// Without a database nothing is remembered, so a last line without an end is a row like any other.
#[test]
fn without_a_database_a_last_line_needs_no_end() {
    for folder in Folder::of_each_recipe() {
        folder.write("cut.log", fixtures::log().trim_end());
        let ran = folder.ok("detect cut.log -m home.model -o - --format json");
        assert_eq!(ran.out.lines().count(), 6000);
        folder.ok("detect cut.log -m home.model --db a.db").says("5,999 rows").says("unfinished last line");
        folder.append("cut.log", "\n");
        folder.ok("detect cut.log -m home.model --db a.db").says("1 row of 1 log scored");
    }
}
