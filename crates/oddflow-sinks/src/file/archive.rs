//! Puts a log away: compressed, under its final name in one step, and only then removed from its place.
//!
//! Whenever that is cut off, doing it again ends the same: what is compressed is the log as it stands, and its name follows from it.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeek_log::write::Output;

use super::rotation::archived_name;

/// gzip's own default.
const LEVEL: u32 = 6;
/// Logs that may share a name: a clock that is set back again and again.
const MOST_NUMBERS: u32 = 1_000;

/// Compresses `log`, the file at `live`, into a folder of the day below `folder`, and removes it from its place. The times are when it was
/// opened and closed.
pub(super) fn put_away(
    log: &mut File,
    live: &Path,
    folder: &Path,
    times: (Timestamp, Timestamp),
) -> io::Result<PathBuf> {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, extension) = (part(live.file_stem()), part(live.extension()));
    let name = |number| folder.join(archived_name((&stem, &extension), times, number));
    let mut last = name(1);
    let day = folder_of(&last).to_owned();
    fs::create_dir_all(&day)?;
    // Not a name that anything takes for a log while it is unfinished, nor that of another sink's.
    let unfinished = day.join(format!(".{}.rotating", part(live.file_name())));
    compress(log, &unfinished)?;
    for number in 1..=MOST_NUMBERS {
        last = name(number);
        if !last.exists() || same(&unfinished, &last)? {
            break;
        }
    }
    fs::rename(&unfinished, &last)?;
    sync_folder(&day)?;
    sync_folder(folder)?;
    fs::remove_file(live)?;
    sync_folder(folder_of(live))?;
    Ok(last)
}

fn compress(log: &mut File, to: &Path) -> io::Result<()> {
    log.rewind()?;
    let mut output = Output::gzip(File::create(to)?, LEVEL);
    io::copy(log, &mut output)?;
    output.finish()?.sync_all()
}

/// Whether two files hold the same bytes.
fn same(a: &Path, b: &Path) -> io::Result<bool> {
    let (a, b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let mut b = BufReader::new(b).bytes();
    for byte in BufReader::new(a).bytes() {
        if b.next().transpose()? != Some(byte?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The folder that a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Names are on the disk only when their folder is.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
