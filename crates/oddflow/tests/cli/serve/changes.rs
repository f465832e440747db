//! What can be changed: verdicts, notes, rules and models, each of them with who did it.

use serde_json::{Value, json};

use super::client::Server;
use super::{found, incidents};

#[test]
fn verdicts_and_notes_are_kept_with_their_history() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let all = incidents(&server);
    let (one, two) = (all[0], all[1]);
    let judged = server.change(
        "POST",
        "incidents/verdict",
        &json!({ "ids": [one, two], "verdict": "benign", "note": "backup" }),
    );
    assert_eq!((judged.status, &judged.json()["changed"]), (200, &json!(2)), "{}", judged.body);
    let text = "<script>alert(1)</script> it's the backup";
    let noted = server.change("POST", &format!("incidents/{one}/notes"), &json!({ "text": text }));
    assert_eq!(noted.status, 201, "{}", noted.body);
    let incident = server.json(&format!("incidents/{one}"));
    assert_eq!((&incident["verdict"], &incident["verdict_note"]), (&json!("benign"), &json!("backup")));
    assert_eq!((&incident["notes"][0]["text"], &incident["notes"][0]["by"]), (&json!(text), &json!("local")));
    let actions = |history: &Value| -> Vec<String> {
        let entries = history.as_array().expect("entries").iter();
        entries.map(|entry| entry["action"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(actions(&incident["history"]), ["incident.verdict", "incident.note"]);
    let log = server.json("audit?limit=1");
    assert_eq!((&log["items"][0]["action"], &log["total"]["count"]), (&json!("incident.note"), &json!(2)));
    let older = server.json(&format!("audit?cursor={}", log["next"].as_str().expect("more")));
    assert_eq!(actions(&older["items"]), ["incident.verdict"]);
    assert_eq!(older["items"][0]["subject"], format!("{one}, {two}"));
    // Words of a note are found.
    let found = server.json("incidents?state=all&q=%22the%20backup%22");
    assert_eq!(found["items"][0]["id"], one);
    let undone = server.change("POST", "incidents/verdict", &json!({ "ids": [one], "verdict": null }));
    assert_eq!(undone.json()["changed"], 1);
    assert_eq!(server.json(&format!("incidents/{one}"))["verdict"], Value::Null);
    for wrong in [
        json!({ "ids": [], "verdict": "benign" }),
        json!({ "ids": [one], "verdict": "maybe" }),
        json!({ "ids": [one] , "verdict": "benign", "more": 1 }),
        json!({ "ids": vec![one; 1001], "verdict": "benign" }),
    ] {
        server.change("POST", "incidents/verdict", &wrong).is_problem(400);
    }
    server
        .change("POST", "incidents/verdict", &json!({ "ids": [one, 999_999], "verdict": "confirmed" }))
        .is_problem(404);
    assert_eq!(server.json(&format!("incidents/{one}"))["verdict"], Value::Null, "all or none");
    server.change("POST", "incidents/999999/notes", &json!({ "text": "x" })).is_problem(404);
    server.change("POST", &format!("incidents/{one}/notes"), &json!({ "text": "  " })).is_problem(400);
}

#[test]
fn rules_hide_what_their_preview_says() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let all = incidents(&server);
    let suggested = server.change("POST", "suppressions/suggest", &json!({ "ids": [all[0]] }));
    assert_eq!(suggested.status, 200, "{}", suggested.body);
    let expression = suggested.json()["expression"].clone();
    let preview = server
        .change("POST", "suppressions/preview", &json!({ "expression": expression, "days": 30 }))
        .json();
    assert!(preview["hides"].as_u64() >= Some(1), "{preview}");
    let examples: Vec<&Value> =
        preview["examples"].as_array().expect("some").iter().map(|of| &of["id"]).collect();
    assert!(examples.contains(&&json!(all[0])), "{preview}");
    let rule = json!({ "expression": expression, "reason": "known", "malicious": false, "expires": null });
    let made = server.change("POST", "suppressions", &rule);
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    assert_eq!(made["hides"], preview["hides"]);
    let listed = server.json("suppressions");
    assert_eq!(
        (&listed["items"][0]["hides"], &listed["items"][0]["reason"]),
        (&made["hides"], &json!("known"))
    );
    assert_eq!(server.json(&format!("incidents/{}", all[0]))["suppressed_by"], made["id"]);
    // One that is confirmed is shown again.
    let judged = server
        .change("POST", "incidents/verdict", &json!({ "ids": [all[0]], "verdict": "confirmed" }))
        .json();
    assert_eq!(judged["shown_again"], json!([{ "id": all[0], "rule": made["id"] }]));
    let removed = server.change("DELETE", &format!("suppressions/{}", made["id"]), &Value::Null);
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(removed.json()["shown"].as_u64(), made["hides"].as_u64().map(|hidden| hidden - 1));
    server.change("DELETE", &format!("suppressions/{}", made["id"]), &Value::Null).is_problem(404);
    server.change("POST", "suppressions/preview", &json!({ "expression": "family == fna" })).is_problem(400);
    let without_reason = json!({ "expression": expression, "reason": " ", "expires": null });
    server.change("POST", "suppressions", &without_reason).is_problem(400);
    let long = json!({ "expression": expression, "reason": "x".repeat(501), "expires": null });
    server.change("POST", "suppressions", &long).is_problem(400);
    let over = json!({ "expression": expression, "reason": "x", "expires": 1.0 });
    server.change("POST", "suppressions", &over).is_problem(400);
}

#[test]
fn models_are_activated_and_rolled_back() {
    let folder = found();
    folder.ok(&format!("train quiet.log -o second.model --seed 1 {}", crate::fixtures::QUICK_BEHAVIOUR));
    folder.ok("model import second.model --db a.db");
    let server = Server::start(&folder, "--db a.db");
    let of = |role: &str| {
        let models = server.json("models");
        let found = models["items"].as_array().expect("models").iter().find(|of| of["role"] == role).cloned();
        found.map(|of| of["id"].as_str().expect("an id").to_owned())
    };
    let (first, second) = (of("active").expect("one"), of("retired").expect("another"));
    let diff = server.json(&format!("models/diff?a={first}&b={second}"));
    assert!(diff["differs"].as_array().expect("names").contains(&json!("seed")), "{diff}");
    let activated =
        server.change("POST", &format!("models/{second}/activate"), &json!({ "reason": "a try" }));
    assert_eq!(activated.json(), json!({ "id": second, "changed": true }));
    assert_eq!(of("active"), Some(second));
    let back = server.change("POST", "models/rollback", &json!({}));
    assert_eq!(back.json()["id"], json!(first));
    assert_eq!(of("active"), Some(first));
    server.change("POST", "models/rollback", &json!({})).is_problem(409);
    server.change("POST", "models/0123/activate", &json!({})).is_problem(404);
    let history = server.json("models/history");
    assert!(history["items"].to_string().contains("a try"), "{history}");
}

#[test]
fn what_may_only_be_read_is_not_changed() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = found();
    let allow = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    // SQLite needs its two files beside the database to read it, too.
    allow(&folder.path("."), 0o777);
    allow(&folder.path("a.db"), 0o444);
    let may_all = std::fs::OpenOptions::new().append(true).open(folder.path("a.db")).is_ok();
    let mut command = folder.command("serve --listen 127.0.0.1:0 --db a.db");
    if may_all {
        // Root may write to all files: somebody else is asked.
        command.uid(65_534);
    }
    let Ok(server) = Server::started(command) else {
        return crate::folder::skipped("another user may not run the program");
    };
    assert_eq!(server.json("session")["can_change"], false);
    let incident = incidents(&server)[0];
    let judging = json!({ "ids": [incident], "verdict": "benign" });
    server.change("POST", "incidents/verdict", &judging).is_problem(403);
}
