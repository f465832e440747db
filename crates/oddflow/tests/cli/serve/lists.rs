//! Lists: the same as the command line's, page by page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::Server;
use super::{found, incidents};

pub(super) fn ids(page: &Value) -> Vec<i64> {
    page["items"].as_array().expect("items").iter().map(|of| of["id"].as_i64().expect("a number")).collect()
}

/// All pages of a list.
fn all(server: &Server, path: &str) -> Vec<i64> {
    all_behind(server, path, None)
}

/// The same behind a page.
fn all_behind(server: &Server, path: &str, mut cursor: Option<String>) -> Vec<i64> {
    let mut found = Vec::new();
    loop {
        let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = server.json(&format!("{path}{more}"));
        found.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return found,
        }
    }
}

#[test]
fn items_are_those_of_the_command_line() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let without_version = |mut printed: Vec<Value>| {
        printed.iter_mut().for_each(|of| drop(of.as_object_mut().expect("an object").remove("version")));
        Value::from(printed)
    };
    let printed = folder.ok("incidents list --db a.db --json -n 500").json();
    assert_eq!(server.json("incidents?state=all&limit=500")["items"], without_version(printed));
    let printed = folder.ok("alerts list --db a.db --json -n 100").json();
    assert_eq!(server.json("alerts?state=all&limit=100")["items"], without_version(printed));
    let printed = folder.ok("model list --db a.db --json").json();
    assert_eq!(server.json("models")["items"], without_version(printed));
    let printed = folder.ok("drift --db a.db --json").json();
    let days = server.json("drift");
    assert_eq!(days["items"], without_version(printed));
}

#[test]
fn pages_are_complete_and_without_doubles_while_rows_come() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    for sort in ["score", "newest", "oldest", "severity"] {
        let whole = ids(&server.json(&format!("incidents?state=all&limit=500&sort={sort}")));
        assert_eq!(all(&server, &format!("incidents?state=all&limit=3&sort={sort}")), whole, "{sort}");
    }
    let whole = ids(&server.json("alerts?state=all&limit=500"));
    assert_eq!(all(&server, "alerts?state=all&limit=7")[..whole.len()], whole);
    // Another model finds the same again, while the list is read.
    let before: BTreeSet<i64> = incidents(&server).into_iter().collect();
    let first = server.json("incidents?state=all&limit=5&sort=oldest");
    let begun = ids(&first);
    folder.ok(&format!("train quiet.log -o second.model --seed 1 {}", crate::fixtures::QUICK_BEHAVIOUR));
    folder.ok("detect attacked.log -m second.model --db a.db --conn-only");
    let next = first["next"].as_str().expect("more").to_owned();
    let mut read = begun;
    read.extend(all_behind(&server, "incidents?state=all&limit=5&sort=oldest", Some(next)));
    let distinct: BTreeSet<i64> = read.iter().copied().collect();
    assert_eq!(distinct.len(), read.len(), "without doubles");
    assert!(before.is_subset(&distinct), "complete");
    server.get("incidents?cursor=n0.0.0&sort=score").is_problem(400);
}

#[test]
fn filters_are_those_of_the_rows() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let list = server.json("incidents?state=all&limit=500");
    let items = list["items"].as_array().expect("items");
    let meant = |filter: &str| ids(&server.json(&format!("incidents?state=all&limit=500&{filter}")));
    let check = |filter: &str, is_meant: &dyn Fn(&Value) -> bool| {
        let expected: Vec<i64> =
            items.iter().filter(|of| is_meant(of)).map(|of| of["id"].as_i64().expect("a number")).collect();
        assert!(!expected.is_empty(), "{filter}");
        assert_eq!(meant(filter), expected, "{filter}");
    };
    let one = &items[0];
    let text = |name: &str| one[name].as_str().expect("text").to_owned();
    check(&format!("family={}", text("family")), &|of| of["family"] == one["family"]);
    check("severity=high", &|of| matches!(of["severity"].as_str(), Some("high" | "critical")));
    check("min_score=12", &|of| of["score"].as_f64() >= Some(12.0));
    let from = one["first_ts"].as_f64().expect("a time");
    check(&format!("from={from}"), &|of| of["last_ts"].as_f64() >= Some(from));
    check("to=2026-03-01T00:00:00Z", &|of| of["first_ts"].as_f64() < Some(1_772_323_200.0));
    // Of either side, and of any stored row.
    let host = text("host");
    assert!(meant(&format!("host={host}")).contains(&one["id"].as_i64().expect("a number")));
    check(&format!("local_host={host}"), &|of| of["host"] == one["host"]);
    let of_host = |filter: &str| ids(&server.json(&format!("alerts?state=all&limit=500&{filter}")));
    let alerts_of_it: Vec<i64> = items
        .iter()
        .filter(|of| of["host"] == one["host"])
        .flat_map(|of| ids(&server.json(&format!("alerts?incident={}&limit=500", of["id"]))))
        .collect();
    let sorted = |mut ids: Vec<i64>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(
        sorted(of_host(&format!("local_host={host}"))),
        sorted(alerts_of_it),
        "of its incidents alone"
    );
    let rows = |id: i64| {
        let incident = server.json(&format!("incidents/{id}"));
        incident["alerts"].as_array().expect("rows").clone()
    };
    let with = |is_row: &dyn Fn(&Value) -> bool| -> Vec<i64> {
        items
            .iter()
            .map(|of| of["id"].as_i64().expect("a number"))
            .filter(|id| rows(*id).iter().any(is_row))
            .collect()
    };
    let port = rows(one["id"].as_i64().expect("a number"))[0]["resp_p"].clone();
    assert_eq!(meant(&format!("port={port}")), with(&|row| row["resp_p"] == port || row["orig_p"] == port));
    let is_dns =
        |row: &Value| row["service"].as_str().is_some_and(|set| set.split(',').any(|name| name == "dns"));
    assert_eq!(meant("service=dns"), with(&is_dns));
    let uid = rows(one["id"].as_i64().expect("a number"))[0]["uid"].as_str().expect("a uid").to_owned();
    assert_eq!(meant(&format!("q={uid}")), [one["id"].as_i64().expect("a number")]);
    assert!(meant("q=%22%20-%20%22").is_empty(), "no word is in nothing");
    // What a word can't have is taken out; many words take long.
    assert_eq!(meant(&format!("q={uid}%00%1b")), [one["id"].as_i64().expect("a number")]);
    assert_eq!(server.get(&format!("incidents?q={}", vec!["word"; 32].join("+"))).status, 200);
    for list in ["incidents", "alerts", "incidents/export", "alerts/export"] {
        server.get(&format!("{list}?q={}", vec!["word"; 33].join("+"))).is_problem(400);
    }
    for wrong in [
        "from=yesterday",
        "from=2026-03-06T14:30[Europe/Vienna]",
        "host=10.0.0.0/99",
        "local_host=ann",
        "port=99999",
        "state=odd",
        "limit=x",
    ] {
        server.get(&format!("incidents?{wrong}")).is_problem(400);
    }
    for list in
        ["incidents", "alerts", "overview", "hosts", "explore", "drift", "incidents/export", "alerts/export"]
    {
        server.get(&format!("{list}?sensor=nowhere")).is_problem(404);
        assert_eq!(server.get(&format!("{list}?sensor=")).status, 200, "{list}");
    }
    // A date is the beginning of its day in UTC.
    for at in ["2026-03-01", "2026-03-01T00:00", "2026-03-01T01:00:00%2B01:00"] {
        assert_eq!(meant(&format!("to={at}")), meant("to=1772323200"), "{at}");
    }
    assert!(server.json("incidents?from=9&to=1")["items"].as_array().expect("items").is_empty());
    let alerts = server.json(&format!("alerts?incident={}", one["id"]));
    assert_eq!(
        alerts["items"].as_array().map(Vec::len),
        one["rows_stored"].as_u64().map(|rows| rows as usize)
    );
}

