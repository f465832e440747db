//! The scores of one log whose threshold depends on all of them: in memory while they are few, else in a temporary file.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

/// Scores that are held in memory: 16 MiB of them.
const MOST_IN_MEMORY: usize = 4 << 20;

/// Scores of any number, in bounded memory.
pub(super) struct ScoreSpool {
    memory: Vec<f32>,
    most_in_memory: usize,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl ScoreSpool {
    pub(super) fn new() -> Self {
        Self::with_memory(MOST_IN_MEMORY)
    }

    fn with_memory(most_in_memory: usize) -> Self {
        Self { memory: Vec::new(), most_in_memory, file: None, count: 0 }
    }

    pub(super) fn extend(&mut self, scores: &[f32]) -> io::Result<()> {
        self.count += scores.len() as u64;
        self.memory.extend_from_slice(scores);
        if self.memory.len() > self.most_in_memory {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(BufWriter::with_capacity(1 << 20, tempfile::tempfile()?)),
            };
            for score in self.memory.drain(..) {
                file.write_all(&score.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// The quantile (0 to 1) of all scores, as [`oddflow_detector::quantile`] defines it; infinite where there are none.
    ///
    /// Scores are not negative, so their bits sort as they do: one pass counts them by the upper half of their bits, a
    /// second one those that share the halves sought by the lower half. Exact, in half a megabyte.
    pub(super) fn quantile(mut self, q: f64) -> io::Result<f64> {
        if self.count == 0 {
            return Ok(f64::INFINITY);
        }
        let rank = q.clamp(0.0, 1.0) * (self.count - 1) as f64;
        let below = rank.floor() as u64;
        let above = (below + 1).min(self.count - 1);
        let mut upper = vec![0u64; 1 << 16];
        self.each(|bits| upper[(bits >> 16) as usize] += 1)?;
        let places = [below, above].map(|rank| place(&upper, rank));
        let mut lower = [vec![0u64; 1 << 16], vec![0u64; 1 << 16]];
        self.each(|bits| {
            for (lower, (half, _)) in lower.iter_mut().zip(places) {
                if bits >> 16 == half {
                    lower[(bits & 0xffff) as usize] += 1;
                }
            }
        })?;
        let value = |i: usize| {
            let (half, rest) = places[i];
            f32::from_bits(half << 16 | place(&lower[i], rest).0)
        };
        Ok(oddflow_detector::quantile(&[value(0), value(1)], rank - below as f64))
    }

    /// Visits the bits of every score.
    fn each(&mut self, mut visit: impl FnMut(u32)) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.flush()?;
            let file = file.get_mut();
            file.rewind()?;
            let mut reader = BufReader::with_capacity(1 << 20, file);
            let mut bytes = [0; 4];
            loop {
                match reader.read_exact(&mut bytes) {
                    Ok(()) => visit(u32::from_le_bytes(bytes)),
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                    Err(error) => return Err(error),
                }
            }
        }
        self.memory.iter().for_each(|score| visit(score.to_bits()));
        Ok(())
    }
}

/// The bin that holds the value of a rank, and the rank within the bin.
fn place(counts: &[u64], mut rank: u64) -> (u32, u64) {
    for (bin, &count) in (0..).zip(counts) {
        if rank < count {
            return (bin, rank);
        }
        rank -= count;
    }
    unreachable!("a rank is below the number of values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_is_exact_in_memory_and_on_disk() {
        let mut scores: Vec<f32> =
            (0..10_007u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e3).collect();
        scores.extend([0.0, 0.0, f32::INFINITY]);
        let mut ascending = scores.clone();
        ascending.sort_unstable_by(f32::total_cmp);
        for most_in_memory in [100, 1 << 20] {
            for q in [0.0, 0.5, 0.95, 0.9999, 1.0] {
                let mut spool = ScoreSpool::with_memory(most_in_memory);
                scores.chunks(777).for_each(|chunk| spool.extend(chunk).unwrap());
                assert_eq!(spool.quantile(q).unwrap(), oddflow_detector::quantile(&ascending, q), "{q}");
            }
        }
        assert_eq!(ScoreSpool::new().quantile(0.95).unwrap(), f64::INFINITY);
    }
}
