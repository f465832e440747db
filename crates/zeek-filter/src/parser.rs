//! From text to the tree: `||` binds less than `&&`, that less than `!`, and that less than a comparison.

use std::ops::Range;

use crate::MAX_DEPTH;
use crate::comparison::Comparison;
use crate::error::FilterError;
use crate::expression::Expression;
use crate::field::{Field, Scope};
use crate::lexer::{Kind, Operator, Token, tokens};
use crate::nearest;
use crate::values::{self, Item, Value};

/// Reads a whole text.
pub(crate) fn parse<'a>(text: &'a str, scope: Scope<'a>) -> Result<Expression, FilterError> {
    let mut parser = Parser { text, scope, tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.any()?;
    match &parser.peek().kind {
        Kind::End => Ok(expression),
        Kind::Close => {
            Err(parser.fail("this parenthesis was not opened", "Take it out, or open one before."))
        }
        _ => Err(parser.not_joined()),
    }
}

/// Operators of other languages that are words, and ours.
const FOREIGN: [(&str, &str); 10] = [
    ("eq", "=="),
    ("is", "=="),
    ("ne", "!="),
    ("lt", "<"),
    ("le", "<="),
    ("gt", ">"),
    ("ge", ">="),
    ("contains", "~ and a pattern such as \"*S*\""),
    ("matches", "~ and a pattern such as \"S*\""),
    ("like", "~ and a pattern such as \"S*\""),
];

