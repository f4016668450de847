//! The bytes of files: nothing else gives them, so that here they are only looked at.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::file::{FileId, PIECE};

/// Looks whether the bytes of every file are those that came: what is not, in words.
pub(super) fn differences(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare(
        "select id, 'original', size, sha256 from file where state = 'here'
         union all
         select file, form, file_picture.size, file_picture.sha256
         from file_picture join file on file.id = file_picture.file where state = 'here'",
    )?;
    let mut rows = statement.query([])?;
    let mut wrong = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, form): (FileId, String) = (row.get(0)?, row.get(1)?);
        let (size, sha256): (u64, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
        let mut pieces = connection.prepare_cached(
            "select n, bytes from file_chunk where file = ?1 and form = ?2 order by n",
        )?;
        let mut pieces = pieces.query((id, &form))?;
        let (mut hash, mut found, mut next) = (Sha256::new(), 0_u64, 0_u64);
        while let Some(piece) = pieces.next()? {
            let bytes = piece.get_ref(1)?.as_blob().map_err(Error::broken)?;
            let full = found == next * PIECE as u64;
            if piece.get::<_, u64>(0)? != next || !full {
                break;
            }
            hash.update(bytes);
            found += bytes.len() as u64;
            next += 1;
        }
        if found != size {
            wrong.push(format!("file {id} ({form}) has {found} bytes of {size}"));
        } else if sha256.as_deref() != Some(hash.finalize().as_slice()) {
            wrong.push(format!("file {id} ({form}) is not what was uploaded"));
        }
    }
    Ok(wrong)
}
