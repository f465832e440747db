//! `oddflow export`: whatever is in a log is in the file, and a file is whole or not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

use crate::fixtures::{self, gz};
use crate::folder::{Folder, skipped};

/// What the program says of a day's log.
const WHOLE: &str = "6,000 rows of 1 log with 22 columns in 1 row group";

/// A file as it is read back.
#[derive(Debug, PartialEq)]
struct Table {
    columns: Vec<String>,
    /// Values as text; `null` where unset.
    rows: Vec<Vec<String>>,
    metadata: BTreeMap<String, String>,
}

impl Table {
    fn read(folder: &Folder, name: &str) -> Self {
        let file = std::fs::File::open(folder.path(name)).expect("a file");
        let reader = SerializedFileReader::new(file).expect("Parquet");
        let metadata = reader.metadata().file_metadata();
        let root = metadata.schema_descr().root_schema();
        let pairs = metadata.key_value_metadata().expect("metadata");
        let pairs = pairs.iter().filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?)));
        let rows = reader.get_row_iter(None).expect("rows").map(|row| {
            let row = row.expect("a row");
            row.get_column_iter().map(|(_, field)| field.to_string()).collect()
        });
        Self {
            columns: root.get_fields().iter().map(|field| field.name().to_owned()).collect(),
            rows: rows.collect(),
            metadata: pairs.filter(|(key, _)| key.starts_with("oddflow.")).collect(),
        }
    }

    #[track_caller]
    fn column(&self, name: &str) -> Vec<&str> {
        let at = self.columns.iter().position(|column| column == name);
        let at = at.unwrap_or_else(|| panic!("no {name} in {:?}", self.columns));
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    fn unset(&self, name: &str) -> usize {
        self.column(name).iter().filter(|value| **value == "null").count()
    }
}

/// What lies in the folder besides what was there.
fn leftovers(folder: &Folder) -> Vec<String> {
    folder.names().into_iter().filter(|name| name.starts_with('.')).collect()
}

#[test]
fn every_row_and_column_of_a_log_is_in_the_file() {
    let folder = Folder::new();
    folder.ok("export conn.log --parquet conn.parquet").says(WHOLE);
    let table = Table::read(&folder, "conn.parquet");
    assert_eq!(table.metadata["oddflow.log"], "conn");
    assert_eq!(table.metadata["oddflow.version"], env!("CARGO_PKG_VERSION"));
    let (header, rows) = fixtures::parts(fixtures::log());
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    assert_eq!(table.columns, fields.split('\t').collect::<Vec<_>>());
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.trim_end().split('\t').collect()).collect();
    for (at, name) in table.columns.iter().enumerate() {
        assert_eq!(table.unset(name), cells.iter().filter(|row| row[at] == "-").count(), "{name}");
    }
    let quoted = |text: &str| format!("\"{text}\"");
    let uids: Vec<String> = cells.iter().map(|row| quoted(row[1])).collect();
    assert_eq!(table.column("uid"), uids);
    let hosts: Vec<String> = cells.iter().map(|row| quoted(row[2])).collect();
    assert_eq!(table.column("id.orig_h"), hosts);
    let ports: Vec<&str> = cells.iter().map(|row| row[5]).collect();
    assert_eq!(table.column("id.resp_p"), ports);
    let bytes: Vec<&str> = cells.iter().map(|row| if row[9] == "-" { "null" } else { row[9] }).collect();
    assert_eq!(table.column("orig_bytes"), bytes);
}

#[test]
fn packing_format_and_threads_make_no_difference() {
    let folder = Folder::new();
    folder.ok("export conn.log --parquet tsv.parquet");
    folder.write("json.log", fixtures::json_log());
    folder.ok("export json.log --parquet json.parquet").says(WHOLE);
    assert_eq!(Table::read(&folder, "tsv.parquet"), Table::read(&folder, "json.parquet"));
    folder.write("conn.log.gz", gz(fixtures::log()));
    folder.ok("export conn.log.gz --parquet gz.parquet --threads 4");
    assert_eq!(folder.bytes("tsv.parquet"), folder.bytes("gz.parquet"));
    folder.feed("export - --parquet pipe.parquet --threads 1", fixtures::log()).exits(0);
    assert_eq!(folder.bytes("tsv.parquet"), folder.bytes("pipe.parquet"));
    folder
        .feed("export - --parquet pipe.json.parquet", fixtures::json_log())
        .fails(2, &["JSON", "a pipe can be read only once"]);
}

