//! Lateral movement: a host inside looks for SMB on every address of the neighbouring network, and uses what it
//! finds.
//!
//! Imitates a worm or CrackMapExec after a first foothold (MITRE ATT&CK T1021.002, T1135): TCP 445 address by
//! address. Most have nobody (S0, three SYNs), some refuse (REJ), and where SMB answers a session follows: NTLM,
//! shares listed, a service made by DCE-RPC, a file of half a megabyte copied.

use std::net::{IpAddr, Ipv4Addr};

use super::Attack;
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, SECOND, Tcp};
use crate::network::{Device, Network, Role};
use crate::random::Rng;

#[derive(Debug)]
struct SmbSweep {
    from: Device,
    /// Devices of the network that is swept.
    there: Vec<Device>,
    /// What the addresses of that network begin with.
    prefix: [u8; 3],
}

pub(super) fn new(network: &Network, _rng: &mut Rng) -> Box<dyn Attack> {
    let from = network.nth(Role::Laptop, 3).clone();
    let (there, prefix) = network.sideways(&from);
    Box::new(SmbSweep { from, there, prefix })
}

impl Attack for SmbSweep {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        None
    }

    fn step(&mut self, nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let orig = Endpoint::new(self.from.v4, self.from.ephemeral_port(rng));
        // Every sixth address has somebody; the others follow one another.
        let somebody =
            if nth % 6 == 5 { self.there.get((nth / 6) as usize % self.there.len().max(1)) } else { None };
        let Some(device) = somebody else {
            let [a, b, c] = self.prefix;
            let mut to = Ipv4Addr::new(a, b, c, 1 + (nth * 7 % 254) as u8);
            if to == self.from.v4 {
                to = Ipv4Addr::new(a, b, c, 255 - to.octets()[3]);
            }
            let ending = match self.there.iter().any(|device| device.v4 == to) {
                true => Ending::Refused,
                false => Ending::NoAnswer,
            };
            let flow = Tcp::attempt(0.0016, ending).between(at, orig, Endpoint::new(to, 445), rng);
            out.flow(network, flow);
            return;
        };
        let resp = Endpoint::new(device.v4, 445);
        if !matches!(device.role, Role::Storage | Role::Server | Role::Laptop) {
            let flow = Tcp::attempt(0.0016, Ending::Refused).between(at, orig, resp, rng);
            out.flow(network, flow);
            return;
        }
        let look =
            Tcp::new(1_900 + rng.range(0, 200), 2_100 + rng.range(0, 300), 0.0012, 0.35, Ending::ResetByOrig);
        let flow = look.messages(11).between(at, orig, resp, rng).service("gssapi,ntlm,smb");
        out.flow(network, flow);
        let rng = &mut out.rng;
        let size = 520_000 + rng.range(0, 4_000);
        let orig = Endpoint::new(self.from.v4, self.from.ephemeral_port(rng));
        let copy = Tcp::new(size, 14_000 + rng.range(0, 900), 0.0012, 4.0 + rng.unit(), Ending::ResetByOrig);
        let flow = copy.messages(40).between(at + SECOND, orig, resp, rng).service("dce_rpc,smb,gssapi,ntlm");
        out.flow(network, flow);
    }
}
