//! `oddflow incidents`, and `oddflow alerts show` of a row with an explanation.

use serde_json::Value;

use crate::folder::Folder;
use crate::snapshots::{model_id, shown};

/// The two attacked days of the household, detected.
fn with_incidents() -> Folder {
    let folder = Folder::household();
    folder.ok("detect attacked.log -m home.model --db a.db --budget 10");
    folder
}

#[test]
fn what_people_read() {
    let folder = with_incidents();
    let id = model_id(&folder, "home.model");
    let show = |arguments: &str| shown(&folder, &folder.run(arguments), &id);
    insta::assert_snapshot!("train", {
        let quick = crate::fixtures::QUICK_BEHAVIOUR;
        show(&format!("train quiet.log -o new.model {quick}"))
    });
    insta::assert_snapshot!("model_show", show("model show home.model"));
    insta::assert_snapshot!("detect", show("detect attacked.log -m home.model --db b.db --budget 10"));
    insta::assert_snapshot!("detect_again", show("detect attacked.log -m home.model --db b.db"));
    insta::assert_snapshot!("incidents_list", show("incidents list --db a.db -n 8"));
    insta::assert_snapshot!("incidents_list_none", show("incidents list --db a.db --host 192.0.2.1"));
    let sweep = folder.ok("incidents list --db a.db --json --family fan -n 1").json()[0]["id"].clone();
    insta::assert_snapshot!("incidents_show", show(&format!("incidents show {sweep} --db a.db -n 1")));
    insta::assert_snapshot!("incidents_show_none", show("incidents show 999 --db a.db"));
    let first =
        folder.ok(&format!("alerts export --db a.db --incident {sweep} -n 1")).json()[0]["id"].clone();
    insta::assert_snapshot!("alerts_list", show("alerts list --db a.db -n 5"));
    insta::assert_snapshot!("alerts_show", show(&format!("alerts show {first} --db a.db")));
}

#[test]
fn json_is_an_object_a_line_with_a_version() {
    let folder = with_incidents();
    let listed = folder.ok("incidents list --db a.db --json -n 1000").json();
    assert!(listed.len() > 5);
    for incident in &listed {
        assert_eq!(incident["version"], 1);
        assert!(incident.get("alerts").is_none());
        assert!(incident["summary"].is_object(), "{incident}");
        assert!(incident["first_ts"].as_f64() <= incident["last_ts"].as_f64());
        let [raised, first] = ["raised_ts", "first_ts"].map(|name| incident[name].as_f64().expect("a time"));
        assert!(raised >= first);
        let shown = folder.ok(&format!("incidents show {} --db a.db --json", incident["id"])).json();
        assert_eq!(shown.len(), 1);
        let mut shown = shown.into_iter().next().expect("one object");
        let alerts = shown.as_object_mut().and_then(|fields| fields.remove("alerts")).expect("alerts");
        assert_eq!(&shown, incident);
        let alerts = alerts.as_array().expect("an array");
        assert_eq!(incident["rows_stored"], alerts.len());
        for alert in alerts {
            assert_eq!(alert["incident"], incident["id"]);
            let explanation = &alert["explanation"];
            assert!(explanation["version"].is_u64() && explanation["families"].is_array(), "{alert}");
            assert!(
                explanation["features"].as_array().is_some_and(|features| features.len() == 3),
                "{alert}"
            );
        }
    }
    let fields: Vec<&str> = listed[0].as_object().expect("an object").keys().map(String::as_str).collect();
    insta::assert_snapshot!("json_fields", fields.join("\n"));
    let id = &listed[0]["id"];
    let shown = folder.ok(&format!("alerts export --db a.db --incident {id} -n 1")).json();
    let explanation = shown[0]["explanation"].as_object().expect("an explanation");
    let fields: Vec<&str> = explanation.keys().map(String::as_str).collect();
    insta::assert_snapshot!("explanation_fields", fields.join("\n"));
}

