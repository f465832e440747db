//! Which log a file is, by what is in it: its name changes as Zeek rotates, compresses and moves it.

/// What makes a log the log it is, whatever its file is called.
///
/// Zeek's uids are unique, so two logs of one name and one opening time still differ in the first of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogIdentity {
    /// `#path`, or what a shipper put in its place; empty where the log doesn't say.
    pub path: String,
    /// The text of `#open`; empty where there is none, as in JSON.
    pub open: String,
    /// The uid of the first row, or a fingerprint of its line where it has no uid.
    pub first: String,
}

/// FNV-1a 64 of a line (Fowler, Noll, Vo; draft-eastlake-fnv), in hexadecimal.
pub(crate) fn fingerprint(line: &[u8]) -> String {
    let hash = line.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("line:{hash:016x}")
}
