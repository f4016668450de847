//! What has to hold after each step, and in the end.

use std::sync::mpsc;
use std::time::Duration;

use super::World;
use super::line::Socket;
use super::subscriber::{self, Place, Window};
use crate::hub::{Command, Event, seat};

impl World {
    /// Each window reads what has come, and the carrier's books are looked at.
    pub(super) fn look(&mut self) {
        for n in 0..self.windows.len() {
            let window = &mut self.windows[n];
            let subscriber = window.subscriber;
            let room = &self.rooms[usize::try_from(subscriber.room - 1).unwrap()];
            let confirmed = match &window.place {
                Place::Open(opened) => opened.confirmed,
                _ => continue,
            };
            let lost = self.shut_out.lock().unwrap().get(&subscriber.account).copied();
            for (seq, told) in window.read_on() {
                let said = &room[seq - 1];
                let late = lost.is_some_and(|lost| confirmed < lost && lost < said.turn);
                assert!(!late, "window {n} is told {seq} after its right was lost");
                if told != "missed" {
                    assert_eq!(told, subscriber::rendering(&subscriber, said), "window {n}, {seq}");
                }
            }
            if window.was_ended() {
                let revoked = self.revoked.get(&subscriber.account);
                let since = revoked.is_some_and(|at| at.iter().any(|at| *at > confirmed));
                assert!(since, "window {n} is ended and lost no right");
            }
            window.settle(room.len());
        }
        for event in self.told.try_iter() {
            match event {
                Event::Joined { stream, .. } => assert!(self.joined.insert(stream), "joined twice"),
                Event::Left { stream, .. } => assert!(self.joined.remove(&stream), "left twice"),
            }
        }
        assert_eq!(self.carrier.n_live, self.joined.len(), "who came and went");
        assert_eq!(self.carrier.accounts.values().sum::<usize>(), {
            let streams = self.carrier.seats.iter().map(|(_, seat)| seat);
            let live = streams.filter(|seat| seat.stage != seat::Stage::Parting);
            live.filter(|seat| seat.subscriber().account != 0).count()
        });
        for (id, room) in &self.carrier.rooms {
            let (n_frames, n_bytes) = room.size();
            assert!(n_frames <= self.backlog.0.max(1), "room {id} keeps {n_frames} frames");
            assert!(n_frames <= 1 || n_bytes <= self.backlog.1, "room {id} keeps {n_bytes} bytes");
            let seats = room.subscribers.iter().map(|key| {
                let of_key = |(other, _): &(u32, _)| other == key;
                self.carrier.seats.iter().find(of_key).unwrap().1
            });
            let n_behind = seats.filter(|seat| seat.behind.is_some()).count();
            assert_eq!(n_behind, room.n_behind, "who is behind in room {id}");
            assert!(!room.is_empty(), "room {id} is kept for nobody");
        }
    }

    fn is_at_rest(&self, window: &Window) -> bool {
        let last = self.rooms[usize::try_from(window.subscriber.room - 1).unwrap()].len();
        match window.place {
            Place::Open(_) => window.cursor == last && self.may_read(window.subscriber.account),
            Place::Away => !self.may_read(window.subscriber.account),
            _ => false,
        }
    }

    /// Everybody comes back and takes what there is, and nothing happens any more.
    pub(super) fn come_to_rest(&mut self) {
        let n = self.pending.len();
        self.publish_first(n);
        for _ in 0..40 {
            self.turn += 1;
            for n in 0..self.windows.len() {
                match &self.windows[n].place {
                    Place::Open(opened) => opened.socket.take(1 << 20),
                    _ => self.go_on(n),
                }
            }
            // Time stands still: who is owed something gets it because its socket has room.
            self.wake(true);
            if self.windows.iter().all(|window| self.is_at_rest(window)) {
                break;
            }
        }
        for (n, window) in self.windows.iter().enumerate() {
            let subscriber = window.subscriber;
            let last = self.rooms[usize::try_from(subscriber.room - 1).unwrap()].len();
            let is_open = matches!(window.place, Place::Open(_));
            if !self.may_read(subscriber.account) {
                assert!(!is_open, "window {n} may not read, and does");
            } else if !window.was_refused {
                assert!(is_open, "window {n} never comes back");
                assert_eq!(window.cursor, last, "window {n} never comes to the end");
            }
        }
        // What is no message is fetched too, and whoever closed a stream just now is gone.
        self.windows.iter().flat_map(Window::sockets).for_each(|socket| socket.take(1 << 20));
        self.wake(true);
        if !self.windows.iter().any(Window::is_on_its_way) {
            for (id, room) in &self.carrier.rooms {
                let (n_frames, _) = room.size();
                let of = (room.n_behind, room.subscribers.len());
                assert_eq!(n_frames, 0, "room {id} keeps them for {of:?}");
            }
        }
        self.close();
    }

    /// All windows close; nothing stays.
    fn close(&mut self) {
        self.windows.iter().flat_map(Window::sockets).for_each(Socket::cut);
        self.wake(true);
        self.carrier.now += Duration::from_mins(1);
        self.wake(true);
        assert!(self.carrier.seats.is_empty() && self.joined.is_empty(), "{}", self.seed);
        assert!(self.carrier.accounts.is_empty());
        let kept: Vec<&i64> = self.carrier.rooms.keys().collect();
        let subscribed = self.windows.iter().any(Window::is_on_its_way);
        assert!(subscribed || kept.is_empty(), "{kept:?}");
    }

    /// The server ends; nobody is kept, and nothing waits.
    pub(super) fn stop(&mut self) {
        let (done, ended) = mpsc::channel();
        self.send(Command::Stop { done });
        self.wake(true);
        self.windows.iter().flat_map(Window::sockets).for_each(|socket| socket.take(1 << 20));
        self.wake(true);
        self.carrier.now += Duration::from_secs(2);
        self.wake(true);
        assert!(ended.try_recv().is_err_and(|error| error == mpsc::TryRecvError::Disconnected));
        assert!(self.carrier.seats.is_empty() && self.joined.is_empty());
    }
}
