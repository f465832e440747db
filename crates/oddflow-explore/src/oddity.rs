//! Rows that show something out of the ordinary about Zeek, its sensor or its network.

use zeek_log::ConnRecord;

use crate::columns::LONGEST;
use crate::connection::Transport;

/// How many kinds there are.
pub(crate) const ODDITIES: usize = 15;

/// A duration beyond which a connection is told as long: a day.
const LONG: f64 = 86_400.0;

/// Names and meanings, in the order of the bits of [`of`].
pub(crate) const KINDS: [(&str, &str); ODDITIES] = [
    (
        "flipped",
        "Zeek turned the direction around (`^` in history): it missed the beginning, or a reply came first.",
    ),
    ("midstream", "The connection was under way when Zeek saw it (state OTH)."),
    ("content_gap", "The sensor missed content (`g` in history)."),
    ("bad_checksum", "A checksum was wrong (`c` in history): mostly checksum offloading on the sensor."),
    ("retransmission", "A payload was sent again (`t` in history)."),
    ("zero_window", "A side could take no more data (`w` in history)."),
    ("ruled_out_service", "A protocol's analyzer gave up (`-` before a service, or failed_service)."),
    ("tunnelled", "The connection ran inside a tunnel."),
    ("unknown_transport", "Zeek doesn't know the transport protocol."),
    ("same_address", "Both sides have the same address."),
    ("port_zero", "A TCP or UDP port is 0."),
    (
        "neither_local",
        "Neither side is local, by Zeek's word: transit, or local networks that Zeek doesn't know.",
    ),
    ("over_a_day", "The connection lasted over a day."),
    ("negative_duration", "The duration is negative; it counts as unset."),
    ("absurd_duration", "The duration is over ten years; it counts as unset."),
];

/// A bit for each oddity that a record shows.
#[inline]
pub(crate) fn of(record: &ConnRecord<'_>, transport: Transport) -> u16 {
    let mut bits = 0;
    let mut put = |bit: usize, shown: bool| bits |= u16::from(shown) << bit;
    for letter in record.history.unwrap_or("").bytes() {
        match letter {
            b'^' => put(0, true),
            b'g' | b'G' => put(2, true),
            b'c' | b'C' => put(3, true),
            b't' | b'T' => put(4, true),
            b'w' | b'W' => put(5, true),
            _ => {}
        }
    }
    put(1, record.conn_state == Some("OTH"));
    let failed = record.failed_service.is_some_and(|failed| !failed.is_empty());
    let ruled_out = |services: &str| services.split(',').any(|service| service.starts_with('-'));
    put(6, failed || record.service.is_some_and(ruled_out));
    put(7, record.tunnel_parents.is_some_and(|parents| !parents.is_empty()));
    put(8, transport == Transport::Other);
    put(9, record.orig_h == record.resp_h);
    put(10, transport.has_ports() && (record.orig_p == 0 || record.resp_p == 0));
    put(11, record.local_orig == Some(false) && record.local_resp == Some(false));
    put(12, record.duration.is_some_and(|duration| duration > LONG && duration <= LONGEST));
    put(13, record.duration.is_some_and(|duration| duration < 0.0));
    put(14, record.duration.is_some_and(|duration| duration > LONGEST));
    bits
}
