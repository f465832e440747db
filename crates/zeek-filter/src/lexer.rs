//! The text of a filter as words and signs, each with its place.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::FilterError;

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind<'a>,
    /// Where it stands, in bytes.
    pub(crate) place: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// A name, number, address or other text without blanks.
    Word(&'a str),
    /// Text in quotes, without them.
    Quoted(Cow<'a, str>),
    Compare(Operator),
    And,
    Or,
    Not,
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    /// `..`
    To,
    End,
}

/// How a field and a value are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Below,
    AtMost,
    Above,
    AtLeast,
    In,
    NotIn,
    Like,
    NotLike,
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Like => "~",
            Self::NotLike => "!~",
        }
    }
}

/// Signs, a longer one before its beginning.
const SIGNS: [(&str, Kind<'static>); 17] = [
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("==", Kind::Compare(Operator::Equal)),
    ("!=", Kind::Compare(Operator::NotEqual)),
    ("<=", Kind::Compare(Operator::AtMost)),
    (">=", Kind::Compare(Operator::AtLeast)),
    ("!~", Kind::Compare(Operator::NotLike)),
    ("..", Kind::To),
    ("<", Kind::Compare(Operator::Below)),
    (">", Kind::Compare(Operator::Above)),
    ("~", Kind::Compare(Operator::Like)),
    ("!", Kind::Not),
    ("(", Kind::Open),
    (")", Kind::Close),
    ("{", Kind::OpenList),
    ("}", Kind::CloseList),
    (",", Kind::Comma),
];

/// Signs of other languages and what they are here.
const FOREIGN: [(&str, &str); 8] = [
    ("=~", "For a pattern write ~ and a glob: history ~ \"S*\"."),
    ("=", "To compare, write ==."),
    ("&", "For and, write && or and."),
    ("|", "For or, write || or or."),
    ("[", "A list stands in braces: id.resp_p in {80, 443}."),
    ("]", "A list stands in braces: id.resp_p in {80, 443}."),
    (";", "Join comparisons by && or ||."),
    ("#", "A filter has no comments; text with this character stands in quotes."),
];

/// Whether a character may stand in a word without quotes.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:/*?^+@%$".contains(&byte)
}

/// All tokens of a text; the last one is its end.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(token) = next(text, at)? {
        at = token.place.end;
        tokens.push(token);
    }
    // An end behind blanks is shown where the text ends.
    let end = text.trim_end().len();
    tokens.push(Token { kind: Kind::End, place: end..end });
    Ok(tokens)
}

fn next(text: &str, from: usize) -> Result<Option<Token<'_>>, FilterError> {
    let rest = text[from..].trim_start();
    let start = text.len() - rest.len();
    let Some(first) = rest.chars().next() else { return Ok(None) };
    if first == '"' || first == '\'' {
        return quoted(text, start, first).map(Some);
    }
    if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok(Some(Token { kind: kind.clone(), place: start..start + sign.len() }));
    }
    let length = word_length(rest);
    if length == 0 {
        return Err(unexpected(text, start, first));
    }
    let word = &rest[..length];
    let kind = match keyword(word) {
        Some(kind) => kind,
        None => Kind::Word(word),
    };
    Ok(Some(Token { kind, place: start..start + length }))
}

/// A word ends before `..`, so that `6000..6063` is a range.
fn word_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let ends = |at: usize| !is_word(bytes[at]) || bytes[at..].starts_with(b"..");
    (0..bytes.len()).find(|&at| ends(at)).unwrap_or(bytes.len())
}

/// The token that a word is, in any case.
pub(crate) fn keyword(word: &str) -> Option<Kind<'static>> {
    let kind = match word.len() {
        2 if word.eq_ignore_ascii_case("in") => Kind::Compare(Operator::In),
        2 if word.eq_ignore_ascii_case("or") => Kind::Or,
        3 if word.eq_ignore_ascii_case("and") => Kind::And,
        3 if word.eq_ignore_ascii_case("not") => Kind::Not,
        _ => return None,
    };
    Some(kind)
}

