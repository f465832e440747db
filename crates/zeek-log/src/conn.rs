//! A row of `conn.log`, typed.

use std::net::{IpAddr, SocketAddr};

/// One connection as Zeek logged it. Text is borrowed from the reader's buffer, already unescaped.
///
/// An absent column and an unset value (`-`, or a key left out of JSON) are both `None`.
/// Field by field: <https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConnRecord<'a> {
    /// Start of the connection, in seconds since the Unix epoch.
    pub ts: f64,
    /// Zeek's identifier of the connection; it joins conn with dns, http, ssl and other logs.
    pub uid: Option<&'a str>,
    /// Address of the originator.
    pub orig_h: IpAddr,
    /// Port of the originator; for ICMP the message type.
    pub orig_p: u16,
    /// Address of the responder.
    pub resp_h: IpAddr,
    /// Port of the responder; for ICMP the message code.
    pub resp_p: u16,
    /// Transport: `tcp`, `udp`, `icmp` or `unknown_transport`.
    pub proto: &'a str,
    /// Application protocols, joined by commas in no fixed order; `-proto` is one that was ruled out.
    pub service: Option<&'a str>,
    /// Time from the first to the last packet, in seconds.
    pub duration: Option<f64>,
    /// Payload bytes that the originator sent.
    pub orig_bytes: Option<u64>,
    /// Payload bytes that the responder sent.
    pub resp_bytes: Option<u64>,
    /// How the connection went: one of 13 states such as `SF`, `S0`, `REJ`.
    pub conn_state: Option<&'a str>,
    /// Whether the originator is local; unset where Zeek knows no local networks.
    pub local_orig: Option<bool>,
    /// Whether the responder is local.
    pub local_resp: Option<bool>,
    /// Bytes that the sensor did not see: a fault of the sensor, not of the host.
    pub missed_bytes: Option<u64>,
    /// A letter an event, upper case from the originator, lower case from the responder.
    pub history: Option<&'a str>,
    /// Packets that the originator sent.
    pub orig_pkts: Option<u64>,
    /// Bytes on the IP level that the originator sent.
    pub orig_ip_bytes: Option<u64>,
    /// Packets that the responder sent.
    pub resp_pkts: Option<u64>,
    /// Bytes on the IP level that the responder sent.
    pub resp_ip_bytes: Option<u64>,
    /// Uids of the tunnels around this connection, joined by commas; `Some("")` is an empty set.
    pub tunnel_parents: Option<&'a str>,
    /// IP protocol number; logged since Zeek 7.1.
    pub ip_proto: Option<u64>,
    /// Outer VLAN tag.
    pub vlan: Option<i64>,
    /// Inner VLAN tag.
    pub inner_vlan: Option<i64>,
    /// Link-layer address of the originator.
    pub orig_l2_addr: Option<&'a str>,
    /// Link-layer address of the responder.
    pub resp_l2_addr: Option<&'a str>,
    /// Community ID flow hash; it joins with Suricata and others.
    pub community_id: Option<&'a str>,
    /// Analyzers that were tried and gave up, joined by commas.
    pub failed_service: Option<&'a str>,
}

impl<'a> ConnRecord<'a> {
    /// A connection of which no more is known than what every row has: when it began, its originator, its responder, each an
    /// address with a port (for ICMP the message type and code), and its transport. All else is unset.
    ///
    /// ```
    /// # use zeek_log::ConnRecord;
    /// let bare = ConnRecord::bare(1.5e9, ([10, 0, 0, 5], 49_152), ([192, 0, 2, 7], 443), "tcp");
    /// let closed = ConnRecord { conn_state: Some("SF"), duration: Some(0.25), ..bare };
    /// assert_eq!((closed.resp_p, closed.end(), closed.service), (443, 1.5e9 + 0.25, None));
    /// ```
    #[must_use]
    pub fn bare(
        ts: f64,
        originator: impl Into<SocketAddr>,
        responder: impl Into<SocketAddr>,
        proto: &'a str,
    ) -> Self {
        let (originator, responder) = (originator.into(), responder.into());
        Self {
            ts,
            uid: None,
            orig_h: originator.ip(),
            orig_p: originator.port(),
            resp_h: responder.ip(),
            resp_p: responder.port(),
            proto,
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
        }
    }

    /// The end of the connection, in seconds since the Unix epoch: its event time, as Zeek writes the row then.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.ts + self.duration.unwrap_or(0.0)
    }
}
