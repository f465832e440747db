//! What settings let through, what they say of what they don't, and that no secret is ever shown.

use serde_json::{Value, json};

use super::*;
use crate::{Event, Notice, Route};

fn environment(name: &str) -> Option<String> {
    match name {
        "HOOK" => Some("https://hooks.example/T/s3cr3t\n".into()),
        "EMPTY" => Some("\n".into()),
        "LINES" => Some("a\nb".into()),
        _ => None,
    }
}

fn read(settings: Value) -> Result<Settings, String> {
    serde_json::from_value(settings).map_err(|error| error.to_string())
}

/// What building says: the error, or the warnings.
fn build(settings: Value) -> Result<Built, String> {
    read(settings)?.build(&environment).map_err(|error| error.to_string())
}

fn refused(settings: Value) -> String {
    build(settings).unwrap_err()
}

#[test]
fn nothing_is_on_unless_it_is_said() {
    let built = Settings::default().build(&environment).unwrap();
    assert!(built.sinks.is_empty() && built.routes.is_empty() && built.warnings.is_empty());
    assert_eq!(read(json!({})), Ok(Settings::default()));
}

#[test]
fn settings_read_back() {
    let full = json!({
        "zeek_log": {"enabled": true, "path": "/a/oddflow.log", "rotation": "daily", "changes": true},
        "syslog": {"transport": "tls", "facility": "local7", "minimum_severity": "critical"},
        "webhook": {"url": {"env": "HOOK"}, "token": {"file": "/t"}, "headers": {"X-Key": {"env": "HOOK"}}},
        "delivery": {"attempts": 3},
    });
    let settings = read(full).unwrap();
    let written = serde_json::to_value(&settings).unwrap();
    assert_eq!(written["webhook"]["url"], json!({"env": "HOOK"}));
    assert_eq!(read(written), Ok(settings));
}

#[test]
fn a_wrong_setting_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no certificate").unwrap();
    let log = folder.path().join("oddflow.log");
    for (settings, expected) in [
        (json!({"zeek_log": {"enabled": true}}), "sinks.zeek_log.path: it names no file; name one"),
        (
            json!({"json_lines": {"enabled": true, "path": "/no/such/place/o.json"}}),
            "sinks.json_lines.path: there is no folder /no/such/place; make it",
        ),
        (json!({"zeek_log": {"enabled": true, "path": folder.path()}}), "is a folder; name a file in it"),
        (
            json!({"zeek_log": {"enabled": true, "path": log}, "notice_log": {"enabled": true, "path": log}}),
            "is another sink's file; name another file",
        ),
        (
            json!({"zeek_log": {"enabled": true, "path": log, "archive": "/a"},
                   "notice_log": {"enabled": true, "path": "oddflow.log", "archive": "/a"}}),
            "in the same archive; name another file, or another archive",
        ),
        (json!({"zeek_log": {"enabled": true, "path": log, "archive": file}}), "is no folder; name a folder"),
        (json!({"syslog": {"enabled": true}}), "sinks.syslog.host: it names no receiver"),
        (
            json!({"syslog": {"enabled": true, "host": "a b", "transport": "tls"}}),
            "sinks.syslog.host: it is neither a host's name",
        ),
        (
            json!({"syslog": {"enabled": true, "host": "a", "transport": "tls", "ca_file": file}}),
            "no certificates in PEM form; name a PEM file",
        ),
        (
            json!({"syslog": {"enabled": true, "host": "a", "timeout_s": 0}}),
            "sinks.syslog.timeout_s: 0 s; give 1 to 300 s",
        ),
        (json!({"webhook": {"enabled": true}}), "sinks.webhook.url: it is no address of a web server"),
        (json!({"webhook": {"enabled": true, "url": "ftp://a/"}}), "sinks.webhook.url: it is no address"),
        (json!({"webhook": {"enabled": true, "url": "https://"}}), "sinks.webhook.url: it is no address"),
        (
            json!({"webhook": {"enabled": true, "url": "http://u:p@a/"}}),
            "sinks.webhook.url: it holds a user's name",
        ),
        (
            json!({"webhook": {"enabled": true, "url": {"env": "NONE"}}}),
            "sinks.webhook.url: the environment variable NONE is not set; set it",
        ),
        (
            json!({"webhook": {"enabled": true, "url": "http://a/", "token": {"env": "EMPTY"}}}),
            "sinks.webhook.token: the environment variable EMPTY is empty",
        ),
        (
            json!({"webhook": {"enabled": true, "url": "http://a/", "headers": {"X": {"env": "LINES"}}}}),
            "sinks.webhook.headers.X: the environment variable LINES holds more than one line",
        ),
        (
            json!({"webhook": {"enabled": true, "url": "http://a/", "headers": {"X Y": {"env": "HOOK"}}}}),
            "sinks.webhook.headers.X Y: no header can be made of it",
        ),
        (
            json!({"webhook": {"enabled": true, "url": "http://a/", "token": {"file": "/no/such/file"}}}),
            "sinks.webhook.token: /no/such/file: No such file",
        ),
        (
            json!({"webhook": {"enabled": true, "url": "http://a/", "proxy": "no proxy"}}),
            "sinks.webhook.proxy: it is no address of a proxy",
        ),
        (json!({"delivery": {"attempts": 0}}), "sinks.delivery.attempts: 0 attempts deliver nothing"),
        (json!({"delivery": {"first_retry_s": 9_000}}), "sinks.delivery.first_retry_s: 9000 s; give 1 s to"),
        (json!({"delivery": {"longest_retry_s": 0}}), "sinks.delivery.longest_retry_s: 0 s; give 1 to"),
        (json!({"zeek_log": {"enable": true}}), "unknown field `enable`"),
    ] {
        let error = refused(settings);
        assert!(error.contains(expected), "{expected} is not in {error}");
    }
}

