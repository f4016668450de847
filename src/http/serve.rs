//! Accepts connections, and gives the socket of an open stream away.
//!
//! **Invariants:** a connection that does not finish its request head is ended; an answer that has
//! begun is never cut by a stop that has time; a socket is given away only when both sides have
//! nothing left over from HTTP on it (`in_turn`); where a request ends is never a matter of opinion
//! (`head`).
//!
//! `axum::serve` is not used: it arms no timer for request heads, and it cannot give a socket
//! back. HTTP/2 and TLS belong to the proxy in front.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::counter::Counter;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::hub::{Addresses, TakeOver};

mod head;
mod in_turn;
#[cfg(test)]
mod tests;

use in_turn::InTurn;

/// What the accept loop allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once. Above it nobody is accepted until one ends; the kernel's queue waits.
    /// A socket that was given away does not count any more.
    pub max_connections: usize,
    /// Connections of one address (IPv6: one /64) at once; the next is answered 503. Loopback is
    /// not counted.
    pub per_address: usize,
    /// Addresses that are not counted either: proxies.
    pub uncounted: Vec<IpAddr>,
    /// How long a request head may take, and a connection between two requests.
    pub head: Duration,
    /// How long requests that were read have after the stop.
    pub wind_up: Duration,
    /// No limits of number, for measurements.
    pub off: bool,
    /// Counts connections that were refused since their address had too many.
    pub refused: Counter,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 20_500,
            per_address: 64,
            uncounted: Vec::new(),
            head: Duration::from_secs(10),
            wind_up: Duration::from_secs(2),
            off: false,
            refused: Counter::default(),
        }
    }
}

/// Connections that the kernel keeps for us until they are accepted; it allows no more unless
/// `net.core.somaxconn` is raised. Of those that come when it is full (with the usual 1,024: some when
/// two thousand windows come back at once) the last packet of the greeting is lost: each tries again
/// after a second, or believes for ever that it is connected.
const QUEUE: u32 = 4096;

/// Where people come to. Must be called within a runtime.
///
/// # Errors
///
/// Where the address is not to be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A port is free as soon as its server has ended.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Serves until `stop`, then answers what was read, and returns when all connections have ended
/// or the time to wind up is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let n_slots = if limits.off { Semaphore::MAX_PERMITS } else { limits.max_connections };
    let slots = Arc::new(Semaphore::new(n_slots.min(Semaphore::MAX_PERMITS)));
    let per_address = if limits.off { usize::MAX } else { limits.per_address };
    let addresses = Arc::new(Mutex::new(Addresses::new(per_address, limits.uncounted)));
    // So many of the refused are told why; the rest is just closed.
    let refusals = Arc::new(Semaphore::new(256));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(64)
        .max_buf_size(16 * 1024);
    let (tell, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, slot) = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = accept(&listener, &slots) => match accepted {
                Some(accepted) => accepted,
                None => continue,
            },
        };
        let counted = addresses.lock().unwrap_or_else(PoisonError::into_inner).take(peer.ip());
        let Ok(counted) = counted else {
            limits.refused.inc();
            if let Ok(permit) = refusals.clone().try_acquire_owned() {
                connections.spawn(refuse(stream, permit));
            }
            continue;
        };
        if let Err(error) = prepare(&stream) {
            tracing::debug!(%error, "a socket takes no options");
        }
        let http = http.clone();
        let (router, stopping, addresses) = (router.clone(), stopping.clone(), addresses.clone());
        connections.spawn(async move {
            let back = GiveBack { addresses, counted, _slot: slot };
            converse(http, stream, peer, router, stopping).await;
            drop(back);
        });
    }
    // Closed before the last answers, so that newcomers are refused at once and go elsewhere.
    drop(listener);
    tell.send_replace(true);
    let ended = timeout(limits.wind_up, async { while connections.join_next().await.is_some() {} });
    if ended.await.is_err() {
        tracing::warn!(n = connections.len(), "connections did not end in time");
    }
    Ok(())
}

