//! A row of a companion log, reduced to what features are made of.

use serde::{Deserialize, Serialize};

use super::dns::DnsFacts;
use super::files::FileFacts;
use super::http::HttpFacts;
use super::kind::Kind;
use super::smb::{SmbCommandFacts, SmbFileFacts, SmbMappingFacts};
use super::ssh::SshFacts;
use super::tls::TlsFacts;
use crate::behaviour::{InterimRow, hash};

/// A row as the state takes it. Names and addresses are keyed hashes. A hash of 0 is nothing known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanionRow {
    /// Its time, in seconds since the Unix epoch: when what it tells of began.
    pub ts: f64,
    /// The keyed hash of its connection's uid; never 0. See [`uid_hash`].
    pub uid: u64,
    /// The connection's originator and responder.
    pub(super) source: u64,
    pub(super) destination: u64,
    pub(super) facts: Facts,
}

/// A row of any log beside `conn` that a session takes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BesideRow {
    /// What another log says of a connection, joined with it by uid.
    Joined(CompanionRow),
    /// How far a connection has come that is still open.
    Interim(InterimRow),
}

impl BesideRow {
    /// Its time: that of the row, or the moment that it tells of. Seconds since the Unix epoch.
    #[must_use]
    pub fn time(&self) -> f64 {
        match self {
            Self::Joined(row) => row.ts,
            Self::Interim(row) => row.end,
        }
    }

    /// The keyed hash of its connection's uid, where it has to be there when the connection comes.
    #[must_use]
    pub fn uid(&self) -> Option<u64> {
        match self {
            Self::Joined(row) => Some(row.uid),
            Self::Interim(_) => None,
        }
    }
}

/// What a row says, by its log.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Facts {
    Dns(DnsFacts),
    Http(HttpFacts),
    Tls(TlsFacts),
    Ssh(SshFacts),
    File(FileFacts),
    SmbFile(SmbFileFacts),
    SmbMapping(SmbMappingFacts),
    SmbCommand(SmbCommandFacts),
}

impl CompanionRow {
    /// The log that it is of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.facts {
            Facts::Dns(_) => Kind::Dns,
            Facts::Http(_) => Kind::Http,
            Facts::Tls(_) => Kind::Ssl,
            Facts::Ssh(_) => Kind::Ssh,
            Facts::File(_) => Kind::Files,
            Facts::SmbFile(_) => Kind::SmbFiles,
            Facts::SmbMapping(_) => Kind::SmbMapping,
            Facts::SmbCommand(_) => Kind::SmbCmd,
        }
    }
}

/// The keyed hash of a uid, by which rows find their connection; 0 for an empty one. `seed` is that of the
/// [`FlowReader`](crate::behaviour::FlowReader).
#[must_use]
#[inline]
pub fn uid_hash(seed: u64, uid: &str) -> u64 {
    if uid.is_empty() { 0 } else { known(hash::text(seed, uid)) }
}

/// The hash of something that is known, which 0 is not.
#[inline]
pub(super) fn known(hash: u64) -> u64 {
    hash.max(1)
}
