//! What Zeek and its tools do to a log: each row is handed out once, wherever it goes.

use std::fs;
use std::os::unix::fs::symlink;

use zeek_follow::{Mode, Reason, Root};

use crate::world::{World, always, gzip, reasons};

const LIVE: &str = "current/conn.log";
const ROTATED: &str = "current/conn-2024-05-01-00-00-00.log";
const ARCHIVED: &str = "2024-05-01/conn.00:00:00-01:00:00.log";
const GZ: &str = "2024-05-01/conn.00:00:00-01:00:00.log.gz";
const NEXT_GZ: &str = "2024-05-01/conn.01:00:00-02:00:00.log.gz";

/// A live log with rows, some of them read, some not.
fn live(world: &mut World) {
    world.start(LIVE);
    world.step();
    world.rows(LIVE, 3);
    world.step();
    world.rows(LIVE, 2);
}

#[test]
fn a_log_is_renamed_and_moved_to_an_archive() {
    always("rename", |world| {
        live(world);
        world.close(LIVE);
        world.rename(LIVE, ROTATED);
        world.step();
        world.rename(ROTATED, ARCHIVED);
        world.step();
        live(world);
        world.rename(LIVE, NEXT_GZ.strip_suffix(".gz").unwrap());
    });
}

#[test]
fn a_log_is_renamed_compressed_and_the_text_removed() {
    always("rename and gzip", |world| {
        live(world);
        world.close(LIVE);
        world.rename(LIVE, ROTATED);
        world.step();
        world.put(GZ, &gzip(&world.bytes(ROTATED)));
        world.step();
        world.remove(ROTATED);
        world.step();
        live(world);
        let text = world.bytes(LIVE);
        world.put(NEXT_GZ, &gzip(&text));
        world.remove(LIVE);
    });
}

#[test]
fn a_log_is_compressed_in_its_place_in_steps() {
    always("gzip in steps", |world| {
        live(world);
        world.rename(LIVE, ARCHIVED);
        world.step();
        world.start(LIVE);
        world.rows(LIVE, 1);
        let gz = gzip(&world.bytes(ARCHIVED));
        for length in [0, 5, 20, gz.len() / 2, gz.len() - 4, gz.len()] {
            world.put(GZ, &gz[..length]);
            world.step();
        }
        world.remove(ARCHIVED);
        world.step();
        world.rename(LIVE, NEXT_GZ.strip_suffix(".gz").unwrap());
    });
}

#[test]
fn an_archiver_writes_straight_to_the_final_name() {
    // The text is elsewhere: only the compressed file is seen, while it grows.
    always("written in place", |world| {
        live(world);
        fs::create_dir_all(world.path("../elsewhere")).unwrap();
        fs::rename(world.path(LIVE), world.path("../elsewhere/conn.log")).unwrap();
        let gz = gzip(&fs::read(world.path("../elsewhere/conn.log")).unwrap());
        for length in [0, 20, gz.len() / 2, gz.len() - 1, gz.len()] {
            world.put(GZ, &gz[..length]);
            world.step();
        }
        live(world);
        world.rename(LIVE, NEXT_GZ.strip_suffix(".gz").unwrap());
    });
}

#[test]
fn a_file_of_several_members_grows_member_by_member() {
    always("members", |world| {
        world.start(LIVE);
        world.rows(LIVE, 2);
        let mut gz = gzip(&world.bytes(LIVE));
        world.remove(LIVE);
        world.put(GZ, &gz);
        world.step();
        for _ in 0..3 {
            gz.extend(gzip(world.next_rows(2).as_bytes()));
            world.put(GZ, &gz[..gz.len() - 3]);
            world.step();
            world.put(GZ, &gz);
            world.step();
        }
    });
}

#[test]
fn an_archiver_renames_a_temporary_file_when_it_is_whole() {
    always("temporary name", |world| {
        live(world);
        world.close(LIVE);
        world.rename(LIVE, "queue/conn__2024-05-01-00-00-00__2024-05-01-01-00-00__.log");
        let text = world.bytes("queue/conn__2024-05-01-00-00-00__2024-05-01-01-00-00__.log");
        let gz = gzip(&text);
        let temporary = "2024-05-01/.tmp.conn.00:00:00-01:00:00.log.gz";
        for length in [10, gz.len() / 2, gz.len()] {
            world.put(temporary, &gz[..length]);
            world.step();
        }
        world.rename(temporary, GZ);
        world.step();
        world.remove("queue/conn__2024-05-01-00-00-00__2024-05-01-01-00-00__.log");
    });
}

