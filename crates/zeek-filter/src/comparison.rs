//! One comparison of a field: what it asks of a record, and how it is written.

use std::fmt;

use zeek_log::ConnRecord;

use crate::address::AddressSet;
use crate::domain;
use crate::field::{AddressField, Field, FindingField, NumberField, TextField, TruthField};
use crate::finding::Finding;
use crate::lexer::Operator;
use crate::ranges::Ranges;
use crate::text::{Case, Glob, UNSET, Written};

/// A question to a record that is answered with yes or no. Only where the question is about unset itself, a record without a
/// value is a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Address(AddressField, AddressSet),
    Number(NumberField, Numbers),
    Text(TextField, Texts),
    Truth(TruthField, Option<bool>),
    Finding(FindingField, Texts),
}

/// Which numbers pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    Below(i128),
    AtMost(i128),
    Above(i128),
    AtLeast(i128),
    Among { ranges: Ranges<i128>, unset: bool },
}

/// Which texts pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    Among {
        /// In the field's case, in order, each once.
        texts: Box<[String]>,
        unset: bool,
    },
    Like(Glob),
}

impl Comparison {
    #[inline]
    pub(crate) fn matches(&self, record: &ConnRecord<'_>, finding: &Finding<'_>) -> bool {
        match self {
            Self::Address(field, set) => field.any(record, |address| set.holds(address)),
            Self::Number(field, numbers) => {
                field.any(record, numbers.hold_unset(), |number| numbers.hold(number))
            }
            Self::Text(field, texts) => match field.of(record) {
                None => texts.hold_unset(),
                Some(text) if field.is_set() => text
                    .as_bytes()
                    .split(|&byte| byte == b',')
                    .any(|element| texts.hold(element, field.case())),
                Some(text) => texts.hold(text.as_bytes(), field.case()),
            },
            Self::Truth(field, value) => field.of(record) == *value,
            Self::Finding(field, texts) => texts.hold_of(*field, field.of(finding)),
        }
    }

    /// Whether the opposite is written as one comparison too.
    pub(crate) fn has_opposite(&self) -> bool {
        match self {
            Self::Number(_, numbers) => matches!(numbers, Numbers::Among { .. }),
            _ => true,
        }
    }

    /// Writes it, or its opposite, which has to have one.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, opposite: bool) -> fmt::Result {
        let among = |is_single: bool| match (is_single, opposite) {
            (true, false) => Operator::Equal,
            (true, true) => Operator::NotEqual,
            (false, false) => Operator::In,
            (false, true) => Operator::NotIn,
        };
        match self {
            Self::Address(field, set) => {
                let networks = set.networks();
                let is_single = networks.len() == 1 && !networks[0].is_wide();
                begin(f, Field::Address(*field), among(is_single))?;
                list(f, networks.iter(), networks.len(), false, |f, network| write!(f, "{network}"))
            }
            Self::Number(field, Numbers::Among { ranges, unset }) => {
                let unit = field.unit();
                let of_one = ranges.iter().all(|range| unit.is_single(range));
                begin(f, Field::Number(*field), among(ranges.len() + usize::from(*unset) == 1 && of_one))?;
                list(f, ranges.iter(), ranges.len(), *unset, |f, range| unit.write_range(f, range))
            }
            Self::Number(field, numbers) => numbers.write_limit(f, *field),
            Self::Text(field, texts) => texts.write(f, Field::Text(*field), among, opposite),
            Self::Finding(field, texts) => texts.write(f, Field::Finding(*field), among, opposite),
            Self::Truth(field, value) => {
                let name = Field::Truth(*field).name();
                let sign = among(true).sign();
                match value {
                    Some(true) => write!(f, "{}{name}", if opposite { "!" } else { "" }),
                    Some(false) => write!(f, "{name} {sign} F"),
                    None => write!(f, "{name} {sign} {UNSET}"),
                }
            }
        }
    }
}

