//! The vocabulary of the network that the recipe was first made for gives 55 columns.

use oddflow_features::classic::{Categorical, FitError, Fitter, Levels};
use zeek_log::ConnRecord;

use crate::records::{bare, encoded, fitted};

const PROTOS: [&str; 4] = ["icmp", "tcp", "udp", "unknown_transport"];
const STATES: [&str; 13] =
    ["OTH", "REJ", "RSTO", "RSTOS0", "RSTR", "RSTRH", "S0", "S1", "S2", "S3", "SF", "SH", "SHR"];
const SERVICES: [&str; 28] = [
    "-",
    "ayiya",
    "ayiya,quic",
    "dce_rpc,ntlm,smb,gssapi",
    "dce_rpc,smb,gssapi,ntlm",
    "dhcp",
    "dns",
    "ftp",
    "ftp-data",
    "gssapi",
    "gssapi,ntlm,smb",
    "http",
    "http,ssl",
    "krb_tcp",
    "mqtt",
    "ntlm",
    "ntlm,gssapi,smb",
    "ntp",
    "quic",
    "quic,ssl",
    "quic,ssl,ayiya",
    "smb,gssapi,ntlm",
    "smb,ntlm,gssapi",
    "ssh",
    "ssl",
    "ssl,http",
    "ssl,quic",
    "ssl,quic,ayiya",
];

/// Every level at least once, in an order that is not the sorted one.
fn records() -> impl Iterator<Item = ConnRecord<'static>> {
    (0..28).rev().map(|number| ConnRecord {
        proto: PROTOS[number % 4],
        service: (number > 0).then(|| SERVICES[number]),
        conn_state: Some(STATES[number % 13]),
        local_orig: Some(number % 2 == 0),
        local_resp: Some(number % 3 == 0),
        ..bare()
    })
}

#[test]
fn has_55_columns() {
    let encoder = fitted(records());
    assert_eq!(encoder.width(), 55);
    assert_eq!(encoder.columns().len(), 55);
    let levels = |column| encoder.vocabulary().levels(column);
    assert_eq!(levels(Categorical::Proto), PROTOS);
    assert_eq!(levels(Categorical::Service), SERVICES);
    assert_eq!(levels(Categorical::ConnState), STATES);
    assert_eq!(levels(Categorical::LocalOrig), ["F", "T"]);
    assert_eq!(levels(Categorical::LocalResp), ["F", "T"]);
}

#[test]
fn columns_stand_in_the_order_of_the_recipe() {
    let encoder = fitted(records());
    let columns: Vec<&str> = encoder.columns().iter().map(String::as_str).collect();
    assert_eq!(
        columns[..14],
        [
            "uid",
            "src_ip",
            "src_p",
            "dst_ip",
            "dst_p",
            "duration",
            "src_bytes",
            "history",
            "ip_proto",
            "dst_bytes_per_orig_pkt",
            "dst_bytes_per_resp_pkt",
            "proto_tcp",
            "proto_udp",
            "proto_unknown_transport",
        ]
    );
    assert_eq!(columns[14], "service_ayiya");
    assert_eq!(columns[40], "service_ssl,quic,ayiya");
    assert_eq!(columns[41], "conn_state_REJ");
    assert_eq!(columns[52..], ["conn_state_SHR", "local_orig_T", "local_resp_T"]);
}

#[test]
fn a_hot_column_goes_back_to_one_and_the_others_to_zero() {
    let encoder = fitted(records());
    let row = encoded(&encoder, &ConnRecord { service: Some("dns"), local_orig: Some(true), ..bare() });
    for (column, name) in encoder.columns().iter().enumerate().skip(11) {
        let expected = ["proto_tcp", "service_dns", "local_orig_T"].contains(&name.as_str());
        let natural = encoder.natural(column, row[column]);
        assert!((natural - f64::from(u8::from(expected))).abs() < 1e-6, "{name}: {natural}");
    }
}

#[test]
fn a_level_that_fitting_has_not_met_encodes_as_zeros() {
    let encoder = fitted(records());
    let unseen = encoded(
        &encoder,
        &ConnRecord { proto: "sctp", service: Some("ssl,dns"), conn_state: Some("NEW"), ..bare() },
    );
    let dropped = encoded(
        &encoder,
        &ConnRecord { proto: "icmp", service: None, conn_state: Some("OTH"), ip_proto: Some(0), ..bare() },
    );
    assert_eq!(unseen[11..], dropped[11..]);
}

#[test]
fn no_rows_give_no_encoder() {
    assert_eq!(Fitter::new().finish(&Levels::new()).unwrap_err(), FitError::NoRows);
}

#[test]
#[should_panic(expected = "copy_from_slice")]
fn a_row_of_another_width_is_a_bug() {
    fitted(records()).encode(&bare(), &mut [0.0; 54]);
}
