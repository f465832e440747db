//! Cuts one log into chunks of whole lines, with bounded memory whatever its size.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::chunk::{Chunk, Position};
use crate::decompress;
use crate::error::ReadError;
use crate::files::{LogFile, LogHead};
use crate::layout::{Layout, Opening};
use crate::mark::begins_with;
use crate::options::ReadOptions;
use crate::problem::{ProblemKind, Problems};

/// Bytes asked for at a time.
const READ: usize = 256 << 10;

/// The same of compressed data: where it is damaged, what one read had decompressed up to there is lost.
const READ_COMPRESSED: usize = 32 << 10;

/// The chunks of one log, one after the other.
pub struct LogStream {
    file: usize,
    source: Box<dyn Read + Send>,
    compressed: bool,
    layout: Layout,
    /// Bytes at the very beginning that are no rows.
    skip: usize,
    /// Reading starts here, behind what is no rows.
    from: Position,
    /// Where `buffer` begins.
    at: Position,
    buffer: Vec<u8>,
    /// Where a line over the limit began, while within it: its bytes are dropped.
    overlong_line: Option<Position>,
    ended: bool,
    /// Whether it ended before its time: damaged, cut, or over the limit.
    rest_is_lost: bool,
    finished: bool,
    problems: Problems,
    chunk: usize,
    longest_line: usize,
    largest_file: u64,
    hold_unfinished_line: bool,
    /// The file of a growing log and what it begins with: it may be emptied and begun anew while it is read.
    growing: Option<(File, Arc<[u8]>)>,
}

/// The bytes of a file from where it stands, so many of them at most.
fn up_to(file: File, most: Option<u64>) -> Box<dyn Read + Send> {
    match most {
        Some(most) => Box::new(file.take(most)),
        None => Box::new(file),
    }
}

impl LogStream {
    /// Opens a log to be read from a position, which is that of an earlier [`ChunkReport`](crate::ChunkReport) or zero.
    /// `file` is the number that its chunks carry.
    ///
    /// # Errors
    /// When it can't be opened, or when its name leads to another log than the one that `head` is of.
    pub fn open(
        file: usize,
        log: &LogFile,
        head: &LogHead,
        from: Position,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        if let Some(stream) = Self::from_mark(file, log, head, from, options)? {
            return Ok(stream);
        }
        let unreadable = |error| log.unreadable(error);
        let (source, growing): (Box<dyn Read + Send>, _) = match log.open_file()? {
            Some(source) => {
                let growing = Self::watched(&source, head, options).map_err(unreadable)?;
                (up_to(source, head.until), growing)
            }
            None => (log.open()?, None),
        };
        let mut stream = Self::over(file, source, &head.opening, from, options).map_err(unreadable)?;
        stream.hold_unfinished_line &= !head.is_complete;
        stream.growing = growing.filter(|_| !stream.compressed);
        while stream.buffer.len() < head.beginning.len() && !stream.ended {
            stream.read_more();
        }
        let seen = stream.buffer.len().min(head.beginning.len());
        // Fewer bytes than before are a sign of another log, unless damage or a limit explains them.
        let whole = seen == head.beginning.len() || !stream.problems.is_empty();
        if whole && stream.buffer[..seen] == head.beginning[..seen] {
            Ok(stream)
        } else {
            Err(ReadError::Changed { name: log.name().into() })
        }
    }

    /// Opens a log of plain text at its mark, where that lies before the position.
    fn from_mark(
        file: usize,
        log: &LogFile,
        head: &LogHead,
        from: Position,
        options: &ReadOptions,
    ) -> Result<Option<Self>, ReadError> {
        let unreadable = |error| log.unreadable(error);
        let Some(mark) = head.mark.as_ref().filter(|mark| mark.at.bytes <= from.bytes) else {
            return Ok(None);
        };
        let Some(mut source) = log.open_file()? else { return Ok(None) };
        // A compressed file of the same log begins otherwise, and is read from its beginning.
        if !begins_with(&source, &head.beginning).map_err(unreadable)? {
            return Ok(None);
        }
        source.seek(SeekFrom::Start(mark.at.bytes)).map_err(unreadable)?;
        let growing = Self::watched(&source, head, options).map_err(unreadable)?;
        let left = head.until.map(|until| until.saturating_sub(mark.at.bytes));
        let source = up_to(source, left);
        let mut stream = Self::at_place(file, source, false, &head.opening, from, options);
        stream.at = mark.at;
        stream.layout = mark.layout.clone();
        stream.hold_unfinished_line &= !head.is_complete;
        stream.growing = growing;
        Ok(Some(stream))
    }

