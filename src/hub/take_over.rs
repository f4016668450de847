//! How a handler asks for the socket of its connection.
//!
//! It stands here, beside those who take sockets, and not with the accept loop that gives them:
//! the loop and the streams both know the hub, and need not know each other.

use std::fmt;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

type Taker = Box<dyn FnOnce(TcpStream) + Send>;

/// The mark in a response's extensions by which a handler asks for the socket. The response
/// itself is then not sent: whoever takes the socket writes the head too. It is sent as it stands
/// where nobody may take over: to HEAD, and to a request with a body.
#[derive(Clone)]
pub struct TakeOver {
    // Extensions want Clone; the socket is given once.
    taker: Arc<Mutex<Option<Taker>>>,
}

impl TakeOver {
    /// `taker` gets the non-blocking socket, on an async thread: it must not wait.
    pub fn new(taker: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        Self { taker: Arc::new(Mutex::new(Some(Box::new(taker)))) }
    }

    /// Gives the socket to whoever asked for it.
    pub fn give(&self, socket: TcpStream) {
        let taker = self.taker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(taker) = taker {
            taker(socket);
        }
    }
}

impl fmt::Debug for TakeOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TakeOver")
    }
}
