//! A socket that knows whether hyper has sent all that it wrote.
//!
//! hyper gives back what it has read too much, but not what it has not sent yet: with pipelined
//! requests and a peer that does not read, a stream's head would land inside an earlier answer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub(super) struct Wire {
    io: TokioIo<TcpStream>,
    flushed: bool,
}

impl Wire {
    pub(super) fn new(io: TokioIo<TcpStream>) -> Self {
        Self { io, flushed: true }
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.flushed
    }

    pub(super) fn into_inner(self) -> TokioIo<TcpStream> {
        self.io
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.flushed = false;
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    // hyper comes here only when its own buffer is empty.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushed = true;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.flushed = false;
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}
