//! Finds logs by what a user names: files, directories of Zeek's, patterns, standard input.
//!
//! Zeek and its tools name a rotated conn log in several ways; all begin with the log's name, and the time in the name is
//! when it was opened:
//!
//! - `YYYY-MM-DD/conn.HH:MM:SS-HH:MM:SS.log.gz` (zeekctl, zeek-archiver; `_` for `:` on some systems; with several loggers
//!   `conn.HH:MM:SS-HH:MM:SS-logger-1.log.gz`)
//! - `conn-YYYY-MM-DD-HH-MM-SS.log` (before archiving)
//! - `conn__YYYY-MM-DD-HH-MM-SS__YYYY-MM-DD-HH-MM-SS__.log` (supervised clusters)
//! - `conn.log`, in `current/` or alone (live)

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::decompress::{self, Ending};
use crate::error::ReadError;
use crate::identity::LogIdentity;
use crate::layout::{self, Layout, Opening, Refusal};
use crate::mark::Mark;
use crate::options::ReadOptions;
use crate::schema::Schema;

/// Bytes of the uncompressed beginning that are looked at first, and at most.
const HEAD: usize = 4 << 10;
const LONGEST_HEAD: usize = 4 << 20;

/// Uncompressed bytes of the beginning by which a log is known again when it is opened to be read. The header of a conn log
/// takes some 700.
const REMEMBERED: usize = 1 << 10;

/// One log to be read: a file, a pipe, or standard input.
#[derive(Clone, Debug)]
pub struct LogFile {
    name: String,
    /// Whether the user named it itself, rather than a directory or a pattern that leads to it.
    named: bool,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Path(PathBuf),
    Memory(Arc<[u8]>),
    Pipe(Arc<Mutex<Pipe>>),
}

/// What can be read only once.
struct Pipe {
    /// Its path; `None` for standard input.
    path: Option<PathBuf>,
    /// What was already taken from it to look at its beginning.
    taken: Vec<u8>,
    rest: Option<Box<dyn Read + Send>>,
}

impl Pipe {
    fn rest(&mut self) -> io::Result<&mut Box<dyn Read + Send>> {
        if self.rest.is_none() {
            self.rest = Some(match &self.path {
                Some(path) => Box::new(fs::File::open(path)?),
                None => Box::new(io::stdin()),
            });
        }
        self.rest.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Takes at least so many bytes, or all there are; true when there are no more.
    fn take(&mut self, wanted: usize) -> io::Result<bool> {
        let missing = wanted.saturating_sub(self.taken.len()) as u64;
        let mut taken = std::mem::take(&mut self.taken);
        let read = self.rest()?.take(missing).read_to_end(&mut taken);
        self.taken = taken;
        Ok((read? as u64) < missing)
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe")
            .field("path", &self.path)
            .field("taken", &self.taken.len())
            .finish_non_exhaustive()
    }
}

fn lock(pipe: &Mutex<Pipe>) -> MutexGuard<'_, Pipe> {
    pipe.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the beginning of a log tells about it.
#[derive(Clone, Debug)]
pub struct LogHead {
    /// Which log it is; `None` for one without rows.
    pub identity: Option<LogIdentity>,
    pub(crate) opening: Opening,
    /// The first bytes, uncompressed. A log only grows, so they stay; a name may lead to another log by then.
    pub(crate) beginning: Arc<[u8]>,
    /// A later place at which the layout is known, so that what lies before need not be read.
    pub(crate) mark: Option<Mark>,
    /// Whether the log is complete, so that a last line without an end is a line.
    pub(crate) is_complete: bool,
    /// Bytes of plain text behind which nothing is read; `None` for no such end.
    pub(crate) until: Option<u64>,
}

impl LogHead {
    /// The columns that the header declares; `None` for JSON, where the rows tell.
    #[must_use]
    pub fn schema(&self) -> Option<&Schema> {
        match &self.opening.layout {
            Layout::Tsv(header) => Some(&header.schema),
            Layout::Json => None,
        }
    }
}

impl Source {
    fn pipe(path: Option<PathBuf>) -> Self {
        Self::Pipe(Arc::new(Mutex::new(Pipe { path, taken: Vec::new(), rest: None })))
    }
}

impl LogFile {
    /// The file, or the pipe, at a path.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.display().to_string();
        let regular = |path: &Path| fs::metadata(path).map_or(true, |file| file.is_file() || file.is_dir());
        let source = if regular(&path) { Source::Path(path) } else { Source::pipe(Some(path)) };
        Self { name, named: true, source }
    }

