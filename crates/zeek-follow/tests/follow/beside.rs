//! Logs beside the main one: of the same hour and logger, read before it.

use std::time::Duration;

use zeek_follow::{Mode, Reason};

use crate::world::{World, gzip, reasons};

const HOUR: &str = "00:00:00-01:00:00.log.gz";

fn world(mode: Mode) -> World {
    let mut world = World::new(mode);
    world.set(|settings| settings.beside = ["dns", "http", "smb_files"].map(Into::into).to_vec());
    world
}

fn kinds(world: &World) -> Vec<&str> {
    world.origins.iter().map(|(kind, _, _)| kind.as_str()).collect()
}

/// A finished log of some kind, as an archiver leaves it.
fn archive(world: &mut World, name: &str) -> Vec<u8> {
    world.start("made.log");
    let kind = name.split(['.', '/']).nth(1).unwrap().to_owned();
    let text =
        String::from_utf8(world.bytes("made.log")).unwrap().replace("#path\tmade", &format!("#path\t{kind}"));
    let text = text + &world.next_rows(1);
    world.remove("made.log");
    gzip(text.as_bytes())
}

#[test]
fn logs_of_one_hour_are_read_together_and_the_main_one_last() {
    let mut world = world(Mode::Rotated);
    for hour in [HOUR, "01:00:00-02:00:00.log.gz"] {
        for kind in ["conn", "dns", "smb_files", "http"] {
            let name = format!("2024-05-01/{kind}.{hour}");
            let gz = archive(&mut world, &name);
            world.put(&name, &gz);
        }
    }
    world.settle();
    assert_eq!(kinds(&world), ["dns", "http", "smb_files", "conn", "dns", "http", "smb_files", "conn"]);
    assert_eq!(world.problems, []);
}

#[test]
fn a_finished_log_waits_for_what_is_beside_it() {
    let mut world = world(Mode::Rotated);
    let conn = archive(&mut world, &format!("2024-05-01/conn.{HOUR}"));
    let dns = archive(&mut world, &format!("2024-05-01/dns.{HOUR}"));
    world.put(&format!("2024-05-01/conn.{HOUR}"), &conn);
    for _ in 0..4 {
        world.poll();
    }
    assert_eq!(reasons(&world.poll()), [Reason::Beside], "others may be about to appear");
    world.put(&format!("2024-05-01/dns.{HOUR}"), &dns[..20]);
    world.poll();
    world.poll();
    assert_eq!(reasons(&world.poll()), [Reason::Unfinished, Reason::Beside]);
    world.put(&format!("2024-05-01/dns.{HOUR}"), &dns);
    world.poll();
    world.poll();
    world.poll();
    assert_eq!(kinds(&world), ["dns", "conn"]);
}

#[test]
fn a_log_beside_one_that_never_gets_finished_holds_it_only_for_a_while() {
    let mut world = world(Mode::Rotated);
    let conn = archive(&mut world, &format!("2024-05-01/conn.{HOUR}"));
    let dns = archive(&mut world, &format!("2024-05-01/dns.{HOUR}"));
    world.put(&format!("2024-05-01/conn.{HOUR}"), &conn);
    world.put(&format!("2024-05-01/dns.{HOUR}"), &dns[..20]);
    for _ in 0..59 {
        world.poll();
    }
    assert_eq!(kinds(&world), [] as [&str; 0]);
    world.poll();
    world.poll();
    assert_eq!(kinds(&world), ["conn"]);
}

#[test]
fn loggers_have_their_own() {
    let mut world = world(Mode::Rotated);
    for (kind, logger) in [("conn", 1), ("dns", 2), ("conn", 2), ("dns", 1)] {
        let name = format!("2024-05-01/{kind}.00:00:00-01:00:00-logger-{logger}.log.gz");
        let gz = archive(&mut world, &name);
        world.put(&name, &gz);
    }
    world.settle();
    let of = |kind: &str, logger: &str| (kind.to_owned(), "sensor".to_owned(), logger.to_owned());
    let hours =
        [of("dns", "logger-1"), of("conn", "logger-1"), of("dns", "logger-2"), of("conn", "logger-2")];
    assert_eq!(world.origins, hours);
}

#[test]
fn live_logs_are_read_beside_each_other_and_their_rests_too() {
    let mut world = world(Mode::Live);
    world.set(|settings| settings.behind = Duration::ZERO);
    for round in 0..3 {
        for kind in ["conn", "dns"] {
            world.start(&format!("current/{kind}.log"));
            world.rows(&format!("current/{kind}.log"), 2);
        }
        world.poll();
        for kind in ["conn", "dns"] {
            world.rows(&format!("current/{kind}.log"), 1);
            world.rename(
                &format!("current/{kind}.log"),
                &format!("2024-05-01/{kind}.0{round}:00:00-0{}:00:00.log", round + 1),
            );
        }
        if round == 1 {
            world.restart();
        }
    }
    world.settle();
    let once = ["dns", "dns", "conn", "conn"];
    let both: Vec<_> = once.into_iter().chain(["dns", "conn"]).chain(once).chain(["dns", "conn"]).collect();
    assert_eq!(kinds(&world)[..both.len()], both);
    assert_eq!(world.read.len(), world.written.len());
}

