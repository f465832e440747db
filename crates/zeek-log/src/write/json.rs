//! JSON lines, as Zeek's JSON formatter lays them out: dotted keys, epoch seconds, unset keys left out.

use super::column::{Kind, Target};
use super::{Value, number};
use crate::value;

pub(super) fn row<'a>(out: &mut Vec<u8>, values: impl Iterator<Item = (&'a Target, Value<'a>)>) {
    let start = out.len();
    out.push(b'{');
    for (column, value) in values {
        if is_unset(value) {
            continue;
        }
        if out.len() > start + 1 {
            out.push(b',');
        }
        out.extend_from_slice(&column.key);
        write_value(out, column.kind, value);
    }
    out.extend_from_slice(b"}\n");
}

fn is_unset(value: Value<'_>) -> bool {
    match value {
        Value::Unset => true,
        Value::Double(value) | Value::Time(value) | Value::Interval(value) => !value.is_finite(),
        _ => false,
    }
}

fn write_value(out: &mut Vec<u8>, kind: Kind, value: Value<'_>) {
    match value {
        Value::Unset => out.extend_from_slice(b"null"),
        Value::Bool(value) => boolean(out, value),
        Value::Count(value) => number::unsigned(out, value),
        Value::Int(value) => number::signed(out, value),
        Value::Port(value) => number::unsigned(out, u64::from(value)),
        Value::Double(value) => number::shortest(out, value),
        Value::Time(value) | Value::Interval(value) => number::six_decimals(out, value),
        Value::Addr(value) => {
            out.push(b'"');
            number::address(out, value);
            out.push(b'"');
        }
        Value::Text(value) => text(out, value.as_bytes()),
        Value::Bytes(value) => text(out, value),
        Value::Set(values) => array(out, values.iter(), |out, value| text(out, value.as_bytes())),
        Value::Intervals(values) => array(out, values.iter(), |out, value| {
            if value.is_finite() {
                number::six_decimals(out, *value);
            } else {
                out.extend_from_slice(b"null");
            }
        }),
        Value::Field(value) => field(out, kind, value),
    }
}

/// A text whose column says what it is. One that isn't what the column says stays text.
fn field(out: &mut Vec<u8>, kind: Kind, value: &str) {
    match kind {
        Kind::Texts | Kind::Numbers if value.is_empty() => out.extend_from_slice(b"[]"),
        Kind::Texts => {
            array(out, value.split(','), |out, raw| text(out, value::element(raw, "").as_bytes()));
        }
        Kind::Numbers => array(out, value.split(','), number_text),
        Kind::Number => number_text(out, value),
        Kind::Bool if value == "T" || value == "F" => boolean(out, value == "T"),
        Kind::Bool | Kind::Text => text(out, value.as_bytes()),
    }
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn array<T>(out: &mut Vec<u8>, values: impl Iterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, value);
    }
    out.push(b']');
}

fn number_text(out: &mut Vec<u8>, value: &str) {
    if is_number(value.as_bytes()) {
        out.extend_from_slice(value.as_bytes());
    } else {
        text(out, value.as_bytes());
    }
}

/// Whether a text is a number by JSON's grammar, without exponent: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`.
fn is_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = digits.split_at(whole);
    let fraction = match rest {
        [] => true,
        [b'.', fraction @ ..] => !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    fraction && (whole == b"0" || whole.first().is_some_and(|&first| first != b'0'))
}

/// A JSON string. Bytes outside UTF-8 become the four characters `\xNN`, as Zeek does.
pub(super) fn text(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    let plain = |&byte: &u8| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
    if value.iter().all(plain) {
        out.extend_from_slice(value);
    } else {
        escaped(out, value);
    }
    out.push(b'"');
}

#[cold]
fn escaped(out: &mut Vec<u8>, value: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for chunk in value.utf8_chunks() {
        for &byte in chunk.valid().as_bytes() {
            match byte {
                b'"' => out.extend_from_slice(b"\\\""),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                0..0x20 | 0x7f => {
                    out.extend_from_slice(b"\\u00");
                    out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
                }
                _ => out.push(byte),
            }
        }
        for &byte in chunk.invalid() {
            out.extend_from_slice(b"\\\\x");
            out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}