#[test]
fn a_log_is_copied_emptied_and_begun_anew() {
    for is_read_between in [true, false] {
        always("copy and truncate", |world| {
            live(world);
            for name in ["old/conn-2024-05-01-00-00-00.log", "old/conn-2024-05-01-01-00-00.log"] {
                fs::create_dir_all(world.path("old")).unwrap();
                fs::copy(world.path(LIVE), world.path(name)).unwrap();
                if is_read_between {
                    world.step();
                }
                // The same file with more rows than before: its size tells nothing.
                world.start(LIVE);
                world.rows(LIVE, 40);
                world.step();
                world.rows(LIVE, 1);
            }
            world.rename(LIVE, "old/conn-2024-05-01-02-00-00.log");
        });
    }
}

#[test]
fn a_last_line_is_finished_later() {
    always("unfinished line", |world| {
        world.start(LIVE);
        let text = world.next_rows(3);
        for part in text.as_bytes().chunks(37) {
            world.append(LIVE, part);
            world.step();
        }
        world.rename(LIVE, ARCHIVED);
        world.step();
        let text = world.next_rows(1);
        world.append(ARCHIVED, &text.as_bytes()[..10]);
        world.now.monotonic += world.settings.settle;
        world.step();
        world.append(ARCHIVED, &text.as_bytes()[10..]);
    });
}

#[test]
fn a_last_line_that_never_gets_an_end_is_read_in_the_end() {
    always("no end", |world| {
        world.start(LIVE);
        world.rows(LIVE, 2);
        let text = world.next_rows(1);
        world.append(LIVE, text.trim_end().as_bytes());
        world.step();
        world.rename(LIVE, ARCHIVED);
    });
    always("one row without an end", |world| {
        world.start(LIVE);
        let text = world.next_rows(1);
        world.append(LIVE, text.trim_end().as_bytes());
        world.step();
        world.rename(LIVE, ARCHIVED);
    });
}

#[test]
fn logs_without_rows() {
    always("empty", |world| {
        world.put(LIVE, b"");
        world.put(GZ, b"");
        world.put(NEXT_GZ, &gzip(b""));
        world.step();
        world.start("2024-05-01/conn.02:00:00-03:00:00.log");
        world.step();
        world.close("2024-05-01/conn.02:00:00-03:00:00.log");
        world.step();
        world.start(LIVE);
        world.step();
        world.rows(LIVE, 1);
        world.rename(LIVE, "2024-05-01/conn.03:00:00-04:00:00.log");
    });
}

#[test]
fn a_file_is_replaced_by_another_of_the_same_size() {
    always("replaced", |world| {
        world.start(ARCHIVED);
        world.rows(ARCHIVED, 3);
        world.settle();
        let size = world.bytes(ARCHIVED).len();
        world.start(ARCHIVED);
        world.rows(ARCHIVED, 3);
        assert_eq!(world.bytes(ARCHIVED).len(), size);
    });
}

#[test]
fn midnight() {
    always("midnight", |world| {
        for (name, next) in [
            ("2024-05-01/conn.22:00:00-23:00:00.log.gz", false),
            ("2024-05-01/conn.23:00:00-00:00:00.log.gz", true),
            ("2024-05-02/conn.00:00:00-01:00:00.log.gz", true),
        ] {
            world.start(LIVE);
            world.rows(LIVE, 2);
            if next {
                world.step();
            }
            let text = world.bytes(LIVE);
            world.put(name, &gzip(&text));
            world.remove(LIVE);
        }
        assert!(world.late.is_empty());
    });
}

#[test]
fn the_night_in_which_clocks_are_set_back() {
    always("two logs of one name", |world| {
        for name in ["conn.02:00:00-02:00:00.log.gz", "conn.02:00:00-03:00:00.log.gz"] {
            world.start(LIVE);
            world.rows(LIVE, 2);
            let text = world.bytes(LIVE);
            world.put(&format!("2024-10-27/{name}"), &gzip(&text));
            world.remove(LIVE);
            world.step();
        }
        // The name is taken: zeekctl counts on.
        world.start(LIVE);
        world.rows(LIVE, 2);
        let text = world.bytes(LIVE);
        world.put("2024-10-27/conn.02:00:00-03:00:00-1.log.gz", &gzip(&text));
        world.remove(LIVE);
        world.step();
        // Others overwrite what has that name.
        world.start(LIVE);
        world.rows(LIVE, 2);
        let text = world.bytes(LIVE);
        world.put("2024-10-27/conn.02:00:00-03:00:00-1.log.gz", &gzip(&text));
        world.remove(LIVE);
    });
}

#[test]
fn late_logs_are_read_and_flagged() {
    for restarts in [false, true] {
        let mut world = World::new(Mode::Rotated);
        world.restarts = restarts;
        for name in ["00:00:00-01:00:00", "02:00:00-03:00:00", "01:00:00-02:00:00", "03:00:00-04:00:00"] {
            world.start(LIVE);
            world.rows(LIVE, 2);
            let text = world.bytes(LIVE);
            world.put(&format!("2024-05-01/conn.{name}.log.gz"), &gzip(&text));
            for _ in 0..8 {
                world.poll();
            }
            world.step();
        }
        world.check("late");
        assert_eq!(world.late, ["C00004", "C00005"]);
    }
}

