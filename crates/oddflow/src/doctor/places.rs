//! Where Zeek's logs lie, and what lies there by its names.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::finding::Findings;

/// Where Zeek puts its logs: its own packages, a build from source, Security Onion, Debian, Homebrew on either kind of Mac.
const USUAL: [&str; 6] = [
    "/opt/zeek/logs",
    "/usr/local/zeek/logs",
    "/nsm/zeek/logs",
    "/var/log/zeek",
    "/opt/homebrew/var/log/zeek",
    "/usr/local/var/log/zeek",
];
/// Most files that are looked at; an archive of years has some 100,000.
const MOST_FILES: usize = 1 << 20;
/// Most folders within one another.
const DEPTH: usize = 8;

/// The folders that were named, or the first of the usual ones that is there.
pub(super) fn roots(named: &[PathBuf], findings: &mut Findings) -> Vec<PathBuf> {
    const CHECK: &str = "log folder";
    if !named.is_empty() {
        let is_readable = |root: &&PathBuf| match fs::read_dir(root) {
            Ok(_) => true,
            Err(error) => {
                let remedy = match error.kind() {
                    std::io::ErrorKind::PermissionDenied => {
                        "Let this user read it, with its group for example: usermod -aG zeek USER."
                    }
                    _ => "Name Zeek's log folder: `current/` and the folders of the days lie in it.",
                };
                findings.error(CHECK, format!("{} cannot be read: {error}", root.display()), remedy);
                false
            }
        };
        return named.iter().filter(is_readable).cloned().collect();
    }
    let there: Vec<PathBuf> =
        USUAL.iter().map(PathBuf::from).filter(|path| fs::read_dir(path).is_ok()).collect();
    match there.as_slice() {
        [] => {
            let remedy = "Name it: oddflow doctor ROOT. Zeek's LogDir says where it is (zeekctl config).";
            findings.error(
                CHECK,
                format!("none of the usual ones can be read: {}", USUAL.join(", ")),
                remedy,
            );
        }
        [_] => {}
        [first, others @ ..] => {
            let others: Vec<_> = others.iter().map(|path| path.display().to_string()).collect();
            let what = format!("{} is taken; there are also {}", first.display(), others.join(", "));
            findings.warning(CHECK, what, "Name the one that is meant.");
        }
    }
    there.into_iter().take(1).collect()
}

/// A log's file.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) modified: SystemTime,
    pub(super) size: u64,
    /// Who wrote it, by its name; empty where that doesn't tell.
    pub(super) logger: String,
    /// Whether its name has a time: it was rotated.
    pub(super) is_rotated: bool,
}

/// The logs in a folder, by kind, those that were written last in front.
#[derive(Default)]
pub(super) struct Inventory {
    pub(super) kinds: BTreeMap<String, Vec<Found>>,
    /// What could not be looked at.
    pub(super) unreadable: Vec<String>,
    pub(super) is_cut: bool,
}

impl Inventory {
    pub(super) fn of(root: &Path) -> Self {
        let mut inventory = Self::default();
        let mut seen = HashSet::new();
        inventory.walk(root, DEPTH, &mut seen, &mut 0);
        for files in inventory.kinds.values_mut() {
            files.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| b.path.cmp(&a.path)));
        }
        inventory.unreadable.sort();
        inventory
    }

    fn walk(&mut self, folder: &Path, depth: usize, seen: &mut HashSet<PathBuf>, files: &mut usize) {
        // Links are followed, as `current` is one, and none of them twice.
        if depth == 0 || !fs::canonicalize(folder).is_ok_and(|real| seen.insert(real)) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else {
            self.unreadable.push(folder.display().to_string());
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if metadata.is_dir() {
                self.walk(&path, depth - 1, seen, files);
                continue;
            }
            let name = path.file_name().and_then(|name| name.to_str());
            let Some((kind, logger, is_rotated)) = name.and_then(kind_of) else { continue };
            let (kind, logger) = (kind.to_owned(), logger.to_owned());
            if *files == MOST_FILES {
                self.is_cut = true;
                return;
            }
            *files += 1;
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let found = Found { path, modified, size: metadata.len(), logger, is_rotated };
            self.kinds.entry(kind).or_default().push(found);
        }
    }
}

/// Which log a file's name is of, by which logger, and whether it was rotated; `None` for no log. Zeek's names are described in `docs/following.md`.
fn kind_of(name: &str) -> Option<(&str, &str, bool)> {
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    let stem = plain.strip_suffix(".log")?;
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    if let Some((kind, rest)) = stem.split_once("__") {
        return Some((kind, logger_of(rest), rest.starts_with(|c: char| c.is_ascii_digit())));
    }
    let begins = |(at, c): (usize, char)| {
        let is_time = stem[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        (matches!(c, '.' | '-') && is_time).then_some(at)
    };
    match stem.char_indices().find_map(begins) {
        Some(at) => Some((&stem[..at], logger_of(&stem[at..]), !stem.ends_with("-current"))),
        None => Some((stem, "", false)),
    }
}

/// What follows the times in a name.
fn logger_of(rest: &str) -> &str {
    let rest =
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || ":-._".contains(c)).trim_end_matches('_');
    let suffix = rest.split(',').find_map(|pair| pair.strip_prefix("log_suffix="));
    // Other pairs, such as the process, change when a logger is started again.
    suffix.unwrap_or(if rest.contains('=') || rest == "current" { "" } else { rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_log_by_whom_and_whether_it_was_rotated() {
        for (name, expected) in [
            ("conn.log", Some(("conn", "", false))),
            ("conn.json.log", Some(("conn", "", false))),
            ("conn.00:00:00-current.log", Some(("conn", "", false))),
            ("conn.23:00:00-00:00:00.log.gz", Some(("conn", "", true))),
            ("conn.23:00:00-00:00:00-logger-1.log.gz", Some(("conn", "logger-1", true))),
            ("conn-2024-05-01-23-00-00.log", Some(("conn", "", true))),
            ("conn__2024-05-01-23-00-00__2024-05-02-00-00-00__.log.zst", Some(("conn", "", true))),
            (
                "conn__2024-05-01-23-00-00__2024-05-02-00-00-00__log_suffix=logger-1__.log",
                Some(("conn", "logger-1", true)),
            ),
            ("conn-summary.23:00:00-00:00:00.log.gz", Some(("conn-summary", "", true))),
            ("capture_loss.log", Some(("capture_loss", "", false))),
            ("stderr.log.txt", None),
            ("conn.txt", None),
        ] {
            assert_eq!(kind_of(name), expected, "{name}");
        }
    }
}
