//! A row of a JSON log: one object a line, its values as text by column.
//!
//! The columns are the keys in order of their first appearance. Nested objects are flattened with a dot, so `id` with
//! `orig_h` in it is `id.orig_h`. Values are located, not converted: nothing is allocated for a row once its keys are
//! known, except where a string has escapes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde_json::value::RawValue;

use crate::conn_columns::ConnColumns;
use crate::conn_field::ConnField;
use crate::problem::excerpt;
use crate::schema::{Column, Schema};
use crate::value;

/// Bound on the keys that one log may have, so that a hostile file can't fill the memory.
const MOST_COLUMNS: usize = 4096;

/// Bound on objects within objects.
const DEEPEST: usize = 8;

/// Keys that shippers add to tell which log a row belongs to.
const PATH_KEYS: [&str; 2] = ["_path", "@stream"];

/// Where the text of a value lies.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Of the JSON value, in the line.
    raw: (u32, u32),
    /// Of its text, in the scratch where `in_scratch`, else in the line.
    text: (u32, u32),
    in_scratch: bool,
    /// Which row wrote the cell; cells of earlier rows are absent from the current one.
    row: u64,
}

/// Reads lines one after the other; keeps the schema that grows with them.
#[derive(Debug)]
pub(crate) struct JsonRows {
    pub(crate) schema: Schema,
    pub(crate) conn: ConnColumns,
    lookup: HashMap<String, usize>,
    cells: Vec<Cell>,
    /// The conn field of each column.
    fields: Vec<Option<ConnField>>,
    scratch: String,
    row: u64,
    /// The column after the one found last: rows of a log repeat the order of their keys.
    expected: usize,
    path_columns: [Option<usize>; PATH_KEYS.len()],
}

/// One row, located.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) conn: &'a ConnColumns,
    line: &'a str,
    scratch: &'a str,
    cells: &'a [Cell],
    row: u64,
    path_columns: [Option<usize>; PATH_KEYS.len()],
}

impl JsonRows {
    pub(crate) fn new() -> Self {
        Self {
            schema: Schema::default(),
            conn: ConnColumns::default(),
            lookup: HashMap::new(),
            cells: Vec::new(),
            fields: Vec::new(),
            scratch: String::new(),
            row: 0,
            expected: 0,
            path_columns: [None; PATH_KEYS.len()],
        }
    }

    /// Locates the values of one line. The error says what is wrong with it.
    pub(crate) fn read<'a>(&'a mut self, line: &'a str) -> Result<Object<'a>, String> {
        self.row += 1;
        self.expected = 0;
        self.scratch.clear();
        let mut json = serde_json::Deserializer::from_str(line);
        let mut visitor = ObjectVisitor { rows: self, line, prefix: "", depth: 0 };
        serde::de::DeserializeSeed::deserialize(&mut visitor, &mut json)
            .and_then(|()| json.end())
            .map_err(|error| format!("{error}: `{}`", excerpt(line)))?;
        Ok(Object {
            schema: &self.schema,
            conn: &self.conn,
            line,
            scratch: &self.scratch,
            cells: &self.cells,
            row: self.row,
            path_columns: self.path_columns,
        })
    }

    /// The column of a key that was seen before.
    fn column(&mut self, name: &str) -> Option<usize> {
        let expected = self.schema.columns.get(self.expected).is_some_and(|column| column.name == name);
        let column = if expected { self.expected } else { self.lookup.get(name).copied()? };
        self.expected = column + 1;
        Some(column)
    }

    /// Makes a column for a new key; `None` where there are too many.
    fn add_column(&mut self, name: &str) -> Option<usize> {
        let column = self.schema.columns.len();
        if column == MOST_COLUMNS {
            return None;
        }
        self.schema.columns.push(Column { name: name.into(), kind: String::new() });
        self.lookup.insert(name.into(), column);
        self.cells.push(Cell::default());
        self.fields.push(ConnField::named(name));
        if let Some(i) = PATH_KEYS.iter().position(|&key| key == name) {
            self.path_columns[i] = Some(column);
        }
        self.expected = column + 1;
        Some(column)
    }

