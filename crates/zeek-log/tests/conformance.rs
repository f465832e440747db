//! Real logs of every generation and in every state, read as they are: a snapshot of what is in each, checked by hand,
//! and every value against an independent reading of the same files by `reference/parse_zeek.py`.
//!
//! The logs are other people's traffic and not a part of this repository. They are looked for in `../shared` beside it, or
//! where `ODDFLOW_SHARED` says; where they are missing the tests say so and pass. The snapshots hold counts and names of
//! columns, never a value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use zeek_log::{
    ChunkReport, ConnRecord, LogFile, LogHead, LogStream, Position, ProblemKind, ReadError, ReadOptions, Row,
};

/// Columns under the names that Zeek gave them before, and under those of today.
const RENAMED: [(&str, &str); 9] = [
    ("parents", "tunnel_parents"),
    ("eth_src", "orig_l2_addr"),
    ("eth_dst", "resp_l2_addr"),
    ("protocol_id", "ip_proto"),
    ("service_violation", "failed_service"),
    ("id_orig_h", "id.orig_h"),
    ("id_orig_p", "id.orig_p"),
    ("id_resp_h", "id.resp_h"),
    ("id_resp_p", "id.resp_p"),
];

/// What Zeek's own tests put in the place of a time.
const BLANKED_TIME: &str = "XXXXXXXXXX.XXXXXX";

/// What one file holds.
#[derive(Default)]
struct Reading {
    log: String,
    /// In order of first appearance.
    columns: Vec<String>,
    /// By column, in its order; a later column may be absent from an early row.
    rows: Vec<Vec<Value>>,
    other_rows: u64,
    problems: BTreeMap<ProblemKind, (u64, u64)>,
}

impl Reading {
    fn column(&mut self, name: &str) -> usize {
        self.columns.iter().position(|column| column == name).unwrap_or_else(|| {
            self.columns.push(name.into());
            self.columns.len() - 1
        })
    }

    fn add(&mut self, row: &Row<'_>, name: impl Fn(&str) -> &str, value: impl Fn(&str, usize) -> Value) {
        let mut values = vec![Value::Null; self.columns.len()];
        let mut seen = BTreeSet::new();
        for (i, column) in row.schema().columns.iter().enumerate() {
            // The columns of a JSON log are those of its rows of all logs so far.
            if row.raw(i).is_none() {
                continue;
            }
            let name = name(&column.name);
            let at = self.column(name);
            values.resize(self.columns.len(), Value::Null);
            // A log may have two columns of one name; the first one counts.
            if seen.insert(at) {
                values[at] = value(name, i);
            }
        }
        self.rows.push(values);
    }

    fn count(&mut self, report: &ChunkReport) {
        self.other_rows += report.other_rows;
        for problem in report.problems.sorted() {
            self.problems.entry(problem.kind).or_insert((0, problem.line)).0 += problem.count;
        }
    }
}

/// The corpus, or `None` with a word about it.
#[expect(clippy::disallowed_methods, reason = "the environment names the folder of the real logs")]
fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("ODDFLOW_SHARED").map_or_else(beside, PathBuf::from);
    let corpus = shared.join("data/parser-corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    skipped(&format!("{} is not there", corpus.display()));
    None
}

/// Past the harness, which keeps what passing tests print to itself.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Reads a file as the log that it is.
fn read(path: &Path) -> Result<Reading, ReadError> {
    let options = ReadOptions::default();
    let log = LogFile::path(path);
    let conn = log.conn_head(&options);
    let is_conn = conn.is_ok();
    let head = match conn {
        Ok(head) => head,
        Err(error) => {
            let head = log.any_head(&options)?;
            // A conn log that lacks what every row of one needs is none of another type.
            if name_of_log(&head) == "conn" {
                return Err(error);
            }
            head
        }
    };
    let log_name = if is_conn { "conn" } else { name_of_log(&head) };
    let mut reading = Reading { log: log_name.into(), ..Reading::default() };
    fill(&mut reading, &log, &head, is_conn, &options);
    for column in head.schema().map_or(&[][..], |schema| &schema.columns) {
        reading.column(if is_conn { newest_name(&column.name) } else { &column.name });
    }
    Ok(reading)
}

