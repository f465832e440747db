//! What the companion logs leave behind from row to row, and the way from rows to connections.

use super::dns::Dns;
use super::features::CompanionFeatures;
use super::files::Files;
use super::health::{Health, KindHealth};
use super::http::Http;
use super::join::{Recent, Waiting};
use super::kind::Kind;
use super::row::{CompanionRow, Facts};
use super::smb::{SmbCommands, SmbFiles, SmbMapping};
use super::ssh::Ssh;
use super::tls::Tls;
use crate::behaviour::BadState;
use crate::behaviour::portable::{FORMAT, Portable};

/// The memory of the companion logs. Bounded: about 80 MB with everything full, 1 MB to begin with.
#[derive(Clone, Debug)]
pub struct CompanionState {
    /// The latest end of a connection. Rows don't move it: how far they are ahead of the connections is chance.
    clock: f64,
    dns: Dns,
    http: Http,
    tls: Tls,
    ssh: Ssh,
    files: Files,
    smb_files: SmbFiles,
    smb_mapping: SmbMapping,
    smb_commands: SmbCommands,
    waiting: Waiting,
    recent: Recent,
    health: Health,
}

impl Default for CompanionState {
    fn default() -> Self {
        Self::new()
    }
}

impl CompanionState {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            clock: f64::NEG_INFINITY,
            dns: Dns::new(),
            http: Http::new(),
            tls: Tls::new(),
            ssh: Ssh::new(),
            files: Files::new(),
            smb_files: SmbFiles::new(),
            smb_mapping: SmbMapping::new(),
            smb_commands: SmbCommands::new(),
            waiting: Waiting::new(),
            recent: Recent::new(),
            health: Health::default(),
        }
    }

    /// The later part of the baseline begins: from here on novelty is measured against what came before.
    ///
    /// # Panics
    /// It has begun before.
    pub fn begin_calibration(&mut self) {
        self.dns.novelty().begin_calibration();
        self.http.novelty().begin_calibration();
        self.tls.novelty().begin_calibration();
        self.ssh.novelty().begin_calibration();
        self.files.novelty().begin_calibration();
        self.smb_mapping.novelty().begin_calibration();
    }

    /// The baseline is over: novelty is measured against all of it, and from the second day on against what came up to the
    /// day before.
    ///
    /// # Panics
    /// It was over before, or calibration had not begun.
    pub fn end_baseline(&mut self) {
        self.dns.novelty().end_baseline();
        self.http.novelty().end_baseline();
        self.tls.novelty().end_baseline();
        self.ssh.novelty().end_baseline();
        self.files.novelty().end_baseline();
        self.smb_mapping.novelty().end_baseline();
    }

    /// Takes in the next row of a log. `None`: its features wait for their connection. Else its connection had come before it,
    /// and these are the row's features, a late addition: [merged](CompanionFeatures::merge) with what the connection had,
    /// they are what it would have had.
    pub fn take(&mut self, row: &CompanionRow) -> Option<CompanionFeatures> {
        let kind = row.kind();
        let mut features = CompanionFeatures::default();
        let out = &mut features;
        match &row.facts {
            Facts::Dns(facts) => self.dns.update(row, facts, out),
            Facts::Http(facts) => self.http.update(row, facts, out),
            Facts::Tls(facts) => self.tls.update(row, facts, out),
            Facts::Ssh(facts) => self.ssh.update(row, facts, out),
            Facts::File(facts) => self.files.update(row, facts, out),
            Facts::SmbFile(facts) => self.smb_files.update(row, facts, out),
            Facts::SmbMapping(facts) => self.smb_mapping.update(row, facts, out),
            Facts::SmbCommand(facts) => self.smb_commands.update(row, facts, out),
        }
        let health = self.health.of_mut(kind);
        health.rows += 1;
        health.last = Some(health.last.map_or(row.ts, |last| last.max(row.ts)));
        if self.recent.has(row.uid) && !self.waiting.has(row.uid) {
            health.late += 1;
            return Some(features);
        }
        self.waiting.add(row.uid, kind, row.ts, &features, &mut self.health);
        None
    }

    /// The features of all rows so far of a connection that comes now. `uid` is its [`uid_hash`](super::uid_hash), `end` its end
    /// in seconds since the epoch. A connection without rows, or without a uid, has features of 0; that it came is remembered for
    /// its late rows.
    #[inline]
    pub fn connection(&mut self, uid: u64, end: f64) -> CompanionFeatures {
        if uid == 0 {
            return CompanionFeatures::default();
        }
        self.advance(end);
        self.recent.add(uid);
        self.waiting.take(uid, end, &mut self.health).unwrap_or_default()
    }

    /// What became of the rows so far.
    #[must_use]
    pub fn health(&self) -> Health {
        let forgotten = self.dns.evicted()
            + self.http.evicted()
            + self.tls.evicted()
            + self.ssh.evicted()
            + self.files.evicted()
            + self.smb_files.evicted()
            + self.smb_mapping.evicted()
            + self.smb_commands.evicted();
        Health { forgotten, ..self.health }
    }

    /// How many connections have rows that wait for them.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The latest end of a connection; `None` before the first.
    #[must_use]
    pub fn clock(&self) -> Option<f64> {
        self.clock.is_finite().then_some(self.clock)
    }

    #[inline]
    fn advance(&mut self, now: f64) {
        if now > self.clock {
            self.clock = now;
            self.waiting.advance(now, &mut self.health);
        }
    }

    /// The state as bytes; the same state gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        FORMAT.write(&mut out);
        self.clock.write(&mut out);
        self.dns.write(&mut out);
        self.http.write(&mut out);
        self.tls.write(&mut out);
        self.ssh.write(&mut out);
        self.files.write(&mut out);
        self.smb_files.write(&mut out);
        self.smb_mapping.write(&mut out);
        self.smb_commands.write(&mut out);
        self.waiting.write(&mut out);
        self.recent.write(&mut out);
        self.health.kinds.write(&mut out);
        out
    }

    /// The state that [`to_bytes`](Self::to_bytes) wrote. It goes on to the same bits.
    ///
    /// # Errors
    /// Another version's layout, or damage.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, BadState> {
        let from = &mut bytes;
        let found = u32::read(from)?;
        if found != FORMAT {
            return Err(BadState::Format { found });
        }
        let state = Self {
            clock: f64::read(from)?,
            dns: Dns::read(from)?,
            http: Http::read(from)?,
            tls: Tls::read(from)?,
            ssh: Ssh::read(from)?,
            files: Files::read(from)?,
            smb_files: SmbFiles::read(from)?,
            smb_mapping: SmbMapping::read(from)?,
            smb_commands: SmbCommands::read(from)?,
            waiting: Waiting::read(from)?,
            recent: Recent::read(from)?,
            health: Health { kinds: <[KindHealth; Kind::ALL.len()]>::read(from)?, forgotten: 0 },
        };
        if from.is_empty() { Ok(state) } else { Err(BadState::Damaged) }
    }
}
