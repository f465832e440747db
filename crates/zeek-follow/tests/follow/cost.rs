//! What a poll asks of the file system: little, where nothing changes.

use std::fs;
use std::time::{Duration, SystemTime};

use zeek_follow::{History, Mode};

use crate::world::World;

/// Gives files and folders times that are long past, and the follower a clock that knows.
fn age(world: &mut World, folder: &str) {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for entry in fs::read_dir(world.path(folder)).unwrap() {
        let path = entry.unwrap().path();
        fs::File::options().append(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }
    fs::File::open(world.path(folder)).unwrap().set_modified(long_ago).unwrap();
    world.now.wall = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
}

#[test]
fn what_was_finished_long_ago_is_ready_at_once() {
    let mut world = World::new(Mode::Rotated);
    world.start("2024-05-01/conn.00:00:00-01:00:00.log");
    world.rows("2024-05-01/conn.00:00:00-01:00:00.log", 3);
    age(&mut world, "2024-05-01");
    world.poll();
    assert_eq!(world.read, world.written);
}

#[test]
fn a_folder_of_the_past_is_listed_again_when_it_changes() {
    let mut world = World::new(Mode::Rotated);
    world.start("2024-05-01/conn.00:00:00-01:00:00.log");
    world.rows("2024-05-01/conn.00:00:00-01:00:00.log", 1);
    age(&mut world, "2024-05-01");
    fs::File::open(world.path("")).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    world.poll();
    assert_eq!(world.read.len(), 1);
    // That the first file's time is set again is no reason to wait for it.
    world.start("2024-05-01/conn.01:00:00-02:00:00.log");
    world.rows("2024-05-01/conn.01:00:00-02:00:00.log", 1);
    age(&mut world, "2024-05-01");
    for _ in 0..3 {
        world.poll();
    }
    assert_eq!(world.read.len(), 2);
}

#[test]
fn files_are_looked_into_piece_by_piece_and_the_live_one_waits_for_history() {
    let mut world = World::new(Mode::Live);
    world.set(|settings| settings.looks = 2);
    for hour in 0..5 {
        let name = format!("2024-05-01/conn.{hour:02}:00:00-{:02}:00:00.log", hour + 1);
        world.start(&name);
        world.rows(&name, 1);
    }
    world.start("current/conn.log");
    world.rows("current/conn.log", 1);
    for (has_more, read) in [(true, 2), (true, 4), (false, 6)] {
        assert_eq!(world.poll().has_more, has_more);
        assert_eq!(world.read, world.written[..read]);
    }
}

#[test]
fn history_is_passed_over_if_asked_but_not_what_was_begun() {
    let mut world = World::new(Mode::Rotated);
    let name = |hour: u32| format!("2024-05-01/conn.{hour:02}:00:00-{:02}:00:00.log", hour + 1);
    for hour in 0..2 {
        world.start(&name(hour));
        world.rows(&name(hour), 1);
    }
    age(&mut world, "2024-05-01");
    let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_200_000_000);
    world.set(|settings| settings.history = History::Since(begin));
    world.poll();
    assert_eq!(world.read, [] as [&str; 0]);
    // Written since, while nobody looked.
    world.start(&name(2));
    world.rows(&name(2), 1);
    world.set(|settings| settings.history = History::Since(begin));
    world.now.wall = SystemTime::UNIX_EPOCH;
    world.settle();
    assert_eq!(world.read, world.written[2..]);
    // One that was begun is read on.
    world.rows(&name(2), 1);
    age(&mut world, "2024-05-01");
    world.restart();
    world.settle();
    assert_eq!(world.read, world.written[2..]);
}
