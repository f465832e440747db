//! One file under one name: when it last changed, what its beginning and its end tell.

use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use zeek_log::{FileEnd, LogFile, LogHead, LogIdentity, ReadError, ReadOptions};

use crate::behind::Lengths;
use crate::names::LogName;
use crate::settings::{Now, Settings};

/// File systems stamp changes by ticks of some milliseconds, network ones by their server's clock: two changes within this time
/// may bear the same stamp.
pub(crate) const TICK: Duration = Duration::from_secs(2);

/// What the file system says of a file or a folder: it differs after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// The time of the last change of content, name or rights; no program can set it.
    changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// Which file or folder it is of.
    pub(crate) fn node(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Whether nothing but a name or rights changed, as far as can be told without looking into it.
    fn has_content_of(&self, other: &Self) -> bool {
        Self { changed: other.changed, ..*self } == *other
    }

    /// Whether the last change is so late that another one may not show.
    pub(crate) fn is_recent(&self, now: Now) -> bool {
        self.age(now) < TICK
    }

    /// Time since the content last changed; zero where that lies in the future.
    pub(crate) fn age(&self, now: Now) -> Duration {
        now.wall.duration_since(self.modified()).unwrap_or_default()
    }

    pub(crate) fn modified(&self) -> SystemTime {
        let (seconds, nanoseconds) = self.modified;
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(whole)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(whole)
        };
        let part = Duration::from_nanos(nanoseconds.unsigned_abs());
        time.and_then(|time| time.checked_add(part)).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// A file that is followed.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) name: LogName,
    /// `None` until it has been looked at.
    pub(crate) stamp: Option<Stamp>,
    /// The monotonic time at which it had this stamp first.
    since: Duration,
    /// The monotonic time at which it was seen first.
    known: Duration,
    /// How old the stamp was then; zero but for a file that is seen for the first time.
    age_then: Duration,
    /// Polls in which the stamp was the same.
    unchanged: u32,
    /// How long its text was; of a live log.
    pub(crate) lengths: Lengths,
    /// Whether it has to be looked into, again or for the first time.
    pub(crate) is_stale: bool,
    pub(crate) look: Look,
    /// A hash of the identity of the log that was found in it last; `None` while none was. It stays when the file is done with.
    pub(crate) holds: Option<u64>,
    /// Whether it vanished between two questions of one poll. The next poll finds out what became of it.
    pub(crate) is_gone: bool,
    /// Whether it was read as far as that is possible.
    pub(crate) is_finished: bool,
    /// Whether all of it has been read, or nothing of it is to be read.
    pub(crate) is_done: bool,
}

/// What a look into a file gave.
#[derive(Debug)]
pub(crate) enum Look {
    /// It has not been looked into.
    Never,
    /// It can't be opened or read.
    Unreadable(ReadError),
    /// It is no log, or another one than its name says.
    Refused(ReadError),
    Log(Box<Looked>),
}

/// A file that may be a log.
#[derive(Debug)]
pub(crate) struct Looked {
    pub(crate) log: LogFile,
    /// `None` where too little of a compressed file is there.
    pub(crate) head: Option<LogHead>,
    /// `None` while a compressed file changes from poll to poll.
    pub(crate) end: Option<FileEnd>,
}

impl Tracked {
    pub(crate) fn new(name: LogName) -> Self {
        Self {
            name,
            stamp: None,
            since: Duration::ZERO,
            known: Duration::ZERO,
            age_then: Duration::ZERO,
            unchanged: 0,
            lengths: Lengths::default(),
            is_stale: true,
            look: Look::Never,
            holds: None,
            is_gone: false,
            is_finished: false,
            is_done: false,
        }
    }

    /// Asks the file system whether it changed.
    ///
    /// # Errors
    /// When it is gone, or no file.
    pub(crate) fn refresh(&mut self, path: &Path, now: Now) -> io::Result<()> {
        let file = fs::metadata(path)?;
        if !file.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let stamp = Stamp::of(&file);
        self.is_gone = false;
        if self.stamp == Some(stamp) {
            self.unchanged = self.unchanged.saturating_add(1);
            // A second change may hide behind the stamp of the first.
            self.is_stale |= stamp.is_recent(now) && !self.name.is_compressed;
            return Ok(());
        }
        let is_new = self.stamp.is_none();
        if is_new {
            self.known = now.monotonic;
        }
        if self.stamp.is_none_or(|before| !before.has_content_of(&stamp)) {
            self.age_then = if is_new { stamp.age(now) } else { Duration::ZERO };
            self.since = now.monotonic;
            self.unchanged = 0;
        }
        self.stamp = Some(stamp);
        self.is_stale = true;
        self.is_finished = false;
        self.is_done = false;
        Ok(())
    }

    /// How long it has been as it is.
    pub(crate) fn age(&self, now: Now) -> Duration {
        self.age_then + now.monotonic.saturating_sub(self.since)
    }

    /// How long it has been as it is, or has been known: what keeps changing is not waited for without an end.
    pub(crate) fn waited(&self, now: Now) -> Duration {
        self.age(now).max(now.monotonic.saturating_sub(self.known))
    }

