//! JSON text that the store keeps as it was given, on its way out: part of the record that it belongs
//! to, not a text in quotes.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Ref, Type};

/// Writes the text as the JSON it is, on one line. What is no JSON, which only another program can have
/// stored, is written as a text.
pub(crate) fn embed<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    // In JSON a line break is white space: inside a string it is escaped.
    let one_line = text.replace(['\n', '\r'], " ");
    match serde_json::from_str::<&RawValue>(&one_line) {
        Ok(json) => json.serialize(serializer),
        Err(_) => text.serialize(serializer),
    }
}

/// As [`embed`]; `null` where there is none.
pub(crate) fn embed_option<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => embed(text, serializer),
        None => serializer.serialize_none(),
    }
}

/// What is in a summary, by name: whoever describes the API knows what stands behind it.
pub(crate) fn summary() -> Ref {
    Ref::from_schema_name("Summary")
}

/// The same of an explanation, which may be unset.
pub(crate) fn explanation() -> OneOfBuilder {
    or_null("Explanation")
}

/// The same of evidence, which may be unset.
pub(crate) fn evidence() -> OneOfBuilder {
    or_null("EvidenceRows")
}

fn or_null(name: &str) -> OneOfBuilder {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(null).item(Ref::from_schema_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Record {
        #[serde(serialize_with = "embed")]
        summary: String,
        #[serde(serialize_with = "embed_option")]
        evidence: Option<String>,
    }

    #[test]
    fn json_stays_json_on_one_line() {
        let check = |summary: &str, evidence: Option<&str>, expected: &str| {
            let record = Record { summary: summary.to_owned(), evidence: evidence.map(str::to_owned) };
            assert_eq!(serde_json::to_string(&record).expect("writes"), expected);
        };
        check(r#"{"b": 1e400, "a": 2}"#, None, r#"{"summary":{"b": 1e400, "a": 2},"evidence":null}"#);
        check("[1,\n2]", Some("\"a\\nb\""), r#"{"summary":[1, 2],"evidence":"a\nb"}"#);
        check("not JSON\n", Some(""), r#"{"summary":"not JSON\n","evidence":""}"#);
    }
}
