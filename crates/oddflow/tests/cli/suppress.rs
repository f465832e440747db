//! What people say of incidents: rules that hide them, verdicts, and what of it counts when a model is trained; and what goes when
//! it is old.

mod retention;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fixtures;
use crate::folder::{Folder, Ran};

/// The two attacked days of the household, detected.
fn with_incidents() -> Folder {
    let folder = Folder::household();
    folder.ok("detect attacked.log -m home.model --db a.db --budget 10");
    folder
}

/// Writes an archive that has lain there for long, so that it is read at once.
fn archive(folder: &Folder, name: &str, text: &str) {
    let path = folder.path(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    folder.write(name, fixtures::gz(text));
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_500_000_000);
    let file = std::fs::File::options().append(true).open(path).expect("it is there");
    file.set_modified(long_ago).expect("a time");
}

/// Runs it with an expression, which may hold blanks.
fn suppress(folder: &Folder, arguments: &str, expression: &str) -> Ran {
    let command = format!("incidents suppress {arguments}");
    let output = folder.command(&command).arg(expression).output().expect("the program starts");
    Ran::new(&format!("{command} '{expression}'"), output)
}

fn list(folder: &Folder, options: &str) -> Vec<Value> {
    folder.ok(&format!("incidents list --db a.db --json -n 100000 {options}")).json()
}

/// Their numbers in the run, which don't depend on when they were stored.
fn numbers(incidents: &[Value]) -> BTreeSet<u64> {
    incidents.iter().map(|incident| incident["number"].as_u64().expect("a number")).collect()
}

fn ids(incidents: &[Value]) -> BTreeSet<i64> {
    incidents.iter().map(|incident| incident["id"].as_i64().expect("a number")).collect()
}

/// All incidents, hidden or not, as they are without what rules and people say.
fn everything(folder: &Folder) -> Vec<Value> {
    let mut all = list(folder, "");
    all.extend(list(folder, "--suppressed"));
    all.sort_by_key(|incident| incident["id"].as_i64());
    for incident in &mut all {
        incident["suppressed_by"] = Value::Null;
    }
    all
}

/// The same without the numbers that the store gives.
fn by_number(mut all: Vec<Value>) -> Vec<Value> {
    all.sort_by_key(|incident| incident["number"].as_u64());
    all.iter_mut().for_each(|incident| incident["id"] = Value::Null);
    all
}

/// The host with the most incidents.
fn busiest(incidents: &[Value]) -> String {
    let hosts: Vec<&str> =
        incidents.iter().map(|incident| incident["host"].as_str().expect("a host")).collect();
    let count = |host: &str| hosts.iter().filter(|other| **other == host).count();
    hosts.iter().max_by_key(|host| (count(host), **host)).expect("incidents").to_string()
}

#[test]
fn a_rule_hides_what_it_previewed_and_gives_it_back() {
    let folder = with_incidents();
    let before = list(&folder, "");
    let host = busiest(&before);
    let rule = format!("host == {host}");
    let of_host = ids(&list(&folder, &format!("--host {host}")));
    assert!(!of_host.is_empty() && of_host.len() < before.len());

    let said = format!("It would hide {} of {} incidents", of_host.len(), before.len());
    suppress(&folder, "--db a.db --preview --days 100", &rule)
        .exits(0)
        .prints(&said)
        .prints("The strongest:");
    assert_eq!(list(&folder, ""), before, "a preview changes nothing");
    folder.ok("incidents suppressions --db a.db").says("no rules");

    suppress(&folder, "--db a.db --reason tested --expires never", &rule)
        .exits(0)
        .says(&format!("rule 1 hides {} incident", of_host.len()))
        .says("it never expires");
    let hidden = list(&folder, "--suppressed");
    assert_eq!(ids(&hidden), of_host);
    assert!(hidden.iter().all(|incident| incident["suppressed_by"] == 1));
    let shown = list(&folder, "");
    assert_eq!(shown.len() + hidden.len(), before.len());
    folder.ok("incidents list --db a.db").says("hidden by rules; --suppressed lists them");
    folder.ok(&format!("incidents show {} --db a.db -n 0", hidden[0]["id"])).prints("by rule 1");
    let alerts = folder.ok("alerts export --db a.db").json();
    assert!(alerts.iter().all(|alert| !of_host.contains(&alert["incident"].as_i64().expect("a number"))));
    let rows = folder.ok("alerts export --db a.db --suppressed").json();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| of_host.contains(&row["incident"].as_i64().expect("one")))
    );
    folder.ok("incidents suppressions --db a.db").prints(&rule).prints("tested").prints("never");
    let rules = folder.ok("incidents suppressions --db a.db --json").json();
    assert_eq!((&rules[0]["hides"], &rules[0]["expression"]), (&of_host.len().into(), &rule.into()));

    folder.ok("incidents unsuppress 1 --db a.db").says(&format!("{} incident", of_host.len())).says("back");
    assert_eq!(list(&folder, ""), before, "nothing was lost");
}

