//! A window: where it is on its way to the room, and what it makes of the bytes that come.

use bytes::Bytes;

use super::line::Socket;
use super::{Said, Subscriber};

pub(super) const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

/// A message as an event; `told` is in it, and so many bytes more.
pub(super) fn event(seq: usize, told: &str, long: usize) -> String {
    format!("id: {seq}\ndata: {told}\ndata: {:long$}\n\n", "")
}

/// What this subscriber has to be told of a message.
pub(super) fn rendering(subscriber: &Subscriber, said: &Said) -> String {
    let own = subscriber.account != 0 && subscriber.account == said.author;
    let kind = match subscriber.sound && !own {
        false => "quiet",
        true if said.called == Some(subscriber.account) => "calling",
        true => "loud",
    };
    let language = if said.both { subscriber.language } else { 0 };
    format!("{} {kind} {language}", subscriber.room)
}

/// How far a window is.
pub(super) enum Place {
    Away,
    Subscribed { id: u64 },
    HasRead { id: u64, first: Bytes, seen: i64 },
    Allowed { id: u64, first: Bytes, seen: i64, confirmed: u64 },
    Open(Opened),
}

/// An open stream.
pub(super) struct Opened {
    pub(super) socket: Socket,
    /// When its right was looked at.
    pub(super) confirmed: u64,
    raw: Vec<u8>,
    past_head: bool,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Another answer than a stream.
    Refused,
    Reload,
    /// The right was lost.
    Ended,
    /// The last chunk.
    Whole,
    /// No more bytes.
    PutOut,
}

impl Opened {
    pub(super) fn new(socket: Socket, confirmed: u64) -> Self {
        Self { socket, confirmed, raw: Vec::new(), past_head: false, end: None }
    }
}

/// What happened to windows, for all seeds together.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "counts are named so")]
pub(super) struct Counts {
    pub(super) n_seen: u64,
    pub(super) n_cut: u64,
    pub(super) n_put_out: u64,
    pub(super) n_reloads: u64,
    pub(super) n_ended: u64,
    pub(super) n_refused: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.n_seen += other.n_seen;
        self.n_cut += other.n_cut;
        self.n_put_out += other.n_put_out;
        self.n_reloads += other.n_reloads;
        self.n_ended += other.n_ended;
        self.n_refused += other.n_refused;
    }
}

pub(super) struct Window {
    pub(super) subscriber: Subscriber,
    /// The last message that was seen.
    pub(super) cursor: usize,
    pub(super) place: Place,
    left: Vec<Socket>,
    /// So often it may be told to load anew.
    pub(super) n_excuses: u32,
    /// Its last try found no place.
    pub(super) was_refused: bool,
    pub(super) counts: Counts,
}

impl Window {
    pub(super) fn new(subscriber: Subscriber) -> Self {
        let counts = Counts::default();
        let (place, left) = (Place::Away, Vec::new());
        Self { subscriber, cursor: 0, place, left, n_excuses: 0, was_refused: false, counts }
    }

    /// Of its stream, and of those that it left and the carrier has not let go of.
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Socket> {
        let open = if let Place::Open(opened) = &self.place { Some(&opened.socket) } else { None };
        open.into_iter().chain(&self.left)
    }

    /// Closes a stream.
    pub(super) fn leave(&mut self, opened: Opened) {
        opened.socket.cut();
        self.left.retain(|socket| !socket.is_closed());
        self.left.push(opened.socket);
    }

    /// The hub keeps frames for it.
    pub(super) fn is_on_its_way(&self) -> bool {
        !matches!(self.place, Place::Away | Place::Open(_))
    }

    pub(super) fn was_ended(&self) -> bool {
        matches!(&self.place, Place::Open(opened) if opened.end == Some(End::Ended))
    }

    /// Reads what has arrived; the messages, each with what was told of it.
    pub(super) fn read_on(&mut self) -> Vec<(usize, String)> {
        let Place::Open(opened) = &mut self.place else { return Vec::new() };
        let mut seen = Vec::new();
        let (bytes, over) = opened.socket.arrived();
        assert!(bytes.is_empty() || opened.end.is_none(), "something comes after the end");
        opened.raw.extend_from_slice(&bytes);
        if !opened.past_head
            && let Some(at) = memchr::memmem::find(&opened.raw, b"\r\n\r\n")
        {
            opened.past_head = true;
            let head: Vec<u8> = opened.raw.drain(..at + 4).collect();
            self.was_refused = head != HEAD;
            if self.was_refused {
                assert!(head.starts_with(b"HTTP/1.1 503 ") || head.starts_with(b"HTTP/1.1 429 "));
                opened.end = Some(End::Refused);
            }
        }
        while opened.past_head
            && !matches!(opened.end, Some(End::Refused | End::Whole))
            && let Some(text) = next_chunk(&mut opened.raw)
        {
            if text.is_empty() {
                opened.end = opened.end.or(Some(End::Whole));
                assert!(opened.raw.is_empty(), "something comes after the last chunk");
                break;
            }
            let Some(text) = text.strip_suffix("\n\n") else { panic!("half an event: {text}") };
            for event in text.split("\n\n") {
                assert_ne!(opened.end, Some(End::Ended), "{event} comes after the end");
                // Who is told to load anew does that, and sees nothing else of this stream.
                if opened.end == Some(End::Reload) {
                    continue;
                }
                let mut lines = event.lines();
                match lines.next().unwrap() {
                    "event: ended" => opened.end = Some(End::Ended),
                    "event: reload" => {
                        assert!(self.n_excuses > 0, "told to load anew without a reason");
                        self.n_excuses -= 1;
                        opened.end = Some(End::Reload);
                    }
                    line => {
                        let Some(seq) = line.strip_prefix("id: ") else { continue };
                        let seq: usize = seq.parse().unwrap();
                        assert!(seq > self.cursor, "{seq} comes after {}", self.cursor);
                        assert_eq!(seq, self.cursor + 1, "something is missing before it");
                        self.cursor = seq;
                        self.counts.n_seen += 1;
                        let told = lines.next().unwrap().strip_prefix("data: ").unwrap();
                        seen.push((seq, told.to_owned()));
                    }
                }
            }
        }
        if over {
            opened.end = opened.end.or(Some(End::PutOut));
        }
        seen
    }

    /// A stream that has ended is left; `last` is the room's last message, for who loads it anew.
    pub(super) fn settle(&mut self, last: usize) {
        let Place::Open(opened) = &self.place else { return };
        let Some(end) = opened.end else { return };
        let counts = &mut self.counts;
        match end {
            End::Refused => counts.n_refused += 1,
            End::Reload => {
                self.cursor = last;
                counts.n_reloads += 1;
            }
            End::Ended => counts.n_ended += 1,
            End::Whole => {}
            End::PutOut => counts.n_put_out += 1,
        }
        if let Place::Open(opened) = std::mem::replace(&mut self.place, Place::Away) {
            self.leave(opened);
        }
    }
}

/// Takes the next whole chunk off `raw`.
fn next_chunk(raw: &mut Vec<u8>) -> Option<String> {
    let at = memchr::memmem::find(raw, b"\r\n")?;
    let size = usize::from_str_radix(std::str::from_utf8(&raw[..at]).unwrap(), 16).unwrap();
    if raw.len() < at + 2 + size + 2 {
        return None;
    }
    let text = String::from_utf8(raw[at + 2..at + 2 + size].to_vec()).unwrap();
    assert_eq!(&raw[at + 2 + size..at + 4 + size], b"\r\n");
    raw.drain(..at + 4 + size);
    Some(text)
}
