//! Reacting to a message with an emoji, and taking it back.
//!
//! **Invariant:** a reaction touches its message, so that it reaches everybody as an edit does;
//! what the message says, and whether anybody has read it, stays as it is.

use rusqlite::named_params;

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::Mid;
use crate::message::{self, Message};
use crate::permission::{Grant, Post};
use crate::reaction::{self, LIMIT, New};
use crate::{moderation, room};

/// What is to become of a reaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    There,
    Gone,
    Otherwise,
}

// ------------------------------------------------------------------------------------ verbs

/// Reacts to a message. Again is no error.
pub async fn add(app: &App, grant: &Grant<Post>, mid: Mid, typed: &str) -> Result<Message> {
    set(app, grant, mid, typed, Wish::There).await
}

/// Takes a reaction back.
pub async fn remove(app: &App, grant: &Grant<Post>, mid: Mid, typed: &str) -> Result<Message> {
    set(app, grant, mid, typed, Wish::Gone).await
}

/// One or the other: what is the viewer's own goes, what is not comes.
pub async fn toggle(app: &App, grant: &Grant<Post>, mid: Mid, typed: &str) -> Result<Message> {
    set(app, grant, mid, typed, Wish::Otherwise).await
}

// ------------------------------------------------------------------------------------ rules

async fn set(app: &App, grant: &Grant<Post>, mid: Mid, typed: &str, wish: Wish) -> Result<Message> {
    let account = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
    let one = New { room: grant.room(), mid, emoji: reaction::emoji(typed)?, account };
    app.rate_limits.post(account.0)?;
    let grant = grant.clone();
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            grant.confirm(tx, now)?;
            let room = one.room;
            let before = message::select(tx, room, mid)?.ok_or(Error::NotFound)?;
            if before.removed {
                return Err(Error::Conflict("This message was removed.".into()));
            }
            // As an edit: who may not write does not react either; slow mode is about messages.
            moderation::admit_edit(tx, &room::select_open(tx, room)?, account, now)?;
            let there = reaction::is_there(tx, &one)?;
            if there == (wish == Wish::There) && wish != Wish::Otherwise {
                return Ok(before);
            }
            let seq = room::next_seq(tx, room)?;
            if there {
                reaction::delete(tx, &one)?;
            } else {
                refuse_crowd(&before, one.emoji)?;
                reaction::insert(tx, &one, seq, now)?;
            }
            tx.prepare_cached("update message set seq = :seq where room = :room and mid = :mid")?
                .execute(named_params! { ":room": room, ":mid": mid, ":seq": seq })?;
            let message = message::select(tx, room, mid)?.ok_or(Error::NotFound)?;
            tx.tell(Change::Touched(message.clone()));
            Ok(message)
        })
        .await
}

fn refuse_crowd(message: &Message, emoji: &str) -> Result<()> {
    let known = message.reactions.iter().any(|reaction| reaction.emoji == emoji);
    if !known && message.reactions.len() >= LIMIT {
        return Err(Error::Conflict(
            "There are 20 different emoji on this message, and that is enough. Choose one of them."
                .into(),
        ));
    }
    Ok(())
}