#[test]
fn a_name_that_lies_is_told_and_passed_over() {
    let mut world = world(Mode::Rotated);
    let gz = archive(&mut world, &format!("2024-05-01/http.{HOUR}"));
    world.put(&format!("2024-05-01/dns.{HOUR}"), &gz);
    world.put(&format!("2024-05-01/http.{HOUR}"), &gzip(b"Lorem ipsum\n"));
    let conn = archive(&mut world, &format!("2024-05-01/conn.{HOUR}"));
    world.put(&format!("2024-05-01/conn.{HOUR}"), &conn);
    world.settle();
    assert_eq!(kinds(&world), ["conn"]);
    assert_eq!(world.problems.len(), 2);
}

/// What it has read by now, in the order in which it was read.
fn uids(world: &World) -> Vec<&str> {
    world.read.iter().map(String::as_str).collect()
}

#[test]
fn new_rows_wait_for_what_may_come_beside_them() {
    let mut world = world(Mode::Live);
    world.start("current/conn.log");
    world.rows("current/conn.log", 1);
    world.poll();
    assert_eq!(uids(&world), ["C00000"], "nothing is written beside it");
    world.start("current/dns.log");
    world.rows("current/dns.log", 1);
    world.rows("current/conn.log", 1);
    assert_eq!(reasons(&world.poll()), [Reason::Beside]);
    // Each second one more row, and never one that is newer than three.
    for second in 0..6 {
        world.rows("current/conn.log", 1);
        world.poll();
        let rows = world.origins.iter().filter(|(kind, _, _)| kind == "conn").count();
        assert_eq!(rows, if second < 2 { 1 } else { second }, "{second}");
    }
    assert_eq!(kinds(&world)[..3], ["conn", "dns", "conn"]);
    // A new follower knows nothing of when they came.
    world.restart();
    let before = world.read.len();
    for _ in 0..3 {
        assert_eq!(reasons(&world.poll()), [Reason::Beside]);
    }
    assert_eq!(world.read.len(), before);
    world.poll();
    assert_eq!(world.read.len(), world.written.len());
}

#[test]
fn a_rotated_log_waits_as_long_as_a_live_one() {
    let mut world = world(Mode::Live);
    for kind in ["conn", "dns"] {
        world.start(&format!("current/{kind}.log"));
        world.rows(&format!("current/{kind}.log"), 1);
    }
    (0..5).for_each(|_| drop(world.poll()));
    assert_eq!(uids(&world).len(), 2);
    world.rows("current/conn.log", 1);
    world.rename("current/conn.log", "current/conn-2024-05-01-00-00-00.log");
    world.start("current/conn.log");
    world.rows("current/conn.log", 1);
    let late = world.next_rows(1);
    for _ in 0..2 {
        world.poll();
    }
    assert_eq!(uids(&world).len(), 2);
    // The log beside it is rotated later, and what belongs to its rows may be in the next one.
    world.append("current/dns.log", late.as_bytes());
    world.rename("current/dns.log", "current/dns-2024-05-01-00-00-00.log");
    world.start("current/dns.log");
    world.rows("current/dns.log", 1);
    (0..4).for_each(|_| drop(world.poll()));
    assert_eq!(uids(&world), ["C00001", "C00000", "C00004", "C00005", "C00002", "C00003"]);
}

#[test]
fn rows_wait_for_a_log_beside_them_that_is_on_its_way() {
    for is_compressed in [false, true] {
        let mut world = world(Mode::Live);
        for kind in ["conn", "dns"] {
            world.start(&format!("current/{kind}.log"));
            world.rows(&format!("current/{kind}.log"), 1);
        }
        (0..5).for_each(|_| drop(world.poll()));
        // It is nowhere, or not whole yet, and the next one is there.
        world.rows("current/dns.log", 1);
        let rest = world.bytes("current/dns.log");
        let archive = "2024-05-01/dns.00:00:00-01:00:00.log.gz";
        world.remove("current/dns.log");
        if is_compressed {
            world.put(archive, &gzip(&rest)[..30]);
        }
        world.start("current/dns.log");
        world.rows("current/dns.log", 1);
        world.rows("current/conn.log", 1);
        (0..20).for_each(|_| drop(world.poll()));
        assert_eq!(uids(&world), ["C00001", "C00000"]);
        world.put(archive, &gzip(&rest));
        (0..8).for_each(|_| drop(world.poll()));
        assert_eq!(uids(&world), ["C00001", "C00000", "C00002", "C00003", "C00004"], "{is_compressed}");
        assert_eq!(world.problems, []);
    }
}
