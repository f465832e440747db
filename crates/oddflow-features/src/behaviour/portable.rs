//! States as bytes: little-endian numbers one after the other, with a version in front.
//!
//! Floats are kept bit by bit, so that a state that was read back goes on as if it had never left.

use std::io::{self, BufWriter, Write};

/// Version of the layout. Another version's state is refused: its numbers would mean something else.
pub const FORMAT: u32 = 2;

/// A state that can't be read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadState {
    /// Its layout is another version's.
    #[error("the state has layout {found}, this program knows {FORMAT}")]
    Format {
        /// The version found.
        found: u32,
    },
    /// It ends too early, or holds what no state holds.
    #[error("the state is damaged")]
    Damaged,
}

/// Where a state's bytes go.
pub(crate) trait Out {
    fn put(&mut self, bytes: &[u8]);
}

impl Out for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Counts bytes.
pub(crate) struct Length(pub(crate) u64);

impl Out for Length {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }
}

/// Hands bytes on until that fails.
pub(crate) struct Sink<'w> {
    writer: BufWriter<&'w mut dyn Write>,
    outcome: io::Result<()>,
}

impl<'w> Sink<'w> {
    pub(crate) fn new(writer: &'w mut dyn Write) -> Self {
        Self { writer: BufWriter::with_capacity(1 << 16, writer), outcome: Ok(()) }
    }

    /// Whether all went well.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.outcome.and_then(|()| self.writer.flush())
    }
}

impl Out for Sink<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if self.outcome.is_ok() {
            self.outcome = self.writer.write_all(bytes);
        }
    }
}

/// What can be written to a state and read back.
pub(crate) trait Portable: Sized {
    fn write(&self, out: &mut impl Out);
    fn read(from: &mut &[u8]) -> Result<Self, BadState>;
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Portable for $number {
            #[inline]
            fn write(&self, out: &mut impl Out) {
                out.put(&self.to_le_bytes());
            }

            #[inline]
            fn read(from: &mut &[u8]) -> Result<Self, BadState> {
                let (number, rest) = from.split_first_chunk().ok_or(BadState::Damaged)?;
                *from = rest;
                Ok(Self::from_le_bytes(*number))
            }
        }
    )* };
}
numbers!(u32, u64, f32, f64);

impl<T: Portable + Copy + Default, const N: usize> Portable for [T; N] {
    fn write(&self, out: &mut impl Out) {
        self.iter().for_each(|item| item.write(out));
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::read(from)?;
        }
        Ok(items)
    }
}

/// Writes and reads the named fields of a struct in turn.
macro_rules! portable {
    ($type:ty { $($field:ident),* $(,)? }) => {
        impl $crate::behaviour::portable::Portable for $type {
            fn write(&self, out: &mut impl $crate::behaviour::portable::Out) {
                $( self.$field.write(out); )*
            }

            fn read(from: &mut &[u8]) -> Result<Self, $crate::behaviour::portable::BadState> {
                Ok(Self { $( $field: $crate::behaviour::portable::Portable::read(from)?, )* })
            }
        }
    };
}
pub(crate) use portable;