/// A rule says the same of an incident that comes as of one that was there before.
#[test]
fn what_comes_later_is_hidden_as_what_was_there() {
    let folder = with_incidents();
    let host = busiest(&list(&folder, ""));
    let everything_before = by_number(everything(&folder));
    for rule in [format!("host == {host}"), "family == fan && proto == tcp".into(), "duration < 5s".into()] {
        std::fs::remove_file(folder.path("a.db")).expect("it is there");
        folder.ok("detect attacked.log -m home.model --db a.db --budget 10");
        let after = suppress(&folder, "--db a.db --reason tested --expires never", &rule).exits(0);
        let expected = numbers(&list(&folder, "--suppressed"));
        assert!(!expected.is_empty() && expected.len() < everything_before.len(), "{after}");
        // The same, with the rule there first, and the log in parts.
        std::fs::remove_file(folder.path("a.db")).expect("it is there");
        let (header, rows) = fixtures::parts(&fixtures::household().attacked);
        folder.write("growing.log", format!("{header}{}", rows[..50].concat()));
        folder.ok("detect growing.log -m home.model --db a.db --budget 10");
        suppress(&folder, "--db a.db --reason tested --expires never", &rule).exits(0);
        let mut suppressed = 0;
        for part in [rows.len() / 3, rows.len() / 2, rows.len()] {
            folder.write("growing.log", format!("{header}{}", rows[..part].concat()));
            let ran = folder.ok("detect growing.log -m home.model --db a.db --budget 10");
            suppressed += usize::from(ran.err.contains("hidden by rules"));
        }
        assert!(suppressed > 0);
        assert_eq!(numbers(&list(&folder, "--suppressed")), expected, "{rule}");
        // All else is as it would be without a rule.
        let all = by_number(everything(&folder));
        assert_eq!(all, everything_before, "{rule}");
    }
}

#[test]
fn a_rule_ends_with_the_time_of_the_log() {
    let folder = with_incidents();
    let all = list(&folder, "--sort oldest");
    let middle = all[all.len() / 2]["raised_ts"].as_f64().expect("a time");
    suppress(&folder, &format!("--db a.db --reason tested --expires {middle}"), "hour in 0..23").exits(0);
    let hidden = list(&folder, "--suppressed");
    let expected =
        all.iter().filter(|incident| incident["raised_ts"].as_f64().expect("a time") < middle).count();
    assert!(expected > 0 && expected < all.len());
    assert_eq!(hidden.len(), expected);
    folder.ok("incidents suppressions --db a.db").prints("(over)");
}

#[test]
fn rows_besides_keep_an_incident() {
    let folder = with_incidents();
    let row = folder.ok("alerts export --db a.db -n 1").json()[0].clone();
    let incident = row["incident"].as_i64().expect("a number");
    let rule = format!("uid == {}", row["uid"].as_str().expect("a uid"));
    let rows = folder.ok(&format!("alerts export --db a.db --incident {incident}")).json().len();
    assert!(rows > 1, "the strongest incident has several rows");
    suppress(&folder, "--db a.db --reason tested", &rule)
        .exits(0)
        .says("hides 0")
        .says("with other rows besides");
    assert!(list(&folder, "--suppressed").is_empty());
}

