//! The settings of the service, as they stand in a file. Every one has a default; a wrong name is an error.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sandbox::Sandbox;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// What is watched.
    pub(crate) watch: WatchSettings,
    /// What is looked for.
    pub(crate) detect: DetectSettings,
    /// What is learned where there is no model yet.
    pub(crate) learn: LearnSettings,
    /// When a new model is learned beside the active one, and when it takes its place.
    pub(crate) retrain: RetrainSettings,
    /// Where results are kept.
    pub(crate) store: StoreSettings,
    /// How long results are kept, and how large the database may become.
    pub(crate) retention: RetentionSettings,
    /// What the service says of itself.
    pub(crate) log: LogSettings,
    /// What is told of the service over HTTP: metrics at /metrics, health at /healthz and /readyz; and what it may use.
    pub(crate) service: ServiceSettings,
    /// Where notices of incidents go besides the database. All are off until they are enabled.
    pub(crate) sinks: oddflow_sinks::Settings,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WatchSettings {
    /// Zeek's log folders: `current/` and the folders of the days lie in them. All of them are one sensor's.
    pub(crate) roots: Vec<PathBuf>,
    /// When a log is read: `rotated`, when it is finished, or `live`, as it grows.
    pub(crate) mode: Mode,
    /// Name of the sensor whose folders `roots` are; empty where there is but one.
    pub(crate) sensor: String,
    /// Seconds between two looks at the folders; 0 for the usual: 1 live, 5 rotated.
    pub(crate) poll_s: f64,
    /// Whether the dns, http, ssl, ssh, files, smb, conn_long and open_conn logs beside conn logs are read.
    pub(crate) companions: bool,
    /// Seconds that a plain rotated log without `#close` must stay as it is to count as finished. Rows of live conn logs wait as long for the
    /// logs beside them, at most 3.
    pub(crate) settle_s: f64,
    /// Seconds that an unfinished log holds back later ones.
    pub(crate) patience_s: f64,
    /// Longest line in bytes; longer ones are counted and left out.
    pub(crate) max_line: usize,
    /// Most bytes that one file may decompress to; the rest is counted and left out.
    pub(crate) max_file: u64,
    /// Threads that read; 0 for one a core.
    pub(crate) threads: usize,
    /// Bytes of memory that the service is held below; 0 for the usual, 2147483648. With less than is needed to remember all, less is
    /// remembered of hosts that were seen longest ago.
    pub(crate) memory_limit: u64,
    /// Further sensors, each with its folders, such as `south = ["/logs/south"]`. What is remembered of hosts, and the budget,
    /// is each sensor's own.
    pub(crate) sensors: BTreeMap<String, Vec<PathBuf>>,
}

/// When a log is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Mode {
    /// When it is finished.
    #[default]
    Rotated,
    /// As it grows.
    Live,
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DetectSettings {
    /// A model file, of the behaviour recipe, that is taken into the database and gone by if it is new there; empty for the
    /// database's active model. Where there is no model at all, a baseline is collected and learned, and written to this file too.
    pub(crate) model: PathBuf,
    /// Incidents a day that you want to see; 0 for the model's own budget.
    pub(crate) budget: f64,
    /// Rows that match one of these expressions are left out, such as `id.resp_h == 10.0.0.9`.
    pub(crate) exclude: Vec<String>,
    /// Whether incidents are only stored, and neither told of in the service's log nor sent to sinks.
    pub(crate) simulate: bool,
}

/// What is learned where there is no model yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LearnSettings {
    /// Days that finished logs must cover before a model is learned of them.
    pub(crate) days: f64,
    /// Rows that are enough before so many days have passed; 0 for no such number.
    pub(crate) rows: u64,
    /// Your networks, such as `10.0.0.0/8`, where Zeek does not know them.
    pub(crate) local_nets: Vec<String>,
}

impl Default for LearnSettings {
    fn default() -> Self {
        Self { days: 7.0, rows: 0, local_nets: Vec::new() }
    }
}

/// When a new model is learned beside the active one, and when it takes its place. All days are days of the logs' own time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetrainSettings {
    /// Days after the end of the last baseline at which the next model is learned; 0 for never.
    pub(crate) every_days: f64,
    /// Whether one is learned too when the network was found to have changed on two days in a row.
    pub(crate) on_drift: bool,
    /// Days that the new baseline covers. Rows that raised an alert are left out of it, unless they were judged benign.
    pub(crate) days: f64,
    /// Days for which the new model watches in the shadow of the active one before both are compared.
    pub(crate) shadow_days: f64,
    /// Whether a model that is no worse is activated; if not, the log says that it is ready.
    pub(crate) auto_activate: bool,
    /// How many retired models that were learned here keep their files; 0 for all.
    pub(crate) keep: u32,
}

impl Default for RetrainSettings {
    fn default() -> Self {
        Self { every_days: 0.0, on_drift: false, days: 7.0, shadow_days: 1.0, auto_activate: true, keep: 3 }
    }
}

/// Where results are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSettings {
    /// The database; made where there is none.
    pub(crate) path: PathBuf,
}

/// How long results are kept, and how large the database may become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetentionSettings {
    /// Days after which incidents and alerts go; 0 keeps them for ever.
    pub(crate) days: f64,
    /// Bytes that the database may take; from 90% of it the oldest results go, confirmed ones last. 0 for no limit.
    pub(crate) max_bytes: u64,
    /// Days after which it is forgotten that a log was read whose file is gone; 0 keeps it for ever.
    pub(crate) log_days: f64,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { days: 0.0, max_bytes: 0, log_days: 400.0 }
    }
}

/// What the service says of itself, on standard error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSettings {
    /// `text` for people, `json` for programs.
    pub(crate) format: LogFormat,
    /// Whether each pass is told of, not only what matters.
    pub(crate) verbose: bool,
}

/// What is told of the service over HTTP, and what it may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServiceSettings {
    /// Address and port to listen on, such as `127.0.0.1:9477`; empty for none. Who can reach it may read it: there is no password.
    pub(crate) listen: String,
    /// Whether the address may be one that other machines reach.
    pub(crate) allow_remote: bool,
    /// Whether the dashboard is told there too: the page of `oddflow serve`. From other machines it needs a token: `oddflow serve
    /// --new-token` makes one.
    pub(crate) dashboard: bool,
    /// Whether the dashboard needs a token on the loopback too, as behind a proxy that others reach.
    pub(crate) require_token: bool,
    /// A certificate with its chain, as a PEM file, to speak TLS; empty for none.
    pub(crate) tls_cert: PathBuf,
    /// The certificate's key, as a PEM file.
    pub(crate) tls_key: PathBuf,
    /// Names by which others ask for it, such as `sensor.example`; `localhost` and addresses need not be named.
    pub(crate) names: Vec<String>,
    /// Whether the service gives up all files and TCP ports but those that it needs: `auto`, as far as the system can; `required`,
    /// or it doesn't start; `off`.
    pub(crate) sandbox: Sandbox,
    /// Further folders and files that it may read then, such as ones that links in a log folder will lead to.
    pub(crate) read_paths: Vec<PathBuf>,
}

/// Lines for people, or for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            mode: Mode::default(),
            sensor: String::new(),
            poll_s: 0.0,
            companions: true,
            settle_s: 5.0,
            patience_s: 60.0,
            max_line: 1 << 20,
            max_file: 256 << 30,
            threads: 0,
            memory_limit: 0,
            sensors: BTreeMap::new(),
        }
    }
}
