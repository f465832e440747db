//! `oddflow serve`: the API as a page and a script meet it, on a database that `detect` wrote.

mod changes;
mod client;
mod doors;
mod exports;
mod lists;

use std::io::BufRead;

use serde_json::{Value, json};

use self::client::Server;
use crate::folder::Folder;

/// A database with incidents and the model that raised them, `a.db`.
fn found() -> Folder {
    let folder = Folder::household();
    folder.ok("model import home.model --db a.db");
    folder.ok("detect attacked.log --db a.db --conn-only");
    folder
}

/// The numbers of all incidents, the highest score first.
fn incidents(server: &Server) -> Vec<i64> {
    let list = server.json("incidents?state=all&limit=500");
    list["items"].as_array().expect("items").iter().map(|of| of["id"].as_i64().expect("a number")).collect()
}

#[test]
fn each_route_that_is_described_answers() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db --logs .");
    let described = server.json("openapi.json");
    let kept =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../oddflow-dashboard/openapi.json"));
    let kept: Value = serde_json::from_str(&kept.expect("it is committed")).expect("JSON");
    assert_eq!(described, kept, "what is committed is what is told");
    let incident = incidents(&server)[0];
    let alert = server.json(&format!("incidents/{incident}"))["alerts"][0]["id"].clone();
    let model = server.json("models")["items"][0]["id"].as_str().expect("an id").to_owned();
    let host = server.json("hosts")["items"][0]["host"].as_str().expect("a host").to_owned();
    let mut asked = 0;
    for (path, methods) in described["paths"].as_object().expect("paths") {
        let id = match path.split('/').nth(3) {
            Some("incidents") => incident.to_string(),
            Some("alerts") => alert.to_string(),
            _ => model.clone(),
        };
        let path = path.replace("{id}", &id).replace("{host}", &host).replace("{job}", "1");
        for method in methods.as_object().expect("methods").keys() {
            asked += 1;
            let path = match path.as_str() {
                // It doesn't end.
                "/api/v1/events" => continue,
                "/api/v1/models/diff" => format!("{path}?a={model}&b={model}"),
                path => path.to_owned(),
            };
            if method == "get" {
                let status = server.get(&path).status;
                let expected = if path.contains("/jobs/") { 404 } else { 200 };
                assert_eq!(status, expected, "{path}");
            } else {
                // What is given makes no sense: it was looked at, and nothing was done.
                let answer = server.change(&method.to_uppercase(), &path, &json!({ "no": "such field" }));
                assert!(
                    matches!(answer.status, 204 | 400 | 404),
                    "{method} {path}: {} {}",
                    answer.status,
                    answer.body
                );
            }
        }
    }
    assert!(asked > 30, "{asked}");
    server.get("no/such/route").is_problem(404);
    assert!(server.stop());
}

