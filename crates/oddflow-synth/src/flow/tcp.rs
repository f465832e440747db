//! TCP: from what two hosts exchanged and how it ended to state, history, packets and bytes.
//!
//! States follow `conn_state()` of Zeek's `base/protocols/conn/main.zeek`, letters its documentation of `history`.

use super::{Endpoint, Flow, History, Micros, Proto, micros};
use crate::random::Rng;

/// TCP header with the timestamp option that practically every stack sends.
const HEADER: u64 = 32;
/// A SYN carries eight bytes of options more (maximum segment size, window scale, SACK permitted).
const SYN_OPTIONS: u64 = 8;
/// Payload of a full segment on Ethernet with timestamps over IPv4.
const SEGMENT: u64 = 1448;
/// A bare header, as scanners and resets send.
const BARE: u64 = 20;
/// The largest SYN of a scanner carries one option.
const SCAN_SYN: u64 = 24;

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Both sides closed it: SF.
    Closed,
    /// The originator aborted it: RSTO.
    ResetByOrig,
    /// The responder aborted it: RSTR.
    ResetByResp,
    /// Nobody closed it while Zeek watched: S1.
    StillOpen,
    /// Only the originator closed: S2.
    HalfClosedByOrig,
    /// Only the responder closed: S3.
    HalfClosedByResp,
    /// No answer to the SYN: S0.
    NoAnswer,
    /// A reset for an answer: REJ.
    Refused,
    /// Half-open probe of an open port: SYN, SYN-ACK, RST: RSTO.
    ProbedOpen,
    /// SYN and FIN, the answer unseen: SH.
    AnswerUnseen,
    /// SYN and RST, the answer unseen: RSTOS0.
    ResetUnanswered,
    /// A SYN-ACK and a FIN whose SYN was unseen: SHR.
    QuestionUnseen,
    /// A SYN-ACK and a RST whose SYN was unseen: RSTRH.
    ResetQuestionUnseen,
    /// Begun before Zeek watched: OTH.
    Midstream,
}

/// What two hosts exchanged over TCP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcp {
    /// Payload of the originator.
    pub(crate) sent: u64,
    /// Payload of the responder.
    pub(crate) received: u64,
    /// Time of a round trip in seconds.
    pub(crate) rtt: f64,
    /// Time from the handshake to the end in seconds; a connection that came to nothing has its own.
    pub(crate) seconds: f64,
    /// How it ended.
    pub(crate) ending: Ending,
    /// Messages each way, where a side says anything: small ones don't share a segment.
    pub(crate) messages: u64,
    /// Whether the responder speaks first, as in SSH, SMTP and FTP.
    pub(crate) greeting: bool,
}

impl Tcp {
    pub(crate) fn new(sent: u64, received: u64, rtt: f64, seconds: f64, ending: Ending) -> Self {
        Self { sent, received, rtt, seconds, ending, messages: 1, greeting: false }
    }

    /// The same with this many messages each way.
    pub(crate) fn messages(self, messages: u64) -> Self {
        Self { messages, ..self }
    }

    /// The same with the responder speaking first.
    pub(crate) fn greeted(self) -> Self {
        Self { greeting: true, ..self }
    }

    /// A SYN that came to nothing, or a probe.
    pub(crate) fn attempt(rtt: f64, ending: Ending) -> Self {
        Self::new(0, 0, rtt, 0.0, ending)
    }

    pub(crate) fn between(self, start: Micros, orig: Endpoint, resp: Endpoint, rng: &mut Rng) -> Flow {
        let mut flow = Flow::new(start, orig, resp, Proto::Tcp, 6);
        match self.ending {
            Ending::NoAnswer
            | Ending::Refused
            | Ending::ProbedOpen
            | Ending::AnswerUnseen
            | Ending::ResetUnanswered
            | Ending::QuestionUnseen
            | Ending::ResetQuestionUnseen => self.attempted(&mut flow, rng),
            Ending::Midstream => self.midstream(&mut flow, rng),
            _ => self.established(&mut flow, rng),
        }
        flow
    }

