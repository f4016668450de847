//! What people put into a room or attach to a page: what is kept of a file, who may have it, and how
//! it goes.
//!
//! **Invariant:** a file is there for whoever may see its page and for nobody else; the right is
//! asked for with every piece that is read. No more than one piece is in memory for a reader.
//!
//! **Invariant:** a file goes with its message (the schema sees to that), and one that belongs to
//! none with its page ([`let_go`]). The bytes are then taken away a few at a time ([`sweep`]),
//! since one transaction of 25 MB would keep all others waiting.
//!
//! What is shown of a picture was written anew by us, in full size: nothing hidden in the original
//! (where it was taken, by whom) reaches anybody, and no bytes of a stranger's making are ever
//! sent as an image. The original is kept, but only who uploaded it gets it back. Refused: to keep
//! no original (a re-encoded JPEG has lost something, and it was entrusted to us), and to hand it
//! to all who read (people do not know what their camera writes into a picture).

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::civil::DateTime;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use tokio::sync::Semaphore;

use crate::account::Viewer;
use crate::app::App;
use crate::change::Change;
use crate::clock;
use crate::error::{Error, Result};
use crate::id::{AccountId, Mid, PageId, RoomId};
use crate::permission::{self, Grant, View};
use crate::store::Tx;

/// Names a file: 128 random bits, so that nobody finds one by counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId(u128);

/// A file of a message in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// The message that shows it.
    pub mid: Mid,
    /// Unique on the page and in its room.
    pub name: String,
    /// Bytes of the original.
    pub size: u64,
    /// Display name of who uploaded it.
    pub by: String,
    /// When, in the room's zone.
    pub local: DateTime,
}

/// The files of a room, as its panel and the status table tell of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// How many there are.
    pub n_files: i64,
    /// The newest first.
    pub latest: Vec<File>,
}

/// What of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What a browser may show in place.
    Shown,
    /// The small picture.
    Thumbnail,
    /// The file, to be kept: of a picture, the original for who uploaded it.
    Download,
}

/// In which form bytes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Original,
    Shown,
    Thumbnail,
}

impl Form {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Shown => "shown",
            Self::Thumbnail => "thumbnail",
        }
    }
}

/// Bytes that may be read, piece by piece.
#[derive(Clone, Debug)]
pub struct Contents {
    grant: Grant<View>,
    file: FileId,
    form: Form,
    /// Name of the file.
    pub name: String,
    /// `image/png`, `image/jpeg` or `image/gif` for what we wrote ourselves and a browser may
    /// show; `None` for everything else, which is only ever downloaded.
    pub image: Option<String>,
    /// All bytes.
    pub size: u64,
    /// Names these bytes: they never change.
    pub tag: String,
}

/// Bytes of a piece; the last of a file may be shorter.
pub const PIECE: usize = 256 * 1024;
/// Pieces that one transaction writes or takes away: 1 MiB.
pub(crate) const PIECES_AT_ONCE: usize = 4;

/// Which uploads are under way, and whose turn it is to read a picture.
#[derive(Debug)]
pub struct Uploads {
    running: Arc<Mutex<HashSet<FileId>>>,
    /// One at a time: a picture takes up to 64 MiB while it is read.
    pub(crate) pictures: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { running: Arc::default(), pictures: Arc::new(Semaphore::new(1)) }
    }
}

/// An upload is under way until this is dropped; what has not become a file by then is swept.
#[derive(Debug)]
pub(crate) struct Running {
    running: Arc<Mutex<HashSet<FileId>>>,
    pub(crate) id: FileId,
}

impl Uploads {
    /// A file begins to come in.
    pub(crate) fn begin(&self) -> Running {
        let id = FileId(rand::random());
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Running { running: Arc::clone(&self.running), id }
    }

