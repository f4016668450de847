//! Files that are taken away with what was said.

use rusqlite::{Connection, OptionalExtension};

use crate::account::Viewer;
use crate::error::Result;
use crate::file::{FileId, Form, select_picture, select_piece};
use crate::id::AccountId;

/// Bytes of a picture that an exported page holds whole: some screens of text.
const CARRIED: u64 = 256 * 1024;

/// A picture as it may stand in a page that is taken away: the whole of it where it is small, else
/// the small one. Its kind and its bytes.
pub(crate) fn picture(connection: &Connection, id: FileId) -> Result<Option<(String, Vec<u8>)>> {
    let shown = select_picture(connection, id, "shown")?;
    let small = match shown {
        Some(shown) if shown.size > CARRIED => select_picture(connection, id, "thumbnail")?,
        shown => shown,
    };
    let Some(small) = small else { return Ok(None) };
    Ok(Some((small.kind, bytes(connection, id, small.form)?)))
}

/// The form in which a file is taken away: as by a download of it, a picture of somebody else's as it is
/// shown. Without a `viewer`, for the operator, as it came in.
pub(crate) fn form(connection: &Connection, id: FileId, viewer: Option<&Viewer>) -> Result<Form> {
    let Some(viewer) = viewer else { return Ok(Form::Original) };
    // It may have been removed since it was listed: then it has no bytes either.
    let by: Option<Option<AccountId>> = connection
        .prepare_cached("select uploaded_by from file where id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let by = by.flatten();
    if by.is_some() && viewer.account_id() == by {
        return Ok(Form::Original);
    }
    let shown = select_picture(connection, id, "shown")?;
    Ok(shown.map_or(Form::Original, |shown| shown.form))
}

/// Some bytes of a file; `None` after the last.
pub(crate) fn piece(
    connection: &Connection,
    id: FileId,
    form: Form,
    n: u64,
) -> Result<Option<Vec<u8>>> {
    select_piece(connection, id, form, n)
}

fn bytes(connection: &Connection, id: FileId, form: Form) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for n in 0.. {
        match select_piece(connection, id, form, n)? {
            Some(piece) => bytes.extend(piece),
            None => break,
        }
    }
    Ok(bytes)
}