    /// What is needed to see that a growing log has been emptied and begun anew.
    fn watched(
        file: &File,
        head: &LogHead,
        options: &ReadOptions,
    ) -> std::io::Result<Option<(File, Arc<[u8]>)>> {
        let is_growing = options.hold_unfinished_line && !head.beginning.is_empty();
        is_growing.then(|| Ok((file.try_clone()?, Arc::clone(&head.beginning)))).transpose()
    }

    /// Goes on with a log whose compressed data has been decompressed in one piece.
    pub(crate) fn over_text(
        file: usize,
        text: Vec<u8>,
        opening: &Opening,
        from: Position,
        options: &ReadOptions,
    ) -> std::io::Result<Self> {
        let mut stream = Self::over(file, Box::new(Cursor::new(text)), opening, from, options)?;
        stream.compressed = true;
        Ok(stream)
    }

    pub(crate) fn over(
        file: usize,
        source: Box<dyn Read + Send>,
        opening: &Opening,
        from: Position,
        options: &ReadOptions,
    ) -> std::io::Result<Self> {
        let (source, compressed) = decompress::stream(source)?;
        Ok(Self::at_place(file, source, compressed, opening, from, options))
    }

    /// `source` gives uncompressed bytes.
    fn at_place(
        file: usize,
        source: Box<dyn Read + Send>,
        compressed: bool,
        opening: &Opening,
        from: Position,
        options: &ReadOptions,
    ) -> Self {
        Self {
            file,
            source,
            compressed,
            layout: opening.layout.clone(),
            skip: opening.skip,
            from: Position { bytes: from.bytes.max(opening.skip as u64), ..from },
            at: Position::default(),
            buffer: Vec::new(),
            overlong_line: None,
            ended: false,
            rest_is_lost: false,
            finished: false,
            problems: Problems::default(),
            // Offsets within a chunk are 32 bits wide.
            chunk: options.chunk.clamp(1, 1 << 29),
            longest_line: options.longest_line.clamp(1, 1 << 29),
            largest_file: options.largest_file,
            hold_unfinished_line: options.hold_unfinished_line,
            growing: None,
        }
    }

    /// The next chunk; `None` after the last, which every log has, be it empty.
    pub fn next_chunk(&mut self) -> Option<Chunk> {
        while !self.finished {
            let mut lines = self.fill();
            if self.is_begun_anew() {
                // What was read may be another log's. Whoever follows this one finds the rest of it elsewhere.
                self.buffer.clear();
                self.overlong_line = None;
                self.ended = true;
                lines = 0;
            }
            let rest = self.buffer.split_off(lines);
            let bytes = std::mem::replace(&mut self.buffer, rest);
            let start = self.at;
            let mut layout = self.layout.clone();
            self.at.bytes += bytes.len() as u64;
            self.at.lines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
            // Nothing in what is passed over at the beginning is a header to obey.
            let skip = usize::try_from((self.skip as u64).saturating_sub(start.bytes))
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            self.layout.advance(&bytes[skip..], self.longest_line);
            self.finished = self.ended && self.overlong_line.is_none() && self.buffer.is_empty();
            if self.at.bytes <= self.from.bytes && !self.finished {
                continue;
            }
            let from = usize::try_from(self.from.bytes.saturating_sub(start.bytes)).unwrap_or(usize::MAX);
            let from = from.clamp(skip, bytes.len());
            layout.advance(&bytes[skip..from], self.longest_line);
            let hold_unfinished_line = self.holds_last_line();
            return Some(Chunk {
                file: self.file,
                last: self.finished,
                file_problems: std::mem::take(&mut self.problems),
                start,
                bytes: Arc::new(bytes),
                from,
                layout,
                hold_unfinished_line,
            });
        }
        None
    }

