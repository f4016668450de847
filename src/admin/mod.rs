//! What an operator can have done from the command line, with or without a running server.
//!
//! A command is data. Where a server has the file open it goes over a socket beside the file
//! (mode 0600: who may read the file may administer it); else the file is opened here. Either
//! way it is the same code, and never a second writer.

mod export;
mod lists;
mod socket;
mod upkeep;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::{App, Shared};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::export::Of;
use crate::id::{PageId, RoomId};
use crate::import::records::{self, Entry, Opened};
use crate::mandate::Mandate;
use crate::page::{self, PageDraft};
use crate::record::{Head, Notes};
use crate::roster::{self, NewAccount};
use crate::space::{self, Rights};
use crate::template::{self, Template};
use crate::view::text;
use crate::{group, import, moderation, notes, retention, room};

pub use crate::exported::Format;
pub use socket::listen;

/// One thing to be done.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(missing_docs, reason = "the command line's help tells them, in main/arguments.rs")]
pub enum Command {
    AccountAdd { name: String, display: String, admin: bool, groups: Vec<String>, password: String },
    AccountPassword { name: String, password: String },
    AccountDisplay { name: String, display: String },
    AccountAdmin { name: String, admin: bool },
    AccountDisable { name: String },
    AccountEnable { name: String },
    AccountLogOut { name: String },
    AccountResetCode { name: String },
    AccountGroups { name: String, groups: Vec<String> },
    AccountList,
    GroupAdd { name: String, members: String },
    GroupMembers { name: String, members: String },
    GroupRemove { name: String },
    GroupList,
    SpaceAdd { key: String, name: String, rights: Rights, template: Template },
    SpaceRights { key: String, view: String, comment: String, edit: String },
    SpaceName { key: String, name: String },
    SpaceList,
    RoomLock { room: RoomId },
    RoomUnlock { room: RoomId },
    RoomList,
    Audit { before: Option<i64> },
    PageAdd { space: String, title: String, parent: Option<PageId>, body: String },
    ImportIrc { room: RoomId, zone: String, file_name: String, text: String },
    ImportRoom { into: records::Into, head: Head },
    ImportNotes { room: RoomId, notes: Notes },
    ImportRecords { room: RoomId, entries: Vec<Entry> },
    Export { of: Of, format: Format, file: PathBuf },
    Backup { file: PathBuf },
    SpaceKeep { key: String, days: Option<i64> },
    Expire { dry_run: bool },
    Check,
    Rebuild,
}

impl Command {
    /// The server may live in surroundings of its own, and what it wrote with them.
    fn is_seen(&self) -> std::result::Result<(), String> {
        match self {
            Self::Export { file, .. } | Self::Backup { file } if !file.exists() => Err(format!(
                "the server wrote {}, but not where it can be seen from here: a service has a /tmp of its own; \
                 choose a place in the folder of its data",
                file.display()
            )),
            _ => Ok(()),
        }
    }

    /// May be the first that is done, and make the file. Whatever looks for something is told that
    /// there is none: a copy of a file that was just made would take the place of a good one.
    fn founds(&self) -> bool {
        use Command::{AccountAdd, GroupAdd, SpaceAdd};
        matches!(self, AccountAdd { .. } | GroupAdd { .. } | SpaceAdd { .. })
    }
}

/// What came of a command: text for standard output, or a refusal for standard error.
pub type Reply = Result<String, String>;

/// Has commands done, one after the other, by whoever holds the file.
pub struct Hand {
    config: Config,
    /// The file, opened here once it turned out that no server has it.
    app: Option<Shared>,
}

impl Hand {
    /// Nothing is opened before the first command.
    pub fn new(config: Config) -> Self {
        Self { config, app: None }
    }

    /// Has a command done.
    pub async fn carry_out(&mut self, command: Command) -> Reply {
        let app = if let Some(app) = &self.app {
            app
        } else {
            if let Some(reply) = socket::ask(&self.config.file, &command).await {
                return reply.and_then(|told| command.is_seen().map(|()| told));
            }
            let file = &self.config.file;
            if !command.founds() && !crate::store::is_there(file) {
                let file = file.display();
                return Err(format!("there is no file {file}: --data says where it is"));
            }
            let app = App::open(self.config.clone(), Clock::real());
            self.app.insert(app.map_err(|error| tell(&error))?)
        };
        run(app, command).await
    }

    /// The file is whole, and may be opened by another.
    pub async fn close(self) {
        if let Some(app) = self.app {
            app.store.close().await;
        }
    }
}

/// Has a command done by whoever holds the file.
pub async fn carry_out(config: &Config, command: Command) -> Reply {
    let mut hand = Hand::new(config.clone());
    let reply = hand.carry_out(command).await;
    hand.close().await;
    reply
}

/// Does a command here.
pub async fn run(app: &App, command: Command) -> Reply {
    done(app, command).await.map_err(|error| tell(&error))
}

/// For an operator: the cause, where there is one, since nobody else reads it.
pub fn tell(error: &Error) -> String {
    match error {
        Error::Broken(source) => source.to_string(),
        Error::NotFound => "There is nothing by this id.".into(),
        other => other.to_string(),
    }
}

