//! Floods of addresses: each is an incident or few, whichever side it is made up on, and a run that is cut within one ends the same.

use std::fmt::Write;

use serde_json::Value;

use crate::fixtures;
use crate::folder::Folder;

/// Senders, all within a minute.
const SENDERS: u32 = 5_000;
/// 2026-02-28 12:00, in the day after the baseline.
const NOON: f64 = 1_772_280_000.0;

/// Rows of connections that nobody answers, of sides by their number: originator and responder, each with whether it is local.
fn log(senders: u32, sides: impl Fn(u32) -> [(String, char); 2]) -> String {
    let (header, _) = fixtures::parts(&fixtures::household().attacked);
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields").to_owned();
    let mut log = header;
    for number in 0..senders {
        let [(orig, orig_is_local), (resp, resp_is_local)] = sides(number);
        let ts = NOON + 60.0 * f64::from(number) / f64::from(senders);
        let cell = |name: &str| match name {
            "ts" => format!("{ts:.6}"),
            "uid" => format!("Cf{number}"),
            "id.orig_h" => orig.clone(),
            "id.orig_p" => (1024 + number).to_string(),
            "id.resp_h" => resp.clone(),
            "id.resp_p" => "443".into(),
            "proto" => "tcp".into(),
            "conn_state" => "S0".into(),
            "local_orig" => orig_is_local.into(),
            "local_resp" => resp_is_local.into(),
            "history" => "S".into(),
            "orig_pkts" => "1".into(),
            "orig_ip_bytes" => "44".into(),
            "missed_bytes" | "resp_pkts" | "resp_ip_bytes" => "0".into(),
            "ip_proto" => "6".into(),
            _ => "-".into(),
        };
        let cells: Vec<String> = fields.split('\t').map(cell).collect();
        writeln!(log, "{}", cells.join("\t")).expect("it fits");
    }
    log
}

fn local(number: u32) -> (String, char) {
    (format!("10.{}.{}.{}", 1 + number % 200, number / 200 % 256, 1 + number % 250), 'T')
}

fn remote(number: u32) -> (String, char) {
    (format!("{}.{}.{}.9", 20 + number % 100, number / 100 % 256, 1 + number % 250), 'F')
}

/// One remote sender after the other to one local host.
fn inbound() -> String {
    log(SENDERS, |number| [remote(number), ("192.168.1.20".into(), 'T')])
}

/// Local senders that are made up, to one remote host.
fn spoofed() -> String {
    log(SENDERS, |number| [local(number), ("203.0.113.9".into(), 'F')])
}

fn folder(log: &str) -> Folder {
    let folder = Folder::empty();
    folder.write("home.model", &fixtures::household().model);
    folder.write("conn.log", log);
    folder
}

fn incidents(folder: &Folder) -> Vec<Value> {
    folder.ok("incidents list --db a.db --json -n 1000000").json()
}

#[test]
fn a_flood_from_outside_is_told_of_the_host_that_it_hits() {
    let folder = folder(&inbound());
    folder.ok("detect conn.log -m home.model --db a.db");
    let incidents = incidents(&folder);
    assert!((1..10).contains(&incidents.len()), "{incidents:#?}");
    assert!(
        incidents.iter().any(|incident| incident["state"] == "raised"
            && incident["host"] == "192.168.1.20"
            && incident["rows"].as_u64() > Some(1_000)),
        "{incidents:#?}"
    );
}

#[test]
fn a_flood_of_local_senders_is_one_incident() {
    let folder = folder(&spoofed());
    folder.ok("detect conn.log -m home.model --db a.db");
    let incidents = incidents(&folder);
    // Those that made it known have their own, of each family.
    assert!(incidents.len() < 300, "{}", incidents.len());
    let floods: Vec<&Value> = incidents.iter().filter(|incident| incident["host"] == "many hosts").collect();
    assert!((1..5).contains(&floods.len()), "{floods:#?}");
    for flood in &floods {
        assert_eq!(flood["state"], "raised", "{flood:#?}");
        let title = flood["title"].as_str().expect("a title");
        assert!(title.starts_with("Flood: about ") && title.contains(" local hosts"), "{title}");
    }
    assert!(floods.iter().any(|flood| flood["rows"].as_u64() > Some(1_000)), "{floods:#?}");
    // It has rows as any other, and a rule by a host hides it where it covers them all.
    let id = &floods[0]["id"];
    let shown = folder.ok(&format!("incidents show {id} --db a.db"));
    shown.prints("Flood: ").prints("many hosts");
}

#[test]
fn a_flood_that_is_cut_ends_as_one_that_is_not() {
    let text = spoofed();
    let whole = folder(&text);
    whole.ok("detect conn.log -m home.model --db a.db");
    let parts = folder("");
    let (header, rows) = fixtures::parts(&text);
    parts.write("conn.log", header);
    for rows in rows.chunks(rows.len() / 4) {
        parts.append("conn.log", &rows.concat());
        parts.ok("detect conn.log -m home.model --db a.db");
    }
    assert!(whole.found_in_any_file("a.db") == parts.found_in_any_file("a.db"), "they differ");
}

#[test]
fn with_little_memory_a_run_that_is_cut_ends_the_same() {
    // More senders than there is room for hosts then.
    let text = log(20_000, |number| [remote(number), ("192.168.1.20".into(), 'T')]);
    let (header, rows) = fixtures::parts(&text);
    let parts: Vec<String> =
        rows.chunks(rows.len() / 4).map(|rows| header.clone() + &rows.concat()).collect();
    let watch = |folder: &Folder| {
        let settings = "[watch]\nthreads = 1\nsettle_s = 0.1\n";
        folder.write("oddflow.toml", settings);
        folder.ok("watch zeek -m home.model --db a.db --config oddflow.toml --once --conn-only --memory-limit 105000000")
    };
    let name = |hour: usize| format!("zeek/2026-02-28/conn.{hour:02}:00:00-{:02}:00:00.log.gz", hour + 1);
    let (whole, cut) = (folder(""), folder(""));
    for (hour, part) in parts.iter().enumerate() {
        whole.write(&name(hour), fixtures::gz(part));
        cut.write(&name(hour), fixtures::gz(part));
        watch(&cut);
    }
    watch(&whole).says("the memory of behaviour is full");
    assert!(incidents(&whole).iter().any(|incident| incident["state"] == "raised"));
    assert!(whole.found_in_any_file("a.db") == cut.found_in_any_file("a.db"), "they differ");
}

#[test]
fn too_little_memory_is_refused_with_the_least() {
    let folder = folder("");
    folder
        .run("watch . -m home.model --db a.db --once --memory-limit 1M")
        .fails(2, &["watch.memory_limit: 1048576 bytes are too few"])
        .says("or more");
}