    fn is_running(&self, id: FileId) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

// ------------------------------------------------------------------------------------ verbs

/// The bytes of a file, if the viewer may see its page.
pub async fn open(app: &App, viewer: &Viewer, id: FileId, wanted: Wanted) -> Result<Contents> {
    let viewer = viewer.clone();
    app.store.read(move |connection| contents(connection, &viewer, id, wanted)).await
}

/// One piece of a file. The right is asked for again: a long download does not outlive it.
pub async fn piece(app: &App, contents: &Contents, n: u64) -> Result<Bytes> {
    let contents = contents.clone();
    let now = app.clock.now();
    app.store
        .read(move |connection| {
            contents.grant.confirm(connection, now)?;
            let bytes = select_piece(connection, contents.file, contents.form, n)?;
            Ok(Bytes::from(bytes.ok_or(Error::NotFound)?))
        })
        .await
}

/// The files of a room, the newest first; at most 500.
pub async fn list(app: &App, grant: &Grant<View>) -> Result<Files> {
    let room = grant.room();
    grant.read(app, move |connection| files(connection, room, 500)).await
}

/// Takes away the bytes of files whose message was removed, and of uploads that broke off: a few
/// at a time, so that posts go on in between. What cannot be done now, the next sweep does.
pub async fn sweep(app: &App) {
    if let Err(error) = sweep_once(app).await {
        tracing::warn!(%error, "files were not taken away yet");
    }
}

async fn sweep_once(app: &App) -> Result<()> {
    // First what is there, then what is under way: an upload that begins in between is not seen.
    let unsettled = app.store.read(unsettled).await?;
    for id in unsettled.into_iter().filter(|id| !app.uploads.is_running(*id)) {
        while app.store.write(move |tx| remove_some(tx, id)).await? {}
    }
    Ok(())
}

// ------------------------------------------------------------------------------------ rules

impl File {
    /// Where it is.
    pub fn address(&self) -> String {
        address(self.id, &self.name)
    }
}

/// Where a file is. The name is for people; the id alone finds it.
pub(crate) fn address(id: FileId, name: &str) -> String {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    // A dot is plain, and a browser wants to see what a name ends in.
    format!("/files/{id}/{}", name.to_string().replace("%2E", ".").replace("%2D", "-"))
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Not the id of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

impl FromStr for FileId {
    type Err = Malformed;
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let hex =
            text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let id = u128::from_str_radix(text, 16).ok().filter(|_| hex);
        id.map(Self).ok_or(Malformed)
    }
}

impl ToSql for FileId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl FromSql for FileId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|Malformed| FromSqlError::InvalidType)
    }
}

