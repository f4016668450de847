//! A connection whose answer has left is looked at once more.
//!
//! hyper (1.12) reads the next request as soon as the body of the one before has come, also while
//! the answer to that is still waiting for room in the socket, and then answers nothing before all
//! of it is gone. But it looks whether it may answer, then writes the rest, and goes to sleep; if
//! nothing else comes in, for ever, and the connection with it. Who sends a request in advance
//! would hold a place of `max_connections` that no time limit ends.
//!
//! This stands between it and the socket, and wakes the connection after a write that had to wait.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket that wakes its task when what had to wait has been written.
#[derive(Debug)]
pub(super) struct Waking<S> {
    inner: S,
    /// A write had to wait, and nobody was woken after it yet.
    waited: bool,
}

impl<S> Waking<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, waited: false }
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Waking<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Waking<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.waited |= written.is_pending();
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.waited |= written.is_pending();
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// Is asked for when all has been written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        if std::mem::take(&mut self.waited) {
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use std::convert::Infallible;
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Method, Request, Response};
    use hyper::body::Incoming;
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::timeout;

    use super::*;

    async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        if request.method() == Method::GET {
            return Ok(Response::new(Body::from("second")));
        }
        tokio::spawn(axum::body::to_bytes(Body::new(request.into_body()), 2));
        Ok(Response::new(Body::from("x".repeat(8 << 10))))
    }

    #[tokio::test]
    async fn a_request_that_was_read_before_the_answer_left_is_answered() {
        // There is room for a part of the first answer, and less is left than hyper would wait for.
        let (mut peer, socket) = duplex(1 << 10);
        let io = TokioIo::new(Waking::new(socket));
        tokio::spawn(http1::Builder::new().serve_connection(io, service_fn(answer)));
        peer.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n").await.unwrap();
        let mut heard = vec![peer.read_u8().await.unwrap()];
        peer.write_all(b"hiGET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        while !heard.ends_with(b"second") {
            let some = timeout(Duration::from_secs(20), peer.read_buf(&mut heard)).await;
            assert_ne!(some.unwrap().unwrap(), 0, "{}", String::from_utf8_lossy(&heard));
        }
    }
}
