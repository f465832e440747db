//! Who is let in, and what a page may do.

use serde_json::{Value, json};

use super::client::{Server, send};
use super::{found, incidents};
use crate::folder::Folder;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[test]
fn every_answer_says_what_a_page_may_do() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    for path in [
        "/",
        "/incidents/17",
        "/hosts/10.0.0.5",
        "/assets/none.js",
        "session",
        "incidents",
        "none",
        "/metrics",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.header("content-security-policy"), Some(POLICY), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("cache-control").is_some(), "{path}");
    }
    for (path, status) in
        [("/", 200), ("/incidents/17", 200), ("/hosts/10.0.0.5", 200), ("/assets/none.js", 404)]
    {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    assert_eq!(server.get("/healthz").body, "ok\n");
    assert_eq!(server.get("/readyz").body, "ok\n");
    assert!(server.get("/metrics").body.contains("oddflow_build_info"));
}

#[test]
fn other_pages_change_nothing() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let incident = incidents(&server)[0];
    let judging = json!({ "ids": [incident], "verdict": "benign" });
    let csrf = server.json("session")["csrf"].as_str().expect("text").to_owned();
    let try_with =
        |headers: &[(&str, &str)]| server.send("POST", "incidents/verdict", headers, Some(&judging));
    let ours = ("X-CSRF-Token", csrf.as_str());
    try_with(&[]).is_problem(403);
    try_with(&[("X-CSRF-Token", "0")]).is_problem(403);
    try_with(&[ours, ("Origin", "http://evil.example")]).is_problem(403);
    try_with(&[ours, ("Origin", "null")]).is_problem(403);
    try_with(&[ours, ("Sec-Fetch-Site", "cross-site")]).is_problem(403);
    assert_eq!(server.json(&format!("incidents/{incident}"))["verdict"], Value::Null);
    // A form can't send JSON.
    let form = server.send("POST", "incidents/verdict", &[ours, ("Content-Type", "text/plain")], None);
    form.is_problem(415);
    // A name that leads here without being ours.
    let rebound = server.send("GET", "session", &[("Host", "evil.example")], None);
    assert_eq!(rebound.status, 421);
    assert!(!rebound.body.contains("csrf"));
    let named = Server::start(&folder, "--db a.db --name sensor.example");
    assert_eq!(named.send("GET", "session", &[("Host", "sensor.example:443")], None).status, 200);
    assert_eq!(try_with(&[ours, ("Origin", "http://localhost")]).status, 200);
    for method in ["PUT", "PATCH", "OPTIONS", "TRACE"] {
        assert_eq!(server.send(method, "incidents", &[ours], None).status, 405, "{method}");
        assert_eq!(server.send(method, "/", &[ours], None).status, 405, "{method}");
    }
}

/// The value of the cookie that an answer sets.
fn cookie(answer: &super::client::Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    set.split(';').next().expect("a pair").to_owned()
}

