//! Secrets are named, never written: an environment variable, or a file that only its owner reads.
//!
//! Neither `Debug` nor `Serialize` nor an error can show a value, as the types here don't hold one.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Looks up an environment variable. A library doesn't read the environment by itself.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Where a secret is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Secret {
    /// In the environment variable of this name.
    Env(String),
    /// In this file, less the line end behind it.
    File(PathBuf),
}

/// An address, written or kept secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Address {
    /// As it is.
    Text(String),
    /// Found as a secret.
    Secret(Secret),
}

impl Default for Address {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// No secret is longer.
const LONGEST: u64 = 64 * 1024;

impl Secret {
    /// Its value, and a warning where others can read it.
    ///
    /// # Errors
    /// A sentence that says where it was looked for.
    pub(super) fn read(&self, environment: &Environment<'_>) -> Result<(String, Option<String>), String> {
        let (value, warning) = match self {
            Self::Env(name) => {
                let value = environment(name);
                (value.ok_or_else(|| format!("the environment variable {name} is not set"))?, None)
            }
            Self::File(path) => read_file(path)?,
        };
        let value = value.trim_end_matches(['\r', '\n']).to_owned();
        if value.is_empty() {
            return Err(format!("{self} is empty"));
        }
        if value.chars().any(char::is_control) {
            return Err(format!("{self} holds more than one line, or control characters"));
        }
        Ok((value, warning))
    }
}

fn read_file(path: &Path) -> Result<(String, Option<String>), String> {
    let at = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(at)?;
    let warning = is_open_to_others(&file).map_err(at)?.then(|| {
        let path = path.display();
        format!("{path} can be read by others than its owner: chmod 600 {path}")
    });
    let mut value = String::new();
    file.take(LONGEST).read_to_string(&mut value).map_err(at)?;
    Ok((value, warning))
}

#[cfg(unix)]
fn is_open_to_others(file: &std::fs::File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::File) -> std::io::Result<bool> {
    Ok(false)
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What serde would say of a wrong type shows the value, which may be a password that somebody put there.
struct SecretVisitor {
    takes_text: bool,
}

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"{ env = "NAME" } or { file = "/path" }"#)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
        if self.takes_text {
            return Ok(Address::Text(text.to_owned()));
        }
        Err(E::custom(r#"a secret is named, not written: { env = "NAME" } or { file = "/path" }"#))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Address, A::Error> {
        let wrong =
            || de::Error::custom(r#"a secret is { env = "NAME" } or { file = "/path" }, and nothing else"#);
        let secret = match map.next_key::<String>()?.as_deref() {
            Some("env") => Secret::Env(map.next_value()?),
            Some("file") => Secret::File(map.next_value()?),
            _ => return Err(wrong()),
        };
        match map.next_key::<String>()? {
            None => Ok(Address::Secret(secret)),
            Some(_) => Err(wrong()),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_any(SecretVisitor { takes_text: false })? {
            Address::Secret(secret) => Ok(secret),
            Address::Text(_) => Err(de::Error::custom("a secret is named, not written")),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor { takes_text: true })
    }
}