#[test]
fn logs_that_appear_out_of_order_are_read_in_order() {
    let mut world = World::new(Mode::Rotated);
    let mut hours = Vec::new();
    for hour in 0..3 {
        world.start(LIVE);
        world.rows(LIVE, 2);
        let name = format!("2024-05-01/conn.{hour:02}:00:00-{:02}:00:00.log.gz", hour + 1);
        hours.push((name, gzip(&world.bytes(LIVE))));
    }
    world.remove(LIVE);
    // The first is still being written when the others are whole.
    world.put(&hours[2].0, &hours[2].1);
    world.put(&hours[1].0, &hours[1].1);
    world.put(&hours[0].0, &hours[0].1[..30]);
    world.poll();
    let poll = world.poll();
    assert!(poll.hours.is_empty());
    for _ in 0..5 {
        world.poll();
    }
    assert_eq!(reasons(&world.poll()), [Reason::Unfinished, Reason::Earlier, Reason::Earlier]);
    world.put(&hours[0].0, &hours[0].1);
    world.check("out of order");
    assert!(world.late.is_empty());
}

#[test]
fn a_damaged_file_holds_others_only_for_a_while_and_is_read_as_far_as_it_goes() {
    let mut world = World::new(Mode::Rotated);
    world.start(LIVE);
    world.rows(LIVE, 2000);
    let gz = gzip(&world.bytes(LIVE));
    world.put(GZ, &gz[..gz.len() - 10]);
    world.start(LIVE);
    world.rows(LIVE, 2);
    let text = world.bytes(LIVE);
    world.put(NEXT_GZ, &gzip(&text));
    for _ in 0..10 {
        world.poll();
    }
    assert_eq!(world.read, [] as [&str; 0]);
    world.now.monotonic += world.settings.patience;
    world.poll();
    assert_eq!(world.read, world.written[2000..]);
    world.settle();
    assert!(world.read.len() > 1000, "{}", world.read.len());
    assert_eq!(world.read[2..], world.written[..world.read.len() - 2]);
    assert_eq!(world.problems.len(), 1);
    // The rest comes after all.
    world.put(GZ, &gz);
    world.settle();
    assert_eq!(world.read[2..], world.written[..2000]);
}

#[test]
fn two_sensors_and_two_loggers_with_the_same_names_are_kept_apart() {
    let mut world = World::new(Mode::Live);
    let other = Root { path: world.path("../other"), sensor: "other".into() };
    world.roots.push(other);
    world.restart();
    let names = [
        "../other/current/conn.log",
        "spool/logger-1/conn.log",
        "spool/logger-2/conn.log",
        "queue/conn__2024-05-01-00-00-00__2024-05-01-01-00-00__log_suffix=logger-3__.log",
        "2024-05-01/conn.00:00:00-01:00:00-logger-4.log",
    ];
    for name in names {
        world.start(name);
    }
    for name in names.iter().cycle().take(15) {
        world.rows(name, 1);
        world.poll();
    }
    world.settle();
    let mut read = world.read.clone();
    read.sort();
    assert_eq!(read, world.written);
    let mut seen: Vec<_> =
        world.origins.iter().map(|(_, sensor, logger)| format!("{sensor} {logger}")).collect();
    seen.sort();
    seen.dedup();
    let loggers = ["other ", "sensor logger-1", "sensor logger-2", "sensor logger-3", "sensor logger-4"];
    assert_eq!(seen, loggers);
}

#[test]
fn a_folder_vanishes_and_returns() {
    always("vanished", |world| {
        live(world);
        world.step();
        let (logs, away) = (world.outside("logs"), world.outside("away"));
        world.rename(LIVE, ROTATED);
        fs::rename(&logs, &away).unwrap();
        let poll = world.poll();
        assert_eq!(poll.unreachable.len(), 1);
        assert_eq!(poll.problems.len(), 1);
        let restarted = world.restarts;
        world.restarts = false;
        let poll = world.poll();
        assert_eq!((poll.unreachable.len(), poll.problems.len()), (1, 0), "told once");
        world.restarts = restarted;
        fs::rename(&away, &logs).unwrap();
        world.problems.clear();
        world.step();
        world.rename(ROTATED, ARCHIVED);
    });
}

