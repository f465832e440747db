//! `oddflow explore`: the same numbers whatever the threads and files, a report that stands alone, and logs of every shape.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::fixtures;
use crate::folder::{Folder, json_lines, skipped};

const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\n";

/// A row of plain traffic.
fn row(ts: f64, uid: &str, from: &str, to: &str, service: &str) -> String {
    format!(
        "{ts:.6}\t{uid}\t{from}\t50123\t{to}\t443\ttcp\t{service}\t1.5\t900\t12000\tSF\tT\tF\t0\tShADadFf\t9\t1380\t12\t12600\n"
    )
}

fn statistics(folder: &Folder, arguments: &str) -> Value {
    folder.ok(&format!("explore {arguments} --json")).json().remove(0)
}

#[test]
fn numbers_are_the_same_for_any_threads_and_files() {
    let folder = Folder::empty();
    folder.write("conn.log", fixtures::log());
    let header: String = fixtures::log()
        .lines()
        .take_while(|line| line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let rows: Vec<&str> = fixtures::log().lines().filter(|line| !line.starts_with('#')).collect();
    for (name, rows) in [("a.log", &rows[..2500]), ("b.log", &rows[2500..])] {
        folder.write(name, header.clone() + &rows.join("\n") + "\n");
    }
    let whole = folder.ok("explore conn.log --json --threads 1");
    assert_eq!(whole.out, folder.ok("explore conn.log --json --threads 4").out);
    let whole: Value = serde_json::from_str(&whole.out).expect("JSON");
    assert_eq!(whole["version"], 1);
    assert_eq!(whole["overview"]["rows"], rows.len());
    let parts = statistics(&folder, "a.log b.log");
    for part in ["time", "top"] {
        assert_eq!(whole[part], parts[part], "{part}");
    }
    assert_eq!(statistics(&folder, "a.log b.log --threads 1"), parts);
}

#[test]
fn numbers_are_the_same_for_any_threads_over_many_chunks() {
    let folder = Folder::empty();
    let (header, rows): (Vec<&str>, Vec<&str>) =
        fixtures::log().lines().partition(|line| line.starts_with('#'));
    let mut log = header.join("\n") + "\n";
    for copy in 0.. {
        for row in &rows {
            // The uid is the second cell.
            log.push_str(&row.replacen('\t', &format!("\tX{copy}"), 1));
            log.push('\n');
        }
        // A chunk is 1 MiB of text.
        if log.len() > 5 << 20 {
            break;
        }
    }
    folder.write("conn.log", log);
    let one = folder.ok("explore conn.log --json --threads 1 --host 192.168.1.10").out;
    for threads in [2, 5] {
        let same = folder.ok(&format!("explore conn.log --json --threads {threads} --host 192.168.1.10")).out;
        assert_eq!(one, same, "{threads} threads");
    }
}

#[test]
fn json_logs_have_the_same_statistics() {
    let folder = Folder::empty();
    folder.write("tsv.log", fixtures::log());
    folder.write("json.log", fixtures::json_log());
    let (tsv, json) = (statistics(&folder, "tsv.log"), statistics(&folder, "json.log"));
    // Sums of real numbers depend on where chunks end, which is elsewhere in another text.
    for part in ["time", "top"] {
        assert_eq!(tsv[part], json[part], "{part}");
    }
}

#[test]
fn a_span_of_time_can_be_chosen() {
    let folder = Folder::empty();
    let rows: String = (0..10)
        .map(|i| row(1_740_000_000.0 + f64::from(i) * 60.0, &format!("C{i}"), "10.0.0.5", "192.0.2.7", "ssl"))
        .collect();
    folder.write("conn.log", HEADER.to_owned() + &rows);
    let some = statistics(&folder, "conn.log --from 1740000060 --to 1740000300");
    assert_eq!(some["overview"]["rows"], 4);
    assert_eq!(some["overview"]["health"]["rows_left_out"], 6);
    folder.run("explore conn.log --from 1740000300 --to 1740000060").fails(2, &["--from is not before --to"]);
    folder.run("explore conn.log --tz Mars/Olympus").fails(2, &["America/Los_Angeles"]);
}

#[test]
fn days_are_those_of_the_zone() {
    let folder = Folder::empty();
    // 02:30 UTC is the evening before in Los Angeles.
    folder.write("conn.log", HEADER.to_owned() + &row(1_740_018_600.0, "C1", "10.0.0.5", "192.0.2.7", "ssl"));
    let date = |arguments: &str| statistics(&folder, arguments)["time"]["days"][0]["date"].clone();
    assert_eq!(date("conn.log"), "2025-02-20");
    assert_eq!(date("conn.log --tz America/Los_Angeles"), "2025-02-19");
}

/// A folder with a report of each of several logs, by their names.
fn reports() -> (Folder, Vec<&'static str>) {
    let folder = Folder::empty();
    let one = |from: &str, to: &str| row(1_740_000_000.0, "C1", from, to, "ssl");
    let gap = one("10.0.0.5", "192.0.2.7") + &row(1_740_864_000.0, "C2", "10.0.0.5", "192.0.2.7", "http");
    let smuggled =
        row(1_740_000_000.0, "<script>alert(1)</script>", "10.0.0.5", "192.0.2.7", "<img/src=x>,\"'&");
    let six: String = (0..40)
        .map(|i| {
            row(
                1_740_000_000.0 + f64::from(i),
                &format!("C{i}"),
                "2001:db8:85a3::8a2e:370:7334",
                &format!("2001:db8:85a3:8d3:1319:8a2e:370:{i:x}"),
                "ssl",
            )
        })
        .collect();
    let logs = [
        ("day", fixtures::log().to_owned()),
        ("empty", HEADER.to_owned()),
        ("one-row", HEADER.to_owned() + &one("10.0.0.5", "192.0.2.7")),
        ("ipv6", HEADER.to_owned() + &six),
        ("gap", HEADER.to_owned() + &gap),
        ("smuggled", HEADER.to_owned() + &smuggled),
    ];
    let mut names: Vec<&str> = logs.iter().map(|(name, _)| *name).collect();
    for (name, log) in logs {
        folder.write(&format!("{name}.log"), log);
        folder.ok(&format!("explore {name}.log -o {name} --pies --host 10.0.0.5"));
    }
    folder.write("home.model", &fixtures::household().model);
    folder.ok("detect day.log smuggled.log -m home.model --db a.db");
    folder.ok("explore day.log smuggled.log -m home.model --db a.db -o scored");
    folder.ok("explore empty.log -m home.model -o scored-empty");
    names.extend(["scored", "scored-empty"]);
    (folder, names)
}

#[test]
fn a_report_stands_alone() {
    let (folder, names) = reports();
    for name in names {
        let report = folder.text(&format!("{name}/report.html"));
        for wanted in ["id=\"overview\"", "prefers-color-scheme: dark", "default-src 'none'"] {
            assert!(report.contains(wanted), "{name}: {wanted}");
        }
        let is_empty = name.ends_with("empty");
        for part in ["id=\"findings\"", "id=\"time\""] {
            assert_eq!(report.contains(part), !is_empty, "{name}: {part}");
        }
        for unwanted in ["<script", "<img", "src=\"", "@import", "url(http", "NaN"] {
            assert!(!report.contains(unwanted), "{name}: {unwanted}");
        }
        let mut figures = 0;
        for line in report.split("href=\"figures/").skip(1) {
            let file = line.split('"').next().expect("a name");
            assert!(folder.path(&format!("{name}/figures/{file}")).is_file(), "{name}: {file}");
            figures += 1;
        }
        assert!(if is_empty { figures == 0 } else { figures >= 90 && figures % 3 == 0 }, "{name}: {figures}");
        let mut ids: Vec<&str> =
            report.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        ids.retain(|id| id.starts_with("figure-") || id.starts_with("host-"));
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!((ids.len(), ids.len() > 20), (all, !is_empty), "{name}: a name is there twice");
        assert_eq!(report.contains("id=\"scores\""), name.starts_with("scored"), "{name}");
    }
    // Cards lead to the figure of their number.
    let cards = folder.text("day/report.html");
    assert!(cards.matches("\">look closer</a>").count() > 5);
    for figure in ["distribution-duration-log", "top-services", "top-states", "top-destination-ports"] {
        assert!(cards.contains(&format!("<a href=\"#figure-{figure}\">look closer</a>")), "{figure}");
    }
    let table = folder.text("day/figures/top-protocols.csv");
    assert!(table.starts_with("value,rows,share,orig_bytes,resp_bytes\r\n"), "{table}");
    let smuggled = folder.text("smuggled/report.html");
    assert!(smuggled.contains("&lt;img/src=x&gt;"));
}

#[test]
fn what_people_read() {
    let folder = Folder::empty();
    folder.write("conn.log", fixtures::log());
    insta::assert_snapshot!("explore_summary", folder.ok("explore conn.log").out);
    folder.ok("explore conn.log --host 203.0.113.99").says("203.0.113.99 is part of no connection");
}

/// Rows of a host with an IPv4 address that Zeek knows and an IPv6 address that it doesn't.
fn half_known() -> String {
    let rows = (0..40).map(|i| {
        let ts = 1_740_383_900.0 + f64::from(i) * 60.0;
        if i % 2 == 0 {
            row(ts, &format!("C{i}"), "10.0.0.5", "192.0.2.7", "ssl")
        } else {
            row(ts, &format!("C{i}"), "2001:db8:1:2::5", "2001:db8:ffff::7", "-").replace("SF\tT", "SF\tF")
        }
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

#[test]
fn networks_that_zeek_does_not_know_can_be_named() {
    let folder = Folder::empty();
    folder.write("conn.log", half_known());
    let told = folder.ok("explore conn.log").out;
    assert!(
        told.contains("50.0% of the connections have no local side: name all your networks with --local-net"),
        "{told}"
    );
    assert!(told.contains("2001:db8:1:2::/64"), "{told}");
    folder.ok("explore conn.log -o report --local-net 10.0.0.0/8 --local-net 2001:db8:1::/48");
    let report = folder.text("report/report.html");
    assert!(report.contains("Local networks are those named: 10.0.0.0/8 and 2001:db8:1::/48."));
    assert!(report.contains("id=\"host-2001:db8:1:2::5\""));
    folder.run("explore conn.log --local-net ten/8").fails(2, &["10.0.0.0/8"]);
}

#[test]
fn all_times_are_those_of_the_zone() {
    let folder = Folder::empty();
    folder.write("conn.log", half_known());
    // 07:58 UTC is two minutes before midnight in Los Angeles.
    let told = folder.ok("explore conn.log --tz America/Los_Angeles --host 10.0.0.5").out;
    assert!(told.contains("2025-02-23 23:58:20 to 2025-02-24 00:37:20 (America/Los_Angeles)"), "{told}");
    assert!(told.contains("between midnight and six (America/Los_Angeles)"), "{told}");
    folder.ok("explore conn.log --tz America/Los_Angeles --host 10.0.0.5 -o report");
    for text in [told, folder.text("report/report.html")] {
        assert!(!text.contains("UTC") && !text.contains("2025-02-24 07:"), "{text}");
    }
    let rows = |from: &str| statistics(&folder, &format!("conn.log {from}"))["overview"]["rows"].clone();
    assert_eq!(rows("--from 2025-02-24 --tz America/Los_Angeles"), 38);
    assert_eq!(rows("--from 2025-02-24"), 40);
}

#[test]
fn an_empty_window_is_no_reassurance() {
    let folder = Folder::empty();
    folder.write("conn.log", half_known());
    folder.write("empty.log", HEADER);
    let told = folder.ok("explore conn.log --from 2024-01-01 --to 2024-01-02 -o report").out;
    assert_eq!(told, "");
    let sentence = "No connection began between 2024-01-01 00:00:00 and 2024-01-02 00:00:00; those in the logs began from \
                    2025-02-24 07:58:20 to 2025-02-24 08:37:20 (UTC).";
    let report = folder.text("report/report.html");
    assert!(report.contains(sentence), "{report}");
    assert!(!report.contains("<figure") && !report.contains("No TCP connection"));
    let told = folder.ok("explore conn.log --from 2024-01-01 --to 2024-01-02").out;
    assert_eq!(told.trim(), sentence);
    assert_eq!(folder.ok("explore empty.log").out.trim(), "The logs have no connection that could be read.");
}

#[test]
fn a_host_has_its_story_in_text_too() {
    let folder = Folder::empty();
    folder.write("conn.log", fixtures::log());
    let told = folder.ok("explore conn.log --host 10.0.0.5").out;
    let story = told.find("\n10.0.0.5 (local): ").map(|place| &told[place + 1..]).expect("a story");
    insta::assert_snapshot!("explore_host", story);
}

#[test]
fn what_cannot_be_meant_is_refused_with_a_hint() {
    let folder = Folder::empty();
    folder.write("conn.log", half_known());
    folder.write("file", "mine");
    folder.run("explore conn.log --pies").fails(2, &["required"]);
    folder.run("explore conn.log --host 10.0.0.0/8").fails(2, &["one address"]);
    folder.run("explore conn.log --tz PST").fails(2, &["America/Los_Angeles", "PST8PDT"]);
    folder.run("explore conn.log -o file").fails(7, &["it is a file"]);
    assert_eq!(folder.text("file"), "mine");
}

#[test]
fn a_report_leaves_no_figures_of_the_one_before() {
    let folder = Folder::empty();
    folder.write("conn.log", half_known());
    folder.ok("explore conn.log -o report --pies --host 10.0.0.5");
    folder.write("report/figures/mine.svg", "a stranger's");
    assert!(folder.path("report/figures/pie-services.png").is_file());
    folder.ok("explore conn.log -o report");
    for gone in ["pie-services.png", "pie-services.csv", "host-10.0.0.5-days.svg"] {
        assert!(!folder.path(&format!("report/figures/{gone}")).exists(), "{gone}");
    }
    assert!(folder.path("report/figures/top-services.png").is_file());
    assert_eq!(folder.text("report/figures/mine.svg"), "a stranger's");
}

#[test]
fn a_log_and_its_copy_are_noticed() {
    let folder = Folder::empty();
    folder.write("conn.log", fixtures::log());
    // Begun elsewhere it is another log, which is read too.
    let first = fixtures::log().lines().find(|line| !line.starts_with('#')).expect("a row");
    folder.write("copy.log", fixtures::log().replacen(&format!("{first}\n"), "", 1));
    let told = folder.ok("explore conn.log copy.log").out;
    assert!(told.contains("of the connections stand here more than once"), "{told}");
    assert!(!folder.ok("explore conn.log").out.contains("more than once"));
}

#[test]
fn scores_are_those_of_detection() {
    for folder in Folder::of_each_recipe() {
        folder.ok("detect conn.log -m home.model -o scored.json --format json --db a.db");
        let mut scored = scored_rows(&folder);
        let scores = statistics(&folder, "conn.log -m home.model --db a.db --top 3")["scores"].clone();
        assert_eq!(scores["rows"], scored.len());
        let sum = |groups: &Value| {
            list(groups).iter().map(|group| group["rows"].as_u64().expect("a count")).sum::<u64>()
        };
        assert_eq!(sum(&scores["by_service"]) as usize, scored.len());
        assert_eq!(sum(&scores["by_hour"]) as usize, scored.len());
        // The sort is stable: of equal scores the earlier row comes first.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let highest: Vec<(f64, String)> = list(&scores["highest"])
            .iter()
            .map(|row| {
                (row["score"].as_f64().expect("a score"), row["uid"].as_str().expect("a uid").to_owned())
            })
            .collect();
        assert_eq!(highest[0], (scored[0].0, scored[0].1.clone()));
        assert!(highest.is_sorted_by(|a, b| a.0 >= b.0));
        assert!(highest.iter().all(|(score, uid)| scored.iter().any(|row| row.0 == *score && row.1 == *uid)));
        if scores["recipe"] == "classic" {
            // Of each pair of hosts and port the highest.
            let mut seen = std::collections::HashSet::new();
            let firsts = scored.iter().filter(|(_, _, pair)| seen.insert(pair.clone()));
            let firsts: Vec<_> = firsts.take(20).map(|(score, uid, _)| (*score, uid.clone())).collect();
            assert_eq!(highest, firsts);
        } else {
            assert!(highest.len() > 5);
        }
        let threshold = scores["threshold"].as_f64().expect("a threshold");
        let above = scored.iter().filter(|(score, ..)| *score >= threshold).count();
        assert_eq!(scores["above"], above);
        assert!(list(&scores["highest"]).iter().all(|row| !list(&row["why"]).is_empty()));
        // Its alert is the one of that row.
        let known: Vec<&Value> =
            list(&scores["highest"]).iter().filter(|row| row["alert"].is_i64()).collect();
        assert!(!known.is_empty());
        for row in known {
            let alert = &folder.ok(&format!("alerts show {} --db a.db --json", row["alert"])).json()[0];
            assert_eq!((&alert["uid"], &alert["line"]), (&row["uid"], &row["line"]));
            assert_eq!(alert["incident"], row["incident"]);
        }
        let again =
            statistics(&folder, "conn.log -m home.model --db a.db --top 3 --threads 1")["scores"].clone();
        assert_eq!(again, scores);
    }
}

/// Score and uid of each row of `scored.json`, and who talks to whom.
fn scored_rows(folder: &Folder) -> Vec<(f64, String, String)> {
    let row = |row: &Value| {
        let (score, uid) = (row["score"].as_f64().expect("a score"), row["uid"].as_str().expect("a uid"));
        let pair = format!("{} {} {} {}", row["id.orig_h"], row["id.resp_h"], row["id.resp_p"], row["proto"]);
        (score, uid.to_owned(), pair)
    };
    json_lines(&folder.text("scored.json")).iter().map(row).collect()
}

#[test]
fn only_the_chosen_span_is_counted_but_all_of_it_is_learnt_from() {
    let folder = Folder::behaviour();
    let whole = statistics(&folder, "conn.log -m home.model");
    let start = whole["overview"]["last"].as_f64().expect("a time") - 3600.0;
    let last = statistics(&folder, &format!("conn.log -m home.model --from {start}"));
    assert_eq!(last["scores"]["rows"], last["overview"]["rows"]);
    // The rows before are not counted, and the state has seen them all the same: a row's score stays what it is.
    let of = |statistics: &Value| -> Vec<(String, f64)> {
        let row = |row: &Value| (row["uid"].to_string(), row["score"].as_f64().expect("a score"));
        list(&statistics["scores"]["highest"]).iter().map(row).collect()
    };
    let all: Vec<_> = of(&whole);
    let both: Vec<_> = of(&last).into_iter().filter(|row| all.iter().any(|known| known.0 == row.0)).collect();
    assert!(both.iter().all(|row| all.contains(row)));
    let late =
        list(&whole["scores"]["highest"]).iter().filter(|row| row["ts"].as_f64() >= Some(start)).count();
    assert_eq!(both.len(), late);
}

#[test]
fn what_needs_a_model_says_so() {
    let folder = Folder::new();
    folder.run("explore conn.log --conn-only").fails(2, &["there is no model"]);
    folder.run("explore conn.log --db a.db").fails(2, &["required"]);
    folder.run("explore conn.log -m conn.log").fails(5, &["conn.log"]);
}

#[expect(clippy::disallowed_methods, reason = "the one knob of these tests: which Python")]
pub(crate) fn python() -> String {
    std::env::var("ODDFLOW_PYTHON").unwrap_or_else(|_| "python3".into())
}

pub(crate) fn python_has(modules: &str) -> bool {
    let import = format!("import {modules}");
    Command::new(python()).args(["-c", &import]).output().is_ok_and(|output| output.status.success())
}

/// Two numbers that are the same but for the order in which they were added up.
fn near(ours: &Value, theirs: &Value, tolerance: f64) -> bool {
    match (ours.as_f64(), theirs.as_f64()) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0),
        _ => ours.is_null() && theirs.is_null(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The items of a ranking by name, without those that share the last place: which of these are told is a matter of taste.
fn items(ranking: &Value) -> BTreeMap<String, [String; 4]> {
    let items = list(&ranking["items"]);
    let last = items.last().and_then(|item| item["rows"].as_u64());
    let is_cut =
        ranking["distinct"].as_u64().or(ranking["distinct"]["count"].as_u64()) > Some(items.len() as u64);
    let kept = items.iter().filter(|item| !is_cut || item["rows"].as_u64() > last);
    kept.map(|item| {
        let share = format!("{:.9}", item["share"].as_f64().expect("a share"));
        let [rows, sent, received] = ["rows", "orig_bytes", "resp_bytes"].map(|name| item[name].to_string());
        (item["name"].as_str().expect("a name").to_owned(), [rows, sent, received, share])
    })
    .collect()
}

/// The linear bins of a column: the same edges, and no value on the wrong side of one but by the stated error.
fn assert_linear(ours: &Value, theirs: &Value) {
    let (ours, name) = (&ours["linear"], &ours["name"]);
    let Some(edges) = theirs["linear"]["edges"].as_array() else {
        return assert!(list(&ours["edges"]).is_empty(), "{name}");
    };
    assert_eq!(list(&ours["edges"]).len(), edges.len(), "{name}");
    for (a, b) in list(&ours["edges"]).iter().zip(edges) {
        assert!(near(a, b, 1e-9), "{name}: {a} {b}");
    }
    let mut below = 0;
    for (count, range) in list(&ours["counts"]).iter().zip(list(&theirs["linear"]["below"])) {
        below += count.as_u64().expect("a count");
        let [least, most] = [0, 1].map(|end| range[end].as_u64().expect("a count"));
        assert!((least..=most).contains(&below), "{name}: {below} of {least} to {most}");
    }
    let all: u64 = list(&ours["counts"]).iter().filter_map(Value::as_u64).sum();
    let theirs: u64 = list(&theirs["linear"]["counts"]).iter().filter_map(Value::as_u64).sum();
    assert_eq!(all, theirs, "{name}");
}

/// Half hours by day, and hours of the week.
fn assert_same_time(ours: &Value, theirs: &Value) {
    let days = list(&ours["days"]).iter().filter(|day| day["rows"] != 0);
    for (a, b) in days.zip(list(&theirs["days"])) {
        for name in ["date", "rows", "orig_bytes", "resp_bytes"] {
            assert_eq!(a[name], b[name], "{name}");
        }
        for (i, half) in list(&a["half_hours"]).iter().enumerate() {
            let rows = b["half_hours"].get(i.to_string()).map_or(0, |rows| rows.as_u64().expect("a count"));
            assert_eq!(half["rows"], rows, "{}: half hour {i}", a["date"]);
        }
    }
    for name in ["rows", "orig_bytes", "resp_bytes"] {
        assert_eq!(ours["hour_of_week"][name], theirs["hour_of_week"][name], "{name}");
    }
}

fn assert_same_overview(ours: &Value, theirs: &Value) {
    for name in ["rows", "missed_bytes", "missed_rows"] {
        assert_eq!(ours[name], theirs[name], "{name}");
    }
    for name in ["first", "last"] {
        assert!(near(&ours[name], &theirs[name], 1e-12), "{name}: {} {}", ours[name], theirs[name]);
    }
    for name in ["sources", "destinations", "addresses"] {
        assert_eq!(ours[name]["count"], theirs[name], "{name}");
    }
    assert_eq!(ours["clock"]["out_of_order"], theirs["out_of_order"]);
    assert!(near(&ours["clock"]["furthest_back"], &theirs["furthest_back"], 1e-6));
    for (name, rows) in theirs["unset"].as_object().expect("columns") {
        let of = list(&ours["unset"]).iter().find(|unset| unset["column"] == **name).expect("a column");
        assert_eq!(of["rows"], *rows, "{name}");
    }
}

#[test]
fn pandas_finds_the_same() {
    if !python_has("pandas, sklearn") {
        return skipped(&format!("{} has no pandas; set ODDFLOW_PYTHON to one that does", python()));
    }
    let folder = Folder::empty();
    folder.write("conn.log", fixtures::log());
    let mut logs = vec![folder.path("conn.log")];
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/office-day/conn.log.gz");
    if real.is_file() {
        logs.push(real);
    } else {
        skipped("../shared/data/office-day is not there");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reference/explore.py");
    for log in logs {
        let ours = statistics(&folder, &format!("{} --tz America/New_York --top 20", log.display()));
        let options = ["--zone", "America/New_York", "--top", "20"];
        let output =
            Command::new(python()).arg(&script).arg(&log).args(options).output().expect("Python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let theirs: Value = serde_json::from_slice(&output.stdout).expect("JSON");

        assert_eq!(ours["correlations"]["rows"], theirs["correlations"]["rows"]);
        for matrix in ["pearson", "log_pearson"] {
            let cells = |of: &Value| -> Vec<Value> {
                list(&of["correlations"][matrix]).iter().flat_map(|row| list(row).to_vec()).collect()
            };
            for (a, b) in cells(&ours).iter().zip(&cells(&theirs)) {
                assert!(near(a, b, 1e-9), "{matrix}: {a} {b}");
            }
        }
        for (a, b) in list(&ours["columns"]).iter().zip(list(&theirs["columns"])) {
            for exact in ["count", "unset", "zeros", "min", "max"] {
                assert_eq!(a[exact], b[exact], "{}: {exact}", a["name"]);
            }
            for sum in ["mean", "deviation"] {
                assert!(near(&a[sum], &b[sum], 1e-9), "{}: {sum}", a["name"]);
            }
            assert_linear(a, b);
            let error = a["relative_error"].as_f64().expect("a number");
            for (q, exact) in list(&a["quantiles"]).iter().zip(list(&b["quantiles"])) {
                let (q, exact) = (q["value"].as_f64().expect("one"), exact["value"].as_f64().expect("one"));
                assert!((q - exact).abs() <= error * exact + 1e-12, "{}: {q} {exact}", a["name"]);
            }
        }
        for (name, theirs) in theirs["top"].as_object().expect("rankings") {
            let ours = &ours["top"][name];
            assert_eq!(
                (&ours["rows"], &ours["distinct"]["count"]),
                (&theirs["rows"], &theirs["distinct"]),
                "{name}"
            );
            let rows = |of: &Value| -> Vec<Value> {
                list(&of["items"]).iter().map(|item| item["rows"].clone()).collect()
            };
            assert_eq!(rows(ours), rows(theirs), "{name}");
            assert_eq!(items(ours), items(theirs), "{name}");
        }
        assert_same_time(&ours["time"], &theirs["time"]);
        assert_same_overview(&ours["overview"], &theirs["overview"]);
        let days = |of: &Value| -> Vec<(Value, Value)> {
            let days = list(&of["time"]["days"]).iter().filter(|day| day["rows"] != 0);
            days.map(|day| (day["date"].clone(), day["rows"].clone())).collect()
        };
        assert_eq!(days(&ours), days(&theirs));
    }
}

#[test]
fn a_browser_shows_the_report() {
    let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
    });
    let Some(chromium) = chromium else { return skipped("no Chromium is here") };
    if !python_has("playwright.sync_api") {
        return skipped(&format!("{} has no playwright; set ODDFLOW_PYTHON to one that does", python()));
    }
    let which = Command::new("sh").args(["-c", &format!("command -v {chromium}")]).output().expect("a shell");
    let (folder, names) = reports();
    let mut look = Command::new(python());
    look.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/report_page.py"));
    look.arg(String::from_utf8_lossy(&which.stdout).trim());
    look.args(names.iter().map(|name| folder.path(&format!("{name}/report.html"))));
    let output = look.output().expect("Python starts");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
