//! Records for the tests of this folder.

use std::net::{IpAddr, Ipv4Addr};

use oddflow_features::classic::{ClassicEncoder, Fitter, Levels, RawRow};
use zeek_log::ConnRecord;

/// A record that has only what every record has.
pub(crate) const BARE: ConnRecord<'static> = ConnRecord {
    ts: 0.0,
    uid: None,
    orig_h: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    orig_p: 0,
    resp_h: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    resp_p: 0,
    proto: "tcp",
    service: None,
    duration: None,
    orig_bytes: None,
    resp_bytes: None,
    conn_state: None,
    local_orig: None,
    local_resp: None,
    missed_bytes: None,
    history: None,
    orig_pkts: None,
    orig_ip_bytes: None,
    resp_pkts: None,
    resp_ip_bytes: None,
    tunnel_parents: None,
    ip_proto: None,
    vlan: None,
    inner_vlan: None,
    orig_l2_addr: None,
    resp_l2_addr: None,
    community_id: None,
    failed_service: None,
};

/// The encoder that some records define.
pub(crate) fn fitted<'a>(records: impl IntoIterator<Item = ConnRecord<'a>>) -> ClassicEncoder {
    let mut levels = Levels::new();
    let mut fitter = Fitter::new();
    for record in records {
        fitter.add(&RawRow::new(&record, &mut levels));
    }
    fitter.finish(&levels).expect("there are records")
}

pub(crate) fn encoded(encoder: &ClassicEncoder, record: &ConnRecord<'_>) -> Vec<f32> {
    let mut row = vec![f32::NAN; encoder.width()];
    encoder.encode(record, &mut row);
    row
}
