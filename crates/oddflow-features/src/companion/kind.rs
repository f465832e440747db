//! The logs that are joined with connections.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of Zeek's logs beside `conn.log`, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// `dns`: questions and answers.
    Dns,
    /// `http`: requests.
    Http,
    /// `ssl`: TLS handshakes.
    Ssl,
    /// `ssh`: logins.
    Ssh,
    /// `files`: what was transferred, over whatever protocol.
    Files,
    /// `smb_files`: what was done to files on a share.
    SmbFiles,
    /// `smb_mapping`: shares that were connected to.
    SmbMapping,
    /// `smb_cmd`: every SMB command, where Zeek is told to log them.
    SmbCmd,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Dns,
        Self::Http,
        Self::Ssl,
        Self::Ssh,
        Self::Files,
        Self::SmbFiles,
        Self::SmbMapping,
        Self::SmbCmd,
    ];

    /// The log's name, as in its `#path` and at the beginning of its file name.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Http => "http",
            Self::Ssl => "ssl",
            Self::Ssh => "ssh",
            Self::Files => "files",
            Self::SmbFiles => "smb_files",
            Self::SmbMapping => "smb_mapping",
            Self::SmbCmd => "smb_cmd",
        }
    }

    /// The kind of a log by its name.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.path() == path)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_kind() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
            assert_eq!(Kind::of_path(kind.path()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!(Kind::of_path("conn"), None);
        assert_eq!(Kind::of_path("dns_red"), None);
    }
}
