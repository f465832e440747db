//! The settings as a file with a comment on each, made of the types and their documentation: it can't tell of a setting that
//! isn't there, or miss one that is.

use std::fmt::Write;

use serde_json::Value;

use super::Settings;

/// Width of a comment.
const WIDTH: usize = 100;

/// What `oddflow config init` writes: every setting with its default, commented out, in the order of the types.
pub(crate) fn commented() -> String {
    let schema = schemars::schema_for!(Settings).to_value();
    let defaults = toml::to_string(&Settings::default()).unwrap_or_default();
    let mut text = String::from(
        "# Settings of oddflow watch. What is commented out is as if it stood there: the default.\n# A change is taken in with SIGHUP (systemctl reload oddflow), or at the next start.\n",
    );
    let mut table = &schema;
    let mut told: Vec<&str> = Vec::new();
    for line in defaults.lines().filter(|line| !line.is_empty()) {
        if let Some(path) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            unset(&schema, table, &told, &mut text);
            text.push('\n');
            told.clear();
            table = &schema;
            for name in path.split('.') {
                let property = &table["properties"][name];
                table = resolve(&schema, property);
                // Of the innermost table, below.
                if path.ends_with(name) {
                    comment(words(&schema, property), &mut text);
                }
            }
            let _ = writeln!(text, "{line}");
        } else if let Some((name, _)) = line.split_once(" = ") {
            comment(words(&schema, &table["properties"][name]), &mut text);
            let _ = writeln!(text, "# {line}");
            told.push(name);
        }
    }
    unset(&schema, table, &told, &mut text);
    text
}

/// The settings of a table that have no default: TOML has no word for that.
fn unset(root: &Value, table: &Value, told: &[&str], text: &mut String) {
    let Some(properties) = table["properties"].as_object() else { return };
    for (name, schema) in properties {
        // One of names of the user's own has no properties.
        let is_table = resolve(root, schema)["type"] == "object";
        if !is_table && !told.contains(&name.as_str()) {
            comment(words(root, schema), text);
            let _ = writeln!(text, "# {name} =");
        }
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