impl Numbers {
    #[inline]
    fn hold(&self, number: i128) -> bool {
        match self {
            Self::Below(limit) => number < *limit,
            Self::AtMost(limit) => number <= *limit,
            Self::Above(limit) => number > *limit,
            Self::AtLeast(limit) => number >= *limit,
            Self::Among { ranges, .. } => ranges.hold(number),
        }
    }

    #[inline]
    fn hold_unset(&self) -> bool {
        matches!(self, Self::Among { unset: true, .. })
    }

    fn write_limit(&self, f: &mut fmt::Formatter<'_>, field: NumberField) -> fmt::Result {
        let (operator, number, is_whole_days) = match self {
            Self::Below(limit) => (Operator::Below, limit, true),
            Self::AtMost(limit) => (Operator::AtMost, limit, false),
            Self::Above(limit) => (Operator::Above, limit, false),
            Self::AtLeast(limit) => (Operator::AtLeast, limit, true),
            Self::Among { .. } => return Ok(()),
        };
        begin(f, Field::Number(field), operator)?;
        let unit = field.unit();
        if is_whole_days { unit.write_limit(f, *number) } else { unit.write(f, *number) }
    }
}

impl Texts {
    /// Some texts, in any order.
    pub(crate) fn among(mut texts: Vec<String>, unset: bool) -> Self {
        texts.sort_unstable();
        texts.dedup();
        Self::Among { texts: texts.into(), unset }
    }

    #[inline]
    fn hold(&self, text: &[u8], case: Case) -> bool {
        // Most lists are short: comparing beats searching.
        const FEW: usize = 8;
        match self {
            Self::Among { texts, .. } if texts.len() <= FEW => {
                texts.iter().any(|kept| case.equal(kept.as_bytes(), text))
            }
            Self::Among { texts, .. } => {
                let folded = || text.iter().map(|&byte| case.fold(byte));
                texts.binary_search_by(|kept| kept.bytes().cmp(folded())).is_ok()
            }
            Self::Like(glob) => glob.matches(text, case),
        }
    }

    #[inline]
    fn hold_unset(&self) -> bool {
        matches!(self, Self::Among { unset: true, .. })
    }

    /// Whether one of the texts of a finding passes.
    fn hold_of(&self, field: FindingField, found: &[&str]) -> bool {
        match (self, field) {
            _ if found.is_empty() => self.hold_unset(),
            (Self::Among { texts, .. }, FindingField::Domain) => {
                found.iter().any(|name| texts.iter().any(|kept| domain::holds(kept, name)))
            }
            (Self::Like(_), FindingField::Domain) => {
                found.iter().any(|name| self.hold(domain::bare(name).as_bytes(), Case::Lower))
            }
            _ => found.iter().any(|text| self.hold(text.as_bytes(), Case::Lower)),
        }
    }

    fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        field: Field,
        among: impl Fn(bool) -> Operator,
        opposite: bool,
    ) -> fmt::Result {
        match self {
            Self::Among { texts, unset } => {
                begin(f, field, among(texts.len() + usize::from(*unset) == 1))?;
                list(f, texts.iter(), texts.len(), *unset, |f, text| write!(f, "{}", Written(text)))
            }
            Self::Like(glob) => {
                begin(f, field, if opposite { Operator::NotLike } else { Operator::Like })?;
                write!(f, "{}", Written(glob.pattern()))
            }
        }
    }
}

fn begin(f: &mut fmt::Formatter<'_>, field: Field, operator: Operator) -> fmt::Result {
    write!(f, "{} {} ", field.name(), operator.sign())
}

/// Writes values, in braces where they are several.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    values: impl Iterator<Item = T>,
    count: usize,
    unset: bool,
    write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    let braces = count + usize::from(unset) > 1;
    if braces {
        f.write_str("{")?;
    }
    for (i, value) in values.enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write(f, value)?;
    }
    if unset {
        f.write_str(if count > 0 { ", " } else { "" })?;
        f.write_str(UNSET)?;
    }
    if braces { f.write_str("}") } else { Ok(()) }
}