#[test]
fn a_secret_that_is_written_is_refused_without_a_word_of_it() {
    for token in [json!("hunter2"), json!({"env": "A", "file": "hunter2"}), json!({"hunter2": 1}), json!({})]
    {
        let error = refused(json!({"webhook": {"token": token}}));
        assert!(error.contains(r#"{ env = "NAME" }"#) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn no_secret_is_shown() {
    let settings =
        read(json!({"webhook": {"enabled": true, "url": {"env": "HOOK"}, "token": {"env": "HOOK"}}}));
    let settings = settings.unwrap();
    let built = settings.build(&environment).unwrap();
    for shown in [format!("{settings:?}"), serde_json::to_string(&settings).unwrap(), format!("{built:?}")] {
        assert!(!shown.contains("s3cr3t") && !shown.contains("hooks.example"), "{shown}");
    }
    let sink = build::webhook_sink(&settings.webhook, &environment, &mut Vec::new()).unwrap();
    assert_eq!(format!("{sink:?}"), r#"WebhookSink { place: "https://hooks.example", .. }"#);
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "s3cr3t\r\n").unwrap();
    for (mode, warns) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o644, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let settings =
            json!({"webhook": {"enabled": true, "url": "http://localhost/", "token": {"file": file}}});
        let warnings = build(settings).unwrap().warnings;
        assert_eq!(!warnings.is_empty(), warns, "{mode:o}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.contains("chmod 600") && !warning.contains("s3cr3t")));
    }
}

#[test]
fn notices_that_travel_unencrypted_are_warned_of() {
    let warnings = |url| build(json!({"webhook": {"enabled": true, "url": url}})).unwrap().warnings;
    assert_eq!(warnings("http://127.0.0.1:8/"), [""; 0]);
    assert_eq!(warnings("http://[::1]/"), [""; 0]);
    assert_eq!(warnings("http://example.org/"), ["sinks.webhook.url: notices travel unencrypted; use https"]);
}

#[test]
fn a_route_takes_what_is_bad_enough() {
    let syslog =
        json!({"enabled": true, "host": "localhost", "transport": "udp", "minimum_severity": "high"});
    let route = build(json!({"syslog": syslog})).unwrap().routes.remove(0);
    assert_eq!(route.sink, "syslog");
    let takes = |event, severity| route.takes(&Notice { event, severity, ..Notice::default() });
    assert!(takes(Event::Raised, Severity::High) && takes(Event::Raised, Severity::Critical));
    assert!(!takes(Event::Raised, Severity::Medium) && !takes(Event::Changed, Severity::Critical));
    assert!(takes(Event::Test, Severity::Low));
    let changes = Route { changes: true, ..route.clone() };
    assert!(changes.takes(&Notice { event: Event::Changed, severity: Severity::High, ..Notice::default() }));
}

/// Whoever writes a commented file from the schema finds a sentence for each setting.
#[test]
fn every_setting_is_described() {
    let schema = schemars::schema_for!(Settings).to_value();
    let mut tables = vec![&schema];
    tables.extend(schema["$defs"].as_object().unwrap().values());
    let mut described = 0;
    for properties in tables.iter().filter_map(|table| table["properties"].as_object()) {
        for (name, property) in properties {
            assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
            described += 1;
        }
    }
    assert!(described > 25, "{described}");
}

#[test]
fn what_sinks_reach_for_is_known_beforehand() {
    let reach = |settings: Value| read(settings).unwrap().reach(&environment);
    assert_eq!(reach(json!({})), super::Reach::default());
    // What is off reaches for nothing.
    assert_eq!(
        reach(json!({"syslog": {"host": "a"}, "zeek_log": {"path": "/a/b"}})),
        super::Reach::default()
    );
    let logs = reach(json!({"zeek_log": {"enabled": true, "path": "/a/o.log", "archive": "/b"}}));
    assert_eq!(logs.folders, [std::path::Path::new("/a"), std::path::Path::new("/b")]);
    assert!(!logs.has_network && logs.ports.is_empty());
    let syslog = |transport: &str, host: &str, port: u16| {
        let reach =
            reach(json!({"syslog": {"enabled": true, "host": host, "port": port, "transport": transport,
            "ca_file": "/ca.pem"}}));
        assert!(reach.has_network);
        (reach.ports, reach.has_names, reach.files)
    };
    assert_eq!(syslog("udp", "192.0.2.1", 0), (vec![], false, vec![]));
    assert_eq!(syslog("tcp", "::1", 0), (vec![601], false, vec![]));
    assert_eq!(syslog("tls", "log.example", 99), (vec![99], true, vec!["/ca.pem".into()]));
    let webhook = |url: Value, proxy: &str| {
        let reach =
            reach(json!({"webhook": {"enabled": true, "url": url, "proxy": proxy, "token": {"file": "/t"},
            "ca_file": "/ca.pem"}}));
        (reach.ports, reach.has_names, reach.files.len())
    };
    assert_eq!(webhook(json!({"env": "HOOK"}), ""), (vec![443], true, 2));
    assert_eq!(webhook(json!("http://[::1]:8080/x"), ""), (vec![8080], false, 1));
    assert_eq!(webhook(json!("https://a.example/"), "http://192.0.2.7:3128"), (vec![3128], false, 2));
}