#[test]
fn a_token_lets_in_and_a_wrong_one_does_not() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db --require-token");
    // What nobody sees at a terminal would stand in a journal.
    assert!(!server.said.contains("token: ") && server.said.contains("--new-token"), "{}", server.said);
    let token = folder.ok("serve --db a.db --new-token").out.trim().to_owned();
    assert_eq!(token.len(), 64, "256 bits");
    let stored = folder.bytes("a.db");
    assert!(!stored.windows(64).any(|bytes| bytes == token.as_bytes()), "only its hash is kept");
    let session = server.json("session");
    assert_eq!((&session["auth"], &session["signed_in"]), (&json!("token"), &json!(false)));
    assert_eq!((&session["models"], &session["newest"]), (&json!([]), &Value::Null), "nothing else is told");
    for path in ["incidents", "overview", "events", "openapi.json", "incidents/export", "none"] {
        server.get(path).is_problem(401);
    }
    let sign_in = |token: &str| server.change("POST", "session", &json!({ "token": token }));
    server.send("POST", "session", &[], Some(&json!({ "token": token }))).is_problem(403);
    let answer = sign_in(&token);
    assert_eq!((answer.status, &answer.json()["signed_in"]), (200, &json!(true)), "{}", answer.body);
    let set = answer.header("set-cookie").expect("a cookie");
    assert!(
        set.contains("; httponly") && set.contains("; samesite=strict") && !set.contains("secure"),
        "{set}"
    );
    let cookie = cookie(&answer);
    let held = ("Cookie", cookie.as_str());
    let session = server.send("GET", "session", &[held], None).json();
    assert_eq!((&session["signed_in"], &session["name"]), (&json!(true), &json!("owner")));
    let list = server.send("GET", "incidents?state=all", &[held], None);
    let incident = list.json()["items"][0]["id"].clone();
    let judging = json!({ "ids": [incident], "verdict": "benign" });
    // The word of those who aren't signed in is not that of the session.
    let stranger = server.json("session")["csrf"].as_str().expect("text").to_owned();
    let judge = |headers: &[(&str, &str)]| server.send("POST", "incidents/verdict", headers, Some(&judging));
    judge(&[held, ("X-CSRF-Token", &stranger)]).is_problem(403);
    let csrf = session["csrf"].as_str().expect("text");
    assert_eq!(judge(&[held, ("X-CSRF-Token", csrf)]).status, 200);
    // A script sends the token itself.
    let bearer = format!("Bearer {token}");
    assert_eq!(judge(&[("Authorization", &bearer)]).status, 200);
    let log = server.send("GET", "audit", &[held], None).json();
    assert_eq!(log["items"][0]["by"], "owner");
    // A session outlives its server.
    assert!(server.stop());
    let again = Server::start(&folder, "--db a.db --require-token");
    assert!(!again.said.contains("token"), "there is one: {}", again.said);
    let port = |server: &Server| server.address.rsplit_once(':').expect("a port").1.to_owned();
    let value = cookie.split_once('=').expect("a pair").1.to_owned();
    let held_again = format!("oddflow_{}={value}", port(&again));
    let session = again.send("GET", "session", &[("Cookie", &held_again)], None).json();
    assert_eq!(session["signed_in"], true);
    let csrf = session["csrf"].as_str().expect("text").to_owned();
    let mut events = again.events(&[("Cookie", &held_again)]);
    let out = again.send("DELETE", "session", &[("Cookie", &held_again), ("X-CSRF-Token", &csrf)], None);
    assert_eq!(out.status, 204);
    again.send("GET", "incidents", &[("Cookie", &held_again)], None).is_problem(401);
    // Who listens is hung up on.
    std::io::copy(&mut events, &mut std::io::sink()).expect("an end");
    // Another token takes the place of the first.
    let second = folder.ok("serve --db a.db --new-token").out.trim().to_owned();
    again.send("GET", "incidents", &[("Authorization", &bearer)], None).is_problem(401);
    let bearer = format!("Bearer {second}");
    assert_eq!(again.send("GET", "incidents", &[("Authorization", &bearer)], None).status, 200);
    folder.ok("serve --db a.db --new-token ann");
    assert_eq!(again.send("GET", "incidents", &[("Authorization", &bearer)], None).status, 200);
}

#[test]
fn wrong_tokens_are_counted_and_a_right_one_always_lets_in() {
    let folder = found();
    let token = folder.ok("serve --db a.db --new-token").out.trim().to_owned();
    let server = Server::start(&folder, "--db a.db --require-token");
    let sign_in = |token: &str| server.change("POST", "session", &json!({ "token": token }));
    for _ in 0..5 {
        sign_in("0123").is_problem(401);
    }
    sign_in("0123").is_problem(429);
    server.send("GET", "incidents", &[("Authorization", "Bearer 0123")], None).is_problem(429);
    assert_eq!(sign_in(&token).status, 200);
    let bearer = format!("Bearer {token}");
    let log = server.send("GET", "audit", &[("Authorization", &bearer)], None).json();
    let entries = log["items"].as_array().expect("entries").iter();
    let refused = entries.filter(|entry| entry["action"] == "session.refused").count();
    assert_eq!(refused, 1, "an address fills no log: {log}");
    let other = folder.ok("serve --db a.db --new-token").out;
    assert_eq!(other.trim().len(), 64);
}

#[test]
fn strangers_are_not_told_where_the_database_is() {
    let folder = found();
    folder.ok("serve --db a.db --new-token");
    let guarded = Server::start(&folder, "--db a.db --require-token");
    let open = Server::start(&folder, "--db a.db");
    std::fs::rename(folder.path("a.db"), folder.path("away")).expect("it is ours");
    let refused = guarded.change("POST", "session", &json!({ "token": "0123" }));
    refused.is_problem(503);
    let bearer = guarded.send("GET", "incidents", &[("Authorization", "Bearer 0123")], None);
    bearer.is_problem(503);
    let ready = guarded.get("/readyz");
    assert_eq!(ready.status, 503);
    for answer in [&refused, &bearer, &ready] {
        assert!(!answer.body.contains("a.db"), "{}", answer.body);
    }
    let ready = open.get("/readyz");
    assert!(ready.status == 503 && ready.body.contains("a.db"), "{}", ready.body);
}

