//! Full text: words by which incidents and alerts are found.
//!
//! The tables hold no text, only where words occur. They are written with the rows that they are of, in the same transaction.

use rusqlite::{Connection, params};

/// Words of an alert that has an explanation or evidence: its connection, and the values of other logs.
const ALERT: &str = "INSERT INTO alert_text (rowid, body)
    SELECT a.id, concat_ws(' ', a.uid, a.orig_h, a.resp_h, a.resp_p, a.proto, a.service, a.conn_state,
        CASE WHEN json_valid(?2) THEN
            (SELECT group_concat(atom, ' ') FROM json_tree(?2) WHERE type = 'text') END)
    FROM alert a WHERE a.id = ?1";

/// Writes the words of an incident, over those that it had.
pub(crate) fn of_incident(connection: &Connection, incident: i64, words: &str) -> rusqlite::Result<()> {
    forget_incident(connection, incident)?;
    connection
        .prepare_cached("INSERT INTO incident_text (rowid, body) VALUES (?1, ?2)")?
        .execute(params![incident, words])
        .map(|_| ())
}

/// Writes the words of a new alert.
pub(crate) fn of_alert(connection: &Connection, alert: i64, evidence: Option<&str>) -> rusqlite::Result<()> {
    connection.prepare_cached(ALERT)?.execute(params![alert, evidence]).map(|_| ())
}

/// Forgets the words of an incident.
pub(crate) fn forget_incident(connection: &Connection, incident: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM incident_text WHERE rowid = ?1")?.execute([incident]).map(|_| ())
}

/// Forgets the words of an alert, if it has any.
pub(crate) fn forget_alert(connection: &Connection, alert: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM alert_text WHERE rowid = ?1")?.execute([alert]).map(|_| ())
}

/// Letters from which on the beginning of a word is enough: to look for all words that begin with one or two takes long.
const BEGINNING: usize = 3;

/// Words and phrases of what somebody typed that are looked for.
fn words(typed: &str) -> impl Iterator<Item = (String, bool)> {
    typed.split('"').enumerate().flat_map(|(place, part)| {
        let is_quoted = place % 2 == 1;
        let words: Vec<&str> = if is_quoted { vec![part] } else { part.split_whitespace().collect() };
        // No word has control characters, and SQLite takes a zero for the end of the expression.
        let plain = move |word: &str| (word.replace(char::is_control, " ").trim().to_owned(), is_quoted);
        words
            .into_iter()
            .map(plain)
            .filter(|(word, _)| word.chars().any(char::is_alphanumeric))
            .collect::<Vec<_>>()
    })
}

/// How many words and phrases somebody typed. Each of them is looked for by itself, so that many take long.
#[must_use]
pub fn count_words(typed: &str) -> usize {
    words(typed).count()
}

/// What somebody typed as an expression of FTS5: all of its words must occur, each of three letters and more at the beginning of a word
/// at least. What is in quotes must occur as it stands, and so must an address or a name with dots. `None` where there is no word in it.
pub(crate) fn expression(typed: &str) -> Option<String> {
    let term = |(word, is_quoted): (String, bool)| {
        let is_one = word.chars().all(char::is_alphanumeric) && word.chars().count() >= BEGINNING;
        // Quotes were taken out above, so that nothing typed can end the phrase.
        format!("\"{word}\"{}", if is_one && !is_quoted { "*" } else { "" })
    };
    let terms: Vec<String> = words(typed).map(term).collect();
    (!terms.is_empty()).then(|| terms.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_never_syntax() {
        let check = |typed: &str, expected: Option<&str>| {
            assert_eq!(expression(typed).as_deref(), expected, "{typed}");
        };
        check("dns  tunnel", Some("\"dns\"* \"tunnel\"*"));
        check("10.0.0.5", Some("\"10.0.0.5\""));
        check("\"new peer\" fan", Some("\"new peer\" \"fan\"*"));
        check("a OR bcd* -c NEAR(d", Some("\"a\" \"OR\" \"bcd*\" \"-c\" \"NEAR(d\""));
        check("un\"closed quote", Some("\"un\" \"closed quote\""));
        check(" - \" \" ()", None);
        check("ab\0cd \u{1b}[2J \"one\0two\"", Some("\"ab cd\" \"[2J\" \"one two\""));
        check("\0", None);
        assert_eq!([count_words("a \"b c\" d -"), count_words("")], [3, 0]);
    }
}
