//! The noise of the Internet at the door: the laboratory's server has ports forwarded to it, and whoever scans the
//! whole Internet finds it. One probe here and there, from everywhere.

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp};
use crate::network::{Network, Role};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knock;

impl Activity for Knock {
    fn share(&self) -> f64 {
        0.0042
    }

    fn pace(&self) -> Pace {
        Pace::Constant
    }

    fn session(&self, _nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let server = network.nth(Role::Server, 0).v4;
        let rng = &mut out.rng;
        let from = network.outsiders[rng.below(network.outsiders.len())];
        let orig = Endpoint::new(from, rng.range(32_768, 65_535) as u16);
        let port = *rng.pick(&[22, 22, 443, 443, 8080, 23, 80, 3389, 5900, 2222, 8443]);
        let resp = Endpoint::new(server, port);
        let open = matches!(port, 22 | 443 | 8080);
        let ending = if open {
            rng.weighted(&[
                (Ending::ProbedOpen, 0.42),
                (Ending::ResetByOrig, 0.2),
                (Ending::Closed, 0.12),
                (Ending::Midstream, 0.14),
                (Ending::ResetUnanswered, 0.05),
                (Ending::AnswerUnseen, 0.07),
            ])
        } else {
            rng.weighted(&[(Ending::NoAnswer, 0.62), (Ending::Refused, 0.38)])
        };
        let rtt = rng.lognormal(0.14, 0.5);
        let flow = Tcp::new(0, 0, rtt, rng.lognormal(0.3, 1.0), ending).between(at, orig, resp, rng);
        out.flow(network, flow);
    }
}
