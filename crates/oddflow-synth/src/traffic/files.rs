//! Files on the household's storage: opened by day, backed up to by night.

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp, micros};
use crate::network::{Network, Role};

/// Opening and saving files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files;

impl Activity for Files {
    fn share(&self) -> f64 {
        0.000_2
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let laptop = network.nth(Role::Laptop, nth as usize);
        let storage = network.nth(Role::Storage, 0);
        let rng = &mut out.rng;
        let orig = network.client(laptop, storage.v4.into(), at, rng);
        // Zeek names what it confirmed, in the order in which it did.
        let service = rng.weighted(&[
            ("gssapi,ntlm,smb", 0.52),
            ("smb,gssapi,ntlm", 0.20),
            ("ntlm,gssapi,smb", 0.12),
            ("smb,ntlm,gssapi", 0.06),
            ("gssapi", 0.03),
            ("ntlm", 0.02),
            ("krb_tcp", 0.04),
            ("dce_rpc,smb,gssapi,ntlm", 0.008),
            ("dce_rpc,ntlm,smb,gssapi", 0.002),
        ]);
        let (port, sent, received, seconds) = match service {
            "krb_tcp" => (88, 1_400.0, 1_600.0, 0.02),
            "gssapi" | "ntlm" => (445, 800.0, 1_000.0, 0.1),
            _ => (445, 4_300.0, 9_600.0, 11.0),
        };
        let sent = rng.lognormal(sent, 0.7) as u64;
        let received = rng.lognormal(received, 1.3) as u64;
        let ending =
            rng.weighted(&[(Ending::Closed, 0.6), (Ending::ResetByOrig, 0.3), (Ending::StillOpen, 0.1)]);
        let messages = if seconds > 1.0 { 12 } else { 3 };
        let tcp = Tcp::new(sent, received, 0.0009, rng.lognormal(seconds, 0.9), ending);
        let flow =
            tcp.messages(messages).between(at, orig, Endpoint::new(storage.v4, port), rng).service(service);
        out.flow(network, flow);
    }
}

/// The nightly backup of each laptop: one long upload inside the house.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backup;

impl Activity for Backup {
    fn share(&self) -> f64 {
        0.000_05
    }

    fn pace(&self) -> Pace {
        Pace::Night
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let laptop = network.nth(Role::Laptop, nth as usize);
        let storage = network.nth(Role::Storage, 0);
        let rng = &mut out.rng;
        let orig = network.client(laptop, storage.v4.into(), at, rng);
        let sent = rng.lognormal(6e8, 0.8).min(2e10);
        let seconds = sent / rng.lognormal(2.5e7, 0.25);
        let tcp = Tcp::new(sent as u64, (sent / 900.0) as u64, 0.0011, seconds, Ending::Closed);
        let flow = tcp
            .between(at + micros(rng.between(0.0, 20.0)), orig, Endpoint::new(storage.v4, 445), rng)
            .service("gssapi,ntlm,smb");
        out.flow(network, flow);
    }
}
