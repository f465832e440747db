//! How the lines of a log are laid out, found by looking at its beginning.

use std::sync::Arc;

use crate::decompress::Ending;
use crate::header::Header;
use crate::identity::LogIdentity;
use crate::json::JsonRows;
use crate::options::ReadOptions;

/// Layout of the lines from some point of a log on.
#[derive(Clone, Debug)]
pub(crate) enum Layout {
    Tsv(Arc<Header>),
    Json,
}

impl Layout {
    /// Takes in the header lines among whole lines that were passed over or read elsewhere.
    pub(crate) fn advance(&mut self, bytes: &[u8], longest_line: usize) {
        let Self::Tsv(header) = self else { return };
        let mut at = 0;
        while let Some(start) = next_remark(bytes, at) {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
            let line = &bytes[start..end];
            if line.len() <= longest_line
                && let Ok(line) = str::from_utf8(line)
            {
                Arc::make_mut(header).apply(line);
            }
            at = end;
        }
    }
}

/// The start of the next line of header, from a place at or before a line's start. The bytes begin with a line.
fn next_remark(bytes: &[u8], at: usize) -> Option<usize> {
    memchr::memchr_iter(b'#', &bytes[at..]).find_map(|found| {
        let blanks = bytes[..at + found].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let start = at + found - blanks;
        (start == 0 || bytes[start - 1] == b'\n').then_some(start)
    })
}

/// Whether a line is a directive or a remark. Blanks before the `#` are seen in real headers.
pub(crate) fn is_remark(line: &[u8]) -> bool {
    line.iter().find(|byte| !matches!(byte, b' ' | b'\t')) == Some(&b'#')
}

/// What the beginning of a log tells.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) layout: Layout,
    /// Bytes to pass over before the first line that is read: a byte order mark, a header row without `#`.
    pub(crate) skip: usize,
    pub(crate) identity: Option<LogIdentity>,
}

/// Why a beginning is refused.
pub(crate) enum Refusal {
    NotZeek(String),
    OtherLog(String),
    /// The beginning ends before it tells enough.
    Unfinished,
}

/// Looks at the first bytes of an uncompressed log.
pub(crate) fn open(
    head: &[u8],
    ending: Ending,
    conn_only: bool,
    options: &ReadOptions,
) -> Result<Opening, Refusal> {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let bom = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut header = Header::default();
    let mut seen_header = false;
    let mut at = bom;
    let mut skip = bom;
    loop {
        let Some((line, next)) = whole_line(head, at, ending) else {
            if ending == Ending::More {
                return Err(Refusal::Unfinished);
            }
            // A log without rows: Zeek has just opened it, or nothing happened.
            if !seen_header || header.is_complete() {
                check_conn(&header, conn_only && seen_header)?;
                return Ok(Opening { layout: Layout::Tsv(Arc::new(header)), skip, identity: None });
            }
            return Err(Refusal::NotZeek("its header has no #fields".into()));
        };
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() {
            // Blanks above everything are no row of the columns that are named below them.
            skip = if seen_header { skip } else { next };
            at = next;
        } else if is_remark(line) {
            // As when the lines are read: one that can't be read says nothing.
            if let Ok(line) = str::from_utf8(line)
                && line.len() <= options.longest_line
            {
                header.apply(line);
            }
            seen_header = true;
            at = next;
        } else if header.is_complete() {
            check_conn(&header, conn_only)?;
            let identity = tsv_identity(&header, line);
            return Ok(Opening { layout: Layout::Tsv(Arc::new(header)), skip, identity: Some(identity) });
        } else if is_bare_header(&text) && header.schema.path.is_empty() && header.separator == b'\t' {
            // Remarks may stand above it.
            header = Header::bare(&text.trim_end_matches('\r').split('\t').collect::<Vec<_>>());
            check_conn(&header, conn_only)?;
            let identity = whole_line(head, next, ending).map(|(row, _)| tsv_identity(&header, row));
            if identity.is_none() && ending == Ending::More {
                return Err(Refusal::Unfinished);
            }
            return Ok(Opening { layout: Layout::Tsv(Arc::new(header)), skip: next, identity });
        } else if seen_header {
            return Err(Refusal::NotZeek("its header has no #fields".into()));
        } else if text.trim_start().starts_with('{') {
            return open_json(head, at, ending, conn_only, skip);
        } else if let Some(fields) = &options.fields {
            let header = Header::bare(&fields.iter().map(String::as_str).collect::<Vec<_>>());
            check_conn(&header, conn_only)?;
            let identity = tsv_identity(&header, line);
            return Ok(Opening { layout: Layout::Tsv(Arc::new(header)), skip, identity: Some(identity) });
        } else {
            let reason = if text.split('\t').count() > 5 {
                "it has no header".into()
            } else {
                format!("its first line is `{}`", crate::problem::excerpt(text.trim_end()))
            };
            return Err(Refusal::NotZeek(reason));
        }
    }
}

/// The line at a place and the place after it.
fn whole_line(head: &[u8], at: usize, ending: Ending) -> Option<(&[u8], usize)> {
    let rest = head.get(at..).filter(|rest| !rest.is_empty())?;
    match memchr::memchr(b'\n', rest) {
        Some(length) => Some((&rest[..length], at + length + 1)),
        None => (ending == Ending::Whole).then_some((rest, head.len())),
    }
}

/// A line of nothing but field names, as filters with `tsv=T` write it.
fn is_bare_header(line: &str) -> bool {
    let mut names = line.trim_end_matches('\r').split('\t');
    let named = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    names.clone().count() > 1 && names.clone().any(|name| name == "ts") && names.all(named)
}

