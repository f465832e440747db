//! Where links lead out of a log folder: `current` of zeekctl is one, into its `spool`.
//!
//! They are taken as they stand at the start. Afterwards nobody who can write in a log folder can lead the service elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep is looked. Links stand at the top, or in the folders of loggers and sensors.
const DEEPEST: usize = 3;
/// How many entries are looked at, over all folders.
const MOST: usize = 100_000;

/// The places outside of `root` that links in it lead to, and those that links there lead to.
pub(super) fn targets(root: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let Ok(root) = root.canonicalize() else { return found };
    let (mut left, mut at) = (MOST, vec![(root.clone(), 0)]);
    let mut seen = BTreeSet::from([root.clone()]);
    while let Some((folder, depth)) = at.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            left = match left.checked_sub(1) {
                Some(left) => left,
                None => return found,
            };
            let Ok(kind) = entry.file_type() else { continue };
            let is_link = kind.is_symlink();
            let is_below = kind.is_dir() && depth < DEEPEST;
            if !is_link && !is_below {
                continue;
            }
            let Ok(path) = entry.path().canonicalize() else { continue };
            if is_link && !path.starts_with(&root) {
                found.insert(path.clone());
            }
            if path.is_dir() && seen.insert(path.clone()) {
                at.push((path, if is_link { DEEPEST.min(depth + 1) } else { depth + 1 }));
            }
        }
    }
    found
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_out_of_a_folder_are_found_with_what_lies_behind_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().canonicalize().expect("it is there").join(name);
        for name in ["logs/2026-02-28", "spool/zeek", "spool/logger", "disk"] {
            fs::create_dir_all(at(name)).expect("it is ours");
        }
        symlink("../spool/zeek", at("logs/current")).expect("it is ours");
        symlink(at("disk"), at("spool/zeek/more")).expect("it is ours");
        symlink(at("logs/2026-02-28"), at("logs/today")).expect("it is ours");
        symlink(at("logs"), at("spool/zeek/up")).expect("it is ours");
        symlink(at("nowhere"), at("logs/broken")).expect("it is ours");
        let found = targets(&at("logs"));
        assert_eq!(found, BTreeSet::from([at("disk"), at("spool/zeek")]));
        assert!(targets(&at("nowhere")).is_empty());
    }
}