    /// Handshakes that led nowhere: a few packets without payload.
    fn attempted(self, flow: &mut Flow, rng: &mut Rng) {
        let ip = flow.orig.ip_header();
        let syn = ip + HEADER + SYN_OPTIONS;
        // Retries after 1, 3 and 7 seconds: the SYN timer doubles.
        let retries = if self.ending == Ending::NoAnswer { rng.repeats(0.45, 3) } else { 0 };
        let waited = ((1u64 << retries) - 1) as f64 * (1.0 + 0.02 * rng.unit());
        // (state, history, packets, bytes, answers, bytes, seconds)
        let (state, history, sent, sent_bytes, received, received_bytes, seconds) = match self.ending {
            Ending::NoAnswer => ("S0", "S", 1 + retries as u64, (1 + retries as u64) * syn, 0, 0, waited),
            Ending::Refused => ("REJ", "Sr", 1, syn, 1, ip + BARE, self.rtt),
            Ending::ProbedOpen => (
                "RSTO",
                "ShR",
                2,
                2 * ip + SCAN_SYN + BARE,
                1,
                ip + SCAN_SYN,
                self.rtt * rng.between(1.05, 1.6),
            ),
            Ending::AnswerUnseen => {
                ("SH", "SF", 2, syn + ip + HEADER, 0, 0, self.rtt * rng.between(1.5, 8.0))
            }
            Ending::ResetUnanswered => {
                ("RSTOS0", "SR", 2, syn + ip + BARE, 0, 0, self.rtt * rng.between(1.0, 9.0))
            }
            Ending::QuestionUnseen => {
                ("SHR", "^hf", 0, 0, 2, syn + ip + HEADER, self.rtt * rng.between(2.0, 300.0))
            }
            _ => ("RSTRH", "^hr", 0, 0, 2, syn + ip + BARE, self.rtt * rng.between(2.0, 90.0)),
        };
        flow.state = state;
        flow.history = History::new(history);
        (flow.orig_pkts, flow.orig_ip_bytes) = (sent, sent_bytes);
        (flow.resp_pkts, flow.resp_ip_bytes) = (received, received_bytes);
        flow.duration = (sent + received > 1).then(|| micros(seconds).max(1));
    }

    /// Packets of a connection whose start was not seen: Zeek turns it round where the ports suggest so.
    fn midstream(self, flow: &mut Flow, rng: &mut Rng) {
        let header = flow.orig.ip_header() + HEADER;
        let both = self.sent > 0 && self.received > 0;
        let history = match (self.sent > 0, self.received > 0) {
            (true, true) => *rng.pick(&["DadA", "^dADa", "^dDaA", "DdAa"]),
            (true, false) => *rng.pick(&["DT", "D", "DA"]),
            (false, true) => *rng.pick(&["^dA", "^dtA", "^dAt"]),
            (false, false) => *rng.pick(&["A", "C", "Aa"]),
        };
        flow.state = "OTH";
        flow.history = History::new(history);
        let packets = |bytes: u64| segments(bytes).max(self.messages.min(bytes));
        let acks = |letter| u64::from(history.contains(letter));
        flow.orig_bytes = self.sent;
        flow.resp_bytes = self.received;
        flow.orig_pkts =
            packets(self.sent) + acks('A').max(u64::from(history == "C")) + u64::from(history == "DT");
        flow.resp_pkts = packets(self.received) + acks('a') + u64::from(history.contains('t'));
        flow.orig_ip_bytes =
            self.sent + flow.orig_pkts * header + if history == "DT" { self.sent.min(SEGMENT) } else { 0 };
        let again = if history.contains('t') { self.received.min(SEGMENT) } else { 0 };
        flow.resp_ip_bytes = self.received + flow.resp_pkts * header + again;
        let seconds = self.seconds.max(if both { self.rtt } else { 0.0 });
        flow.duration = (flow.orig_pkts + flow.resp_pkts > 1).then(|| micros(seconds).max(1));
    }

