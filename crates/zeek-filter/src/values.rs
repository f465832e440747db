//! What stands behind an operator, read as the field wants it.

use std::borrow::Cow;
use std::ops::Range;

use crate::address::{AddressSet, Network, NoNetwork};
use crate::comparison::{Comparison, Numbers, Texts};
use crate::domain::{self, NoDomain};
use crate::error::FilterError;
use crate::field::{AddressField, Field, FindingField, NumberField, Scope, TextField, TruthField, Unit};
use crate::lexer::Operator;
use crate::nearest;
use crate::ranges::Ranges;
use crate::text::{self, Case, Glob, Written};
use crate::unit::{NoNumber, what_is};

/// A value as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Value<'a> {
    /// Without quotes.
    pub(crate) text: Cow<'a, str>,
    pub(crate) is_quoted: bool,
    pub(crate) place: Range<usize>,
}

/// A value, or a range with its ends.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) first: Value<'a>,
    pub(crate) last: Option<Value<'a>>,
}

impl Value<'_> {
    fn is_unset(&self) -> bool {
        !self.is_quoted && text::is_unset(&self.text)
    }
}

/// Whether an operator compares the values of a field.
pub(crate) fn takes(field: Field, operator: Operator) -> bool {
    use Operator::{Equal, In, Like, NotEqual, NotIn, NotLike};
    match field {
        Field::Address(_) => matches!(operator, Equal | NotEqual | In | NotIn),
        Field::Number(_) => !matches!(operator, Like | NotLike),
        Field::Text(_) | Field::Finding(_) => {
            matches!(operator, Equal | NotEqual | In | NotIn | Like | NotLike)
        }
        Field::Truth(_) => matches!(operator, Equal | NotEqual),
    }
}

/// The comparison of a field with what was written. That it is negated is the caller's to say.
pub(crate) fn comparison(
    text: &str,
    scope: Scope<'_>,
    field: Field,
    operator: Operator,
    items: &[Item<'_>],
) -> Result<Comparison, FilterError> {
    let reader = Reader { text, field };
    match field {
        Field::Address(address) => reader.address(address, items),
        Field::Number(number) => reader.number(number, operator, items),
        Field::Text(text) => reader.text(text, operator, items),
        Field::Truth(truth) => reader.truth(truth, items),
        Field::Finding(finding) => reader.finding(finding, scope, operator, items),
    }
}

/// How much of a value is repeated in a message or a remedy, in characters.
const LONGEST_SHOWN: usize = 40;

/// A text for a message: not too long, and without anything that a terminal would act on.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST_SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST_SHOWN).is_some() {
        shown.push_str("...");
    }
    // The quotes around a text are no quotes within it.
    shown.replace("\\\"", "\"").replace("\\'", "'")
}

struct Reader<'a> {
    text: &'a str,
    field: Field,
}

