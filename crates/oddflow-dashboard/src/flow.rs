//! Bodies that are written while they are sent: exports, and events.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces that wait to be sent.
const WAITING: usize = 4;

/// A body that comes piece by piece, and ends when its sender is gone.
pub(crate) struct Flow(Receiver<io::Result<Bytes>>);

/// A body, and where its pieces are put; who reads slowly holds up who writes.
pub(crate) fn flow() -> (Sender<io::Result<Bytes>>, Flow) {
    let (sender, receiver) = channel(WAITING);
    (sender, Flow(receiver))
}

impl Body for Flow {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
