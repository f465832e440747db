//! Syslog over UDP, TCP or TLS.
//!
//! Nothing in syslog tells that a message arrived. Over TCP and TLS a batch has a connection of its own, which is closed for writing
//! behind the last message; then the sink waits until the receiver has closed it too, which it does when it has read everything. A
//! reset is a failure. UDP promises nothing.

mod stream;

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use self::stream::Timed;
use crate::format::syslog::{Header, message};
use crate::{DeliveryError, Notice, Sink, tls};

/// What a receiver has to take of a message, at least as good advice (RFC 5424, section 6.1; RFC 5425, section 4.3.1).
const MOST_BYTES: usize = 8_192;
/// A datagram that isn't cut into fragments on the way (RFC 5426, section 3.2): an Ethernet frame less the headers of IPv6 and UDP.
const MOST_BYTES_OF_A_DATAGRAM: usize = 1_452;
/// How long a receiver may take to close a connection that was closed from this side.
const CLOSING: Duration = Duration::from_secs(5);
/// What a receiver may say before it is no longer listened to; it has nothing to say.
const MOST_ANSWER: u64 = 64 * 1024;

/// How messages travel.
#[derive(Clone, Debug)]
pub(crate) enum Carrier {
    Udp,
    Tcp,
    /// With the settings of TLS, and the name that the certificate must have.
    Tls(Arc<ClientConfig>, ServerName<'static>),
}

/// A syslog receiver.
#[derive(Debug)]
pub struct SyslogSink {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) carrier: Carrier,
    pub(crate) header: Header,
    /// How long a batch may take, from the look-up of the name on.
    pub(crate) timeout: Duration,
}

impl SyslogSink {
    fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
        }
        Ok(addresses)
    }

    fn send_datagrams(&self, notices: &[Notice]) -> io::Result<()> {
        let receiver = self.addresses()?[0];
        let any = if receiver.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any)?;
        socket.set_write_timeout(Some(self.timeout))?;
        socket.connect(receiver)?;
        for notice in notices {
            socket.send(message(notice, &self.header, MOST_BYTES_OF_A_DATAGRAM).as_bytes())?;
        }
        Ok(())
    }

    fn send_stream(&self, notices: &[Notice]) -> io::Result<()> {
        let frames = frames(notices, &self.header);
        let mut stream = Timed::connect(&self.addresses()?, self.timeout)?;
        let Carrier::Tls(config, name) = &self.carrier else {
            stream.write_all(&frames)?;
            stream.close_for_writing()?;
            stream.limit(CLOSING.min(self.timeout));
            return wait_for_end(stream);
        };
        let connection = ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
        let mut tls = StreamOwned::new(connection, stream);
        tls.write_all(&frames)?;
        tls.conn.send_close_notify();
        while tls.conn.wants_write() {
            tls.conn.write_tls(&mut tls.sock)?;
        }
        tls.sock.close_for_writing()?;
        tls.sock.limit(CLOSING.min(self.timeout));
        wait_for_end(tls)
    }
}

impl Sink for SyslogSink {
    fn name(&self) -> &str {
        "syslog"
    }

    fn deliver(&mut self, notices: &[Notice], _now: Timestamp) -> Result<(), DeliveryError> {
        if notices.is_empty() {
            return Ok(());
        }
        let sent = match self.carrier {
            Carrier::Udp => self.send_datagrams(notices),
            Carrier::Tcp | Carrier::Tls(..) => self.send_stream(notices),
        };
        // How much of a stream arrived isn't known: all of it is sent again.
        sent.map_err(|error| {
            DeliveryError::passing(0, format!("{} port {}: {}", self.host, self.port, describe(&error)))
        })
    }
}

/// Octet counting: the length of a message in bytes, a blank, the message (RFC 5425, section 4.3; RFC 6587, section 3.4.1).
fn frames(notices: &[Notice], header: &Header) -> Vec<u8> {
    let mut frames = Vec::new();
    for notice in notices {
        let message = message(notice, header, MOST_BYTES);
        frames.extend_from_slice(format!("{} {message}", message.len()).as_bytes());
    }
    frames
}

/// Waits until the receiver has closed the connection. One that doesn't has taken the bytes all the same.
fn wait_for_end(stream: impl Read) -> io::Result<()> {
    match io::copy(&mut stream.take(MOST_ANSWER), &mut io::sink()) {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            // Closed without the farewell of TLS, or not closed in time.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Ok(()),
            _ => Err(error),
        },
    }
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it took too long".into(),
        _ => tls::describe(error, "sinks.syslog.ca_file").unwrap_or_else(|| error.to_string()),
    }
}

impl Timed {
    /// Says that nothing more comes. A receiver that has closed the connection before can't have read everything.
    fn close_for_writing(&self) -> io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        if matches!(peeked, Ok(0)) {
            let message = "the receiver closed the connection before it had read everything";
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, message));
        }
        self.stream.shutdown(Shutdown::Write)
    }
}
