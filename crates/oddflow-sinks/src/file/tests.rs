//! Log files on a real disk: begun, gone on with, cut off, rotated, and left alone.

use std::fs;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;

use super::*;
use crate::{Notice, Sink, testing};

const FORMATS: [LogFormat; 3] = [LogFormat::Zeek, LogFormat::Notice, LogFormat::Ecs];

fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().unwrap()
}

fn sink(folder: &Path, format: LogFormat, rotation: Rotation) -> LogFileSink {
    LogFileSink::new("log", format, folder.join("oddflow.log"), folder.to_owned(), rotation)
}

fn numbered(incident: u64) -> Notice {
    Notice { incident, ..testing::notice() }
}

/// Paths below a folder, relative, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    all.sort();
    all
}

/// The text of a log, compressed or not.
fn text_of(path: &Path) -> String {
    let mut text = String::new();
    let file = fs::File::open(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        std::io::BufReader::new(file).read_to_string(&mut text).unwrap();
    }
    text
}

/// Numbers of incidents in a log of any format, from the ids of its notices.
fn incidents(path: &Path, format: LogFormat) -> Vec<u64> {
    let ids: Vec<String> = match format {
        LogFormat::Zeek => testing::read_log_at(path).iter().map(|row| row["incident"].clone()).collect(),
        LogFormat::Notice => testing::read_log_at(path).iter().map(|row| row["sub"].clone()).collect(),
        LogFormat::Ecs => {
            let text = text_of(path);
            let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            lines.map(|line| line["event"]["id"].as_str().unwrap().to_owned()).collect()
        }
    };
    ids.iter().map(|id| id.split(':').nth(2).unwrap_or(id).parse().unwrap()).collect()
}

#[test]
fn a_log_is_begun_gone_on_with_and_rotated() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let live = folder.join("oddflow.log");
        // Each delivery by a sink of its own: nothing is kept between them.
        sink(folder, format, Rotation::Hourly).deliver(&[numbered(1), numbered(2)], at("13:27:44")).unwrap();
        sink(folder, format, Rotation::Hourly).deliver(&[numbered(3)], at("13:59:59.999")).unwrap();
        assert_eq!(incidents(&live, format), [1, 2, 3], "{format:?}");
        sink(folder, format, Rotation::Hourly).deliver(&[numbered(4)], at("14:00:00")).unwrap();
        assert_eq!(incidents(&live, format), [4]);
        sink(folder, format, Rotation::Hourly).tick(at("23:59:59")).unwrap();
        assert_eq!(
            files(folder),
            ["2026-11-22/oddflow.13:27:44-14:00:00.log.gz", "2026-11-22/oddflow.14:00:00-15:00:00.log.gz"]
        );
        let first = folder.join("2026-11-22/oddflow.13:27:44-14:00:00.log.gz");
        assert_eq!(incidents(&first, format), [1, 2, 3]);
        // Nothing to rotate, and no file made for it.
        sink(folder, format, Rotation::Hourly).tick(at("23:59:59")).unwrap();
        assert_eq!(files(folder).len(), 2);
    }
}

#[test]
fn a_rotated_log_is_one_of_zeeks() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(folder.path(), LogFormat::Zeek, Rotation::Daily);
    sink.deliver(&[numbered(1)], at("13:27:44.7")).unwrap();
    let live = fs::read_to_string(folder.path().join("oddflow.log")).unwrap();
    assert!(live.contains("\n#open\t2026-11-22-13-27-44\n") && !live.contains("#close"));
    sink.tick("2026-11-24T00:00:01Z".parse().unwrap()).unwrap();
    assert_eq!(files(folder.path()), ["2026-11-22/oddflow.13:27:44-00:00:00.log.gz"]);
    let archived = folder.path().join("2026-11-22/oddflow.13:27:44-00:00:00.log.gz");
    let text = text_of(&archived);
    assert!(text.ends_with("\n#close\t2026-11-23-00-00-00\n"), "{text}");
    assert!(text.starts_with(&live));
}