pub(crate) fn hex(hash: &[u8]) -> String {
    use fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

// ------------------------------------------------------------------------------------ sql

fn contents(
    connection: &Connection,
    viewer: &Viewer,
    id: FileId,
    wanted: Wanted,
) -> Result<Contents> {
    let found = connection
        .prepare_cached(
            "select page, name, size, sha256, uploaded_by from file
             where id = ?1 and state = 'here'",
        )?
        .query_row([id], |row| {
            Ok((
                row.get::<_, PageId>(0)?,
                row.get::<_, String>(1)?,
                row.get(2)?,
                row.get::<_, Vec<u8>>(3)?,
                row.get::<_, Option<AccountId>>(4)?,
            ))
        })
        .optional()?;
    let Some((page, name, size, sha256, by)) = found else {
        // The same answers as for what is there but not for this viewer's eyes.
        return Err(if viewer.account().is_some() { Error::NotFound } else { Error::LoginNeeded });
    };
    let grant = permission::grant::<View>(connection, viewer, page)?;
    let written = match wanted {
        Wanted::Download if by.is_some() && viewer.account_id() == by => None,
        Wanted::Thumbnail => select_picture(connection, id, "thumbnail")?,
        Wanted::Shown | Wanted::Download => select_picture(connection, id, "shown")?,
    };
    let contents = Contents {
        grant,
        file: id,
        form: Form::Original,
        name,
        image: None,
        size,
        tag: hex(&sha256),
    };
    Ok(match written {
        Some(Written { form, kind, size, sha256 }) => {
            let image = (wanted != Wanted::Download).then_some(kind);
            Contents { form, image, size, tag: hex(&sha256), ..contents }
        }
        None => contents,
    })
}

pub(crate) struct Written {
    pub(crate) form: Form,
    pub(crate) kind: String,
    pub(crate) size: u64,
    sha256: Vec<u8>,
}

/// What we wrote of a picture. A small picture has no smaller one: it is shown itself.
pub(crate) fn select_picture(
    connection: &Connection,
    file: FileId,
    form: &str,
) -> Result<Option<Written>> {
    let written = connection
        .prepare_cached(
            "select form, kind, size, sha256 from file_picture
             where file = :file and form in ('shown', :form) order by form = :form desc limit 1",
        )?
        .query_row(named_params! { ":file": file, ":form": form }, |row| {
            let shown = row.get_ref(0)?.as_str()? == "shown";
            let form = if shown { Form::Shown } else { Form::Thumbnail };
            Ok(Written { form, kind: row.get(1)?, size: row.get(2)?, sha256: row.get(3)? })
        })
        .optional()?;
    Ok(written)
}

pub(crate) fn select_piece(
    connection: &Connection,
    file: FileId,
    form: Form,
    n: u64,
) -> Result<Option<Vec<u8>>> {
    let bytes = connection
        .prepare_cached("select bytes from file_chunk where file = ?1 and form = ?2 and n = ?3")?
        .query_row((file, form.as_str(), n), |row| row.get(0))
        .optional()?;
    Ok(bytes)
}

/// The newest files of a room, and how many there are.
pub(crate) fn files(connection: &Connection, room: RoomId, limit: i64) -> Result<Files> {
    let n_files = connection
        .prepare_cached("select count(*) from file where page = ?1 and mid is not null")?
        .query_row([room], |row| row.get(0))?;
    let mut statement = connection.prepare_cached(
        "select file.id, file.mid, file.name, file.size, file.uploaded_at,
                coalesce(account.display, message.author_name) as display, message.offset_minutes
         from file left join account on account.id = file.uploaded_by
           join message on message.room = file.page and message.mid = file.mid
         where file.page = ?1 and file.mid is not null order by file.mid desc, file.name limit ?2",
    )?;
    let latest = statement.query_map((room, limit), from_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(Files { n_files, latest })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<File> {
    Ok(File {
        id: row.get("id")?,
        mid: row.get("mid")?,
        name: row.get("name")?,
        size: row.get("size")?,
        by: row.get("display")?,
        local: clock::local(row.get("uploaded_at")?, row.get("offset_minutes")?),
    })
}

/// What a body means by a name on a page or in its room.
pub(crate) struct Named {
    pub(crate) id: FileId,
    /// Pixels of the picture; `None`: it can only be downloaded.
    pub(crate) pixels: Option<(u32, u32)>,
}

/// The file of that name. `own` are those of the message that is being written: not here yet.
pub(crate) fn find(
    connection: &Connection,
    page: PageId,
    name: &str,
    own: &[FileId],
) -> Result<Option<Named>> {
    let found = connection
        .prepare_cached(
            "select id, state = 'here', width, height from file
               left join file_picture on file = id and form = 'shown'
             where page = ?1 and name = ?2",
        )?
        .query_row((page, name), |row| {
            let pixels = row.get::<_, Option<u32>>(2)?.zip(row.get(3)?);
            Ok((Named { id: row.get(0)?, pixels }, row.get::<_, bool>(1)?))
        })
        .optional()?;
    Ok(found.filter(|(named, here)| *here || own.contains(&named.id)).map(|(named, _)| named))
}

/// The files that a message shows.
pub(crate) fn of_message(connection: &Connection, room: RoomId, mid: Mid) -> Result<Vec<FileId>> {
    let mut statement =
        connection.prepare_cached("select id from file where page = ?1 and mid = ?2")?;
    let ids =
        statement.query_map((room, mid), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

fn unsettled(connection: &Connection) -> Result<Vec<FileId>> {
    let mut statement = connection.prepare_cached("select id from file where state <> 'here'")?;
    let ids = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// The page's own files go: one of them, or all.
pub(crate) fn let_go(tx: &Tx<'_, Change>, page: PageId, one: Option<FileId>) -> Result<()> {
    tx.prepare_cached(
        "update file set state = 'going', name = '/' || id
         where page = ?1 and mid is null and state = 'here' and coalesce(id = ?2, true)",
    )?
    .execute((page, one))?;
    Ok(())
}

/// Takes some pieces of a file away, and with the last the file; false when there is nothing left.
fn remove_some(tx: &Tx<'_, Change>, id: FileId) -> Result<bool> {
    let room: Option<RoomId> = tx
        .prepare_cached("select page from file where id = ?1 and state <> 'here'")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let Some(room) = room else { return Ok(false) };
    tx.scrub();
    let removed = tx
        .prepare_cached(
            "delete from file_chunk where id in (select id from file_chunk where file = ?1 limit ?2)",
        )?
        .execute((id, PIECES_AT_ONCE))?;
    if removed == PIECES_AT_ONCE {
        return Ok(true);
    }
    tx.execute("delete from file_picture where file = ?1", [id])?;
    tx.execute("delete from file where id = ?1", [id])?;
    tx.tell(Change::Panel(room));
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote_and_refuses_the_rest() {
        let id = FileId(0x0a1b << 96 | 7);
        assert_eq!(id.to_string().len(), 32);
        assert_eq!(id.to_string().parse(), Ok(id));
        for odd in ["", "0", "+0000000000000000000000000000007", &"A".repeat(32), &"g".repeat(32)] {
            assert_eq!(odd.parse::<FileId>(), Err(Malformed), "{odd}");
        }
    }

    #[test]
    fn an_address_holds_no_more_than_a_name() {
        let address = address(FileId(1), "../a b?c#d\".png");
        assert!(address.ends_with("/..%2Fa%20b%3Fc%23d%22.png"), "{address}");
    }
}
