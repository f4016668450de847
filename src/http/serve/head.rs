//! A request head is taken to the letter, or not at all.
//!
//! **Invariant:** where a request ends is never a matter of opinion. Whatever two programs could
//! read differently (RFC 9112, 11.2: request smuggling) ends in one 400: a length that is there
//! twice or beside an encoding, an encoding that is not plainly `chunked`, a line that does not end
//! with CR LF, a folded line, a name with a space. After a body in pieces, whose end only the
//! parser behind knows, the connection is closed, so that nothing can follow it.
//!
//! hyper would take some of these, each by its own lights. This stands between it and the socket,
//! changes no byte of what is right, and spoils the line that is wrong, at which hyper says 400.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::{HeaderMap, header};
use memchr::memchr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longer lines than hyper takes heads need no look.
const LONGEST: usize = 16 * 1024;

/// A socket whose request heads are looked at as they come in.
#[derive(Debug)]
pub(super) struct Strict<S> {
    inner: S,
    at: At,
    line: Vec<u8>,
    n_lines: usize,
    length: Option<u64>,
    chunked: bool,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum At {
    Head,
    /// So many bytes of a body are still to come.
    Body(u64),
    /// What only the parser behind can tell; or the head was refused.
    Rest,
}

/// Something is wrong with the line.
struct Refused;

impl<S> Strict<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, at: At::Head, line: Vec::new(), n_lines: 0, length: None, chunked: false }
    }

    pub(super) fn into_inner(self) -> S {
        self.inner
    }

    /// Looks at what came in, and spoils what is wrong.
    fn look(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            match self.at {
                At::Rest => return,
                At::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left.saturating_sub(here as u64);
                    self.at = if left == 0 { At::Head } else { At::Body(left) };
                    bytes = bytes.split_at_mut(here).1;
                }
                At::Head => {
                    let end = memchr(b'\n', bytes).map(|at| at + 1);
                    let (here, rest) = bytes.split_at_mut(end.unwrap_or(bytes.len()));
                    self.line.extend_from_slice(here);
                    if self.line.len() > LONGEST {
                        self.at = At::Rest;
                    } else if end.is_some() && self.end_line().is_err() {
                        // In no line of a head may there be a NUL.
                        here.fill(0);
                        rest.fill(0);
                        self.at = At::Rest;
                    }
                    bytes = rest;
                }
            }
        }
    }

    fn end_line(&mut self) -> Result<(), Refused> {
        let mut whole = std::mem::take(&mut self.line);
        let line = whole.strip_suffix(b"\r\n").ok_or(Refused)?;
        if memchr(b'\r', line).is_some() || memchr(0, line).is_some() {
            return Err(Refused);
        }
        match (line.is_empty(), self.n_lines) {
            // Some send an empty line after a body; hyper passes over it.
            (true, 0) => {}
            (true, _) => self.end_head(),
            (false, 0) => self.n_lines = 1,
            (false, _) => self.field(line)?,
        }
        // The memory serves the next line.
        whole.clear();
        if !matches!(self.at, At::Rest) {
            self.line = whole;
        }
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Refused> {
        let colon = memchr(b':', line).ok_or(Refused)?;
        let (name, value) = line.split_at(colon);
        // A folded line begins with a space, which no name has.
        if name.is_empty() || !name.iter().all(|byte| is_of_a_name(*byte)) {
            return Err(Refused);
        }
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
            let length = str::from_utf8(value).ok().filter(|_| digits).and_then(|n| n.parse().ok());
            if self.length.is_some() || self.chunked {
                return Err(Refused);
            }
            self.length = Some(length.ok_or(Refused)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let plain = value.eq_ignore_ascii_case(b"chunked");
            if self.length.is_some() || self.chunked || !plain {
                return Err(Refused);
            }
            self.chunked = true;
        }
        Ok(())
    }

    fn end_head(&mut self) {
        self.at = match (self.length.take(), self.chunked) {
            (_, true) => At::Rest,
            (Some(length), _) if length > 0 => At::Body(length),
            _ => At::Head,
        };
        self.n_lines = 0;
    }
}

/// RFC 9110, 5.6.2: what a name of a field is made of.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// After such a request the connection is closed.
pub(super) fn is_last(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = read {
            let (_, new) = buffer.filled_mut().split_at_mut(before);
            self.look(new);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
