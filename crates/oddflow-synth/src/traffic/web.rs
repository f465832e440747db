//! Plain HTTP, with its rows in `http.log`.

use crate::emitter::Emitter;
use crate::event::{Body, Http};
use crate::flow::{Ending, Endpoint, Micros, Tcp, micros};
use crate::network::Network;

/// One request and its response.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) uri: String,
    pub(crate) request_body: u64,
    pub(crate) response_body: u64,
    pub(crate) status: (u16, &'static str),
    pub(crate) mime: Option<&'static str>,
}

impl Request {
    pub(crate) fn get(uri: impl Into<String>, response_body: u64, mime: &'static str) -> Self {
        let mime = (response_body > 0).then_some(mime);
        Self { method: "GET", uri: uri.into(), request_body: 0, response_body, status: (200, "OK"), mime }
    }
}

/// One connection that carries requests one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) host: &'a str,
    pub(crate) user_agent: &'static str,
    pub(crate) rtt: f64,
    /// Bytes a second of the slower side.
    pub(crate) rate: f64,
    pub(crate) ending: Ending,
    pub(crate) requests: Vec<Request>,
}

impl Exchange<'_> {
    pub(crate) fn emit(
        self,
        orig: Endpoint,
        resp: Endpoint,
        at: Micros,
        network: &Network,
        out: &mut Emitter,
    ) {
        let rng = &mut out.rng;
        let (mut sent, mut received, mut rows) = (0, 0, Vec::with_capacity(self.requests.len()));
        let mut clock = self.rtt * 1.05;
        for (i, request) in self.requests.into_iter().enumerate() {
            let headers = 90 + self.host.len() + self.user_agent.len() + request.uri.len() + rng.below(160);
            sent += headers as u64 + request.request_body;
            received += 230 + rng.range(0, 260) + request.response_body;
            let asked = clock;
            clock += self.rtt * 1.1 + (request.request_body + request.response_body) as f64 / self.rate;
            let row = Http {
                depth: i as u64 + 1,
                method: request.method,
                host: self.host.to_owned(),
                uri: request.uri,
                user_agent: self.user_agent,
                request_body: request.request_body,
                response_body: request.response_body,
                status: request.status,
                mime: request.mime,
            };
            rows.push((micros(asked), micros(clock), Body::Http(row)));
            clock += rng.exponential(0.08);
        }
        // Servers keep the connection for a few seconds in case there is more.
        let idle = if rng.chance(0.4) { *rng.pick(&[2.0, 5.0, 15.0, 65.0]) } else { 0.0 };
        let tcp = Tcp::new(sent, received, self.rtt, clock - self.rtt + idle, self.ending);
        let flow = tcp.between(at, orig, resp, rng).service("http");
        out.flow_with(network, flow, rows);
    }
}