#[test]
fn logs_of_one_kind_are_put_together() {
    let folder = Folder::new();
    folder.ok("synth --rows 2000 --days 2 --seed 5 --out logs");
    folder.ok("export logs --parquet conn.parquet").says("2,000 rows of ");
    // The older log has a column less, and the newer one a column more.
    folder.write("old.log", fixtures::without_columns(&fixtures::excerpt(0..2000), &["ip_proto"]));
    let newer = fixtures::excerpt(2000..6000)
        .replace("#fields\tts", "#fields\tnode\tts")
        .replace("#types\ttime", "#types\tstring\ttime");
    let newer: String = newer
        .split_inclusive('\n')
        .map(|line| if line.starts_with('#') { line.into() } else { format!("zeek1\t{line}") })
        .collect();
    folder.write("new.log", newer);
    folder.ok("export old.log new.log --parquet both.parquet").says("6,000 rows of 2 logs with 23 columns");
    let table = Table::read(&folder, "both.parquet");
    assert_eq!(
        (table.columns[0].as_str(), &table.columns[21..]),
        ("ts", &["node".into(), "ip_proto".into()][..])
    );
    assert_eq!((table.unset("node"), table.unset("ip_proto")), (2000, 2000));
}

#[test]
fn logs_of_any_kind_but_of_one() {
    let folder = Folder::new();
    let dns = "#path\tdns\n#fields\tts\tuid\tanswers\n#types\ttime\tstring\tvector[string]\n\
               1772409600.5\tC1\ta,b\n1772409700.5\tC2\t(empty)\n1772409800.5\tC3\t-\n";
    folder.write("logs/dns.log", dns);
    folder.write("logs/conn.log", fixtures::log());
    folder.ok("export logs/dns.log --parquet dns.parquet").says("3 rows of 1 log with 3 columns");
    let table = Table::read(&folder, "dns.parquet");
    assert_eq!(table.metadata["oddflow.log"], "dns");
    assert_eq!(table.column("answers"), ["[\"a\", \"b\"]", "[]", "null"]);
    folder.ok("export logs --log dns --parquet a.parquet").says("3 rows of 1 log");
    folder.ok("export logs/*.log --log dns --parquet a.parquet").says("1 log of other kinds passed over");
    folder.ok("export logs --parquet a.parquet").says(WHOLE);
    folder
        .run("export logs/conn.log logs/dns.log --parquet b.parquet")
        .fails(2, &["different kinds", "logs/dns.log is `dns`", "`conn`"]);
    folder
        .run("export logs --log http --parquet b.parquet")
        .fails(3, &["no http log found in logs"])
        .says("http.HH:MM:SS-HH:MM:SS.log.gz");
    folder
        .run("export logs/dns.log --log http --parquet b.parquet")
        .fails(3, &["logs/dns.log is no http log but `dns`"])
        .says("name http.log");
    folder.run("export logs/dns.log --parquet b.parquet --exclude id.orig_p==1").fails(2, &["`dns`"]);
    folder.run("export logs/dns.log --parquet b.parquet --recipe behaviour").fails(2, &["`dns`"]);
    folder
        .ok("export logs/dns.log --from 1772409700 --to 1772409800.5 --parquet c.parquet")
        .says("2 rows left out")
        .says("1 row of 1 log");
    // JSON mixes several logs in one file.
    let json = "{\"_path\":\"dns\",\"ts\":1.5,\"AA\":true}\n{\"_path\":\"http\",\"ts\":2.5,\"host\":\"a\"}\n";
    folder.write("mixed.log", json);
    folder
        .ok("export mixed.log --parquet d.parquet")
        .says("1 row of 1 log")
        .says("1 row of other logs")
        .says_not("not in the file");
    folder.run("export mixed.log --log ssl --parquet d.parquet").fails(2, &["no row of `ssl`"]);
    folder.ok("export mixed.log --log http --parquet d.parquet");
    let table = Table::read(&folder, "d.parquet");
    assert_eq!(
        (table.columns, table.rows[0][2].as_str()),
        (vec!["_path".into(), "ts".into(), "host".into()], "\"a\"")
    );
}

/// Rows of one connection may begin two logs, and JSON has no `#open` to tell them apart.
#[test]
fn json_logs_that_begin_with_one_uid_are_two_logs() {
    let folder = Folder::empty();
    for hour in ["00", "01"] {
        let row = format!("{{\"ts\":1.5,\"uid\":\"C1\",\"query\":\"of hour {hour}\"}}\n");
        folder.write(&format!("logs/dns.{hour}:00:00-{hour}:59:59.log"), row);
    }
    folder.ok("export logs --log dns --parquet dns.parquet").says("2 rows of 2 logs");
    assert_eq!(Table::read(&folder, "dns.parquet").column("query"), ["\"of hour 00\"", "\"of hour 01\""]);
}

