//! The socket as hyper sees it: one request at a time, each taken to the letter (`head`).
//!
//! **Invariant:** while an answer waits for room in the socket, the request is not over for hyper, and
//! nothing of the next one has come.
//!
//! hyper (1.12) takes a request for done as soon as all of it has been read and the answer is ready to be
//! written. If the end of the body comes later than that, it begins with the next request while the
//! answer to this one has not left: then it cuts it off when the next is late or wrong, puts a 400 into
//! the middle of it, gives the socket away in between, lets answers without a body pile up without
//! limit, or goes to sleep and never answers. So the last byte of a body, and what is behind it, is held
//! back until everything written has left.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::head::{Look, Step};

/// What hyper is given in place of a line that is wrong, at which it says 400: in no line of a head may
/// there be a NUL, and it looks for one when the head has an end.
const SPOILT: &[u8] = b"\0\r\n\r\n";

/// A socket.
#[derive(Debug)]
pub(super) struct InTurn<S> {
    inner: S,
    look: Look,
    /// What was read and has to wait.
    held: Vec<u8>,
    /// Nothing of what comes is looked at any more.
    refused: bool,
    /// Something was written, and has not been flushed.
    unsent: bool,
    /// Somebody would have read if that had not been so.
    asked: bool,
}

impl<S> InTurn<S> {
    pub(super) fn new(inner: S) -> Self {
        let look = Look::default();
        Self { inner, look, held: Vec::new(), refused: false, unsent: false, asked: false }
    }

    /// The socket, and whether nothing is left over that was read from it.
    pub(super) fn into_inner(self) -> (S, bool) {
        (self.inner, self.held.is_empty())
    }

    /// How many of the bytes that were just put at the end of `buffer` may be seen; the rest is held.
    fn pass(&mut self, buffer: &mut ReadBuf<'_>, before: usize) {
        let mut bytes = buffer.filled().get(before..).unwrap_or_default();
        if self.unsent && self.look.left() > 0 {
            let most = usize::try_from(self.look.left() - 1).unwrap_or(usize::MAX);
            bytes = bytes.get(..most).unwrap_or(bytes);
        }
        let step = self.look.look(bytes);
        let (Step::Taken(n) | Step::Odd(n) | Step::Large(n)) = step;
        let rest = buffer.filled().get(before + n..).unwrap_or_default();
        if matches!(step, Step::Taken(_)) {
            self.held.splice(..0, rest.iter().copied());
            return buffer.set_filled(before + n);
        }
        self.refused = true;
        self.held.clear();
        buffer.set_filled(before + n);
        if matches!(step, Step::Odd(_)) {
            let (now, later) = SPOILT.split_at(SPOILT.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.held.extend_from_slice(later);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for InTurn<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let at_end = this.look.is_between() || this.look.left() == 1;
        if this.unsent && at_end && !this.refused {
            this.asked = true;
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        if this.held.is_empty() && !this.refused {
            ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
        } else if this.held.is_empty() {
            // It has been told what is wrong, and need not know more.
            return Poll::Pending;
        } else {
            let n = this.held.len().min(buffer.remaining());
            buffer.put_slice(this.held.get(..n).unwrap_or_default());
            this.held.drain(..n);
        }
        if !this.refused {
            this.pass(buffer, before);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InTurn<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unsent = true;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.unsent = true;
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// Is asked for when all has been written that there was.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        self.unsent = false;
        if std::mem::take(&mut self.asked) {
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::{Request, Response};
    use hyper::body::Incoming;
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::timeout;

    use super::*;

    /// There is room for a part of the answer, and what is left is less than hyper would wait for.
    const ROOM: usize = 1 << 10;
    const ANSWER: usize = 8 << 10;
    const POST: &[u8] = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n";
    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

    /// The body is read by somebody, while the answer is on its way.
    async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let sent = request.uri().path().len() > 1;
        tokio::spawn(axum::body::to_bytes(Body::new(request.into_body()), 2));
        Ok(Response::new(Body::from(if sent { String::new() } else { "x".repeat(ANSWER) })))
    }

    fn serve() -> DuplexStream {
        let (peer, socket) = duplex(ROOM);
        let io = TokioIo::new(InTurn::new(socket));
        tokio::spawn(http1::Builder::new().serve_connection(io, service_fn(answer)));
        peer
    }

    /// What is said behind a body that ends when the answer to it has begun, and what is heard then.
    async fn behind_a_late_body(said: &[u8]) -> Vec<u8> {
        let mut peer = serve();
        peer.write_all(POST).await.unwrap();
        let mut heard = vec![peer.read_u8().await.unwrap()];
        peer.write_all(&[b"hi", said].concat()).await.unwrap();
        let rest = timeout(Duration::from_secs(20), peer.read_to_end(&mut heard)).await;
        rest.unwrap().unwrap();
        let body = memchr::memmem::find(&heard, b"\r\n\r\n").unwrap() + 4;
        let next = heard.split_off(body + ANSWER);
        assert!(heard.split_off(body).iter().all(|byte| *byte == b'x'));
        next
    }

    #[tokio::test]
    async fn a_request_that_came_before_the_last_answer_had_left_is_answered_after_it() {
        let next = behind_a_late_body(GET).await;
        assert!(next.starts_with(b"HTTP/1.1 200 ") && next.ends_with(b"xxx"));
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_request_is_said_after_the_answer_to_the_one_before() {
        for wrong in [&b"BAD\0 / HTTP/1.1\r\n\r\n"[..], b"GET / HTTP/1.1\r\nhost : x\r\n\r\n"] {
            let next = behind_a_late_body(wrong).await;
            assert!(next.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&next));
        }
    }

    #[tokio::test]
    async fn of_who_takes_no_answers_no_more_questions_are_taken() {
        let one = b"POST /short HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\nhi";
        let (mut peer, taken) = (serve(), Arc::new(AtomicUsize::new(0)));
        let n = Arc::clone(&taken);
        tokio::spawn(async move {
            while peer.write_all(one).await.is_ok() {
                n.fetch_add(one.len(), Ordering::Relaxed);
            }
        });
        let mut before = usize::MAX;
        // Until nothing moves any more.
        while before != taken.load(Ordering::Relaxed) {
            before = taken.load(Ordering::Relaxed);
            assert!(before < 64 * ROOM, "it is all taken");
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
        }
        assert!(before > 0);
    }

    #[tokio::test]
    async fn a_wrong_line_is_refused_however_it_comes() {
        let odd = b"POST / HTTP/1.1\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n";
        for at in 1..odd.len() {
            let mut peer = serve();
            let (first, second) = odd.split_at(at);
            peer.write_all(first).await.unwrap();
            tokio::task::yield_now().await;
            // It may have been refused by then.
            let _ = peer.write_all(second).await;
            let mut heard = Vec::new();
            timeout(Duration::from_secs(20), peer.read_to_end(&mut heard)).await.unwrap().unwrap();
            assert!(heard.starts_with(b"HTTP/1.1 400 "), "{at}");
        }
    }
}
