//! Where a log's bytes go: as they are, or gzipped.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// An output that may compress on the way.
#[derive(Debug)]
pub enum Output<W: Write> {
    /// Bytes as they are.
    Plain(W),
    /// A gzip member with neither name nor time in its header, so that the same log gives the same bytes.
    Gzip(Box<GzEncoder<W>>),
}

impl<W: Write> Output<W> {
    /// Compresses with gzip. `level` goes from 0 (stored) over 1 (fast) to 9 (small); above counts as 9.
    pub fn gzip(inner: W, level: u32) -> Self {
        Self::Gzip(Box::new(GzBuilder::new().mtime(0).write(inner, Compression::new(level.min(9)))))
    }

    /// Writes what is still held back and the end of the gzip member, and returns the inner output, flushed.
    ///
    /// # Errors
    /// Where the inner output fails.
    pub fn finish(self) -> io::Result<W> {
        let mut inner = match self {
            Self::Plain(inner) => inner,
            Self::Gzip(encoder) => encoder.finish()?,
        };
        inner.flush()?;
        Ok(inner)
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
        }
    }

    /// Flushes what is outside the compressor. A gzip stream isn't cut into blocks at each flush, which would
    /// cost size; its rest comes with [`finish`](Self::finish).
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(inner) => inner.flush(),
            Self::Gzip(encoder) => encoder.get_mut().flush(),
        }
    }
}
