//! Encrypted connections, over TLS and over QUIC, with their rows in `ssl.log`.

use crate::emitter::Emitter;
use crate::event::{Body, Tls};
use crate::flow::{Ending, Endpoint, Micros, SECOND, Tcp, Udp, micros};
use crate::network::{Device, Network, Site};
use crate::random::{Rng, mix};

/// What is carried inside an encrypted connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Bytes of requests or uploads.
    pub(crate) sent: u64,
    /// Bytes of responses or downloads.
    pub(crate) received: u64,
    /// How long it stays open, in seconds.
    pub(crate) seconds: f64,
}

impl Load {
    /// A request or a few, as pages and programs make them: heavy-tailed, larger ones last longer.
    pub(crate) fn requests(rng: &mut Rng) -> Self {
        let size = rng.normal();
        let grow = |sigma: f64| crate::random::exp(sigma * size);
        let tail = if rng.chance(0.03) { rng.pareto(1.0, 1.1).min(3_000.0) } else { 1.0 };
        let sent = 650.0 * grow(0.5) * rng.lognormal(1.0, 0.6);
        let received = 3_400.0 * grow(1.3) * rng.lognormal(1.0, 0.7) * tail;
        let seconds = 6.0 * grow(0.6) * rng.lognormal(1.0, 1.4);
        Self { sent: sent as u64, received: received as u64, seconds: seconds.clamp(0.05, 3_600.0) }
    }
}

/// How TLS connections of ordinary programs end.
fn ending(rng: &mut Rng) -> Ending {
    rng.weighted(&[
        (Ending::Closed, 0.70),
        (Ending::ResetByOrig, 0.145),
        (Ending::ResetByResp, 0.08),
        (Ending::StillOpen, 0.05),
        (Ending::HalfClosedByOrig, 0.006),
        (Ending::HalfClosedByResp, 0.016),
    ])
}

/// Connects over TLS to a port of a site and returns when the handshake is done.
pub(crate) fn tls(
    device: &Device,
    (site, name, port): (&Site, &str, u16),
    load: Load,
    at: Micros,
    network: &Network,
    out: &mut Emitter,
) -> Micros {
    let rng = &mut out.rng;
    let six = device.ipv6 && site.ipv6 && rng.chance(0.62);
    let resp = Endpoint::new(site.address(name, six, rng), port);
    let orig = network.client(device, resp.host, at, rng);
    let rtt = site.provider.rtt * rng.lognormal(1.0, 0.22);
    let how = ending(rng);
    let connection = Secure { name: Some(name), modern: site.modern, rtt, ending: how, alpn: port == 443 };
    connection.emit(orig, resp, load, at, network, out)
}

/// A TLS connection between two given ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secure<'a> {
    /// Server name indication.
    pub(crate) name: Option<&'a str>,
    /// TLS 1.3 or 1.2.
    pub(crate) modern: bool,
    /// Time of a round trip in seconds.
    pub(crate) rtt: f64,
    /// How it ends.
    pub(crate) ending: Ending,
    /// Whether the client offers HTTP/2.
    pub(crate) alpn: bool,
}

impl Secure<'_> {
    pub(crate) fn emit(
        self,
        orig: Endpoint,
        resp: Endpoint,
        load: Load,
        at: Micros,
        network: &Network,
        out: &mut Emitter,
    ) -> Micros {
        let rng = &mut out.rng;
        let resumed = !self.modern && rng.chance(0.25);
        // Client hello and finished; server hello, certificates unless the session is resumed, tickets.
        let hello = 517 + rng.range(60, 140);
        // A server shows the same certificates every time.
        let chain = 2_400
            + self.name.map_or(0, |name| name.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte))))
                % 2_200;
        let certificates = if resumed { 150 } else { chain } + rng.range(60, 110);
        let round_trips = if self.modern { 2.0 } else { 3.0 };
        let seconds = load.seconds.max(self.rtt * round_trips);
        let tcp = Tcp::new(load.sent + hello, load.received + certificates, self.rtt, seconds, self.ending);
        let flow = tcp.messages(3).between(at, orig, resp, rng).service("ssl");
        let (version, cipher) = match (self.modern, rng.chance(0.75)) {
            (true, true) => ("TLSv13", "TLS_AES_128_GCM_SHA256"),
            (true, false) => ("TLSv13", "TLS_AES_256_GCM_SHA384"),
            (false, true) => ("TLSv12", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
            (false, false) => ("TLSv12", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        };
        let curve = if rng.chance(0.8) { "x25519" } else { "secp256r1" };
        let next_protocol = match (self.alpn, self.modern) {
            (false, _) => None,
            // In TLS 1.3 the server's choice is encrypted.
            (true, true) => None,
            (true, false) => Some("h2"),
        };
        let server_name = self.name.map(str::to_owned);
        let row = Tls { version, cipher, curve, server_name, resumed, next_protocol };
        let hello_at = micros(self.rtt * 1.05);
        let done = micros(self.rtt * (round_trips + 0.1));
        out.flow_with(network, flow, [(hello_at, done, Body::Ssl(row))]);
        at + done
    }
}

/// Connects over QUIC and returns when the handshake is done.
pub(crate) fn quic(
    device: &Device,
    (site, name): (&Site, &str),
    load: Load,
    at: Micros,
    network: &Network,
    out: &mut Emitter,
) -> Micros {
    const DATAGRAM: u64 = 1_230;
    let rng = &mut out.rng;
    let six = device.ipv6 && site.ipv6 && rng.chance(0.7);
    let resp = Endpoint::new(site.address(name, six, rng), 443);
    let orig = network.client(device, resp.host, at, rng);
    let rtt = site.provider.rtt * rng.lognormal(1.0, 0.22);
    // What Zeek makes of it: the handshake inside is an analyzer of its own, confirmed before or after QUIC, or
    // not at all where a session goes on without one. AYIYA is a false match on the first bytes.
    let service = rng.weighted(&[
        ("quic,ssl", 0.477),
        ("quic", 0.400),
        ("ssl,quic", 0.113),
        ("quic,ssl,ayiya", 0.008),
        ("ssl,quic,ayiya", 0.0012),
        ("ayiya,quic", 0.0008),
    ]);
    if rng.chance(0.05) {
        // Something on the way drops UDP: two hellos, then the client falls back to TCP.
        let packets = rng.range(1, 3);
        let waited = if packets > 1 { 0.3 * ((1 << (packets - 1)) - 1) as f64 } else { 0.0 };
        let flow = Udp::unanswered(1_250, packets, waited).between(at, orig, resp, rng).service("quic");
        out.flow(network, flow);
        return at + SECOND / 3;
    }
    // Both hellos are padded to full datagrams.
    let sent = load.sent + 2 * 1_250;
    let received = load.received + rng.range(2_500, 5_200);
    let udp = Udp {
        sent,
        received,
        packets_sent: 3 + load.sent / 900 + load.received / 9_000 + rng.range(0, 4),
        packets_received: 3 + received.div_ceil(DATAGRAM),
        seconds: load.seconds + 2.0 * rtt,
    };
    let flow = udp.between(at, orig, resp, rng).service(service);
    let row = service.contains("ssl").then(|| {
        let row = Tls {
            version: "TLSv13",
            cipher: "TLS_AES_128_GCM_SHA256",
            curve: "x25519",
            server_name: Some(name.to_owned()),
            resumed: rng.chance(0.1),
            next_protocol: Some("h3"),
        };
        (micros(rtt * 0.02), micros(rtt * 1.1), Body::Ssl(row))
    });
    out.flow_with(network, flow, row);
    at + micros(rtt * 1.1)
}