fn name_of_log(head: &LogHead) -> &str {
    let identity = head.identity.as_ref().map(|identity| &identity.path);
    identity.or(head.schema().map(|schema| &schema.path)).map_or("", String::as_str)
}

fn fill(reading: &mut Reading, log: &LogFile, head: &LogHead, is_conn: bool, options: &ReadOptions) {
    let mut stream = LogStream::open(0, log, head, Position::default(), options).unwrap();
    while let Some(chunk) = stream.next_chunk() {
        let report = if is_conn {
            chunk.conn_rows(options, |record, row| {
                reading.add(row, newest_name, |name, i| typed(record, name).unwrap_or_else(|| text(row, i)));
                ControlFlow::Continue(())
            })
        } else {
            chunk.rows(options, |row| {
                reading.add(row, |name| name, |_, i| text(row, i));
                ControlFlow::Continue(())
            })
        };
        reading.count(&report);
    }
}

fn newest_name(name: &str) -> &str {
    RENAMED.iter().find(|renamed| renamed.0 == name).map_or(name, |renamed| renamed.1)
}

fn text(row: &Row<'_>, column: usize) -> Value {
    row.text(column).map_or(Value::Null, |text| text.into_owned().into())
}

/// The value of a known field in the form that the reference prints; `None` for an unknown column.
fn typed(r: &ConnRecord<'_>, name: &str) -> Option<Value> {
    let text = |value: Option<&str>| value.map_or(Value::Null, Value::from);
    let count = |value: Option<u64>| value.map_or(Value::Null, |value| value.to_string().into());
    let int = |value: Option<i64>| value.map_or(Value::Null, |value| value.to_string().into());
    let truth = |value: Option<bool>| value.map_or(Value::Null, |value| if value { "T" } else { "F" }.into());
    Some(match name {
        "ts" => r.ts.into(),
        "uid" => text(r.uid),
        "id.orig_h" => r.orig_h.to_string().into(),
        "id.orig_p" => r.orig_p.to_string().into(),
        "id.resp_h" => r.resp_h.to_string().into(),
        "id.resp_p" => r.resp_p.to_string().into(),
        "proto" => r.proto.into(),
        "service" => text(r.service),
        "duration" => r.duration.map_or(Value::Null, Value::from),
        "orig_bytes" => count(r.orig_bytes),
        "resp_bytes" => count(r.resp_bytes),
        "conn_state" => text(r.conn_state),
        "local_orig" => truth(r.local_orig),
        "local_resp" => truth(r.local_resp),
        "missed_bytes" => count(r.missed_bytes),
        "history" => text(r.history),
        "orig_pkts" => count(r.orig_pkts),
        "orig_ip_bytes" => count(r.orig_ip_bytes),
        "resp_pkts" => count(r.resp_pkts),
        "resp_ip_bytes" => count(r.resp_ip_bytes),
        "tunnel_parents" => text(r.tunnel_parents),
        "ip_proto" => count(r.ip_proto),
        "vlan" => int(r.vlan),
        "inner_vlan" => int(r.inner_vlan),
        "orig_l2_addr" => text(r.orig_l2_addr),
        "resp_l2_addr" => text(r.resp_l2_addr),
        "community_id" => text(r.community_id),
        "failed_service" => text(r.failed_service),
        _ => return None,
    })
}

/// The kind of a refusal, without the words of the file that it quotes.
fn refusal(error: &ReadError) -> String {
    match error {
        ReadError::NotZeek { reason, .. } if reason.contains("needs the column") => reason.clone(),
        ReadError::NotZeek { reason, .. } => reason.split(['`', ':']).next().unwrap().trim().into(),
        other => other.to_string(),
    }
}

