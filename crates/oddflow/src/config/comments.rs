//! The settings as a file with a comment on each, made of the types and their documentation: it can't tell of a setting that
//! isn't there, or miss one that is.

use std::fmt::Write;

use serde_json::Value;

use super::Settings;

/// Width of a comment.
const WIDTH: usize = 100;

/// What `oddflow config init` writes: every setting with its default, commented out.
pub(crate) fn commented() -> String {
    let schema = schemars::schema_for!(Settings).to_value();
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut text = String::from(
        "# Settings of oddflow watch. What is commented out is as if it stood there: the default.\n# A change is taken in with SIGHUP (systemctl reload oddflow), or at the next start.\n",
    );
    table(&schema, &schema, &defaults, "", &mut text);
    text
}

/// A table, the settings in it before the tables.
fn table(root: &Value, schema: &Value, defaults: &Value, path: &str, text: &mut String) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let (tables, values): (Vec<_>, Vec<_>) =
        properties.iter().partition(|(_, schema)| resolve(root, schema).get("properties").is_some());
    if !path.is_empty() && !values.is_empty() {
        let _ = writeln!(text, "[{path}]");
    }
    for (name, schema) in values {
        comment(words(root, schema), text);
        let _ = writeln!(text, "# {name} = {}", literal(&defaults[name]));
    }
    for (name, schema) in tables {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        text.push('\n');
        comment(words(root, schema), text);
        table(root, resolve(root, schema), &defaults[name], &path, text);
    }
}

/// What a schema refers to, or itself.
fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|reference| root.pointer(reference)).unwrap_or(schema)
}

/// What is documented: of the field, else of its type.
fn words<'s>(root: &'s Value, schema: &'s Value) -> &'s str {
    let own = schema["description"].as_str();
    own.or_else(|| resolve(root, schema)["description"].as_str()).unwrap_or_default()
}

fn comment(words: &str, text: &mut String) {
    let mut line = String::new();
    for word in words.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "# {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(text, "# {line}");
    }
}

/// A default as TOML; for one that is unset nothing.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "\"\"".into(),
        Value::Object(_) => "{}".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        // Basic strings of TOML escape as JSON's do.
        other => other.to_string(),
    }
}
