//! Readers and senders in one loop over epoll: light, since it shares the machine with what it
//! measures.
//!
//! **Invariant:** each stamp that a reader gets is the next of its sender; what is not is a fault.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Outcome;
use crate::marker::{self, LENGTH, Marker, Scanner};

/// When nothing moves for so long, something was lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// Streams that may be opening at the same time.
const N_OPENING: usize = 64;
/// Tokens from here on are senders.
const SENDERS: usize = 1 << 20;

/// What must not happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Left out.
    pub lost: u64,
    /// Came again, or after a later one.
    pub doubled: u64,
    /// Came to where it does not belong.
    pub misplaced: u64,
}

/// One open stream.
struct Reader {
    socket: TcpStream,
    greeted: bool,
    /// The first sender that it hears of.
    first: usize,
    /// The number that is due from each sender, from `first` on.
    next: Vec<u64>,
    /// The end of what was read last: it may hold half a stamp.
    tail: Vec<u8>,
}

/// One connection that posts, kept alive from message to message.
struct Sender {
    socket: TcpStream,
    address: SocketAddr,
    path: String,
    head: String,
    answer: Vec<u8>,
    waits: bool,
    sent: Instant,
}

/// Everybody.
pub struct Crowd {
    poll: Poll,
    scanner: Scanner,
    buffer: Vec<u8>,
    began: Instant,
    readers: Vec<Reader>,
    senders: Vec<Sender>,
    /// How many numbers of each sender were given out.
    pub n_sent: Vec<u64>,
    /// How many of each sender's messages reached a reader, all readers counted.
    pub n_delivered: Vec<u64>,
    /// From sending to delivery, in microseconds.
    pub delays: Vec<f64>,
    /// From sending to acknowledgement, in microseconds.
    pub acknowledgements: Vec<f64>,
    /// The bytes that the first reader got last, of those with a stamp.
    pub caught: Vec<u8>,
    pub faults: Faults,
    /// What is posted in place of a form: these bytes, with the stamp at that place.
    pub raw: Option<(Vec<u8>, usize)>,
}