    /// A file that a directory or a pattern leads to.
    fn found(path: PathBuf) -> Self {
        Self { named: false, ..Self::path(path) }
    }

    /// Bytes in memory, as they would lie on disk.
    #[must_use]
    pub fn memory(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.into(), named: true, source: Source::Memory(bytes.into()) }
    }

    /// Standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self { name: "standard input".into(), named: true, source: Source::pipe(None) }
    }

    /// The name for messages and for the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is standard input or another pipe, which can be read only once.
    #[must_use]
    pub fn is_pipe(&self) -> bool {
        matches!(self.source, Source::Pipe(_))
    }

    /// Whether the user named it itself, rather than a directory or a pattern that leads to it.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// Its size on disk, in bytes; `None` for a pipe.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match &self.source {
            Source::Path(path) => fs::metadata(path).ok().map(|metadata| metadata.len()),
            Source::Memory(bytes) => Some(bytes.len() as u64),
            Source::Pipe(_) => None,
        }
    }

    /// The file that it is; `None` for a pipe and for bytes in memory.
    pub(crate) fn open_file(&self) -> Result<Option<fs::File>, ReadError> {
        let Source::Path(path) = &self.source else { return Ok(None) };
        let open = || {
            let file = fs::File::open(path)?;
            if file.metadata()?.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(file) }
        };
        open().map(Some).map_err(|source| self.unreadable(source))
    }

    /// The bytes as they lie on disk.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        if let Some(file) = self.open_file()? {
            return Ok(Box::new(file));
        }
        match &self.source {
            Source::Path(_) => Err(self.unreadable(io::ErrorKind::NotFound.into())),
            Source::Memory(bytes) => Ok(Box::new(io::Cursor::new(Arc::clone(bytes)))),
            Source::Pipe(pipe) => {
                let mut pipe = lock(pipe);
                pipe.rest().map_err(|source| self.unreadable(source))?;
                let taken = std::mem::take(&mut pipe.taken);
                match pipe.rest.take() {
                    Some(rest) => Ok(Box::new(io::Cursor::new(taken).chain(rest))),
                    None => Ok(Box::new(io::Cursor::new(taken))),
                }
            }
        }
    }

    pub(crate) fn unreadable(&self, source: io::Error) -> ReadError {
        ReadError::Open { name: self.name.clone(), source }
    }

    /// Looks at the beginning: which log it is, and that it is a conn log.
    ///
    /// # Errors
    /// When the file can't be opened, isn't a Zeek log, or is another one than conn.
    pub fn conn_head(&self, options: &ReadOptions) -> Result<LogHead, ReadError> {
        self.head(options, true)
    }

    /// Looks at the beginning of a log of any type.
    ///
    /// # Errors
    /// When the file can't be opened or isn't a Zeek log.
    pub fn any_head(&self, options: &ReadOptions) -> Result<LogHead, ReadError> {
        self.head(options, false)
    }

    fn head(&self, options: &ReadOptions, conn_only: bool) -> Result<LogHead, ReadError> {
        let mut wanted = HEAD;
        loop {
            let (head, ending) = self.beginning(wanted, options)?;
            match layout::open(&head, ending, conn_only, options) {
                Ok(opening) => {
                    let beginning = head[..head.len().min(REMEMBERED)].into();
                    return Ok(LogHead {
                        identity: opening.identity.clone(),
                        opening,
                        beginning,
                        mark: None,
                        is_complete: false,
                        until: None,
                    });
                }
                Err(Refusal::OtherLog(found)) => {
                    let wanted = "conn".into();
                    return Err(ReadError::OtherLog { name: self.name.clone(), wanted, found });
                }
                Err(Refusal::NotZeek(reason)) => {
                    return Err(ReadError::NotZeek { name: self.name.clone(), reason });
                }
                Err(Refusal::Unfinished) if wanted < LONGEST_HEAD => wanted *= 8,
                Err(Refusal::Unfinished) => {
                    let reason = format!("no row in its first {} MiB", LONGEST_HEAD >> 20);
                    return Err(ReadError::NotZeek { name: self.name.clone(), reason });
                }
            }
        }
    }

    /// The first bytes, uncompressed, and how they end.
    fn beginning(&self, wanted: usize, options: &ReadOptions) -> Result<(Vec<u8>, Ending), ReadError> {
        let mut head = Vec::with_capacity(wanted);
        let growing = options.hold_unfinished_line;
        let ending = match &self.source {
            Source::Path(_) | Source::Memory(_) => {
                decompress::beginning(self.open()?, wanted, growing, &mut head)
            }
            Source::Pipe(pipe) => {
                let mut pipe = lock(pipe);
                let ended = pipe.take(wanted).map_err(|source| self.unreadable(source))?;
                let cursor = io::Cursor::new(pipe.taken.clone());
                let ending = decompress::beginning(Box::new(cursor), wanted, growing, &mut head);
                ending.map(|ending| if ended { ending } else { Ending::More })
            }
        };
        ending.map(|ending| (head, ending)).map_err(|source| self.unreadable(source))
    }
}

