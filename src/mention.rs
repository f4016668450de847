//! Who can be named in a room, for the box that completes `@names`.
//!
//! **Invariant:** only who may read the room is listed, and only to those who may write in it:
//! the list tells nobody of accounts that they could not meet there.

use rusqlite::Connection;
use unicode_normalization::UnicodeNormalization;

use crate::account;
use crate::app::App;
use crate::error::Result;
use crate::id::{AccountId, PageId};
use crate::permission::{self, Grant, Post};

/// Somebody who can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Account name, as it follows the `@`.
    pub name: String,
    /// As shown.
    pub display: String,
}

/// Names that are offered.
const N_OFFERED: usize = 8;
/// Accounts that are asked about: a letter may begin very many names.
const N_ASKED: usize = 200;
/// Characters of what was typed that count.
const TYPED: usize = 64;

/// Those whose name, or a word of whose shown name, begins with what was typed: who spoke here
/// last comes first, the viewer never.
pub async fn names(app: &App, grant: &Grant<Post>, typed: &str) -> Result<Vec<Named>> {
    let typed = plain(&typed.chars().take(TYPED).collect::<String>());
    let viewer = grant.viewer().account_id();
    let page = grant.page();
    app.store.read(move |connection| select(connection, page, viewer, &typed)).await
}

/// Folded as names are, and without accents: nobody should have to find the `ü` first.
fn plain(text: &str) -> String {
    account::fold(text).nfd().filter(|c| !is_accent(*c)).collect()
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn begins(typed: &str, name: &str, display: &str) -> bool {
    let display = plain(display);
    plain(name).starts_with(typed)
        || display.starts_with(typed)
        || display.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(typed))
}

fn select(
    connection: &Connection,
    page: PageId,
    viewer: Option<AccountId>,
    typed: &str,
) -> Result<Vec<Named>> {
    let mut statement = connection.prepare_cached(
        "select account.id, name, display from account
           left join participant on participant.account = account.id and participant.room = ?1
         where disabled_at is null and account.id is not ?2
         order by participant.last_at desc, name_key",
    )?;
    let mut rows = statement.query((page, viewer))?;
    let mut named = Vec::new();
    let mut n_asked = 0;
    while let Some(row) = rows.next()? {
        let (id, name, display): (AccountId, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        if !begins(typed, &name, &display) {
            continue;
        }
        n_asked += 1;
        if permission::is_visible(connection, Some(id), page)? {
            named.push(Named { name, display });
        }
        if named.len() == N_OFFERED || n_asked == N_ASKED {
            break;
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::{begins, plain};

    #[test]
    fn a_name_is_found_by_its_beginning_and_by_each_word_that_is_shown() {
        let is = |typed: &str, name, display| begins(&plain(typed), name, display);
        assert!(is("bo", "bob", "Robert Tanaka") && is("TAN", "bob", "Robert Tanaka"));
        assert!(is("robert t", "bob", "Robert Tanaka") && is("", "bob", "Robert"));
        assert!(!is("ob", "bob", "Robert"));
        assert!(
            is("jur", "jürgen", "J")
                && is("jür", "jürgen", "J")
                && is("j\u{75}\u{308}", "jürgen", "J")
        );
        assert!(is("山", "yamada", "山田") && !is("田", "yamada", "山田"));
    }
}
