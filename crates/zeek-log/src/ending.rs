//! How the file of a log ends: whether it is all there.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use crate::decompress;
use crate::error::ReadError;
use crate::files::LogFile;
use crate::mark::read_at;

/// Bytes at the end of a plain log in which `#close` is looked for; the line takes some 30.
const TAIL: usize = 512;

/// Text from which the length that a gzip file states at its end is believed, if it is the length that was read before. In a
/// file of several parts that length is the last one's; two parts of the same length, this long, are no accident to fear.
const BELIEVED: u64 = 64 << 10;

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileEnd {
    /// Plain text.
    Text {
        /// Its length in bytes.
        bytes: u64,
        /// Whether its last line is `#close`, which Zeek writes when it rotates.
        is_closed: bool,
        /// Whether its last line has an end.
        is_line: bool,
    },
    /// Compressed, and all there: every part of it ends properly.
    Whole {
        /// The length of its text in bytes.
        bytes: u64,
    },
    /// Compressed, and cut or damaged.
    Cut,
}

impl LogFile {
    /// Looks how the file ends. A compressed one is decompressed for that, unless it is gzip and its last bytes state that its
    /// text is as long as what was `read` of it before.
    ///
    /// # Errors
    /// When the file can't be read, or is a pipe.
    pub fn end(&self, read: u64) -> Result<FileEnd, ReadError> {
        let pipe = || self.unreadable(io::ErrorKind::Unsupported.into());
        let file = self.open_file()?.ok_or_else(pipe)?;
        end(file, read).map_err(|error| self.unreadable(error))
    }

    /// Whether a whole line lies in the plain text between two places.
    ///
    /// # Errors
    /// When the file can't be read, or is a pipe.
    pub fn has_line(&self, from: u64, to: u64) -> Result<bool, ReadError> {
        let pipe = || self.unreadable(io::ErrorKind::Unsupported.into());
        let file = self.open_file()?.ok_or_else(pipe)?;
        let mut block = vec![0; 64 << 10];
        let mut end = to;
        while end > from {
            let start = end.saturating_sub(block.len() as u64).max(from);
            let wanted = (end - start) as usize;
            let length =
                read_at(&file, &mut block[..wanted], start).map_err(|error| self.unreadable(error))?;
            if memchr::memchr(b'\n', &block[..length]).is_some() {
                return Ok(true);
            }
            end = start;
        }
        Ok(false)
    }
}

fn end(mut file: File, read: u64) -> io::Result<FileEnd> {
    let size = file.metadata()?.len();
    let mut magic = [0; 4];
    let length = read_at(&file, &mut magic, 0)?;
    if !decompress::is_compressed(&magic[..length]) {
        return text_end(&file, size);
    }
    if decompress::is_gzip(&magic) && read >= BELIEVED && size >= 18 {
        let mut stated = [0; 4];
        let length = read_at(&file, &mut stated, size - 4)?;
        if length == 4 && u32::from_le_bytes(stated) == read as u32 {
            return Ok(FileEnd::Whole { bytes: read });
        }
    }
    file.seek(SeekFrom::Start(0))?;
    if size <= decompress::WHOLE_FILE {
        let mut compressed = Vec::with_capacity(size as usize);
        file.read_to_end(&mut compressed)?;
        if let Some(text) = decompress::whole(&compressed) {
            return Ok(FileEnd::Whole { bytes: text.len() as u64 });
        }
        file.seek(SeekFrom::Start(0))?;
    }
    let (mut stream, _) = decompress::stream(Box::new(file))?;
    match io::copy(&mut stream, &mut io::sink()) {
        Ok(bytes) => Ok(FileEnd::Whole { bytes }),
        Err(error) if error.raw_os_error().is_some() => Err(error),
        Err(_) => Ok(FileEnd::Cut),
    }
}

fn text_end(file: &File, size: u64) -> io::Result<FileEnd> {
    let mut tail = vec![0; TAIL.min(usize::try_from(size).unwrap_or(TAIL))];
    let start = size - tail.len() as u64;
    let length = read_at(file, &mut tail, start)?;
    tail.truncate(length);
    let is_line = tail.last() == Some(&b'\n');
    let lines = tail.strip_suffix(b"\n").unwrap_or(&tail);
    let last = memchr::memrchr(b'\n', lines).map_or(lines, |end| &lines[end + 1..]);
    let bytes = start + length as u64;
    Ok(FileEnd::Text { bytes, is_closed: is_line && last.starts_with(b"#close"), is_line })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn member(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn end_of(bytes: &[u8], read: u64) -> FileEnd {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, bytes).unwrap();
        LogFile::path(path).end(read).unwrap()
    }

    #[test]
    fn of_text() {
        let text = |bytes, is_closed, is_line| FileEnd::Text { bytes, is_closed, is_line };
        assert_eq!(end_of(b"", 0), text(0, false, false));
        assert_eq!(end_of(b"1\tC1\n", 0), text(5, false, true));
        assert_eq!(end_of(b"1\tC1\n2\t", 0), text(7, false, false));
        assert_eq!(end_of(b"1\tC1\n#close\t2024-05-01-00-00-00\n", 0), text(32, true, true));
        assert_eq!(end_of(b"1\tC1\n#close\t2024", 0), text(16, false, false));
        assert_eq!(end_of(b"#close\t2024-05-01-00-00-00\n1\tC1\n", 0), text(32, false, true));
    }

    #[test]
    fn a_compressed_file_is_whole_when_every_part_of_it_is() {
        let large: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for text in [&b"one\n"[..], &large] {
            let one = member(text);
            assert_eq!(end_of(&one, 0), FileEnd::Whole { bytes: text.len() as u64 });
            assert_eq!(end_of(&one, text.len() as u64), FileEnd::Whole { bytes: text.len() as u64 });
            let both = [one.clone(), member(b"second\n")].concat();
            assert_eq!(end_of(&both, text.len() as u64), FileEnd::Whole { bytes: text.len() as u64 + 7 });
            for cut in [5, one.len() / 2, one.len() - 1, one.len() + 5, both.len() - 1] {
                assert_eq!(end_of(&both[..cut], 0), FileEnd::Cut, "{cut}");
            }
            let zstd = zstd::encode_all(text, 0).unwrap();
            assert_eq!(end_of(&zstd, 0), FileEnd::Whole { bytes: text.len() as u64 });
            assert_eq!(end_of(&zstd[..zstd.len() - 1], 0), FileEnd::Cut);
        }
    }

    #[test]
    fn a_line_between_two_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, [b"one\n", vec![b'x'; 200_000].as_slice(), b"\ny"].concat()).unwrap();
        let log = LogFile::path(path);
        assert!(log.has_line(0, 200_006).unwrap());
        assert!(log.has_line(4, 200_005).unwrap());
        assert!(!log.has_line(4, 200_004).unwrap());
        assert!(!log.has_line(200_005, 200_006).unwrap());
    }
}
