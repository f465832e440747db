//! People visiting pages and using programs: names looked up, then TLS and QUIC to several hosts at once.
//!
//! This is the activity that fills what the others leave of the rows.

use super::lookup::look_up;
use super::secure::{Load, quic, tls};
use super::web::{Exchange, Request};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp, micros};
use crate::network::{Device, Network, Site};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Browse;

impl Activity for Browse {
    fn share(&self) -> f64 {
        0.0
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, _nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let device = network.personal(&mut out.rng);
        let mut at = at;
        // The page itself, then what it draws in from elsewhere.
        for _ in 0..1 + out.rng.repeats(0.62, 9) {
            let site = network.internet.visit(&mut out.rng);
            let name = site.name(&mut out.rng);
            // The system's cache answers half the time.
            let ready =
                if out.rng.chance(0.55) { look_up(device, site, &name, at, network, out) } else { at };
            connect(device, site, &name, ready, network, out);
            at = ready + micros(out.rng.exponential(0.35));
        }
    }
}

fn connect(device: &Device, site: &Site, name: &str, at: Micros, network: &Network, out: &mut Emitter) {
    let what = out.rng.unit();
    if site.provider.quic && what < 0.93 {
        let load = Load::requests(&mut out.rng);
        quic(device, (site, name), load, at, network, out);
        return;
    }
    if what < 0.955 {
        let load = Load::requests(&mut out.rng);
        tls(device, (site, name, 443), load, at, network, out);
        if out.rng.chance(0.12) {
            // A second connection raced the first, and lost.
            spare(device, site, at, network, out);
        }
        return;
    }
    if what < 0.975 {
        plain(device, site, name, at, network, out);
    } else {
        stray(device, site, at, network, out);
    }
}

/// A connection that was opened ahead and never used.
fn spare(device: &Device, site: &Site, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let resp =
        Endpoint::new(site.address(&site.domain, device.ipv6 && site.ipv6 && rng.chance(0.4), rng), 443);
    let orig = network.client(device, resp.host, at, rng);
    let ending = rng.weighted(&[(Ending::Closed, 0.5), (Ending::ResetByOrig, 0.4), (Ending::NoAnswer, 0.1)]);
    let seconds = rng.lognormal(1.5, 1.2);
    let flow = Tcp::new(0, 0, site.provider.rtt, seconds, ending).between(at, orig, resp, rng);
    out.flow(network, flow);
}

/// What is still unencrypted: redirects to the encrypted page, and systems asking whether they are online.
fn plain(device: &Device, site: &Site, name: &str, at: Micros, network: &Network, out: &mut Emitter) {
    const BROWSERS: [&str; 2] = [
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.3 Safari/605.1.15",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
    ];
    let rng = &mut out.rng;
    let resp = Endpoint::new(site.v4(name, rng), 80);
    let orig = network.client(device, resp.host, at, rng);
    let mut user_agent = BROWSERS[device.number % BROWSERS.len()];
    let bare = |uri, status| Request { status, ..Request::get(uri, 0, "") };
    let requests = match rng.unit() {
        x if x < 0.45 => vec![bare("/", (301, "Moved Permanently"))],
        x if x < 0.60 => vec![bare("/generate_204", (204, "No Content"))],
        x if x < 0.72 => {
            user_agent = "CaptiveNetworkSupport-472 wispr";
            vec![Request::get("/hotspot-detect.html", 69, "text/html")]
        }
        _ => {
            let mut requests =
                vec![Request::get("/index.html", rng.lognormal(6_000.0, 1.1) as u64, "text/html")];
            let mut parts = ["/style.css", "/logo.png", "/favicon.ico"].iter().zip([
                "text/plain",
                "image/png",
                "image/x-icon",
            ]);
            while let Some((&part, mime)) = parts.next().filter(|_| rng.chance(0.5)) {
                requests.push(Request::get(part, rng.lognormal(9_000.0, 0.9) as u64, mime));
            }
            requests
        }
    };
    let ending =
        rng.weighted(&[(Ending::Closed, 0.8), (Ending::ResetByOrig, 0.12), (Ending::ResetByResp, 0.08)]);
    let exchange = Exchange { host: name, user_agent, rtt: site.provider.rtt, rate: 4e6, ending, requests };
    exchange.emit(orig, resp, at, network, out);
}

/// The tail of a connection whose start Zeek no longer knows: a sleeping laptop wakes and acknowledges, a server
/// retransmits into the void.
fn stray(device: &Device, site: &Site, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let resp =
        Endpoint::new(site.address(&site.domain, device.ipv6 && site.ipv6 && rng.chance(0.5), rng), 443);
    let orig = network.client(device, resp.host, at, rng);
    let rtt = site.provider.rtt;
    let ending = rng.weighted(&[
        (Ending::Midstream, 0.76),
        (Ending::QuestionUnseen, 0.09),
        (Ending::ResetQuestionUnseen, 0.05),
        (Ending::ResetUnanswered, 0.05),
        (Ending::AnswerUnseen, 0.05),
    ]);
    let (sent, received) = rng.weighted(&[((0, 0), 0.2), ((31, 0), 0.3), ((0, 24), 0.25), ((70, 120), 0.25)]);
    let flow = Tcp::new(sent, received, rtt, rng.lognormal(2.0, 1.6), ending).between(at, orig, resp, rng);
    out.flow(network, flow);
}
