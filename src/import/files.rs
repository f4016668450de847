//! A file that comes with an imported message: kept before its message is written, seen with it.

use sha2::{Digest, Sha256};

use crate::app::App;
use crate::change::Change;
use crate::error::{Error, Result};
use crate::file::{FileId, Form, PIECE, PIECES_AT_ONCE, Running};
use crate::id::{AccountId, Mid, PageId, RoomId};
use crate::store::Tx;
use crate::{file_name, upload};

/// A file whose bytes are in the store; swept if its message does not come.
pub(super) struct Kept {
    running: Running,
    size: u64,
    sha256: Vec<u8>,
    /// As the message calls it.
    pub(super) wanted: String,
    /// As it is called here.
    pub(super) name: String,
    /// It can be shown.
    pub(super) picture: bool,
}

/// Keeps the bytes of a file of `by`, who may be nobody here.
pub(super) async fn keep(
    app: &App,
    room: RoomId,
    by: Option<AccountId>,
    wanted: &str,
    bytes: Vec<u8>,
) -> Result<Kept> {
    let size = bytes.len() as u64;
    if size > app.config.file_limit {
        return Err(upload::too_large(wanted, app.config.file_limit));
    }
    let kind = upload::sniff(&bytes);
    let sha256 = Sha256::digest(&bytes).to_vec();
    let running = app.uploads.begin();
    let (id, at, page) = (running.id, app.clock.now().as_millisecond(), PageId::from(room));
    let clean = file_name::with_ending(&file_name::clean(wanted), kind);
    let name = app
        .store
        .write(move |tx| {
            let name = upload::free_name(tx, page, &clean)?;
            upload::insert(tx, &upload::New { id, page, name: &name, kind, by, at })?;
            Ok(name)
        })
        .await?;
    let mut first = 0;
    for some in bytes.chunks(PIECE * PIECES_AT_ONCE) {
        let pieces: Vec<Vec<u8>> = some.chunks(PIECE).map(<[u8]>::to_vec).collect();
        let n_pieces = pieces.len();
        app.store
            .write(move |tx| upload::insert_pieces(tx, id, Form::Original, first, &pieces))
            .await?;
        first += n_pieces;
    }
    let picture = upload::is_picture(kind) && upload::make_picture(app, id, size, kind).await?;
    Ok(Kept { running, size, sha256, wanted: wanted.to_owned(), name, picture })
}

/// What [`Kept`] has for the moment when its message is written.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) id: FileId,
    size: u64,
    sha256: Vec<u8>,
}

impl Kept {
    pub(super) fn arrival(&self) -> Arrival {
        Arrival { id: self.running.id, size: self.size, sha256: self.sha256.clone() }
    }

    /// The body with the file called as it is called here.
    pub(super) fn renamed(&self, body: String) -> String {
        if self.name == self.wanted {
            return body;
        }
        let (old, new) = (&self.wanted, &self.name);
        body.replace(&format!("[^{old}]"), &format!("[^{new}]"))
            .replace(&format!("!{old}|"), &format!("!{new}|"))
            .replace(&format!("!{old}!"), &format!("!{new}!"))
    }
}

/// The file is its message's, and seen.
pub(super) fn arrive(tx: &Tx<'_, Change>, mid: Mid, files: &[Arrival]) -> Result<()> {
    for Arrival { id, size, sha256 } in files {
        upload::arrive(tx, *id, Some(mid), *size, sha256)?;
    }
    Ok(())
}

/// The bytes that a line of an export holds.
pub(super) fn decoded(base64: &str) -> Result<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(base64.trim())
        .map_err(|_| Error::invalid("file", "The bytes of a file are not base64."))
}