#[test]
fn a_confirmed_incident_is_never_hidden_silently() {
    let folder = with_incidents();
    let host = busiest(&list(&folder, ""));
    let rule = format!("host == {host}");
    let of_host = ids(&list(&folder, &format!("--host {host}")));
    let first = *of_host.first().expect("one");
    let output = folder
        .command(&format!("incidents confirm {first} --db a.db --note"))
        .arg("it was\u{1b}[2J the printer")
        .output()
        .expect("the program starts");
    Ran::new("confirm", output).exits(0).says("confirmed");
    let warning = "warning: it also means 1 incident that was confirmed and stays";
    suppress(&folder, "--db a.db --preview --days 100", &rule).exits(0).says(warning);
    suppress(&folder, "--db a.db --reason tested", &rule).exits(0).says(warning);
    assert_eq!(list(&folder, "--suppressed").len(), of_host.len() - 1);
    let confirmed = list(&folder, "--state confirmed");
    assert_eq!(ids(&confirmed), [first].into());
    assert!(confirmed[0]["verdict_ts"].as_f64() > Some(1.7e9));
    let shown = folder.ok(&format!("incidents show {first} --db a.db -n 0")).prints("verdict     confirmed");
    assert!(!shown.out.contains('\u{1b}') && shown.out.contains("the printer"));
    folder.ok("incidents list --db a.db -n 1000").prints("[confirmed] ");
    // One that is hidden comes back when it is confirmed.
    let other = *of_host.last().expect("another");
    assert_ne!(other, first);
    folder.ok(&format!("incidents benign {other} --db a.db"));
    assert_eq!(ids(&list(&folder, "--state benign")), [other].into(), "hidden or not");
    folder
        .ok(&format!("incidents confirm {other} --db a.db"))
        .says(&format!("incident {other} is shown again, though rule 1 means it"));
    assert_eq!(list(&folder, "--suppressed").len(), of_host.len() - 2);
    folder.ok(&format!("incidents confirm {other} --db a.db --undo")).says("open again");
    assert_eq!(list(&folder, "--state confirmed").len(), 1);
}

#[test]
fn several_rules_and_one_that_goes() {
    let folder = with_incidents();
    let all = list(&folder, "").len();
    suppress(&folder, "--db a.db --reason one", "port in 0..65535").exits(0);
    let first = list(&folder, "--suppressed").len();
    assert!(first > 0);
    suppress(&folder, "--db a.db --reason two", "hour in 0..23")
        .exits(0)
        .says("hidden by other rules already");
    assert_eq!(list(&folder, "--suppressed").len(), all);
    folder
        .ok("incidents unsuppress 1 --db a.db")
        .says("0 incidents back")
        .says("more are hidden by other rules");
    assert_eq!(list(&folder, "--suppressed").len(), all);
    folder.ok("incidents unsuppress 2 --db a.db");
    assert!(list(&folder, "--suppressed").is_empty());
}

/// Rows of alerts, of confirmed incidents and of those that are hidden as malicious stay out of a baseline.
#[test]
fn what_people_said_counts_when_a_model_is_trained() {
    let folder = with_incidents();
    let quick = fixtures::QUICK_BEHAVIOUR;
    let left_out = || -> u64 {
        let ran = folder.ok(&format!("train attacked.log -o new.model --db a.db {quick}"));
        let line = ran.err.lines().find(|line| line.contains("left out that fed an alert"));
        let digits =
            line.map(|line| line.chars().take_while(|c| !c.is_ascii_alphabetic()).collect::<String>());
        digits.map_or(0, |digits| {
            digits.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("rows")
        })
    };
    let unjudged = left_out();
    assert!(unjudged > 0);
    let all: Vec<String> = ids(&list(&folder, "")).iter().map(i64::to_string).collect();
    let (one, others) = all.split_first().expect("incidents");
    folder.ok(&format!("incidents confirm {} --db a.db", all.join(" ")));
    // Not the alerts alone but all that the host sent then.
    let all_confirmed = left_out();
    assert!(all_confirmed >= unjudged, "confirmed ones stay out, as those of which nothing was said");
    folder.ok(&format!("incidents benign {} --db a.db", others.join(" ")));
    let confirmed = left_out();
    assert!((1..all_confirmed).contains(&confirmed), "{confirmed} of {all_confirmed}");
    folder.ok(&format!("incidents benign {one} --db a.db"));
    assert_eq!(left_out(), 0, "all are benign");
    folder.ok(&format!("incidents benign {} --db a.db --undo", all.join(" ")));
    suppress(&folder, "--db a.db --reason bad --malicious", "hour in 0..23").exits(0);
    assert_eq!(left_out(), all_confirmed, "hidden as malicious");
    folder.ok("incidents unsuppress 1 --db a.db");
    suppress(&folder, "--db a.db --reason ours", "hour in 0..23").exits(0);
    assert_eq!(left_out(), 0, "hidden as normal");
}