    /// Keeps the value of a column; its raw text is a part of `line`.
    fn put(&mut self, column: usize, line: &str, raw: &str) -> Result<(), serde_json::Error> {
        // The offset within the line, as the value borrows from it.
        let from = raw.as_ptr() as usize - line.as_ptr() as usize;
        let to = from + raw.len();
        let mut text = (from, to);
        let mut in_scratch = false;
        let start = self.scratch.len();
        match raw.as_bytes()[0] {
            b'n' => {
                self.cells[column].row = 0;
                return Ok(());
            }
            b't' => self.scratch.push('T'),
            b'f' => self.scratch.push('F'),
            b'"' if !raw.contains('\\') => text = (from + 1, to - 1),
            b'"' => self.scratch.push_str(&serde_json::from_str::<String>(raw)?),
            b'[' => {
                for (i, element) in serde_json::from_str::<Vec<&RawValue>>(raw)?.iter().enumerate() {
                    value::push_element(&mut self.scratch, &element_text(element.get())?, i == 0);
                }
                in_scratch = true;
            }
            _ => {}
        }
        if in_scratch || self.scratch.len() > start {
            text = (start, self.scratch.len());
            in_scratch = true;
        }
        let narrow = |(from, to): (usize, usize)| (from as u32, to as u32);
        // Rows may name the same field differently, as after an update of Zeek; the first name within a row counts.
        if let Some(field) = self.fields[column] {
            let bound = self.conn.position(field);
            if bound != column && self.cells.get(bound).is_none_or(|cell| cell.row != self.row) {
                self.conn.bind_field(field, column);
            }
        }
        self.cells[column] = Cell { raw: narrow((from, to)), text: narrow(text), in_scratch, row: self.row };
        Ok(())
    }
}

/// The text of one element of an array.
fn element_text(raw: &str) -> Result<String, serde_json::Error> {
    match raw.as_bytes()[0] {
        b'"' => serde_json::from_str(raw),
        b't' => Ok("T".into()),
        b'f' => Ok("F".into()),
        b'n' => Ok("-".into()),
        _ => Ok(raw.into()),
    }
}

impl<'a> Object<'a> {
    fn cell(&self, column: usize) -> Option<&'a Cell> {
        self.cells.get(column).filter(|cell| cell.row == self.row)
    }

    pub(crate) fn raw(&self, column: usize) -> Option<&'a str> {
        self.cell(column).map(|cell| &self.line[cell.raw.0 as usize..cell.raw.1 as usize])
    }

    #[inline]
    pub(crate) fn text(&self, column: usize) -> Option<&'a str> {
        let cell = self.cell(column)?;
        let source = if cell.in_scratch { self.scratch } else { self.line };
        Some(&source[cell.text.0 as usize..cell.text.1 as usize])
    }

    pub(crate) fn elements(&self, column: usize) -> Option<Vec<String>> {
        let raw = self.raw(column)?;
        let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
            return self.text(column).map(|text| vec![text.to_owned()]);
        };
        Some(elements.iter().filter_map(|element| element_text(element.get()).ok()).collect())
    }

    /// The log that the row belongs to, where it says so.
    pub(crate) fn path(&self) -> Option<&'a str> {
        self.path_columns.into_iter().flatten().find_map(|column| self.text(column))
    }
}

/// Walks one object; keys become columns, values are kept by [`JsonRows::put`].
struct ObjectVisitor<'v, 'l> {
    rows: &'v mut JsonRows,
    line: &'l str,
    prefix: &'v str,
    depth: usize,
}

