//! The columns of `conn.log`: their types by name, their older names, and the part of a typed record that belongs in each.

use std::net::IpAddr;

use zeek_log::ConnRecord;

use crate::column_type::{ColumnType, Scalar};

/// A value of a record, ready for its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Unset,
    Time(f64),
    Real(f64),
    Count(u64),
    Int(i64),
    Port(u16),
    Bool(bool),
    Text(&'a str),
    Address(IpAddr),
}

/// Takes a column's value out of a record.
pub(crate) type Getter = for<'a> fn(&ConnRecord<'a>) -> Value<'a>;

/// Where the values of a conn column come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ConnColumn {
    /// From the typed record.
    Record(Scalar, Getter),
    /// A set, from the row.
    Set,
}

impl ConnColumn {
    pub(crate) fn column_type(self) -> ColumnType {
        match self {
            Self::Record(scalar, _) => ColumnType::single(scalar),
            Self::Set => ColumnType::list(Scalar::Text),
        }
    }
}

/// The name that today's Zeek gives a conn column. As in the reader, which takes the old names too.
pub(crate) fn newest_name(name: &str) -> &str {
    match name {
        "id_orig_h" => "id.orig_h",
        "id_orig_p" => "id.orig_p",
        "id_resp_h" => "id.resp_h",
        "id_resp_p" => "id.resp_p",
        "parents" => "tunnel_parents",
        "protocol_id" => "ip_proto",
        "eth_src" => "orig_l2_addr",
        "eth_dst" => "resp_l2_addr",
        "service_violation" => "failed_service",
        name => name,
    }
}

/// What is known of a conn column by its newest name; `None` for one that Zeek's own scripts don't write.
pub(crate) fn conn_column(name: &str) -> Option<ConnColumn> {
    let (scalar, get): (Scalar, Getter) = match name {
        "ts" => (Scalar::Time, |r| Value::Time(r.ts)),
        "uid" => (Scalar::Text, |r| text(r.uid)),
        "id.orig_h" => (Scalar::Text, |r| Value::Address(r.orig_h)),
        "id.orig_p" => (Scalar::Port, |r| Value::Port(r.orig_p)),
        "id.resp_h" => (Scalar::Text, |r| Value::Address(r.resp_h)),
        "id.resp_p" => (Scalar::Port, |r| Value::Port(r.resp_p)),
        "proto" => (Scalar::Text, |r| Value::Text(r.proto)),
        "service" => (Scalar::Text, |r| text(r.service)),
        "duration" => (Scalar::Interval, |r| r.duration.map_or(Value::Unset, Value::Real)),
        "orig_bytes" => (Scalar::Count, |r| count(r.orig_bytes)),
        "resp_bytes" => (Scalar::Count, |r| count(r.resp_bytes)),
        "conn_state" => (Scalar::Text, |r| text(r.conn_state)),
        "local_orig" => (Scalar::Bool, |r| r.local_orig.map_or(Value::Unset, Value::Bool)),
        "local_resp" => (Scalar::Bool, |r| r.local_resp.map_or(Value::Unset, Value::Bool)),
        "missed_bytes" => (Scalar::Count, |r| count(r.missed_bytes)),
        "history" => (Scalar::Text, |r| text(r.history)),
        "orig_pkts" => (Scalar::Count, |r| count(r.orig_pkts)),
        "orig_ip_bytes" => (Scalar::Count, |r| count(r.orig_ip_bytes)),
        "resp_pkts" => (Scalar::Count, |r| count(r.resp_pkts)),
        "resp_ip_bytes" => (Scalar::Count, |r| count(r.resp_ip_bytes)),
        "ip_proto" => (Scalar::Count, |r| count(r.ip_proto)),
        "vlan" => (Scalar::Int, |r| r.vlan.map_or(Value::Unset, Value::Int)),
        "inner_vlan" => (Scalar::Int, |r| r.inner_vlan.map_or(Value::Unset, Value::Int)),
        "orig_l2_addr" => (Scalar::Text, |r| text(r.orig_l2_addr)),
        "resp_l2_addr" => (Scalar::Text, |r| text(r.resp_l2_addr)),
        "community_id" => (Scalar::Text, |r| text(r.community_id)),
        "tunnel_parents" | "failed_service" => return Some(ConnColumn::Set),
        _ => return None,
    };
    Some(ConnColumn::Record(scalar, get))
}

fn text(value: Option<&str>) -> Value<'_> {
    value.map_or(Value::Unset, Value::Text)
}

fn count(value: Option<u64>) -> Value<'static> {
    value.map_or(Value::Unset, Value::Count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeek_log::Schema;

    #[test]
    fn types_are_those_that_zeek_declares() {
        for column in Schema::conn().columns {
            let known = conn_column(&column.name).unwrap_or_else(|| panic!("{}", column.name));
            assert_eq!(known.column_type(), ColumnType::of(&column.kind), "{}", column.name);
            assert_eq!(newest_name(&column.name), column.name);
        }
    }
}
