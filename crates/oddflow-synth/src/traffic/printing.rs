//! Printing: over IPP, which is HTTP, or straight to the printer's raw port.

use super::web::{Exchange, Request};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp};
use crate::network::{Network, Role};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printing;

impl Activity for Printing {
    fn share(&self) -> f64 {
        0.000_12
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let laptop = network.nth(Role::Laptop, nth as usize);
        let printer = network.nth(Role::Printer, 0);
        let rng = &mut out.rng;
        let orig = network.client(laptop, printer.v4.into(), at, rng);
        let document = rng.lognormal(180_000.0, 1.2) as u64;
        if rng.chance(0.3) {
            let tcp = Tcp::new(document, 60, 0.003, rng.lognormal(6.0, 0.6), Ending::Closed);
            let flow = tcp.between(at, orig, Endpoint::new(printer.v4, 9100), rng);
            out.flow(network, flow);
            return;
        }
        // Asking for its state is a request as well; most are only that.
        let body = if rng.chance(0.35) { document } else { rng.range(300, 900) };
        let answer = rng.range(180, 2_400);
        let request = Request {
            method: "POST",
            uri: "/ipp/print".into(),
            request_body: body,
            response_body: answer,
            status: (200, "OK"),
            mime: Some("application/ipp"),
        };
        let host = printer.v4.to_string();
        let exchange = Exchange {
            host: &host,
            user_agent: "CUPS/2.4.7 IPP/2.0",
            rtt: 0.003,
            rate: 900_000.0,
            ending: Ending::Closed,
            requests: vec![request],
        };
        exchange.emit(orig, Endpoint::new(printer.v4, 631), at, network, out);
    }
}