#[test]
fn what_cannot_be_read_is_counted() {
    let folder = Folder::new();
    folder.write(
        "http.log",
        "#path\thttp\n#fields\tts\tcode\n#types\ttime\tcount\n1.0\t200\n2.0\tmany\nsoon\t1\n4.0\n",
    );
    let ran = folder.ok("export http.log --parquet http.parquet").says("1 row of 1 log");
    for words in ["1 cut row", "1 bad number               first: http.log:5: code is `many`", "1 bad time"] {
        assert!(ran.err.contains(words), "`{words}`\n{ran}");
    }
    folder.write("kept.parquet", "what was there");
    folder.run("export http.log --parquet kept.parquet --strict").fails(4, &["http.log:"]);
    assert_eq!(folder.text("kept.parquet"), "what was there");
    assert_eq!(leftovers(&folder), [""; 0]);
    folder.write(
        "two.log",
        "#path\thttp\n#fields\tts\n#types\ttime\n1.0\n#fields\tts\thost\n#types\ttime\tstring\n2.0\ta\n",
    );
    folder.ok("export two.log --parquet two.parquet").says("the columns host").says("2 rows of 1 log");
}

#[test]
fn an_output_is_a_new_file() {
    let folder = Folder::new();
    folder.run("export conn.log --parquet -").fails(2, &["standard output can't take Parquet"]);
    folder.run("export conn.log --parquet conn.log").fails(2, &["one of the logs"]);
    folder.run("export conn.log -m home.model --parquet home.model").fails(2, &["the model"]);
    folder.write("dir/x", "");
    folder.run("export conn.log --parquet dir").fails(2, &["is no file"]);
    folder
        .run("export conn.log --parquet nowhere/a.parquet")
        .fails(7, &["nowhere/a.parquet cannot be written"]);
    assert_eq!(folder.text("conn.log"), fixtures::log());
    assert_eq!(leftovers(&folder), [""; 0]);
}

#[test]
fn time_and_filters_select_rows() {
    let folder = Folder::new();
    folder.ok("export conn.log --parquet all.parquet");
    let all = Table::read(&folder, "all.parquet");
    let udp = all.column("proto").iter().filter(|proto| **proto == "\"udp\"").count();
    folder
        .command("export conn.log --parquet no.parquet")
        .arg("--exclude")
        .arg("proto == udp")
        .output()
        .expect("runs");
    assert_eq!(Table::read(&folder, "no.parquet").rows.len(), 6000 - udp);
    let (_, rows) = fixtures::parts(fixtures::log());
    let times: Vec<f64> = rows.iter().map(|row| row.split('\t').next().unwrap().parse().unwrap()).collect();
    let middle = times[3000];
    let later = times.iter().filter(|ts| **ts >= middle).count();
    folder.ok(&format!("export conn.log --from {middle:.6} --parquet later.parquet"));
    folder.ok(&format!("export conn.log --to {middle:.6} --parquet earlier.parquet"));
    assert_eq!(Table::read(&folder, "later.parquet").rows.len(), later);
    assert_eq!(Table::read(&folder, "earlier.parquet").rows.len(), 6000 - later);
}