struct Parser<'a> {
    text: &'a str,
    scope: Scope<'a>,
    /// The last one is the end, which is never passed.
    tokens: Vec<Token<'a>>,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        &self.tokens[self.at]
    }

    fn place(&self) -> Range<usize> {
        self.peek().place.clone()
    }

    /// Passes the next token where it is of a kind.
    fn take(&mut self, kind: &Kind<'_>) -> bool {
        let found = self.peek().kind == *kind;
        if found {
            self.at += 1;
        }
        found
    }

    /// An error at the next token.
    fn fail(&self, message: impl Into<String>, remedy: impl Into<String>) -> FilterError {
        self.fail_at(self.place(), message, remedy)
    }

    fn fail_at(
        &self,
        place: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> FilterError {
        FilterError::new(self.text, place, message, remedy)
    }

    /// What the next token is, for a message.
    fn found(&self) -> String {
        let token = self.peek();
        if token.kind == Kind::End {
            "the end".to_owned()
        } else {
            values::shown(&self.text[token.place.clone()])
        }
    }

    fn any(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all()?];
        while self.take(&Kind::Or) {
            parts.push(self.all()?);
        }
        Ok(Expression::any(parts))
    }

    fn all(&mut self) -> Result<Expression, FilterError> {
        let mut parts = vec![self.not()?];
        while self.take(&Kind::And) {
            parts.push(self.not()?);
        }
        Ok(Expression::all(parts))
    }

    fn not(&mut self) -> Result<Expression, FilterError> {
        let start = self.place();
        if self.take(&Kind::Not) {
            self.descend(&start)?;
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(inner.not());
        }
        if self.take(&Kind::Open) {
            self.descend(&start)?;
            let inner = self.any()?;
            if !self.take(&Kind::Close) {
                return Err(match self.peek().kind {
                    Kind::End => self.fail_at(start, "this parenthesis is not closed", "Close it with )."),
                    _ => self.not_joined(),
                });
            }
            self.depth -= 1;
            return Ok(inner);
        }
        self.comparison().map(Expression::from)
    }

    fn descend(&mut self, place: &Range<usize>) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("more than {MAX_DEPTH} parentheses and negations stand around this");
        Err(self.fail_at(
            place.clone(),
            message,
            "Take out those that are not needed, or use several filters.",
        ))
    }

    /// What follows a comparison is none of the signs that may.
    fn not_joined(&self) -> FilterError {
        let (message, remedy) = match self.peek().kind {
            Kind::To => {
                ("this range is of no value".to_owned(), "A range stands behind in: id.resp_p in 6000..6063.")
            }
            Kind::Comma => ("a list stands in braces".to_owned(), "Write id.resp_p in {80, 443}."),
            _ => (
                format!("&& or || is missing before {}", self.found()),
                "Join two comparisons by && (both) or || (either). A text with blanks stands in quotes.",
            ),
        };
        self.fail(message, remedy)
    }

    fn comparison(&mut self) -> Result<Test, FilterError> {
        let (field, name) = self.field()?;
        let operator = match self.peek().kind {
            Kind::Compare(operator) => operator,
            Kind::Not if self.tokens[self.at + 1].kind == Kind::Compare(Operator::In) => {
                self.at += 1;
                Operator::NotIn
            }
            _ => {
                let Field::Truth(truth) = field else { return Err(self.no_operator(field, name)) };
                return Ok(Test { comparison: Comparison::Truth(truth, Some(true)), opposite: false });
            }
        };
        if !values::takes(field, operator) {
            let message =
                format!("{} is {}, which {} does not compare", field.name(), field.kind(), operator.sign());
            return Err(self.fail(message, format!("Write {}.", field.example())));
        }
        self.at += 1;
        let items = match operator {
            Operator::In | Operator::NotIn => self.items(field)?,
            _ => vec![self.single(field, operator)?],
        };
        let comparison = values::comparison(self.text, self.scope, field, operator, &items)?;
        let opposite = matches!(operator, Operator::NotEqual | Operator::NotIn | Operator::NotLike);
        Ok(Test { comparison, opposite })
    }

    fn field(&mut self) -> Result<(Field, Range<usize>), FilterError> {
        let token = self.peek().clone();
        let Kind::Word(name) = token.kind else {
            let (message, remedy) = match token.kind {
                Kind::End if self.at == 0 => (
                    "the filter is empty".to_owned(),
                    "Write a comparison, such as id.orig_h in 10.0.0.0/8 && service == dns.",
                ),
                Kind::Quoted(_) => (
                    format!("{} is no field", self.found()),
                    "The field stands first, without quotes: service == \"dns\".",
                ),
                _ => (
                    format!("a field is missing before {}", self.found()),
                    "A comparison begins with a field, such as id.orig_h or service.",
                ),
            };
            return Err(self.fail(message, remedy));
        };
        let Some(field) = Field::named(name) else { return Err(self.unknown(name)) };
        if !field.stands_in(self.scope) {
            return Err(self.elsewhere(field));
        }
        self.at += 1;
        Ok((field, token.place))
    }

    fn unknown(&self, name: &str) -> FilterError {
        let shown = values::shown(name);
        if name.starts_with(|c: char| c.is_ascii_digit() || c == ':') {
            let remedy = "The field stands first: id.orig_h in 10.0.0.0/8, id.resp_p == 443.";
            return self.fail(format!("{shown} is no field"), remedy);
        }
        let remedy = match nearest::nearest(name, self.scope) {
            Some(near) => format!("Did you mean {near}?"),
            None => {
                let names: Vec<_> = Field::of(self.scope).map(|(name, _)| name).collect();
                format!("The fields are those of conn.log and a few more: {}.", names.join(", "))
            }
        };
        self.fail(format!("there is no field {shown}"), remedy)
    }

    /// A field that is known, but not of what this filter is asked of.
    fn elsewhere(&self, field: Field) -> FilterError {
        let name = field.name();
        match self.scope {
            Scope::Connection => self.fail(
                format!("{name} is a field of incidents; here connections are meant"),
                "The fields of a connection are those of conn.log, such as host, id.resp_p and service.",
            ),
            Scope::Finding(_) => {
                let names: Vec<_> = Field::of(self.scope).map(|(name, _)| name).collect();
                self.fail(
                    format!("{name} is not kept of an incident's rows"),
                    format!("The fields are {}.", names.join(", ")),
                )
            }
        }
    }

    /// A field that is not true or false stands alone.
    fn no_operator(&self, field: Field, name: Range<usize>) -> FilterError {
        let found = match self.peek().kind {
            Kind::End | Kind::And | Kind::Or | Kind::Close => None,
            _ => Some(self.found()),
        };
        let example = field.example();
        match found {
            None => {
                let message = format!("{} is not compared with anything", field.name());
                let or_set = if field.may_be_unset() {
                    format!(", or {} != unset for whether there is one", field.name())
                } else {
                    String::new()
                };
                self.fail_at(name, message, format!("Write {example}{or_set}."))
            }
            Some(found) => {
                let foreign = FOREIGN.iter().find(|(word, _)| word.eq_ignore_ascii_case(&found));
                let remedy = match foreign {
                    Some((word, ours)) => format!("For {word}, write {ours}."),
                    None => format!("Operators are == != < <= > >= in and ~. Write {example}."),
                };
                self.fail(format!("an operator is missing before {found}"), remedy)
            }
        }
    }

    /// The value behind an operator that takes one.
    fn single(&mut self, field: Field, operator: Operator) -> Result<Item<'a>, FilterError> {
        let name = field.name();
        if self.peek().kind == Kind::OpenList {
            let remedy = format!("Write {name} in {{...}} for any of several values, or not in for none.");
            return Err(self.fail(format!("a list stands behind in, not behind {}", operator.sign()), remedy));
        }
        let value = self.value(field)?;
        if self.peek().kind == Kind::To {
            let from = values::shown(&value.text);
            let remedy = format!("Write {name} in {from}.. and the last value, or not in.");
            return Err(
                self.fail(format!("a range stands behind in, not behind {}", operator.sign()), remedy)
            );
        }
        Ok(Item { first: value, last: None })
    }

    /// The value, range or list behind `in`.
    fn items(&mut self, field: Field) -> Result<Vec<Item<'a>>, FilterError> {
        let start = self.place();
        if self.peek().kind == Kind::Open {
            let remedy = format!("Write {} in {{a, b}}.", field.name());
            return Err(self.fail("a list stands in braces, not in parentheses", remedy));
        }
        if !self.take(&Kind::OpenList) {
            return Ok(vec![self.item(field)?]);
        }
        let mut items = Vec::new();
        // A comma behind the last value does no harm.
        while !self.take(&Kind::CloseList) {
            if self.peek().kind == Kind::End {
                return Err(self.fail_at(start, "this list is not closed", "Close it with }."));
            }
            items.push(self.item(field)?);
            if !self.take(&Kind::Comma) && !matches!(self.peek().kind, Kind::CloseList | Kind::End) {
                let message = format!("a comma or }} is missing before {}", self.found());
                return Err(self.fail(message, "Values of a list are separated by commas: {80, 443}."));
            }
        }
        if items.is_empty() {
            let place = start.start..self.tokens[self.at - 1].place.end;
            return Err(self.fail_at(place, "this list is empty", format!("Write {}.", field.example())));
        }
        Ok(items)
    }

    fn item(&mut self, field: Field) -> Result<Item<'a>, FilterError> {
        let first = self.value(field)?;
        let last = if self.take(&Kind::To) { Some(self.value(field)?) } else { None };
        Ok(Item { first, last })
    }

    fn value(&mut self, field: Field) -> Result<Value<'a>, FilterError> {
        let token = self.peek().clone();
        let value = match token.kind {
            Kind::Word(word) => Value { text: word.into(), is_quoted: false, place: token.place },
            Kind::Quoted(text) => Value { text, is_quoted: true, place: token.place },
            _ => {
                let message = format!("a value is missing before {}", self.found());
                let remedy = format!(
                    "Write {}. A value that reads like a sign or and, or, not, in stands in quotes.",
                    field.example()
                );
                return Err(self.fail(message, remedy));
            }
        };
        self.at += 1;
        Ok(value)
    }
}

/// A comparison as it was written.
struct Test {
    comparison: Comparison,
    opposite: bool,
}

impl From<Test> for Expression {
    fn from(test: Test) -> Self {
        let comparison = Self::Comparison(test.comparison);
        if test.opposite { comparison.not() } else { comparison }
    }
}
