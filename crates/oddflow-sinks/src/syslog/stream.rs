//! A connection with a deadline for all that is done with it: a receiver that sends a byte now and then can't hold it for ever.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A TCP connection whose every read and write ends by a deadline.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) stream: TcpStream,
    end: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a deadline of the network: no result depends on it")]
fn now() -> Instant {
    Instant::now()
}

impl Timed {
    /// Connects to the first address that answers.
    pub(super) fn connect(addresses: &[SocketAddr], timeout: Duration) -> io::Result<Self> {
        let end = now() + timeout;
        let mut error = io::Error::from(io::ErrorKind::TimedOut);
        for address in addresses {
            match TcpStream::connect_timeout(address, left(end)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self { stream, end });
                }
                Err(refused) => error = refused,
            }
        }
        Err(error)
    }

    /// Sets the deadline anew, from now on.
    pub(super) fn limit(&mut self, timeout: Duration) {
        self.end = now() + timeout;
    }
}

/// What is left of the time; an error where that is nothing.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.end)?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.end)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
