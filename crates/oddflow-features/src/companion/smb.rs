//! Shares: how many a host connects to, how many files it uses and changes, how often it is refused. A memory for each of the
//! three logs.

use serde::{Deserialize, Serialize};

use super::columns::at;
use super::counts::{Decayed, Names, Novelty, NoveltySize, TEN_MINUTES, log};
use super::features::CompanionFeatures;
use super::row::CompanionRow;
use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::hash::join;
use crate::behaviour::portable::{BadState, Out, Portable, portable};

/// A file on a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SmbFileFacts {
    /// Share and name together.
    pub(super) file: u64,
    /// Whether it was written, renamed or deleted.
    pub(super) is_change: bool,
}

/// A share that was connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SmbMappingFacts {
    pub(super) share: u64,
}

/// A command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SmbCommandFacts {
    /// Whether the server refused it: a wrong password, no access, no such share.
    pub(super) is_refused: bool,
}

/// Words in the statuses of a refusal (MS-ERREF 2.3.1, as Zeek names them). Others say that the work goes on or that a file isn't there.
pub(super) const REFUSALS: [&str; 7] = [
    "LOGON_FAILURE",
    "ACCESS_DENIED",
    "WRONG_PASSWORD",
    "NO_SUCH_USER",
    "ACCOUNT_",
    "PASSWORD_",
    "BAD_NETWORK_NAME",
];

/// Memory of `smb_files`.
#[derive(Clone, Debug)]
pub(super) struct SmbFiles {
    rows: u64,
    /// By host, file and whether it was changed.
    files: Names,
    /// By host.
    hosts: BoundedMap<Used>,
}

#[derive(Clone, Debug, Default)]
struct Used {
    files: Decayed,
    changes: Decayed,
}
portable!(Used { files, changes });

const FILES: usize = 1 << 16;
const HOSTS: usize = 1 << 13;

impl SmbFiles {
    pub(super) fn new() -> Self {
        Self { rows: 0, files: Names::new(FILES), hosts: BoundedMap::new(HOSTS) }
    }

    pub(super) fn update(&mut self, row: &CompanionRow, facts: &SmbFileFacts, out: &mut CompanionFeatures) {
        let (now, nth) = (row.ts, self.rows);
        self.rows += 1;
        if facts.file == 0 {
            return;
        }
        let of_host = join(facts.file, row.source);
        let used =
            self.hosts.at(row.source, nth, || Used { files: Decayed::new(now), changes: Decayed::new(now) });
        if self.files.is_new(of_host, nth, now, TEN_MINUTES) {
            out.values[at::SMB_FILES] = log(used.files.add(now, TEN_MINUTES, 1.0));
        }
        if facts.is_change && self.files.is_new(join(of_host, 1), nth, now, TEN_MINUTES) {
            out.values[at::SMB_CHANGES] = log(used.changes.add(now, TEN_MINUTES, 1.0));
        }
    }

    pub(super) fn evicted(&self) -> u64 {
        self.files.evicted() + self.hosts.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.rows.write(out);
        self.files.write(out);
        self.hosts.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self {
            rows: u64::read(from)?,
            files: Names::read(FILES, from)?,
            hosts: BoundedMap::read(HOSTS, from)?,
        })
    }
}

/// Memory of `smb_mapping`.
#[derive(Clone, Debug)]
pub(super) struct SmbMapping {
    novelty: Novelty,
    /// By host, server and share.
    shares: Names,
    /// By host.
    hosts: BoundedMap<Decayed>,
}

const NOVELTY: NoveltySize = NoveltySize { network: 16, hosts: HOSTS, of_host: 1 << 14 };
const SHARES: usize = 1 << 14;

impl SmbMapping {
    pub(super) fn new() -> Self {
        Self { novelty: Novelty::new(NOVELTY), shares: Names::new(SHARES), hosts: BoundedMap::new(HOSTS) }
    }

    pub(super) fn novelty(&mut self) -> &mut Novelty {
        &mut self.novelty
    }

    pub(super) fn update(
        &mut self,
        row: &CompanionRow,
        facts: &SmbMappingFacts,
        out: &mut CompanionFeatures,
    ) {
        let now = row.ts;
        let nth = self.novelty.begin_row(now, row.source);
        if facts.share != 0 {
            // The path may name the server by address, by name, or not at all.
            let share = join(facts.share, row.destination);
            out.values[at::SMB_NEW_SHARE_OF_SRC] =
                self.novelty.for_host(nth, at::SMB_NEW_SHARE_OF_SRC, share);
            if self.shares.is_new(join(share, row.source), nth.row, now, TEN_MINUTES) {
                let shares = self.hosts.at(row.source, nth.row, || Decayed::new(now));
                out.values[at::SMB_SHARES] = log(shares.add(now, TEN_MINUTES, 1.0));
            }
        }
        self.novelty.end_row();
    }

    pub(super) fn evicted(&self) -> u64 {
        self.novelty.evicted() + self.shares.evicted() + self.hosts.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.novelty.write(out);
        self.shares.write(out);
        self.hosts.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self {
            novelty: Novelty::read(NOVELTY, from)?,
            shares: Names::read(SHARES, from)?,
            hosts: BoundedMap::read(HOSTS, from)?,
        })
    }
}

/// Memory of `smb_cmd`.
#[derive(Clone, Debug)]
pub(super) struct SmbCommands {
    rows: u64,
    /// Refusals by host.
    hosts: BoundedMap<Decayed>,
}

impl SmbCommands {
    pub(super) fn new() -> Self {
        Self { rows: 0, hosts: BoundedMap::new(HOSTS) }
    }

    pub(super) fn update(
        &mut self,
        row: &CompanionRow,
        facts: &SmbCommandFacts,
        out: &mut CompanionFeatures,
    ) {
        let nth = self.rows;
        self.rows += 1;
        if facts.is_refused {
            let refusals = self.hosts.at(row.source, nth, || Decayed::new(row.ts));
            out.values[at::SMB_REFUSALS] = log(refusals.add(row.ts, TEN_MINUTES, 1.0));
        }
    }

    pub(super) fn evicted(&self) -> u64 {
        self.hosts.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.rows.write(out);
        self.hosts.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self { rows: u64::read(from)?, hosts: BoundedMap::read(HOSTS, from)? })
    }
}
