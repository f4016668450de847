//! A socket that takes so many bytes and no more, and tells of itself as epoll would: at its edges.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use mio::{Poll, Registry, Token};

use crate::hub::seat;

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "what a kernel remembers of a socket")]
struct Pipe {
    key: Option<u32>,
    /// What has arrived at the window.
    arrived: Vec<u8>,
    room: usize,
    /// A write found less room than it wanted: more room is an edge.
    blocked: bool,
    /// Bytes that the window has sent.
    spoken: usize,
    writable: bool,
    readable: bool,
    /// The window is gone.
    cut: bool,
    hung_up: bool,
    closed: bool,
}

/// The carrier's end.
pub(super) struct Line(Rc<RefCell<Pipe>>);

/// The window's end.
pub(super) struct Socket(Rc<RefCell<Pipe>>);

pub(super) fn pair(room: usize) -> (Line, Socket) {
    let pipe = Rc::new(RefCell::new(Pipe { room, ..Pipe::default() }));
    (Line(Rc::clone(&pipe)), Socket(pipe))
}

/// Nothing is ever registered with it.
pub(super) fn registry() -> Registry {
    thread_local!(static POLL: Poll = Poll::new().unwrap());
    POLL.with(|poll| poll.registry().try_clone().unwrap())
}

impl Socket {
    /// The window reads: there is so much more room.
    pub(super) fn take(&self, n: usize) {
        let mut pipe = self.0.borrow_mut();
        pipe.room += n;
        if n > 0 && std::mem::take(&mut pipe.blocked) {
            pipe.writable = true;
        }
    }

    pub(super) fn speak(&self) {
        let mut pipe = self.0.borrow_mut();
        pipe.spoken += 10;
        pipe.readable = true;
    }

    pub(super) fn cut(&self) {
        let mut pipe = self.0.borrow_mut();
        (pipe.cut, pipe.readable) = (true, true);
    }

    /// What has arrived since the last time, and whether that was all.
    pub(super) fn arrived(&self) -> (Vec<u8>, bool) {
        let mut pipe = self.0.borrow_mut();
        (std::mem::take(&mut pipe.arrived), pipe.hung_up || pipe.closed)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.borrow().closed
    }

    /// What epoll would say: whose, whether it speaks, whether it has room.
    pub(super) fn take_readiness(&self) -> Option<(u32, bool, bool)> {
        let mut pipe = self.0.borrow_mut();
        let key = pipe.key.filter(|_| !pipe.closed)?;
        let ready = (std::mem::take(&mut pipe.readable), std::mem::take(&mut pipe.writable));
        (ready.0 || ready.1).then_some((key, ready.0, ready.1))
    }
}

impl seat::Line for Line {
    fn watch(&mut self, _: &Registry, key: Token) -> io::Result<()> {
        let mut pipe = self.0.borrow_mut();
        pipe.key = Some(u32::try_from(key.0).unwrap());
        pipe.writable = true;
        Ok(())
    }

    fn peer(&self) -> io::Result<IpAddr> {
        Ok(Ipv4Addr::LOCALHOST.into())
    }

    fn hang_up(&mut self) {
        self.0.borrow_mut().hung_up = true;
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let pipe = &mut *self.0.borrow_mut();
        assert!(!pipe.hung_up, "written after it was said that nothing comes");
        assert!(slices.iter().any(|slice| !slice.is_empty()), "nothing is no write");
        if pipe.cut {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut written = 0;
        for slice in slices {
            let n = slice.len().min(pipe.room);
            pipe.arrived.extend_from_slice(&slice[..n]);
            pipe.room -= n;
            written += n;
            pipe.blocked |= n < slice.len();
        }
        if written == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(written) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Line {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.0.borrow_mut();
        let n = pipe.spoken.min(bytes.len());
        pipe.spoken -= n;
        match n {
            0 if pipe.cut => Ok(0),
            0 => Err(ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.borrow_mut().closed = true;
    }
}
