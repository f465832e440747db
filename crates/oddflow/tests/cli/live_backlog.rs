//! A long rest of live logs, as after a night without the service: what other logs say of its connections is more than the state has room
//! for at once, and each finds its connection all the same.

use std::collections::HashMap;
use std::fmt::Write;

use crate::fixtures::{gz, parts};
use crate::folder::Folder;
use crate::live::household;

/// Connections, each with a name that was asked for; about a third more than may wait.
const ROWS: usize = 44_000;

/// Conn logs and dns logs of so many hours with the same rows.
fn logs(conn: &str, dns: &str, hours: usize) -> Folder {
    let folder = Folder::empty();
    folder.write("home.model", &household().model);
    folder.write("oddflow.toml", "[watch]\npoll_s = 0.02\nsettle_s = 0.1\n");
    for (kind, log) in [("conn", conn), ("dns", dns)] {
        let (header, rows) = parts(log);
        for (hour, rows) in rows.chunks(rows.len().div_ceil(hours)).enumerate() {
            let header: String = header.lines().filter(|line| !line.starts_with("#open")).fold(
                String::new(),
                |header, line| {
                    let open = if line.starts_with("#fields") {
                        format!("#open\t2026-02-27-{hour:02}-00-00\n")
                    } else {
                        String::new()
                    };
                    header + &open + line + "\n"
                },
            );
            folder.write(
                &format!("zeek/2026-02-27/{kind}.{hour:02}:00:00-{:02}:00:00.log.gz", hour + 1),
                gz(header + &rows.concat()),
            );
        }
    }
    folder
}

/// Scores by uid.
fn scores(folder: &Folder) -> HashMap<String, String> {
    folder.ok("watch zeek -m home.model --db a.db --config oddflow.toml --mode live --once --budget 2000");
    let alerts = folder
        .incidents("a.db")
        .into_iter()
        .flat_map(|incident| incident["alerts"].as_array().cloned().unwrap_or_default());
    alerts.map(|alert| (alert["uid"].to_string(), alert["score"].to_string())).collect()
}

#[test]
fn a_long_rest_is_read_as_if_it_had_been_followed() {
    let made = Folder::empty();
    made.ok(&format!(
        "synth --rows {ROWS} --days 4 --start 2026-02-28 --seed 5 --attacks --single --out days"
    ));
    let conn = made.text("days/conn.log");
    let fields = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tqtype_name\n";
    let mut dns = fields.to_owned();
    for (i, row) in parts(&conn).1.into_iter().enumerate() {
        let cells: Vec<&str> = row.split('\t').collect();
        // Some of the names are new to the network.
        let name = if i % 7 == 0 { i } else { i % 100 };
        let _ = writeln!(dns, "{}\twww.site{name}.example.com\tA", cells[..6].join("\t"));
    }
    let (at_once, in_hours) = (scores(&logs(&conn, &dns, 1)), scores(&logs(&conn, &dns, 12)));
    let differ = in_hours.iter().filter(|(uid, score)| at_once.get(*uid) != Some(score)).count();
    assert!(in_hours.len() > 1000, "{}", in_hours.len());
    assert_eq!((differ, at_once.len()), (0, in_hours.len()));
}
