//! The columns of each log, and a row of each.

use std::fmt::Write as _;
use std::io;

use zeek_log::write::Value;
use zeek_log::{ConnRecord, Schema};

use super::file::Log;
use crate::event::{Answer, Dns, Event, Http, Tls};
use crate::flow::{Flow, Micros, SECOND};
use crate::random::mix;

/// What every log begins with.
const COMMON: [(&str, &str); 6] = [
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
];

fn schema(path: &str, columns: &[(&str, &str)]) -> Schema {
    Schema::new(path, &[&COMMON, columns].concat())
}

fn seconds(span: Micros) -> f64 {
    span as f64 / SECOND as f64
}

impl Flow {
    /// The connection as a record of `conn.log`.
    #[must_use]
    pub fn record(&self) -> ConnRecord<'_> {
        let history = self.history.as_str();
        ConnRecord {
            ts: seconds(self.start),
            uid: Some(self.uid.as_str()),
            orig_h: self.orig.host,
            orig_p: self.orig.port,
            resp_h: self.resp.host,
            resp_p: self.resp.port,
            proto: self.proto.as_str(),
            service: self.service,
            duration: self.duration.map(seconds),
            orig_bytes: self.duration.map(|_| self.orig_bytes),
            resp_bytes: self.duration.map(|_| self.resp_bytes),
            conn_state: Some(self.state),
            local_orig: Some(self.local_orig),
            local_resp: Some(self.local_resp),
            missed_bytes: Some(self.missed_bytes),
            history: (!history.is_empty()).then_some(history),
            orig_pkts: Some(self.orig_pkts),
            orig_ip_bytes: Some(self.orig_ip_bytes),
            resp_pkts: Some(self.resp_pkts),
            resp_ip_bytes: Some(self.resp_ip_bytes),
            tunnel_parents: None,
            ip_proto: Some(u64::from(self.ip_proto)),
            vlan: None,
            inner_vlan: None,
            orig_l2_addr: None,
            resp_l2_addr: None,
            community_id: None,
            failed_service: None,
        }
    }
}

fn common(event: &Event) -> [Value<'_>; 6] {
    [
        Value::Time(seconds(event.time)),
        Value::Text(event.uid.as_str()),
        Value::Addr(event.orig.host),
        Value::Port(event.orig.port),
        Value::Addr(event.resp.host),
        Value::Port(event.resp.port),
    ]
}

fn text(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unset, Value::Text)
}

/// Text of answers, kept from row to row so that rows cost no allocation.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Vec<String>,
    lifetimes: Vec<f64>,
}

pub(super) fn dns_schema() -> Schema {
    schema(
        "dns",
        &[
            ("proto", "enum"),
            ("trans_id", "count"),
            ("rtt", "interval"),
            ("query", "string"),
            ("qclass", "count"),
            ("qclass_name", "string"),
            ("qtype", "count"),
            ("qtype_name", "string"),
            ("rcode", "count"),
            ("rcode_name", "string"),
            ("AA", "bool"),
            ("TC", "bool"),
            ("RD", "bool"),
            ("RA", "bool"),
            ("Z", "count"),
            ("answers", "vector[string]"),
            ("TTLs", "vector[interval]"),
            ("rejected", "bool"),
        ],
    )
}

pub(super) fn dns(log: &mut Log, event: &Event, body: &Dns, texts: &mut Texts) -> io::Result<()> {
    let count = body.answers.len();
    if texts.texts.len() < count {
        texts.texts.resize(count, String::new());
    }
    for (text, answer) in texts.texts.iter_mut().zip(&body.answers) {
        text.clear();
        // Writing to a String can't fail.
        let _ = match answer {
            Answer::Address(address) => write!(text, "{address}"),
            Answer::Text(answer) => write!(text, "{answer}"),
        };
    }
    texts.lifetimes.clear();
    texts.lifetimes.resize(count, f64::from(body.ttl));
    let mut answers = [""; 16];
    let shown = count.min(answers.len());
    for (answer, text) in answers.iter_mut().zip(&texts.texts[..shown]) {
        *answer = text;
    }
    // Zeek learns round-trip time and flags of the server from the records of an answer, so an answer without any has
    // a code and nothing else.
    let answered = count > 0;
    let qtype_name = match body.qtype {
        1 => "A",
        5 => "CNAME",
        10 => "NULL",
        12 => "PTR",
        16 => "TXT",
        28 => "AAAA",
        32 => "NB",
        64 => "SVCB",
        65 => "HTTPS",
        _ => "*",
    };
    let rcode_name = body.rcode.map(|code| match code {
        0 => "NOERROR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        _ => "REFUSED",
    });
    let [ts, uid, orig_h, orig_p, resp_h, resp_p] = common(event);
    log.row(&[
        ts,
        uid,
        orig_h,
        orig_p,
        resp_h,
        resp_p,
        Value::Text("udp"),
        Value::Count(u64::from(body.trans_id)),
        body.rtt.filter(|_| answered).map_or(Value::Unset, |rtt| Value::Interval(seconds(rtt))),
        Value::Text(&body.query),
        Value::Count(1),
        Value::Text("C_INTERNET"),
        Value::Count(u64::from(body.qtype)),
        Value::Text(qtype_name),
        body.rcode.map_or(Value::Unset, |code| Value::Count(u64::from(code))),
        text(rcode_name),
        Value::Bool(false),
        Value::Bool(false),
        Value::Bool(!body.local || body.qtype == 32),
        Value::Bool(answered),
        Value::Count(u64::from(body.qtype == 32)),
        if answered { Value::Set(&answers[..shown]) } else { Value::Unset },
        if answered { Value::Intervals(&texts.lifetimes[..shown]) } else { Value::Unset },
        Value::Bool(false),
    ])
}