#[test]
fn a_log_that_is_never_rotated_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(folder.path(), LogFormat::Ecs, Rotation::Never);
    sink.deliver(&[numbered(1)], at("13:00:00")).unwrap();
    sink.deliver(&[numbered(2)], "2030-01-01T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(incidents(&folder.path().join("oddflow.log"), LogFormat::Ecs), [1, 2]);
}

#[test]
fn what_was_cut_off_anywhere_is_gone_on_with() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("oddflow.log");
        let mut sink = sink(folder.path(), format, Rotation::Hourly);
        sink.deliver(&[numbered(1), numbered(2)], at("13:00:00")).unwrap();
        let whole = fs::read(&live).unwrap();
        // Each write waits for the disk; a prime step meets every kind of place.
        for cut in (0..whole.len()).step_by(13) {
            fs::write(&live, &whole[..cut]).unwrap();
            sink.deliver(&[numbered(3)], at("13:00:01")).unwrap();
            let lines = whole[..cut].iter().filter(|&&byte| byte == b'\n').count();
            let header = if format == LogFormat::Ecs { 0 } else { 8 };
            let expected: &[u64] = match lines.saturating_sub(header) {
                0 => &[3],
                1 => &[1, 3],
                _ => &[1, 2, 3],
            };
            assert_eq!(incidents(&live, format), expected, "{format:?} cut at {cut}");
        }
        assert_eq!(files(folder.path()), ["oddflow.log"]);
    }
}

#[test]
fn a_rotation_that_was_cut_off_is_ended() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("oddflow.log");
        let mut sink = sink(folder.path(), format, Rotation::Hourly);
        sink.deliver(&[numbered(1)], at("13:00:00")).unwrap();
        let open = fs::read(&live).unwrap();
        sink.tick(at("14:30:00")).unwrap();
        let archived = folder.path().join("2026-11-22/oddflow.13:00:00-14:00:00.log.gz");
        let rotated = fs::read(&archived).unwrap();

        // It has its final name, and the live file is still there, closed.
        fs::write(&live, [open.clone(), format.foot(at("14:00:00"))].concat()).unwrap();
        sink.deliver(&[numbered(2)], at("14:30:00")).unwrap();
        assert_eq!(fs::read(&archived).unwrap(), rotated);
        assert_eq!(incidents(&live, format), [2]);

        // It was closed, and the compressed file is half written; the clock was set back meanwhile.
        fs::remove_file(&archived).unwrap();
        fs::write(folder.path().join("2026-11-22/.oddflow.log.rotating"), "half").unwrap();
        fs::write(&live, [open, format.foot(at("14:00:00"))].concat()).unwrap();
        let now = if format == LogFormat::Ecs { "14:30:00" } else { "13:30:00" };
        sink.deliver(&[numbered(3)], at(now)).unwrap();
        assert_eq!(fs::read(&archived).unwrap(), rotated);
        assert_eq!(files(folder.path()).len(), 2);
    }
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(folder.path(), LogFormat::Zeek, Rotation::Hourly);
    for incident in 1..=3 {
        sink.deliver(&[numbered(incident)], at("13:00:00")).unwrap();
        sink.tick(at("14:00:00")).unwrap();
    }
    let names = ["", "-2", "-3"].map(|number| format!("2026-11-22/oddflow.13:00:00-14:00:00{number}.log.gz"));
    let mut sorted = names.to_vec();
    sorted.sort();
    assert_eq!(files(folder.path()), sorted);
    for (incident, name) in (1..).zip(names) {
        assert_eq!(incidents(&folder.path().join(name), LogFormat::Zeek), [incident]);
    }
}

