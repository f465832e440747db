//! Expressions that were typed.

use zeek_filter::{Filter, Filters};

use crate::failure::Failure;

/// The filters of some expressions.
pub(crate) fn filters(texts: &[String]) -> Result<Filters, Failure> {
    let parsed = texts.iter().map(|text| Filter::parse(text)).collect::<Result<Vec<_>, _>>();
    parsed.map(Into::into).map_err(|error| Failure::usage(error.to_string(), error.remedy()))
}
