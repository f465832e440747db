//! One row of any log, as text by column.

use std::borrow::Cow;

use crate::chunk::Position;
use crate::header::Header;
use crate::json::Object;
use crate::schema::Schema;
use crate::value;

/// One row of a log of any type: its cells by column, before they are typed.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(crate) position: Position,
    pub(crate) cells: Cells<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'a> {
    /// Cell bounds within the text of the chunk.
    Tsv {
        header: &'a Header,
        text: &'a str,
        bounds: &'a [(u32, u32)],
    },
    Json(Object<'a>),
}

/// Whether a cell is the marker of an unset or empty value. Nearly none is, and the first byte mostly tells.
#[inline]
pub(crate) fn is_marker(cell: &[u8], marker: &str) -> bool {
    let marker = marker.as_bytes();
    cell.len() == marker.len() && cell.first() == marker.first() && (cell.len() <= 1 || cell == marker)
}

impl<'a> Row<'a> {
    /// The line of the row, from 1, in the uncompressed log.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.position.lines + 1
    }

    /// Where the row begins in the uncompressed log.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The columns of the log; for JSON the keys seen so far, in order of their first appearance.
    #[must_use]
    pub fn schema(&self) -> &'a Schema {
        match self.cells {
            Cells::Tsv { header, .. } => &header.schema,
            Cells::Json(object) => object.schema,
        }
    }

    /// The cell of a column as the log has it, escapes and all: TSV text, or a JSON value. `None` where a JSON row has
    /// no such key or the column doesn't exist.
    #[must_use]
    pub fn raw(&self, column: usize) -> Option<&'a str> {
        match self.cells {
            Cells::Tsv { text, bounds, .. } => {
                bounds.get(column).map(|&(from, to)| &text[from as usize..to as usize])
            }
            Cells::Json(object) => object.raw(column),
        }
    }

    /// The text of a column, unescaped; `None` where it is unset. The elements of a set or vector are joined by commas,
    /// with `\x2c` for a comma and `\x5c` for a backslash within one.
    #[must_use]
    pub fn text(&self, column: usize) -> Option<Cow<'a, str>> {
        match self.cells {
            Cells::Tsv { header, .. } => {
                let raw = self.raw(column)?;
                if is_marker(raw.as_bytes(), &header.unset) {
                    None
                } else if is_marker(raw.as_bytes(), &header.empty) {
                    Some(Cow::Borrowed(""))
                } else if header.schema.columns[column].is_container() {
                    let joined = value::set_text(raw, header.set_separator, &header.empty);
                    Some(joined.map_or(Cow::Borrowed(raw), Cow::Owned))
                } else {
                    Some(value::unescape(raw).unwrap_or(Cow::Borrowed(raw)))
                }
            }
            Cells::Json(object) => object.text(column).map(Cow::Borrowed),
        }
    }

    /// The text of the column of this name, as [`Row::text`] gives it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.text(self.schema().position(name)?)
    }

    /// The unescaped elements of a set or vector; `None` where it is unset.
    #[must_use]
    pub fn elements(&self, column: usize) -> Option<Vec<String>> {
        match self.cells {
            Cells::Tsv { header, .. } => {
                let raw = self.raw(column)?;
                if is_marker(raw.as_bytes(), &header.unset) {
                    return None;
                }
                if is_marker(raw.as_bytes(), &header.empty) {
                    return Some(Vec::new());
                }
                let elements = raw.split(char::from(header.set_separator));
                Some(elements.map(|raw| value::element(raw, &header.empty).into_owned()).collect())
            }
            Cells::Json(object) => object.elements(column),
        }
    }

    /// Whether the log writes JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self.cells, Cells::Json(_))
    }
}
