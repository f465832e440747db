//! Why a text is no filter: what is wrong, where, and what to write instead.

use std::fmt::Write;
use std::ops::Range;

/// A text that is no filter, or a filter beyond the limits.
///
/// `Display` gives the message, the text and a caret under the place, in three lines; [`FilterError::remedy`] says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", excerpt(.text, .place))]
pub struct FilterError {
    message: String,
    remedy: String,
    text: String,
    place: Range<usize>,
}

impl FilterError {
    pub(crate) fn new(
        text: &str,
        place: Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { message: message.into(), remedy: remedy.into(), text: text.to_owned(), place }
    }

    /// What is wrong, in one sentence without a full stop.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can write instead, in one or two sentences.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The text that was to be a filter; empty where a filter was put together from parts.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where in the text it is wrong, in bytes. It is empty where something is missing.
    #[must_use]
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

/// How many characters of a long text are shown on either side of the place.
const AROUND: usize = 60;

/// The text with carets under a place, on two lines of their own. Of a long text the part around the place.
fn excerpt(text: &str, place: &Range<usize>) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    // A text may have several lines, or anything else that would move the caret.
    let plain = |part: &str| -> Vec<char> {
        part.chars().map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect()
    };
    let (before, at, after) =
        (plain(&text[..place.start]), plain(&text[place.clone()]), plain(&text[place.end..]));
    let mut line = String::from("\n  ");
    let hidden = before.len().saturating_sub(AROUND);
    if hidden > 0 {
        line.push_str("...");
    }
    line.extend(&before[hidden..]);
    let column = line.chars().count() - 1;
    let shown = at.len().min(AROUND);
    line.extend(&at[..shown]);
    let rest = if shown < at.len() { &[][..] } else { &after[..after.len().min(AROUND)] };
    line.extend(rest);
    if shown < at.len() || rest.len() < after.len() {
        line.push_str("...");
    }
    let carets = "^".repeat(shown.max(1));
    // Writing to a string can't fail.
    let _ = write!(line, "\n{:column$}{carets}", "");
    line
}
