//! Levels as small codes, so that training can hold rows before the vocabulary is known.
//!
//! Bounded: at most [`MAX_LEVELS`] levels a column, each at most [`MAX_LEVEL_BYTES`] long, so about 1 MiB a column
//! whatever the log holds. What lies beyond counts as unseen, which encodes as all zeros.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use zeek_log::ConnRecord;

use super::Categorical;

/// Levels that one column can hold. Real networks have a few dozen services and fewer of the rest.
pub const MAX_LEVELS: usize = 4096;

/// Length of the longest level in bytes.
pub const MAX_LEVEL_BYTES: usize = 256;

/// The number that stands for a level; an index into the names of its column.
pub(super) type Code = u16;

/// The code of every level that was refused.
pub(super) const UNSEEN: Code = Code::MAX;

/// The levels met so far in the five categorical columns, each with its code.
///
/// Codes depend on the order of arrival; nothing that outlives training does.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    columns: [Interner; Categorical::ALL.len()],
}

impl Levels {
    /// No levels yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The levels of one column in the order in which they came.
    #[must_use]
    pub fn names(&self, column: Categorical) -> &[Box<str>] {
        &self.columns[column as usize].names
    }

    /// How many values of one column were refused for the bounds and count as unseen.
    #[must_use]
    pub fn refused(&self, column: Categorical) -> u64 {
        self.columns[column as usize].refused
    }

    /// Takes in the levels of another interner, and gives the translation for rows that were made with it.
    ///
    /// Lets files be read in parallel, each with its own levels. Absorb in a fixed order: where a column
    /// overflows, the first levels stay.
    pub fn absorb(&mut self, other: &Self) -> Recoding {
        let tables = std::array::from_fn(|column| {
            let (mine, theirs) = (&mut self.columns[column], &other.columns[column]);
            mine.refused += theirs.refused;
            theirs.names.iter().map(|name| mine.code(name)).collect()
        });
        Recoding { tables }
    }

    pub(super) fn codes(&mut self, record: &ConnRecord<'_>) -> [Code; Categorical::ALL.len()] {
        Categorical::ALL.map(|column| self.columns[column as usize].code(column.level(record)))
    }
}

/// The codes of one [`Levels`] translated to those of another.
#[derive(Clone, Debug)]
pub struct Recoding {
    tables: [Vec<Code>; Categorical::ALL.len()],
}

impl Recoding {
    pub(super) fn translate(&self, codes: &mut [Code; Categorical::ALL.len()]) {
        for (code, table) in codes.iter_mut().zip(&self.tables) {
            *code = table.get(usize::from(*code)).copied().unwrap_or(UNSEEN);
        }
    }
}

/// The levels of one column. The fixed seed of the hash is safe here: the bound on levels bounds any chain.
#[derive(Clone, Debug, Default)]
struct Interner {
    codes: HashMap<Box<str>, Code, FixedState>,
    names: Vec<Box<str>>,
    refused: u64,
}

impl Interner {
    fn code(&mut self, level: &str) -> Code {
        if let Some(&code) = self.codes.get(level) {
            return code;
        }
        if self.names.len() == MAX_LEVELS || level.len() > MAX_LEVEL_BYTES {
            self.refused += 1;
            return UNSEEN;
        }
        let code = Code::try_from(self.names.len()).expect("the bound on levels fits a code");
        self.names.push(level.into());
        self.codes.insert(level.into(), code);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_level_keeps_its_code() {
        let mut levels = Levels::new();
        assert_eq!(levels.codes(&samples::full()), [0; 5]);
        assert_eq!(levels.codes(&samples::unset()), [1; 5]);
        assert_eq!(levels.codes(&samples::full()), [0; 5]);
        assert_eq!(levels.names(Categorical::Service), ["dns".into(), "-".into()]);
    }

    #[test]
    fn levels_beyond_the_bound_are_refused_and_counted() {
        let mut interner = Interner::default();
        for number in 0..MAX_LEVELS {
            assert_eq!(usize::from(interner.code(&number.to_string())), number);
        }
        assert_eq!(interner.code("one more"), UNSEEN);
        assert_eq!(interner.code("one more"), UNSEEN);
        assert_eq!(interner.refused, 2);
        assert_eq!(interner.code("4095"), 4095);
        assert_eq!(interner.names.len(), MAX_LEVELS);
    }

    #[test]
    fn an_over_long_level_is_refused() {
        let mut interner = Interner::default();
        assert_eq!(interner.code(&"x".repeat(MAX_LEVEL_BYTES)), 0);
        assert_eq!(interner.code(&"x".repeat(MAX_LEVEL_BYTES + 1)), UNSEEN);
    }

    #[test]
    fn absorbing_translates_codes() {
        let (mut ours, mut theirs) = (Levels::new(), Levels::new());
        ours.codes(&samples::full());
        let mut codes = theirs.codes(&samples::unset());
        let recoding = ours.absorb(&theirs);
        recoding.translate(&mut codes);
        assert_eq!(codes, ours.codes(&samples::unset()));
        let mut unseen = [UNSEEN; 5];
        recoding.translate(&mut unseen);
        assert_eq!(unseen, [UNSEEN; 5]);
    }
}
