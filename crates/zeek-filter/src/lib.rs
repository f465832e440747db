//! The one small language in which oddflow is told which connections are meant: `id.orig_h in 10.0.0.0/8 && service == dns`.
//!
//! A [`Filter`] is parsed once, with its names and values resolved, and then asked of each [`ConnRecord`] without allocating.
//! [`Filters`] are several of them, of which any may match. The language is described in `docs/filter.md`, whose examples are
//! tests. It looks at one record only and knows no models, files or clocks.
//!
//! A [`FindingFilter`] is the same of a row that was found odd: it knows what was found besides, as a [`Finding`].
//!
//! ```
//! # use zeek_filter::Filter;
//! let filter = Filter::parse("orig_h in 10.0.0.0/8 and !(service == dns or duration < 90)")?;
//! assert_eq!(filter.to_string(), "id.orig_h in 10.0.0.0/8 && !(service == dns || duration < 90s)");
//! # Ok::<(), zeek_filter::FilterError>(())
//! ```

mod address;
mod builders;
mod calendar;
mod comparison;
mod domain;
mod error;
mod expression;
mod field;
mod filters;
mod finding;
mod lexer;
mod nearest;
mod parser;
mod ranges;
mod text;
mod unit;
mod values;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeek_log::ConnRecord;

pub use error::FilterError;
pub use filters::Filters;
pub use finding::{Finding, FindingFilter, Words};

use expression::Expression;
use field::Scope;

/// The longest text of a filter, as it is given and in its canonical form, in bytes: about 4,000 addresses.
pub const MAX_LENGTH: usize = 1 << 16;

/// How many parentheses and negations may stand around a comparison, so that no filter exhausts the stack.
pub const MAX_DEPTH: usize = 64;

/// An expression over the fields of a connection.
///
/// `Display` writes the canonical form, which parses back to an equal filter: Zeek's names, `&&`, `||` and `!`, values in order.
/// It is printable ASCII without a single quote, so it can stand between single quotes in a shell. Filters that differ in
/// spelling and parentheses only are equal. As data (serde), a filter is its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Filter {
    expression: Expression,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// The text is no filter, or beyond [`MAX_LENGTH`] or [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Self::parse_in(text, Scope::Connection)
    }

    fn parse_in(text: &str, scope: Scope<'_>) -> Result<Self, FilterError> {
        if text.len() > MAX_LENGTH {
            return Err(too_long(text, "the filter"));
        }
        Self { expression: parser::parse(text, scope)? }.within_limits(text)
    }

    /// Whether a record is one of those that are meant.
    #[must_use]
    pub fn matches(&self, record: &ConnRecord<'_>) -> bool {
        self.expression.matches(record, &Finding::NONE)
    }

    /// The filter, where its canonical form can be parsed again. It may be longer and deeper than the text it comes from.
    fn within_limits(self, text: &str) -> Result<Self, FilterError> {
        let depth = self.expression.nesting();
        if depth > MAX_DEPTH {
            let message = format!(
                "the filter has {depth} parentheses and negations around a part; {MAX_DEPTH} is the limit"
            );
            return Err(FilterError::new(text, 0..0, message, "Use several filters, or fewer parentheses."));
        }
        let mut length = Length(0);
        // Counting can't fail.
        let _ = fmt::write(&mut length, format_args!("{self}"));
        if length.0 > MAX_LENGTH { Err(too_long(text, "the filter in its canonical form")) } else { Ok(self) }
    }
}

fn too_long(text: &str, what: &str) -> FilterError {
    // The beginning is enough to know it by.
    let end = (0..=80.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let message = format!("{what} is longer than {MAX_LENGTH} bytes");
    FilterError::new(
        &text[..end],
        0..0,
        message,
        "Use several filters, or networks in place of single addresses.",
    )
}

/// Counts the bytes that are written.
struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.expression, f)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filter({self})")
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| de::Error::custom(format_args!("{error}\n{}", error.remedy())))
    }
}
