//! Connections that are still open, in `conn_long` and `open_conn` beside the conn log: their bytes count when they were moved, once,
//! whoever reads them and however often it is killed.

use std::collections::HashMap;
use std::time::Duration;

use crate::fixtures::{self, gz};
use crate::folder::Folder;
use crate::watched::{SAID, SETTINGS, ledger, start_saying, stop, wait_for_words};

/// 2026-02-28, 06:00.
const BEGIN: f64 = 1_772_258_400.0;
const HOUR: f64 = 3600.0;
const HOURS: u32 = 8;
/// Bytes an hour.
const UPLOAD: u64 = 400_000_000;
const UID: &str = "CLongUpload000001";
/// Logs that the two days are written to: the first until an hour before the upload, then one each two hours, then the rest.
const PIECES: usize = 8;

/// Two days of a household with an upload of eight hours in them, as a sensor rotates them.
struct Sensor {
    header: String,
    /// The rows of each conn log.
    pieces: Vec<Vec<String>>,
    /// What was known of the upload in the time of each: hours that it lasted.
    told: Vec<Vec<u32>>,
    source: String,
}

fn cells<'a>(header: &'a str, row: &'a str) -> HashMap<&'a str, &'a str> {
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    fields.split('\t').zip(row.trim_end().split('\t')).collect()
}

fn end(header: &str, row: &str) -> f64 {
    let cells = cells(header, row);
    let seconds = |name: &str| cells[name].parse::<f64>().unwrap_or_default();
    seconds("ts") + seconds("duration")
}

/// A connection to the server of the upload.
fn connection(header: &str, source: &str, uid: &str, ts: f64, duration: f64, bytes: u64) -> String {
    let fields = header.lines().find_map(|line| line.strip_prefix("#fields\t")).expect("fields");
    let cell = |name: &str| match name {
        "ts" => format!("{ts:.6}"),
        "uid" => uid.into(),
        "id.orig_h" => source.into(),
        "id.orig_p" => "50123".into(),
        "id.resp_h" => "45.33.32.156".into(),
        "id.resp_p" => "443".into(),
        "proto" => "tcp".into(),
        "service" => "ssl".into(),
        "duration" => format!("{duration:.6}"),
        "orig_bytes" | "orig_ip_bytes" => bytes.to_string(),
        "resp_bytes" | "resp_ip_bytes" => (bytes / 100).to_string(),
        "orig_pkts" | "resp_pkts" => (bytes / 1000 + 4).to_string(),
        "conn_state" => "SF".into(),
        "history" => "ShADadFf".into(),
        "local_orig" => "T".into(),
        "local_resp" => "F".into(),
        "missed_bytes" => "0".into(),
        _ => "-".into(),
    };
    fields.split('\t').map(cell).collect::<Vec<_>>().join("\t") + "\n"
}

impl Sensor {
    fn new() -> Self {
        let (header, rows) = fixtures::parts(&fixtures::household().attacked);
        let header: String = header.split_inclusive('\n').filter(|line| !line.starts_with("#open")).collect();
        let source = rows.iter().map(|row| cells(&header, row)).find(|cells| cells["service"] == "ssl");
        let source = source.expect("a host that uses TLS")["id.orig_h"].to_owned();
        let mut sensor =
            Self { header, pieces: vec![Vec::new(); PIECES], told: vec![Vec::new(); PIECES], source };
        let ends: Vec<f64> = rows.iter().map(|row| end(&sensor.header, row)).collect();
        let place = |time: f64| ends.iter().position(|end| *end >= time).expect("within the two days");
        let begins: Vec<usize> = (0..PIECES as u32 - 1)
            .map(|piece| place(BEGIN + (2.0 * f64::from(piece) - 1.0) * HOUR))
            .collect();
        let piece_of = |place: usize| begins.partition_point(|begin| *begin <= place);
        for hour in 1..HOURS {
            sensor.told[piece_of(place(BEGIN + f64::from(hour) * HOUR))].push(hour);
        }
        let mut rows: Vec<(usize, String)> =
            rows.iter().enumerate().map(|(i, row)| (i, (*row).to_owned())).collect();
        // A look at the same server in the middle of each hour, and after the end.
        for hour in 0..=HOURS {
            let time = BEGIN + (f64::from(hour) + 0.5) * HOUR;
            rows.push((place(time), sensor.connection(&format!("CLook{hour}"), time, 0.5, 1000)));
        }
        rows.push((place(BEGIN + f64::from(HOURS) * HOUR), sensor.upload(HOURS)));
        rows.sort_by_key(|row| row.0);
        rows.into_iter().for_each(|(place, row)| sensor.pieces[piece_of(place)].push(row));
        assert!(sensor.told.iter().filter(|told| !told.is_empty()).count() > 2, "{:?}", sensor.told);
        sensor
    }

