//! What is shown of a picture that comes in: written anew from the bytes that are in the store.
//!
//! **Invariant:** one picture is read at a time, and none for long; no more of it is in memory than
//! a piece and what the decoder holds.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::insert_pieces;
use crate::app::App;
use crate::change::Change;
use crate::error::Result;
use crate::file::{self, FileId, Form, PIECE, PIECES_AT_ONCE};
use crate::store::{self, Store};
use crate::thumbnail::{self, Bounds, Made, Written};

/// How long a picture may take, and how long it waits for those before it.
const PICTURE_TIME: Duration = Duration::from_secs(5);
const PICTURE_WAIT: Duration = Duration::from_secs(30);

pub(crate) fn is_picture(kind: &str) -> bool {
    matches!(kind, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

/// Makes what is shown of a picture; false where it is none that can be shown.
pub(crate) async fn make_picture(
    app: &App,
    id: FileId,
    size: u64,
    kind: &'static str,
) -> Result<bool> {
    let turn =
        tokio::time::timeout(PICTURE_WAIT, app.uploads.pictures.clone().acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Ok(false) };
    let pieces = Pieces::of(app.store.clone(), id, size);
    let most = usize::try_from(app.config.file_limit).unwrap_or(usize::MAX);
    let bounds = Bounds { time: PICTURE_TIME, bytes: most };
    let making = store::blocking(move || Ok((thumbnail::make(pieces, kind, bounds), turn)));
    // The turn stays with a thread that goes on; nobody waits for it.
    let Ok(made) = tokio::time::timeout(PICTURE_TIME * 2, making).await else { return Ok(false) };
    let (Some(Made { shown, thumbnail }), _turn) = made? else { return Ok(false) };
    store_picture(app, id, Form::Shown, shown).await?;
    if let Some(thumbnail) = thumbnail {
        store_picture(app, id, Form::Thumbnail, thumbnail).await?;
    }
    Ok(true)
}

async fn store_picture(app: &App, id: FileId, form: Form, picture: Written) -> Result<()> {
    let sha256 = Sha256::digest(&picture.bytes).to_vec();
    let mut first = 0;
    for some in picture.bytes.chunks(PIECE * PIECES_AT_ONCE) {
        let pieces: Vec<Vec<u8>> = some.chunks(PIECE).map(<[u8]>::to_vec).collect();
        let n = pieces.len();
        app.store.write(move |tx| insert_pieces(tx, id, form, first, &pieces)).await?;
        first += n;
    }
    let Written { kind, width, height, bytes } = picture;
    let size = bytes.len();
    app.store
        .write(move |tx| {
            tx.execute(
                "insert into file_picture (file, form, kind, width, height, size, sha256)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (id, form.as_str(), kind, width, height, size, &sha256),
            )?;
            Ok(())
        })
        .await
}

/// The bytes of a file that is coming in, for a decoder on a thread that may block: one piece in
/// memory, each by a read of its own.
struct Pieces {
    store: Store<Change>,
    id: FileId,
    size: u64,
    at: u64,
    piece: Vec<u8>,
    n: Option<u64>,
}

impl Pieces {
    fn of(store: Store<Change>, id: FileId, size: u64) -> Self {
        Self { store, id, size, at: 0, piece: Vec::new(), n: None }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size {
            return Ok(0);
        }
        let n = self.at / PIECE as u64;
        if self.n != Some(n) {
            let id = self.id;
            let piece = self
                .store
                .read_here(|connection| file::select_piece(connection, id, Form::Original, n));
            self.piece = piece.map_err(io::Error::other)?.unwrap_or_default();
            self.n = Some(n);
        }
        let from = usize::try_from(self.at % PIECE as u64).unwrap_or(usize::MAX);
        let rest = self.piece.get(from..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(rest)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(rest);
        }
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Pieces {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