#[test]
fn filters_and_orders_give_what_they_say() {
    let folder = with_incidents();
    let get = |options: &str| folder.ok(&format!("incidents list --db a.db --json -n 1000 {options}")).json();
    let all = get("--sort oldest");
    let number = |incident: &Value, name: &str| incident[name].as_f64().expect("a number");
    let middle = number(&all[all.len() / 2], "first_ts");
    let host = all[1]["host"].as_str().expect("an address").to_owned();
    let family = all[0]["family"].as_str().expect("a family").to_owned();
    type Keep<'k> = &'k dyn Fn(&Value) -> bool;
    let cases: &[(String, Keep<'_>)] = &[
        (format!("--from {middle}"), &|incident| number(incident, "last_ts") >= middle),
        (format!("--to {middle}"), &|incident| number(incident, "first_ts") < middle),
        (format!("--host {host}"), &|incident| incident["host"] == host),
        ("--host 192.168.0.0/16".into(), &|incident| {
            incident["host"].as_str().is_some_and(|host| host.starts_with("192.168."))
        }),
        (format!("--family {family}"), &|incident| incident["family"] == family),
        ("--severity medium".into(), &|incident| incident["severity"] != "low"),
        ("--severity critical".into(), &|incident| incident["severity"] == "critical"),
        ("--state raised".into(), &|incident| incident["state"] == "raised"),
        ("--state over-budget".into(), &|incident| incident["state"] == "over_budget"),
        ("--min-score 10".into(), &|incident| number(incident, "score") >= 10.0),
    ];
    let mut narrowed = 0;
    for (filter, keep) in cases {
        let expected: Vec<&Value> = all.iter().filter(|incident| keep(incident)).collect();
        narrowed += usize::from(!expected.is_empty() && expected.len() < all.len());
        let found = get(&format!("--sort oldest {filter}"));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
        let table = folder.ok(&format!("incidents list --db a.db -n 1000 {filter}"));
        assert_eq!(table.out.lines().count(), expected.len() + usize::from(!expected.is_empty()), "{filter}");
        if expected.is_empty() {
            table.says("no incidents");
        }
    }
    assert!(narrowed >= 6, "the filters select something, but not everything: {narrowed}");
    let numbers = |found: &[Value], name: &str| found.iter().map(|i| number(i, name)).collect::<Vec<_>>();
    assert!(numbers(&get(""), "score").is_sorted_by(|a, b| a >= b), "the highest score first");
    assert!(numbers(&all, "raised_ts").is_sorted());
    assert!(numbers(&get("--sort newest"), "raised_ts").is_sorted_by(|a, b| a >= b));
    let worst = get("--sort severity");
    let rank = |incident: &Value| {
        ["critical", "high", "medium", "low"].iter().position(|name| incident["severity"] == *name)
    };
    assert!(worst.iter().map(rank).is_sorted());
    assert_eq!(folder.ok("incidents list --db a.db -n 3").says("3 of ").out.lines().count(), 4);
}

/// The rows of an incident by themselves, and what is said to type next.
#[test]
fn an_incident_leads_to_its_rows_and_they_to_the_log() {
    let folder = with_incidents();
    let ran = folder.ok("incidents show 1 --db a.db");
    let next = ran.out.lines().last().expect("a line");
    let command = next.strip_prefix("all stored rows: oddflow ").unwrap_or_else(|| panic!("{ran}"));
    let rows = folder.ok(command).out.lines().count() - 1;
    let stored = folder.ok("incidents show 1 --db a.db --json").json()[0]["rows_stored"].clone();
    assert_eq!(stored, rows);
    let alert = folder.ok("alerts export --db a.db --incident 1 -n 1").json()[0].clone();
    let shown = folder.ok(&format!("alerts show {} --db a.db", alert["id"]));
    let see = shown.out.lines().find_map(|line| line.strip_prefix("see the row: ")).expect("a command");
    let output = std::process::Command::new("sh").args(["-c", see]).output().expect("a shell");
    let row = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(row.lines().count(), 1, "{see}");
    assert_eq!(row.split('\t').nth(1), alert["uid"].as_str());
}

#[test]
fn an_unknown_number_is_2_with_a_remedy() {
    let folder = with_incidents();
    folder
        .run("incidents show 999 --db a.db")
        .fails(2, &["a.db", "999"])
        .says("oddflow incidents list --db a.db");
    folder.run("incidents show 999 --db a.db --json").fails(2, &["999"]);
    folder
        .run("alerts show 99999 --db a.db")
        .fails(2, &["a.db", "99999"])
        .says("oddflow alerts list --db a.db");
    folder.run("incidents list --db none.db").fails(6, &["no database none.db"]);
    folder.run("incidents show 1 --db attacked.log").fails(6, &["not a SQLite database"]);
    assert!(!folder.path("none.db").exists());
}

/// A database with alerts of a classic model alone has no incidents, and says so.
#[test]
fn a_database_of_a_classic_model_has_none() {
    let folder = Folder::new();
    folder.ok("detect conn.log -m home.model --db a.db");
    let ran = folder.ok("incidents list --db a.db").says("no incidents");
    assert!(ran.out.is_empty());
    assert!(folder.ok("incidents list --db a.db --json").out.is_empty());
    // Both recipes may share a database.
    folder.write("new.model", &crate::fixtures::household().model);
    let before = folder.alerts("a.db");
    folder.ok("detect conn.log -m new.model --db a.db").says("6,000 rows of 1 log scored");
    assert!(!folder.ok("incidents list --db a.db --json").json().is_empty());
    let after = folder.alerts("a.db");
    assert!(after.starts_with(&before) && after.len() > before.len());
}
