//! A connection that is given up when too little can be written to it for a while: who reads too slowly holds no place for ever.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Bytes that must be taken before a wait is over: who takes some now and then only makes others wait.
const LEAST: usize = 64 << 10;

/// A stream whose writes must go on.
pub(crate) struct Patience<S> {
    stream: S,
    limit: Duration,
    /// Runs from the moment in which a write waits until all is written, or enough of it.
    wait: Option<Pin<Box<Sleep>>>,
    /// Bytes that were taken since.
    taken: usize,
}

impl<S> Patience<S> {
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, wait: None, taken: 0 }
    }

    /// What a write came to; one that waits for too long has failed.
    fn judged<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            return written;
        }
        let limit = self.limit;
        let wait = self.wait.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(wait.as_mut().poll(context));
        wait.as_mut().reset(Instant::now() + limit);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// So much was taken.
    fn took(&mut self, written: &Poll<io::Result<usize>>) {
        if let (Poll::Ready(Ok(bytes)), true) = (written, self.wait.is_some()) {
            self.taken = self.taken.saturating_add(*bytes);
            if self.taken >= LEAST {
                self.rest();
            }
        }
    }

    /// Nothing waits any more.
    fn rest(&mut self) {
        (self.wait, self.taken) = (None, 0);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, to)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.took(&written);
        self.judged(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.took(&written);
        self.judged(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        // This is asked for when all that there was is written.
        if flushed.is_ready() {
            self.rest();
        }
        self.judged(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.judged(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes of the next write; none while there is no room.
    struct Narrow(usize);

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            match std::mem::take(&mut self.0).min(bytes.len()) {
                0 => Poll::Pending,
                taken => Poll::Ready(Ok(taken)),
            }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_few_bytes_begin_no_new_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(std::future::poll_fn(|context| {
            let mut stream = Patience::new(Narrow(0), Duration::from_secs(3600));
            let mut write = |room: usize| {
                stream.stream.0 = room;
                let _ = Pin::new(&mut stream).poll_write(context, &[0; LEAST]);
                stream.wait.as_ref().map(|wait| wait.deadline())
            };
            assert_eq!(write(LEAST), None, "nothing waits");
            let begun = write(0);
            assert!(begun.is_some());
            for _ in 0..8 {
                assert_eq!([write(1), write(0)], [begun; 2], "the same wait");
            }
            assert_eq!(write(LEAST), None, "enough was taken");
            assert!(write(0).is_some());
            let _ = Pin::new(&mut stream).poll_flush(context);
            assert!(stream.wait.is_none(), "all was taken");
            Poll::Ready(())
        }));
    }
}
