//! Putting files into a room or onto a page: they come in piece by piece, and are there all at once.
//!
//! **Invariant:** no more than 1 MiB of a file is in memory or in one transaction. What has come
//! in is nobody's to see until the last transaction, which asks for the right again and makes the
//! files visible: with the message that it posts, or on the page. Whatever breaks off before is
//! swept.
//!
//! Files that come together into a room are one message. A retry is the same message: same author,
//! room, nonce, words, names and bytes. On a page a file of that name with those bytes is that file.

mod picture;

use std::fmt::Write as _;

use rusqlite::{Connection, OptionalExtension, named_params};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::change::Change;
use crate::draft::Draft;
use crate::error::{Error, Result};
use crate::file::{self, FileId, Form, PIECE, PIECES_AT_ONCE, Running};
use crate::id::{AccountId, Mid, PageId};
use crate::message::{self, NewRow, Posted};
use crate::page_file::{self, Act};
use crate::permission::{Edit, Grant, Permission, Post};
use crate::store::Tx;
use crate::{draft, file_name, indexed, moderation, room};

pub(crate) use picture::{is_picture, make_picture};

/// Files that come together at most.
pub const MOST_FILES: usize = 10;
const DAY_MS: i64 = 86_400_000;

/// Files on their way into a room or onto a page, as `P` allows. Dropped before [`Upload::post`] or
/// [`Upload::attach`], they never were.
pub struct Upload<'a, P> {
    app: &'a App,
    grant: &'a Grant<P>,
    by: AccountId,
    files: Vec<Coming>,
}

/// A file that is coming in.
struct Coming {
    running: Running,
    /// As it was called where it came from; in the end, as it is called here.
    name: String,
    wanted_name: String,
    kind: &'static str,
    size: u64,
    hash: Sha256,
    sha256: Vec<u8>,
    /// Pieces that are not in the store yet; the last may be incomplete.
    waiting: Vec<Vec<u8>>,
    n_stored: usize,
    picture: bool,
}

// ------------------------------------------------------------------------------------ verbs

impl<'a> Upload<'a, Post> {
    /// Begins, if there is an open room and place for more.
    pub async fn to_room(app: &'a App, grant: &'a Grant<Post>) -> Result<Self> {
        let by = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
        app.rate_limits.upload(by.0)?;
        let room = grant.room();
        let (now, config) = (app.clock.now(), &app.config);
        let (most, most_per_day) = (config.files_limit, config.files_limit_per_day);
        app.store
            .read(move |connection| {
                // Whoever will be refused need not send anything. In slow mode a retry may come
                // early: that is asked for at the end.
                let room = room::select_open(connection, room)?;
                moderation::admit_edit(connection, &room, by, now)?;
                ask_for_space(connection, by, now.as_millisecond(), most, most_per_day)
            })
            .await?;
        Ok(Self { app, grant, by, files: Vec::new() })
    }

    /// Posts the message that shows the files, with some words or none, in answer to another or
    /// to none. Acknowledged means durable: the answer comes after the commit.
    pub async fn post(self, nonce: &str, words: &str, to: Option<Mid>) -> Result<Posted> {
        let (app, grant) = (self.app, self.grant);
        if self.files.is_empty() {
            return Err(Error::invalid("file", "Choose a file first."));
        }
        let author = grant.viewer().account().ok_or(Error::LoginNeeded)?.clone();
        let draft = self.draft(nonce, words);
        let own: Vec<FileId> = self.files.iter().map(|coming| coming.running.id).collect();
        let written = draft::read_with(app, grant, &self.body(words), own).await?;
        let row = NewRow {
            written,
            author: Some(author.id),
            author_name: author.name,
            author_display: author.display,
            at: app.clock.now(),
            draft: Some(draft.key()),
            reply_to: to,
            origin: None,
        };
        let arrived: Vec<_> =
            self.files.iter().map(|c| (c.running.id, c.size, c.sha256.clone())).collect();
        let confirmed = grant.clone();
        app.store
            .write(move |tx| {
                confirmed.confirm(tx, row.at)?;
                let room = confirmed.room();
                if let Some(mid) = message::find_draft(tx, room, &row)? {
                    let message = message::select(tx, room, mid)?.ok_or(Error::NotFound)?;
                    return Ok(Posted { message, new: false });
                }
                message::refuse_stray(tx, room, row.reply_to)?;
                tx.is_by(author.id.0);
                let message = message::insert(tx, room, &row)?;
                for (id, size, sha256) in &arrived {
                    arrive(tx, *id, Some(message.mid), *size, sha256)?;
                }
                tx.tell(Change::Posted(message.clone(), row.written.mentions.clone()));
                tx.tell(Change::Panel(room));
                Ok(Posted { message, new: true })
            })
            .await
    }

