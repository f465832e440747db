//! The fields of a connection: what the log calls each, now and in older Zeek, its Zeek type, and which part of a record it is.

use crate::conn::ConnRecord;
use crate::write::Value;

/// Makes the enum of the fields from one list, so that names, older names, types and values can't drift apart.
macro_rules! conn_fields {
    ($($field:ident: $name:literal $(| $other:literal)*, $kind:literal, |$record:ident| $value:expr;)+) => {
        /// A field of a [`ConnRecord`], which is a column of `conn.log`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ConnField {
            $(
                #[doc = concat!("`", $name, "`.")]
                $field
            ),+
        }

        impl ConnField {
            /// All fields, in the order of the newest Zeek; those from [`ConnField::Vlan`] on are logged only where a site loads a
            /// script for them.
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// The name in today's Zeek.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$field => $name),+ }
            }

            /// The field that a column of this name holds, older names included.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name $(| $other)* => Some(Self::$field),)+ _ => None }
            }

            /// The type in today's Zeek, as `#types` has it: `time`, `addr`, `set[string]`, ...
            #[must_use]
            pub fn kind(self) -> &'static str {
                match self { $(Self::$field => $kind),+ }
            }

            /// Its value in a record.
            #[inline]
            #[must_use]
            pub fn value<'a>(self, record: &ConnRecord<'a>) -> Value<'a> {
                match self {
                    $(Self::$field => { let $record = record; $value })+
                }
            }
        }
    };
}

conn_fields! {
    Ts: "ts", "time", |r| Value::Time(r.ts);
    Uid: "uid", "string", |r| text(r.uid);
    OrigH: "id.orig_h" | "id_orig_h", "addr", |r| Value::Addr(r.orig_h);
    OrigP: "id.orig_p" | "id_orig_p", "port", |r| Value::Port(r.orig_p);
    RespH: "id.resp_h" | "id_resp_h", "addr", |r| Value::Addr(r.resp_h);
    RespP: "id.resp_p" | "id_resp_p", "port", |r| Value::Port(r.resp_p);
    Proto: "proto", "enum", |r| Value::Text(r.proto);
    Service: "service", "string", |r| set_or_text(r.service);
    Duration: "duration", "interval", |r| r.duration.map_or(Value::Unset, Value::Interval);
    OrigBytes: "orig_bytes", "count", |r| count(r.orig_bytes);
    RespBytes: "resp_bytes", "count", |r| count(r.resp_bytes);
    ConnState: "conn_state", "string", |r| text(r.conn_state);
    LocalOrig: "local_orig", "bool", |r| r.local_orig.map_or(Value::Unset, Value::Bool);
    LocalResp: "local_resp", "bool", |r| r.local_resp.map_or(Value::Unset, Value::Bool);
    MissedBytes: "missed_bytes", "count", |r| count(r.missed_bytes);
    History: "history", "string", |r| text(r.history);
    OrigPkts: "orig_pkts", "count", |r| count(r.orig_pkts);
    OrigIpBytes: "orig_ip_bytes", "count", |r| count(r.orig_ip_bytes);
    RespPkts: "resp_pkts", "count", |r| count(r.resp_pkts);
    RespIpBytes: "resp_ip_bytes", "count", |r| count(r.resp_ip_bytes);
    TunnelParents: "tunnel_parents" | "parents", "set[string]", |r| set_or_text(r.tunnel_parents);
    IpProto: "ip_proto" | "protocol_id", "count", |r| count(r.ip_proto);
    Vlan: "vlan", "int", |r| r.vlan.map_or(Value::Unset, Value::Int);
    InnerVlan: "inner_vlan", "int", |r| r.inner_vlan.map_or(Value::Unset, Value::Int);
    OrigL2Addr: "orig_l2_addr" | "eth_src", "string", |r| text(r.orig_l2_addr);
    RespL2Addr: "resp_l2_addr" | "eth_dst", "string", |r| text(r.resp_l2_addr);
    CommunityId: "community_id", "string", |r| text(r.community_id);
    FailedService: "failed_service" | "service_violation", "set[string]", |r| set_or_text(r.failed_service);
}

fn text(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unset, Value::Text)
}

/// A value that is a set in some versions of the log and a string in others: the column's type decides.
fn set_or_text(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unset, Value::Field)
}

fn count(value: Option<u64>) -> Value<'static> {
    value.map_or(Value::Unset, Value::Count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_lead_to_the_same_fields() {
        for (old, new) in [
            ("parents", "tunnel_parents"),
            ("eth_src", "orig_l2_addr"),
            ("eth_dst", "resp_l2_addr"),
            ("protocol_id", "ip_proto"),
            ("service_violation", "failed_service"),
            ("id_orig_h", "id.orig_h"),
        ] {
            assert_eq!(ConnField::named(old).map(ConnField::name), Some(new));
        }
        assert_eq!(ConnField::named("query"), None);
    }

    #[test]
    fn a_bare_record_has_what_every_row_has() {
        let bare = ConnRecord::bare(1.5, ([10, 0, 0, 5], 49_152), ([192, 0, 2, 7], 443), "tcp");
        let set = ConnField::ALL.iter().filter(|field| field.value(&bare) != Value::Unset);
        let names: Vec<_> = set.map(|field| field.name()).collect();
        assert_eq!(names, ["ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"]);
    }
}
