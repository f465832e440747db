//! What is kept of a companion row with an alert, as logs rotate away: the telling columns, short.
//!
//! The values are what hosts of the network sent, and nothing in them can be trusted: whoever shows them escapes them.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeek_log::{Row, value};

use super::kind::Kind;

/// The telling columns of a row. As JSON it takes at most [`Evidence::MOST_BYTES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The log.
    pub log: Kind,
    /// The row's time, in seconds since the Unix epoch; `None` where it can't be read.
    pub ts: Option<f64>,
    /// Columns that are set, in the order that a reader wants, with their values: untrusted text, cut with `…` where it is long.
    pub fields: Fields,
}

/// Names and values; in JSON an object in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

/// The evidence of a connection: its first rows, and how many there were besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRows {
    /// At most [`EvidenceRows::MOST`].
    pub rows: Vec<Evidence>,
    /// Rows left out.
    pub more: u64,
}

/// Columns in the order in which they are kept, and how many bytes of a value at most.
fn columns(kind: Kind) -> &'static [(&'static str, usize)] {
    match kind {
        Kind::Dns => &[("query", 256), ("qtype_name", 16), ("rcode_name", 16), ("answers", 200), ("rtt", 16)],
        Kind::Http => &[
            ("method", 16),
            ("host", 128),
            ("uri", 256),
            ("user_agent", 160),
            ("status_code", 8),
            ("resp_mime_types", 64),
            ("request_body_len", 20),
            ("response_body_len", 20),
            ("referrer", 80),
        ],
        Kind::Ssl => &[
            ("server_name", 128),
            ("version", 16),
            ("cipher", 48),
            ("established", 4),
            ("validation_status", 64),
            ("subject", 160),
            ("issuer", 160),
            ("ja4", 48),
            ("ja3", 32),
            ("ja3s", 32),
            ("next_protocol", 16),
        ],
        Kind::Ssh => &[
            ("auth_success", 4),
            ("auth_attempts", 8),
            ("client", 96),
            ("server", 96),
            ("direction", 16),
            ("hassh", 32),
            ("hasshServer", 32),
            ("host_key", 64),
        ],
        Kind::Files => &[
            ("filename", 160),
            ("mime_type", 64),
            ("source", 16),
            ("seen_bytes", 20),
            ("total_bytes", 20),
            ("is_orig", 4),
            ("sha256", 64),
            ("sha1", 40),
            ("md5", 32),
            ("fuid", 24),
        ],
        Kind::SmbFiles => &[("action", 32), ("path", 128), ("name", 200), ("size", 20), ("prev_name", 160)],
        Kind::SmbMapping => &[("path", 160), ("service", 32), ("native_file_system", 16), ("share_type", 16)],
        Kind::SmbCmd => &[
            ("command", 48),
            ("sub_command", 48),
            ("argument", 160),
            ("status", 48),
            ("username", 64),
            ("tree", 128),
            ("referenced_file.name", 160),
        ],
    }
}

impl Evidence {
    /// Most bytes of a row's evidence as JSON.
    pub const MOST_BYTES: usize = 1024;

    /// What is kept of a row of a log.
    #[must_use]
    pub fn of(kind: Kind, row: &Row<'_>) -> Self {
        let ts = row.get("ts").and_then(|text| value::time(text.as_bytes()));
        let mut fields = Vec::new();
        // The braces, the log, a time of up to 24 digits, and what stands around the fields.
        let mut left = Self::MOST_BYTES - 80;
        let mut add = |name: &str, value: &str, most: usize| {
            // Quotes, colon, comma.
            let Some(room) = left.checked_sub(name.len() + 6) else { return };
            let value = cut(value, most.min(room));
            if !value.is_empty() {
                left -= name.len() + 6 + value.chars().map(json_length).sum::<usize>();
                fields.push((name.to_owned(), value));
            }
        };
        for &(name, most) in columns(kind) {
            let Some(value) = row.get(name) else { continue };
            if (kind, name) == (Kind::Dns, "answers") && !value.is_empty() {
                add("answer_count", &value.split(',').count().to_string(), 8);
            }
            add(name, &value, most);
        }
        Self { log: kind, ts, fields: Fields(fields) }
    }

    /// The value of a column.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.0.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
    }
}

impl EvidenceRows {
    /// Most rows that are kept of a connection.
    pub const MOST: usize = 8;

    /// Adds a row, or counts it where there are enough.
    pub fn push(&mut self, kind: Kind, row: &Row<'_>) {
        if self.rows.len() < Self::MOST {
            self.rows.push(Evidence::of(kind, row));
        } else {
            self.more += 1;
        }
    }

    /// Adds the rows of another part of the same connection.
    pub fn merge(&mut self, other: Self) {
        let room = Self::MOST - self.rows.len().min(Self::MOST);
        self.more += other.more + (other.rows.len() - other.rows.len().min(room)) as u64;
        self.rows.extend(other.rows.into_iter().take(room));
    }
}

/// Bytes that a character takes in a JSON text.
fn json_length(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}

/// Text that takes at most so many bytes in JSON; what was longer ends in `…`.
fn cut(text: &str, most: usize) -> String {
    const MARK: char = '…';
    let mut used = 0;
    // The end of what fits beside the mark.
    let mut end = 0;
    for (at, c) in text.char_indices() {
        used += json_length(c);
        if used + MARK.len_utf8() <= most {
            end = at + c.len_utf8();
        }
        if used > most {
            return if most < MARK.len_utf8() { String::new() } else { format!("{}{MARK}", &text[..end]) };
        }
    }
    text.to_owned()
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer", 5), "lo…");
        assert_eq!(cut("longer", 3), "…");
        assert_eq!(cut("longer", 2), "");
        assert_eq!(cut("", 0), "");
        assert_eq!(cut("ééé", 5), "é…");
    }

    proptest! {
        #[test]
        fn cut_text_fits(text in "\\PC{0,20}|[\"\\\\\n\u{1}a]{0,20}", most in 0_usize..40) {
            let cut = cut(&text, most);
            prop_assert!(serde_json::to_string(&cut).unwrap().len() <= most + 2);
            prop_assert!(cut == text || cut.is_empty() || cut.ends_with('…'));
        }
    }
}
