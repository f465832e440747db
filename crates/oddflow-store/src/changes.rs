//! What has changed since somebody looked: by kind, and whether anything has at all.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::StoreError;
use crate::store::Store;

/// Kinds of what changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeTopic {
    /// Incidents, their alerts, what people say of them.
    Incidents,
    /// How far logs were read, and what traffic they hold.
    Traffic,
    /// Models and their roles.
    Models,
    /// Rules.
    Suppressions,
    /// How days compare with the baseline, and notices that were given up.
    Health,
}

impl ChangeTopic {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Incidents, Self::Traffic, Self::Models, Self::Suppressions, Self::Health];

    /// Its name in the file.
    fn name(self) -> &'static str {
        match self {
            Self::Incidents => "incidents",
            Self::Traffic => "traffic",
            Self::Models => "models",
            Self::Suppressions => "suppressions",
            Self::Health => "health",
        }
    }
}

/// How often each kind has changed, ever.
pub type Changes = BTreeMap<ChangeTopic, u64>;

/// Kinds that a transaction has changed so far.
#[derive(Debug, Default)]
pub(crate) struct Touched(std::cell::Cell<u8>);

impl Touched {
    pub(crate) fn touch(&self, topic: ChangeTopic) {
        self.0.set(self.0.get() | 1 << topic as u8);
    }

    /// Counts the changes, in the transaction that they are of.
    pub(crate) fn count(&self, connection: &Connection) -> rusqlite::Result<()> {
        let touched = |topic: &ChangeTopic| self.0.get() >> *topic as u8 & 1 == 1;
        ChangeTopic::ALL.into_iter().filter(touched).try_for_each(|topic| count(connection, topic))
    }
}

/// Counts one change, in the transaction that it is of.
pub(crate) fn count(connection: &Connection, topic: ChangeTopic) -> rusqlite::Result<()> {
    let sql = "INSERT INTO change VALUES (?1, 1) ON CONFLICT (topic) DO UPDATE SET number = number + 1";
    connection.prepare_cached(sql)?.execute([topic.name()]).map(|_| ())
}

impl Store {
    /// A number that is another one when anybody else has written to the database since; that of another connection says nothing.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut select| select.query_row([], |row| row.get(0)))
            .map_err(|e| self.error(e))
    }

    /// How often each kind has changed, ever.
    ///
    /// # Errors
    ///
    /// Where reading fails.
    pub fn changes(&self) -> Result<Changes, StoreError> {
        let counted: Vec<(String, u64)> =
            self.collect("SELECT topic, number FROM change", |row| Ok((row.get(0)?, row.get(1)?)))?;
        let of =
            |topic: ChangeTopic| counted.iter().find(|(name, _)| name == topic.name()).map_or(0, |(_, n)| *n);
        Ok(ChangeTopic::ALL.into_iter().map(|topic| (topic, of(topic))).collect())
    }
}
