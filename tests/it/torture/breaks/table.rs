//! The breaks: what is changed where, and the trial that has to see it.

/// A change of one file: `from`, which is there once, becomes `to`.
pub(super) struct Edit {
    pub(super) file: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

/// Something wrong that could be done to the server, and the trial that sees it.
pub(super) struct Break {
    /// As `broken` is asked for it.
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) edits: &'static [Edit],
    pub(super) trial: &'static str,
}

const KILLS: &str = "torture::kills::a_killed_server_loses_nothing_that_it_acknowledged";
const AGAIN: &str =
    "torture::kills::a_draft_that_is_sent_again_after_a_restart_is_the_same_message";
const STOPS: &str =
    "torture::kills::a_server_that_stands_still_for_a_while_loses_nothing_and_puts_nobody_out";
const POWER: &str = "torture::disk::a_server_without_power_loses_nothing_that_it_acknowledged";
const FULL: &str = "torture::disk::a_full_disk_refuses_messages_and_keeps_all_that_it_took";
const SYNC: &str =
    "torture::disk::a_server_whose_sync_fails_ends_and_loses_nothing_that_it_acknowledged";
const CLOCK: &str = "torture::clock::a_clock_that_jumps_changes_the_day_and_never_the_order";
const CUT: &str = "torture::readers::a_reader_who_is_cut_anywhere_sees_each_message_once";
const SEAM: &str = "torture::readers::what_is_posted_between_a_page_and_its_stream_is_seen_once";
const EDITS: &str =
    "torture::edits::what_was_edited_and_removed_while_a_reader_was_away_is_shown_as_it_is";
/// Of the library itself: it is built with the breaks in it, and its seeds have to find them.
pub(super) const SIMULATION: &str =
    "hub::tests::simulation::every_subscriber_gets_each_message_once_and_in_order_whatever_happens";
const DAMAGE: &str = "torture::damage::what_is_damaged_is_served_as_far_as_it_is_whole_or_refused";
const AWAY: &str = "torture::readers::a_reader_who_was_away_for_long_loads_anew_and_costs_little";