    /// Whether the file of a growing log begins otherwise than it did. Asked after its bytes are read: if it still begins as
    /// before, they are its.
    fn is_begun_anew(&self) -> bool {
        let Some((file, beginning)) = &self.growing else { return false };
        !begins_with(file, beginning).unwrap_or(false)
    }

    /// Whether a last line without an end may be a part of a line: it is still being written, or the rest of the file is
    /// lost.
    fn holds_last_line(&self) -> bool {
        self.rest_is_lost || self.hold_unfinished_line && !self.compressed
    }

    /// Reads until the buffer holds a chunk of whole lines, or all that is left. Returns the length of these lines.
    fn fill(&mut self) -> usize {
        let mut searched = 0;
        loop {
            if self.overlong_line.is_some() {
                self.drop_overlong_line();
                searched = 0;
            }
            if self.overlong_line.is_none() && self.buffer.len() >= self.chunk {
                // The last line that ends within the chunk, else the first that ends behind it.
                let within = &self.buffer[searched.min(self.chunk)..self.chunk];
                if let Some(end) = memchr::memrchr(b'\n', within) {
                    return searched.min(self.chunk) + end + 1;
                }
                let behind = searched.max(self.chunk);
                if let Some(end) = memchr::memchr(b'\n', &self.buffer[behind..]) {
                    return behind + end + 1;
                }
                searched = self.buffer.len();
                // What is passed over at the beginning doesn't count.
                let skipped = if self.at.bytes == 0 { self.skip } else { 0 };
                if searched > self.longest_line + skipped {
                    self.overlong_line = Some(self.at);
                    continue;
                }
            }
            if self.ended {
                return self.buffer.len();
            }
            self.read_more();
        }
    }

    fn drop_overlong_line(&mut self) {
        let newline = memchr::memchr(b'\n', &self.buffer);
        let length = newline.map_or(self.buffer.len(), |at| at + 1);
        self.buffer.drain(..length);
        self.at.bytes += length as u64;
        if newline.is_none() && !self.ended {
            return;
        }
        let Some(start) = self.overlong_line.take() else { return };
        let hold = newline.is_none() && self.holds_last_line();
        self.at = if hold { start } else { Position { lines: self.at.lines + 1, ..self.at } };
        // Those before the place where reading starts were counted by the run that read them.
        if start.bytes >= self.from.bytes {
            let kind = if hold { ProblemKind::UnfinishedLine } else { ProblemKind::OverlongLine };
            self.problems.add(kind, start.lines + 1, || format!("over {} bytes", self.longest_line));
        }
    }

    fn read_more(&mut self) {
        let before = self.buffer.len();
        let left = self.largest_file.saturating_sub(self.at.bytes + before as u64);
        let most = if self.compressed { READ_COMPRESSED } else { READ };
        let wanted = most.min(self.chunk).min(usize::try_from(left).unwrap_or(most));
        self.buffer.resize(before + wanted.max(1), 0);
        let read = loop {
            match self.source.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let line = self.at.lines + 1;
        let length = match read {
            Ok(0) => {
                self.ended = true;
                0
            }
            Ok(_) if left == 0 => {
                let limit = self.largest_file;
                self.ended = true;
                self.rest_is_lost = true;
                self.problems.add(ProblemKind::TooLarge, line, || format!("over {limit} bytes"));
                0
            }
            Ok(length) => length,
            Err(error) => {
                self.ended = true;
                self.rest_is_lost = true;
                let kind = decompress::problem_of(&error, self.compressed);
                self.problems.add(kind, line, || error.to_string());
                0
            }
        };
        self.buffer.truncate(before + length);
    }
}
