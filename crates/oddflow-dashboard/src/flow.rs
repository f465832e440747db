//! Bodies that are written while they are sent: exports, and events.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::leash::Guard;

/// Pieces that wait to be sent.
const WAITING: usize = 4;

/// A body that comes piece by piece, and ends when its sender is gone.
pub(crate) struct Flow {
    pieces: Receiver<io::Result<Bytes>>,
    /// Ends the work on it when the body is dropped.
    _guard: Option<Guard>,
}

/// A body, and where its pieces are put; who reads slowly holds up who writes.
pub(crate) fn flow() -> (Sender<io::Result<Bytes>>, Flow) {
    let (sender, receiver) = channel(WAITING);
    (sender, Flow { pieces: receiver, _guard: None })
}

impl Flow {
    /// The same; who writes is ended when nobody takes it any more.
    pub(crate) fn guarded(self, guard: Guard) -> Self {
        Self { _guard: Some(guard), ..self }
    }
}

impl Body for Flow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.pieces.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leash::leash;

    #[test]
    fn who_writes_a_body_that_nobody_takes_is_ended() {
        let (guard, leash) = leash();
        let (_sender, body) = flow();
        let body = body.guarded(guard);
        assert!(!leash.is_loose());
        drop(body);
        assert!(leash.is_loose());
    }
}