    fn connection(&self, uid: &str, ts: f64, duration: f64, bytes: u64) -> String {
        connection(&self.header, &self.source, uid, ts, duration, bytes)
    }

    fn upload(&self, hours: u32) -> String {
        self.connection(UID, BEGIN, f64::from(hours) * HOUR, UPLOAD * u64::from(hours))
    }

    fn rows(&self) -> u64 {
        self.pieces.iter().map(|rows| rows.len() as u64).sum()
    }

    fn header_of(&self, path: &str, piece: usize) -> String {
        let header = self.header.replace("#path\tconn\n", &format!("#path\t{path}\n"));
        assert!(header.contains(path));
        header.replace("#fields", &format!("#open\t2026-02-28-{piece:02}-00-00\n#fields"))
    }

    /// Archives what a piece has of open connections, and then its conn log.
    fn archive(&self, folder: &Folder, piece: usize, open: Open) {
        let name =
            |log: &str| format!("zeek/2026-02-28/{log}.{piece:02}:00:00-{:02}:00:00.log.gz", piece + 1);
        let told = &self.told[piece];
        if open == Open::Empty {
            folder.write(&name("conn_long"), gz(self.header_of("conn_long", piece)));
        }
        if open == Open::Told && !told.is_empty() {
            let rows: String = told.iter().map(|hour| self.upload(*hour)).collect();
            folder.write(&name("conn_long"), gz(self.header_of("conn_long", piece) + &rows));
            // The other package tells of the same moments, and some between.
            let json = told.iter().flat_map(|hour| [*hour, *hour]).map(|hour| {
                format!(
                    "{{\"_path\":\"open_conn\",\"ts\":{BEGIN},\"uid\":\"{UID}\",\"id.orig_h\":\"{}\",\"id.orig_p\":50123,\
                     \"id.resp_h\":\"45.33.32.156\",\"id.resp_p\":443,\"proto\":\"tcp\",\"duration\":{},\
                     \"orig_bytes\":{},\"resp_bytes\":{},\"conn_state\":\"S1\"}}\n",
                    self.source,
                    f64::from(hour) * HOUR,
                    UPLOAD * u64::from(hour),
                    UPLOAD * u64::from(hour) / 100
                )
            });
            folder.write(&name("open_conn"), gz(json.collect::<String>()));
        }
        folder.write(&name("conn"), gz(self.header_of("conn", piece) + &self.pieces[piece].concat()));
    }

    /// A folder with the model and all pieces.
    fn folder(&self, open: Open) -> Folder {
        let folder = self.without_logs();
        (0..PIECES).for_each(|piece| self.archive(&folder, piece, open));
        folder
    }

