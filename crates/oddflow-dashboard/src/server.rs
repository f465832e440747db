//! The listener: one thread, a bounded number of connections, each bounded in size and time.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};

use crate::answers::{Source, router};
use crate::guard::guard;
use crate::listen::{Listen, ListenError};

/// Connections at a time. Further ones wait in the system's queue.
const CONNECTIONS: usize = 32;
/// Most bytes of a request's line and headers; hyper takes no less.
const HEAD: usize = 16 << 10;
/// Most headers.
const HEADERS: usize = 64;
/// How long a connection may last: to send a request, to be answered and to take the answer. Each request has its own.
const LIFETIME: Duration = Duration::from_secs(10);
/// The wait after the system refused a connection, as too many files are open.
const REFUSED: Duration = Duration::from_millis(200);

/// A listener at work; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens and answers, in a thread of its own.
    ///
    /// # Errors
    /// [`ListenError::Bind`] and [`ListenError::Thread`].
    pub fn start(listen: Listen, source: Arc<dyn Source>) -> Result<Self, ListenError> {
        Self::start_within(listen, source, LIFETIME)
    }

    fn start_within(
        listen: Listen,
        source: Arc<dyn Source>,
        lifetime: Duration,
    ) -> Result<Self, ListenError> {
        let address = listen.address();
        let bind = |source| ListenError::Bind { address, source };
        let listener = TcpListener::bind(address).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ListenError::Thread)?;
        let app = router(source).layer(from_fn_with_state(Arc::new(listen), guard));
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, app, lifetime) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread =
            std::thread::Builder::new().name("http".into()).spawn(work).map_err(ListenError::Thread)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens: the port that the system chose, where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where the thread is gone, nobody hears it.
        let _ = self.stop.take().map(|stop| stop.send(()));
        // Its panic, if any, was reported; requests are no reason to end what is watched.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, app: Router, lifetime: Duration) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(REFUSED).await;
            continue;
        };
        let app = app.clone();
        tokio::spawn(async move {
            // Who is too slow is hung up on, whatever they are at.
            let _ = tokio::time::timeout(lifetime, serve(stream, app)).await;
            drop(place);
        });
    }
}

/// One request, so that whoever is quiet holds no place.
async fn serve(stream: TcpStream, app: Router) {
    // What goes wrong here is the asker's.
    let _ = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app))
        .await;
}

#[cfg(test)]
mod tests;