#[test]
fn features_of_a_recipe_beside_time_and_uid() {
    let folder = Folder::new();
    folder.ok("export conn.log -m home.model --parquet classic.parquet");
    let classic = Table::read(&folder, "classic.parquet");
    assert_eq!(&classic.columns[..3], ["ts", "uid", "uid_feature"]);
    assert_eq!((classic.rows.len(), classic.metadata["oddflow.recipe"].as_str()), (6000, "classic"));
    let means: Vec<f64> = serde_json::from_str(&classic.metadata["oddflow.mean"]).expect("numbers");
    assert_eq!(means.len(), classic.columns.len() - 2);
    folder.run("export conn.log --recipe classic --parquet x.parquet").fails(2, &["need a model"]);
    folder
        .run("export conn.log --recipe behaviour -m home.model --parquet x.parquet")
        .fails(2, &["the model is of the classic recipe"]);

    let folder = Folder::behaviour();
    folder
        .ok("export conn.log -m home.model --parquet with.parquet")
        .says("6,000 rows of 1 log with 157 columns");
    folder.ok("export conn.log --recipe behaviour --parquet without.parquet");
    let (with, without) = (Table::read(&folder, "with.parquet"), Table::read(&folder, "without.parquet"));
    assert_eq!(with.columns, without.columns);
    assert_eq!(with.column("uid"), without.column("uid"));
    assert!(with.metadata.contains_key("oddflow.model") && !without.metadata.contains_key("oddflow.model"));
    // What a row says by itself needs no past; what is new does.
    assert_eq!(with.column("orig_bytes"), without.column("orig_bytes"));
    assert_ne!(with.column("new_dst"), without.column("new_dst"));
    // Rows that aren't written are still the past of those that are.
    let (_, rows) = fixtures::parts(fixtures::log());
    let from: f64 = rows[4000].split('\t').next().unwrap().parse().unwrap();
    folder.ok(&format!("export conn.log -m home.model --from {from:.6} --parquet later.parquet"));
    let later = Table::read(&folder, "later.parquet");
    let kept: Vec<_> =
        with.rows.iter().filter(|row| later.rows.iter().any(|later| later[1] == row[1])).collect();
    assert_eq!(kept, later.rows.iter().collect::<Vec<_>>());
    // Of what a log lacks nothing is known.
    folder.write("few.log", fixtures::without_columns(fixtures::log(), &["orig_bytes"]));
    folder.ok("export few.log --recipe behaviour --parquet few.parquet");
    let few = Table::read(&folder, "few.parquet");
    assert_eq!((few.unset("orig_bytes"), few.unset("resp_bytes")), (6000, 0));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A Python that has these packages.
#[expect(clippy::disallowed_methods, reason = "the environment names the Python to use")]
fn python(packages: &str) -> Option<String> {
    let python = std::env::var("ODDFLOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let usable = Command::new(&python).args(["-c", &format!("import {packages}")]).output();
    if usable.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skipped(&format!("{python} has no {packages}; set ODDFLOW_PYTHON to one that does"));
    None
}

#[track_caller]
fn prints(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Cell by cell against a second reader of logs and a second reader of Parquet: made-up logs, and real ones where they are.
#[test]
fn nothing_is_lost_on_the_way_to_pandas() {
    let Some(python) = python("pandas, pyarrow") else { return };
    let folder = Folder::new();
    folder.write("json.log", fixtures::json_log());
    let mut logs = vec![folder.path("conn.log"), folder.path("json.log")];
    let data = root().join("../shared/data");
    for real in ["office-day", "iot-torii", "port-scan", "rotated"] {
        match std::fs::read_dir(data.join(real)) {
            Ok(entries) => {
                let paths = entries.map(|entry| entry.expect("an entry").path());
                logs.extend(paths.filter(|path| path.to_string_lossy().ends_with(".log.gz")));
            }
            Err(_) => skipped(&format!("../shared/data/{real} is not there")),
        }
    }
    logs.sort();
    let mut compare = Command::new(python);
    compare
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/parquet_equals.py"))
        .arg(root().join("reference"));
    for (at, log) in logs.iter().enumerate() {
        let name = format!("{at}.parquet");
        let output = folder.command("export --parquet").arg(&name).arg(log).output().expect("it runs");
        assert!(output.status.success(), "{}: {}", log.display(), String::from_utf8_lossy(&output.stderr));
        compare.arg(log).arg(folder.path(&name));
    }
    assert_eq!(prints(&mut compare).lines().count(), logs.len());
}

#[test]
fn the_notebook_repeats_the_main_figures() {
    let Some(python) = python("pandas, pyarrow, matplotlib, seaborn") else { return };
    let folder = Folder::new();
    folder.ok("export conn.log --parquet conn.parquet");
    let mut run = Command::new(python);
    run.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/run_notebook.py"));
    run.arg(root().join("notebooks/explore.ipynb"));
    run.env("ODDFLOW_PARQUET", folder.path("conn.parquet")).env("MPLCONFIGDIR", folder.path("matplotlib"));
    let printed = prints(&mut run);
    let found: Value = serde_json::from_str(printed.lines().last().expect("a line")).expect("JSON");
    assert_eq!(found["rows"], 6000);
    assert_eq!(found["half_hours"], 6000);
    let days = found["by_date"].as_object().expect("days");
    assert_eq!(days.values().filter_map(Value::as_u64).sum::<u64>(), 6000);
    let (_, rows) = fixtures::parts(fixtures::log());
    let tcp = rows.iter().filter(|row| row.split('\t').nth(6) == Some("tcp")).count();
    assert_eq!(found["protocols"]["tcp"], tcp);
    let names = |key: &str| found[key].as_array().expect("names").len();
    assert_eq!(names("columns"), names("without_ip_bytes") + 2);
    let host = found["host"].as_str().expect("a host");
    let sent = rows.iter().filter(|row| row.split('\t').nth(2) == Some(host)).count();
    assert_eq!(found["sent"], sent);
    assert!(found["figures"].as_u64() > Some(20), "{found}");
}