/// Finds the logs of one type (`conn`) that the arguments lead to, in order of the time in their names within each
/// argument.
///
/// A file is taken whatever its name. A directory is searched for names that Zeek gives. An argument with `*`, `?` or `[`
/// that isn't a file is a pattern. `-` is standard input.
///
/// # Errors
/// When an argument leads to no log, or a directory can't be read.
pub fn find_logs(arguments: &[impl AsRef<Path>], log: &str) -> Result<Vec<LogFile>, ReadError> {
    let mut found = Vec::new();
    for argument in arguments {
        let path = argument.as_ref();
        if path == Path::new("-") {
            found.push(LogFile::stdin());
        } else if path.exists() || !is_pattern(path) {
            add(path, log, &mut found)?;
        } else {
            let name = path.display().to_string();
            let bad = |reason: String| ReadError::BadPattern { name: name.clone(), reason };
            let paths = glob::glob(&name).map_err(|error| bad(error.to_string()))?;
            let paths: Vec<_> = paths.filter_map(Result::ok).collect();
            if paths.is_empty() {
                return Err(ReadError::NothingFound { name, wanted: log.into() });
            }
            let (directories, mut files): (Vec<_>, Vec<_>) =
                paths.into_iter().partition(|path| path.is_dir());
            files.sort_by_cached_key(|path| opened(path));
            found.extend(files.into_iter().map(LogFile::found));
            for directory in directories {
                // A pattern over days may pass one without traffic.
                match add(&directory, log, &mut found) {
                    Ok(()) | Err(ReadError::NothingFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            if found.is_empty() {
                return Err(ReadError::NothingFound { name, wanted: log.into() });
            }
        }
    }
    Ok(found)
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn add(path: &Path, log: &str, found: &mut Vec<LogFile>) -> Result<(), ReadError> {
    let unreadable = |source| ReadError::Open { name: path.display().to_string(), source };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        found.push(LogFile::path(path));
        return Ok(());
    }
    let mut paths = Vec::new();
    search(path, log, &mut HashSet::new(), &mut paths).map_err(unreadable)?;
    if paths.is_empty() {
        return Err(ReadError::NothingFound { name: path.display().to_string(), wanted: log.into() });
    }
    paths.sort_by_cached_key(|path| opened(path));
    found.extend(paths.into_iter().map(LogFile::found));
    Ok(())
}

fn search(
    directory: &Path,
    log: &str,
    searched: &mut HashSet<PathBuf>,
    found: &mut Vec<PathBuf>,
) -> io::Result<()> {
    // Links are followed, as `current` is one; a link that leads back up is not followed again.
    if !searched.insert(fs::canonicalize(directory)?) {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let Ok(metadata) = fs::metadata(&path) else { continue };
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.starts_with('.') {
            continue;
        }
        if metadata.is_dir() {
            search(&path, log, searched, found)?;
        } else if metadata.is_file() && is_named(name, log) {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether Zeek gives this name to a log of this type. `conn-summary`, `conn_long` and `open_conn` are other things.
fn is_named(name: &str, log: &str) -> bool {
    let Some(rest) = name.strip_prefix(log) else { return false };
    let rest = rest.strip_suffix(".gz").or_else(|| rest.strip_suffix(".zst")).unwrap_or(rest);
    let rest = rest.strip_suffix(".json").unwrap_or(rest);
    let Some(middle) = rest.strip_suffix(".log") else { return false };
    let dated = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    middle.is_empty()
        || middle == ".json"
        || middle.starts_with("__")
        || middle.strip_prefix(['-', '.']).is_some_and(dated)
}

/// Sorts files by the time at which Zeek opened them: `(undated, day, time of day, path)`. A log without a time in its
/// name is the live one, and so the last.
fn opened(path: &Path) -> (bool, String, String, PathBuf) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits: Vec<String> = name
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .take(6)
        .map(|digits| format!("{digits:0>2}"))
        .collect();
    let day_of = |digits: &[String]| digits.join("-");
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let is_day = |text: &str| {
        text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
    };
    let (day, time) = match digits.first() {
        Some(year) if year.len() == 4 && digits.len() >= 6 => (day_of(&digits[..3]), digits[3..6].join(":")),
        _ => {
            let day = if is_day(&folder) { folder } else { String::new() };
            (day, digits.iter().take(3).cloned().collect::<Vec<_>>().join(":"))
        }
    };
    (day.is_empty() && time.is_empty(), day, time, path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_zeek_gives_them() {
        for name in [
            "conn.log",
            "conn.log.gz",
            "conn.json.log",
            "conn.log.json.gz",
            "conn.23:00:00-00:00:00.log.gz",
            "conn.18_00_00-19_00_00.log.zst",
            "conn.18:00:00-19:00:00-logger-1.log.gz",
            "conn-2024-05-01-23-00-00.log",
            "conn__2024-05-01-23-00-00__2024-05-02-00-00-00__.log",
        ] {
            assert!(is_named(name, "conn"), "{name}");
        }
        for name in [
            "conn-summary.23:00:00-00:00:00.log.gz",
            "conn-summary.log",
            "conn_long.23:00:00-00:00:00.log.gz",
            "open_conn.log",
            "conn.log.tmp",
            "conn.txt",
            "connections.log",
            "dns.log",
        ] {
            assert!(!is_named(name, "conn"), "{name}");
        }
    }

    #[test]
    fn rotated_files_come_in_order_of_time_and_the_live_one_last() {
        let mut paths: Vec<_> = [
            "logs/current/conn.log",
            "logs/2024-05-02/conn.00:00:00-01:00:00.log.gz",
            "logs/2024-05-01/conn.23:00:00-00:00:00.log.gz",
            "logs/2024-05-01/conn.03:00:00-04:00:00.log.gz",
            "logs/conn-2024-05-02-01-00-00.log",
        ]
        .map(PathBuf::from)
        .to_vec();
        paths.sort_by_cached_key(|path| opened(path));
        let order: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            order,
            [
                "logs/2024-05-01/conn.03:00:00-04:00:00.log.gz",
                "logs/2024-05-01/conn.23:00:00-00:00:00.log.gz",
                "logs/2024-05-02/conn.00:00:00-01:00:00.log.gz",
                "logs/conn-2024-05-02-01-00-00.log",
                "logs/current/conn.log",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("spool/logger")).unwrap();
        fs::write(root.path().join("spool/logger/conn.log"), "").unwrap();
        std::os::unix::fs::symlink(root.path().join("spool/logger"), root.path().join("current")).unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("spool/up")).unwrap();
        assert_eq!(find_logs(&[root.path()], "conn").unwrap().len(), 1);
    }

    #[test]
    fn directories_patterns_and_files() {
        let root = tempfile::tempdir().unwrap();
        let day = root.path().join("2024-05-01");
        fs::create_dir_all(&day).unwrap();
        for name in
            ["conn.00:00:00-01:00:00.log", "dns.00:00:00-01:00:00.log", "conn-summary.log", ".conn.log"]
        {
            fs::write(day.join(name), "").unwrap();
        }
        let names = |arguments: &[PathBuf]| -> Vec<String> {
            find_logs(arguments, "conn").unwrap().iter().map(|log| log.name().into()).collect()
        };
        let conn = day.join("conn.00:00:00-01:00:00.log");
        assert_eq!(names(&[root.path().into()]), [conn.to_str().unwrap()]);
        assert_eq!(names(&[root.path().join("*/conn.*.log")]), [conn.to_str().unwrap()]);
        assert_eq!(names(&[root.path().join("2024-*")]), [conn.to_str().unwrap()]);
        assert_eq!(names(&[conn.clone(), "-".into()]).len(), 2);
        assert!(matches!(find_logs(&[root.path().join("no*")], "conn"), Err(ReadError::NothingFound { .. })));
        assert!(matches!(find_logs(&[root.path()], "ssh"), Err(ReadError::NothingFound { .. })));
        assert!(matches!(find_logs(&[root.path().join("x")], "conn"), Err(ReadError::Open { .. })));
    }
}
