//! What the search index holds of a page: its title, what its text says, the names of its files.
//!
//! **Invariant:** a page's `search` is what [`of_page`] or [`of_notes`] makes of its title and body,
//! and then [`names`]. Whoever changes one of the three puts it right in the same transaction.

use rusqlite::Connection;

use crate::change::Change;
use crate::error::Result;
use crate::folding;
use crate::id::PageId;
use crate::markup::{self, Document, Mode};
use crate::store::Tx;

/// Of the title and the body of a page that people write.
pub fn of_page(title: &str, body: &str) -> String {
    of_document(title, &markup::parse(body, Mode::Page))
}

/// The same of a body that has been read.
pub(crate) fn of_document(title: &str, document: &Document) -> String {
    folding::fold(&format!("{title}\n{}", markup::to_plain_text(document)))
}

/// Of a day's page: only what people wrote beside the conversation. Its messages are in the index
/// themselves.
pub(crate) fn of_notes(body: &str) -> String {
    of_notes_document(&markup::parse(body, Mode::Page))
}

/// The same of a body that has been read.
pub(crate) fn of_notes_document(document: &Document) -> String {
    of_document("", document).trim_start().to_owned()
}

/// Of the files that are attached to a page: their names, each on a line.
pub(crate) fn names(connection: &Connection, page: PageId) -> Result<String> {
    let names = files(connection, page)?;
    Ok(names.iter().flat_map(|name| ["\n".to_owned(), folding::fold(name)]).collect())
}

/// What the files are called that are attached to a page.
pub(crate) fn files(connection: &Connection, page: PageId) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "select name from file where page = ?1 and mid is null and state = 'here' order by name",
    )?;
    let names = statement.query_map([page], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// Files came or went, whose [`names`] were `before`. The text is not read again: a long one takes
/// its time, and that is not the writer's.
pub(crate) fn follow(tx: &Tx<'_, Change>, page: PageId, before: &str) -> Result<()> {
    let search: String = tx
        .prepare_cached("select search from page where id = ?1")?
        .query_row([page], |row| row.get(0))?;
    let of_text = search.strip_suffix(before).unwrap_or(&search);
    let search = format!("{of_text}{}", names(tx, page)?);
    tx.prepare_cached("update page set search = ?2 where id = ?1")?.execute((page, search))?;
    Ok(())
}
