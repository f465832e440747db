//! Which addresses are local.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::address::AddressClass;

/// A network in CIDR notation; a single address is one of full length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Network {
    address: IpAddr,
    length: u8,
}

/// Why text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network such as 10.0.0.0/8 or fd00::/8")]
pub struct NetworkError(pub String);

impl Network {
    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let off = 32 - u32::from(self.length);
                a.to_bits().checked_shr(off) == b.to_bits().checked_shr(off)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let off = 128 - u32::from(self.length);
                a.to_bits().checked_shr(off) == b.to_bits().checked_shr(off)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.to_owned());
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let full = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(full), |length| length.trim().parse().map_err(|_| wrong()))?;
        if length > full { Err(wrong()) } else { Ok(Self { address, length }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

/// The local networks: those named, else what Zeek says in `local_orig` and `local_resp`, else private and link-local.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LocalNetworks(pub Vec<Network>);

impl LocalNetworks {
    #[inline]
    pub(super) fn is_local(&self, address: IpAddr, class: AddressClass, zeek: Option<bool>) -> bool {
        if self.0.is_empty() {
            zeek.unwrap_or_else(|| class.is_presumed_local())
        } else {
            self.0.iter().any(|network| network.contains(address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("192.168.1.7", "192.168.1.7") && !holds("192.168.1.7", "192.168.1.6"));
        assert!(holds("fd00::/8", "fd12::1") && holds("::/0", "fd12::1"));
        for wrong in ["", "10.0.0.0/33", "ten/8", "10.0.0.0/", "::/129"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
        assert_eq!("10.0.0.0/8".parse::<Network>().unwrap().to_string(), "10.0.0.0/8");
    }

    #[test]
    fn what_is_named_goes_before_what_zeek_says() {
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        let class = AddressClass::of(address);
        let none = LocalNetworks::default();
        assert!(none.is_local(address, class, None) && !none.is_local(address, class, Some(false)));
        let other = LocalNetworks(vec!["192.0.2.0/24".parse().unwrap()]);
        assert!(!other.is_local(address, class, Some(true)));
    }
}
