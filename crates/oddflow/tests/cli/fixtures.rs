//! Made-up traffic and models of it, made once a run of the tests and held in memory.

use std::io::Write;
use std::sync::OnceLock;

use crate::folder::Folder;

/// Trains a classic model well enough for scores that differ, in no time.
pub(crate) const QUICK: &str = "--recipe classic --epochs 8 --rate 1e-3 --no-figures";

/// The same for a behaviour model.
pub(crate) const QUICK_BEHAVIOUR: &str = "--epochs 1 --batch 64 --hidden 12,4,12 --no-figures";

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

/// A classic model of the log.
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

/// Two quiet days before that of [`log`], and a behaviour model of them.
pub(crate) struct Household {
    /// 11,575 rows, 2026-02-26 and 27.
    pub(crate) quiet: String,
    /// 12,425 rows of the two days after them, with an attack of each kind.
    pub(crate) attacked: String,
    /// `labels.tsv` of the attacks.
    pub(crate) labels: String,
    pub(crate) model: Vec<u8>,
}

/// 2026-02-28.
const ATTACKS_BEGIN: f64 = 1_772_236_800.0;

pub(crate) fn household() -> &'static Household {
    static HOUSEHOLD: OnceLock<Household> = OnceLock::new();
    HOUSEHOLD.get_or_init(|| {
        let folder = Folder::empty();
        folder.ok("synth --rows 24000 --days 4 --start 2026-02-26 --seed 7 --attacks --single --out days");
        let log = folder.text("days/conn.log");
        let (header, rows) = parts(&log);
        // A row belongs to the day in which its connection ended, as Zeek writes it then.
        let (quiet, attacked): (Vec<&str>, Vec<&str>) = rows.into_iter().partition(|row| {
            let cells: Vec<&str> = row.split('\t').collect();
            let seconds = |at: usize| cells[at].parse::<f64>().unwrap_or_default();
            seconds(0) + seconds(8) < ATTACKS_BEGIN
        });
        let header: String =
            header.split_inclusive('\n').filter(|line| !line.starts_with("#close")).collect();
        let quiet = header.clone() + &quiet.concat();
        folder.write("quiet.log", &quiet);
        folder.ok(&format!("train quiet.log -o home.model {QUICK_BEHAVIOUR}"));
        Household {
            quiet,
            attacked: header + &attacked.concat(),
            labels: folder.text("days/labels.tsv"),
            model: folder.bytes("home.model"),
        }
    })
}

/// The header lines of a TSV log, and its rows, each with its line end.
pub(crate) fn parts(log: &str) -> (String, Vec<&str>) {
    let (header, rows): (Vec<&str>, Vec<&str>) =
        log.split_inclusive('\n').partition(|line| line.starts_with('#'));
    (header.concat(), rows)
}

/// A TSV log without some of its columns.
pub(crate) fn without_columns(log: &str, names: &[&str]) -> String {
    let fields = log.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let keep: Vec<bool> = fields.split('\t').map(|name| !names.contains(&name)).collect();
    assert_eq!(keep.iter().filter(|keep| !**keep).count(), names.len(), "it has them all");
    let kept = |line: &str| {
        let cells = line.split('\t').zip(&keep).filter(|(_, keep)| **keep);
        cells.map(|(cell, _)| cell).collect::<Vec<_>>().join("\t")
    };
    let mut cut = String::new();
    for line in log.lines() {
        match line.split_once('\t') {
            Some((word @ ("#fields" | "#types"), rest)) => cut += &format!("{word}\t{}", kept(rest)),
            _ if line.starts_with('#') => cut += line,
            _ => cut += &kept(line),
        }
        cut.push('\n');
    }
    cut
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
