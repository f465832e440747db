//! What the logs beside `conn.log` say of a connection: its DNS, HTTP and TLS rows.

use std::net::IpAddr;

use crate::flow::{Endpoint, Micros, Uid};

/// A row of `dns.log`, `http.log` or `ssl.log`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Time of the request.
    pub time: Micros,
    /// When Zeek writes the row: once the answer, the body or the handshake is complete.
    pub written: Micros,
    /// Uid of the connection.
    pub uid: Uid,
    /// Originator of the connection.
    pub orig: Endpoint,
    /// Responder of the connection.
    pub resp: Endpoint,
    /// The rest of the row.
    pub body: Body,
    pub(crate) sequence: u64,
}

/// The part of a row that differs between logs.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A row of `dns.log`.
    Dns(Dns),
    /// A row of `http.log`.
    Http(Http),
    /// A row of `ssl.log`.
    Ssl(Tls),
}

/// A DNS question over UDP, and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dns {
    /// Transaction identifier; 0 in multicast DNS.
    pub trans_id: u16,
    /// From question to answer.
    pub rtt: Option<Micros>,
    /// The name asked for.
    pub query: String,
    /// The type asked for, by number.
    pub qtype: u16,
    /// The answer's code; `None` without an answer.
    pub rcode: Option<u16>,
    /// Records of the answer.
    pub answers: Vec<Answer>,
    /// Lifetime of the answer's records in seconds.
    pub ttl: u32,
    /// Whether this is multicast or NetBIOS, where recursion has no meaning.
    pub local: bool,
}

/// One record of a DNS answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// An A or AAAA record.
    Address(IpAddr),
    /// A CNAME, PTR, TXT or HTTPS record, as Zeek renders it.
    Text(String),
}

/// An HTTP request and its response.
#[derive(Clone, Debug, PartialEq)]
pub struct Http {
    /// Position in its connection, from 1.
    pub depth: u64,
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// The `Host` header.
    pub host: String,
    /// Path and query.
    pub uri: String,
    /// The `User-Agent` header.
    pub user_agent: &'static str,
    /// Bytes of the request's body.
    pub request_body: u64,
    /// Bytes of the response's body.
    pub response_body: u64,
    /// Status and its message.
    pub status: (u16, &'static str),
    /// MIME type of the response's body.
    pub mime: Option<&'static str>,
}

/// A TLS handshake that came to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// `TLSv12` or `TLSv13`.
    pub version: &'static str,
    /// Cipher suite.
    pub cipher: &'static str,
    /// Key exchange group.
    pub curve: &'static str,
    /// Server name indication.
    pub server_name: Option<String>,
    /// Whether a session was resumed.
    pub resumed: bool,
    /// Protocol agreed on by ALPN.
    pub next_protocol: Option<&'static str>,
}
