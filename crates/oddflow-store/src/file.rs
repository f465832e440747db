//! The file of a database, as far as it can be asked and made without opening it.
//!
//! Invariant: nobody but SQLite opens the file. A system of POSIX drops all locks that a process has on a file as soon as the process closes
//! it, whichever descriptor that was: another process then takes the database for unused, and removes the write-ahead log under it.

use std::path::Path;

/// Whether this user may write to the file of a database; not where there is none. The file isn't opened.
#[must_use]
pub fn may_write(path: impl AsRef<Path>) -> bool {
    system::may_write(path.as_ref())
}

/// Makes the empty file of a new database, for this user alone: it names hosts and what they did. SQLite gives the files beside it
/// the same mode. One that is there stays as it is, and what goes wrong is left to SQLite, which says so when it opens the file.
pub(crate) fn make(path: &Path) {
    let is_name = path.to_str().is_none_or(|name| !name.is_empty() && !name.starts_with(':'));
    // SQLite takes other names for databases that have no file.
    if is_name && std::fs::symlink_metadata(path).is_err() {
        system::make(path);
    }
}

#[cfg(unix)]
mod system {
    use std::path::Path;

    use rustix::fs::{Access, access};

    pub(super) fn may_write(path: &Path) -> bool {
        access(path, Access::WRITE_OK).is_ok()
    }

    /// Makes it without opening it: another thread may have it open by then.
    #[cfg(target_os = "linux")]
    pub(super) fn make(path: &Path) {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let _ = mknodat(CWD, path, FileType::RegularFile, Mode::RUSR | Mode::WUSR, 0);
    }

    /// Elsewhere only root may do so. It is opened in the moment in which it is made, and nobody has it open before.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn make(path: &Path) {
        use std::os::unix::fs::OpenOptionsExt;
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    }
}

#[cfg(not(unix))]
mod system {
    use std::path::Path;

    pub(super) fn may_write(path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|file| !file.permissions().readonly())
    }

    pub(super) fn make(_: &Path) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::store::Store;

    /// How many locks this process has on a file.
    #[cfg(target_os = "linux")]
    fn locks(path: &Path) -> usize {
        let (inode, process) = (std::fs::metadata(path).expect("a file").ino(), std::process::id());
        let all = std::fs::read_to_string("/proc/locks").expect("Linux tells");
        let is_ours = |line: &&str| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            cells.contains(&process.to_string().as_str())
                && cells.iter().any(|cell| cell.ends_with(&format!(":{inode}")))
        };
        all.lines().filter(is_ours).count()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn asking_whether_it_can_be_written_to_drops_no_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let store = Store::open(&path).expect("opens");
        store.models().expect("reads");
        let before = locks(&path);
        assert!(before > 0, "SQLite locks what it has open");
        assert!(may_write(&path));
        assert_eq!(locks(&path), before);
        assert!(!may_write(folder.path().join("none.db")));
    }

    #[test]
    fn a_new_database_is_its_users_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |name: &str| {
            let file = std::fs::metadata(folder.path().join(name)).unwrap_or_else(|_| panic!("{name}"));
            file.permissions().mode() & 0o777
        };
        let store = Store::open(folder.path().join("a.db")).expect("opens");
        for name in ["a.db", "a.db-wal", "a.db-shm"] {
            assert_eq!(mode(name), 0o600, "{name}");
        }
        drop(store);
        // What somebody has let others read stays so.
        let shared = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(folder.path().join("a.db"), shared).expect("it is ours");
        let _store = Store::open(folder.path().join("a.db")).expect("opens");
        assert_eq!([mode("a.db"), mode("a.db-wal")], [0o640; 2]);
    }
}