    /// By the words, names and bytes, not by what is made of them: a retry has other ids.
    fn draft(&self, nonce: &str, words: &str) -> Draft {
        let mut body = words.to_owned();
        for coming in &self.files {
            body.push('\n');
            body.push_str(&coming.wanted_name);
            body.push('\0');
            body.push_str(&file::hex(&coming.sha256));
        }
        Draft { body, nonce: nonce.to_owned() }
    }

    fn body(&self, words: &str) -> String {
        let mut body = words.trim_end().to_owned();
        for (n, Coming { name, picture, .. }) in self.files.iter().enumerate() {
            // All on one line: many lines would be a paste when it is rewritten.
            body.push(if n == 0 { '\n' } else { ' ' });
            if *picture {
                let _ = write!(body, "!{name}|thumbnail!");
            } else {
                let _ = write!(body, "[^{name}]");
            }
        }
        body
    }
}

impl<'a> Upload<'a, Edit> {
    /// Begins, if the page takes files and there is place for more.
    pub async fn to_page(app: &'a App, grant: &'a Grant<Edit>) -> Result<Self> {
        let by = grant.viewer().account_id().ok_or(Error::LoginNeeded)?;
        app.rate_limits.upload(by.0)?;
        let page = grant.page();
        let (now, config) = (app.clock.now().as_millisecond(), &app.config);
        let (most, most_per_day) = (config.files_limit, config.files_limit_per_day);
        app.store
            .read(move |connection| {
                page_file::refuse_day(connection, page)?;
                ask_for_space(connection, by, now, most, most_per_day)
            })
            .await?;
        Ok(Self { app, grant, by, files: Vec::new() })
    }

    /// Attaches the files to the page. Acknowledged means durable: the answer comes after the commit.
    pub async fn attach(self) -> Result<()> {
        let (app, by) = (self.app, self.by);
        if self.files.is_empty() {
            return Err(Error::invalid("file", "Choose a file first."));
        }
        let (grant, now) = (self.grant.clone(), app.clock.now());
        // What is running is not swept: `self` stays until the write has answered.
        let arrived: Vec<_> = self.files.iter().map(Arrived::of).collect();
        app.store
            .write(move |tx| {
                grant.confirm(tx, now)?;
                let page = grant.page();
                page_file::refuse_day(tx, page)?;
                let before = indexed::names(tx, page)?;
                for file in &arrived {
                    if page_file::is_there(tx, page, &file.wanted_name, &file.sha256)? {
                        continue;
                    }
                    arrive(tx, file.id, None, file.size, &file.sha256)?;
                    page_file::note(tx, page, by, Act::Attached, &file.name, now)?;
                }
                indexed::follow(tx, page, &before)
            })
            .await
    }
}

/// A file that is complete, for the moment when it becomes the page's.
struct Arrived {
    id: FileId,
    name: String,
    wanted_name: String,
    size: u64,
    sha256: Vec<u8>,
}

impl Arrived {
    fn of(coming: &Coming) -> Self {
        Self {
            id: coming.running.id,
            name: coming.name.clone(),
            wanted_name: file_name::with_ending(&coming.wanted_name, coming.kind),
            size: coming.size,
            sha256: coming.sha256.clone(),
        }
    }
}