/// What a connection holds, given back even when its task panics.
struct GiveBack {
    addresses: Arc<Mutex<Addresses>>,
    counted: crate::hub::Counted,
    _slot: OwnedSemaphorePermit,
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).give(self.counted);
    }
}

/// The next connection, once there is a slot for it; `None` when there was none after all.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, slot)),
        // The peer was faster; nothing is wrong here.
        Err(error) if is_of_one_peer(&error) => None,
        Err(error) => {
            // Out of file descriptors or memory: the waiting connection stays readable, and
            // without a pause this would be a hot loop.
            tracing::warn!(%error, "cannot accept");
            sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

fn is_of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A peer that takes nothing for so long is gone. What a proxy or a browser keeps for its own slow reader
/// are some MB: until there is room for more nothing is taken either, at 20 kB a second for minutes.
const STALL: Duration = Duration::from_mins(5);

/// A peer that takes nothing must cost little and not for ever: hyper has no write timeout, and
/// the kernel would buffer 4 MB for each.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_send_buffer_size(64 * 1024)?;
    socket.set_tcp_user_timeout(Some(STALL))?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_mins(1)))
}

async fn refuse(mut stream: TcpStream, _permit: OwnedSemaphorePermit) {
    let answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\n\
        connection: close\r\n\r\n";
    if stream.try_write(answer).is_ok() {
        linger(&mut stream).await;
    }
}

/// Closes so that the peer gets the last bytes: a close with unread data would be a reset, which
/// takes back what the peer has not read yet.
async fn linger(stream: &mut TcpStream) {
    let drained = async {
        stream.shutdown().await?;
        let mut scrap = [0; 4096];
        for _ in 0..64 {
            if stream.read(&mut scrap).await? == 0 {
                break;
            }
        }
        io::Result::Ok(())
    };
    let _ = timeout(Duration::from_millis(500), drained).await;
}

/// One connection, request after request, to its end or until its socket is given away.
async fn converse(
    http: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| {
        let answer: Answering = Box::pin(answer(router.clone(), peer, request));
        answer
    });
    let mut connection = http.serve_connection(TokioIo::new(InTurn::new(stream)), service);
    let mut told = false;
    let end = loop {
        // To its end by itself, when all has left that was answered; but a socket that is taken over
        // comes out of it as it is.
        tokio::select! {
            end = &mut connection => break end,
            _ = stopping.wait_for(|stop| *stop), if !told => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let parts = connection.into_parts();
    let (mut stream, all_read) = parts.io.into_inner().into_inner();
    let taken = end.err().and_then(|error| {
        let taken = error.source()?.downcast_ref::<Taken>()?;
        Some(taken.0.clone())
    });
    match taken {
        None => linger(&mut stream).await,
        // Requests sent in advance would be read by nobody; no browser does that. The other
        // direction needs no look: no request comes in before earlier answers have left.
        Some(_) if !all_read || !parts.read_buf.is_empty() => {}
        Some(take_over) => match stream.into_std() {
            Ok(socket) => take_over.give(socket),
            Err(error) => tracing::warn!(%error, "a socket cannot be given away"),
        },
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Taken>> + Send>>;

/// Not an error, but the only way out of hyper that leaves the socket as it is.
#[derive(Debug)]
struct Taken(TakeOver);

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the socket is taken over")
    }
}

impl Error for Taken {}

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Taken> {
    // HEAD has no body, and the rest of a request body would be in the way.
    let may_take = request.method() == Method::GET && request.body().is_end_stream();
    // Nobody reads a body behind a question. hyper would, when it is answered, and go on too early.
    let is_idle = request.method().is_safe() && !request.body().is_end_stream();
    let is_last = is_idle || head::is_last(request.headers());
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if is_last {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    match response.extensions_mut().remove::<TakeOver>() {
        Some(take_over) if may_take => Err(Taken(take_over)),
        _ => Ok(response),
    }
}
