//! What an account chose for itself: sound, and the language that is spoken to it. The language is
//! read with the session, by `account.rs`, since every request wants it.

use rusqlite::{Connection, OptionalExtension};

use crate::app::App;
use crate::error::Result;
use crate::id::AccountId;
use crate::language::Language;

/// Turns the beep on or off for an account.
pub async fn set_sound(app: &App, account: AccountId, sound: bool) -> Result<()> {
    app.store
        .write(move |tx| {
            tx.execute(
                "insert into account_setting (account, sound) values (?1, ?2)
                 on conflict (account) do update set sound = excluded.sound",
                (account, sound),
            )?;
            Ok(())
        })
        .await
}

/// Does this account want to hear a beep?
pub async fn has_sound(app: &App, account: AccountId) -> Result<bool> {
    app.store.look_up(move |connection| sound(connection, account)).await
}

/// Has everything said in a language for an account; `None`: as its browser asks.
pub async fn set_language(app: &App, account: AccountId, language: Option<Language>) -> Result<()> {
    app.store
        .write(move |tx| {
            tx.execute(
                "insert into account_setting (account, language) values (?1, ?2)
                 on conflict (account) do update set language = excluded.language",
                (account, language.map(Language::code)),
            )?;
            Ok(())
        })
        .await
}

// ------------------------------------------------------------------------------------ sql

/// Does the account want to hear a beep?
pub(crate) fn sound(connection: &Connection, account: AccountId) -> Result<bool> {
    let sound = connection
        .prepare_cached("select sound from account_setting where account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?;
    Ok(sound.unwrap_or(true))
}