impl<P: Permission + 'static> Upload<'_, P> {
    /// The next file, by the name that it has where it comes from.
    pub fn start(&mut self, name: &str) -> Result<()> {
        if self.files.len() == MOST_FILES {
            return Err(Error::invalid("file", format!("At most {MOST_FILES} files at once.")));
        }
        let wanted_name = file_name::clean(name);
        self.files.push(Coming {
            running: self.app.uploads.begin(),
            name: wanted_name.clone(),
            wanted_name,
            kind: "application/octet-stream",
            size: 0,
            hash: Sha256::new(),
            sha256: Vec::new(),
            waiting: Vec::new(),
            n_stored: 0,
            picture: false,
        });
        Ok(())
    }

    /// More of the file that was started last.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let limit = self.app.config.file_limit;
        let Some(coming) = self.files.last_mut() else { return Ok(()) };
        coming.size += bytes.len() as u64;
        if coming.size > limit {
            return Err(too_large(&coming.wanted_name, limit));
        }
        coming.hash.update(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            if coming.waiting.last().is_none_or(|piece| piece.len() == PIECE) {
                if coming.waiting.len() == PIECES_AT_ONCE {
                    store_waiting(self.app, self.grant, self.by, coming).await?;
                }
                coming.waiting.push(Vec::with_capacity(PIECE));
            }
            let Some(piece) = coming.waiting.last_mut() else { break };
            let (now, later) = rest.split_at(rest.len().min(PIECE - piece.len()));
            piece.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    /// The file that was started last is complete.
    pub async fn finish(&mut self) -> Result<()> {
        let Some(coming) = self.files.last_mut() else { return Ok(()) };
        if coming.n_stored == 0 || !coming.waiting.is_empty() {
            store_waiting(self.app, self.grant, self.by, coming).await?;
        }
        coming.sha256 = coming.hash.finalize_reset().to_vec();
        if is_picture(coming.kind) {
            coming.picture =
                make_picture(self.app, coming.running.id, coming.size, coming.kind).await?;
        }
        Ok(())
    }
}

/// Puts what waits into the store; with the first of it, the row of the file.
async fn store_waiting<P: Permission + 'static>(
    app: &App,
    grant: &Grant<P>,
    by: AccountId,
    coming: &mut Coming,
) -> Result<()> {
    let pieces = std::mem::take(&mut coming.waiting);
    let first = coming.n_stored;
    if first == 0 {
        coming.kind = sniff(pieces.first().map(Vec::as_slice).unwrap_or_default());
        coming.name = file_name::with_ending(&coming.wanted_name, coming.kind);
    }
    coming.n_stored += pieces.len();
    let (id, kind, wanted) = (coming.running.id, coming.kind, coming.name.clone());
    let (grant, now) = (grant.clone(), app.clock.now());
    let (most, most_per_day) = (app.config.files_limit, app.config.files_limit_per_day);
    coming.name = app
        .store
        .write(move |tx| {
            // Whoever has lost the right need not send the rest.
            grant.confirm(tx, now)?;
            let name = if first == 0 {
                let (page, at) = (grant.page(), now.as_millisecond());
                let name = free_name(tx, page, &wanted)?;
                insert(tx, &New { id, page, name: &name, kind, by: Some(by), at })?;
                name
            } else {
                wanted.clone()
            };
            // What is on its way takes space too: many uploads at once are no way around a limit.
            ask_for_space(tx, by, now.as_millisecond(), most, most_per_day)?;
            insert_pieces(tx, id, Form::Original, first, &pieces)?;
            let n_bytes: usize = pieces.iter().map(Vec::len).sum();
            tx.prepare_cached("update file set size = size + ?2 where id = ?1")?
                .execute((id, n_bytes))?;
            Ok(name)
        })
        .await?;
    Ok(())
}

// ------------------------------------------------------------------------------------ rules

/// What is said of a file over the limit.
pub fn too_large(name: &str, limit: u64) -> Error {
    Error::TooLarge(format!(
        "“{name}” is too large: a file may have at most {}. Nothing was sent.",
        most(limit)
    ))
}

