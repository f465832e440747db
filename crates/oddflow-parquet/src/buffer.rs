//! The values of one column of a chunk, on their way to an Arrow array. Unlike Arrow's own builders, a buffer can be cut back, so
//! that a row of which one value can't be read leaves nothing behind.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt16Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, ListArray, PrimitiveArray, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer as Bytes, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::Field;
use zeek_log::write::Value;
use zeek_log::{ProblemKind, value};

use crate::column_type::{ColumnType, Scalar};

/// Most bytes of text, or elements of lists, of one column of a chunk: Arrow counts them in 32 bits.
const MOST: usize = i32::MAX as usize;

/// Bytes of the longest address: IPv6 with an IPv4 address at its end.
const LONGEST_ADDRESS: usize = 45;

/// Values of one column, each set or unset.
#[derive(Debug)]
pub(crate) struct Buffer {
    values: Values,
    is_set: Vec<bool>,
    unset: usize,
}

#[derive(Debug)]
enum Values {
    Time(Vec<i64>),
    Real(Vec<f64>),
    Count(Vec<u64>),
    Int(Vec<i64>),
    Port(Vec<u16>),
    Bool(Vec<bool>),
    /// Where each text begins and the last ends, and all of them.
    Text(Vec<i32>, String),
    /// Where each list begins and the last ends, and the elements of all.
    List(Vec<i32>, Box<Buffer>),
}

impl Buffer {
    pub(crate) fn new(kind: ColumnType) -> Self {
        let values = match kind.scalar {
            scalar if kind.is_list => Values::List(vec![0], Box::new(Self::new(ColumnType::single(scalar)))),
            Scalar::Time => Values::Time(Vec::new()),
            Scalar::Interval | Scalar::Real => Values::Real(Vec::new()),
            Scalar::Count => Values::Count(Vec::new()),
            Scalar::Int => Values::Int(Vec::new()),
            Scalar::Port => Values::Port(Vec::new()),
            Scalar::Bool => Values::Bool(Vec::new()),
            Scalar::Text => Values::Text(vec![0], String::new()),
        };
        Self { values, is_set: Vec::new(), unset: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.is_set.len()
    }

    pub(crate) fn push_unset(&mut self) {
        self.is_set.push(false);
        self.unset += 1;
        match &mut self.values {
            Values::Time(values) | Values::Int(values) => values.push(0),
            Values::Real(values) => values.push(0.0),
            Values::Count(values) => values.push(0),
            Values::Port(values) => values.push(0),
            Values::Bool(values) => values.push(false),
            Values::Text(ends, text) => ends.push(text.len() as i32),
            Values::List(ends, elements) => ends.push(elements.len() as i32),
        }
    }

    /// Adds a value as text. The error says what is wrong with it; nothing is added then.
    pub(crate) fn push_text(&mut self, text: &str) -> Result<(), ProblemKind> {
        use ProblemKind::{BadBool, BadNumber, BadTime};
        let bytes = text.as_bytes();
        match &mut self.values {
            Values::Time(values) => values.push(micros(value::time(bytes).ok_or(BadTime)?)),
            Values::Real(values) => values.push(value::real(bytes).ok_or(BadNumber)?),
            Values::Count(values) => values.push(value::count(bytes).ok_or(BadNumber)?),
            Values::Int(values) => values.push(value::integer(bytes).ok_or(BadNumber)?),
            Values::Port(values) => values.push(value::port(bytes).ok_or(BadNumber)?),
            Values::Bool(values) => values.push(value::truth(bytes).ok_or(BadBool)?),
            Values::Text(ends, all) => {
                room(all.len(), text.len())?;
                all.push_str(text);
                ends.push(all.len() as i32);
            }
            Values::List(..) => return self.push_list(std::iter::once(Some(text))),
        }
        self.is_set.push(true);
        Ok(())
    }

    /// Adds a list, of which elements may be unset, to a column of lists.
    pub(crate) fn push_list<'e>(
        &mut self,
        mut elements: impl Iterator<Item = Option<&'e str>>,
    ) -> Result<(), ProblemKind> {
        let Values::List(ends, items) = &mut self.values else {
            unreachable!("lists go to columns of lists, not to {:?}", self.values)
        };
        let before = items.len();
        let added = elements.try_for_each(|element| {
            room(items.len(), 1)?;
            match element {
                Some(element) => items.push_text(element),
                None => {
                    items.push_unset();
                    Ok(())
                }
            }
        });
        if let Err(problem) = added {
            items.truncate(before);
            return Err(problem);
        }
        ends.push(items.len() as i32);
        self.is_set.push(true);
        Ok(())
    }

    /// Adds a value of a typed record, of this column's type.
    pub(crate) fn push(&mut self, value: Value<'_>) -> Result<(), ProblemKind> {
        match (&mut self.values, value) {
            (_, Value::Unset) => {
                self.push_unset();
                return Ok(());
            }
            (Values::Time(values), Value::Time(time)) => values.push(micros(time)),
            (Values::Real(values), Value::Interval(value)) => values.push(value),
            (Values::Count(values), Value::Count(value)) => values.push(value),
            (Values::Int(values), Value::Int(value)) => values.push(value),
            (Values::Port(values), Value::Port(value)) => values.push(value),
            (Values::Bool(values), Value::Bool(value)) => values.push(value),
            (Values::Text(..), Value::Text(text) | Value::Field(text)) => return self.push_text(text),
            (Values::Text(ends, text), Value::Addr(address)) => {
                room(text.len(), LONGEST_ADDRESS)?;
                push_address(text, address);
                ends.push(text.len() as i32);
            }
            (values, value) => unreachable!("{value:?} goes to a column of its type, not to {values:?}"),
        }
        self.is_set.push(true);
        Ok(())
    }