impl<'l> serde::de::DeserializeSeed<'l> for &mut ObjectVisitor<'_, 'l> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'l>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'l> serde::de::Visitor<'l> for &mut ObjectVisitor<'_, 'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one JSON object")
    }

    fn visit_map<A: serde::de::MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        use serde::de::Error;
        while let Some(key) = map.next_key_seed(Key { rows: self.rows, prefix: self.prefix })? {
            let raw = map.next_value::<&'l RawValue>()?.get();
            if raw.starts_with('{') {
                let prefix = match key {
                    KeyColumn::Known(column) => self.rows.schema.columns[column].name.clone(),
                    KeyColumn::New(name) => name,
                };
                self.nested(&(prefix + "."), raw).map_err(A::Error::custom)?;
                continue;
            }
            let column = match key {
                KeyColumn::Known(column) => Some(column),
                KeyColumn::New(name) => self.rows.add_column(&name),
            };
            let Some(column) = column else {
                return Err(A::Error::custom(format_args!("more than {MOST_COLUMNS} different keys")));
            };
            self.rows.put(column, self.line, raw).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

impl<'l> ObjectVisitor<'_, 'l> {
    fn nested(&mut self, prefix: &str, raw: &'l str) -> Result<(), serde_json::Error> {
        if self.depth == DEEPEST {
            return Err(serde::de::Error::custom("objects nested too deeply"));
        }
        let mut json = serde_json::Deserializer::from_str(raw);
        let mut inner = ObjectVisitor { rows: self.rows, line: self.line, prefix, depth: self.depth + 1 };
        serde::de::DeserializeSeed::deserialize(&mut inner, &mut json)
    }
}

struct Key<'v> {
    rows: &'v mut JsonRows,
    prefix: &'v str,
}

/// Whether a key has a column. The key of an object within the row never gets one.
enum KeyColumn {
    Known(usize),
    New(String),
}

impl<'l> serde::de::DeserializeSeed<'l> for Key<'_> {
    type Value = KeyColumn;

    fn deserialize<D: serde::Deserializer<'l>>(self, deserializer: D) -> Result<KeyColumn, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl serde::de::Visitor<'_> for Key<'_> {
    type Value = KeyColumn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<KeyColumn, E> {
        let name = if self.prefix.is_empty() {
            Cow::Borrowed(key)
        } else {
            Cow::Owned(format!("{}{key}", self.prefix))
        };
        Ok(self.rows.column(&name).map_or_else(|| KeyColumn::New(name.into_owned()), KeyColumn::Known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(rows: &mut JsonRows, line: &str, name: &str) -> Option<String> {
        let object = rows.read(line).unwrap();
        object.text(object.schema.position(name)?).map(str::to_owned)
    }

    #[test]
    fn values_are_text_by_key() {
        let mut rows = JsonRows::new();
        let line = r#"{"ts": 1.5, "id": {"orig_h": "10.0.0.1"}, "s": "a\tb\u00e9", "set": ["x,y", "z"], "none": null, "up": true, "empty": []}"#;
        for (name, text) in [
            ("ts", Some("1.5")),
            ("id.orig_h", Some("10.0.0.1")),
            ("s", Some("a\tbé")),
            ("set", Some("x\\x2cy,z")),
            ("none", None),
            ("up", Some("T")),
            ("empty", Some("")),
            ("absent", None),
        ] {
            assert_eq!(get(&mut rows, line, name).as_deref(), text, "{name}");
        }
    }

    #[test]
    fn a_key_left_out_is_unset_though_the_row_before_had_it() {
        let mut rows = JsonRows::new();
        assert_eq!(get(&mut rows, r#"{"a":"1","b":"2"}"#, "a").as_deref(), Some("1"));
        assert_eq!(get(&mut rows, r#"{"b":"3"}"#, "a"), None);
        assert_eq!(get(&mut rows, r#"{"b":"3"}"#, "b").as_deref(), Some("3"));
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        let mut rows = JsonRows::new();
        for line in ["{", r#"{"a":1"#, r#"{"a":1} {"#, "[1]", "7", r#"{"a":tru}"#, "{\"a\":\"\\ud800\"}"] {
            assert!(rows.read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn keys_are_bounded() {
        let mut rows = JsonRows::new();
        for i in 0..MOST_COLUMNS {
            rows.read(&format!("{{\"k{i}\":1}}")).unwrap();
        }
        assert!(rows.read(r#"{"one_more":1}"#).unwrap_err().contains("4096"));
    }

    #[test]
    fn depth_is_bounded() {
        let mut rows = JsonRows::new();
        let deep = "{\"a\":".repeat(50) + "1" + &"}".repeat(50);
        assert!(rows.read(&deep).is_err());
    }
}