#[test]
fn a_count_is_that_of_the_list_behind_it() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let of = super::incidents(&server);
    folder.ok(&format!("incidents confirm {} --db a.db", of[0]));
    folder.ok(&format!("incidents benign {} --db a.db", of[1]));
    let count = |list: &str| server.json(list)["total"]["count"].as_u64().expect("a count");
    // All of it, and pieces in the midst of which incidents go on.
    let times: Vec<String> = (0..8).map(|eighth| (1_772_236_800 + eighth * 86_400 / 4).to_string()).collect();
    let mut seen = 0;
    for (from, to) in times.iter().zip(&times[1..]).chain([(&times[0], &"1e10".to_owned())]) {
        let time = format!("from={from}&to={to}");
        let overview = server.json(&format!("overview?{time}"));
        for state in ["open", "confirmed", "benign", "hidden", "over_budget"] {
            let told = overview["incidents"][state].as_u64().expect("a count");
            assert_eq!(told, count(&format!("incidents?state={state}&{time}")), "{state} {time}");
            seen += told;
        }
        let bad = ["high", "critical"].map(|level| overview["incidents"]["by_severity"][level].as_u64());
        let bad: u64 = bad.into_iter().flatten().sum();
        assert_eq!(bad, count(&format!("incidents?severity=high&{time}")), "{time}");
        let hosts = server.json(&format!("hosts?sort=incidents&{time}"));
        for host in overview["hosts"]
            .as_array()
            .expect("hosts")
            .iter()
            .chain(hosts["items"].as_array().expect("hosts"))
        {
            let list = format!("incidents?local_host={}&{time}", host["host"].as_str().expect("a host"));
            assert_eq!(host["incidents"], count(&list), "{list}");
        }
    }
    assert!(seen > 10, "{seen}");
    let open = folder.ok("incidents list --db a.db --state open --json -n 1000").json();
    let open: Vec<i64> = open.iter().map(|one| one["id"].as_i64().expect("a number")).collect();
    assert_eq!(open, all(&server, "incidents?limit=500"), "as the command line has it");
    assert!(!open.contains(&of[0]) && !open.contains(&of[1]));
}

#[test]
fn what_is_known_is_not_told_again() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    for path in ["incidents", "alerts?limit=5", "overview", "settings", "models", "explore", "/"] {
        let first = server.get(path);
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path}")).to_owned();
        let again = server.send("GET", path, &[("If-None-Match", &tag)], None);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        let other = server.send(
            "GET",
            &format!("{path}{}x=1", if path.contains('?') { '&' } else { '?' }),
            &[("If-None-Match", &tag)],
            None,
        );
        assert!(path == "/" || other.status == 200, "{path}: another question");
    }
    let tag = server.get("incidents").header("etag").expect("a tag").to_owned();
    let incident = incidents(&server)[0];
    folder.ok(&format!("incidents benign {incident} --db a.db"));
    let changed = server.send("GET", "incidents", &[("If-None-Match", &tag)], None);
    assert_eq!(changed.status, 200);
    assert!(!ids(&changed.json()).contains(&incident), "it is no longer open");
    let packed = server.send("GET", "incidents?state=all", &[("Accept-Encoding", "gzip")], None);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(server.json("incidents?limit=1")["total"]["is_exact"], json!(true));
}