    /// Takes back all but the first so many values.
    pub(crate) fn truncate(&mut self, len: usize) {
        let Some(taken_back) = self.is_set.get(len..) else { return };
        self.unset -= taken_back.iter().filter(|is_set| !**is_set).count();
        self.is_set.truncate(len);
        match &mut self.values {
            Values::Time(values) | Values::Int(values) => values.truncate(len),
            Values::Real(values) => values.truncate(len),
            Values::Count(values) => values.truncate(len),
            Values::Port(values) => values.truncate(len),
            Values::Bool(values) => values.truncate(len),
            Values::Text(ends, text) => {
                ends.truncate(len + 1);
                text.truncate(ends[len] as usize);
            }
            Values::List(ends, elements) => {
                ends.truncate(len + 1);
                elements.truncate(ends[len] as usize);
            }
        }
    }

    /// The values as an Arrow array.
    pub(crate) fn into_array(self) -> ArrayRef {
        let nulls = (self.unset > 0).then(|| NullBuffer::from(self.is_set));
        match self.values {
            Values::Time(values) => {
                let times = PrimitiveArray::<TimestampMicrosecondType>::new(values.into(), nulls);
                Arc::new(times.with_timezone("UTC"))
            }
            Values::Real(values) => Arc::new(PrimitiveArray::<Float64Type>::new(values.into(), nulls)),
            Values::Count(values) => Arc::new(PrimitiveArray::<UInt64Type>::new(values.into(), nulls)),
            Values::Int(values) => Arc::new(PrimitiveArray::<Int64Type>::new(values.into(), nulls)),
            Values::Port(values) => Arc::new(PrimitiveArray::<UInt16Type>::new(values.into(), nulls)),
            Values::Bool(values) => Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)),
            Values::Text(ends, text) => {
                Arc::new(StringArray::new(offsets(ends), Bytes::from_vec(text.into_bytes()), nulls))
            }
            Values::List(ends, elements) => {
                let elements = elements.into_array();
                let field = Field::new("item", elements.data_type().clone(), true);
                Arc::new(ListArray::new(Arc::new(field), offsets(ends), elements, nulls))
            }
        }
    }
}

/// Microseconds of a time in seconds: exact for what Zeek writes, until the year 2242.
fn micros(seconds: f64) -> i64 {
    // Apart, as the product of all of it would be rounded twice: the fraction is off by less than half a microsecond.
    let whole = seconds.floor();
    whole as i64 * 1_000_000 + ((seconds - whole) * 1e6).round() as i64
}

fn offsets(ends: Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(ends))
}

/// Whether there is room for so many more.
fn room(held: usize, more: usize) -> Result<(), ProblemKind> {
    if held.saturating_add(more) > MOST { Err(ProblemKind::OverlongLine) } else { Ok(()) }
}

fn push_address(text: &mut String, address: IpAddr) {
    match address {
        // Nearly all are IPv4, and the general formatting is slow.
        IpAddr::V4(address) => {
            for (i, octet) in address.octets().into_iter().enumerate() {
                if i > 0 {
                    text.push('.');
                }
                push_octet(text, octet);
            }
        }
        IpAddr::V6(address) => write!(text, "{address}").expect("text grows"),
    }
}

fn push_octet(text: &mut String, octet: u8) {
    let digit = |value: u8| char::from(b'0' + value);
    if octet >= 100 {
        text.push(digit(octet / 100));
    }
    if octet >= 10 {
        text.push(digit(octet / 10 % 10));
    }
    text.push(digit(octet % 10));
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;

    #[test]
    fn what_is_cut_back_leaves_nothing() {
        let mut buffer = Buffer::new(ColumnType::list(Scalar::Count));
        buffer.push_list([Some("1"), None].into_iter()).unwrap();
        buffer.push_unset();
        buffer.push_list([Some("2")].into_iter()).unwrap();
        assert_eq!(buffer.push_list([Some("3"), Some("x")].into_iter()), Err(ProblemKind::BadNumber));
        assert_eq!(buffer.len(), 3);
        buffer.truncate(1);
        buffer.push_list(std::iter::empty()).unwrap();
        let array = buffer.into_array();
        let lists = array.as_list::<i32>();
        assert_eq!((lists.len(), lists.null_count()), (2, 0));
        assert_eq!(lists.value(0).as_primitive::<UInt64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
        assert!(lists.value(1).is_empty());
    }

    #[test]
    fn times_are_exact() {
        for (text, expected) in [
            ("1331901000.260001", 1_331_901_000_260_001),
            ("1588317555874.701", 1_588_317_555_874_701),
            ("2011-08-15T03:36:16.748830Z", 1_313_379_376_748_830),
            ("0.000000", 0),
            ("-0.000001", -1),
        ] {
            assert_eq!(value::time(text.as_bytes()).map(micros), Some(expected), "{text}");
        }
    }

    #[test]
    fn addresses_are_written_as_everywhere() {
        for address in
            ["0.0.0.0", "10.0.0.255", "192.168.100.1", "203.0.113.9", "::", "2001:db8::1", "::ffff:192.0.2.4"]
        {
            let mut text = String::new();
            push_address(&mut text, address.parse().unwrap());
            assert_eq!(text, address);
        }
    }
}