impl Reader<'_> {
    fn fail(&self, value: &Value<'_>, message: impl Into<String>, remedy: impl Into<String>) -> FilterError {
        FilterError::new(self.text, value.place.clone(), message, remedy)
    }

    fn example(&self) -> String {
        format!("Write {}.", self.field.example())
    }

    /// Whether one of the values is unset, and the others.
    fn unset<'i, 'v>(
        &self,
        items: &'i [Item<'v>],
    ) -> Result<(bool, impl Iterator<Item = &'i Item<'v>>), FilterError> {
        let is_unset = |item: &&Item<'_>| item.last.is_none() && item.first.is_unset();
        let unset = items.iter().find(is_unset);
        if let Some(item) = unset.filter(|_| !self.field.may_be_unset()) {
            let message = format!("{} is never unset", self.field.name());
            return Err(self.fail(&item.first, message, self.example()));
        }
        Ok((unset.is_some(), items.iter().filter(move |item| !is_unset(item))))
    }

    /// The value of an item that can't be a range.
    fn alone<'i, 'v>(&self, item: &'i Item<'v>) -> Result<&'i Value<'v>, FilterError> {
        let Some(last) = &item.last else { return Ok(&item.first) };
        let place = item.first.place.start..last.place.end;
        let message = format!("{} is {}, which has no ranges", self.field.name(), self.field.kind());
        Err(FilterError::new(self.text, place, message, self.example()))
    }

    fn address(&self, field: AddressField, items: &[Item<'_>]) -> Result<Comparison, FilterError> {
        let (_, items) = self.unset(items)?;
        let networks = items.map(|item| self.network(self.alone(item)?)).collect::<Result<_, _>>()?;
        Ok(Comparison::Address(field, AddressSet::new(networks)))
    }

    fn network(&self, value: &Value<'_>) -> Result<Network, FilterError> {
        Network::parse(&value.text).map_err(|error| match error {
            NoNetwork::Other => self.mismatch(value),
            NoNetwork::Prefix(longest) => {
                let message = format!("{} has no prefix of 0 to {longest} bits", shown(&value.text));
                self.fail(value, message, self.example())
            }
            NoNetwork::HostBits(network) => {
                let host = value.text.split('/').next().unwrap_or_default();
                let message = format!("{} has bits beyond its prefix", shown(&value.text));
                let remedy = format!("Write {network} for the network, or {host} for that one address.");
                self.fail(value, message, remedy)
            }
        })
    }

    fn number(
        &self,
        field: NumberField,
        operator: Operator,
        items: &[Item<'_>],
    ) -> Result<Comparison, FilterError> {
        let (unset, others) = self.unset(items)?;
        let unit = field.unit();
        let mut ranges = Vec::new();
        for item in others {
            let first = self.quantity(unit, &item.first)?;
            let Some(value) = &item.last else {
                ranges.push(first);
                continue;
            };
            let last = self.quantity(unit, value)?;
            match unit.turns_after() {
                _ if first.0 <= last.1 => ranges.push((first.0, last.1)),
                Some(highest) => ranges.extend([(first.0, highest), (0, last.1)]),
                None => return Err(self.backwards(&item.first, value)),
            }
        }
        let numbers = match (operator, &ranges[..]) {
            // Of a date alone, the whole day lies on one side.
            (Operator::Below, &[(first, _)]) => Numbers::Below(first),
            (Operator::AtLeast, &[(first, _)]) => Numbers::AtLeast(first),
            (Operator::AtMost, &[(first, last)]) if first < last => Numbers::Below(last + 1),
            (Operator::Above, &[(first, last)]) if first < last => Numbers::AtLeast(last + 1),
            (Operator::AtMost, &[(_, last)]) => Numbers::AtMost(last),
            (Operator::Above, &[(_, last)]) => Numbers::Above(last),
            (Operator::Below | Operator::AtMost | Operator::Above | Operator::AtLeast, _) => {
                let message = format!("unset has no order that {} could compare", operator.sign());
                let remedy = format!(
                    "Write {name} == unset or {name} != unset. No other comparison is true of a value that is unset.",
                    name = self.field.name()
                );
                return Err(self.fail(&items[0].first, message, remedy));
            }
            _ => Numbers::Among { ranges: Ranges::new(ranges), unset },
        };
        Ok(Comparison::Number(field, numbers))
    }

    fn backwards(&self, first: &Value<'_>, last: &Value<'_>) -> FilterError {
        let (low, high) = (shown(&first.text), shown(&last.text));
        let place = first.place.start..last.place.end;
        let message = format!("this range is empty: {high} lies before {low}");
        FilterError::new(self.text, place, message, format!("Write {} in {high}..{low}.", self.field.name()))
    }

    fn quantity(&self, unit: Unit, value: &Value<'_>) -> Result<(i128, i128), FilterError> {
        let text = &*value.text;
        unit.read(text).map_err(|error| match error {
            NoNumber::Other => self.mismatch(value),
            NoNumber::HalfASize if text.len() > LONGEST_SHOWN => self.mismatch(value),
            NoNumber::Fraction => {
                let of = match unit {
                    Unit::Bytes => " of bytes",
                    Unit::Duration => " of microseconds",
                    _ => "",
                };
                self.fail(value, format!("{} is no whole number{of}", shown(text)), self.example())
            }
            NoNumber::Beyond(limit) => {
                self.fail(value, format!("{} is too large: {limit}", shown(text)), self.example())
            }
            NoNumber::HalfASize => {
                let (number, letter) = text.split_at(text.len() - 1);
                let letter = letter.to_ascii_uppercase();
                // The prefix of 1000 is a small k.
                let (decimal, binary) =
                    (format!("{number}{}B", letter.replace('K', "k")), format!("{number}{letter}iB"));
                let remedy = format!("Write {decimal} for powers of 1000, {binary} for powers of 1024.");
                self.fail(value, format!("{text} may mean {decimal} or {binary}"), remedy)
            }
        })
    }

    fn text(
        &self,
        field: TextField,
        operator: Operator,
        items: &[Item<'_>],
    ) -> Result<Comparison, FilterError> {
        if matches!(operator, Operator::Like | Operator::NotLike) {
            let value = self.alone(&items[0])?;
            return Ok(Comparison::Text(field, Texts::Like(self.glob(field.case(), value)?)));
        }
        let (unset, items) = self.unset(items)?;
        let texts = items.map(|item| {
            let value = self.alone(item)?;
            element(field, &value.text).ok_or_else(|| {
                let message = format!("{} is a set; a comma separates its elements", self.field.name());
                if value.text.len() > LONGEST_SHOWN {
                    return self.fail(value, message, self.example());
                }
                let parts: Vec<_> = value.text.split(',').map(|part| Written(part).to_string()).collect();
                let name = self.field.name();
                let all: Vec<_> = parts.iter().map(|part| format!("{name} == {part}")).collect();
                let remedy = format!(
                    "Write {} for all of them, or {name} in {{{}}} for any.",
                    all.join(" && "),
                    parts.join(", ")
                );
                self.fail(value, message, remedy)
            })
        });
        Ok(Comparison::Text(field, Texts::among(texts.collect::<Result<_, _>>()?, unset)))
    }

    fn glob(&self, case: Case, value: &Value<'_>) -> Result<Glob, FilterError> {
        let text = &*value.text;
        let name = self.field.name();
        if text.len() > 1 && text.starts_with('/') && text.ends_with('/') {
            let remedy =
                format!("Write a glob of the whole text: {name} ~ \"S*\". * is any text, ? one character.");
            return Err(self.fail(value, "there are no regular expressions here", remedy));
        }
        if !text.contains(['*', '?']) {
            if text.len() > LONGEST_SHOWN {
                return Err(self.fail(value, "this pattern holds neither * nor ?", self.example()));
            }
            let written = Written(text).to_string();
            let part = Written(&format!("*{text}*")).to_string();
            let remedy =
                format!("Write {name} == {written} for the whole text, or {name} ~ {part} for a part of it.");
            return Err(self.fail(value, "this pattern holds neither * nor ?", remedy));
        }
        Ok(Glob::new(case.folded(text)))
    }

    fn finding(
        &self,
        field: FindingField,
        scope: Scope<'_>,
        operator: Operator,
        items: &[Item<'_>],
    ) -> Result<Comparison, FilterError> {
        if matches!(operator, Operator::Like | Operator::NotLike) {
            let value = self.alone(&items[0])?;
            return Ok(Comparison::Finding(field, Texts::Like(self.glob(Case::Lower, value)?)));
        }
        let (unset, items) = self.unset(items)?;
        let texts = items.map(|item| {
            let value = self.alone(item)?;
            match field {
                FindingField::Domain => self.domain(value),
                _ => self.word(field, scope, value),
            }
        });
        Ok(Comparison::Finding(field, Texts::among(texts.collect::<Result<_, _>>()?, unset)))
    }

    /// A text of a field that knows its words.
    fn word(&self, field: FindingField, scope: Scope<'_>, value: &Value<'_>) -> Result<String, FilterError> {
        let word = Case::Lower.folded(&value.text);
        let Scope::Finding(words) = scope else { return Ok(word) };
        let known = field.words(words);
        if known.is_empty() || known.contains(&&*word) {
            return Ok(word);
        }
        let name = self.field.name();
        let remedy = match nearest::nearest_word(&word, known) {
            Some(near) => format!("Did you mean {name} == {}?", Written(near)),
            // Features are hundreds.
            None if known.len() > 40 => self.example(),
            None => format!("Write one of {}.", known.join(", ")),
        };
        Err(self.fail(value, format!("there is no {name} {}", shown(&value.text)), remedy))
    }

    fn domain(&self, value: &Value<'_>) -> Result<String, FilterError> {
        domain::pattern(&value.text).map_err(|error| {
            let text = shown(&value.text);
            let both = "Write domain == example.com for it and every name below it, *.example.com for those below it alone.";
            match error {
                NoDomain::Address => {
                    let remedy = format!("Addresses stand in host: host == {text}.");
                    self.fail(value, format!("domain is a name; {text} is an address"), remedy)
                }
                NoDomain::Wildcard => self.fail(
                    value,
                    format!("{text} has a * that does not stand for all names below a domain"),
                    format!("{both} Other patterns stand behind ~: domain ~ \"*ads*\"."),
                ),
                NoDomain::NotAscii => self.fail(
                    value,
                    format!("{text} is not as it goes over the wire"),
                    "Write an international name in its ASCII form: xn--bcher-kva.example.",
                ),
                NoDomain::Other => self.fail(value, format!("{text} is no name of a domain"), both),
            }
        })
    }

    fn truth(&self, field: TruthField, items: &[Item<'_>]) -> Result<Comparison, FilterError> {
        let (unset, mut others) = self.unset(items)?;
        let value = match others.next() {
            None => return Ok(Comparison::Truth(field, None)),
            Some(item) => self.alone(item)?,
        };
        debug_assert!(!unset, "the operators that truth takes have one value");
        let is = |words: [&str; 2]| words.iter().any(|word| word.eq_ignore_ascii_case(&value.text));
        match (is(["T", "true"]), is(["F", "false"])) {
            (false, false) => Err(self.mismatch(value)),
            (is_true, _) => Ok(Comparison::Truth(field, Some(is_true))),
        }
    }

    /// A value of another kind than the field's.
    fn mismatch(&self, value: &Value<'_>) -> FilterError {
        let (name, kind) = (self.field.name(), self.field.kind());
        let what = if value.is_unset() { "unset" } else { what_is(&value.text) };
        let text = shown(&value.text);
        let message = match what {
            "text" if kind.ends_with(name) => format!("{text} is no {name}"),
            "text" => format!("{name} is {kind}; {text} is not"),
            "unset" => format!("{name} is {kind}, and no range ends with unset"),
            what if kind.ends_with(name) => format!("{text} is {what}, no {name}"),
            what => format!("{name} is {kind}; {text} is {what}"),
        };
        let hint = if value.text.len() > LONGEST_SHOWN { None } else { self.hint(value, what) };
        self.fail(value, message, hint.unwrap_or_else(|| self.example()))
    }

    /// What was most likely meant.
    fn hint(&self, value: &Value<'_>, what: &str) -> Option<String> {
        let text = &*value.text;
        let name = self.field.name();
        match self.field {
            Field::Number(field) if field.unit() == Unit::Port => {
                let other = match field {
                    NumberField::OrigP => "id.orig_h",
                    NumberField::RespP => "id.resp_h",
                    _ => "host",
                };
                let is_port = |text: &str| Unit::Port.read(text).is_ok();
                match (what, text.split_once('/'), text.split_once('-')) {
                    ("a network", ..) => Some(format!("Addresses stand in {other}: {other} in {text}.")),
                    ("an address", ..) => Some(format!("Addresses stand in {other}: {other} == {text}.")),
                    (_, Some((port, proto @ ("tcp" | "udp" | "icmp"))), _) if is_port(port) => {
                        Some(format!("Write {name} == {port} && proto == {proto}."))
                    }
                    (_, _, Some((low, high))) if is_port(low) && is_port(high) => {
                        Some(format!("Write {name} in {low}..{high}."))
                    }
                    _ if text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                        let service = Written(&text.to_ascii_lowercase()).to_string();
                        Some(format!("A port is a number. Protocols stand in service: service == {service}."))
                    }
                    _ => None,
                }
            }
            Field::Address(field) if Unit::Port.read(text).is_ok() => {
                let other = match field {
                    AddressField::OrigH => "id.orig_p",
                    AddressField::RespH => "id.resp_p",
                    AddressField::Host => "port",
                };
                Some(format!("Ports stand in {other}: {other} == {text}."))
            }
            Field::Number(NumberField::Duration) if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Some(format!("Write one number and one unit: {name} > 90m, {name} <= 1.5h."))
            }
            Field::Number(NumberField::Ts) => Some(format!("{} Times are UTC.", self.example())),
            _ => None,
        }
    }
}

/// A text as a field may hold it; none where it can't, being more than one element of a set.
pub(crate) fn element(field: TextField, text: &str) -> Option<String> {
    (!field.is_set() || !text.contains(',')).then(|| field.case().folded(text))
}
