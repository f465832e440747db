//! What the writer knows of each column: its type, its JSON key, and which field of a connection goes there.

use super::json;
use crate::{ConnField, Schema};

/// The columns of the log being written.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) columns: Vec<Target>,
}

/// A column to write to.
#[derive(Debug)]
pub(super) struct Target {
    /// The name as a JSON key with quotes and colon.
    pub(super) key: Vec<u8>,
    pub(super) kind: Kind,
    /// What of a connection belongs here; `None` where a record has nothing of that name.
    pub(super) field: Option<ConnField>,
}

/// The types that differ in how a text of them is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    Text,
    Texts,
    Numbers,
}

impl Kind {
    fn of(zeek_type: &str) -> Self {
        let element = ["set[", "vector[", "table["].iter().find_map(|prefix| zeek_type.strip_prefix(prefix));
        match element.map(|element| element.trim_end_matches(']')) {
            Some("count" | "int" | "port" | "double" | "time" | "interval") => Self::Numbers,
            Some(_) => Self::Texts,
            None => match zeek_type {
                "bool" => Self::Bool,
                "count" | "int" | "port" | "double" | "time" | "interval" => Self::Number,
                _ => Self::Text,
            },
        }
    }
}

impl Layout {
    pub(super) fn new(schema: &Schema) -> Self {
        let columns = schema.columns.iter().map(|column| {
            let mut key = Vec::with_capacity(column.name.len() + 3);
            json::text(&mut key, column.name.as_bytes());
            key.push(b':');
            Target { key, kind: Kind::of(&column.kind), field: ConnField::named(&column.name) }
        });
        Self { columns: columns.collect() }
    }
}
