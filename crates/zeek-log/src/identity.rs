//! Which log a file is, by what is in it: its name changes as Zeek rotates, compresses and moves it.

/// What makes a log the log it is, whatever its file is called.
///
/// A conn log with an opening time is known by its first uid besides: Zeek's uids are unique. Rows of one connection may begin
/// several logs of another type, and JSON logs name no opening time: these are known by their whole first row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogIdentity {
    /// `#path`, or what a shipper put in its place; empty where the log doesn't say.
    pub path: String,
    /// The text of `#open`; empty where there is none, as in JSON.
    pub open: String,
    /// The uid of the first row, a fingerprint of its line, or both with a blank between them.
    pub first: String,
}

impl LogIdentity {
    /// Identity of a log by its header and its first row, the line without its `\n`.
    pub(crate) fn new(path: &str, open: &str, uid: Option<&str>, line: &[u8]) -> Self {
        let first = match uid {
            Some(uid) if path == "conn" && !open.is_empty() => uid.into(),
            Some(uid) => format!("{uid} {}", fingerprint(line)),
            None => fingerprint(line),
        };
        Self { path: path.into(), open: open.into(), first }
    }
}

/// FNV-1a 64 of a line (Fowler, Noll, Vo; draft-eastlake-fnv), in hexadecimal.
fn fingerprint(line: &[u8]) -> String {
    let hash = line.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("line:{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_uid_may_begin_several_logs() {
        let first = |path, open, line: &str| LogIdentity::new(path, open, Some("C1"), line.as_bytes()).first;
        assert_eq!(
            first("conn", "2024-05-01-00-00-00", "1 C1"),
            first("conn", "2024-05-01-00-00-00", "2 C1")
        );
        for (path, open) in [("conn", ""), ("dns", ""), ("dns", "2024-05-01-00-00-00")] {
            assert_ne!(first(path, open, "1 C1"), first(path, open, "2 C1"), "{path} {open}");
        }
    }
}
