//! What stands in the JSON that the store keeps as it was given: for the description of the API alone.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// What the rows of an incident have in common. A count stops at 1,000.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct Summary {
    version: u32,
    /// Distinct peers.
    peers: u64,
    /// The first of those of the stored rows.
    peer_examples: Vec<String>,
    /// Distinct ports of responders.
    ports: u64,
    /// The lowest of them.
    port_examples: Vec<u16>,
    /// Transport protocol.
    proto: String,
    /// Payload bytes of originators.
    orig_bytes: u64,
    /// Payload bytes of responders.
    resp_bytes: u64,
    /// The threshold of the run's budget, by which severity goes; that which the incident passed may be lower. Incidents of earlier
    /// versions lack it.
    #[schema(required = false)]
    budget_threshold: Option<f64>,
    /// Of a flood: how many local hosts take part, about.
    #[schema(required = false)]
    hosts: Option<u64>,
}

/// Why a row is odd.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct Explanation {
    version: u32,
    /// The term of the reconstruction error.
    a: f32,
    /// The strongest families, at most two.
    families: Vec<Reason>,
    /// The features with the largest share of the reconstruction error, at most three.
    features: Vec<Missed>,
    /// What was seen for the first time, in words.
    first_seen: Vec<String>,
    /// The nearest connection of a sample of the baseline.
    nearest: Option<Nearest>,
}

/// What a family says.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct Reason {
    family: String,
    /// How far in the tail of the baseline, 0 to 6.
    strength: f32,
    /// The column that says so; empty for novelty.
    column: String,
    /// Its value, in natural units.
    value: f64,
    /// Its largest value in the baseline.
    most: Option<f64>,
    /// The largest that this originator had in the baseline.
    most_of_host: Option<f64>,
    /// One row of the baseline in so many has a value as large.
    one_in: f64,
    /// All of that as a sentence.
    words: String,
}

/// A feature that the network reconstructed badly.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct Missed {
    column: String,
    /// Its value, in natural units.
    value: f64,
    /// What the network made of it.
    expected: f64,
    /// Its share of the row's error, 0 to 1.
    share: f32,
    /// All of that as a sentence.
    words: String,
}

/// A normal connection that is near.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct Nearest {
    ts: f64,
    /// Empty where the model keeps no addresses.
    orig_h: String,
    /// Empty where the model keeps no addresses.
    resp_h: String,
    resp_p: u16,
    proto: String,
    service: Option<String>,
    /// Seconds.
    duration: Option<f64>,
    orig_bytes: Option<u64>,
    resp_bytes: Option<u64>,
    conn_state: Option<String>,
    /// Euclidean distance of the standardised rows.
    distance: f32,
}

/// What other logs say of a connection.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct EvidenceRows {
    rows: Vec<Evidence>,
    /// Rows that were left out.
    more: u64,
}

/// A row of another log. Its values are untrusted text.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what others write")]
pub(crate) struct Evidence {
    /// `dns`, `http`, `ssl`, `ssh`, `files`, `smb_files`, `smb_mapping`.
    log: String,
    ts: Option<f64>,
    /// Columns with their values, in the order that a reader wants.
    fields: BTreeMap<String, String>,
}
