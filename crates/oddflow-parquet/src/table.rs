//! The columns that logs of one kind have together.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, Schema as ArrowSchema, SchemaRef};
use zeek_log::{ConnField, Schema};

use crate::column_type::{ColumnType, Scalar};
use crate::keys::Keys;

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the log has it; conn columns under the name that today's Zeek gives them.
    pub name: String,
    /// Its type.
    pub kind: ColumnType,
}

/// The columns of all logs that go into one file, each once: those of the first log in its order, then what each later one
/// has besides, in its order.
///
/// JSON leaves out what is unset, so the order of its keys says little: those of conn come in the order of Zeek's conn log, and
/// all of them come; other keys follow in the order of their first appearance.
#[derive(Clone, Debug)]
pub struct Table {
    log: String,
    columns: Vec<Column>,
    places: HashMap<String, usize>,
}

impl Table {
    /// A table of the logs of one kind (`conn`, `dns`, ...), without columns.
    #[must_use]
    pub fn new(log: &str) -> Self {
        Self { log: log.into(), columns: Vec::new(), places: HashMap::new() }
    }

    /// The kind of its logs.
    #[must_use]
    pub fn log(&self) -> &str {
        &self.log
    }

    /// Whether rows have to be read as conn records.
    #[must_use]
    pub fn is_conn(&self) -> bool {
        self.log == "conn"
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Takes in the columns that the header of a TSV log declares. Where it declares no types, columns have those that their
    /// names have in every log of Zeek's, else they are text.
    pub fn add_schema(&mut self, schema: &Schema) {
        for column in &schema.columns {
            let name = self.name_of(&column.name);
            let declared = if column.kind.is_empty() { usual(name) } else { ColumnType::of(&column.kind) };
            let kind = self.known(name).unwrap_or(declared);
            self.add(name.to_owned(), kind);
        }
    }

    /// Takes in the keys of a JSON log.
    pub fn add_keys(&mut self, keys: &Keys) {
        if self.is_conn() {
            self.add_schema(&Schema::conn());
        }
        for (key, shown) in keys.types() {
            let name = self.name_of(key);
            let usual = Some(usual(name)).filter(|usual| *usual != ColumnType::TEXT);
            let kind = self.known(name).or(usual).unwrap_or(shown);
            self.add(name.to_owned(), kind);
        }
    }

    /// The name of the column that a log's own column goes to.
    pub(crate) fn name_of<'n>(&self, name: &'n str) -> &'n str {
        if self.is_conn() { ConnField::named(name).map_or(name, |field| field.name()) } else { name }
    }

    /// The place of the column of this name.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The type of a column that the reader types itself, whatever a log declares.
    fn known(&self, name: &str) -> Option<ColumnType> {
        let field = ConnField::named(name).filter(|_| self.is_conn());
        field.map(|field| ColumnType::of(field.kind()))
    }

    fn add(&mut self, name: String, kind: ColumnType) {
        match self.places.get(&name) {
            Some(&place) => {
                let column = &mut self.columns[place];
                column.kind = column.kind.union(kind);
            }
            None => {
                self.places.insert(name.clone(), self.columns.len());
                self.columns.push(Column { name, kind });
            }
        }
    }

    /// The columns as Arrow has them.
    pub(crate) fn arrow(&self) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, column.kind.arrow(), true);
        Arc::new(ArrowSchema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

/// The type that a column of this name has in every log of Zeek's; text where the name says nothing.
fn usual(name: &str) -> ColumnType {
    match name {
        "ts" => ColumnType::single(Scalar::Time),
        "id.orig_p" | "id.resp_p" | "id_orig_p" | "id_resp_p" => ColumnType::single(Scalar::Port),
        _ => ColumnType::TEXT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(table: &Table) -> Vec<&str> {
        table.columns().iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn columns_come_in_the_order_of_the_logs() {
        let mut table = Table::new("dns");
        table.add_schema(&Schema::new("dns", &[("ts", "time"), ("uid", "string"), ("rcode", "count")]));
        table.add_schema(&Schema::new("dns", &[("uid", "string"), ("extra", "bool"), ("rcode", "int")]));
        assert_eq!(names(&table), ["ts", "uid", "rcode", "extra"]);
        assert_eq!(table.columns()[2].kind, ColumnType::single(Scalar::Int));
    }

    #[test]
    fn generations_of_conn_share_their_columns() {
        let mut table = Table::new("conn");
        table.add_schema(&Schema::new(
            "conn",
            &[("ts", ""), ("parents", "table[string]"), ("orig_bytes", "")],
        ));
        table.add_schema(&Schema::conn());
        assert_eq!(&names(&table)[..3], ["ts", "tunnel_parents", "orig_bytes"]);
        assert_eq!(table.columns().len(), 22);
        assert_eq!(table.columns()[2].kind, ColumnType::single(Scalar::Count));
    }
}
