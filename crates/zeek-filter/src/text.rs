//! Texts: how they are written, and patterns.

use std::fmt;

use crate::lexer;

/// The word that stands for no value; `-`, as Zeek writes it, means the same.
pub(crate) const UNSET: &str = "unset";

/// A text as it is read again: as it stands where it can, else in quotes.
///
/// What is written is printable ASCII without a single quote, so it can stand between single quotes in a shell, and nothing that
/// a log holds can change what a terminal shows.
pub(crate) struct Written<'a>(pub(crate) &'a str);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = !self.0.is_empty()
            && self.0.bytes().all(lexer::is_word)
            && !self.0.contains("..")
            && lexer::keyword(self.0).is_none()
            && !is_unset(self.0);
        if is_plain {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\'' => f.write_str("\\u{27}")?,
                ' '..='~' => write!(f, "{c}")?,
                _ => write!(f, "{}", c.escape_unicode())?,
            }
        }
        f.write_str("\"")
    }
}

/// Whether an unquoted word means no value.
pub(crate) fn is_unset(word: &str) -> bool {
    word == "-" || word.eq_ignore_ascii_case(UNSET)
}

/// The case in which texts are kept and compared. Letters beyond ASCII are left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Upper and lower case differ.
    AsItIs,
    Lower,
    Upper,
}

impl Case {
    #[inline]
    pub(crate) fn fold(self, byte: u8) -> u8 {
        match self {
            Self::AsItIs => byte,
            Self::Lower => byte.to_ascii_lowercase(),
            Self::Upper => byte.to_ascii_uppercase(),
        }
    }

    /// A text in this case.
    pub(crate) fn folded(self, text: &str) -> String {
        match self {
            Self::AsItIs => text.to_owned(),
            Self::Lower => text.to_ascii_lowercase(),
            Self::Upper => text.to_ascii_uppercase(),
        }
    }

    /// Whether a text is one that is kept in this case.
    #[inline]
    pub(crate) fn equal(self, kept: &[u8], text: &[u8]) -> bool {
        match self {
            Self::AsItIs => kept == text,
            Self::Lower | Self::Upper => kept.eq_ignore_ascii_case(text),
        }
    }
}

/// A pattern of a whole text: `*` is any run of characters, `?` any one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(String);

impl Glob {
    pub(crate) fn new(pattern: String) -> Self {
        Self(pattern)
    }

    pub(crate) fn pattern(&self) -> &str {
        &self.0
    }

    /// Whether a text (UTF-8) is of this pattern, which is kept in a case. Takes at most the product of their lengths, and goes back to the last `*` only: what
    /// an earlier one might take too, the last one can take as well.
    pub(crate) fn matches(&self, text: &[u8], case: Case) -> bool {
        let pattern = self.0.as_bytes();
        let (mut p, mut t) = (0, 0);
        // Behind the last `*`, and where in the text what it stands for ends.
        let mut last = None;
        while t < text.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    p += 1;
                    last = Some((p, t));
                }
                Some(b'?') => {
                    p += 1;
                    t = after_character(text, t);
                }
                Some(byte) if *byte == case.fold(text[t]) => {
                    p += 1;
                    t += 1;
                }
                _ => {
                    let Some((after, end)) = last else { return false };
                    let end = after_character(text, end);
                    last = Some((after, end));
                    (p, t) = (after, end);
                }
            }
        }
        pattern[p..].iter().all(|&byte| byte == b'*')
    }
}

/// The beginning of the next character of UTF-8.
fn after_character(text: &[u8], at: usize) -> usize {
    let is_inner = |byte: &&u8| **byte & 0xc0 == 0x80;
    at + 1 + text[at + 1..].iter().take_while(is_inner).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: a `*` is nothing, or a character and a `*`.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], text) => slow(rest, text) || (!text.is_empty() && slow(pattern, &text[1..])),
            ([p, rest @ ..], [t, text @ ..]) => (*p == '?' || p == t) && slow(rest, text),
            _ => false,
        }
    }

    #[test]
    fn patterns() {
        for (pattern, text, matches) in [
            ("S*", "ShADadFf", true),
            ("S*", "", false),
            ("*", "", true),
            ("*F*f", "ShADadFf", true),
            ("Sh?", "Shé", true),
            ("?", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
        ] {
            assert_eq!(
                Glob::new(pattern.into()).matches(text.as_bytes(), Case::AsItIs),
                matches,
                "{pattern} {text}"
            );
        }
    }

    proptest! {
        #[test]
        fn as_defined(pattern in "[abé*?]{0,7}", text in "[abé]{0,7}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Glob::new(pattern.clone()).matches(text.as_bytes(), Case::AsItIs), slow(&chars(&pattern), &chars(&text)));
        }

        #[test]
        fn what_is_written_is_read_again(text: String, word in "[a-z.'\\\\\" -]{0,6}") {
            for text in [text, word] {
                let written = Written(&text).to_string();
                prop_assert!(written.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\''));
                let tokens = lexer::tokens(&written).unwrap();
                let read = match &tokens[0].kind {
                    lexer::Kind::Word(word) => word,
                    lexer::Kind::Quoted(text) => &**text,
                    other => panic!("{other:?}"),
                };
                prop_assert_eq!((read, tokens.len()), (text.as_str(), 2));
            }
        }
    }
}