#[cfg(target_os = "linux")]
#[test]
fn asking_who_is_there_takes_no_lock_from_the_database() {
    use std::os::unix::fs::MetadataExt;
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    let inode = std::fs::metadata(folder.path("a.db")).expect("a file").ino();
    let is_locked = || {
        let locks = std::fs::read_to_string("/proc/locks").expect("Linux tells");
        let (process, file) = (format!(" {} ", server.id()), format!(":{inode} "));
        locks.lines().any(|line| line.contains(&process) && line.contains(&file))
    };
    incidents(&server);
    assert!(is_locked(), "SQLite locks what it has open");
    // Without it another process takes the database for unused, and its log of writes away.
    assert_eq!(server.json("session")["can_change"], true);
    assert!(is_locked());
}

#[test]
fn other_pages_ask_nothing() {
    let folder = found();
    let server = Server::start(&folder, "--db a.db");
    for site in ["cross-site", "same-site"] {
        let site = [("Sec-Fetch-Site", site)];
        for path in ["alerts?state=all", "session", "incidents/export", "events", "/metrics"] {
            server.send("GET", path, &site, None).is_problem(403);
        }
        // A link may lead to the page.
        assert_eq!(server.send("GET", "/incidents/17", &site, None).status, 200);
    }
    assert_eq!(server.send("GET", "alerts", &[("Sec-Fetch-Site", "same-origin")], None).status, 200);
}

#[test]
fn what_is_wrong_is_said_before_it_listens() {
    let folder = found();
    folder.run("serve --db none.db").fails(6, &["none.db"]);
    folder.run("serve --db a.db --listen nowhere").fails(2, &["nowhere"]);
    folder.run("serve").exits(2);
    folder.write("cert.pem", "no certificate");
    folder.run("serve --db a.db --tls-cert cert.pem --tls-key cert.pem").fails(2, &["cert.pem"]);
    folder.run("serve --db a.db --tls-cert cert.pem").exits(2);
}

#[test]
fn watch_shows_the_same_page() {
    let folder = Folder::household();
    folder.write("zeek/current/conn.log", &crate::fixtures::household().attacked);
    let settings = "[watch]\npoll_s = 0.02\ncompanions = false\nmode = \"live\"\n\
        [service]\nlisten = \"127.0.0.1:0\"\ndashboard = true\n[sinks.webhook]\nurl = \"http://127.0.0.1:9/secret\"\n";
    folder.write("oddflow.toml", settings);
    let mut command =
        folder.command("watch zeek -m home.model --db a.db --config oddflow.toml --log-format json -v");
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("the program starts");
    let mut log = std::io::BufReader::new(child.stderr.take().expect("a pipe"));
    let line = crate::service::wait_for(&mut log, "the dashboard is there too");
    let line: Value = serde_json::from_str(&line).expect("JSON");
    let address = line["address"].as_str().expect("an address").to_owned();
    crate::service::wait_for(&mut log, " rows of 1 log");
    let reading = std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    let get = |path: &str| send(&address, "GET", path, &[], None);
    assert!(get("/metrics").body.contains("oddflow_rows_total"));
    assert_eq!(get("/").status, 200);
    let session = get("/api/v1/session").json();
    assert_eq!((&session["is_watching"], &session["has_model"]), (&json!(true), &json!(true)));
    let list = get("/api/v1/incidents?state=all").json();
    let incident = list["items"][0]["id"].as_i64().expect("an incident");
    let settings = get("/api/v1/settings");
    assert!(!settings.body.contains("secret"), "{}", settings.body);
    assert_eq!(settings.json()["config"]["watch"]["mode"], "live");
    let csrf = session["csrf"].as_str().expect("text");
    let judging = json!({ "ids": [incident], "verdict": "confirmed" });
    let judged =
        send(&address, "POST", "/api/v1/incidents/verdict", &[("X-CSRF-Token", csrf)], Some(&judging));
    assert_eq!(judged.status, 200, "{}", judged.body);
    crate::service::signal(&child, "-TERM");
    assert!(child.wait().expect("an end").success());
    reading.join().expect("its log ends").expect("text");
}
