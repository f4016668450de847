//! What pages are called, and were before: an old address keeps leading to its page.
//!
//! **Invariant:** a title that a page has now wins over one that another page had once, for whoever
//! may see that page.

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::folding;
use crate::id::{PageId, SpaceId};

/// Calls the page so. What is kept in memory of the rights is forgotten with each change of a title.
pub(crate) fn set(connection: &Connection, page: PageId, title: &str) -> Result<()> {
    connection
        .prepare_cached("update page set title = ?2, title_key = ?3 where id = ?1")?
        .execute((page, title, folding::fold(title)))?;
    Ok(())
}

/// Notes that the page was called so until now. The last page that gave a title up has it.
pub(crate) fn keep(
    connection: &Connection,
    space: SpaceId,
    title: &str,
    page: PageId,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into former_title (space, title_key, page) values (?1, ?2, ?3)
             on conflict (space, title_key) do update set page = excluded.page",
        )?
        .execute((space, folding::fold(title), page))?;
    Ok(())
}

/// The page that was called so once. Whether anybody may see it is not asked here.
pub(crate) fn find(connection: &Connection, space: &str, title: &str) -> Result<Option<PageId>> {
    let page = connection
        .prepare_cached(
            "select former_title.page from former_title
               join space on space.id = former_title.space
             where space.key_folded = ?1 and former_title.title_key = ?2",
        )?
        .query_row((space.to_lowercase(), folding::fold(title)), |row| row.get(0))
        .optional()?;
    Ok(page)
}
