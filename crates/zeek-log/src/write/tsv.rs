//! Zeek's tab-separated form.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::column::{Kind, Target};
use super::{Value, number};
use crate::{Schema, value};

const UNSET: &[u8] = b"-";
const EMPTY: &[u8] = b"(empty)";
const SET_SEPARATOR: u8 = b',';

/// Bytes that must be escaped wherever they stand: controls (tab and line ends among them), DEL, backslash.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[0x7f] = true;
    escaped[b'\\' as usize] = true;
    escaped
};

pub(super) fn header(out: &mut Vec<u8>, schema: &Schema, open: Option<Timestamp>) {
    out.extend_from_slice(
        b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t",
    );
    text(out, schema.path.as_bytes(), false);
    out.push(b'\n');
    if let Some(open) = open {
        time_line(out, "#open", open);
    }
    out.extend_from_slice(b"#fields");
    for column in &schema.columns {
        out.push(b'\t');
        text(out, column.name.as_bytes(), false);
    }
    out.extend_from_slice(b"\n#types");
    for column in &schema.columns {
        out.push(b'\t');
        // JSON names no types. `string` holds whatever it is.
        let kind = if column.kind.is_empty() { "string" } else { &column.kind };
        text(out, kind.as_bytes(), false);
    }
    out.push(b'\n');
}

/// `#open` or `#close` with a time in UTC.
pub(super) fn time_line(out: &mut Vec<u8>, name: &str, time: Timestamp) {
    let time = time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H-%M-%S").to_string();
    out.extend_from_slice(name.as_bytes());
    out.push(b'\t');
    out.extend_from_slice(time.as_bytes());
    out.push(b'\n');
}

pub(super) fn row<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = (&'a Target, Value<'a>)>) {
    let start = out.len();
    for (column, value) in values {
        field(out, column.kind, value);
        out.push(b'\t');
    }
    match out.last_mut() {
        Some(last) if *last == b'\t' => *last = b'\n',
        _ => out.push(b'\n'),
    }
    // A row must not look like a line of the header, which may stand behind blanks.
    let first = out[start..].iter().position(|&byte| byte != b' ').map_or(start, |blanks| start + blanks);
    if out[first] == b'#' {
        out.splice(first..=first, *b"\\x23");
    }
}

fn field(out: &mut Vec<u8>, kind: Kind, value: Value<'_>) {
    match value {
        Value::Unset => out.extend_from_slice(UNSET),
        Value::Bool(value) => out.push(if value { b'T' } else { b'F' }),
        Value::Count(value) => number::unsigned(out, value),
        Value::Int(value) => number::signed(out, value),
        Value::Port(value) => number::unsigned(out, u64::from(value)),
        Value::Addr(value) => number::address(out, value),
        Value::Time(value) | Value::Interval(value) => {
            if value.is_finite() {
                number::six_decimals(out, value);
            } else {
                out.extend_from_slice(UNSET);
            }
        }
        Value::Double(value) => {
            if value.is_finite() {
                number::shortest(out, value);
            } else {
                out.extend_from_slice(UNSET);
            }
        }
        Value::Text(value) => string(out, value.as_bytes()),
        Value::Bytes(value) => string(out, value),
        Value::Set(values) => set(out, values.iter().copied()),
        Value::Intervals(values) => {
            let start = out.len();
            for value in values {
                if value.is_finite() {
                    number::six_decimals(out, *value);
                } else {
                    out.extend_from_slice(UNSET);
                }
                out.push(SET_SEPARATOR);
            }
            end_of_set(out, start);
        }
        Value::Field(value) => match kind {
            // Unlike an element of its own, an empty part of joined text stays empty: `a,,b`.
            Kind::Texts | Kind::Numbers if !value.is_empty() => {
                let start = out.len();
                for element in value.split(',') {
                    text(out, value::element(element, "").as_bytes(), true);
                    out.push(SET_SEPARATOR);
                }
                end_of_set(out, start);
            }
            _ => string(out, value.as_bytes()),
        },
    }
}

fn string(out: &mut Vec<u8>, value: &[u8]) {
    if value.is_empty() {
        out.extend_from_slice(EMPTY);
    } else {
        text(out, value, false);
    }
}

fn set<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = &'a str>) {
    let start = out.len();
    for value in values {
        if value.is_empty() {
            out.extend_from_slice(EMPTY);
        } else {
            text(out, value.as_bytes(), true);
        }
        out.push(SET_SEPARATOR);
    }
    end_of_set(out, start);
}

/// Takes back the separator after the last element; a set without elements is marked as empty.
fn end_of_set(out: &mut Vec<u8>, start: usize) {
    if out.len() > start {
        out.pop();
    } else {
        out.extend_from_slice(EMPTY);
    }
}

/// Text with its escapes: `\xNN` for what would break the row, for bytes outside UTF-8, for the set separator
/// inside a set, and for the first byte of a text that looks like a marker.
#[inline]
fn text(out: &mut Vec<u8>, value: &[u8], in_set: bool) {
    let plain = |&byte: &u8| !ESCAPED[usize::from(byte)] && byte < 0x80 && !(in_set && byte == SET_SEPARATOR);
    if value.iter().all(plain) && value != UNSET && value != EMPTY {
        out.extend_from_slice(value);
    } else {
        escaped(out, value, in_set);
    }
}

#[cold]
fn escaped(out: &mut Vec<u8>, value: &[u8], in_set: bool) {
    let mut value = value;
    if value == UNSET || value == EMPTY {
        hex(out, value[0]);
        value = &value[1..];
    }
    for chunk in value.utf8_chunks() {
        for &byte in chunk.valid().as_bytes() {
            if ESCAPED[usize::from(byte)] || in_set && byte == SET_SEPARATOR {
                hex(out, byte);
            } else {
                out.push(byte);
            }
        }
        for &byte in chunk.invalid() {
            hex(out, byte);
        }
    }
}

fn hex(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}
