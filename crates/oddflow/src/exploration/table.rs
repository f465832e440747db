//! The numbers behind a figure, as comma-separated values (RFC 4180).

use std::fmt::Display;

use oddflow_dashboard::csv_text;

/// Rows of cells below names.
pub(crate) struct Table {
    text: String,
    rows: usize,
}

impl Table {
    /// A table of columns with these names.
    pub(crate) fn new(names: &[&str]) -> Self {
        let mut table = Self { text: String::new(), rows: 0 };
        table.row(names.iter().map(|name| Cell::from(*name)));
        table.rows = 0;
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        for (i, Cell(cell)) in cells.into_iter().enumerate() {
            if i > 0 {
                self.text.push(',');
            }
            self.text.push_str(&cell);
        }
        self.text.push_str("\r\n");
        self.rows += 1;
    }

    /// Rows below the names.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// All of it, the names first.
    pub(crate) fn csv(&self) -> &str {
        &self.text
    }
}

/// One cell, ready.
pub(crate) struct Cell(String);

impl Cell {
    /// A number, or nothing.
    pub(crate) fn number(number: Option<impl Display>) -> Self {
        Self(number.map_or_else(String::new, |number| number.to_string()))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(csv_text(text))
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl From<$number> for Cell {
            fn from(number: $number) -> Self {
                Self(number.to_string())
            }
        }
    )* };
}
numbers!(u8, u64, usize, i32, f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must() {
        let mut table = Table::new(&["service", "rows"]);
        table.row(["http,ssl".into(), 7_u64.into()]);
        table.row([Cell::number(None::<f64>), 0.25.into()]);
        assert_eq!(table.csv(), "service,rows\r\n\"http,ssl\",7\r\n,0.25\r\n");
    }
}
