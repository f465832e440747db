//! A place in a growing log from which it can be read without reading what lies before.
//!
//! Lines of header may stand anywhere in a log, so a reader that goes on in its middle has to look through what it passes over.
//! Whoever follows a log does so once, piece by piece, instead of each time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use crate::chunk::Position;
use crate::decompress;
use crate::error::ReadError;
use crate::files::{LogFile, LogHead};
use crate::layout::Layout;
use crate::options::ReadOptions;

/// Bytes that are looked through at a time.
const BLOCK: usize = 256 << 10;

/// A place in a log of plain text, and the layout of the lines from there on.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) at: Position,
    pub(crate) layout: Layout,
}

impl LogHead {
    /// Says that the log is complete: a last line without an end is read, though the
    /// [options](ReadOptions::hold_unfinished_line) would leave it for later.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.is_complete = true;
        self
    }

    /// Says that only so many bytes of the log are to be read, though there may be more. It holds for files of plain text; a line
    /// that goes on behind the end is read as one that is [unfinished](ReadOptions::hold_unfinished_line).
    #[must_use]
    pub fn until(mut self, bytes: u64) -> Self {
        self.until = Some(bytes);
        self
    }

    /// Looks through a log of plain text up to a place that was read before, so that it can be read on from there directly.
    /// What an earlier call looked through isn't read again. Of a compressed log nothing is remembered.
    ///
    /// # Errors
    /// When the file can't be read, or when it is another log by now.
    pub fn pass_over(&mut self, log: &LogFile, to: Position, options: &ReadOptions) -> Result<(), ReadError> {
        if self.mark.as_ref().is_some_and(|mark| mark.at == to) || to.bytes <= self.opening.skip as u64 {
            return Ok(());
        }
        let Some(mut file) = log.open_file()? else { return Ok(()) };
        let unreadable = |error| log.unreadable(error);
        if is_compressed(&file).map_err(unreadable)? {
            return Ok(());
        }
        if !begins_with(&file, &self.beginning).map_err(unreadable)? {
            return Err(ReadError::Changed { name: log.name().into() });
        }
        let known = self.mark.take().filter(|mark| mark.at.bytes <= to.bytes);
        let (from, mut layout) = match known {
            Some(mark) => (mark.at.bytes, mark.layout),
            None => (self.opening.skip as u64, self.opening.layout.clone()),
        };
        if matches!(layout, Layout::Tsv(_)) {
            file.seek(SeekFrom::Start(from)).map_err(unreadable)?;
            advance(&mut layout, file.take(to.bytes - from), options.longest_line).map_err(unreadable)?;
        }
        self.mark = Some(Mark { at: to, layout });
        Ok(())
    }
}

/// Takes in the header lines of a run of whole lines.
fn advance(layout: &mut Layout, mut lines: impl Read, longest_line: usize) -> io::Result<()> {
    let mut buffer = Vec::new();
    // A line over the limit is dropped, piece by piece: it can't be a header that counts.
    let mut is_overlong = false;
    loop {
        let before = buffer.len();
        let read = lines.by_ref().take(BLOCK as u64).read_to_end(&mut buffer)?;
        let end = match memchr::memrchr(b'\n', &buffer[before..]) {
            _ if read == 0 => buffer.len(),
            Some(end) => before + end + 1,
            None if buffer.len() <= longest_line && !is_overlong => continue,
            None => {
                is_overlong = true;
                buffer.clear();
                continue;
            }
        };
        let start = match std::mem::take(&mut is_overlong) {
            true => memchr::memchr(b'\n', &buffer).map_or(end, |end| end + 1),
            false => 0,
        };
        layout.advance(&buffer[start..end], longest_line);
        buffer.drain(..end);
        if read == 0 {
            return Ok(());
        }
    }
}

fn is_compressed(file: &File) -> io::Result<bool> {
    let mut magic = [0; 4];
    let length = read_at(file, &mut magic, 0)?;
    Ok(decompress::is_compressed(&magic[..length]))
}

/// Whether a file still begins with these bytes. The place at which it is read stays.
pub(crate) fn begins_with(file: &File, beginning: &[u8]) -> io::Result<bool> {
    let mut bytes = vec![0; beginning.len()];
    Ok(read_at(file, &mut bytes, 0)? == bytes.len() && bytes == beginning)
}