#[test]
fn what_is_told_of_a_database() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let session = server.json("session");
    assert_eq!((&session["auth"], &session["has_model"]), (&json!("none"), &json!(true)));
    let overview = server.json("overview?from=0");
    let all = incidents(&server).len() as u64;
    let count = |name: &str| overview["incidents"][name].as_u64().expect("a count");
    let counted = ["open", "confirmed", "benign", "hidden", "over_budget"].map(count).iter().sum::<u64>();
    assert_eq!(counted, all);
    let of_days = overview["days"].as_array().expect("days").iter();
    let of_days =
        of_days.map(|day| day["raised"].as_u64().unwrap_or(0) + day["over_budget"].as_u64().unwrap_or(0));
    assert_eq!(of_days.sum::<u64>(), all);
    let rows: u64 =
        overview["traffic"].as_array().expect("hours").iter().filter_map(|hour| hour["rows"].as_u64()).sum();
    let read = crate::fixtures::parts(&crate::fixtures::household().attacked).1.len() as u64;
    assert_eq!(rows, read, "all traffic, not only alerts");
    assert_eq!(overview["budget"]["per_day"], 20.0);
    let top = overview["top"][0]["id"].as_i64().expect("an incident");
    let incident = server.json(&format!("incidents/{top}"));
    let command = incident["command"].as_str().expect("a command");
    assert!(command.contains("attacked.log"), "{command}");
    let alert = incident["alerts"][0]["id"].as_i64().expect("an alert");
    let charts = server.json(&format!("alerts/{alert}/charts"));
    let chart = &charts["features"][0];
    let length = |name: &str| chart[name].as_array().map_or(0, Vec::len);
    assert!(length("edges") > 0 && length("network") == length("edges") + 1, "{charts}");
    let cell = usize::try_from(chart["cell"].as_u64().expect("a cell")).expect("small");
    assert!(cell < length("network"));
    let shares: f64 = chart["network"].as_array().expect("shares").iter().filter_map(Value::as_f64).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    let host = incident["host"].as_str().expect("a host");
    let host = server.json(&format!("hosts/{host}?from=0"));
    assert!(host["is_local"] == true && host["totals"]["rows"].as_u64() > Some(0), "{host}");
    let model = session["models"][0]["id"].as_str().expect("an id");
    let strict = server.json(&format!("models/{model}/forecast?budget=1"));
    let lenient = server.json(&format!("models/{model}/forecast?budget=100"));
    assert!(strict["threshold"].as_f64() > lenient["threshold"].as_f64());
    let details = server.json(&format!("models/{model}"));
    assert!(
        details["losses"]["train"][0].as_f64() > Some(0.0) && details["facts"][0]["name"] == "id",
        "{details}"
    );
}

#[test]
fn changes_of_others_are_told_as_they_happen() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let incident = incidents(&server)[0];
    let mut events = server.events(&[]);
    folder.ok(&format!("incidents confirm {incident} --db a.db"));
    crate::service::wait_for(&mut events, "event: changed");
    let mut data = crate::service::wait_for(&mut events, "data: ");
    let changed: Value = serde_json::from_str(data.split_off("data: ".len()).trim()).expect("JSON");
    assert_eq!(changed["topics"], json!(["incidents"]));
    assert!(events.fill_buf().is_ok());
    let history = &server.json(&format!("incidents/{incident}"))["history"][0];
    assert_eq!((&history["action"], &history["by"]), (&json!("incident.verdict"), &json!("command line")));
}

#[test]
fn a_log_is_explored_beside() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db --logs .");
    let listed = server.json("explore/logs");
    let items = listed["items"].as_array().expect("logs");
    let log = items.iter().filter_map(|log| log["log"].as_str()).find(|log| log.ends_with("attacked.log"));
    let ask = |filter: &str| {
        let begun = server.change("POST", "explore/log", &json!({ "log": log, "filter": filter }));
        assert_eq!(begun.status, 202, "{}", begun.body);
        let job = begun.json()["job"].as_u64().expect("a number");
        let jobs = std::iter::repeat_with(|| server.json(&format!("explore/jobs/{job}")));
        let is_over = |job: &Value| matches!(job["state"].as_str(), Some("done" | "failed"));
        jobs.into_iter().find(is_over).expect("it comes")
    };
    let all = ask("");
    let printed = &folder.ok("explore attacked.log --json").json()[0];
    let rows = |statistics: &Value| statistics["overview"]["rows"].as_u64();
    assert_eq!(rows(&all["statistics"]), rows(printed));
    let some = ask("proto == udp");
    assert!(rows(&some["statistics"]) > Some(0) && rows(&some["statistics"]) < rows(printed));
    let wrong = ask("proto ==");
    assert_eq!((&wrong["state"], &wrong["problem"]["status"]), (&json!("failed"), &json!(400)));
    let other = server.change("POST", "explore/log", &json!({ "log": "/etc/passwd" }));
    assert_eq!(other.status, 202);
    let job = other.json()["job"].as_u64().expect("a number");
    let jobs = std::iter::repeat_with(|| server.json(&format!("explore/jobs/{job}")));
    let refused = jobs.into_iter().find(|job| job["state"] == "failed").expect("it comes");
    assert_eq!(refused["problem"]["status"], 404);
}
