//! Parts of the audit's sentences.

use std::collections::BTreeSet;
use std::net::IpAddr;

use oddflow_features::behaviour::{COLUMNS, Flow};

use super::book::AddressBook;
use super::is_transport;

/// Hosts that are named one by one; of more, the number is said.
const NAMED: usize = 3;

/// A host by its address.
pub(super) fn host(host: u64, book: &AddressBook) -> String {
    book.get(host).map_or_else(|| "a host".into(), |address| address.to_string())
}

/// Several hosts.
pub(super) fn hosts(hosts: &BTreeSet<u64>, book: &AddressBook) -> String {
    let mut addresses: Vec<IpAddr> = hosts.iter().filter_map(|host| book.get(*host)).collect();
    addresses.sort_unstable();
    if addresses.len() < hosts.len() || addresses.len() > NAMED {
        return if hosts.len() == 1 { "a host".into() } else { format!("{} hosts", hosts.len()) };
    }
    list(&addresses)
}

/// Addresses one after the other.
pub(super) fn list(addresses: &[IpAddr]) -> String {
    let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.join(""),
    }
}

/// The responder's port, to stand behind its address: ` port 443`; with ICMP there is none.
pub(super) fn port(flow: &Flow) -> String {
    port_of(flow, flow.responder().1, "")
}

/// The same of another port of the same transport, after a word.
pub(super) fn port_of(flow: &Flow, port: u16, word: &str) -> String {
    if is_transport(flow, "icmp") {
        " by ICMP".into()
    } else if is_transport(flow, "udp") {
        format!("{word} port {port}/udp")
    } else {
        format!("{word} port {port}")
    }
}

/// An amount of bytes with its unit.
pub(super) fn bytes(bytes: f64) -> String {
    COLUMNS[1].amount(bytes)
}

/// A time with its unit.
pub(super) fn seconds(seconds: f64) -> String {
    COLUMNS[0].amount(seconds)
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent >= 9.95 || percent == 0.0 { format!("{percent:.0}%") } else { format!("{percent:.1}%") }
}