#[test]
fn every_file_holds_what_was_counted_by_hand() {
    let Some(corpus) = corpus() else { return };
    let mut folders: BTreeMap<String, String> = BTreeMap::new();
    for path in files(&corpus) {
        let name = path.strip_prefix(&corpus).unwrap().to_string_lossy().into_owned();
        let (folder, name) = name.split_once('/').unwrap_or(("", &name));
        let lines = folders.entry(folder.into()).or_default();
        match read(&path) {
            Ok(reading) => {
                let Reading { log, rows, other_rows, columns, problems } = &reading;
                write!(lines, "{name}: log `{log}`, {} rows", rows.len()).unwrap();
                if *other_rows > 0 {
                    write!(lines, ", {other_rows} of other logs").unwrap();
                }
                for (kind, (count, line)) in problems {
                    write!(lines, ", {count} {kind} (line {line})").unwrap();
                }
                writeln!(lines, "\n  {} columns: {}", columns.len(), columns.join(" ")).unwrap();
            }
            Err(error) => writeln!(lines, "{name}: refused, {}", refusal(&error)).unwrap(),
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        for (folder, lines) in folders {
            insta::assert_snapshot!(folder, lines);
        }
    });
}

#[test]
fn values_are_those_of_an_independent_reading() {
    let Some(corpus) = corpus() else { return };
    let mut paths = files(&corpus);
    let copies = tempfile::tempdir().unwrap();
    paths.extend(with_times(&paths, copies.path()));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reference/parse_zeek.py");
    let output = match Command::new("python3").arg(script).arg("--values").args(&paths).output() {
        Ok(output) => output,
        Err(error) => return skipped(&format!("python3 can't be run: {error}")),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = String::from_utf8(output.stdout).unwrap();
    let mut lines = output.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).peekable();
    let mut differences = Vec::new();
    for path in &paths {
        let summary = lines.next().unwrap();
        let rows: Vec<Value> = std::iter::from_fn(|| lines.next_if(Value::is_array)).collect();
        assert_eq!(summary["path"].as_str(), path.to_str());
        if let Err(difference) = compare(path, &summary, &rows) {
            differences.push(format!("{}: {difference}", path.display()));
        }
    }
    assert!(differences.is_empty(), "{} files differ:\n{}", differences.len(), differences.join("\n"));
}

/// Copies of the files whose times were blanked out, with times, so that their rows can be read.
fn with_times(paths: &[PathBuf], folder: &Path) -> Vec<PathBuf> {
    let mut copies = Vec::new();
    for path in paths {
        let raw = std::fs::read(path).unwrap();
        let mut bytes = Vec::new();
        if flate2::bufread::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes).is_err() {
            bytes = raw;
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if text.contains(BLANKED_TIME) {
            let name = path.file_name().unwrap().to_string_lossy();
            let copy = folder.join(format!("{}-{name}", copies.len()));
            std::fs::write(&copy, text.replace(BLANKED_TIME, "1234567890.123456")).unwrap();
            copies.push(copy);
        }
    }
    copies
}

/// Says how our reading differs from the reference, which has one array of values a row.
fn compare(path: &Path, summary: &Value, rows: &[Value]) -> Result<(), String> {
    let reading = match (read(path), summary.get("error")) {
        (Err(_), Some(_)) => return Ok(()),
        (Err(error), None) => return Err(format!("we refuse it: {error}")),
        (Ok(_), Some(error)) => return Err(format!("the reference refuses it: {error}")),
        (Ok(reading), None) => reading,
    };
    let same = |what: &str, ours: Value, theirs: &Value| {
        if ours == *theirs { Ok(()) } else { Err(format!("{what}: ours {ours}, the reference {theirs}")) }
    };
    same("rows", reading.rows.len().into(), &summary["rows"])?;
    same("rows of other logs", reading.other_rows.into(), &summary["other_rows"])?;
    let problems = reading.problems.iter().map(|(kind, (count, _))| (kind.name().into(), (*count).into()));
    same("problems", Value::Object(problems.collect()), &summary["left_out"])?;
    same("log", reading.log.clone().into(), &summary["log"])?;
    same("columns", reading.columns.clone().into(), &summary["columns"])?;
    for (number, (mut ours, theirs)) in reading.rows.into_iter().zip(rows).enumerate() {
        ours.resize(reading.columns.len(), Value::Null);
        for (at, (ours, column)) in ours.into_iter().zip(&reading.columns).enumerate() {
            same(&format!("{column} of row {}", number + 1), ours, &theirs[at])?;
        }
    }
    Ok(())
}
