//! The folders below the roots and the files in them, listed again only where something changed.
//!
//! Each poll asks for the time of every folder, and lists those whose time is another one, or so late that it might hide a second
//! change; besides, one folder after the other in turn, for file systems that keep no good time.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::file::{Stamp, Tracked};
use crate::names::LogName;
use crate::settings::{Mode, Now, Settings};

/// Folders within folders that are looked through, from the root.
const DEEPEST: usize = 16;

/// A folder that is followed.
#[derive(Debug)]
pub(crate) struct Folder {
    /// Which root it lies below.
    pub(crate) root: usize,
    stamp: Option<Stamp>,
    /// The poll in which it was there last.
    seen: u64,
    /// Whether it can't be reached now. What it held is remembered.
    pub(crate) is_absent: bool,
    folders: Vec<PathBuf>,
    pub(crate) files: BTreeMap<PathBuf, Tracked>,
}

/// All folders.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    pub(crate) known: BTreeMap<PathBuf, Folder>,
    poll: u64,
    /// Which folder is listed again next though nothing says that it changed.
    turn: usize,
}

/// A folder that can't be reached or listed.
pub(crate) type Unreachable = (PathBuf, io::Error);

impl Folders {
    /// Looks for what is new and what is gone. Returns the folders that can't be reached, and the files that are gone.
    pub(crate) fn walk(
        &mut self,
        roots: &[PathBuf],
        now: Now,
        settings: &Settings,
    ) -> (Vec<Unreachable>, Vec<(PathBuf, Tracked)>) {
        self.poll += 1;
        let in_turn = self.known.keys().nth(self.turn).cloned();
        self.turn = if self.turn + 1 < self.known.len() { self.turn + 1 } else { 0 };
        let mut walk = Walk {
            folders: self,
            now,
            settings,
            in_turn,
            visited: HashSet::new(),
            unreachable: Vec::new(),
            gone: Vec::new(),
        };
        for (i, root) in roots.iter().enumerate() {
            walk.visit(root, i, 0);
        }
        let Walk { unreachable, mut gone, .. } = walk;
        let poll = self.poll;
        let lost: Vec<_> = self
            .known
            .extract_if(.., |_, folder| folder.seen != poll)
            .map(|(_, folder)| folder.files)
            .collect();
        gone.extend(lost.into_iter().flatten());
        (unreachable, gone)
    }
}

struct Walk<'w> {
    folders: &'w mut Folders,
    now: Now,
    settings: &'w Settings,
    in_turn: Option<PathBuf>,
    /// Folders by device and inode: links may lead to one by several ways, or in circles.
    visited: HashSet<(u64, u64)>,
    unreachable: Vec<Unreachable>,
    gone: Vec<(PathBuf, Tracked)>,
}

impl Walk<'_> {
    fn visit(&mut self, path: &Path, root: usize, depth: usize) {
        let stamp = match fs::metadata(path) {
            Ok(file) if file.is_dir() => Stamp::of(&file),
            // One that is gone is gone, but for a root: it will come back.
            Err(error) if depth > 0 && error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.miss(path, root, error),
            Ok(_) if depth > 0 => return,
            Ok(_) => return self.miss(path, root, io::ErrorKind::NotADirectory.into()),
        };
        if !self.visited.insert(stamp.node()) {
            return;
        }
        let poll = self.folders.poll;
        let folder = self.folders.known.entry(path.to_owned()).or_insert_with(|| Folder {
            root,
            stamp: None,
            seen: poll,
            is_absent: false,
            folders: Vec::new(),
            files: BTreeMap::new(),
        });
        folder.seen = poll;
        folder.is_absent = false;
        let is_unchanged = folder.stamp == Some(stamp)
            && !stamp.is_recent(self.now)
            && self.in_turn.as_deref() != Some(path);
        if !is_unchanged {
            match folder.list(path, depth, self.settings) {
                Ok(gone) => {
                    folder.stamp = Some(stamp);
                    self.gone.extend(gone);
                }
                Err(error) => {
                    folder.stamp = None;
                    return self.miss(path, root, error);
                }
            }
        }
        if depth < DEEPEST {
            for below in self.folders.known.get(path).map_or_else(Vec::new, |folder| folder.folders.clone()) {
                self.visit(&below, root, depth + 1);
            }
        }
    }

    /// Remembers what a folder that can't be reached held, and what those below it did.
    fn miss(&mut self, path: &Path, root: usize, error: io::Error) {
        let below = self.folders.known.range_mut(path.to_owned()..);
        for (_, folder) in below.take_while(|(known, _)| known.starts_with(path)) {
            if folder.root == root {
                folder.seen = self.folders.poll;
                folder.is_absent = true;
            }
        }
        self.unreachable.push((path.to_owned(), error));
    }
}

impl Folder {
    /// Lists it, keeps what is known of files that are still there, and returns those that aren't.
    fn list(
        &mut self,
        path: &Path,
        depth: usize,
        settings: &Settings,
    ) -> io::Result<BTreeMap<PathBuf, Tracked>> {
        let mut folders = Vec::new();
        let mut files = BTreeMap::new();
        // All of it first: a listing that breaks off must not look like files that are gone.
        for entry in fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()? {
            let name = entry.file_name();
            // Names that begin with a dot are given to what is not finished yet, by zeek-archiver too.
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let Ok(mut kind) = entry.file_type() else { continue };
            if kind.is_symlink() {
                let Ok(file) = fs::metadata(&path) else { continue };
                kind = file.file_type();
            }
            if kind.is_dir() {
                if settings.mode == Mode::Live || name != "current" {
                    folders.push(path);
                }
            } else if kind.is_file() {
                let known = self.files.remove(&path);
                let tracked = known.or_else(|| {
                    let logs = std::iter::once(&settings.main).chain(&settings.beside);
                    let name = LogName::parse(&path, depth > 0, logs)?;
                    (settings.mode == Mode::Live || !name.is_live()).then(|| Tracked::new(name))
                });
                files.extend(tracked.map(|tracked| (path, tracked)));
            }
        }
        folders.sort();
        self.folders = folders;
        Ok(std::mem::replace(&mut self.files, files))
    }
}
