//! What the owner does now and then: a shell on the server, files by FTP, a look at the message broker.

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp, micros};
use crate::network::{Network, Role};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admin;

impl Activity for Admin {
    fn share(&self) -> f64 {
        0.000_04
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let laptop = network.nth(Role::Laptop, 0);
        let server = network.nth(Role::Server, nth as usize);
        let rng = &mut out.rng;
        let orig = network.client(laptop, server.v4.into(), at, rng);
        let rtt = 0.001;
        match rng.unit() {
            x if x < 0.4 => {
                let seconds = rng.lognormal(300.0, 1.3).min(20_000.0);
                let (sent, received) = (3_100.0 + 9.0 * seconds, 3_900.0 + 60.0 * seconds);
                let tcp = Tcp::new(sent as u64, received as u64, rtt, seconds, Ending::Closed);
                let tcp = tcp.messages(14 + (seconds / 6.0) as u64).greeted();
                let flow = tcp.between(at, orig, Endpoint::new(server.v4, 22), rng).service("ssh");
                out.flow(network, flow);
            }
            x if x < 0.8 => {
                let storage = network.nth(Role::Storage, 0).v4;
                let control = Tcp::new(120, 640, rtt, rng.lognormal(8.0, 0.7), Ending::Closed);
                let flow = control
                    .messages(8)
                    .greeted()
                    .between(at, orig, Endpoint::new(storage, 21), rng)
                    .service("ftp");
                out.flow(network, flow);
                // Active mode: the server opens the data connection.
                let rng = &mut out.rng;
                let size = rng.lognormal(900_000.0, 1.5) as u64;
                let to = Endpoint::new(laptop.v4, laptop.ephemeral_port(rng));
                let flow = Tcp::new(size, 0, rtt, size as f64 / 4e7, Ending::Closed)
                    .between(at + micros(1.5), Endpoint::new(storage, 20), to, rng)
                    .service("ftp-data");
                out.flow(network, flow);
            }
            _ => {
                let plug = network.nth(Role::Plug, nth as usize);
                let orig = network.client(plug, server.v4.into(), at, rng);
                let tcp = Tcp::new(320, 240, 0.004, rng.lognormal(60.0, 0.8), Ending::ResetByOrig);
                let flow =
                    tcp.messages(6).between(at, orig, Endpoint::new(server.v4, 1883), rng).service("mqtt");
                out.flow(network, flow);
            }
        }
    }
}
