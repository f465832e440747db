//! Settings of the service: from a file, as a commented file, and from settings to what runs.

mod build;
mod comments;
mod reach;
mod settings;

use std::fs;
use std::path::Path;

pub(crate) use build::build;
pub(crate) use comments::commented;
pub(crate) use settings::{LogFormat, Mode, RetrainSettings, Settings};

use crate::failure::Failure;

/// Largest file of settings.
const LARGEST: u64 = 1 << 20;

impl Settings {
    /// Reads a file of settings.
    ///
    /// # Errors
    /// Where it can't be read, with line and column where something in it is wrong.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let unreadable = |error: std::io::Error| {
            Failure::usage(
                format!("the settings {name} cannot be read: {error}"),
                "Write some with: oddflow config init.",
            )
        };
        if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
            return Err(Failure::usage(
                format!("the settings {name} are over 1 MiB"),
                "Name the right file.",
            ));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&text, &name.to_string())
    }

    fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            Failure::usage(
                format!("{name}:{line}: {}", error.message()),
                "oddflow config init shows every setting with its default.",
            )
        })
    }
}

/// The line of what begins at a byte, blank lines before it left aside.
fn line_of(text: &str, start: usize) -> usize {
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    let blank = rest.len() - rest.trim_start().len();
    let lines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
    1 + lines(before) + lines(&rest[..blank])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commented_file_is_the_defaults() {
        let text = commented();
        assert_eq!(Settings::parse(&text, "x").expect("it is right"), Settings::default());
        // And each setting stands in it, commented out or not: none can be forgotten.
        let defaults = toml::Value::try_from(Settings::default()).expect("settings are TOML");
        let mut tables = vec![(String::new(), defaults)];
        while let Some((path, value)) = tables.pop() {
            let toml::Value::Table(table) = value else { continue };
            for (name, value) in table {
                if value.is_table() && !value.as_table().is_some_and(toml::map::Map::is_empty) {
                    let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                    let has_values =
                        value.as_table().is_some_and(|table| table.values().any(|value| !value.is_table()));
                    assert!(!has_values || text.contains(&format!("[{path}]")), "{path}");
                    tables.push((path, value));
                } else {
                    // An empty table of the user's own names has a heading alone.
                    let heading = format!("\n[{path}.{name}]\n");
                    let is_told = text.contains(&format!("\n# {name} =")) || text.contains(&heading);
                    assert!(is_told, "{path}.{name}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_name_is_told_with_its_line() {
        let failure =
            Settings::parse("[watch]\n\nrots = [\"/x\"]\n", "oddflow.toml").expect_err("no such setting");
        assert!(failure.message().starts_with("oddflow.toml:3: "), "{}", failure.message());
        assert!(failure.message().contains("rots"), "{}", failure.message());
    }
}
