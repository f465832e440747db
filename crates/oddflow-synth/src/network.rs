//! The network that the traffic runs on: a household with a small laboratory, and the Internet as it sees it.

mod device;
mod internet;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(crate) use self::device::{Device, Role};
pub(crate) use self::internet::{Internet, Site, SiteKind, invented_domain, outside_address};
use crate::flow::{Endpoint, Micros, SECOND};
use crate::random::{Rng, mix};

/// Internet hosts that knock from outside: with the devices' own addresses about 479 sources in a week.
const OUTSIDERS: usize = 314;

/// The provider's resolver.
const RESOLVER: Ipv4Addr = Ipv4Addr::new(75, 75, 75, 75);

/// Every host there is. Fixed when generation begins.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) devices: Vec<Device>,
    pub(crate) internet: Internet,
    /// Addresses that reach in from outside.
    pub(crate) outsiders: Vec<Ipv4Addr>,
    /// The resolver that most names are asked of.
    pub(crate) upstream: Ipv4Addr,
    /// Whether the devices are those of somebody's own network, of which nothing is known but their addresses.
    is_given: bool,
    /// The household's IPv6 prefix, 64 bits.
    prefix: [u16; 4],
    seed: u64,
}

impl Network {
    pub(crate) fn new(seed: u64, hosts: usize) -> Self {
        let mut rng = Rng::new(seed, "network");
        let prefix =
            [0x2601, 0x647, rng.range(0x4000, 0xcfff) as u16, rng.range(0x1000, 0xffff) as u16 & 0xfff0];
        let outsiders = (0..OUTSIDERS).map(|_| internet::outside_address(&mut rng)).collect();
        let internet = Internet::new(&mut rng);
        let (devices, upstream) = (device::household(hosts), RESOLVER);
        Self { devices, internet, outsiders, upstream, is_given: false, prefix, seed }
    }

    /// Somebody's own network, as far as attacks need it: the hosts, at least one, get their parts by seed.
    pub(crate) fn given(seed: u64, hosts: &[Ipv4Addr], resolver: Option<Ipv4Addr>) -> Self {
        let devices = device::given(hosts, &mut Rng::new(seed, "hosts"));
        let upstream = resolver.unwrap_or(RESOLVER);
        Self { devices, upstream, is_given: true, ..Self::new(seed, 0) }
    }

    /// The other devices that one finds where it moves sideways, and what the addresses there begin with.
    pub(crate) fn sideways(&self, from: &Device) -> (Vec<Device>, [u8; 3]) {
        let [a, b, c, _] = from.v4.octets();
        let is_there = |device: &&Device| match self.is_given {
            true => device.v4 != from.v4 && device.v4.octets()[..3] == [a, b, c],
            false => device.lab != from.lab,
        };
        let prefix = match (self.is_given, from.lab) {
            (true, _) => [a, b, c],
            (false, true) => [10, 0, 0],
            (false, false) => [192, 168, 1],
        };
        (self.devices.iter().filter(is_there).cloned().collect(), prefix)
    }

    /// Devices of one role, at least one: a role that is missing is played by the first laptop.
    pub(crate) fn any(&self, role: Role, rng: &mut Rng) -> &Device {
        let count = self.devices.iter().filter(|device| device.role == role).count();
        let nth = rng.below(count);
        self.nth(role, nth)
    }

    /// The n-th device of a role, counting round.
    pub(crate) fn nth(&self, role: Role, n: usize) -> &Device {
        let count = self.devices.iter().filter(|device| device.role == role).count();
        let found = self.devices.iter().filter(|device| device.role == role).nth(n % count.max(1));
        found.unwrap_or(&self.devices[1])
    }

    /// Somebody's own device, the busiest most: the first laptop does four tenths of everything.
    pub(crate) fn personal(&self, rng: &mut Rng) -> &Device {
        let mut at = rng.unit() * self.devices.iter().map(|device| device.use_weight).sum::<f64>();
        for device in &self.devices {
            at -= device.use_weight;
            if at < 0.0 {
                return device;
            }
        }
        &self.devices[1]
    }

    /// The address a device uses towards the Internet over IPv6: half the time a temporary one that changes every
    /// day (RFC 8981), else its stable one (RFC 7217).
    pub(crate) fn global_v6(&self, device: &Device, at: Micros, rng: &mut Rng) -> Ipv6Addr {
        let day = (at / (86_400 * SECOND)) as u64;
        let of = if rng.chance(0.8) { day } else { 0 };
        let id = mix(self.seed ^ mix(device.number as u64 ^ of << 20));
        let p = self.prefix;
        let group = |shift: u32| ((id >> shift) as u16).max(1);
        Ipv6Addr::new(p[0], p[1], p[2], p[3], group(48), group(32), group(16), group(0))
    }

    /// A device's end of a connection to `peer`, with an ephemeral port, in the address family of the peer.
    pub(crate) fn client(&self, device: &Device, peer: IpAddr, at: Micros, rng: &mut Rng) -> Endpoint {
        let host = match peer {
            IpAddr::V4(_) => IpAddr::V4(device.v4),
            IpAddr::V6(peer) if peer.is_unicast_link_local() || peer.is_multicast() => {
                IpAddr::V6(device.link_local(self.seed))
            }
            IpAddr::V6(_) => IpAddr::V6(self.global_v6(device, at, rng)),
        };
        Endpoint { host, port: device.ephemeral_port(rng) }
    }

    pub(crate) fn link_local(&self, device: &Device) -> Ipv6Addr {
        device.link_local(self.seed)
    }

    /// Where a device sends its DNS queries.
    pub(crate) fn resolver(&self, device: &Device, rng: &mut Rng) -> IpAddr {
        if device.lab {
            return Ipv4Addr::new(192, 168, 1, 1).into();
        }
        let second = rng.chance(0.1);
        if device.ipv6 && rng.chance(0.45) {
            return Ipv6Addr::new(0x2001, 0x558, 0xfeed, 0, 0, 0, 0, if second { 2 } else { 1 }).into();
        }
        if second { Ipv4Addr::new(75, 75, 76, 76).into() } else { RESOLVER.into() }
    }

    /// The broadcast address of a device's own network.
    pub(crate) fn broadcast(device: &Device) -> Ipv4Addr {
        let [a, b, c, _] = device.v4.octets();
        Ipv4Addr::new(a, b, c, 255)
    }

    /// The gateway of a device's own network.
    pub(crate) fn gateway(device: &Device) -> Ipv4Addr {
        if device.lab { Ipv4Addr::new(192, 168, 1, 1) } else { Ipv4Addr::new(10, 0, 0, 1) }
    }

    /// What `Site::local_nets` holds: private and link-local networks and the household's own prefix.
    pub(crate) fn is_local(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => {
                v4.is_private()
                    || v4.is_link_local()
                    || v4.is_unspecified()
                    || v4.is_broadcast()
                    || self.is_given && self.devices.iter().any(|device| device.v4 == v4)
            }
            IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.segments()[..4] == self.prefix,
        }
    }
}