    /// Three-way handshake, payload both ways, an end.
    fn established(self, flow: &mut Flow, rng: &mut Rng) {
        let header = flow.orig.ip_header() + HEADER;
        let packets = |bytes: u64| segments(bytes).max(self.messages.min(bytes));
        let data = (packets(self.sent), packets(self.received));
        let silent = self.sent + self.received == 0;
        // A stack acknowledges every second segment; offloading makes that fewer for large transfers.
        let per_ack = if self.received > 200_000 { 3 } else { 2 };
        let fins = match self.ending {
            Ending::Closed => (1, 1),
            Ending::HalfClosedByOrig => (1, 0),
            Ending::HalfClosedByResp => (0, 1),
            Ending::ResetByOrig => (1, u64::from(rng.chance(0.3))),
            Ending::ResetByResp => (u64::from(rng.chance(0.2)), 1),
            _ => (0, 0),
        };
        let mut sent =
            2 + data.0 + data.1.div_ceil(per_ack) + fins.0 + if silent { 0 } else { rng.range(0, 2) };
        let mut received =
            1 + data.1 + data.0.div_ceil(per_ack) + fins.1 + if silent { 0 } else { rng.range(0, 1) };
        let mut orig_ip = self.sent + sent * header + SYN_OPTIONS;
        let mut resp_ip = self.received + received * header + SYN_OPTIONS;

        let mut history = History::new("ShA");
        let spoken: &[u8] = match (self.greeting, self.sent > 0, self.received > 0) {
            (true, true, true) => b"dDa",
            (true, false, true) => b"d",
            (_, true, true) if rng.chance(0.85) => b"Dad",
            (_, true, true) => b"Dda",
            (_, true, false) => b"Da",
            (_, false, true) => b"d",
            (_, false, false) => b"",
        };
        spoken.iter().for_each(|&letter| history.push(letter));
        // Loss grows with the number of segments, slower than in proportion.
        let lossy = |segments: u64, rng: &mut Rng| {
            segments > 1 && rng.chance((segments as f64 / 9000.0).min(0.35) + 0.012)
        };
        if lossy(data.1, rng) {
            let again = 1 + data.1 / 800;
            received += again;
            resp_ip += again * (header + SEGMENT.min(self.received));
            history.push(b't');
        }
        if lossy(data.0, rng) {
            let again = 1 + data.0 / 800;
            sent += again;
            orig_ip += again * (header + SEGMENT.min(self.sent));
            history.push(b'T');
        }
        if data.1 > 4 && rng.chance(0.004) {
            let missed = (rng.lognormal(6000.0, 1.2) as u64).clamp(1, self.received / 2);
            flow.missed_bytes = missed;
            let packets = segments(missed).min(received - 2);
            received -= packets;
            resp_ip -= (missed + packets * header).min(resp_ip - received * header);
            history.push(b'g');
        }
        let (state, end): (_, &[u8]) = match self.ending {
            Ending::Closed => (
                "SF",
                rng.weighted::<&[u8]>(&[
                    (b"Ff", 0.45),
                    (b"fF", 0.38),
                    (b"FfA", 0.05),
                    (b"FfR", 0.07),
                    (b"fFr", 0.05),
                ]),
            ),
            Ending::ResetByOrig if fins.1 > 0 => ("RSTO", b"fR"),
            Ending::ResetByOrig => ("RSTO", if rng.chance(0.35) { b"FR" } else { b"R" }),
            Ending::ResetByResp if fins.0 > 0 => ("RSTR", b"Fr"),
            Ending::ResetByResp => ("RSTR", if rng.chance(0.3) { b"fr" } else { b"r" }),
            Ending::HalfClosedByOrig => ("S2", b"F"),
            Ending::HalfClosedByResp => ("S3", b"f"),
            _ => ("S1", b""),
        };
        end.iter().for_each(|&letter| history.push(letter));
        // The letters after the close are packets of their own.
        if end.ends_with(b"R") && state == "SF" || end == b"FR" || end == b"fR" {
            sent += 1;
            orig_ip += header;
        }
        if end.ends_with(b"r") && (state == "SF" || end.len() == 2) {
            received += 1;
            resp_ip += header;
        }
        flow.state = state;
        flow.history = history;
        flow.orig_bytes = self.sent;
        flow.resp_bytes = self.received;
        (flow.orig_pkts, flow.orig_ip_bytes) = (sent, orig_ip);
        (flow.resp_pkts, flow.resp_ip_bytes) = (received, resp_ip);
        let turns = if self.sent + self.received > 0 { 2.0 } else { 1.0 };
        flow.duration = Some(micros(self.seconds.max(0.0) + self.rtt * turns).max(1));
    }
}

fn segments(bytes: u64) -> u64 {
    bytes.div_ceil(SEGMENT)
}
