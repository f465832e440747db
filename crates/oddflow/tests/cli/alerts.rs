//! `oddflow alerts`: filters, order and formats.

use serde_json::Value;

use crate::folder::Folder;

/// A folder with a database of some 300 alerts.
fn with_alerts() -> Folder {
    let folder = Folder::new();
    folder.ok("detect conn.log -m home.model --db a.db --flag-top 5%");
    folder
}

fn number(alert: &Value, name: &str) -> f64 {
    alert[name].as_f64().unwrap_or_else(|| panic!("{name} of {alert}"))
}

#[test]
fn filters_give_what_they_say() {
    let folder = with_alerts();
    let all = folder.alerts("a.db");
    assert_eq!(all.len(), 300);
    let middle = number(&all[150], "ts");
    let highest = all.iter().map(|alert| number(alert, "score")).fold(0.0, f64::max);
    let host = all[7]["orig_h"].as_str().expect("an address");
    let port = all[7]["resp_p"].as_u64().expect("a port");
    let model = all[0]["model"].as_str().expect("an id");
    type Keep<'k> = &'k dyn Fn(&Value) -> bool;
    let cases: &[(String, Keep<'_>)] = &[
        (format!("--from {middle}"), &|alert| number(alert, "ts") >= middle),
        (format!("--to {middle}"), &|alert| number(alert, "ts") < middle),
        ("--from 2026-03-02T06:00 --to 2026-03-02T12:00:00Z".into(), &|alert| {
            (1_772_431_200.0..1_772_452_800.0).contains(&number(alert, "ts"))
        }),
        (format!("--host {host}"), &|alert| alert["orig_h"] == host || alert["resp_h"] == host),
        ("--host 192.168.0.0/16".into(), &|alert| {
            ["orig_h", "resp_h"]
                .iter()
                .any(|side| alert[*side].as_str().is_some_and(|a| a.starts_with("192.168.")))
        }),
        (format!("--port {port}"), &|alert| alert["orig_p"] == port || alert["resp_p"] == port),
        ("--service dns".into(), &|alert| alert["service"] == "dns"),
        ("--service -".into(), &|alert| alert["service"].is_null()),
        (format!("--min-score {}", highest / 10.0), &|alert| number(alert, "score") >= highest / 10.0),
        (format!("--model {model}"), &|_| true),
        ("--model 0000000000000000".into(), &|_| false),
        ("--file conn.log".into(), &|_| true),
        ("--file other.log".into(), &|_| false),
        (format!("--service dns --host {host} --from {middle}"), &|alert| {
            alert["service"] == "dns"
                && (alert["orig_h"] == host || alert["resp_h"] == host)
                && number(alert, "ts") >= middle
        }),
    ];
    let mut narrowed = 0;
    for (filter, keep) in cases {
        let expected: Vec<&Value> = all.iter().filter(|alert| keep(alert)).collect();
        narrowed += usize::from(!expected.is_empty() && expected.len() < all.len());
        let ran = folder.ok(&format!("alerts export --db a.db --sort id {filter}"));
        let lines: Vec<_> = ran.json().iter().map(|alert| alert["line"].clone()).collect();
        assert_eq!(lines, expected.iter().map(|alert| alert["line"].clone()).collect::<Vec<_>>(), "{filter}");
        let listed = folder.ok(&format!("alerts list --db a.db -n 1000 {filter}"));
        assert_eq!(
            listed.out.lines().count(),
            expected.len() + usize::from(!expected.is_empty()),
            "{filter}"
        );
        let dumped = folder.ok(&format!("alerts dump --db a.db {filter}"));
        assert_eq!(dumped.out.lines().count(), expected.len() + 1, "{filter}");
        if expected.is_empty() {
            listed.says("no alerts");
        }
    }
    assert!(narrowed >= 7, "the filters select something, but not everything: {narrowed}");
}

#[test]
fn orders_and_limits() {
    let folder = with_alerts();
    let get = |options: &str| folder.ok(&format!("alerts export --db a.db {options}")).json();
    let numbers =
        |alerts: &[Value], name: &str| alerts.iter().map(|alert| number(alert, name)).collect::<Vec<_>>();
    assert!(numbers(&get(""), "score").is_sorted_by(|a, b| a >= b), "the highest score first");
    assert!(numbers(&get("--sort oldest"), "ts").is_sorted());
    assert!(numbers(&get("--sort newest"), "ts").is_sorted_by(|a, b| a >= b));
    assert!(numbers(&get("--sort id"), "id").is_sorted());
    assert!(numbers(&get("--sort id"), "line").is_sorted(), "stored in the order of the log");
    assert!(get("-n 7") == get("")[..7]);
    let listed = folder.ok("alerts list --db a.db").says("50 of 300 alerts");
    assert_eq!(listed.out.lines().count(), 51);
    assert_eq!(folder.ok("alerts list --db a.db -n 3").out.lines().count(), 4);
    let ran = folder.ok("alerts list --db a.db -n 300");
    assert!(ran.err.is_empty(), "{ran}");
}

#[test]
fn json_is_an_object_a_line_with_a_version() {
    let folder = with_alerts();
    let exported = folder.ok("alerts export --db a.db");
    for alert in exported.json() {
        assert_eq!(alert["version"], 1);
        assert!(number(&alert, "score") > number(&alert, "threshold"));
        let why = alert["contributions"].as_array().expect("contributions");
        assert!(!why.is_empty() && why.len() <= 5);
        let shares: Vec<f64> = why.iter().map(|feature| number(feature, "share")).collect();
        assert!(shares.is_sorted_by(|a, b| a >= b) && shares.iter().sum::<f64>() <= 1.001, "{shares:?}");
        assert!(why.iter().all(|feature| feature["name"].is_string() && feature["value"].is_number()));
    }
    let fields: Vec<String> = exported.json()[0].as_object().expect("an object").keys().cloned().collect();
    insta::assert_snapshot!("json_fields", fields.join("\n"));
    assert!(folder.ok("alerts export --json --db a.db").out == exported.out);
    let listed = folder.ok("alerts list --json --db a.db");
    assert!(exported.out.starts_with(&listed.out) && listed.out.lines().count() == 50);
    let first = &exported.json()[0];
    let id = number(first, "id");
    assert_eq!(folder.ok(&format!("alerts show {id} --db a.db --json")).json()[0], *first);
}

/// An alert says which row of which log it is of, in the log's own words.
#[test]
fn an_alert_leads_back_to_its_row() {
    let folder = with_alerts();
    let log = folder.text("conn.log");
    let lines: Vec<&str> = log.lines().collect();
    for alert in folder.alerts("a.db") {
        let file = alert["file"].as_str().expect("a name");
        assert_eq!(std::fs::canonicalize(file).ok(), std::fs::canonicalize(folder.path("conn.log")).ok());
        let cells: Vec<&str> = lines[number(&alert, "line") as usize - 1].split('\t').collect();
        let texts = ["uid", "orig_h", "resp_h", "proto", "service", "conn_state", "history"];
        for (name, at) in texts.into_iter().zip([1, 2, 4, 6, 7, 11, 15]) {
            assert_eq!(alert[name].as_str().unwrap_or("-"), cells[at], "{name}: {alert}");
        }
        let numbers =
            ["ts", "orig_p", "resp_p", "duration", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts"];
        for (name, at) in numbers.into_iter().zip([0, 3, 5, 8, 9, 10, 16, 18]) {
            assert_eq!(alert[name].as_f64(), cells[at].parse().ok(), "{name}: {alert}");
        }
        for (name, at) in [("local_orig", 12), ("local_resp", 13)] {
            assert_eq!(alert[name].as_bool(), Some(cells[at] == "T"), "{name}: {alert}");
        }
    }
}

#[test]
fn csv_has_a_stable_header_and_the_same_values() {
    let folder = with_alerts();
    let csv = folder.ok("alerts export --csv --db a.db").out;
    let json = folder.ok("alerts export --db a.db").json();
    let mut lines = csv.lines();
    let header = lines.next().expect("a header");
    insta::assert_snapshot!("csv_header", header);
    assert_eq!(lines.clone().count(), json.len());
    for (line, alert) in lines.zip(&json) {
        let cells = csv_cells(line);
        assert_eq!(cells.len(), header.split(',').count());
        for (name, cell) in header.split(',').zip(&cells) {
            match &alert[name] {
                Value::Null => assert_eq!(cell, "", "{name}"),
                Value::String(text) => assert_eq!(cell, text, "{name}"),
                value => assert_eq!(serde_json::from_str::<Value>(cell).ok().as_ref(), Some(value), "{name}"),
            }
        }
    }
    let listed = folder.ok("alerts list --csv --db a.db").out;
    assert!(csv.starts_with(&listed) && listed.lines().count() == 51);
}

/// The cells of a line of RFC 4180.
fn csv_cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let cell = cells.last_mut().expect("one cell at least");
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    cells
}

#[test]
fn the_dump_is_the_seeds_table() {
    let folder = with_alerts();
    let dump = folder.ok("alerts dump --db a.db --sort id").out;
    let mut lines = dump.lines();
    insta::assert_snapshot!("dump_header", lines.next().expect("a header"));
    for (line, alert) in lines.zip(folder.alerts("a.db")) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), 17);
        assert_eq!(
            (cells[1], cells[2], cells[4]),
            (
                alert["uid"].as_str().expect("a uid"),
                alert["orig_h"].as_str().expect("an address"),
                alert["resp_h"].as_str().expect("an address"),
            )
        );
        assert_eq!(cells[7], alert["service"].as_str().unwrap_or("-"));
        assert_eq!(cells[15].parse::<f64>().ok(), alert["score"].as_f64());
    }
}
