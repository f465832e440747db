//! One made-up day and a model of it, made once a run of the tests and held in memory.

use std::io::Write;
use std::sync::OnceLock;

use crate::folder::Folder;

/// Trains well enough for scores that differ, in no time.
pub(crate) const QUICK: &str = "--epochs 8 --rate 1e-3 --no-figures";

/// A day of 6,000 connections as TSV, without the `#close` that rotation writes: Zeek may yet append to it.
pub(crate) fn log() -> &'static str {
    static LOG: OnceLock<String> = OnceLock::new();
    LOG.get_or_init(|| day("tsv"))
}

/// The same connections as JSON lines.
pub(crate) fn json_log() -> &'static str {
    static LOG: OnceLock<String> = OnceLock::new();
    LOG.get_or_init(|| day("json"))
}

fn day(format: &str) -> String {
    let folder = Folder::empty();
    folder.ok(&format!("synth --rows 6000 --days 1 --seed 7 --single --format {format} --out day"));
    let log = folder.text("day/conn.log");
    log.split_inclusive('\n').filter(|line| !line.starts_with("#close")).collect()
}

/// A model of the log.
pub(crate) fn model() -> &'static [u8] {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    MODEL.get_or_init(|| train(0))
}

/// Another model of it.
pub(crate) fn other_model() -> &'static [u8] {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    MODEL.get_or_init(|| train(1))
}

fn train(seed: u64) -> Vec<u8> {
    let folder = Folder::empty();
    folder.write("conn.log", log());
    folder.ok(&format!("train conn.log -o home.model --seed {seed} {QUICK}"));
    folder.bytes("home.model")
}

/// The header lines of a TSV log, and its rows, each with its line end.
pub(crate) fn parts(log: &str) -> (String, Vec<&str>) {
    let (header, rows): (Vec<&str>, Vec<&str>) =
        log.split_inclusive('\n').partition(|line| line.starts_with('#'));
    (header.concat(), rows)
}

/// The header and some rows of [`log`].
pub(crate) fn excerpt(rows: std::ops::Range<usize>) -> String {
    let (header, all) = parts(log());
    header + &all[rows].concat()
}

pub(crate) fn gz(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes.as_ref()).and_then(|()| encoder.finish()).expect("memory")
}

pub(crate) fn zst(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(bytes.as_ref(), 1).expect("memory")
}
