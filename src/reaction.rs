//! What people answered to a message with nothing but an emoji, row by row.
//!
//! **Invariant:** they are read with their message, in its own query; a removal leaves none.

use jiff::Timestamp;
use rusqlite::{Connection, named_params};

use crate::change::Change;
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, RoomId, Seq};
use crate::store::Tx;

/// One emoji on a message, and who chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Exactly one.
    pub emoji: String,
    /// In the order in which they did.
    pub by: Vec<Who>,
}

/// Somebody who reacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Account name; `None`: only the shown name is known, from where the message came from.
    pub name: Option<String>,
    /// As shown.
    pub display: String,
}

/// Different emoji on a message: more are not read by anybody.
pub const LIMIT: usize = 20;

// ------------------------------------------------------------------------------------ rules

/// The one emoji that was typed, fully qualified; skin tones and joined ones are one each.
pub(crate) fn emoji(typed: &str) -> Result<&'static str> {
    let typed = typed.trim();
    let by_name = || emojis::get_by_shortcode(typed.strip_prefix(':')?.strip_suffix(':')?);
    let emoji = emojis::get(typed).or_else(by_name);
    emoji.map(emojis::Emoji::as_str).ok_or_else(|| Error::invalid("emoji", "Choose one emoji."))
}

// ------------------------------------------------------------------------------------ sql

/// The reactions of the row of `message` at hand, as [`from_json`] reads them.
macro_rules! reactions {
    () => {
        "(select json_group_array(json_array(emoji, name, display) order by seq) from (
            select emoji, reader.name, reader.display, reaction.seq
            from reaction join account reader on reader.id = reaction.account
            where reaction.room = message.room and reaction.mid = message.mid
            union all
            select emoji, null, name, seq from imported_reaction imported
            where imported.room = message.room and imported.mid = message.mid))"
    };
}
pub(crate) use reactions;

/// By emoji; what was chosen first stands first.
pub(crate) fn from_json(json: &str) -> Vec<Reaction> {
    // Most messages have none.
    if json == "[]" {
        return Vec::new();
    }
    let rows: Vec<(String, Option<String>, String)> =
        serde_json::from_str(json).unwrap_or_default();
    let mut reactions: Vec<Reaction> = Vec::new();
    for (emoji, name, display) in rows {
        let who = Who { name, display };
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            Some(reaction) => reaction.by.push(who),
            None => reactions.push(Reaction { emoji, by: vec![who] }),
        }
    }
    reactions
}

/// A reaction to be written.
pub(crate) struct New {
    pub(crate) room: RoomId,
    pub(crate) mid: Mid,
    pub(crate) emoji: &'static str,
    pub(crate) account: AccountId,
}

pub(crate) fn is_there(connection: &Connection, new: &New) -> Result<bool> {
    let there = connection
        .prepare_cached(
            "select exists (select 1 from reaction where room = :room and mid = :mid
                            and emoji = :emoji and account = :account)",
        )?
        .query_row(
            named_params! {
                ":room": new.room, ":mid": new.mid, ":emoji": new.emoji, ":account": new.account,
            },
            |row| row.get(0),
        )?;
    Ok(there)
}

pub(crate) fn insert(tx: &Tx<'_, Change>, new: &New, seq: Seq, now: Timestamp) -> Result<()> {
    tx.prepare_cached(
        "insert into reaction (room, mid, emoji, account, seq, at)
         values (:room, :mid, :emoji, :account, :seq, :now)",
    )?
    .execute(named_params! {
        ":room": new.room, ":mid": new.mid, ":emoji": new.emoji, ":account": new.account,
        ":seq": seq, ":now": now.as_millisecond(),
    })?;
    Ok(())
}

/// Writes one that comes with history: by an account, or by somebody of whom only the name is known.
pub(crate) fn import(
    tx: &Tx<'_, Change>,
    (room, mid): (RoomId, Mid),
    emoji: &str,
    by: Option<AccountId>,
    name: &str,
    seq: Seq,
) -> Result<()> {
    match by {
        Some(account) => tx
            .prepare_cached(
                "insert into reaction (room, mid, emoji, account, seq, at)
                 select ?1, ?2, ?3, ?4, ?5, at from message where room = ?1 and mid = ?2
                 on conflict do nothing",
            )?
            .execute((room, mid, emoji, account, seq))?,
        None => tx
            .prepare_cached(
                "insert into imported_reaction (room, mid, emoji, name, seq)
                 values (?1, ?2, ?3, ?4, ?5) on conflict do nothing",
            )?
            .execute((room, mid, emoji, name, seq))?,
    };
    Ok(())
}

pub(crate) fn delete(tx: &Tx<'_, Change>, old: &New) -> Result<()> {
    tx.prepare_cached(
        "delete from reaction where room = :room and mid = :mid and emoji = :emoji
                                and account = :account",
    )?
    .execute(named_params! {
        ":room": old.room, ":mid": old.mid, ":emoji": old.emoji, ":account": old.account,
    })?;
    Ok(())
}

/// All of them: the message is removed.
pub(crate) fn forget(tx: &Tx<'_, Change>, room: RoomId, mid: Mid) -> Result<()> {
    tx.prepare_cached("delete from reaction where room = ?1 and mid = ?2")?.execute((room, mid))?;
    tx.prepare_cached("delete from imported_reaction where room = ?1 and mid = ?2")?
        .execute((room, mid))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{emoji, from_json};

    #[test]
    fn exactly_one_emoji_is_a_reaction() {
        let good = [
            ("👍", "👍"),
            (" 👍🏽 ", "👍🏽"),
            ("👩‍🚀", "👩‍🚀"),
            ("👩🏾‍🚀", "👩🏾‍🚀"),
            ("🇩🇪", "🇩🇪"),
            ("3️⃣", "3️⃣"),
            (":tada:", "🎉"),
            // Without its selector it is the same one.
            ("❤", "❤\u{fe0f}"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
        ];
        for (typed, kept) in good {
            assert_eq!(emoji(typed).ok(), Some(kept), "{typed}");
        }
        for odd in ["", " ", "x", ":)", "👍👍", "👍 👍", "👍x", "ok", "3", ":nothing:", "🏽🏽"]
        {
            assert!(emoji(odd).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn those_who_chose_the_same_stand_together() {
        let json = r#"[["👍","bob","Bob"],["🎉","carol","Carol"],["👍","alice","Alice"],["👍",null,"Ann"]]"#;
        let reactions = from_json(json);
        let told: Vec<(&str, Vec<&str>)> = reactions
            .iter()
            .map(|one| (one.emoji.as_str(), one.by.iter().map(|by| by.display.as_str()).collect()))
            .collect();
        assert_eq!(told, [("👍", vec!["Bob", "Alice", "Ann"]), ("🎉", vec!["Carol"])]);
        let mut names = reactions.iter().flat_map(|one| &one.by).map(|by| by.name.as_deref());
        assert_eq!(names.nth(2), Some(None));
        assert!(from_json("[]").is_empty());
    }
}