/// Refuses what is not a conn log.
fn check_conn(header: &Header, conn_only: bool) -> Result<(), Refusal> {
    let path = header.schema.path.as_str();
    if !conn_only || !header.is_complete() {
        return if conn_only && !matches!(path, "conn" | "") {
            Err(Refusal::OtherLog(path.into()))
        } else {
            Ok(())
        };
    }
    if !matches!(path, "conn" | "") {
        return Err(Refusal::OtherLog(path.into()));
    }
    match header.conn.missing() {
        Some(field) => Err(Refusal::NotZeek(format!("a conn log needs the column `{}`", field.name()))),
        None => Ok(()),
    }
}

fn tsv_identity(header: &Header, row: &[u8]) -> LogIdentity {
    let uid =
        header.schema.position("uid").and_then(|column| row.split(|&b| b == header.separator).nth(column));
    let uid = uid.map(String::from_utf8_lossy).filter(|uid| *uid != header.unset.as_str() && !uid.is_empty());
    LogIdentity::new(&header.schema.path, &header.open, uid.as_deref(), row)
}

/// JSON lines: the first row of the log that was asked for tells which log it is.
fn open_json(
    head: &[u8],
    mut at: usize,
    ending: Ending,
    conn_only: bool,
    skip: usize,
) -> Result<Opening, Refusal> {
    let mut rows = JsonRows::new();
    let mut other: Option<String> = None;
    let mut broken = None;
    while let Some((line, next)) = whole_line(head, at, ending) {
        at = next;
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() {
            continue;
        }
        let object = match rows.read(&text) {
            Ok(object) => object,
            Err(error) => {
                broken.get_or_insert(error);
                continue;
            }
        };
        let path = object.path();
        if conn_only && path.is_some_and(|path| path != "conn") {
            // Shippers mix several logs in one file, so conn rows may follow.
            other = path.map(str::to_owned);
            continue;
        }
        let get = |name: &str| object.schema.position(name).and_then(|column| object.text(column));
        if conn_only && path.is_none() && (get("conn_state").is_none() || get("proto").is_none()) {
            let reason = "its first JSON line has no `conn_state`, so it isn't a conn log".into();
            return Err(Refusal::NotZeek(reason));
        }
        if path.is_none() && get("ts").is_none() {
            return Err(Refusal::NotZeek("its first JSON line has no `ts`".into()));
        }
        let identity = LogIdentity::new(path.unwrap_or_default(), "", get("uid"), line);
        return Ok(Opening { layout: Layout::Json, skip, identity: Some(identity) });
    }
    if ending == Ending::More {
        return Err(Refusal::Unfinished);
    }
    match (other, broken) {
        (Some(path), _) => Err(Refusal::OtherLog(path)),
        (None, Some(error)) => Err(Refusal::NotZeek(format!("no line of it is a JSON object: {error}"))),
        (None, None) => Ok(Opening { layout: Layout::Json, skip, identity: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conn(head: &str) -> Result<Opening, String> {
        open(head.as_bytes(), Ending::Whole, true, &ReadOptions::default()).map_err(|refusal| match refusal {
            Refusal::NotZeek(reason) => reason,
            Refusal::OtherLog(path) => format!("other: {path}"),
            Refusal::Unfinished => "unfinished".into(),
        })
    }

    const FIELDS: &str = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n";

    #[test]
    fn a_log_is_known_by_path_open_and_first_uid() {
        let head = format!(
            "#path\tconn\n#open\t2020-01-01-00-00-00\n{FIELDS}1.0\tCabc\t1.1.1.1\t1\t2.2.2.2\t2\ttcp\n"
        );
        let identity = conn(&head).unwrap().identity.unwrap();
        assert_eq!(
            (identity.path.as_str(), identity.open.as_str(), identity.first.as_str()),
            ("conn", "2020-01-01-00-00-00", "Cabc")
        );
    }

    #[test]
    fn refuses_by_reason() {
        assert!(conn("Lorem ipsum dolor\n").unwrap_err().contains("Lorem ipsum"));
        assert_eq!(conn("1\t2\t3\t4\t5\t6\t7\n").unwrap_err(), "it has no header");
        assert_eq!(conn("#!/bin/sh\necho\n").unwrap_err(), "its header has no #fields");
        assert_eq!(conn("#path\tdns\n#fields\tts\tuid\n").unwrap_err(), "other: dns");
        assert_eq!(conn("{\"_path\":\"dns\",\"ts\":1}\n").unwrap_err(), "other: dns");
        assert!(conn("{\"ts\":1,\"query\":\"x\"}\n").unwrap_err().contains("conn_state"));
        assert!(conn("#path\tconn\n#fields\tts\tuid\n").unwrap_err().contains("id.orig_h"));
    }

    #[test]
    fn takes_empty_logs_bare_headers_and_mixed_json() {
        assert!(conn("").unwrap().identity.is_none());
        assert!(conn(&format!("#path\tconn\n{FIELDS}")).unwrap().identity.is_none());
        let bare = conn(&format!("{}1.0\tC1\n", FIELDS.replace("#fields\t", ""))).unwrap();
        assert_eq!(bare.skip, FIELDS.len() - 8);
        assert!(bare.identity.unwrap().first.starts_with("C1 line:"));
        let mixed = "{\"@stream\":\"dns\",\"ts\":1}\n{\"@stream\":\"conn\",\"ts\":1,\"uid\":\"C2\"}\n";
        assert!(conn(mixed).unwrap().identity.unwrap().first.starts_with("C2 line:"));
    }
}
