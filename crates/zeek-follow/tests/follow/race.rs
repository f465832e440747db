//! Someone writes, rotates, copies and compresses as fast as he can while another follows: no step waits for the other.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;

use zeek_follow::Mode;

use crate::world::{World, gzip};

/// Hours that are written, a few hundred rows each.
const HOURS: usize = 120;

/// Writes the rows of an hour and rotates, in one of three ways. Returns the number of the next row.
fn hour(logs: &Path, hour: usize, mut row: usize) -> usize {
    let live = logs.join("current/conn.log");
    let header = format!(
        "#separator \\x09\n#path\tconn\n#open\t2024-05-01-{hour:06}\n\
         #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n"
    );
    // The same file where the last one was copied: emptied, and its header written bit by bit.
    let mut file = File::create(&live).unwrap();
    header.as_bytes().chunks(60).for_each(|part| file.write_all(part).unwrap());
    for _ in 0..20 + hour * 37 % 400 {
        let line = format!("1.5\tC{row:05}\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\tSF\n");
        let (begun, rest) = line.as_bytes().split_at(row % line.len());
        file.write_all(begun).unwrap();
        file.write_all(rest).unwrap();
        row += 1;
    }
    let day = logs.join(format!("2024-05-{:02}", 1 + hour / 24));
    fs::create_dir_all(&day).unwrap();
    let archived = day.join(format!("conn.{:02}:00:00-{:02}:00:00.log", hour % 24, (hour + 1) % 24));
    match hour % 3 {
        0 => fs::rename(&live, archived).unwrap(),
        1 => {
            let mut copy = File::create(archived).unwrap();
            fs::read(&live).unwrap().chunks(999).for_each(|part| copy.write_all(part).unwrap());
        }
        _ => {
            let rotated = format!("current/conn-2024-05-{:02}-{:02}-00-00.log", 1 + hour / 24, hour % 24);
            let rotated = logs.join(rotated);
            fs::rename(&live, &rotated).unwrap();
            let mut compressed = File::create(archived.with_extension("log.gz")).unwrap();
            let gz = gzip(&fs::read(&rotated).unwrap());
            gz.chunks(200).for_each(|part| compressed.write_all(part).unwrap());
            fs::remove_file(rotated).unwrap();
        }
    }
    row
}

#[test]
fn every_row_is_handed_out_once_while_they_are_written() {
    for mode in [Mode::Live, Mode::Rotated] {
        let mut world = World::new(mode);
        let logs = world.path("");
        let writer = thread::spawn(move || (0..HOURS).fold(0, |row, number| hour(&logs, number, row)));
        let mut polls = 0;
        while !writer.is_finished() {
            world.poll();
            polls += 1;
            if polls % 10 == 0 {
                world.restart();
            }
        }
        let rows = writer.join().unwrap();
        world.settle();
        world.read.sort();
        let written: Vec<_> = (0..rows).map(|row| format!("C{row:05}")).collect();
        assert!(world.read == written, "{mode:?}: {} of {rows} rows, or not once each", world.read.len());
    }
}
