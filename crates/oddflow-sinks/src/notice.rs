//! What happened to an incident, as plain data: the one shape that waits in an outbox and is handed to sinks.
//!
//! It is stored as JSON and may be read by another version of the program than the one that wrote it: unknown fields are
//! skipped, missing ones have defaults, and a number that JSON can't hold reads back as one that isn't finite.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize};

/// What there is to tell of an incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It passed the threshold.
    #[default]
    Raised,
    /// It was told before, and has grown or become worse.
    Changed,
    /// There is no incident: somebody tries whether notices arrive.
    Test,
}

/// How bad it is, from the least to the worst.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[expect(missing_docs, reason = "the words are all there is to say")]
pub enum Severity {
    #[default]
    Low,
    Medium,
    High,
    Critical,
}

/// Examples of something, and how many of it there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examples<T> {
    /// A few of them.
    pub examples: Vec<T>,
    /// All of them, those of the examples included.
    pub count: u64,
}

impl<T> Default for Examples<T> {
    fn default() -> Self {
        Self { examples: Vec::new(), count: 0 }
    }
}

/// The connection that scored highest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its begin, in seconds since 1970.
    #[serde(default, deserialize_with = "number")]
    pub ts: f64,
    /// Zeek's id of it; empty where the log has none.
    #[serde(default)]
    pub uid: String,
    /// Address of the originator.
    pub orig_h: IpAddr,
    /// Port of the originator, or ICMP type.
    #[serde(default)]
    pub orig_p: u16,
    /// Address of the responder.
    pub resp_h: IpAddr,
    /// Port of the responder, or ICMP code.
    #[serde(default)]
    pub resp_p: u16,
    /// Transport protocol as the log has it: `tcp`, `udp`, `icmp`.
    #[serde(default)]
    pub proto: String,
    /// Service as the log has it: `dns`, `quic,ssl`.
    #[serde(default)]
    pub service: Option<String>,
    /// State as the log has it: `SF`.
    #[serde(default)]
    pub conn_state: Option<String>,
    /// Community ID where the log has it; else it is worked out where it is needed.
    #[serde(default)]
    pub community_id: Option<String>,
    /// The log that it was read from.
    #[serde(default)]
    pub log: String,
    /// Its line there, uncompressed, counted from 1.
    #[serde(default)]
    pub line: u64,
}

/// What happened to an incident.
///
/// All texts may hold what a stranger sent over the network; no format lets them be more than text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// [`Notice::VERSION`] of whoever wrote it. It rises when a field changes its meaning, not when one is added.
    #[serde(default)]
    pub version: u32,
    /// What happened.
    #[serde(default)]
    pub event: Event,
    /// Number of the incident, counted by its model and sensor.
    #[serde(default)]
    pub incident: u64,
    /// 0 when it is raised; counts up with each change that is told.
    #[serde(default)]
    pub revision: u32,
    /// Id of the model that found it.
    #[serde(default)]
    pub model: String,
    /// End of its first connection, in seconds since 1970, as are all times.
    #[serde(default, deserialize_with = "number")]
    pub first: f64,
    /// End of its latest connection.
    #[serde(default, deserialize_with = "number")]
    pub last: f64,
    /// End of the connection with which it passed the threshold.
    #[serde(default, deserialize_with = "number")]
    pub raised: f64,
    /// Address of the local host that it is told of; none in a test.
    #[serde(default)]
    pub host: Option<IpAddr>,
    /// The strongest family of features.
    #[serde(default)]
    pub family: String,
    /// Direction and transport: `outbound tcp`.
    #[serde(default)]
    pub class: String,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// Its score.
    #[serde(default, deserialize_with = "number")]
    pub score: f64,
    /// What the score lies above.
    #[serde(default, deserialize_with = "number")]
    pub threshold: f64,
    /// The highest score of one row.
    #[serde(default, deserialize_with = "number")]
    pub peak: f64,
    /// Rows that count as part of it.
    #[serde(default)]
    pub rows: u64,
    /// What happened, in words.
    #[serde(default)]
    pub title: String,
    /// Id of the MITRE ATT&CK technique that the behaviour suggests: `T1046`, `T1071.004`.
    #[serde(default)]
    pub technique: Option<String>,
    /// The other sides.
    #[serde(default)]
    pub peers: Examples<IpAddr>,
    /// Ports of the responders.
    #[serde(default)]
    pub ports: Examples<u16>,
    /// Bytes of payload that originators sent.
    #[serde(default)]
    pub orig_bytes: u64,
    /// Bytes of payload that responders sent.
    #[serde(default)]
    pub resp_bytes: u64,
    /// Why it is odd: sentences.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Name of the sensor; empty where there is but one.
    #[serde(default)]
    pub sensor: String,
    /// The connection that scored highest.
    #[serde(default)]
    pub strongest: Option<Connection>,
}