#[test]
fn a_log_with_other_columns_is_put_away() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("oddflow.log");
    let older = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\toddflow\n\
                 #open\t2026-11-22-13-00-00\n#fields\tts\tincident\n#types\ttime\tcount\n1.0\t7\n";
    fs::write(&live, older).unwrap();
    sink(folder.path(), LogFormat::Zeek, Rotation::Daily).deliver(&[numbered(8)], at("13:30:00")).unwrap();
    assert_eq!(incidents(&live, LogFormat::Zeek), [8]);
    let archived = folder.path().join("2026-11-22/oddflow.13:00:00-13:30:00.log.gz");
    assert_eq!(incidents(&archived, LogFormat::Zeek), [7]);
}

#[test]
fn somebody_elses_file_is_left_alone() {
    let zeeks = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
                 #open\t2026-11-22-13-00-00\n#fields\tts\n#types\ttime\n1.0\n";
    let mut row =
        String::from_utf8(LogFormat::Notice.rows(&[testing::notice()], at("13:00:00")).unwrap()).unwrap();
    row = row.replace("Oddflow::Anomaly", "SSL::Invalid_Server_Cert");
    let zeeks_notices = String::from_utf8(LogFormat::Notice.head(at("13:00:00")).unwrap()).unwrap() + &row;
    for text in [
        "hello",
        "hello\n",
        "root:x:0:0\nmore",
        "{\"a\":1}",
        "{\"a\":1}\n",
        "[]\n{}\n",
        "#path\tconn\n",
        "\0\0\n",
        zeeks,
        &zeeks_notices,
    ] {
        for format in FORMATS {
            let folder = tempfile::tempdir().unwrap();
            let live = folder.path().join("oddflow.log");
            fs::write(&live, text).unwrap();
            let mut sink = sink(folder.path(), format, Rotation::Hourly);
            let error = sink.deliver(&[numbered(1)], at("20:00:00")).unwrap_err();
            assert!(error.message.contains("no log that this sink wrote"), "{format:?} {text:?} {error}");
            assert!(sink.tick(at("21:00:00")).is_err());
            assert_eq!(fs::read_to_string(&live).unwrap(), text, "{format:?}");
            assert_eq!(files(folder.path()), ["oddflow.log"]);
        }
    }
}

#[test]
fn a_file_that_another_process_writes_to_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(folder.path(), LogFormat::Zeek, Rotation::Hourly);
    sink.deliver(&[numbered(1)], at("13:00:00")).unwrap();
    let held = fs::File::open(folder.path().join("oddflow.log")).unwrap();
    held.lock().unwrap();
    let error = sink.deliver(&[numbered(2)], at("13:00:01")).unwrap_err();
    assert!(error.message.contains("another process writes to it"), "{error}");
    drop(held);
    sink.deliver(&[numbered(2)], at("13:00:02")).unwrap();
    assert_eq!(incidents(&folder.path().join("oddflow.log"), LogFormat::Zeek), [1, 2]);
}

#[test]
fn a_folder_that_went_away_is_a_failure_that_passes() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("logs");
    let mut sink = sink(&inner, LogFormat::Zeek, Rotation::Hourly);
    let error = sink.deliver(&[numbered(1)], at("13:00:00")).unwrap_err();
    assert!(matches!(error.trouble, crate::Trouble::Passing { .. }));
    assert_eq!(sink.tick(at("13:00:00")), Ok(()));
    fs::create_dir(&inner).unwrap();
    sink.deliver(&[numbered(1)], at("13:00:01")).unwrap();
}

#[test]
fn long_logs_are_searched_from_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let live = folder.path().join("oddflow.log");
    let mut sink = sink(folder.path(), LogFormat::Zeek, Rotation::Hourly);
    let long = Notice { title: "x".repeat(200_000), ..numbered(1) };
    sink.deliver(&[numbered(1), long.clone()], at("13:00:00")).unwrap();
    let mut bytes = fs::read(&live).unwrap();
    bytes.extend_from_slice(&bytes[bytes.len() - 150_000..].iter().map(|_| b'y').collect::<Vec<_>>());
    fs::write(&live, bytes).unwrap();
    sink.deliver(&[numbered(3)], at("13:00:01")).unwrap();
    assert_eq!(incidents(&live, LogFormat::Zeek), [1, 1, 3]);
}
