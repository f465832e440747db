//! The listener: one thread, a bounded number of connections, each bounded in size and time.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio_rustls::TlsAcceptor;

use crate::answers::{Source, router};
use crate::dashboard::Dashboard;
use crate::guard::{Guarded, Peer, guard};
use crate::listen::{Listen, ListenError};
use crate::patience::Patience;
use crate::shares::Shares;
use crate::work::Jobs;

/// Connections at a time. Further ones wait in the system's queue.
const CONNECTIONS: usize = 32;
/// The same where there are viewers, of which each holds some.
const VIEWERS: usize = 512;
/// Of these, those of one address.
const SHARE: usize = 64;
/// Most bytes of a request's line and headers; hyper takes no less.
const HEAD: usize = 16 << 10;
/// Most headers.
const HEADERS: usize = 64;
/// How long a connection may last where there is no dashboard: to send a request, to be answered and to take the answer. Each request
/// has its own.
const LIFETIME: Duration = Duration::from_secs(10);
/// How long a viewer's connection may be quiet before it sends the next request, and how long it may not take what it is sent.
const QUIET: Duration = Duration::from_secs(30);
/// How long two sides may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The wait after the system refused a connection, as too many files are open.
const REFUSED: Duration = Duration::from_millis(200);
/// How long work that reads is waited for at the end.
const END: Duration = Duration::from_secs(2);
/// Threads that may wait for the database, exports and the like.
const WAITING: usize = 32;

/// A listener at work; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How connections are treated.
#[derive(Clone)]
struct Manner {
    connections: usize,
    shares: Shares,
    /// `None` where a connection may carry one request after the other, and lasts as long as it is used.
    lifetime: Option<Duration>,
    tls: Option<TlsAcceptor>,
}

impl Server {
    /// Listens and answers, in a thread of its own: what a source says of itself, and the dashboard, where there is one.
    ///
    /// # Errors
    /// [`ListenError::Bind`], [`ListenError::Thread`] and [`ListenError::Dashboard`].
    pub fn start(
        listen: Listen,
        source: Arc<dyn Source>,
        dashboard: Option<Dashboard>,
    ) -> Result<Self, ListenError> {
        Self::start_within(listen, source, dashboard, LIFETIME)
    }

    fn start_within(
        listen: Listen,
        source: Arc<dyn Source>,
        dashboard: Option<Dashboard>,
        lifetime: Duration,
    ) -> Result<Self, ListenError> {
        let address = listen.address();
        let bind = |source| ListenError::Bind { address, source };
        let listener = TcpListener::bind(address).map_err(bind)?;
        listener.set_nonblocking(true).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WAITING)
            .thread_name("http-work")
            .build()
            .map_err(ListenError::Thread)?;
        let has_page = dashboard.is_some();
        let manner = Manner {
            connections: if has_page { VIEWERS } else { CONNECTIONS },
            shares: Shares::new(if has_page { SHARE } else { CONNECTIONS }),
            lifetime: (!has_page).then_some(lifetime),
            tls: listen.tls().map(crate::tls::Tls::acceptor),
        };
        let tells =
            !listen.is_remote() && dashboard.as_ref().is_none_or(|dashboard| !dashboard.needs_token());
        let mut app = router(source, tells);
        let mut jobs = Jobs::default();
        if let Some(dashboard) = dashboard {
            let (routes, work) = dashboard.router(&listen, address.port())?;
            (app, jobs) = (app.merge(routes), work);
        }
        let guarded = Guarded { listen: Arc::new(listen), has_page };
        let app = app.layer(from_fn_with_state(guarded, guard));
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, app, manner) => {}
                    _ = stopped => {}
                }
            });
            jobs.stop();
            runtime.shutdown_timeout(END);
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

async fn accept(listener: TcpListener, app: Router, manner: Manner) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(manner.connections));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, from)) = listener.accept().await else {
            tokio::time::sleep(REFUSED).await;
            continue;
        };
        // Who has too many is hung up on.
        let Some(share) = manner.shares.take(from.ip()) else { continue };
        let (app, manner) = (app.clone(), manner.clone());
        tokio::spawn(async move {
            let peer = Peer(Some(from.ip().to_canonical()));
            match manner.lifetime {
                // Who is too slow is hung up on, whatever they are at.
                Some(lifetime) => {
                    let _ = tokio::time::timeout(lifetime, secured(stream, app, peer, &manner)).await;
                }
                None => secured(stream, app, peer, &manner).await,
            }
            drop((place, share));
        });
    }
}

/// A connection, over TLS where that is wanted.
async fn secured(stream: TcpStream, app: Router, peer: Peer, manner: &Manner) {
    // Answers and events are small, and somebody waits for them.
    let _ = stream.set_nodelay(true);
    let stream = Patience::new(stream, QUIET);
    match &manner.tls {
        None => serve(stream, app, peer, manner).await,
        Some(tls) => {
            // What goes wrong there is the asker's.
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                serve(stream, app, peer, manner).await;
            }
        }
    }
}

/// The requests of a connection: one where its lifetime is bounded, so that whoever is quiet holds no place.
async fn serve<S>(stream: S, app: Router, peer: Peer, manner: &Manner)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        app.call(request)
    });
    // What goes wrong here is the asker's.
    let _ = http1::Builder::new()
        .keep_alive(manner.lifetime.is_none())
        .header_read_timeout(QUIET)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

#[cfg(test)]
mod tests;