pub(super) fn http_schema() -> Schema {
    schema(
        "http",
        &[
            ("trans_depth", "count"),
            ("method", "string"),
            ("host", "string"),
            ("uri", "string"),
            ("referrer", "string"),
            ("version", "string"),
            ("user_agent", "string"),
            ("origin", "string"),
            ("request_body_len", "count"),
            ("response_body_len", "count"),
            ("status_code", "count"),
            ("status_msg", "string"),
            ("info_code", "count"),
            ("info_msg", "string"),
            ("tags", "set[enum]"),
            ("username", "string"),
            ("password", "string"),
            ("proxied", "set[string]"),
            ("orig_fuids", "vector[string]"),
            ("orig_filenames", "vector[string]"),
            ("orig_mime_types", "vector[string]"),
            ("resp_fuids", "vector[string]"),
            ("resp_filenames", "vector[string]"),
            ("resp_mime_types", "vector[string]"),
        ],
    )
}

pub(super) fn http(log: &mut Log, event: &Event, body: &Http) -> io::Result<()> {
    let (request_file, response_file) = (file_id(event, 1), file_id(event, 2));
    let (request_file, response_file) = ([request_file.as_str()], [response_file.as_str()]);
    let response_mime = body.mime.map(|mime| [mime]);
    let (status, message) = body.status;
    let [ts, uid, orig_h, orig_p, resp_h, resp_p] = common(event);
    log.row(&[
        ts,
        uid,
        orig_h,
        orig_p,
        resp_h,
        resp_p,
        Value::Count(body.depth),
        Value::Text(body.method),
        Value::Text(&body.host),
        Value::Text(&body.uri),
        Value::Unset,
        Value::Text("1.1"),
        Value::Text(body.user_agent),
        Value::Unset,
        Value::Count(body.request_body),
        Value::Count(body.response_body),
        Value::Count(u64::from(status)),
        Value::Text(message),
        Value::Unset,
        Value::Unset,
        Value::Set(&[]),
        Value::Unset,
        Value::Unset,
        Value::Unset,
        if body.request_body > 0 { Value::Set(&request_file) } else { Value::Unset },
        Value::Unset,
        Value::Unset,
        if response_mime.is_some() { Value::Set(&response_file) } else { Value::Unset },
        Value::Unset,
        response_mime.as_ref().map_or(Value::Unset, |mime| Value::Set(mime)),
    ])
}

/// An identifier as Zeek gives to files: `F` and 17 characters.
fn file_id(event: &Event, which: u64) -> String {
    let mut id = mix(event.sequence ^ which << 60 ^ mix(event.time as u64));
    let mut text = String::from("F");
    for i in 0..17 {
        if i == 9 {
            id = mix(id ^ event.sequence);
        }
        text.push(char::from(
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[(id % 62) as usize],
        ));
        id /= 62;
    }
    text
}

pub(super) fn ssl_schema() -> Schema {
    schema(
        "ssl",
        &[
            ("version", "string"),
            ("cipher", "string"),
            ("curve", "string"),
            ("server_name", "string"),
            ("resumed", "bool"),
            ("last_alert", "string"),
            ("next_protocol", "string"),
            ("established", "bool"),
            ("ssl_history", "string"),
            ("cert_chain_fps", "vector[string]"),
            ("client_cert_chain_fps", "vector[string]"),
            ("sni_matches_cert", "bool"),
            ("validation_status", "string"),
        ],
    )
}

pub(super) fn ssl(log: &mut Log, event: &Event, body: &Tls) -> io::Result<()> {
    // In TLS 1.3 and in resumed sessions no certificate crosses the wire in the clear.
    let certificate = body.version == "TLSv12" && !body.resumed;
    let prints = [fingerprint(body, 0), fingerprint(body, 1)];
    let prints = [prints[0].as_str(), prints[1].as_str()];
    let [ts, uid, orig_h, orig_p, resp_h, resp_p] = common(event);
    log.row(&[
        ts,
        uid,
        orig_h,
        orig_p,
        resp_h,
        resp_p,
        Value::Text(body.version),
        Value::Text(body.cipher),
        Value::Text(body.curve),
        text(body.server_name.as_deref()),
        Value::Bool(body.resumed),
        Value::Unset,
        text(body.next_protocol),
        Value::Bool(true),
        Value::Text(if certificate { "CsxknGIti" } else { "CsiI" }),
        if certificate { Value::Set(&prints) } else { Value::Unset },
        if certificate { Value::Set(&[]) } else { Value::Unset },
        if certificate { Value::Bool(true) } else { Value::Unset },
        if certificate { Value::Text("ok") } else { Value::Unset },
    ])
}

/// The SHA-256 that a certificate of this name might have: the same for the same name.
fn fingerprint(body: &Tls, place: u64) -> String {
    let name = body.server_name.as_deref().unwrap_or("");
    // The issuer's is the same for many names.
    let name = if place == 0 { name } else { &name[..name.len().min(1)] };
    let hash = name.bytes().fold(place + 1, |hash, byte| mix(hash ^ u64::from(byte)));
    format!("{:016x}{:016x}{:016x}{:016x}", mix(hash), mix(hash ^ 1), mix(hash ^ 2), mix(hash ^ 3))
}
