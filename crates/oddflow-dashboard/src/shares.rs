//! How many connections an address has, so that none takes all of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use crate::access::network;
use crate::readers::locked;

/// Connections by address, of version 6 by its network.
#[derive(Clone)]
pub(crate) struct Shares {
    most: usize,
    of: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
}

/// A connection of an address, until it is dropped; `None` for one of this machine, which isn't counted: it may be a proxy, with all of its
/// users behind it.
pub(crate) struct Share(Option<(IpAddr, Shares)>);

impl Shares {
    /// So many for each address at most.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, of: Arc::default() }
    }

    /// One more for an address; `None` where it has as many as it may.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Share> {
        if address.to_canonical().is_loopback() {
            return Some(Share(None));
        }
        let address = network(address);
        let mut of = locked(&self.of);
        let held = of.get(&address).copied().unwrap_or_default();
        if held >= self.most {
            return None;
        }
        of.insert(address, held + 1);
        Some(Share(Some((address, self.clone()))))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((address, shares)) = &self.0 else { return };
        let mut of = locked(&shares.of);
        match of.get_mut(address) {
            Some(held) if *held > 1 => *held -= 1,
            _ => drop(of.remove(address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let shares = Shares::new(2);
        let take = |address: &str| shares.take(address.parse().expect("an address"));
        let mut held = vec![take("192.0.2.1"), take("192.0.2.1")];
        assert!(held.iter().all(Option::is_some) && take("192.0.2.1").is_none());
        assert!(take("::ffff:192.0.2.1").is_none(), "the same, named otherwise");
        assert!(take("192.0.2.2").is_some(), "another has its own");
        held.pop();
        assert!(take("192.0.2.1").is_some(), "one was given back");
        let others = [take("2001:db8::1"), take("2001:db8::2")];
        assert!(others.iter().all(Option::is_some) && take("2001:db8::3").is_none(), "one network");
        let own: Vec<_> = ["127.0.0.1", "::1"].into_iter().cycle().take(20).map(take).collect();
        assert!(own.iter().all(Option::is_some));
        drop((held, others, own));
        assert_eq!(locked(&shares.of).len(), 0, "nothing is kept of those who are gone");
    }
}
