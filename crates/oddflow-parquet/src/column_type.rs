//! The types of columns: which Arrow type a Zeek type becomes, and what two types of one column become together.

use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};

/// The type of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// A time: microseconds since the Unix epoch, UTC. Zeek writes no finer.
    Time,
    /// A span of time in seconds: an `f64`.
    Interval,
    /// A number: an `f64`.
    Real,
    /// A whole number without a sign: a `u64`.
    Count,
    /// A whole number with a sign: an `i64`.
    Int,
    /// A port: a `u16`.
    Port,
    /// Yes or no.
    Bool,
    /// Everything else: addresses, networks, enums, patterns, strings.
    Text,
}

/// The type of a column: values, or lists of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ColumnType {
    /// Of the value, or of the list's elements.
    pub scalar: Scalar,
    /// Whether it is a set or vector.
    pub is_list: bool,
}

impl ColumnType {
    /// Text.
    pub const TEXT: Self = Self::single(Scalar::Text);

    /// A type of single values.
    #[must_use]
    pub const fn single(scalar: Scalar) -> Self {
        Self { scalar, is_list: false }
    }

    /// A type of lists.
    #[must_use]
    pub const fn list(scalar: Scalar) -> Self {
        Self { scalar, is_list: true }
    }

    /// The type of a Zeek type as `#types` has it: `time`, `addr`, `set[string]`, ... What isn't known is text.
    #[must_use]
    pub fn of(zeek_type: &str) -> Self {
        let element = ["set[", "vector[", "table["].iter().find_map(|prefix| zeek_type.strip_prefix(prefix));
        match element.and_then(|element| element.strip_suffix(']')) {
            Some(element) => Self::list(Scalar::of(element)),
            None => Self::single(Scalar::of(zeek_type)),
        }
    }

    /// The type that holds the values of both, where logs disagree about a column.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.is_list != other.is_list {
            return Self::TEXT;
        }
        Self { scalar: self.scalar.union(other.scalar), is_list: self.is_list }
    }

    pub(crate) fn arrow(self) -> DataType {
        let scalar = self.scalar.arrow();
        if self.is_list { DataType::List(Arc::new(Field::new("item", scalar, true))) } else { scalar }
    }
}

impl Scalar {
    fn of(zeek_type: &str) -> Self {
        match zeek_type {
            "time" => Self::Time,
            "interval" => Self::Interval,
            "double" => Self::Real,
            "count" => Self::Count,
            "int" => Self::Int,
            "port" => Self::Port,
            "bool" => Self::Bool,
            _ => Self::Text,
        }
    }

    fn union(self, other: Self) -> Self {
        use Scalar::{Count, Int, Interval, Port, Real};
        match (self, other) {
            (a, b) if a == b => a,
            (Count | Port, Count | Port) => Count,
            (Count | Port | Int, Count | Port | Int) => Int,
            (Count | Port | Int | Real | Interval, Count | Port | Int | Real | Interval) => Real,
            _ => Self::Text,
        }
    }

    fn arrow(self) -> DataType {
        match self {
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Interval | Self::Real => DataType::Float64,
            Self::Count => DataType::UInt64,
            Self::Int => DataType::Int64,
            Self::Port => DataType::UInt16,
            Self::Bool => DataType::Boolean,
            Self::Text => DataType::Utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeek_types_become_column_types() {
        for (zeek, expected) in [
            ("time", ColumnType::single(Scalar::Time)),
            ("addr", ColumnType::TEXT),
            ("subnet", ColumnType::TEXT),
            ("enum", ColumnType::TEXT),
            ("", ColumnType::TEXT),
            ("set[addr]", ColumnType::list(Scalar::Text)),
            ("vector[interval]", ColumnType::list(Scalar::Interval)),
            ("table[count]", ColumnType::list(Scalar::Count)),
            ("set[", ColumnType::TEXT),
        ] {
            assert_eq!(ColumnType::of(zeek), expected, "{zeek}");
        }
    }

    #[test]
    fn a_union_holds_both() {
        use Scalar::{Bool, Count, Int, Interval, Port, Real, Text, Time};
        for (a, b, expected) in [
            (Count, Count, Count),
            (Port, Count, Count),
            (Count, Int, Int),
            (Int, Real, Real),
            (Interval, Count, Real),
            (Interval, Interval, Interval),
            (Time, Real, Text),
            (Bool, Count, Text),
            (Text, Time, Text),
        ] {
            assert_eq!(a.union(b), expected, "{a:?} and {b:?}");
            assert_eq!(b.union(a), expected, "{b:?} and {a:?}");
        }
        assert_eq!(ColumnType::list(Count).union(ColumnType::single(Count)), ColumnType::TEXT);
    }
}
