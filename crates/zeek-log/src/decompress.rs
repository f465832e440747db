//! Uncompressed bytes of a log, whichever of plain, gzip and Zstandard it is by its first bytes.

use std::io::{self, BufReader, Read};

use memchr::memmem;

use crate::problem::ProblemKind;

const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Most bytes that are decompressed in one piece; larger files are streamed.
const WHOLE_TEXT: usize = 24 << 20;

/// Largest compressed file that is decompressed in one piece.
pub(crate) const WHOLE_FILE: u64 = 4 << 20;

/// A stream of uncompressed bytes, and whether it was compressed.
pub(crate) fn stream(source: Box<dyn Read + Send>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    buffered_stream(source, 64 << 10)
}

fn buffered_stream(
    mut source: Box<dyn Read + Send>,
    buffer: usize,
) -> io::Result<(Box<dyn Read + Send>, bool)> {
    // The first read of a pipe may give a single byte, which tells too little.
    let mut magic = Vec::with_capacity(ZSTD.len());
    source.by_ref().take(ZSTD.len() as u64).read_to_end(&mut magic)?;
    let (gzip, zstd) = (magic.starts_with(GZIP), magic.starts_with(ZSTD));
    let source = BufReader::with_capacity(buffer, io::Cursor::new(magic).chain(source));
    if gzip {
        Ok((Box::new(flate2::bufread::MultiGzDecoder::new(source)), true))
    } else if zstd {
        Ok((Box::new(zstd::Decoder::with_buffer(source)?), true))
    } else {
        Ok((Box::new(source), false))
    }
}

/// How the beginning of a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is more.
    More,
    /// It is the whole log.
    Whole,
    /// There is no more for now, and a last line without an end may be a part of a line.
    Cut,
}

/// Reads up to `wanted` uncompressed bytes. `growing` says that a file that isn't compressed may still be written.
pub(crate) fn beginning(
    source: Box<dyn Read + Send>,
    wanted: usize,
    growing: bool,
    head: &mut Vec<u8>,
) -> io::Result<Ending> {
    let (stream, compressed) = buffered_stream(source, wanted)?;
    match stream.take(wanted as u64).read_to_end(head) {
        Ok(_) if head.len() >= wanted => Ok(Ending::More),
        Ok(_) if growing && !compressed => Ok(Ending::Cut),
        Ok(_) => Ok(Ending::Whole),
        // Damage further on doesn't matter here.
        Err(_) if compressed => Ok(Ending::Cut),
        Err(error) => Err(error),
    }
}

/// What an error of a stream says about the file.
pub(crate) fn problem_of(error: &io::Error, compressed: bool) -> ProblemKind {
    match error.kind() {
        io::ErrorKind::UnexpectedEof if compressed => ProblemKind::TruncatedFile,
        _ if compressed && error.raw_os_error().is_none() => ProblemKind::CorruptFile,
        _ => ProblemKind::Io,
    }
}

/// Decompresses a small file in one piece. `None` where that can't be done: it is too large or damaged. A stream then
/// finds out what is the matter.
pub(crate) fn whole(compressed: &[u8]) -> Option<Vec<u8>> {
    if compressed.starts_with(ZSTD) {
        return read_whole(zstd::Decoder::with_buffer(compressed).ok()?);
    }
    single_gzip(compressed).or_else(|| read_whole(flate2::bufread::MultiGzDecoder::new(compressed)))
}

fn read_whole(source: impl Read) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    source.take(WHOLE_TEXT as u64 + 1).read_to_end(&mut text).ok()?;
    (text.len() <= WHOLE_TEXT).then_some(text)
}

/// Decompresses gzip of one member in one piece, which is twice as fast as streaming it.
fn single_gzip(compressed: &[u8]) -> Option<Vec<u8>> {
    // Whatever else has the mark of a second member in it by chance is streamed for nothing, that's all.
    if !compressed.starts_with(GZIP) || memmem::find(&compressed[1..], GZIP).is_some() {
        return None;
    }
    let (rest, size) = compressed.split_last_chunk::<4>()?;
    let (_, sum) = rest.split_last_chunk::<4>()?;
    let size = u32::from_le_bytes(*size) as usize;
    if size == 0 || size > WHOLE_TEXT {
        return None;
    }
    let mut text = vec![0; size];
    let written = libdeflater::Decompressor::new().gzip_decompress(compressed, &mut text).ok()?;
    // Bytes behind the first member are passed over by the library: they may be a second one whose mark is damaged. Then the
    // file ends with the sum of other text.
    let mut found = libdeflater::Crc::new();
    found.update(&text);
    (written == size && found.sum() == u32::from_le_bytes(*sum)).then_some(text)
}

/// Whether bytes begin like a gzip file.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP)
}

/// Whether bytes begin like a compressed file.
pub(crate) fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP) || bytes.starts_with(ZSTD)
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

    #[test]
    fn a_second_member_whose_mark_is_damaged_is_not_passed_over() {
        for (first, second) in [("", ""), ("one\n", "two\n")] {
            let mut both = member(first.as_bytes());
            let place = both.len();
            both.extend(member(second.as_bytes()));
            assert_eq!(whole(&both).unwrap(), [first, second].concat().as_bytes());
            both[place] ^= 1;
            assert_eq!(single_gzip(&both), None);
        }
        assert_eq!(single_gzip(&member(b"one\n")).unwrap(), b"one\n");
    }
}