#[test]
fn the_link_current_is_pointed_elsewhere() {
    always("link", |world| {
        fs::remove_dir(world.path("current")).unwrap();
        for spool in ["one", "two"] {
            fs::create_dir_all(world.path(&format!("../spool/{spool}"))).unwrap();
        }
        symlink("../../spool/one", world.path("current.new")).ok();
        fs::remove_file(world.path("current.new")).unwrap();
        symlink("../spool/one", world.path("current")).unwrap();
        live(world);
        let text = world.bytes(LIVE);
        world.step();
        // Zeek starts in another folder, and what is left of the old one is archived.
        symlink("../spool/two", world.path("next")).unwrap();
        fs::rename(world.path("next"), world.path("current")).unwrap();
        world.put(ARCHIVED, &text);
        world.step();
        live(world);
        world.step();
        world.rename(LIVE, "2024-05-01/conn.01:00:00-02:00:00.log");
    });
}

#[test]
fn the_next_log_waits_for_the_rest_of_the_one_that_had_its_name() {
    let mut world = World::new(Mode::Live);
    live(&mut world);
    let text = world.bytes(LIVE);
    world.remove(LIVE);
    world.poll();
    world.start(LIVE);
    world.rows(LIVE, 2);
    assert_eq!(reasons(&world.poll()), [Reason::Predecessor]);
    world.put(GZ, &gzip(&text));
    world.check("found");
    assert_eq!(world.problems, []);
}

#[test]
fn a_rest_that_is_never_found_is_told_once() {
    let mut world = World::new(Mode::Live);
    live(&mut world);
    world.start(LIVE);
    world.rows(LIVE, 2);
    world.poll();
    assert_eq!(world.read, world.written[..3]);
    world.settle();
    assert_eq!(world.read[3..], world.written[5..]);
    assert_eq!(world.problems.len(), 1);
    assert!(world.problems[0].detail.contains("C00000"), "{:?}", world.problems);
}

#[test]
fn what_is_no_log_and_what_is_no_file_stops_nothing() {
    let mut world = World::new(Mode::Rotated);
    world.put("2024-05-01/conn.00:00:00-01:00:00.log", b"Lorem ipsum\n");
    world.put("2024-05-01/conn.01:00:00-02:00:00.log.gz", b"no gzip");
    symlink("nowhere", world.path("2024-05-01/conn.02:00:00-03:00:00.log")).unwrap();
    symlink("..", world.path("2024-05-01/circle")).unwrap();
    fs::create_dir(world.path("2024-05-01/conn.03:00:00-04:00:00.log")).unwrap();
    world.start("2024-05-01/conn.04:00:00-05:00:00.log");
    world.rows("2024-05-01/conn.04:00:00-05:00:00.log", 2);
    world.check("no logs");
    assert_eq!(world.problems.len(), 2);
}

#[test]
fn a_plain_and_a_compressed_file_of_one_name_may_be_two_logs() {
    let mut world = World::new(Mode::Rotated);
    world.start(ARCHIVED);
    world.rows(ARCHIVED, 2);
    world.start(LIVE);
    world.rows(LIVE, 2);
    let text = world.bytes(LIVE);
    world.put(GZ, &gzip(&text));
    world.check("one name");
}

#[test]
fn a_header_that_is_still_being_written_is_nothing_to_tell() {
    let mut world = World::new(Mode::Live);
    world.start(LIVE);
    let header = world.bytes(LIVE);
    world.put(LIVE, b"");
    for part in header.chunks(25) {
        world.append(LIVE, part);
        world.poll();
    }
    world.rows(LIVE, 1);
    world.poll();
    assert_eq!((world.read.len(), world.problems.len()), (1, 0));
}

#[test]
#[expect(clippy::print_stdout, reason = "who runs the tests is told of a skipped one")]
fn a_file_that_may_not_be_read_is_told_and_tried_again() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new(Mode::Live);
    live(&mut world);
    world.rename(LIVE, ARCHIVED);
    let path = world.path(ARCHIVED);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        println!("SKIPPED: a file that may not be read: this user may read everything");
        return;
    }
    world.step();
    assert_eq!((world.read.len(), world.problems.len()), (3, 1));
    assert_eq!(reasons(&world.poll()), [Reason::Unreadable]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    world.check("readable again");
}

#[test]
fn a_new_follower_waits_for_the_rest_of_what_was_read_at_the_place_of_a_live_log() {
    let mut world = World::new(Mode::Live);
    live(&mut world);
    assert_eq!(world.read.len(), 3);
    // Neither here nor there for a moment, as it is while it is archived.
    let hidden = world.outside("hidden");
    fs::rename(world.path(LIVE), &hidden).unwrap();
    world.start(LIVE);
    world.rows(LIVE, 2);
    world.restart();
    assert_eq!(reasons(&world.poll()), [Reason::Predecessor]);
    assert_eq!(world.read.len(), 3);
    world.put(ARCHIVED, &fs::read(hidden).unwrap());
    world.check("hidden");
    assert_eq!(world.problems, []);
}
