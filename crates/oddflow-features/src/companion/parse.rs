//! Cells of companion logs: what there is to them beyond the values that the reader knows.

/// Yes or no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "T" | "success" => Some(true),
        "F" | "failure" => Some(false),
        _ => None,
    }
}

/// The first element of a set or vector.
pub(super) fn first(set: &str) -> &str {
    set.split(',').next().unwrap_or(set)
}

/// Writes text in lower case to `out`, ASCII's letters alone: host names have no others.
pub(super) fn lower<'a>(text: &'a str, out: &'a mut String) -> &'a str {
    if !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text;
    }
    out.clear();
    out.push_str(text);
    out.make_ascii_lowercase();
    out
}

/// Writes text without its digits to `out`.
pub(super) fn without_digits<'a>(text: &str, out: &'a mut String) -> &'a str {
    out.clear();
    text.split(|c: char| c.is_ascii_digit()).for_each(|part| out.push_str(part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let mut out = String::new();
        assert_eq!(lower("WWW.Example", &mut out), "www.example");
        assert_eq!(lower("www.example", &mut out), "www.example");
        assert_eq!(without_digits("Mozilla/5.0 (Ä 122)", &mut out), "Mozilla/. (Ä )");
        assert_eq!((first("a,b"), first("a"), first("")), ("a", "a", ""));
        assert_eq!((flag("T"), flag("failure"), flag("undetermined")), (Some(true), Some(false), None));
    }
}
