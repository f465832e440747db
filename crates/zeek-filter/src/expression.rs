//! Comparisons joined by and, or and not: the tree that a filter is.
//!
//! It is kept in one shape for all texts that differ in parentheses only: an and holds no and, an or no or, a not no not, and both
//! lists have two parts or more. So the canonical form is the tree written down.

use std::fmt;

use zeek_log::ConnRecord;

use crate::comparison::Comparison;
use crate::finding::Finding;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Comparison(Comparison),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Expression {
    /// The opposite.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// All of one or more.
    pub(crate) fn all(parts: Vec<Self>) -> Self {
        let parts = parts.into_iter().flat_map(|part| match part {
            Self::All(parts) => parts,
            other => vec![other],
        });
        one_or(parts.collect(), Self::All)
    }

    /// Any of one or more.
    pub(crate) fn any(parts: Vec<Self>) -> Self {
        let parts = parts.into_iter().flat_map(|part| match part {
            Self::Any(parts) => parts,
            other => vec![other],
        });
        one_or(parts.collect(), Self::Any)
    }

    #[inline]
    pub(crate) fn matches(&self, record: &ConnRecord<'_>, finding: &Finding<'_>) -> bool {
        match self {
            Self::Comparison(comparison) => comparison.matches(record, finding),
            Self::Not(inner) => !inner.matches(record, finding),
            Self::All(parts) => parts.iter().all(|part| part.matches(record, finding)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(record, finding)),
        }
    }

    /// How many parentheses and signs of negation stand around the innermost part of the canonical form.
    pub(crate) fn nesting(&self) -> usize {
        match self {
            Self::Comparison(_) => 0,
            Self::Not(inner) => match &**inner {
                Self::Comparison(comparison) if comparison.has_opposite() => 1,
                other => 2 + other.nesting(),
            },
            Self::All(parts) => {
                let within = |part: &Self| part.nesting() + usize::from(matches!(part, Self::Any(_)));
                parts.iter().map(within).max().unwrap_or(0)
            }
            Self::Any(parts) => parts.iter().map(Self::nesting).max().unwrap_or(0),
        }
    }
}

fn one_or(mut parts: Vec<Expression>, more: impl Fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            more(parts)
        }
        None => more(parts),
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comparison(comparison) => comparison.write(f, false),
            Self::Not(inner) => match &**inner {
                Self::Comparison(comparison) if comparison.has_opposite() => comparison.write(f, true),
                other => write!(f, "!({other})"),
            },
            Self::All(parts) => joined(f, parts, " && ", |part| matches!(part, Self::Any(_))),
            Self::Any(parts) => joined(f, parts, " || ", |_| false),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expression],
    sign: &str,
    needs_parentheses: impl Fn(&Expression) -> bool,
) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(sign)?;
        }
        if needs_parentheses(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}
