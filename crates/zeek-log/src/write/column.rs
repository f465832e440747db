//! What the writer knows of each column: its type, its JSON key, and which part of a connection goes there.

use super::{Value, json};
use crate::{ConnRecord, Schema};

/// The columns of the log being written.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) columns: Vec<Target>,
}

/// A column to write to.
#[derive(Debug)]
pub(super) struct Target {
    /// The name as a JSON key with quotes and colon.
    pub(super) key: Vec<u8>,
    pub(super) kind: Kind,
    /// What of a connection belongs here; `None` where a record has nothing of that name.
    pub(super) source: Option<Source>,
}

/// The types that differ in how a text of them is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Number,
    Text,
    Texts,
    Numbers,
}

impl Kind {
    fn of(zeek_type: &str) -> Self {
        let element = ["set[", "vector[", "table["].iter().find_map(|prefix| zeek_type.strip_prefix(prefix));
        match element.map(|element| element.trim_end_matches(']')) {
            Some("count" | "int" | "port" | "double" | "time" | "interval") => Self::Numbers,
            Some(_) => Self::Texts,
            None => match zeek_type {
                "bool" => Self::Bool,
                "count" | "int" | "port" | "double" | "time" | "interval" => Self::Number,
                _ => Self::Text,
            },
        }
    }
}

impl Layout {
    pub(super) fn new(schema: &Schema) -> Self {
        let columns = schema.columns.iter().map(|column| {
            let mut key = Vec::with_capacity(column.name.len() + 3);
            json::text(&mut key, column.name.as_bytes());
            key.push(b':');
            Target { key, kind: Kind::of(&column.kind), source: Source::of(&column.name) }
        });
        Self { columns: columns.collect() }
    }
}

/// Makes the enum of a record's parts from one list, so that names, renames and values can't drift apart.
macro_rules! sources {
    ($($source:ident: $($name:literal)|+ => |$record:ident| $value:expr;)+) => {
        /// A part of a connection record.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Source { $($source),+ }

        impl Source {
            /// By the name of the column, today's or one it had in older Zeek.
            fn of(name: &str) -> Option<Self> {
                match name {
                    $($($name)|+ => Some(Self::$source),)+
                    _ => None,
                }
            }

            #[inline]
            pub(super) fn value<'a>(self, record: &ConnRecord<'a>) -> Value<'a> {
                match self {
                    $(Self::$source => { let $record = record; $value })+
                }
            }
        }
    };
}

sources! {
    Ts: "ts" => |r| Value::Time(r.ts);
    Uid: "uid" => |r| text(r.uid);
    OrigHost: "id.orig_h" | "id_orig_h" => |r| Value::Addr(r.orig_h);
    OrigPort: "id.orig_p" | "id_orig_p" => |r| Value::Port(r.orig_p);
    RespHost: "id.resp_h" | "id_resp_h" => |r| Value::Addr(r.resp_h);
    RespPort: "id.resp_p" | "id_resp_p" => |r| Value::Port(r.resp_p);
    Proto: "proto" => |r| Value::Text(r.proto);
    Service: "service" => |r| field(r.service);
    Duration: "duration" => |r| r.duration.map_or(Value::Unset, Value::Interval);
    OrigBytes: "orig_bytes" => |r| count(r.orig_bytes);
    RespBytes: "resp_bytes" => |r| count(r.resp_bytes);
    State: "conn_state" => |r| text(r.conn_state);
    LocalOrig: "local_orig" => |r| r.local_orig.map_or(Value::Unset, Value::Bool);
    LocalResp: "local_resp" => |r| r.local_resp.map_or(Value::Unset, Value::Bool);
    MissedBytes: "missed_bytes" => |r| count(r.missed_bytes);
    History: "history" => |r| text(r.history);
    OrigPkts: "orig_pkts" => |r| count(r.orig_pkts);
    OrigIpBytes: "orig_ip_bytes" => |r| count(r.orig_ip_bytes);
    RespPkts: "resp_pkts" => |r| count(r.resp_pkts);
    RespIpBytes: "resp_ip_bytes" => |r| count(r.resp_ip_bytes);
    Tunnels: "tunnel_parents" | "parents" => |r| field(r.tunnel_parents);
    IpProto: "ip_proto" | "protocol_id" => |r| count(r.ip_proto);
    Vlan: "vlan" => |r| r.vlan.map_or(Value::Unset, Value::Int);
    InnerVlan: "inner_vlan" => |r| r.inner_vlan.map_or(Value::Unset, Value::Int);
    OrigLink: "orig_l2_addr" | "eth_src" => |r| text(r.orig_l2_addr);
    RespLink: "resp_l2_addr" | "eth_dst" => |r| text(r.resp_l2_addr);
    CommunityId: "community_id" => |r| text(r.community_id);
    FailedService: "failed_service" | "service_violation" => |r| field(r.failed_service);
}

fn text(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unset, Value::Text)
}

/// A value that is a set in some versions of the log and a string in others: the column's type decides.
fn field(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unset, Value::Field)
}

fn count(value: Option<u64>) -> Value<'static> {
    value.map_or(Value::Unset, Value::Count)
}
