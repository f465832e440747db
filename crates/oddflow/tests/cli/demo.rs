//! `oddflow demo`, on a small week.

use crate::folder::Folder;

#[test]
fn a_week_with_ten_attacks() {
    let folder = Folder::empty();
    let ran = folder.ok("demo --rows 12000 --out week");
    let mut table = ran.out.lines().skip_while(|line| !line.starts_with("planted attack"));
    assert!(table.next().is_some(), "{ran}");
    let attacks: Vec<&str> = table.take_while(|line| !line.is_empty()).collect();
    assert_eq!(attacks.len(), 10, "{ran}");
    for kind in [
        "horizontal_scan",
        "vertical_scan",
        "syn_flood",
        "udp_flood",
        "ssh_brute_force",
        "slow_exfiltration",
        "dns_tunnel",
        "beacon",
        "smb_sweep",
        "bulk_download",
    ] {
        let line = attacks.iter().find(|line| line.starts_with(kind));
        let line = line.unwrap_or_else(|| panic!("{kind}\n{ran}"));
        assert!(line.ends_with("missed") || line.contains(" incident "), "{line}");
    }
    let found = attacks.iter().filter(|line| !line.ends_with("missed")).count();
    assert!(ran.out.contains(&format!("{found} of 10 attacks are among the raised incidents")), "{ran}");
    for name in ["logs/labels.tsv", "model.oddflow", "alerts.db", "figures/loss.svg", "figures/errors.png"] {
        assert!(folder.path("week").join(name).exists(), "{name}");
    }
    for place in ["week/logs", "week/model.oddflow", "week/figures", "week/alerts.db", "next:"] {
        assert!(ran.out.contains(place), "{place}\n{ran}");
    }
    // What it says to type next does what it says.
    let next = ran.out.lines().filter_map(|line| line.strip_prefix("  oddflow incidents "));
    let next: Vec<&str> = next.collect();
    assert_eq!(next.len(), 2, "{ran}");
    for command in next {
        assert!(!folder.ok(&format!("incidents {command}")).out.is_empty());
    }
    folder.ok("alerts show 1 --db week/alerts.db").prints("\nwhy\n");
    insta::assert_snapshot!("demo", ran.out.replace(&folder.real_path(), "[folder]"));
    // A later demo replaces what this one made and nothing else, and the same seed is the same week.
    folder.write("week/notes.txt", "all my work");
    folder.write("week/logs/2026-03-01/conn.00:00:00-01:00:00.log", "of another week");
    let again = folder.ok("demo --rows 12000 --out week");
    assert!(again.out == ran.out);
    assert_eq!(folder.text("week/notes.txt"), "all my work");
}

#[test]
fn a_folder_that_no_demo_made_is_left_alone() {
    let folder = Folder::empty();
    folder.write("thesis/chapter-1.txt", "all my work");
    folder.run("demo --rows 20000 --out thesis").fails(2, &["thesis", "not empty"]);
    assert_eq!(folder.text("thesis/chapter-1.txt"), "all my work");
    folder.run("demo --rows 20000 --out thesis/chapter-1.txt").exits(7);
    assert_eq!(folder.text("thesis/chapter-1.txt"), "all my work");
}
