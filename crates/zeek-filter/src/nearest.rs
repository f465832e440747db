//! What somebody meant who wrote a name or a word that isn't there.

use crate::field::{ALIASES, Field, Scope};

/// What other tools call a field. These names are not taken, as they would hide which side is meant, but lead to ours.
const ELSEWHERE: [(&str, &str); 21] = [
    ("src", "id.orig_h"),
    ("dst", "id.resp_h"),
    ("source", "id.orig_h"),
    ("destination", "id.resp_h"),
    ("saddr", "id.orig_h"),
    ("daddr", "id.resp_h"),
    ("src_ip", "id.orig_h"),
    ("dst_ip", "id.resp_h"),
    ("ip.src", "id.orig_h"),
    ("ip.dst", "id.resp_h"),
    ("ip.addr", "host"),
    ("ip", "host"),
    ("sport", "id.orig_p"),
    ("dport", "id.resp_p"),
    ("src_port", "id.orig_p"),
    ("dst_port", "id.resp_p"),
    ("protocol", "proto"),
    ("state", "conn_state"),
    ("time", "ts"),
    ("day", "weekday"),
    ("mac", "orig_l2_addr"),
];

/// The known name that somebody who wrote this most likely meant.
pub(crate) fn nearest(name: &str, scope: Scope<'_>) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if let Some(&(_, ours)) = ELSEWHERE.iter().find(|&&(other, _)| other == name) {
        return Some(ours);
    }
    let aliases =
        ALIASES.into_iter().filter(|(_, of)| Field::named(of).is_some_and(|of| of.stands_in(scope)));
    let names = Field::of(scope).map(|(name, _)| (name, name)).chain(aliases);
    let (typed, ours) = names.min_by_key(|(known, _)| edits(known, &name))?;
    is_near(typed, &name).then_some(ours)
}

/// The word of a list that somebody who wrote this most likely meant.
pub(crate) fn nearest_word<'w>(text: &str, words: &[&'w str]) -> Option<&'w str> {
    let nearest = words.iter().min_by_key(|word| edits(word, text))?;
    is_near(nearest, text).then_some(nearest)
}

/// One letter in three may be wrong; beyond that it is another word.
fn is_near(known: &str, text: &str) -> bool {
    edits(known, text) <= text.len().div_ceil(3).min(4)
}

/// How many letters to add, take out, replace, or swap with the next: the optimal string alignment distance
/// (Boytsov, "Indexing methods for approximate dictionary searching", 2011).
fn edits(a: &str, b: &str) -> usize {
    /// No known name is nearly as long.
    const LONGEST: usize = 40;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if b.len() > LONGEST {
        return usize::MAX;
    }
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Words;

    #[test]
    fn the_nearest_name_is_what_was_meant() {
        for (other, name) in ELSEWHERE {
            assert!(Field::named(other).is_none() && Field::named(name).is_some());
        }
        for (typed, meant) in [
            ("id.orgi_h", Some("id.orig_h")),
            ("serivce", Some("service")),
            ("id.resp_port", Some("id.resp_p")),
            ("dst", Some("id.resp_h")),
            ("Durations", Some("duration")),
            ("orig_byte", Some("orig_bytes")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, Scope::Connection), meant, "{typed}");
        }
        assert_eq!(nearest(&"service".repeat(1000), Scope::Connection), None);
        let words = Words::default();
        assert_eq!(nearest("domian", Scope::Finding(&words)), Some("domain"));
        assert_eq!(nearest("vlna", Scope::Finding(&words)), None);
        assert_eq!(nearest_word("fna", &["fan", "rate"]), Some("fan"));
        assert_eq!(nearest_word("colour", &["fan", "rate"]), None);
    }

    #[test]
    fn distances() {
        assert_eq!((edits("", "abc"), edits("abc", "acb"), edits("kitten", "sitting")), (3, 1, 3));
    }
}
