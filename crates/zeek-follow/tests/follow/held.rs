//! Which logs lie somewhere, whatever their files are called by now. That what lies nowhere may be forgotten, each story's end checks.

use std::fs;

use zeek_follow::Mode;

use crate::world::{World, gzip};

const LIVE: &str = "current/conn.log";
const ROTATED: &str = "current/conn-2024-05-01-00-00-00.log";
const GZ: &str = "2024-05-01/conn.00:00:00-01:00:00.log.gz";

/// A live log with rows.
fn write(world: &mut World) {
    world.start(LIVE);
    world.rows(LIVE, 3);
    world.step();
}

#[test]
fn it_is_known_which_logs_lie_somewhere() {
    for is_json in [false, true] {
        let mut world = World::new(Mode::Live);
        world.is_json = is_json;
        write(&mut world);
        world.settle();
        assert_eq!(world.held(), [Some(true)]);
        // Renamed, archived, and looked at by one who has not seen it before.
        world.close(LIVE);
        world.rename(LIVE, ROTATED);
        write(&mut world);
        world.settle();
        assert_eq!(world.held(), [Some(true); 2]);
        world.put(GZ, &gzip(&world.bytes(ROTATED)));
        world.remove(ROTATED);
        world.restart();
        assert_eq!(world.held(), [None; 2], "nobody has looked");
        world.settle();
        assert_eq!(world.held(), [Some(true); 2]);
        // Another one has its name by now.
        world.remove(GZ);
        world.settle();
        let mut held = world.held();
        held.sort();
        assert_eq!(held, [Some(false), Some(true)]);
        // A folder that can't be reached says nothing.
        world.rename("current", "../elsewhere");
        fs::remove_dir_all(world.path("")).unwrap();
        world.step();
        assert!(!world.held().contains(&Some(false)), "{:?}", world.held());
    }
}