impl Notice {
    /// The version that this program writes.
    pub const VERSION: u32 = 1;

    /// What receivers may know a notice again by: `oddflow:MODEL:INCIDENT:raised`, `:r3` for the third change, `:test`;
    /// `oddflow:MODEL@SENSOR:...` where the sensor has a name.
    ///
    /// A notice that is delivered twice has the same id both times. It holds neither blank nor control character: they become `_`.
    #[must_use]
    pub fn id(&self) -> String {
        let unsafe_in_id = |c: char| c.is_whitespace() || c.is_control();
        let model = match self.sensor.is_empty() {
            true => self.model.replace(unsafe_in_id, "_"),
            false => format!("{}@{}", self.model, self.sensor).replace(unsafe_in_id, "_"),
        };
        match self.event {
            Event::Raised => format!("oddflow:{model}:{}:raised", self.incident),
            Event::Changed => format!("oddflow:{model}:{}:r{}", self.incident, self.revision),
            Event::Test => format!("oddflow:{model}:{}:test", self.incident),
        }
    }

    /// The text to keep in an outbox.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a struct of numbers and texts is JSON")
    }

    /// Reads what [`to_json`](Self::to_json) made, in this version or another.
    ///
    /// # Errors
    /// Where the text isn't a notice.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// A notice that tells of no incident, to try out whether notices arrive. `raised` is in seconds since 1970.
    #[must_use]
    pub fn test(sensor: &str, raised: f64) -> Self {
        Self {
            event: Event::Test,
            first: raised,
            last: raised,
            raised,
            title: "Test: notices of oddflow arrive here".into(),
            sensor: sensor.into(),
            ..Self::default()
        }
    }
}

impl Default for Notice {
    fn default() -> Self {
        Self {
            version: Self::VERSION,
            event: Event::Raised,
            incident: 0,
            revision: 0,
            model: String::new(),
            first: 0.0,
            last: 0.0,
            raised: 0.0,
            host: None,
            family: String::new(),
            class: String::new(),
            severity: Severity::Low,
            score: 0.0,
            threshold: 0.0,
            peak: 0.0,
            rows: 0,
            title: String::new(),
            technique: None,
            peers: Examples::default(),
            ports: Examples::default(),
            orig_bytes: 0,
            resp_bytes: 0,
            reasons: Vec::new(),
            sensor: String::new(),
            strongest: None,
        }
    }
}

impl Event {
    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Changed => "changed",
            Self::Test => "test",
        }
    }
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name, as in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// JSON has no place for a number that isn't finite: serde writes `null`.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn reads_back_what_it_wrote() {
        let notice = testing::notice();
        assert_eq!(Notice::from_json(&notice.to_json()).unwrap(), notice);
    }

    #[test]
    fn an_older_program_reads_a_newer_entry() {
        let newer = testing::notice().to_json().replacen('{', r#"{"version":7,"mood":{"a":[1]},"#, 1);
        let newer = newer.replacen(r#""version":1,"#, "", 1);
        let read = Notice::from_json(&newer).unwrap();
        assert_eq!(read, Notice { version: 7, ..testing::notice() });
    }

    #[test]
    fn a_newer_program_reads_an_older_entry() {
        let read = Notice::from_json(r#"{"version":1,"title":"Scan"}"#).unwrap();
        assert_eq!(read, Notice { title: "Scan".into(), ..Notice::default() });
    }

    #[test]
    fn a_score_that_is_no_number_does_not_lose_the_notice() {
        let notice = Notice { score: f64::NAN, ..testing::notice() };
        assert!(Notice::from_json(&notice.to_json()).unwrap().score.is_nan());
    }

    #[test]
    fn the_id_tells_model_incident_and_revision() {
        let mut notice = testing::notice();
        assert_eq!(notice.id(), "oddflow:m-7f3a@cellar:42:raised");
        (notice.event, notice.revision) = (Event::Changed, 3);
        notice.sensor.clear();
        assert_eq!(notice.id(), "oddflow:m-7f3a:42:r3");
        notice.model = "two words\n".into();
        assert_eq!(notice.id(), "oddflow:two_words_:42:r3");
        assert_eq!(Notice::test("", 1.0).id(), "oddflow::0:test");
    }
}