    /// How much of its text has been there for so long that what is beside it is there, too; `None` for all of it.
    pub(crate) fn settled(&mut self, now: Now, settings: &Settings) -> Option<u64> {
        if self.age(now) >= settings.behind {
            return None;
        }
        Some(if self.name.is_live() { self.lengths.settled(now, settings.behind) } else { 0 })
    }

    pub(crate) fn identity(&self) -> Option<&LogIdentity> {
        match &self.look {
            Look::Log(looked) => looked.head.as_ref()?.identity.as_ref(),
            _ => None,
        }
    }

    /// Which log it is, by its [`hash`]; `Some(None)` where it is none that anybody has read, `None` where that is not known.
    pub(crate) fn holds(&self) -> Option<Option<u64>> {
        match (&self.look, self.holds) {
            (_, Some(log)) => Some(Some(log)),
            (Look::Refused(_), None) => Some(None),
            // Nobody has read one without rows; one that isn't done with may yet have some.
            (Look::Log(_) | Look::Never, None) => self.is_done.then_some(None),
            (Look::Unreadable(_), None) => None,
        }
    }

    /// Looks into it. `read` tells how many bytes of a log's text were read before.
    ///
    /// # Errors
    /// What `read` says.
    pub(crate) fn look<E>(
        &mut self,
        path: &Path,
        now: Now,
        settings: &Settings,
        read: impl FnOnce(&LogIdentity) -> Result<u64, E>,
    ) -> Result<(), E> {
        // A compressed file is decompressed to see whether it is whole, so not while it grows.
        let is_settling =
            self.name.is_compressed && self.unchanged == 0 && self.age(now) < settings.settle.max(TICK);
        self.is_stale = is_settling;
        let log = LogFile::path(path);
        let head = head(&self.name, &log, true, settings);
        let end = if is_settling {
            Ok(None)
        } else {
            let identity = head.as_ref().ok().and_then(|head| head.identity.as_ref());
            let read = match identity {
                Some(identity) if self.name.is_compressed => read(identity)?,
                _ => 0,
            };
            log.end(read).map(Some)
        };
        let is_not_found = |error: &ReadError| matches!(error, ReadError::Open { source, .. } if source.kind() == io::ErrorKind::NotFound);
        if head.as_ref().is_err_and(is_not_found) || end.as_ref().is_err_and(is_not_found) {
            self.is_gone = true;
            self.is_stale = true;
            return Ok(());
        }
        self.look = match (head, end) {
            // Of what is cut there may be too little to tell.
            (Err(ReadError::NotZeek { .. }), Ok(end @ (None | Some(FileEnd::Cut)))) => {
                Look::Log(Box::new(Looked { log, head: None, end }))
            }
            (Err(error @ ReadError::Open { .. }), _) | (_, Err(error)) => Look::Unreadable(error),
            (Err(error), _) => Look::Refused(error),
            (Ok(head), Ok(end)) => {
                let head = match std::mem::replace(&mut self.look, Look::Never) {
                    // The same log: what was passed over of it before stays passed over.
                    Look::Log(old) if head.identity.is_some() => {
                        old.head.filter(|old| old.identity == head.identity).unwrap_or(head)
                    }
                    _ => head,
                };
                Look::Log(Box::new(Looked { log, head: Some(head), end }))
            }
        };
        if self.name.is_live()
            && let Look::Log(looked) = &self.look
            && let Some(FileEnd::Text { bytes, .. }) = looked.end
        {
            let identity = looked.head.as_ref().and_then(|head| head.identity.as_ref());
            self.lengths.see(identity, bytes, now, settings.behind);
        }
        match &self.look {
            Look::Log(_) => self.holds = self.identity().map(hash),
            Look::Refused(_) => self.holds = None,
            // It may be what it was.
            Look::Unreadable(_) | Look::Never => {}
        }
        // One that couldn't be opened is tried again.
        self.is_stale |= matches!(self.look, Look::Unreadable(_));
        Ok(())
    }

    /// The beginning of a log that is complete: a last line without an end is one.
    ///
    /// # Errors
    /// As [`LogFile::conn_head`] and [`LogFile::any_head`].
    pub(crate) fn complete_head(
        name: &LogName,
        log: &LogFile,
        settings: &Settings,
    ) -> Result<LogHead, ReadError> {
        head(name, log, false, settings)
    }
}

/// An identity in few bytes, the same in each run.
pub(crate) fn hash(log: &LogIdentity) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&log.path, &log.open, &log.first).hash(&mut hasher);
    hasher.finish()
}

fn head(
    name: &LogName,
    log: &LogFile,
    hold_unfinished_line: bool,
    settings: &Settings,
) -> Result<LogHead, ReadError> {
    let options = ReadOptions { hold_unfinished_line, ..settings.read.clone() };
    if *name.log == *"conn" {
        return log.conn_head(&options);
    }
    let head = log.any_head(&options)?;
    let path = match (&head.identity, head.schema()) {
        (Some(identity), _) => &identity.path,
        (None, Some(schema)) => &schema.path,
        (None, None) => return Ok(head),
    };
    if path.is_empty() || **path == *name.log {
        Ok(head)
    } else {
        let reason = format!("it is a log `{path}`, and its name says `{}`", name.log);
        Err(ReadError::NotZeek { name: log.name().into(), reason })
    }
}
