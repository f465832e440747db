//! A notice in words, and words on one line.

use std::fmt::Write;

use crate::{Event, Notice};

/// Text with nothing in it that ends a line or moves a cursor: controls (C0, DEL, C1), the line and paragraph separators, and
/// characters that turn the direction of writing become `\xNN` or `\u{NNNN}`.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        let code = u32::from(c);
        let is_layout = matches!(code, 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff);
        match c {
            c if c.is_control() && code < 0x80 => {
                let _ = write!(line, "\\x{code:02x}");
            }
            c if c.is_control() || is_layout => {
                let _ = write!(line, "\\u{{{code:x}}}");
            }
            c => line.push(c),
        }
    }
    line
}

/// JSON whose lines are lines to every reader: what a newer or stricter one takes for a line end or a control is escaped too. Such
/// characters stand in JSON only within strings.
pub(crate) fn json_line(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    line
}

/// What happened, in one line: title, host, severity, score.
pub(crate) fn sentence(notice: &Notice) -> String {
    one_line(&words(notice))
}

/// As [`sentence`], with whatever the title holds.
pub(crate) fn words(notice: &Notice) -> String {
    let mut words = notice.title.clone();
    if notice.event == Event::Test {
        return words;
    }
    if let Some(host) = notice.host {
        let _ = write!(words, ": {host}");
    }
    let _ = write!(words, ", {} severity", notice.severity);
    if notice.score.is_finite() && notice.threshold.is_finite() {
        let _ = write!(words, ", score {:.2} above {:.2}", notice.score, notice.threshold);
    }
    let _ =
        write!(words, ", {} {}", notice.rows, if notice.rows == 1 { "connection" } else { "connections" });
    if notice.event == Event::Changed {
        words.push_str(", has grown");
    }
    words
}

/// All reasons in one text.
pub(crate) fn reasons(notice: &Notice) -> String {
    let reasons: Vec<&str> =
        notice.reasons.iter().map(String::as_str).filter(|reason| !reason.is_empty()).collect();
    reasons.join("; ")
}
