//! The header of a TSV log, directive by directive, with the variants that real files show.

use crate::conn_columns::ConnColumns;
use crate::conn_field::ConnField;
use crate::schema::{Column, Schema};
use crate::value;

/// What separates two fields that share the last cell of a row.
///
/// The labelled logs of the IoT-23 data set append `label` and `detailed-label` behind three spaces instead of a tab, in
/// the header and in every row.
pub(crate) const SHARED_CELL: &str = "   ";

/// How the rows of a TSV log are to be read, as declared by the directives so far.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) separator: u8,
    pub(crate) set_separator: u8,
    pub(crate) empty: String,
    pub(crate) unset: String,
    /// The text of `#open`; empty where there is none.
    pub(crate) open: String,
    pub(crate) schema: Schema,
    /// How many columns share the last cell; 1 in a proper log.
    pub(crate) sharing_last_cell: usize,
    pub(crate) conn: ConnColumns,
    /// The first field that every conn log needs and this one doesn't have.
    pub(crate) missing: Option<ConnField>,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: b'\t',
            set_separator: b',',
            empty: "(empty)".into(),
            unset: "-".into(),
            open: String::new(),
            schema: Schema::default(),
            sharing_last_cell: 1,
            conn: ConnColumns::default(),
            missing: ConnColumns::default().missing(),
        }
    }
}

impl Header {
    /// A header of nothing but field names, as `tsv=T` filters write it and as `--fields` gives it.
    pub(crate) fn bare(names: &[&str]) -> Self {
        let mut header = Self::default();
        header.set_fields(names.iter().copied());
        header
    }

    /// Whether the fields are known, so that rows can be read.
    pub(crate) fn is_complete(&self) -> bool {
        !self.schema.columns.is_empty()
    }

    /// Whether it is the header of another log than the one that is read, as where logs were joined into one file.
    #[inline]
    pub(crate) fn is_of_other(&self, log: &str) -> bool {
        let path = self.schema.path.as_str();
        !path.is_empty() && path != log
    }

    /// Takes in one line that starts with `#`, without its `\n`. Unknown directives and remarks change nothing.
    pub(crate) fn apply(&mut self, line: &str) {
        let Some(line) = line.trim_start().trim_end_matches('\r').strip_prefix('#') else { return };
        if let Some(value) = line.strip_prefix("separator") {
            // `#separator \x09`, or with the tab itself in between.
            if let Some(byte) = single_byte(value.trim_start_matches([' ', '\t'])) {
                self.separator = byte;
            }
            return;
        }
        let separator = char::from(self.separator);
        let (name, value) = line.split_once([separator, ' ']).unwrap_or((line, ""));
        match name {
            "set_separator" => {
                if let Some(byte) = single_byte(value) {
                    self.set_separator = byte;
                }
            }
            "empty_field" => self.empty = value.into(),
            "unset_field" => self.unset = value.into(),
            "path" => self.schema.path = value.trim().into(),
            "open" => self.open = value.trim().into(),
            "fields" => self.set_fields(value.split(separator)),
            "types" => self.set_types(value.split(separator)),
            // Logs of 2011 and before name their fields in a remark: `# ts	uid	id.orig_h ...`.
            "" if value.split(separator).next() == Some("ts") => self.set_fields(value.split(separator)),
            _ => {}
        }
    }

    fn set_fields<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        let mut columns = Vec::new();
        self.sharing_last_cell = 1;
        for cell in names {
            let before = columns.len();
            for name in cell.split(SHARED_CELL).map(str::trim).filter(|name| !name.is_empty()) {
                columns.push(Column { name: name.into(), kind: String::new() });
            }
            self.sharing_last_cell = (columns.len() - before).max(1);
        }
        self.schema.columns = columns;
        self.conn = ConnColumns::bind(&self.schema);
        self.missing = self.conn.missing();
    }

    fn set_types<'n>(&mut self, kinds: impl Iterator<Item = &'n str>) {
        let kinds =
            kinds.flat_map(|cell| cell.split(SHARED_CELL)).map(str::trim).filter(|kind| !kind.is_empty());
        for (column, kind) in self.schema.columns.iter_mut().zip(kinds) {
            column.kind = kind.into();
        }
    }
}

/// One ASCII byte, as itself or as `\xNN`. Zeek allows no longer separators, and one that is a part of a character or of
/// a line's end would leave no text to read.
fn single_byte(value: &str) -> Option<u8> {
    let byte = match value.as_bytes() {
        [byte] => *byte,
        [b'\\', b'x', high, low, ..] => value::hex_byte(*high, *low)?,
        _ => return None,
    };
    (byte.is_ascii() && !matches!(byte, b'\n' | b'\r')).then_some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(lines: &str) -> Header {
        let mut header = Header::default();
        lines.lines().for_each(|line| header.apply(line));
        header
    }

    fn names(header: &Header) -> Vec<&str> {
        header.schema.columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn every_marker_can_be_redefined() {
        let h = header(
            "#separator \\x7c\n#set_separator|;\n#empty_field|EMPTY\n#unset_field|NULL\n#path|conn\n#open|2020-01-01-00-00-00\n#fields|ts|uid\n#types|time|string",
        );
        assert_eq!((h.separator, h.set_separator), (b'|', b';'));
        assert_eq!((h.empty.as_str(), h.unset.as_str()), ("EMPTY", "NULL"));
        assert_eq!((h.schema.path.as_str(), h.open.as_str()), ("conn", "2020-01-01-00-00-00"));
        assert_eq!(names(&h), ["ts", "uid"]);
        assert_eq!(h.schema.columns[0].kind, "time");
    }

    #[test]
    fn a_tab_may_stand_around_the_separator() {
        let h = header("\t#separator\t\\x09\n#fields\tts\tuid");
        assert_eq!(h.separator, b'\t');
        assert_eq!(names(&h), ["ts", "uid"]);
    }

    #[test]
    fn fields_may_stand_in_a_remark() {
        let h = header("### made by btest\n# ts\tuid\tid.orig_h\n# another remark");
        assert_eq!(names(&h), ["ts", "uid", "id.orig_h"]);
    }

    #[test]
    fn several_fields_may_share_the_last_cell() {
        let h = header(
            "#fields\tts\ttunnel_parents   label   detailed-label\n#types\ttime\tset[string]   string   string",
        );
        assert_eq!(names(&h), ["ts", "tunnel_parents", "label", "detailed-label"]);
        assert_eq!(h.sharing_last_cell, 3);
        assert_eq!(h.schema.columns[3].kind, "string");
    }

    #[test]
    fn masked_open_and_close_do_no_harm() {
        let h = header("#fields\tts\n#open XXXX-XX-XX-XX-XX-XX\n#close XXXX-XX-XX-XX-XX-XX");
        assert_eq!(h.open, "XXXX-XX-XX-XX-XX-XX");
        assert!(h.is_complete());
    }
}