async fn done(app: &App, command: Command) -> Result<String> {
    let mandate = &Mandate::operator();
    match command {
        Command::AccountAdd { name, display, admin, groups, password } => {
            let new = NewAccount { name, display, admin, groups, password };
            Ok(format!("{}\n", roster::add(app, mandate, new).await?))
        }
        Command::AccountPassword { name, password } => {
            quiet(roster::set_password(app, mandate, &name, password).await)
        }
        Command::AccountDisplay { name, display } => {
            quiet(roster::set_display(app, mandate, &name, &display).await)
        }
        Command::AccountAdmin { name, admin: true } => {
            quiet(roster::give_admin(app, mandate, &name).await)
        }
        Command::AccountAdmin { name, admin: false } => {
            quiet(roster::take_admin(app, mandate, &name).await)
        }
        Command::AccountDisable { name } => quiet(roster::disable(app, mandate, &name).await),
        Command::AccountEnable { name } => quiet(roster::enable(app, mandate, &name).await),
        Command::AccountResetCode { name } => quiet(roster::reset_code(app, mandate, &name).await),
        Command::AccountLogOut { name } => quiet(roster::end_sessions(app, mandate, &name).await),
        Command::AccountGroups { name, groups } => {
            quiet(roster::set_groups(app, mandate, &name, groups).await)
        }
        Command::AccountList => lists::accounts(app, mandate).await,
        Command::GroupAdd { name, members } => {
            quiet(group::add(app, mandate, &name, &members).await)
        }
        Command::GroupMembers { name, members } => {
            quiet(group::set_members(app, mandate, &name, &members).await)
        }
        Command::GroupRemove { name } => quiet(group::remove(app, mandate, &name).await),
        Command::GroupList => lists::groups(app, mandate).await,
        Command::SpaceAdd { key, name, rights, template } => {
            let title = if name.trim().is_empty() { &key } else { &name };
            let drafts = text::template(template, title);
            let space = template::add_space(app, mandate, &key, &name, rights, drafts).await?;
            Ok(format!("{space}\n"))
        }
        Command::SpaceRights { key, view, comment, edit } => {
            let rights = Rights { view, comment, edit };
            quiet(space::set_rights(app, mandate, &key, rights).await)
        }
        Command::SpaceName { key, name } => quiet(space::set_name(app, mandate, &key, &name).await),
        Command::SpaceList => lists::spaces(app, mandate).await,
        Command::SpaceKeep { key, days } => {
            quiet(retention::set_in_space(app, mandate, &key, days).await)
        }
        Command::RoomLock { room } => {
            room::exists(app, room).await?;
            quiet(moderation::lock_any(app, mandate, room).await)
        }
        Command::RoomUnlock { room } => {
            room::exists(app, room).await?;
            quiet(moderation::unlock_any(app, mandate, room).await)
        }
        Command::RoomList => lists::rooms(app, mandate).await,
        Command::Audit { before } => lists::journal(app, mandate, before).await,
        Command::PageAdd { space, title, parent, body } => {
            let draft = PageDraft { title, body };
            let page = page::create_by(app, mandate, &space, parent, draft).await?;
            Ok(format!("{page}\n"))
        }
        Command::ImportIrc { room, zone, file_name, text } => {
            room::exists(app, room).await?;
            let report = import::irc(app, room, &zone, &file_name, &text).await?;
            serde_json::to_string(&report).map_err(Error::broken)
        }
        Command::ImportRoom { into, head } => {
            let Opened { room, restricted } = records::room(app, into, &head).await?;
            let page = &head.page;
            let told =
                format!("“{page}”, page {room}: only who administers sees it; {RESTRICTED}\n");
            Ok(format!("{room}\n{}", if restricted { &told } else { "" }))
        }
        Command::ImportNotes { room, notes } => {
            let came = notes::import(app, room, &notes).await?;
            let day = notes.day;
            let told =
                format!("{day} in room {room}: only who administers sees its page; {RESTRICTED}\n");
            Ok(if came && notes.restricted { told } else { String::new() })
        }
        Command::ImportRecords { room, entries } => {
            let report = records::take(app, room, entries).await?;
            serde_json::to_string(&report).map_err(Error::broken)
        }
        Command::Export { of, format, file } => export::write(app, of, format, file).await,
        Command::Backup { file } => {
            app.store.copy(file).await?;
            Ok(String::new())
        }
        Command::Expire { dry_run } => upkeep::expire(app, dry_run).await,
        Command::Check => upkeep::check(app).await,
        Command::Rebuild => upkeep::rebuild(app).await,
    }
}

/// Of what is done there is nothing to say.
fn quiet(done: Result<()>) -> Result<String> {
    done.map(|()| String::new())
}

/// What [`Command::ImportIrc`] did with a file.
pub fn told_of_log(file: &str, report: &import::Report) -> String {
    let mut text = String::new();
    for (line, why) in &report.malformed {
        let _ = writeln!(text, "{file}:{line}: {why}");
    }
    let _ = writeln!(
        text,
        "{file}: {} messages imported, {} known already, {} lines skipped, {} malformed{}",
        report.n_added,
        report.n_known,
        report.n_skipped,
        report.malformed.len(),
        told_of_expired(report.n_expired)
    );
    text
}

/// Why an import made a page that is not for all of its space.
const RESTRICTED: &str = "where it comes from, only some did. Its restrictions say who else may.";

/// The end of a line that tells of an import.
pub fn told_of_expired(n_expired: usize) -> String {
    match n_expired {
        0 => String::new(),
        n => format!(", {n} older than the room keeps its messages"),
    }
}

/// The socket of the file's administration.
fn socket_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sock");
    name.into()
}

/// Serves commands until the answer is dropped.
pub fn serve(app: &Shared) -> Result<socket::Listening> {
    listen(app, &socket_path(&app.config.file))
}