/// Reads until the buffer is full or the file ends.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read_at(&mut buffer[length..], at + length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::LogStream;

    const HEAD: &str = "#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n";
    const SWAPPED: &str = "#fields\tuid\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n";

    fn uids(stream: &mut LogStream, options: &ReadOptions) -> (Vec<(String, u64)>, Position) {
        let mut uids = Vec::new();
        let mut end = Position::default();
        while let Some(chunk) = stream.next_chunk() {
            let report = chunk.rows(options, |row| {
                uids.push((row.get("uid").unwrap_or_default().into_owned(), row.line()));
                ControlFlow::Continue(())
            });
            end = report.end;
        }
        (uids, end)
    }

    #[test]
    fn reading_from_a_mark_gives_what_passing_over_gives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("conn.log");
        let mut text = HEAD.to_owned();
        let mut ends = Vec::new();
        for i in 0..40 {
            match i {
                10 => text.push_str(SWAPPED),
                20 => text.push_str(&format!("#{}\n", "x".repeat(600_000))),
                30 => text.push_str(&HEAD[11..]),
                _ if (10..30).contains(&i) => {
                    text.push_str(&format!("C{i}\t{i}.0\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n"));
                }
                _ => text.push_str(&format!("{i}.0\tC{i}\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n")),
            }
            ends.push(Position { bytes: text.len() as u64, lines: text.lines().count() as u64 });
        }
        std::fs::write(&path, &text).unwrap();
        let options =
            ReadOptions { longest_line: 500_000, hold_unfinished_line: true, ..ReadOptions::default() };
        let log = LogFile::path(&path);
        let plain = log.conn_head(&options).unwrap();
        let mut marked = plain.clone();
        for end in ends {
            marked.pass_over(&log, end, &options).unwrap();
            assert_eq!(marked.mark.as_ref().unwrap().at, end);
            let read =
                |head: &LogHead| uids(&mut LogStream::open(0, &log, head, end, &options).unwrap(), &options);
            assert_eq!(read(&marked), read(&plain));
        }
    }

    #[test]
    fn nothing_is_read_behind_an_end_that_was_set() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("conn.log");
        let rows: Vec<String> =
            (0..4).map(|i| format!("{i}.0\tC{i}\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n")).collect();
        let text = HEAD.to_owned() + &rows[..3].concat();
        std::fs::write(&path, &text).unwrap();
        let options = ReadOptions { hold_unfinished_line: true, ..ReadOptions::default() };
        let log = LogFile::path(&path);
        let head = log.conn_head(&options).unwrap();
        std::fs::write(&path, text.clone() + &rows[3]).unwrap();
        let mut from = Position::default();
        // Up to the end of a row, into the next one, and to its end: first from the beginning, then from a mark.
        for (until, read) in [(0, 3), (5, 0), (rows[3].len(), 1)] {
            let mut head = head.clone().until((text.len() + until) as u64);
            head.pass_over(&log, from, &options).unwrap();
            let (uids, end) = uids(&mut LogStream::open(0, &log, &head, from, &options).unwrap(), &options);
            assert_eq!(uids.len(), read, "{until}");
            from = from.max(end);
        }
        assert_eq!(from.bytes, std::fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn what_is_emptied_and_written_anew_while_it_is_read_is_not_taken_for_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("conn.log");
        let row = |i: usize| format!("{i}.0\tC{i}\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\n");
        let text = |from: usize| HEAD.to_owned() + &(from..from + 20_000).map(row).collect::<String>();
        std::fs::write(&path, text(0)).unwrap();
        let options = ReadOptions { hold_unfinished_line: true, chunk: 100_000, ..ReadOptions::default() };
        let log = LogFile::path(&path);
        let head = log.conn_head(&options).unwrap();
        let mut stream = LogStream::open(0, &log, &head, Position::default(), &options).unwrap();
        let first = stream.next_chunk().unwrap();
        std::fs::write(&path, text(50_000)).unwrap();
        let (rest, end) = uids(&mut stream, &options);
        assert_eq!(rest, []);
        assert_eq!(end.bytes, first.len() as u64);
        assert!(LogStream::open(0, &log, &head, end, &options).is_err());
    }
}
