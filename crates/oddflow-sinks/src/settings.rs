//! What an owner may set: which sinks there are, what goes there, and how it is tried again. Each sink is off by default.
//!
//! The names in errors are those of a file in which these settings stand below `sinks`.

mod build;
mod reach;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::build::{Built, SettingError};
pub use self::reach::Reach;
pub use self::secret::{Address, Environment, Secret};
use crate::format::syslog::Facility;
use crate::{Policy, Rotation, Severity};

/// Where notices go besides the database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A log of its own in Zeek's format: `oddflow.log`.
    pub zeek_log: LogFileSettings,
    /// A log in the shape of Zeek's `notice.log`, with the note `Oddflow::Anomaly`. Never name a file that Zeek writes.
    pub notice_log: LogFileSettings,
    /// JSON lines with the field names of the Elastic Common Schema (ECS).
    pub json_lines: LogFileSettings,
    /// Syslog (RFC 5424).
    pub syslog: SyslogSettings,
    /// A POST of JSON to a web server, for each notice.
    pub webhook: WebhookSettings,
    /// How often a delivery that failed is tried again.
    pub delivery: DeliverySettings,
}

/// A log file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogFileSettings {
    /// Whether it is written.
    pub enabled: bool,
    /// The file, for example `/var/log/oddflow/oddflow.log`. Its folder has to be there.
    pub path: PathBuf,
    /// Where it is put away when it is rotated, in a folder for each day; empty for the file's own folder.
    pub archive: PathBuf,
    /// When it is rotated: `hourly` or `daily`, in UTC, or `never`.
    pub rotation: Rotation,
    /// The least severity that is told: `low`, `medium`, `high` or `critical`.
    pub minimum_severity: Severity,
    /// Whether incidents that were told are told again when they have grown.
    pub changes: bool,
}

/// A syslog receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyslogSettings {
    /// Whether messages are sent.
    pub enabled: bool,
    /// Name or address of the receiver.
    pub host: String,
    /// Its port; 0 for the usual one: 514 for `udp`, 601 for `tcp`, 6514 for `tls`.
    pub port: u16,
    /// How messages travel: `udp` (may lose them), `tcp` or `tls`.
    pub transport: Transport,
    /// The facility: `user`, `daemon`, `auth`, `authpriv` or `local0` to `local7`.
    pub facility: Facility,
    /// The name of this machine in messages; empty for the sensor's.
    pub hostname: String,
    /// A file with the certificate authorities (PEM) to trust with `tls`; empty for those of the system.
    pub ca_file: PathBuf,
    /// The private enterprise number (IANA) in `oddflow@NUMBER`, the name of the structured data. 32473 is the one for examples.
    pub enterprise_number: u32,
    /// Seconds that sending a batch may take.
    pub timeout_s: u64,
    /// The least severity that is told: `low`, `medium`, `high` or `critical`.
    pub minimum_severity: Severity,
    /// Whether incidents that were told are told again when they have grown.
    pub changes: bool,
}

/// How syslog travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Transport {
    /// A datagram a message (RFC 5426); may be lost.
    Udp,
    /// Messages behind their lengths (RFC 6587).
    #[default]
    Tcp,
    /// The same, encrypted (RFC 5425).
    Tls,
}

/// A web server that takes notices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// Whether notices are sent.
    pub enabled: bool,
    /// The address: text, or, where knowing it is enough to use it, `{ env = "NAME" }` or `{ file = "/path" }`.
    pub url: Address,
    /// What stands behind `Authorization: Bearer`: `{ env = "NAME" }` or `{ file = "/path" }`.
    pub token: Option<Secret>,
    /// More headers, each `Name = { env = "NAME" }` or `{ file = "/path" }`.
    pub headers: BTreeMap<String, Secret>,
    /// A file with the certificate authorities (PEM) to trust; empty for those of the system.
    pub ca_file: PathBuf,
    /// A proxy, for example `http://proxy.example:3128`; empty for none. The environment is not asked.
    pub proxy: String,
    /// Seconds that a request may take, its answer included.
    pub timeout_s: u64,
    /// The least severity that is told: `low`, `medium`, `high` or `critical`.
    pub minimum_severity: Severity,
    /// Whether incidents that were told are told again when they have grown.
    pub changes: bool,
}

/// How often a delivery that failed is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeliverySettings {
    /// Seconds before the second attempt; each later one waits twice as long as the one before.
    pub first_retry_s: u64,
    /// The longest time between two attempts, in seconds.
    pub longest_retry_s: u64,
    /// Attempts before a notice is given up.
    pub attempts: u32,
}

impl Default for SyslogSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            host: String::new(),
            port: 0,
            transport: Transport::default(),
            facility: Facility::default(),
            hostname: String::new(),
            ca_file: PathBuf::new(),
            // RFC 5612 keeps it for documentation. oddflow has none of its own.
            enterprise_number: 32_473,
            timeout_s: 10,
            minimum_severity: Severity::default(),
            changes: false,
        }
    }
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            url: Address::default(),
            token: None,
            headers: BTreeMap::new(),
            ca_file: PathBuf::new(),
            proxy: String::new(),
            timeout_s: 10,
            minimum_severity: Severity::default(),
            changes: false,
        }
    }
}

impl Default for DeliverySettings {
    fn default() -> Self {
        let Policy { first_retry, longest_retry, attempts } = Policy::default();
        Self { first_retry_s: first_retry.as_secs(), longest_retry_s: longest_retry.as_secs(), attempts }
    }
}
