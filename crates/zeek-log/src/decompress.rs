//! Uncompressed bytes of a log, whichever of plain, gzip and Zstandard it is by its first bytes.

use std::io::{self, BufRead, BufReader, Read};

use memchr::memmem;

use crate::problem::ProblemKind;

const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Most bytes that are decompressed in one piece; larger files are streamed.
const WHOLE_TEXT: usize = 32 << 20;

/// Largest compressed file that is decompressed in one piece.
pub(crate) const WHOLE_FILE: u64 = 8 << 20;

/// A stream of uncompressed bytes, and whether it was compressed.
pub(crate) fn stream(source: Box<dyn Read + Send>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let mut source = BufReader::with_capacity(128 << 10, source);
    let magic = peek(&mut source)?;
    if magic.starts_with(GZIP) {
        Ok((Box::new(flate2::bufread::MultiGzDecoder::new(source)), true))
    } else if magic.starts_with(ZSTD) {
        Ok((Box::new(zstd::Decoder::with_buffer(source)?), true))
    } else {
        Ok((Box::new(source), false))
    }
}

/// The first bytes, without taking them.
fn peek(source: &mut BufReader<Box<dyn Read + Send>>) -> io::Result<Vec<u8>> {
    // The first read of a pipe may give a single byte, which tells too little; two reads may not be peeked at.
    let buffered = source.fill_buf()?.to_vec();
    Ok(buffered)
}

/// Reads up to `wanted` uncompressed bytes; true when there are no more. Damage further on doesn't matter here.
pub(crate) fn beginning(source: Box<dyn Read + Send>, wanted: usize, head: &mut Vec<u8>) -> io::Result<bool> {
    let (stream, compressed) = stream(source)?;
    match stream.take(wanted as u64).read_to_end(head) {
        Ok(_) => Ok(head.len() < wanted),
        Err(_) if compressed => Ok(true),
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

/// Decompresses a small gzip file in one piece, which is twice as fast as streaming it. `None` where that can't be done:
/// another format, several members, too large, damaged. A stream then finds out what is the matter.
pub(crate) fn whole_gzip(compressed: &[u8]) -> Option<Vec<u8>> {
    // Whatever else has the mark of a second member in it by chance is streamed for nothing, that's all.
    if !compressed.starts_with(GZIP) || memmem::find(&compressed[1..], GZIP).is_some() {
        return None;
    }
    let (_, size) = compressed.split_last_chunk::<4>()?;
    let size = u32::from_le_bytes(*size) as usize;
    if size > WHOLE_TEXT {
        return None;
    }
    let mut text = vec![0; size];
    let written = libdeflater::Decompressor::new().gzip_decompress(compressed, &mut text).ok()?;
    (written == size).then_some(text)
}

/// Whether bytes begin like a compressed file.
pub(crate) fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(GZIP) || bytes.starts_with(ZSTD)
}