/// How much a file may have, as whoever set it would say.
pub fn most(limit: u64) -> String {
    const MIB: u64 = 1 << 20;
    match limit {
        MIB.. if limit.is_multiple_of(MIB) => format!("{} MB", limit / MIB),
        1_000_000.. if limit.is_multiple_of(1_000_000) => format!("{} MB", limit / 1_000_000),
        1_000.. => format!("{} kB", limit / 1_000),
        _ => format!("{limit} bytes"),
    }
}

/// The content type by the first bytes; what a file calls itself does not count.
pub(crate) fn sniff(head: &[u8]) -> &'static str {
    infer::get(head).map_or("application/octet-stream", |kind| kind.mime_type())
}

// ------------------------------------------------------------------------------------ sql

pub(crate) struct New<'a> {
    pub(crate) id: FileId,
    pub(crate) page: PageId,
    pub(crate) name: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) by: Option<AccountId>,
    pub(crate) at: i64,
}

pub(crate) fn insert(tx: &Tx<'_, Change>, new: &New<'_>) -> Result<()> {
    tx.prepare_cached(
        "insert into file (id, page, state, name, size, kind, uploaded_by, uploaded_at)
         values (:id, :page, 'coming', :name, 0, :kind, :by, :at)",
    )?
    .execute(named_params! {
        ":id": new.id, ":page": new.page, ":name": new.name, ":kind": new.kind, ":by": new.by,
        ":at": new.at,
    })?;
    Ok(())
}

pub(crate) fn insert_pieces(
    tx: &Tx<'_, Change>,
    id: FileId,
    form: Form,
    first: usize,
    pieces: &[Vec<u8>],
) -> Result<()> {
    let mut statement =
        tx.prepare_cached("insert into file_chunk (file, form, n, bytes) values (?1, ?2, ?3, ?4)")?;
    for (n, piece) in pieces.iter().enumerate() {
        statement.execute((id, form.as_str(), first + n, piece))?;
    }
    Ok(())
}

/// The file is complete and seen from now on: the message's, or the page's own.
pub(crate) fn arrive(
    tx: &Tx<'_, Change>,
    id: FileId,
    mid: Option<Mid>,
    size: u64,
    sha256: &[u8],
) -> Result<()> {
    let arrived = tx.execute(
        "update file set state = 'here', mid = ?2, size = ?3, sha256 = ?4
         where id = ?1 and state = 'coming'",
        (id, mid, size, sha256),
    )?;
    // Only a sweep that took it for left over could have taken it.
    if arrived == 1 { Ok(()) } else { Err(Error::Busy) }
}

/// The name, or one like it that no other file of the page and its room has.
pub(crate) fn free_name(connection: &Connection, page: PageId, wanted: &str) -> Result<String> {
    let mut taken =
        connection.prepare_cached("select 1 from file where page = ?1 and name = ?2")?;
    let mut name = wanted.to_owned();
    for n in 2_u32.. {
        if taken.query_row((page, &name), |_| Ok(())).optional()?.is_none() {
            break;
        }
        // After some, by chance: a hundred pictures from the clipboard are all called the same.
        name = file_name::marked(wanted, if n < 20 { n } else { rand::random() });
    }
    Ok(name)
}

fn ask_for_space(
    connection: &Connection,
    by: AccountId,
    now: i64,
    most: u64,
    most_per_day: u64,
) -> Result<()> {
    let (all, today): (u64, u64) = connection
        .prepare_cached(
            "select coalesce(sum(size), 0),
                    coalesce(sum(size) filter (where uploaded_by = ?1 and uploaded_at > ?2), 0)
             from file",
        )?
        .query_row((by, now - DAY_MS), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if all >= most {
        return Err(Error::NoSpace("There is no space left for files on this server."));
    }
    if today >= most_per_day {
        return Err(Error::NoSpace("You have uploaded a lot today. Try again tomorrow."));
    }
    Ok(())
}