pub(super) const BREAKS: [Break; 25] = [
    Break {
        name: "published_early",
        what: "published before the commit",
        edits: &[
            Edit {
                file: "src/store/writer.rs",
                from: "let Some(ran) = ran else {",
                to: "let Some(mut ran) = ran else {",
            },
            Edit {
                file: "src/store/writer.rs",
                from: "        let asked = Instant::now();\n",
                to: "        let asked = Instant::now();
        if crate::broken(\"published_early\") {
            (self.publish)(std::mem::take(&mut ran.told));
        }\n",
            },
        ],
        trial: FULL,
    },
    Break {
        name: "acknowledged_anyway",
        what: "acknowledged although the commit failed",
        edits: &[Edit {
            file: "src/store/writer.rs",
            from: "job.answer(Some(match error {",
            to: "job.answer((!crate::broken(\"acknowledged_anyway\")).then_some(match error {",
        }],
        trial: FULL,
    },
    Break {
        name: "normal",
        what: "synchronous=NORMAL instead of FULL",
        edits: &[Edit {
            file: "src/store/connection.rs",
            from: "\"synchronous\", \"full\"",
            to: "\"synchronous\", if crate::broken(\"normal\") { \"normal\" } else { \"full\" }",
        }],
        trial: POWER,
    },
    Break {
        name: "goes_on",
        what: "goes on after a failed sync",
        edits: &[Edit {
            file: "src/store/writer.rs",
            from: "    match error {\n        Error::Broken(source) => source.downcast_ref",
            to: "    match error {\n        _ if crate::broken(\"goes_on\") => false,
        Error::Broken(source) => source.downcast_ref",
        }],
        trial: SYNC,
    },
    Break {
        name: "no_nonce",
        what: "drafts have no nonce",
        edits: &[Edit {
            file: "src/message.rs",
            from: "draft: Some(draft.key()),",
            to: "draft: (!crate::broken(\"no_nonce\")).then(|| draft.key()),",
        }],
        trial: KILLS,
    },
    Break {
        name: "nonce_in_memory",
        what: "a nonce is known until the restart",
        edits: &[Edit {
            file: "src/draft.rs",
            from: "        hash.update(self.nonce.as_bytes());\n",
            to: "        hash.update(self.nonce.as_bytes());
        if crate::broken(\"nonce_in_memory\") {
            hash.update(std::process::id().to_le_bytes());
        }\n",
        }],
        trial: AGAIN,
    },
    Break {
        name: "resumed_from",
        what: "resumed with >= instead of >",
        edits: &[Edit {
            file: "src/log.rs",
            from: ".query_map((room, cursor.seq, N_RESUME + 1), from_row)?",
            to: ".query_map(
            (
                room,
                cursor.seq.0
                    - i64::from(crate::broken(\"resumed_from\") || crate::broken(\"shown_again\")),
                N_RESUME + 1,
            ),
            from_row,
        )?",
        }],
        trial: CUT,
    },
    Break {
        name: "shown_again",
        what: "resumed with >= and its message shown as new",
        edits: &[
            Edit {
                file: "src/view/message.rs",
                from: "Some(seen) if message.mid.0 <= seen.0 =>",
                to: "Some(seen)
                    if message.mid.0 <= seen.0 - i64::from(crate::broken(\"shown_again\")) =>",
            },
        ],
        trial: CUT,
    },
    Break {
        name: "page_behind",
        what: "a page's cursor is ahead of what it shows",
        edits: &[Edit {
            file: "src/log.rs",
            from: "            Ok(Log { messages, cursor: Cursor { epoch, seq: room::seq(connection, room)? } })",
            to: "            let messages = if crate::broken(\"page_behind\") {
                before(connection, room, messages.last().map_or(0, |last| last.position), N_AT_ONCE)?
            } else {
                messages
            };
            Ok(Log { messages, cursor: Cursor { epoch, seq: room::seq(connection, room)? } })",
        }],
        trial: SEAM,
    },
    Break {
        name: "gap",
        what: "a gap between reading and subscribing",
        edits: &[
            Edit {
                file: "src/sse.rs",
                from: "    let mut subscription = live.hub.subscribe(room.0);\n",
                to: "    let mut subscription = live.hub.subscribe(room.0);
    if crate::broken(\"seen_again\") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }\n",
            },
            Edit {
                file: "src/sse.rs",
                from: "    let subscriber = subscriber(grant.viewer(), room, sound);\n",
                to: "    if crate::broken(\"gap\") {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        subscription = live.hub.subscribe(room.0);
    }
    let subscriber = subscriber(grant.viewer(), room, sound);\n",
            },
        ],
        trial: CUT,
    },
    Break {
        name: "seen_again",
        what: "what was read while subscribing is sent again",
        edits: &[Edit {
            file: "src/sse.rs",
            from: "    let hub = live.hub.clone();\n    let mark",
            to: "    let mut opening = opening;
    if crate::broken(\"seen_again\") {
        opening.seen.0 = 0;
    }
    let hub = live.hub.clone();\n    let mark",
        }],
        trial: CUT,
    },
    Break {
        name: "not_told",
        what: "who is too far behind is not told so",
        edits: &[Edit {
            file: "src/log.rs",
            from: "if n > N_RESUME || n_bytes > N_RESUME_BYTES {",
            to: "if (n > N_RESUME || n_bytes > N_RESUME_BYTES) && !crate::broken(\"not_told\") {",
        }],
        trial: AWAY,
    },
    Break {
        name: "backwards",
        what: "a group is published in another order",
        edits: &[Edit {
            file: "src/sse.rs",
            from: "        publisher.publish(items);\n",
            to: "        if crate::broken(\"backwards\") {
            items.reverse();
        }
        publisher.publish(items);\n",
        }],
        trial: STOPS,
    },
    Break {
        name: "strayed",
        what: "published in another room",
        edits: &[Edit {
            file: "src/sse.rs",
            from: "        room: message.room.0,\n        frame: Frame {",
            to: "        room: if crate::broken(\"strayed\") { 1 } else { message.room.0 },
        frame: Frame {",
        }],
        trial: STOPS,
    },
    Break {
        name: "by_the_clock",
        what: "ordered by the clock",
        edits: &[Edit {
            file: "src/message.rs",
            from: "        position: seq.0,\n",
            to: "        position: if crate::broken(\"by_the_clock\") {
            row.at.as_millisecond()
        } else {
            seq.0
        },\n",
        }],
        trial: CLOCK,
    },
    Break {
        name: "day_of_utc",
        what: "the day is that of UTC",
        edits: &[Edit {
            file: "src/message.rs",
            from: "    let local = row.at.to_zoned(zone);\n",
            to: "    let zone = if crate::broken(\"day_of_utc\") { TimeZone::UTC } else { zone };
    let local = row.at.to_zoned(zone);\n",
        }],
        trial: CLOCK,
    },
    Break {
        name: "edits_untold",
        what: "edits and removals are not published",
        edits: &[Edit {
            file: "src/sse.rs",
            from: "                Change::Touched(message) => items",
            to: "                Change::Touched(_) if crate::broken(\"edits_untold\") => {}
                Change::Touched(message) => items",
        }],
        trial: EDITS,
    },
    Break {
        name: "edits_missed",
        what: "resumed with new messages alone, not with edited ones",
        edits: &[Edit {
            file: "src/sse/openings.rs",
            from: "                for message in &log.messages {\n",
            to: "                for message in &log.messages {
                    if crate::broken(\"edits_missed\") && message.mid.0 != message.seq.0 {
                        continue;
                    }\n",
        }],
        trial: EDITS,
    },
    Break {
        name: "undone",
        what: "every tenth removal is acknowledged and not done",
        edits: &[Edit {
            file: "src/message.rs",
            from: "            if message.removed {\n                return Ok(message);",
            to: "            if message.removed || mid.0 % 10 == 0 && crate::broken(\"undone\") {
                return Ok(message);",
        }],
        trial: EDITS,
    },
    Break {
        name: "sent_twice",
        what: "what was read last is sent once more (seq < seen)",
        edits: &[Edit {
            file: "src/hub/ring.rs",
            from: "seq.is_some_and(|seq| seq <= seen)",
            to: "seq.is_some_and(|seq| seq < seen + i64::from(!crate::broken(\"sent_twice\")))",
        }],
        trial: SIMULATION,
    },
    Break {
        name: "begun_late",
        what: "a subscription begins with the frame after the next",
        edits: &[Edit {
            file: "src/hub/ring.rs",
            from: "        let position = self.end();\n",
            to: "        let position = self.end() + u64::from(crate::broken(\"begun_late\"));\n",
        }],
        trial: SIMULATION,
    },
    Break {
        name: "not_put_out",
        what: "who lags misses what the ring has no place for",
        edits: &[
            Edit {
                file: "src/hub/run.rs",
                from: "is_some_and(|room| !room.has(behind.cursor.position)) {",
                to: "is_some_and(|room| {
            !crate::broken(\"not_put_out\") && !room.has(behind.cursor.position)
        }) {",
            },
            Edit {
                file: "src/hub/run.rs",
                from: "= if room.n_behind == 0 {",
                to: "= if room.n_behind == 0 || crate::broken(\"not_put_out\") {",
            },
        ],
        trial: SIMULATION,
    },
    Break {
        name: "not_asked",
        what: "a lost right ends no stream",
        edits: &[Edit {
            file: "src/hub/run.rs",
            from: "        if recheck {\n",
            to: "        if recheck && !crate::broken(\"not_asked\") {\n",
        }],
        trial: SIMULATION,
    },
    Break {
        name: "kept_for_nobody",
        what: "frames are kept for readers who caught up long ago",
        edits: &[Edit {
            file: "src/hub/run.rs",
            from: "                    room.n_behind = room.n_behind.saturating_sub(1);\n",
            to: "                    let one = usize::from(!crate::broken(\"kept_for_nobody\"));
                    room.n_behind = room.n_behind.saturating_sub(one);\n",
        }],
        trial: SIMULATION,
    },
    Break {
        name: "unheeded",
        what: "a page that cannot be read ends nothing",
        edits: &[Edit {
            file: "src/store/mod.rs",
            from: "&& writer::is_disk(error)",
            to: "&& !crate::broken(\"unheeded\") && writer::is_disk(error)",
        }],
        trial: DAMAGE,
    },
];
