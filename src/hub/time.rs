//! What the time brings: heartbeats, and the ends of those who take nothing for too long.
//!
//! **Invariant:** a deadline that has passed is looked at again before it ends anything: keys are used
//! again (stamps are not), and a seat may have got another one since.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::ring::{Room, chunk};
use super::run::{Answers, Carrier};
use super::seat::{Behind, Cursor, First, Line, Seat, Sent, Stage};

/// Heartbeats are spread over so many moments of the interval.
const N_PHASES: usize = 100;
/// Each so many heartbeats, which is a minute, the right of each subscriber is asked for: a session
/// that has run out says nothing of it. What else ends a right is told, by
/// [`Item::Recheck`](super::Item::Recheck).
const N_ROUNDS: usize = 6;

impl<S: Line> Carrier<S> {
    pub(super) fn look_at_the_time(&mut self) {
        let now = self.now;
        while let Some(&Reverse((at, key, stamp))) = self.deadlines.peek()
            && at <= now
        {
            self.deadlines.pop();
            self.time_is_up(now, key, stamp);
        }
        if self.stop_by.is_some_and(|by| by <= now || self.seats.is_empty()) {
            let left: Vec<u32> = self.seats.iter().map(|(key, _)| key).collect();
            for key in left {
                self.remove(key);
            }
            self.stop_by = None;
            self.stopping.clear();
        }
        // After a long pause each subscriber hears one heartbeat, not all that were missed.
        let mut n_due = 0;
        while self.tick.0 <= now && n_due < N_PHASES && !self.rooms.is_empty() && !self.stopped {
            self.beat(self.tick.1);
            self.tick = (self.tick.0 + self.tick_length(), (self.tick.1 + 1) % N_PHASES);
            n_due += 1;
        }
        if n_due == N_PHASES {
            self.tick.0 = now + self.tick_length();
        }
        self.tidy();
    }

    fn time_is_up(&mut self, now: Instant, key: u32, stamp: u32) {
        let Some(seat) = self.seats.get_mut(key).filter(|seat| seat.stamp == stamp) else { return };
        if seat.stage == Stage::Parting {
            // Either its linger is over, or it began to part since: then another deadline
            // is its own.
            let over = seat.behind.as_ref().is_none_or(|b| now >= b.since + self.config.linger);
            if over {
                self.remove(key);
            }
            return;
        }
        seat.stage = Stage::Live;
        let Some(since) = seat.behind.as_ref().map(|behind| behind.since) else { return };
        if now >= since + self.config.stall {
            self.shared.meters.put_out.inc();
            self.remove(key);
        } else {
            note_stall(&mut self.deadlines, since + self.config.stall, key, seat);
        }
    }

    pub(super) fn tick_length(&self) -> Duration {
        let phases = u32::try_from(N_PHASES).unwrap_or(u32::MAX);
        (self.config.heartbeat / phases).max(Duration::from_millis(1))
    }

    /// One moment of the heartbeat: each subscriber has its own, by its key.
    fn beat(&mut self, phase: usize) {
        if phase == 0 {
            self.rooms.values_mut().for_each(Room::forget_gone_waiters);
            self.rooms.retain(|_, room| !room.is_empty());
            self.n_rounds = self.n_rounds.wrapping_add(1);
        }
        let mut answers = Answers::new();
        let beat = chunk(&(self.beat)());
        let now = self.now;
        for key in (phase..self.seats.n_keys()).step_by(N_PHASES) {
            let is_asked = (key / N_PHASES + self.n_rounds).is_multiple_of(N_ROUNDS);
            let Ok(key) = u32::try_from(key) else { break };
            if is_asked {
                self.confirm(key, &mut answers);
            }
            let Some(seat) = self.seats.get_mut(key) else { continue };
            if seat.behind.is_some() {
                continue;
            }
            let Some(room) = self.rooms.get_mut(&seat.subscriber().room) else { continue };
            let mut cursor = Cursor { lead: beat.clone(), position: room.end(), offset: 0 };
            match seat.send(&mut cursor, None) {
                Sent::All => {}
                Sent::Gone => self.remove(key),
                Sent::Full(_) => {
                    let behind = Behind { cursor, since: now, first: First::Over };
                    seat.behind = Some(Box::new(behind));
                    room.n_behind += 1;
                    note_stall(&mut self.deadlines, now + self.config.stall, key, seat);
                }
            }
        }
    }
}

/// One deadline a seat, however often it falls behind.
pub(super) fn note_stall<S>(
    deadlines: &mut BinaryHeap<Reverse<(Instant, u32, u32)>>,
    by: Instant,
    key: u32,
    seat: &mut Seat<S>,
) {
    if seat.stage == Stage::Live {
        seat.stage = Stage::Timed;
        deadlines.push(Reverse((by, key, seat.stamp)));
    }
}
