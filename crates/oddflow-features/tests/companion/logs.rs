//! Logs for the tests of this folder, made up as text and read as files are.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use oddflow_features::companion::{
    COLUMNS, CompanionFeatures, CompanionReader, CompanionRow, Evidence, Kind, uid_hash,
};
use zeek_log::{LogFile, LogStream, Position, ReadOptions, Row};

pub(crate) const SEED: u64 = 7;

pub(crate) fn uid(text: &str) -> u64 {
    uid_hash(SEED, text)
}

/// A log of some columns; a row is the text of its cells.
pub(crate) fn log(path: &str, columns: &str, rows: &[&str]) -> LogFile {
    let mut text = format!(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n"
    );
    let tabs = |cells: &str| cells.split(' ').collect::<Vec<_>>().join("\t");
    text.push_str(&format!("#fields\t{}\n", tabs(columns)));
    let kinds = columns.split(' ').map(|name| match name {
        "answers" | "resp_mime_types" => "vector[string]",
        "conn_uids" | "rx_hosts" => "set[string]",
        _ => "string",
    });
    text.push_str(&format!("#types\t{}\n", kinds.collect::<Vec<_>>().join("\t")));
    for row in rows {
        text.push_str(&tabs(row));
        text.push('\n');
    }
    LogFile::memory(path, text.into_bytes())
}

/// Gives each row of a log to a sink.
pub(crate) fn each_row(log: &LogFile, mut sink: impl FnMut(&Row<'_>)) {
    let options = ReadOptions::default();
    let head = log.any_head(&options).expect("a log");
    let mut stream = LogStream::open(0, log, &head, Position::default(), &options).expect("a log");
    while let Some(chunk) = stream.next_chunk() {
        chunk.rows(&options, |row| {
            sink(row);
            ControlFlow::Continue(())
        });
    }
}

/// The companion rows of a log.
pub(crate) fn read(kind: Kind, log: &LogFile) -> Vec<CompanionRow> {
    let mut reader = None;
    let mut rows = Vec::new();
    each_row(log, |row| {
        let reader = reader.get_or_insert_with(|| CompanionReader::new(kind, SEED, row.schema()));
        rows.extend(reader.read(row));
    });
    rows
}

pub(crate) fn evidence(kind: Kind, log: &LogFile) -> Vec<Evidence> {
    let mut rows = Vec::new();
    each_row(log, |row| rows.push(Evidence::of(kind, row)));
    rows
}

/// The value of a column by its name.
pub(crate) fn value(features: &CompanionFeatures, name: &str) -> f32 {
    let place = COLUMNS.iter().position(|column| column.name == name);
    features.values[place.unwrap_or_else(|| panic!("no column {name}"))]
}

/// The natural value of a column that is a logarithm.
pub(crate) fn natural(features: &CompanionFeatures, name: &str) -> f32 {
    value(features, name).exp_m1()
}

pub(crate) fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name)
}
