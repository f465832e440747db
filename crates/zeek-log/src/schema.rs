//! The columns of a log: what a TSV header declares, or the keys seen in JSON lines.

use crate::conn_field::ConnField;

/// The name and the Zeek type of one column, as the log has them (`id.orig_h`, `addr`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name as written in the log, before known renames are applied.
    pub name: String,
    /// Zeek type (`time`, `addr`, `set[string]`, ...); empty where the log doesn't say, as in JSON.
    pub kind: String,
}

impl Column {
    /// Whether the type is a set or vector: `set[addr]`, `vector[interval]`, ...
    #[must_use]
    pub fn is_container(&self) -> bool {
        self.kind.ends_with(']')
    }
}

/// The columns of one log, in its order, and the name of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Name of the log: `conn`, `dns`, ...; empty where it isn't known.
    pub path: String,
    /// The columns in the order of the log.
    pub columns: Vec<Column>,
}

impl Schema {
    /// A schema of the given name and `(name, type)` columns.
    #[must_use]
    pub fn new(path: &str, columns: &[(&str, &str)]) -> Self {
        let columns =
            columns.iter().map(|&(name, kind)| Column { name: name.into(), kind: kind.into() }).collect();
        Self { path: path.into(), columns }
    }

    /// The conn log of Zeek 7.1 and later: 22 columns.
    #[must_use]
    pub fn conn() -> Self {
        let fields = ConnField::ALL.iter().take_while(|&&field| field != ConnField::Vlan);
        let columns = fields.map(|field| Column { name: field.name().into(), kind: field.kind().into() });
        Self { path: "conn".into(), columns: columns.collect() }
    }

    /// The position of a column by its name in the log.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}
