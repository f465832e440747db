//! The keys of a JSON log and the types that their values show: JSON has no header to ask.

use std::collections::HashMap;

use serde_json::Value;
use zeek_log::{Row, value};

use crate::column_type::{ColumnType, Scalar};

/// The keys seen in rows of JSON, in order of their first appearance. Keys of different chunks are [merged](Keys::merge).
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Each with its type; `None` where no value has shown one yet.
    keys: Vec<(String, Option<ColumnType>)>,
    places: HashMap<String, usize>,
}

impl Keys {
    /// Looks at the values of a row.
    pub fn add(&mut self, row: &Row<'_>) {
        for (at, column) in row.schema().columns.iter().enumerate() {
            let Some(raw) = row.raw(at) else { continue };
            // The reader too has keys in the order of their first appearance, within a chunk.
            let place = match self.keys.get(at) {
                Some((name, _)) if *name == column.name => at,
                _ => self.place(&column.name),
            };
            let kind = &mut self.keys[place].1;
            if *kind != Some(ColumnType::TEXT) {
                *kind = union(*kind, shown(raw));
            }
        }
    }

    /// Takes in the keys of later rows.
    pub fn merge(&mut self, later: Self) {
        for (name, kind) in later.keys {
            let place = self.place(&name);
            self.keys[place].1 = union(self.keys[place].1, kind);
        }
    }

    /// The keys and the type of each. One that had nothing but empty lists has lists of text.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        self.keys.iter().map(|(name, kind)| (name.as_str(), kind.unwrap_or(ColumnType::list(Scalar::Text))))
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        self.places.insert(name.into(), self.keys.len());
        self.keys.push((name.into(), None));
        self.keys.len() - 1
    }
}

fn union(a: Option<ColumnType>, b: Option<ColumnType>) -> Option<ColumnType> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.union(b)),
        (a, b) => a.or(b),
    }
}

/// The type that a JSON value shows; `None` where it shows none, as an empty list.
fn shown(raw: &str) -> Option<ColumnType> {
    if !raw.starts_with('[') {
        return scalar(raw).map(ColumnType::single);
    }
    let Ok(elements) = serde_json::from_str::<Vec<Value>>(raw) else { return Some(ColumnType::TEXT) };
    let kinds = elements.iter().filter_map(|element| scalar(&element.to_string()));
    kinds.map(ColumnType::list).reduce(ColumnType::union)
}

fn scalar(raw: &str) -> Option<Scalar> {
    let is_whole = !raw.contains(['.', 'e', 'E']);
    let bytes = raw.as_bytes();
    match bytes.first()? {
        b'n' => None,
        b't' | b'f' => Some(Scalar::Bool),
        b'0'..=b'9' if is_whole && value::count(bytes).is_some() => Some(Scalar::Count),
        b'-' if is_whole && value::integer(bytes).is_some() => Some(Scalar::Int),
        b'-' | b'0'..=b'9' if value::real(bytes).is_some() => Some(Scalar::Real),
        _ => Some(Scalar::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_show_their_type() {
        for (raw, expected) in [
            ("1", Some(ColumnType::single(Scalar::Count))),
            ("-1", Some(ColumnType::single(Scalar::Int))),
            ("1.0", Some(ColumnType::single(Scalar::Real))),
            ("1e3", Some(ColumnType::single(Scalar::Real))),
            ("true", Some(ColumnType::single(Scalar::Bool))),
            ("\"1\"", Some(ColumnType::TEXT)),
            ("[]", None),
            ("[null]", None),
            ("[1.5,2]", Some(ColumnType::list(Scalar::Real))),
            ("[\"a\",null]", Some(ColumnType::list(Scalar::Text))),
            ("[[1]]", Some(ColumnType::list(Scalar::Text))),
        ] {
            assert_eq!(shown(raw), expected, "{raw}");
        }
    }
}
