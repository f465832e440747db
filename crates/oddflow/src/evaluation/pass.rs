//! One reading of logs of which nothing but the rows is wanted.

use zeek_log::{Chunk, ChunkReport, LogFile, LogHead, Position};

use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::reading::{Reader, Visit, read};

/// Reads all rows and hands what `work` makes of them to `take`, in order. Returns what could not be read.
pub(super) fn pass<T: Send>(
    input: Input,
    work: &(dyn Fn(&Chunk) -> (T, ChunkReport) + Sync),
    take: &mut dyn FnMut(T) -> Result<(), Failure>,
) -> Result<ProblemReport, Failure> {
    struct Taker<'t, T>(&'t mut dyn FnMut(T) -> Result<(), Failure>);
    impl<T> Reader<T> for Taker<'_, T> {
        fn begin(&mut self, _: &LogFile, _: &LogHead) -> Result<Position, Failure> {
            Ok(Position::default())
        }

        fn take(&mut self, visit: Visit<T>) -> Result<(), Failure> {
            (self.0)(visit.value)
        }
    }
    let end = read(input, "reading", work, &mut Taker(take))?;
    if end.interrupted { Err(Failure::interrupted("Nothing was judged.")) } else { Ok(end.problems) }
}
