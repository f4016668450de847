//! A stream byte by byte: read in part, cut in the middle, not read at all.

use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::visitor::{Event, Visitor, event_of};

/// A connection on which a stream was asked for.
pub struct Wire {
    socket: TcpStream,
    /// What has come and is no part of a whole event yet.
    raw: Vec<u8>,
    text: Vec<u8>,
    past_head: bool,
}

impl Wire {
    /// Asks for `path`; `more` are further lines of the head. A `window` is how much the kernel
    /// takes for us at most.
    pub async fn open(
        visitor: &Visitor,
        path: &str,
        more: &str,
        window: Option<usize>,
    ) -> std::io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        if let Some(window) = window {
            socket.set_recv_buffer_size(window)?;
        }
        socket.connect(&SockAddr::from(visitor.address()))?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket.into())?;
        socket.write_all(visitor.head("GET", path, more).as_bytes()).await?;
        Ok(Self { socket, raw: Vec::new(), text: Vec::new(), past_head: false })
    }

    /// Reads up to `limit` more bytes, and no longer than `patience` for any; how many came. 0:
    /// it is over, or nothing comes.
    pub async fn take(&mut self, limit: usize, patience: Duration) -> usize {
        let mut piece = vec![0; limit.clamp(1, 65_536)];
        match timeout(patience, self.socket.read(&mut piece)).await {
            Ok(Ok(n)) => {
                self.raw.extend_from_slice(&piece[..n]);
                n
            }
            _ => 0,
        }
    }

    /// The whole events that have come.
    pub fn events(&mut self) -> Vec<Event> {
        if !self.past_head {
            let Some(at) = find(&self.raw, b"\r\n\r\n") else { return Vec::new() };
            let head: Vec<u8> = self.raw.drain(..at + 4).collect();
            self.past_head = true;
            if !head.starts_with(b"HTTP/1.1 200") {
                return Vec::new();
            }
        }
        while let Some(at) = find(&self.raw, b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..at]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            if self.raw.len() < at + 2 + size + 2 {
                break;
            }
            self.text.extend_from_slice(&self.raw[at + 2..at + 2 + size]);
            self.raw.drain(..at + 2 + size + 2);
        }
        let mut events = Vec::new();
        while let Some(at) = find(&self.text, b"\n\n") {
            let event: Vec<u8> = self.text.drain(..at + 2).collect();
            events.push(event_of(std::str::from_utf8(&event).unwrap()));
        }
        events
    }

    /// Lets go, with a reset or as one should.
    pub fn cut(self, reset: bool) {
        if reset {
            SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).unwrap();
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