/// The service tells nobody of what a rule hides, neither its log nor its sinks.
#[test]
fn nobody_is_told_of_what_is_hidden() {
    let folder = Folder::household();
    let (header, rows) = fixtures::parts(&fixtures::household().attacked);
    let log = |name: &str, rows: &[&str]| archive(&folder, name, &format!("{header}{}", rows.concat()));
    log("zeek/2026-02-27/conn.00:00:00-01:00:00.log.gz", &rows[..50]);
    folder.write(
        "oddflow.toml",
        "[watch]\npoll_s = 0.02\nsettle_s = 0.1\ncompanions = false\n[sinks.json_lines]\nenabled = true\n\
        rotation = \"never\"\npath = \"told.json\"\n",
    );
    let watch = "watch zeek -m home.model --db a.db --config oddflow.toml --mode rotated --once";
    let first = folder.ok(watch);
    let before = ids(&list(&folder, "--state raised"));
    suppress(&folder, "--db a.db --reason tested", "family == fan").exits(0);
    log("zeek/2026-02-28/conn.00:00:00-01:00:00.log.gz", &rows[50..]);
    let ran = folder.ok(watch);
    let raised = list(&folder, "--state raised");
    let hidden = list(&folder, "--state raised --suppressed");
    assert!(!raised.is_empty() && !hidden.is_empty());
    assert!(hidden.iter().all(|incident| incident["family"] == "fan"));
    // What was told before there was a rule was told.
    let expected: BTreeSet<i64> = ids(&raised).union(&before).copied().collect();
    assert!(ids(&hidden).difference(&before).count() > 0);
    let said = |id: &i64| {
        let words = format!("incident={id} ");
        first.err.contains(&words) || ran.err.contains(&words)
    };
    assert_eq!(ids(&raised).union(&ids(&hidden)).copied().filter(said).collect::<BTreeSet<_>>(), expected);
    // Who is stopped before all is delivered delivers the rest when it is started again.
    let store = oddflow_store::Store::open(folder.path("a.db")).expect("a database");
    for _ in 0..50 {
        if store.outbox_counts().expect("reads").is_empty() {
            break;
        }
        folder.ok(watch);
    }
    let told: BTreeSet<String> = crate::folder::json_lines(&folder.text("told.json"))
        .iter()
        .map(|line| line["event"]["id"].to_string())
        .collect();
    assert_eq!(told.len(), expected.len());
    assert!(store.outbox_counts().expect("reads").is_empty(), "nothing waits");
    store.check().expect("whole");
}

#[test]
fn mistakes_are_2_with_a_remedy() {
    let folder = with_incidents();
    let no_reason = suppress(&folder, "--db a.db", "host == 10.0.0.5").exits(2).says("--reason <TEXT>");
    drop(no_reason);
    suppress(&folder, "--db a.db --reason tested", "domian == example.com")
        .fails(2, &["there is no field domian"])
        .says("Did you mean domain?");
    suppress(&folder, "--db a.db --reason tested", "vlan == 7").fails(2, &["vlan is not kept"]);
    suppress(&folder, "--db a.db --reason tested", "family == fna").fails(2, &["fna"]).says("family == fan");
    suppress(&folder, "--db a.db --reason tested --expires soon", "hour in 0..23")
        .fails(2, &["soon", "never"]);
    suppress(&folder, "--db none.db --reason tested", "hour in 0..23").fails(6, &["no database none.db"]);
    assert!(!folder.path("none.db").exists());
    folder.run("incidents unsuppress 9 --db a.db").fails(2, &["no rule 9"]).says("incidents suppressions");
    folder.run("incidents confirm 1 999 --db a.db").fails(2, &["no incident 999"]).says("incidents list");
    assert!(list(&folder, "--state confirmed").is_empty(), "all or nothing");
    folder.run("incidents benign --db a.db").exits(2).says("<ID>");
    let blank =
        folder.command("incidents suppress port==1 --db a.db --reason").arg(" ").output().expect("starts");
    Ran::new("a blank reason", blank).fails(2, &["a rule needs a reason"]);
    // The same command under the name of alerts.
    let output = folder
        .command("alerts suppress --db a.db --reason tested")
        .arg("hour in 0..23")
        .output()
        .expect("starts");
    Ran::new("alerts suppress", output).exits(0).says("rule 1 hides");
}