impl Crowd {
    /// Nobody yet; `n_senders` will be told apart.
    pub fn new(n_senders: usize) -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            scanner: Scanner::new(),
            buffer: vec![0; 256 * 1024],
            began: Instant::now(),
            readers: Vec::new(),
            senders: Vec::new(),
            n_sent: vec![0; n_senders],
            n_delivered: vec![0; n_senders],
            delays: Vec::new(),
            acknowledgements: Vec::new(),
            caught: Vec::new(),
            faults: Faults::default(),
            raw: None,
        })
    }

    pub fn n_readers(&self) -> u64 {
        self.readers.len() as u64
    }

    /// Opens `n` streams; `request` is what each says first, by its number, or nothing.
    pub fn open(
        &mut self,
        address: SocketAddr,
        n: usize,
        request: impl Fn(usize) -> String,
    ) -> Outcome {
        self.open_for(address, 0..self.n_sent.len(), n, request)
    }

    /// The same, of readers who hear of `senders` alone.
    pub fn open_for(
        &mut self,
        address: SocketAddr,
        senders: Range<usize>,
        n: usize,
        request: impl Fn(usize) -> String,
    ) -> Outcome {
        let next = self.n_sent.get(senders.clone()).ok_or("no such sender")?.to_vec();
        for number in 0..n {
            let request = request(number);
            let mut socket = std::net::TcpStream::connect(address)?;
            socket.write_all(request.as_bytes())?;
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            let token = Token(self.readers.len());
            self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
            self.readers.push(Reader {
                socket,
                greeted: request.is_empty(),
                first: senders.start,
                next: next.clone(),
                tail: Vec::new(),
            });
            if number % N_OPENING == N_OPENING - 1 {
                self.greet()?;
            }
        }
        self.greet()
    }

    fn greet(&mut self) -> Outcome {
        let begun = Instant::now();
        while self.readers.iter().rev().take(N_OPENING).any(|reader| !reader.greeted) {
            self.turn(Duration::from_millis(10))?;
            if begun.elapsed() > PATIENCE {
                return Err("a stream does not open".into());
            }
        }
        Ok(())
    }

    /// A connection that posts in `room` as whom `cookie` says.
    pub fn add_sender(&mut self, address: SocketAddr, room: &str, cookie: &str) -> Outcome {
        let socket = self.connect(address, self.senders.len())?;
        // As the popup's form sends it.
        let head = format!(
            "host: {address}\r\ncookie: {cookie}\r\n\
             user-agent: bench\r\naccept: text/html\r\nhx-request: true\r\n\
             accept-encoding: gzip, deflate\r\n\
             sec-fetch-site: same-origin\r\norigin: http://{address}\r\n\
             content-type: application/x-www-form-urlencoded\r\n"
        );
        let sent = Instant::now();
        let (answer, path) = (Vec::new(), format!("/rooms/{room}/messages"));
        self.senders.push(Sender { socket, address, path, head, answer, waits: false, sent });
        Ok(())
    }

    fn connect(&self, address: SocketAddr, number: usize) -> Outcome<TcpStream> {
        let socket = std::net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        let token = Token(SENDERS + number);
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        Ok(socket)
    }

    /// Connects all senders again: the server ends connections that were quiet for a while.
    pub fn renew_senders(&mut self) -> Outcome {
        for number in 0..self.senders.len() {
            let address = self.senders.get(number).ok_or("no such sender")?.address;
            let socket = self.connect(address, number)?;
            if let Some(sender) = self.senders.get_mut(number) {
                sender.socket = socket;
            }
        }
        Ok(())
    }

    /// The next message of `sender`: its stamp.
    pub fn stamp(&mut self, sender: usize) -> Outcome<Marker> {
        let number = self.n_sent.get_mut(sender).ok_or("no such sender")?;
        let sent_us = u64::try_from(self.began.elapsed().as_micros())?;
        let marker = Marker { sender, number: *number, sent_us };
        *number += 1;
        Ok(marker)
    }

    /// Posts the next message of `sender`.
    pub fn post(&mut self, number: usize) -> Outcome {
        let path = self.senders.get(number).ok_or("no such sender")?.path.clone();
        self.post_to(number, number, &path)
    }

    /// Posts the next message of `channel` to `path`, on the connection of the sender `number`.
    pub fn post_to(&mut self, number: usize, channel: usize, path: &str) -> Outcome {
        let marker = self.stamp(channel)?;
        let sender = self.senders.get_mut(number).ok_or("no such sender")?;
        let body = if let Some((frame, hole)) = &self.raw {
            let (mut body, word) = (frame.clone(), marker.word());
            let place = body.get_mut(*hole..*hole + word.len()).ok_or("no place")?;
            place.copy_from_slice(word.as_bytes());
            body
        } else {
            let text = format!("{} {}", marker.word(), words(marker.number)).replace(' ', "+");
            // The channel and the time make a draft of it that there was never before.
            let draft = (u128::from(marker.sent_us) << 64) + channel as u128;
            format!("body={text}&nonce={draft:032x}").into_bytes()
        };
        let mut request = format!("POST {path} HTTP/1.1\r\n{}", sender.head).into_bytes();
        write!(request, "content-length: {}\r\n\r\n", body.len())?;
        request.extend_from_slice(&body);
        sender.waits = true;
        sender.sent = Instant::now();
        if sender.socket.write(&request)? < request.len() {
            return Err("a request did not leave at once".into());
        }
        Ok(())
    }

    pub fn is_waiting(&self, sender: usize) -> bool {
        self.senders.get(sender).is_some_and(|sender| sender.waits)
    }

    /// Waits for something to happen and takes it in; the senders that were answered.
    pub fn turn(&mut self, timeout: Duration) -> Outcome<Vec<usize>> {
        let mut events = Events::with_capacity(1024);
        self.poll.poll(&mut events, Some(timeout))?;
        let mut answered = Vec::new();
        for event in &events {
            self.take_in(event, &mut answered)?;
        }
        Ok(answered)
    }

    fn take_in(&mut self, event: &Event, answered: &mut Vec<usize>) -> Outcome {
        match event.token().0.checked_sub(SENDERS) {
            None => self.read(event.token().0),
            Some(number) => {
                if let Some(sender) = self.senders.get_mut(number)
                    && sender.read(&mut self.buffer)?
                {
                    self.acknowledgements.push(sender.sent.elapsed().as_secs_f64() * 1e6);
                    answered.push(number);
                }
                Ok(())
            }
        }
    }

    fn read(&mut self, number: usize) -> Outcome {
        let Some(reader) = self.readers.get_mut(number) else { return Ok(()) };
        loop {
            let kept = reader.tail.len();
            let (begin, space) = self.buffer.split_at_mut(kept);
            begin.copy_from_slice(&reader.tail);
            let room = space.len();
            let n = match reader.socket.read(space) {
                Ok(0) => return Err("a stream was closed".into()),
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let bytes = self.buffer.get(..kept + n).unwrap_or_default();
            if !reader.greeted {
                if !bytes.starts_with(b"HTTP/1.1 200 ") {
                    return Err(format!("no stream: {}", String::from_utf8_lossy(bytes)).into());
                }
                reader.greeted = true;
            }
            if number == 0 && marker::place(bytes).is_some() {
                self.caught.clear();
                self.caught.extend_from_slice(bytes.get(kept..).unwrap_or_default());
            }
            let now_us = self.began.elapsed().as_secs_f64() * 1e6;
            self.scanner.scan(bytes, |marker| {
                let due = marker.sender.checked_sub(reader.first);
                let Some(next) = due.and_then(|due| reader.next.get_mut(due)) else {
                    self.faults.misplaced += 1;
                    return;
                };
                if marker.number < *next {
                    self.faults.doubled += 1;
                    return;
                }
                self.faults.lost += marker.number - *next;
                *next = marker.number + 1;
                if let Some(n_delivered) = self.n_delivered.get_mut(marker.sender) {
                    *n_delivered += 1;
                }
                #[expect(clippy::cast_precision_loss, reason = "microseconds of one run")]
                self.delays.push(now_us - marker.sent_us as f64);
            });
            let tail = bytes.len().saturating_sub(LENGTH - 1);
            reader.tail.clear();
            reader.tail.extend_from_slice(bytes.get(tail..).unwrap_or_default());
            // Less than there was room for: that was all, and the next bytes are a new event.
            if n < room {
                return Ok(());
            }
        }
    }

    /// Turns until `done`; what has not moved for long is lost.
    pub fn until(&mut self, mut done: impl FnMut(&mut Self, &[usize]) -> Outcome<bool>) -> Outcome {
        let mut moved = Instant::now();
        let mut before = 0;
        loop {
            let answered = self.turn(Duration::from_millis(100))?;
            if done(self, &answered)? {
                return Ok(());
            }
            let now = self.n_delivered.iter().sum::<u64>() + self.acknowledgements.len() as u64;
            if now != before {
                (before, moved) = (now, Instant::now());
            } else if moved.elapsed() > PATIENCE {
                let n_delivered: u64 = self.n_delivered.iter().sum();
                let n_sent: u64 = self.n_sent.iter().sum();
                return Err(
                    format!("{n_sent} messages sent, {n_delivered} deliveries, no more").into()
                );
            }
        }
    }

    /// An error when anything was lost, doubled or out of order.
    pub fn check(&self) -> Outcome {
        if self.faults.lost + self.faults.doubled + self.faults.misplaced > 0 {
            return Err(format!("messages went wrong: {:?}", self.faults).into());
        }
        Ok(())
    }
}

