//! Which columns of a record are unset.

use zeek_log::ConnRecord;

/// The columns of `conn.log` that may be unset, in the order of the bits of [`of`], which is Zeek's.
pub(crate) const OPTIONAL: [&str; 22] = [
    "uid",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "local_resp",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
    "tunnel_parents",
    "ip_proto",
    "vlan",
    "inner_vlan",
    "orig_l2_addr",
    "resp_l2_addr",
    "community_id",
    "failed_service",
];

/// All columns of `conn.log`, in Zeek's order: the first always have a value in a row that could be read.
pub(crate) const ALWAYS: [&str; 6] = ["ts", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto"];

/// A bit for each optional column that is unset.
#[inline]
pub(crate) fn of(record: &ConnRecord<'_>) -> u32 {
    [
        record.uid.is_none(),
        record.service.is_none(),
        record.duration.is_none(),
        record.orig_bytes.is_none(),
        record.resp_bytes.is_none(),
        record.conn_state.is_none(),
        record.local_orig.is_none(),
        record.local_resp.is_none(),
        record.missed_bytes.is_none(),
        record.history.is_none(),
        record.orig_pkts.is_none(),
        record.orig_ip_bytes.is_none(),
        record.resp_pkts.is_none(),
        record.resp_ip_bytes.is_none(),
        record.tunnel_parents.is_none(),
        record.ip_proto.is_none(),
        record.vlan.is_none(),
        record.inner_vlan.is_none(),
        record.orig_l2_addr.is_none(),
        record.resp_l2_addr.is_none(),
        record.community_id.is_none(),
        record.failed_service.is_none(),
    ]
    .into_iter()
    .enumerate()
    .fold(0, |bits, (bit, is_unset)| bits | u32::from(is_unset) << bit)
}
