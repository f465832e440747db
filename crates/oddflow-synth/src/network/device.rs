//! The devices of the household and what each is for.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::random::{Rng, mix};

/// What a device is for; activities choose by it who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Router,
    Laptop,
    Phone,
    Television,
    Speaker,
    Plug,
    Camera,
    Printer,
    Storage,
    Server,
    /// A laboratory machine that maps the network now and then: benign, but noisy.
    Scanner,
}

/// One device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    /// Its place in the list.
    pub(crate) number: usize,
    pub(crate) role: Role,
    pub(crate) v4: Ipv4Addr,
    /// Whether it has IPv6 towards the Internet; all have it on the link.
    pub(crate) ipv6: bool,
    /// Whether it is in the laboratory's network, 192.168.1.0/24.
    pub(crate) lab: bool,
    /// Linux picks its ephemeral ports from 32768, others from 49152 on.
    pub(crate) linux: bool,
    /// How much of what people do is done on it.
    pub(crate) use_weight: f64,
}

impl Device {
    pub(crate) fn ephemeral_port(&self, rng: &mut Rng) -> u16 {
        if self.linux { rng.range(32_768, 60_999) as u16 } else { rng.range(49_152, 65_535) as u16 }
    }

    pub(crate) fn link_local(&self, seed: u64) -> Ipv6Addr {
        let id = mix(seed ^ mix(0x11f0 ^ self.number as u64));
        let group = |shift: u32| ((id >> shift) as u16).max(1);
        Ipv6Addr::new(0xfe80, 0, 0, 0, group(48), group(32), group(16), group(0))
    }
}

/// Role, last part of the address, in the laboratory, share of people's use. The first twelve are the smallest
/// household that all activities and attacks find their players in.
const FIRST: [(Role, u8, bool, f64); 26] = [
    (Role::Router, 1, false, 0.0),
    (Role::Laptop, 5, false, 0.42),
    (Role::Scanner, 126, true, 0.0),
    (Role::Router, 1, true, 0.0),
    (Role::Server, 20, true, 0.0),
    (Role::Storage, 192, false, 0.0),
    (Role::Phone, 12, false, 0.14),
    (Role::Camera, 208, false, 0.0),
    (Role::Printer, 152, false, 0.0),
    (Role::Television, 151, false, 0.02),
    (Role::Laptop, 23, false, 0.11),
    (Role::Phone, 31, false, 0.09),
    (Role::Speaker, 65, false, 0.0),
    (Role::Laptop, 44, false, 0.07),
    (Role::Phone, 77, false, 0.05),
    (Role::Plug, 228, false, 0.0),
    (Role::Plug, 229, false, 0.0),
    (Role::Server, 38, true, 0.01),
    (Role::Television, 206, true, 0.01),
    (Role::Camera, 209, false, 0.0),
    (Role::Laptop, 196, true, 0.03),
    (Role::Speaker, 66, false, 0.0),
    (Role::Phone, 78, false, 0.02),
    (Role::Plug, 230, false, 0.0),
    (Role::Phone, 90, false, 0.02),
    (Role::Laptop, 6, false, 0.01),
];

/// What is added beyond the first devices, over and over.
const FURTHER: [Role; 8] = [
    Role::Phone,
    Role::Laptop,
    Role::Plug,
    Role::Phone,
    Role::Television,
    Role::Laptop,
    Role::Camera,
    Role::Speaker,
];

/// The parts that attacks need somebody for. The phone that scans stands beside the storage that it scans: however few
/// hosts share the parts, from two on these are two.
const PARTS: [Role; 11] = [
    Role::Laptop,
    Role::Laptop,
    Role::Laptop,
    Role::Laptop,
    Role::Phone,
    Role::Phone,
    Role::Storage,
    Role::Phone,
    Role::Server,
    Role::Camera,
    Role::Plug,
];

/// Hosts of somebody's own network in the parts that attacks need, drawn at random. A host that is alone gets a neighbour.
pub(super) fn given(hosts: &[Ipv4Addr], rng: &mut Rng) -> Vec<Device> {
    let mut hosts = hosts.to_vec();
    if let [alone] = hosts[..] {
        let [a, b, c, last] = alone.octets();
        hosts.push(Ipv4Addr::new(a, b, c, if last == 1 { 2 } else { 1 }));
    }
    for i in 0..hosts.len() {
        let other = i + rng.below(hosts.len() - i);
        hosts.swap(i, other);
    }
    let device = |(number, (role, v4)): (usize, (Role, Ipv4Addr))| {
        let linux = !matches!(role, Role::Laptop | Role::Phone);
        Device { number, role, v4, ipv6: false, lab: false, linux, use_weight: 0.0 }
    };
    PARTS.into_iter().zip(hosts.iter().copied().cycle()).enumerate().map(device).collect()
}

/// A household of `hosts` devices.
pub(super) fn household(hosts: usize) -> Vec<Device> {
    (0..hosts)
        .map(|number| {
            let (role, v4, lab, use_weight) = match FIRST.get(number) {
                Some(&(role, last, true, weight)) => (role, Ipv4Addr::new(192, 168, 1, last), true, weight),
                Some(&(role, last, false, weight)) => (role, Ipv4Addr::new(10, 0, 0, last), false, weight),
                None => {
                    let beyond = number - FIRST.len();
                    let role = FURTHER[beyond % FURTHER.len()];
                    // 10.0.1.2 and on, 250 a network.
                    let v4 = Ipv4Addr::new(10, 0, 1 + (beyond / 250) as u8, 2 + (beyond % 250) as u8);
                    let personal = matches!(role, Role::Phone | Role::Laptop);
                    (role, v4, false, if personal { 0.02 } else { 0.0 })
                }
            };
            let ipv6 = !lab && !matches!(role, Role::Camera | Role::Plug | Role::Router);
            let linux = !matches!(role, Role::Laptop | Role::Phone | Role::Printer) || number % 5 == 3;
            Device { number, role, v4, ipv6, lab, linux, use_weight }
        })
        .collect()
}
