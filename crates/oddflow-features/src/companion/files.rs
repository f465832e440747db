//! Files that were transferred: types that a host doesn't receive otherwise, and programs.

use serde::{Deserialize, Serialize};

use super::columns::at;
use super::counts::{Novelty, NoveltySize};
use super::features::CompanionFeatures;
use super::row::CompanionRow;
use crate::behaviour::portable::{BadState, Out};

/// A file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FileFacts {
    /// Who received it.
    pub(super) receiver: u64,
    pub(super) mime: u64,
    /// The protocol that it came over.
    pub(super) protocol: u64,
    pub(super) is_executable: bool,
}

/// Content types of programs and installers, as Zeek's signatures name them, but for text that a web page is full of.
pub(super) const EXECUTABLE: [&str; 8] = [
    "application/x-dosexec",
    "application/x-executable",
    "application/x-sharedlib",
    "application/x-mach-o-executable",
    "application/x-java-applet",
    "application/java-archive",
    "application/x-msi",
    "text/x-msdos-batch",
];

#[derive(Clone, Debug)]
pub(super) struct Files {
    novelty: Novelty,
}

const NOVELTY: NoveltySize = NoveltySize { network: 16, hosts: 1 << 14, of_host: 1 << 15 };

impl Files {
    pub(super) fn new() -> Self {
        Self { novelty: Novelty::new(NOVELTY) }
    }

    pub(super) fn novelty(&mut self) -> &mut Novelty {
        &mut self.novelty
    }

    pub(super) fn update(&mut self, row: &CompanionRow, facts: &FileFacts, out: &mut CompanionFeatures) {
        let novelty = &mut self.novelty;
        let nth = novelty.begin_row(row.ts, facts.receiver);
        if facts.mime != 0 && facts.receiver != 0 {
            out.values[at::FILE_NEW_TYPE_OF_HOST] =
                novelty.for_host(nth, at::FILE_NEW_TYPE_OF_HOST, facts.mime);
            if facts.is_executable {
                out.values[at::FILE_EXECUTABLE] = novelty.for_host(nth, at::FILE_EXECUTABLE, facts.protocol);
            }
        }
        novelty.end_row();
    }

    pub(super) fn evicted(&self) -> u64 {
        self.novelty.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.novelty.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self { novelty: Novelty::read(NOVELTY, from)? })
    }
}