    fn without_logs(&self) -> Folder {
        let folder = Folder::empty();
        folder.write("home.model", &fixtures::household().model);
        folder.write("zeek/.keep", "");
        folder
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    None,
    /// Logs without rows.
    Empty,
    Told,
}

/// The score of each row, by uid, as it was written.
fn scores(folder: &Folder) -> HashMap<String, String> {
    let scored = folder.text("scored.log");
    let (header, rows) = fixtures::parts(&scored);
    let row = |row: &&str| {
        let cells = cells(&header, row);
        (cells["uid"].to_owned(), cells["score"].to_owned())
    };
    rows.iter().map(row).collect()
}

#[test]
fn the_bytes_of_an_open_connection_count_before_it_ends() {
    let sensor = Sensor::new();
    let [none, empty, told] = [Open::None, Open::Empty, Open::Told].map(|open| sensor.folder(open));
    let detect = "detect zeek -m home.model --db a.db -o scored.log";
    none.ok(detect).says_not("joined by uid");
    let without = scores(&none);
    assert_eq!(without.len() as u64, sensor.rows());
    // A log without rows changes no bit.
    empty.ok(detect);
    assert!(scores(&empty) == without);
    assert!(empty.found_in_any_file("a.db") == none.found_in_any_file("a.db"));

    told.ok(detect).says("open connections");
    let with = scores(&told);
    assert_eq!(with.len(), without.len(), "they are no connections of their own");
    let differs = |uid: &str| with[uid] != without[uid];
    let changed: Vec<&String> = without.keys().filter(|uid| differs(uid)).collect();
    // Only what goes to the same server is another: the looks from the first row on, and the upload itself.
    assert!(changed.iter().all(|uid| uid.starts_with("CLook") || *uid == UID), "{changed:?}");
    assert!(
        !differs("CLook0") && differs("CLook2") && differs("CLook7") && differs("CLook8") && differs(UID)
    );
    let score = |of: &HashMap<String, String>, uid: &str| of[uid].parse::<f64>().expect("a number");
    assert!(score(&with, "CLook7") > score(&without, "CLook7"));

    // Conn logs alone are what they were.
    let detect = "detect zeek -m home.model --db b.db -o scored.log --conn-only";
    told.ok(detect);
    assert!(scores(&told) == without && told.found_in_any_file("b.db") == none.found_in_any_file("a.db"));
    told.ok("detect zeek -m home.model --db a.db").says("nothing new");
}

#[test]
fn a_service_that_is_killed_ends_with_what_detect_finds() {
    let sensor = Sensor::new();
    let whole = sensor.folder(Open::Told);
    whole.ok("detect zeek -m home.model --db a.db");
    let found = whole.found_in_any_file("a.db");
    assert!(found.len() > 5, "{}", found.len());

    let folder = sensor.without_logs();
    folder.write("oddflow.toml", SETTINGS.replace("companions = false", "companions = true"));
    let watch = "watch zeek -m home.model --db a.db --config oddflow.toml --mode rotated";
    let mut written = 0;
    for piece in 0..PIECES {
        let mut child = start_saying(&folder, folder.command(watch));
        wait_for_words(&folder, "watching");
        sensor.archive(&folder, piece, Open::Told);
        written += sensor.pieces[piece].len() as u64;
        // Every third time it is killed without a look at where it stands.
        if piece % 3 < 2 {
            wait_for_conn_rows(&folder, written);
        }
        child.kill().expect("a process that is our own");
        child.wait().expect("an end");
    }
    let child = start_saying(&folder, folder.command(watch));
    wait_for_words(&folder, "watching");
    wait_for_conn_rows(&folder, sensor.rows());
    assert_eq!(stop(child).status.code(), Some(0), "{}", folder.text(SAID));
    let ours = folder.found_in_any_file("a.db");
    assert!(ours == found, "{} incidents, {} expected", ours.len(), found.len());
    assert!(ledger(&folder) == ledger(&whole), "{:#?}", ledger(&folder));
}

fn wait_for_conn_rows(folder: &Folder, rows: u64) {
    let read = || {
        let Ok(store) = oddflow_store::Store::open_read_only(folder.path("a.db")) else { return 0 };
        let logs = store.logs().unwrap_or_default();
        logs.iter().filter(|log| log.identity.path == "conn").map(|log| log.progress.rows).sum::<u64>()
    };
    for _ in 0..6000 {
        if read() >= rows {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{} of {rows} rows after five minutes", read());
}

#[test]
fn a_baseline_learns_of_open_connections_too() {
    let sensor = Sensor::new();
    let [none, empty, told] = [Open::None, Open::Empty, Open::Told].map(|open| sensor.folder(open));
    let train = format!("train zeek {} -o", fixtures::QUICK_BEHAVIOUR);
    none.ok(&format!("{train} other.model")).says_not("open connections");
    empty.ok(&format!("{train} other.model"));
    told.ok(&format!("{train} other.model")).says("open connections");
    told.ok(&format!("{train} conn.model --conn-only")).says_not("open connections");
    let expected = none.bytes("other.model");
    assert!(empty.bytes("other.model") == expected, "a log without rows changes no byte");
    assert!(told.bytes("other.model") != expected);
    assert!(told.bytes("conn.model") == expected);
}