fn unexpected(text: &str, start: usize, first: char) -> FilterError {
    let rest = &text[start..];
    if let Some((sign, remedy)) = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign)) {
        let place = start..start + sign.len();
        return FilterError::new(text, place, format!("{sign} is no operator of a filter"), *remedy);
    }
    let place = start..start + first.len_utf8();
    let remedy = "Text with such characters stands in quotes: uid == \"...\".";
    FilterError::new(text, place, format!("unexpected character {}", first.escape_debug()), remedy)
}

/// Text between two equal quotes. `\\`, `\"`, `\'` and `\u{...}` stand for one character.
fn quoted(text: &str, start: usize, quote: char) -> Result<Token<'_>, FilterError> {
    let from = start + 1;
    let mut plain = String::new();
    let mut at = from;
    while let Some(c) = text[at..].chars().next() {
        if c == quote {
            // Nothing was escaped where the text is as long as what it stands for.
            let value =
                if plain.len() == at - from { Cow::Borrowed(&text[from..at]) } else { Cow::Owned(plain) };
            return Ok(Token { kind: Kind::Quoted(value), place: start..at + 1 });
        }
        if c != '\\' {
            plain.push(c);
            at += c.len_utf8();
            continue;
        }
        let rest = &text[at + 1..];
        let Some((value, length)) = escaped(rest) else {
            let next = rest.chars().next().map_or(0, char::len_utf8);
            let remedy = "Write a backslash as \\\\, a quote as \\\" and any other character as it stands, or as \\u{41}: its \
                          number in hexadecimal.";
            return Err(FilterError::new(text, at..at + 1 + next, "this backslash begins no escape", remedy));
        };
        plain.push(value);
        at += 1 + length;
    }
    let remedy = format!("End the text with another {quote}.");
    Err(FilterError::new(text, start..from, "this quote is not closed", remedy))
}

/// The character that stands behind a backslash, and how many bytes spell it.
fn escaped(rest: &str) -> Option<(char, usize)> {
    if let Some(c @ ('\\' | '"' | '\'')) = rest.chars().next() {
        return Some((c, 1));
    }
    let digits = rest.strip_prefix("u{")?;
    let digits = &digits[..digits.find('}').filter(|&length| (1..=6).contains(&length))?];
    let number = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
    let number = u32::from_str_radix(number, 16).ok()?;
    Some((char::from_u32(number)?, digits.len() + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind<'_>> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn signs_need_no_blanks() {
        assert_eq!(
            kinds("!(a!=b)&&c in{1..2,x}"),
            [
                Kind::Not,
                Kind::Open,
                Kind::Word("a"),
                Kind::Compare(Operator::NotEqual),
                Kind::Word("b"),
                Kind::Close,
                Kind::And,
                Kind::Word("c"),
                Kind::Compare(Operator::In),
                Kind::OpenList,
                Kind::Word("1"),
                Kind::To,
                Kind::Word("2"),
                Kind::Comma,
                Kind::Word("x"),
                Kind::CloseList,
                Kind::End,
            ]
        );
    }

    #[test]
    fn words_hold_what_logs_hold() {
        for word in [
            "fe80::1",
            "10.0.0.0/8",
            "ftp-data",
            "-",
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg",
            "S*",
            "2026-01-31T22:00:00Z",
        ] {
            let word = word.trim_end_matches('=');
            assert_eq!(kinds(word), [Kind::Word(word), Kind::End]);
        }
        assert_eq!(kinds("AND or Not IN"), kinds("&& || ! in"));
    }

    #[test]
    fn quotes_hold_anything() {
        for (text, plain) in [
            (r#""a b""#, "a b"),
            (r#"'say "x"'"#, "say \"x\""),
            (r#""\\ \" \' \u{e9}\u{1F600}""#, "\\ \" ' é😀"),
            (r#""""#, ""),
        ] {
            assert_eq!(kinds(text), [Kind::Quoted(Cow::Borrowed(plain)), Kind::End], "{text}");
        }
        for text in
            [r#""\n""#, r#""\u{}""#, r#""\u{d800}""#, r#""\u{0000041}""#, r#""\u{+4}""#, "\"a", "'", "\"\\"]
        {
            assert!(tokens(text).is_err(), "{text}");
        }
    }
}
