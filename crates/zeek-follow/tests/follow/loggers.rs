//! Several loggers of one sensor: their hours are handed out together, so that they can be merged.

use zeek_follow::{Mode, Reason};

use crate::world::{World, gzip, reasons};

fn name(hour: u32, second: u32, logger: u32) -> String {
    let to = hour + 1;
    format!("2024-05-01/conn.{hour:02}:00:{second:02}-{to:02}:00:00-logger-{logger}.log.gz")
}

/// A finished log with a row.
fn archive(world: &mut World) -> Vec<u8> {
    world.start("conn.log");
    world.rows("conn.log", 1);
    let text = world.bytes("conn.log");
    world.remove("conn.log");
    gzip(&text)
}

/// Loggers and rounds of what a poll hands out.
fn rounds(world: &mut World) -> Vec<(String, usize)> {
    let poll = world.poll();
    poll.hours.iter().map(|hour| (hour.logger.to_string(), hour.round)).collect()
}

fn of(logger: u32, round: usize) -> (String, usize) {
    (format!("logger-{logger}"), round)
}

#[test]
fn hours_that_were_opened_together_are_a_round() {
    let mut world = World::new(Mode::Rotated);
    for (hour, second, logger) in [(0, 0, 1), (0, 2, 2), (1, 0, 1), (1, 0, 2), (3, 0, 2), (5, 59, 1)] {
        let gz = archive(&mut world);
        world.put(&name(hour, second, logger), &gz);
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.extend(rounds(&mut world));
    }
    assert_eq!(
        seen,
        [of(1, 1), of(2, 1), of(1, 2), of(2, 2), of(2, 3)],
        "the last may have another beside it"
    );
    world.settle();
    assert_eq!(world.read, world.written);
}

#[test]
fn a_finished_log_waits_for_that_of_another_logger() {
    let mut world = World::new(Mode::Rotated);
    let [first, second, third] = [(); 3].map(|()| archive(&mut world));
    world.put(&name(0, 0, 1), &first);
    world.put(&name(0, 1, 2), &second[..20]);
    world.poll();
    world.poll();
    let mut waits = reasons(&world.poll());
    waits.sort();
    assert_eq!(waits, [Reason::Unfinished, Reason::Logger]);
    world.put(&name(1, 0, 1), &third);
    world.poll();
    world.poll();
    assert!(world.read.is_empty());
    world.put(&name(0, 1, 2), &second);
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.extend(rounds(&mut world));
    }
    assert_eq!(seen, [of(1, 1), of(2, 1)], "the third waits for its other logger");
    world.settle();
    assert_eq!(world.read, world.written);
}

#[test]
fn one_that_had_the_last_hour_is_waited_for_and_one_that_is_gone_is_not() {
    let mut world = World::new(Mode::Rotated);
    for logger in [1, 2] {
        let gz = archive(&mut world);
        world.put(&name(0, 0, logger), &gz);
    }
    for _ in 0..3 {
        world.poll();
    }
    assert_eq!(world.read, world.written);
    let gz = archive(&mut world);
    world.put(&name(1, 0, 1), &gz);
    for _ in 0..59 {
        world.poll();
    }
    assert_eq!(reasons(&world.poll()), [Reason::Logger]);
    for _ in 0..5 {
        world.poll();
    }
    assert_eq!(world.read, world.written, "patience has an end");
    let gz = archive(&mut world);
    world.put(&name(2, 0, 1), &gz);
    for _ in 0..3 {
        world.poll();
    }
    assert_eq!(world.read, world.written, "it is not waited for again");
}

#[test]
fn who_writes_now_is_told() {
    let mut world = World::new(Mode::Live);
    for logger in ["logger-1", "logger-2"] {
        world.start(&format!("spool/{logger}/conn.log"));
    }
    world.rows("spool/logger-1/conn.log", 1);
    let writing = |world: &mut World| {
        let poll = world.poll();
        assert!(poll.hours.iter().all(|hour| hour.round == 0));
        poll.writing.iter().map(|(_, logger)| logger.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(writing(&mut world), ["logger-1", "logger-2"]);
    world.remove("spool/logger-2/conn.log");
    writing(&mut world);
    assert_eq!(writing(&mut world), ["logger-1"]);
}
