//! Comma-separated values, as RFC 4180 has them, of texts that nobody can trust.

use serde_json::Value;

/// Columns of alerts, in order; the contributions follow them.
pub const ALERT_COLUMNS: [&str; 24] = [
    "id",
    "model",
    "file",
    "line",
    "ts",
    "uid",
    "orig_h",
    "orig_p",
    "resp_h",
    "resp_p",
    "proto",
    "service",
    "conn_state",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "orig_pkts",
    "resp_pkts",
    "history",
    "local_orig",
    "local_resp",
    "score",
    "threshold",
    "incident",
];

/// A value as a cell; empty where it is unset.
#[must_use]
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => self::text(text),
        other => other.to_string(),
    }
}

/// A text as a cell: in quotes where it must be.
///
/// Texts come from logs, so what a terminal would take as a command is made visible, and what a spreadsheet would take as a formula
/// has an apostrophe before it.
#[must_use]
pub fn text(text: &str) -> String {
    // Some take what is behind white space for a formula too, and signs of full width.
    let signs = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let begun = text.trim_start_matches(['\t', '\r', '\n', ' ']);
    let is_formula = text.len() > 1
        && (begun.starts_with(signs) || text.starts_with(['\t', '\r', '\n']))
        && text.parse::<f64>().is_err();
    let is_harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if is_formula || text.contains(is_harmful) {
        let mut safe: String = if is_formula { "'".into() } else { String::new() };
        for c in text.chars() {
            if is_harmful(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
        }
        return quoted(&safe);
    }
    quoted(text)
}

fn quoted(text: &str) -> String {
    // Some spreadsheets cut at a semicolon or a tab.
    if text.contains([',', ';', '\t', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_where_it_must() {
        assert_eq!(text("plain"), "plain");
        assert_eq!(text("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!([text("@a,b"), text("-x"), text("-"), text("-1.5")], ["\"'@a,b\"", "'-x", "-", "-1.5"]);
        assert_eq!(text("\u{1b}[2J"), "\\u{1b}[2J");
        assert_eq!(text("ssl,http"), "\"ssl,http\"");
        assert_eq!([text("a;=b"), text("a\t=b")], ["\"a;=b\"", "\"a\t=b\""]);
        assert_eq!([text("\t=x"), text("\rx"), text("\n=x")], ["\"'\t=x\"", "\"'\rx\"", "\"'\n=x\""]);
        assert_eq!([text(" =x"), text(" x")], ["' =x", " x"]);
        assert_eq!(
            ["\u{ff1d}x", "\u{ff0b}x", "\u{ff0d}x", "\u{ff20}x"].map(text),
            ["'\u{ff1d}x", "'\u{ff0b}x", "'\u{ff0d}x", "'\u{ff20}x"]
        );
        assert_eq!(text("a\"b"), "\"a\"\"b\"");
    }
}
