//! A log file as a sink. It keeps nothing open: each delivery looks at what is there, so a restart, or somebody who moves the log away, is
//! no special case.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::archive::{folder_of, put_away, sync_folder};
use super::contents::{Found, LogFormat};
use super::rotation::Rotation;
use crate::{DeliveryError, Notice, Sink};

/// A log file: rows are appended and on the disk when they are acknowledged.
///
/// A line that was cut off is removed before the next is written: it was never acknowledged. A file that isn't a log of this format is left alone,
/// and nothing is delivered.
#[derive(Debug)]
pub struct LogFileSink {
    name: String,
    format: LogFormat,
    path: PathBuf,
    archive: PathBuf,
    rotation: Rotation,
}

/// A log that is ready to be appended to.
struct Open {
    file: File,
    /// Its size; 0 where a header has yet to be written.
    size: u64,
}

/// The piece in which the end of a log is looked for.
const BLOCK: u64 = 64 * 1024;

impl LogFileSink {
    /// A log at `path`; what is rotated goes into folders of days below `archive`.
    #[must_use]
    pub fn new(name: &str, format: LogFormat, path: PathBuf, archive: PathBuf, rotation: Rotation) -> Self {
        Self { name: name.into(), format, path, archive, rotation }
    }

    /// The log, after what is due was put away; `None` where there is none.
    fn open(&self, now: Timestamp, create: bool) -> io::Result<Option<Open>> {
        loop {
            let opened =
                OpenOptions::new().read(true).write(true).create(create).truncate(false).open(&self.path);
            let mut file = match opened {
                Err(error) if error.kind() == io::ErrorKind::NotFound && !create => return Ok(None),
                opened => opened?,
            };
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another process writes to it"));
                }
                Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
                    return Err(error);
                }
                _ => {}
            }
            if !is_at(&file, &self.path)? {
                // It was put away between opening and locking.
                continue;
            }
            let (size, last) = whole_lines(&mut file)?;
            file.rewind()?;
            if size == 0 && !self.begins_as_ours(&file)? {
                return Err(foreign());
            }
            let found = self.format.recognise(BufReader::new((&file).take(size)), &last)?;
            let (open, close) = match found {
                Found::Nothing => return Ok(Some(Open { file, size: 0 })),
                Found::Foreign => return Err(foreign()),
                Found::Current(open) => match self.rotation.end(open) {
                    Some(end) if end <= now => (open, end),
                    _ => return Ok(Some(Open { file, size })),
                },
                Found::Outdated(open) => (open, now.max(open)),
                Found::Closed { open, close } => (open, close),
            };
            file.set_len(size)?;
            if !matches!(found, Found::Closed { .. }) {
                file.seek(SeekFrom::Start(size))?;
                file.write_all(&self.format.foot(close))?;
            }
            file.sync_all()?;
            put_away(&mut file, &self.path, &self.archive, (open, close))?;
        }
    }

    fn begins_as_ours(&self, file: &File) -> io::Result<bool> {
        let mut begin = Vec::new();
        file.take(64).read_to_end(&mut begin)?;
        let mut file = file;
        file.rewind()?;
        Ok(self.format.may_begin_with(&begin))
    }

    fn append(&self, notices: &[Notice], now: Timestamp) -> io::Result<()> {
        let Some(Open { mut file, size }) = self.open(now, true)? else { return Ok(()) };
        let mut bytes = if size == 0 { self.format.head(now)? } else { Vec::new() };
        bytes.extend_from_slice(&self.format.rows(notices, now)?);
        file.set_len(size)?;
        file.seek(SeekFrom::Start(size))?;
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // As far as it goes; what stays is cut off next time, unless it is whole lines, which then arrive twice.
            let _ = file.set_len(size);
            return Err(error);
        }
        if size == 0 { sync_folder(folder_of(&self.path)) } else { Ok(()) }
    }

    fn error(&self, error: &io::Error) -> DeliveryError {
        DeliveryError::passing(0, format!("{}: {error}", Path::display(&self.path)))
    }
}

impl Sink for LogFileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, notices: &[Notice], now: Timestamp) -> Result<(), DeliveryError> {
        if notices.is_empty() {
            return Ok(());
        }
        self.append(notices, now).map_err(|error| self.error(&error))
    }

    fn tick(&mut self, now: Timestamp) -> Result<(), DeliveryError> {
        self.open(now, false).map(drop).map_err(|error| self.error(&error))
    }
}

/// Whether a name still leads to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let file = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (file.dev(), file.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

fn foreign() -> io::Error {
    let message = "it is there already, and no log that this sink wrote; move it, or name another";
    io::Error::new(io::ErrorKind::AlreadyExists, message)
}

/// The size of a file up to its last line end, and the line before that.
fn whole_lines(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let mut tail = Vec::new();
    let mut from = file.metadata()?.len();
    while from > 0 {
        let length = BLOCK.min(from);
        from -= length;
        file.seek(SeekFrom::Start(from))?;
        let mut block = Vec::new();
        (&*file).take(length).read_to_end(&mut block)?;
        block.append(&mut tail);
        tail = block;
        if let Some(end) = tail.iter().rposition(|&byte| byte == b'\n') {
            let line = &tail[..end];
            if let Some(before) = line.iter().rposition(|&byte| byte == b'\n') {
                return Ok((from + end as u64 + 1, line[before + 1..].to_vec()));
            }
            if from == 0 {
                return Ok((end as u64 + 1, line.to_vec()));
            }
        }
    }
    Ok((0, Vec::new()))
}
