//! Which logs are exported: all of one kind, whichever it is.

use std::path::Path;

use zeek_log::{LogFile, LogHead, ReadError, ReadOptions, Row, find_logs};

use crate::arguments::InputArguments;
use crate::failure::Failure;
use crate::input::{Input, Logs, look_at_all, read_options, threads};
use crate::output::note;
use crate::text::counted;

/// The kind that is looked for in directories unless another one is named.
const DEFAULT: &str = "conn";
/// Keys by which shippers of JSON say which log a row is of.
const PATH_KEYS: [&str; 2] = ["_path", "@stream"];

/// Logs of one kind.
pub(crate) struct Found {
    /// The logs.
    pub(crate) input: Input,
    /// Their kind: `conn`, `dns`, ...; empty where nothing says it.
    pub(crate) kind: String,
}

impl Found {
    /// Finds the logs that the arguments lead to. `wanted` is their kind where the user has named it.
    pub(crate) fn find(arguments: &InputArguments, wanted: Option<&str>) -> Result<Self, Failure> {
        let (options, threads) = (read_options(arguments), threads(arguments));
        let found = find_logs(&arguments.logs, wanted.unwrap_or(DEFAULT))?;
        let looks = look_at_all(&found, threads, |log| look(log, wanted, &options));
        let mut logs = Logs::new();
        let (mut others, mut left_out) = (0, 0);
        let mut kind = wanted.map(str::to_owned);
        let mut refused = None;
        for (log, looked) in found.into_iter().zip(looks) {
            let (mut head, says) = match looked {
                Ok(looked) => looked,
                Err(error) if log.is_named() || arguments.strict => return Err(error.into()),
                Err(error) => {
                    note(format_args!("left out: {error}"));
                    left_out += 1;
                    refused.get_or_insert(error);
                    continue;
                }
            };
            if let Some(says) = says {
                let kind = kind.get_or_insert_with(|| says.clone());
                if *kind != says && wanted.is_some() && !log.is_named() {
                    others += 1;
                    continue;
                }
                if *kind != says {
                    return Err(match wanted {
                        Some(wanted) => other_log(log.name(), wanted, says).into(),
                        None => several_kinds(kind, &says, log.name()),
                    });
                }
            }
            // A log is known again by its opening time and the uid of its first row. Without the time that is only enough for
            // conn logs: rows of one connection may begin several logs of another kind. Rather a row twice than never.
            if kind.as_deref() != Some("conn")
                && head.identity.as_ref().is_some_and(|log| log.open.is_empty())
            {
                head.identity = None;
            }
            logs.push((log, head));
        }
        if let Some(error) = refused.filter(|_| logs.is_empty()) {
            return Err(error.into());
        }
        if others > 0 {
            note(format_args!("{} of other kinds passed over", counted(others, "log")));
        }
        let input = Input { logs, left_out, options, threads, strict: arguments.strict, for_service: false };
        Ok(Self { input, kind: kind.unwrap_or_default() })
    }
}

/// Looks at the beginning of a log: what it tells, and its kind; `None` for a log without header and rows, which fits any.
fn look(
    log: &LogFile,
    wanted: Option<&str>,
    options: &ReadOptions,
) -> Result<(LogHead, Option<String>), ReadError> {
    let head = log.any_head(options)?;
    let says_nothing =
        head.identity.is_none() && head.schema().is_none_or(|schema| schema.columns.is_empty());
    if says_nothing {
        return Ok((head, None));
    }
    let said = match (head.schema(), &head.identity) {
        (Some(schema), _) => schema.path.as_str(),
        (None, Some(identity)) => identity.path.as_str(),
        (None, None) => "",
    };
    // Rows of JSON say their log themselves, and a file may mix several.
    let kind = match (wanted, said) {
        (Some(wanted), _) if head.schema().is_none() => wanted,
        (Some(wanted), "") => wanted,
        (_, said) => said,
    };
    // Rows of conn logs are typed by the reader, which looks for the columns that it needs.
    match kind {
        "conn" => return Ok((log.conn_head(options)?, Some("conn".into()))),
        "" => {}
        kind => return Ok((head.clone(), Some(kind.into()))),
    }
    match log.conn_head(options) {
        Ok(head) => Ok((head, Some("conn".into()))),
        Err(_) => {
            let kind = kind_of_name(log.name()).to_owned();
            Ok((head, Some(kind)))
        }
    }
}

/// The kind that a file's name begins with, as Zeek names its logs: `dns.log`, `dns.00:00:00-01:00:00.log.gz`,
/// `dns-2026-03-02-00-00-00.log`, `dns__2026...`. Empty for another name.
fn kind_of_name(name: &str) -> &str {
    let name = Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((kind, _)) = name.split_once(['.', '-']) else { return "" };
    let kind = kind.split("__").next().unwrap_or_default();
    let is_kind = kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_kind { kind } else { "" }
}

/// Whether a row is of another kind, as where several logs are in one file.
pub(super) fn is_of_another_kind(row: &Row<'_>, kind: &str) -> bool {
    let path = row.schema().path.as_str();
    if !row.is_json() {
        return !path.is_empty() && path != kind;
    }
    PATH_KEYS.iter().find_map(|key| row.get(key)).is_some_and(|path| path != kind)
}

fn other_log(name: &str, wanted: &str, found: String) -> ReadError {
    let found = if found.is_empty() { "unknown".into() } else { found };
    ReadError::OtherLog { name: name.into(), wanted: wanted.into(), found }
}

fn several_kinds(first: &str, second: &str, log: &str) -> Failure {
    let quoted = |kind: &str| if kind.is_empty() { "a log of no name".into() } else { format!("`{kind}`") };
    Failure::usage(
        format!(
            "logs of different kinds make no table: {log} is {}, those before it {}",
            quoted(second),
            quoted(first)
        ),
        "Export each kind into a file of its own; --log NAME picks one of a directory or pattern.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_kind() {
        for (name, kind) in [
            ("/logs/dns.log", "dns"),
            ("smb_files.00:00:00-01:00:00.log.gz", "smb_files"),
            ("http-2026-03-02-00-00-00.log", "http"),
            ("ssl__2026-03-02-00-00-00__2026-03-02-01-00-00__.log", "ssl"),
            ("standard input", ""),
            ("My Log.json", ""),
        ] {
            assert_eq!(kind_of_name(name), kind, "{name}");
        }
    }
}