impl Sender {
    /// True when the whole answer is here and says that the message was stored.
    fn read(&mut self, buffer: &mut [u8]) -> Outcome<bool> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) if self.waits => return Err("the server closed a connection".into()),
                Ok(0) => return Ok(false),
                Ok(n) => self.answer.extend_from_slice(buffer.get(..n).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let Some(end) = memchr::memmem::find(&self.answer, b"\r\n\r\n") else { return Ok(false) };
        let head = std::str::from_utf8(self.answer.get(..end).unwrap_or_default())?;
        if !head.starts_with("HTTP/1.1 201 ") && !head.starts_with("HTTP/1.1 202 ") {
            return Err(String::from_utf8_lossy(&self.answer).into());
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then_some(value)
        });
        let whole = match length {
            Some(length) => self.answer.len() >= end + 4 + length.parse::<usize>()?,
            // In chunks, of which the last is empty.
            None => self.answer.ends_with(b"\r\n0\r\n\r\n"),
        };
        if !whole {
            return Ok(false);
        }
        self.answer.clear();
        self.waits = false;
        Ok(true)
    }
}

/// Some words, by number, so that the index has something to do.
pub fn words(number: u64) -> String {
    const WORDS: [&str; 32] = [
        "deploy", "build", "green", "after", "lunch", "review", "please", "branch", "merge",
        "release", "notes", "ticket", "queue", "server", "disk", "again", "morning", "thanks",
        "works", "here", "broken", "window", "link", "page", "table", "plan", "today", "friday",
        "restart", "config", "test", "ship",
    ];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::new();
    for _ in 0..8 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let pick = usize::try_from(state >> 59).unwrap_or(0);
        text.push_str(WORDS.get(pick).copied().unwrap_or("word"));
        text.push(' ');
    }
    text.truncate(text.trim_end().len());
    text
}
