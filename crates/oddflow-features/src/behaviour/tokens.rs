//! The tokens: what a connection is, as a set of 104 yes-or-no statements.
//!
//! The vocabulary is fixed: it doesn't depend on the baseline, so that a new state or service is one that was not seen, not
//! one that can't be said.

use std::ops::Range;

use super::address::AddressClass;
use super::traffic_class::Transport;

pub(super) const STATES: [&str; 13] =
    ["S0", "S1", "S2", "S3", "SF", "REJ", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"];
const HISTORY: &[u8; 24] = b"ShHAaDdFfRrCcTtGgWwIiQq^";
const SERVICES: [&str; 18] = [
    "dns", "http", "ssl", "ssh", "smtp", "ftp", "ftp-data", "ntp", "dhcp", "smb", "gssapi", "ntlm",
    "dce_rpc", "krb", "krb_tcp", "quic", "irc", "snmp",
];
/// Responder's ports with a token of their own, ascending.
pub(super) const PORTS: [u16; 30] = [
    20, 21, 22, 23, 25, 53, 67, 68, 80, 110, 123, 135, 137, 138, 139, 143, 161, 389, 443, 445, 546, 547, 993,
    1900, 3128, 3389, 5353, 5355, 8080, 8443,
];

const PROTO: usize = 0;
const SERVICE: usize = PROTO + 3;
const NO_SERVICE: usize = SERVICE + SERVICES.len();
const OTHER_SERVICE: usize = NO_SERVICE + 1;
const STATE: usize = OTHER_SERVICE + 1;
const LETTER: usize = STATE + STATES.len();
const PORT: usize = LETTER + HISTORY.len();
const PORT_RANGE: usize = PORT + PORTS.len();
const ORIGINATOR: usize = PORT_RANGE + 3;
const RESPONDER: usize = ORIGINATOR + 4;
const LOCAL_ORIG: usize = RESPONDER + 4;
const LOCAL_RESP: usize = LOCAL_ORIG + 1;
const IPV6: usize = LOCAL_RESP + 1;
/// How many there are.
pub(super) const COUNT: usize = IPV6 + 1;

/// First port that system services don't use, and first that no service registers (IANA: 49152; here where most systems
/// begin to take ports at random).
const USER_PORTS: u16 = 1024;
const DYNAMIC_PORTS: u16 = 32768;

/// The tokens of one connection, a bit each.
#[derive(Clone, Copy, Default)]
pub(super) struct TokenSet(pub(super) u128);

impl TokenSet {
    fn set(&mut self, token: usize) {
        self.0 |= 1 << token;
    }

    #[inline]
    pub(super) fn transport(&mut self, transport: Transport) {
        if transport != Transport::Other {
            self.set(PROTO + transport as usize);
        }
    }

    #[inline]
    pub(super) fn services(&mut self, services: Option<&str>) {
        let Some(services) = services.filter(|services| !services.is_empty()) else {
            return self.set(NO_SERVICE);
        };
        for service in services.split(',') {
            let known = SERVICES.iter().position(|known| *known == service);
            self.set(known.map_or(OTHER_SERVICE, |known| SERVICE + known));
        }
    }

    #[inline]
    pub(super) fn state(&mut self, state: Option<usize>) {
        if let Some(state) = state {
            self.set(STATE + state);
        }
    }

    #[inline]
    pub(super) fn history(&mut self, history: &str) {
        for byte in history.bytes() {
            let letter = LETTERS[usize::from(byte)];
            if letter != NO_LETTER {
                self.set(LETTER + usize::from(letter));
            }
        }
    }

    #[inline]
    pub(super) fn port(&mut self, port: u16) {
        self.set(match PORTS.binary_search(&port) {
            Ok(known) => PORT + known,
            Err(_) if port < USER_PORTS => PORT_RANGE,
            Err(_) if port < DYNAMIC_PORTS => PORT_RANGE + 1,
            Err(_) => PORT_RANGE + 2,
        });
    }

    #[inline]
    pub(super) fn addresses(&mut self, originator: AddressClass, responder: AddressClass) {
        self.set(ORIGINATOR + place(originator));
        self.set(RESPONDER + place(responder));
    }

    #[inline]
    pub(super) fn locality(&mut self, local_orig: bool, local_resp: bool, ipv6: bool) {
        for (token, is) in [(LOCAL_ORIG, local_orig), (LOCAL_RESP, local_resp), (IPV6, ipv6)] {
            if is {
                self.set(token);
            }
        }
    }
}

fn place(class: AddressClass) -> usize {
    match class {
        AddressClass::Multicast => 0,
        AddressClass::Link => 1,
        AddressClass::Private => 2,
        AddressClass::Global => 3,
    }
}

/// The place of a state among [`STATES`].
#[inline]
pub(super) fn state(name: &str) -> Option<usize> {
    STATES.iter().position(|known| *known == name)
}

const NO_LETTER: u8 = u8::MAX;

/// Place of each byte among the history letters.
const LETTERS: [u8; 256] = {
    let mut places = [NO_LETTER; 256];
    let mut i = 0;
    while i < HISTORY.len() {
        places[HISTORY[i] as usize] = i as u8;
        i += 1;
    }
    places
};

/// The name of a token: the conn column and the value, as `service=dns`.
///
/// # Panics
/// There is no such token.
#[must_use]
pub fn token_name(token: usize) -> String {
    assert!(token < COUNT, "there are {COUNT} tokens");
    const CLASSES: [&str; 4] = ["multicast", "link-local", "private", "global"];
    if token < SERVICE {
        format!("proto={}", ["tcp", "udp", "icmp"][token - PROTO])
    } else if token < NO_SERVICE {
        format!("service={}", SERVICES[token - SERVICE])
    } else if token == NO_SERVICE {
        "service=none".into()
    } else if token == OTHER_SERVICE {
        "service=other".into()
    } else if token < LETTER {
        format!("conn_state={}", STATES[token - STATE])
    } else if token < PORT {
        format!("history={}", char::from(HISTORY[token - LETTER]))
    } else if token < PORT_RANGE {
        format!("id.resp_p={}", PORTS[token - PORT])
    } else if token < ORIGINATOR {
        format!("id.resp_p={}", ["other below 1024", "other below 32768", "32768 and up"][token - PORT_RANGE])
    } else if token < RESPONDER {
        format!("id.orig_h={}", CLASSES[token - ORIGINATOR])
    } else if token < LOCAL_ORIG {
        format!("id.resp_h={}", CLASSES[token - RESPONDER])
    } else {
        ["local_orig=T", "local_resp=T", "ipv6"][token - LOCAL_ORIG].into()
    }
}

/// Tokens that say the same thing of a connection, with the name that stands before their `=`; and whether a connection has at
/// most one of them.
pub const TOKEN_GROUPS: [(&str, Range<usize>, bool); 10] = [
    ("proto", PROTO..SERVICE, true),
    ("service", SERVICE..STATE, false),
    ("conn_state", STATE..LETTER, true),
    ("history", LETTER..PORT, false),
    ("id.resp_p", PORT..ORIGINATOR, true),
    ("id.orig_h", ORIGINATOR..RESPONDER, true),
    ("id.resp_h", RESPONDER..LOCAL_ORIG, true),
    ("local_orig", LOCAL_ORIG..LOCAL_RESP, true),
    ("local_resp", LOCAL_RESP..IPV6, true),
    ("ipv6", IPV6..COUNT, true),
];

/// The tokens that a column decides.
pub(super) const SERVICE_TOKENS: Range<usize> = SERVICE..STATE;
pub(super) const STATE_TOKENS: Range<usize> = STATE..LETTER;
pub(super) const HISTORY_TOKENS: Range<usize> = LETTER..PORT;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(set: TokenSet) -> Vec<String> {
        (0..COUNT).filter(|token| set.0 & 1 << token != 0).map(token_name).collect()
    }

    #[test]
    fn there_are_104_and_each_has_its_own_name() {
        let mut all: Vec<String> = (0..COUNT).map(token_name).collect();
        assert_eq!(all.len(), 104);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 104);
        assert!(PORTS.is_sorted());
    }

    #[test]
    fn groups_hold_each_token_once() {
        let mut next = 0;
        for (name, range, _) in TOKEN_GROUPS {
            assert_eq!(range.start, next);
            next = range.end;
            assert!(range.map(token_name).all(|token| token.starts_with(name)), "{name}");
        }
        assert_eq!(next, COUNT);
    }

    #[test]
    fn a_connection_by_its_tokens() {
        let mut set = TokenSet::default();
        set.transport(Transport::Tcp);
        set.services(Some("ssl,gopher"));
        set.state(state("SF"));
        set.history("Shx^");
        set.port(443);
        set.addresses(AddressClass::Private, AddressClass::Global);
        set.locality(true, false, false);
        assert_eq!(
            names(set),
            [
                "proto=tcp",
                "service=ssl",
                "service=other",
                "conn_state=SF",
                "history=S",
                "history=h",
                "history=^",
                "id.resp_p=443",
                "id.orig_h=private",
                "id.resp_h=global",
                "local_orig=T"
            ]
        );
    }

    #[test]
    fn ports_without_a_name_fall_into_ranges() {
        for (port, name) in [
            (0, "id.resp_p=other below 1024"),
            (1024, "id.resp_p=other below 32768"),
            (32767, "id.resp_p=other below 32768"),
            (32768, "id.resp_p=32768 and up"),
            (65535, "id.resp_p=32768 and up"),
        ] {
            let mut set = TokenSet::default();
            set.port(port);
            assert_eq!(names(set), [name]);
        }
    }
}
