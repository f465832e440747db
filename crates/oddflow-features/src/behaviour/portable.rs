//! States as bytes: little-endian numbers one after the other, with a version in front.
//!
//! Floats are kept bit by bit, so that a state that was read back goes on as if it had never left.

/// Version of the layout. Another version's state is refused: its numbers would mean something else.
pub const FORMAT: u32 = 1;

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

/// What can be written to a state and read back.
pub(crate) trait Portable: Sized {
    fn write(&self, out: &mut Vec<u8>);
    fn read(from: &mut &[u8]) -> Result<Self, BadState>;
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Portable for $number {
            #[inline]
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
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
    fn write(&self, out: &mut Vec<u8>) {
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
            fn write(&self, out: &mut Vec<u8>) {
                $( self.$field.write(out); )*
            }

            fn read(from: &mut &[u8]) -> Result<Self, $crate::behaviour::portable::BadState> {
                Ok(Self { $( $field: $crate::behaviour::portable::Portable::read(from)?, )* })
            }
        }
    };
}
pub(crate) use portable;
