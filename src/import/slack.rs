//! Reads what Slack exports: a zip file with `users.json`, `channels.json` and, in a folder for each
//! channel, a file for each day.
//!
//! People come as names, not as accounts: whoever is called so there need not be the same here.
//! Private channels and direct messages stay out, since a space may be seen by everybody in it.
//! Files come where their bytes are in the archive (`__uploads/ID/NAME`, or `ID-NAME` in the folder
//! `attachments` of a channel); else a link stays. Emoji that only that Slack knew are left out.
//!
//! **Invariant:** never stops at a bad record: it is told, and the next one is read.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Seek};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zip::ZipArchive;

use super::lines::Item;
use super::mrkdwn::{self, Names};
use super::records::{Content, Entry};
use crate::draft::Kind;
use crate::error::{Error, Result};
use crate::record::{Head, Reacted, Record};

/// Bytes of a file of the archive at most: what claims to be larger was made to harm.
const LONGEST: u64 = 64 << 20;
/// Messages that say what somebody did to the channel.
const HOUSEKEEPING: [&str; 3] = ["channel_", "group_", "bot_add"];

/// An export, day by day.
pub struct Export<R: Read + Seek> {
    archive: ZipArchive<R>,
    names: Names,
    /// Login names by id.
    logins: HashMap<String, String>,
    /// The days that were not read yet, with the channel that they are of.
    days: VecDeque<(Channel, String)>,
    n_days: usize,
    /// Files in the archive that messages may have, by their id.
    contents: HashMap<String, String>,
    ready: VecDeque<Item>,
    /// The channel whose days are being read.
    channel: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Channel {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    real_name: String,
    #[serde(default)]
    profile: Profile,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    display_name: String,
    real_name: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    #[serde(rename = "type")]
    kind: String,
    subtype: String,
    user: String,
    username: String,
    text: String,
    ts: String,
    thread_ts: String,
    edited: Option<Edited>,
    reactions: Vec<Reaction>,
    files: Vec<File>,
    attachments: Vec<Attachment>,
    user_profile: Option<Profile>,
    bot_profile: Option<Profile>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Edited {
    ts: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reaction {
    name: String,
    users: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    id: String,
    name: Option<String>,
    title: Option<String>,
    permalink: String,
    url_private: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attachment {
    fallback: String,
    text: String,
}

impl<R: Read + Seek> Export<R> {
    /// Opens an export; of its channels only the one called `only`, where it is given.
    pub fn open(from: R, only: Option<&str>) -> Result<Self> {
        let mut archive = ZipArchive::new(from)
            .map_err(|error| Error::broken(format!("this is no zip file ({error})")))?;
        let users: Vec<User> = listed(&mut archive, "users.json")?;
        let mut channels: Vec<Channel> = listed(&mut archive, "channels.json")?;
        let names = Names {
            users: users.iter().map(|user| (user.id.clone(), user.shown())).collect(),
            channels: channels
                .iter()
                .map(|channel| (channel.id.clone(), channel.name.clone()))
                .collect(),
        };
        let logins = users.into_iter().map(|user| (user.id, user.name)).collect();
        channels.retain(|channel| only.is_none_or(|only| channel.name == only));
        if let Some(only) = only.filter(|_| channels.is_empty()) {
            return Err(Error::broken(format!("there is no channel {only} in it")));
        }
        channels.sort_by(|a, b| a.name.cmp(&b.name));
        let mut entries: Vec<String> =
            archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        entries.sort();
        let mut days = VecDeque::new();
        for channel in channels {
            let folder = format!("{}/", channel.name);
            let of_channel = entries.iter().filter(|entry| {
                entry.strip_prefix(&folder).is_some_and(|day| {
                    day.strip_suffix(".json").is_some_and(|day| !day.contains('/'))
                })
            });
            days.extend(of_channel.map(|day| (channel.clone(), day.clone())));
        }
        let contents = entries.iter().filter_map(|entry| Some((content_id(entry)?, entry.clone())));
        let contents = contents.collect();
        let (n_days, ready, channel) = (days.len(), VecDeque::new(), None);
        Ok(Self { archive, names, logins, days, n_days, contents, ready, channel })
    }

    /// Days that were read, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        (self.n_days - self.days.len(), self.n_days)
    }

    fn read_day(&mut self, channel: &Channel, day: &str) {
        let messages: Vec<Value> = match listed(&mut self.archive, day) {
            Ok(messages) => messages,
            Err(error) => {
                let why = super::told(&error);
                self.ready.push_back(Item::Malformed(day.to_owned(), why));
                return;
            }
        };
        if self.channel.as_ref() != Some(&channel.id) {
            self.channel = Some(channel.id.clone());
            self.ready.push_back(Item::Room(Head {
                room: 0,
                key: format!("slack:{}", channel.id),
                name: channel.name.clone(),
                zone: String::new(),
                page: channel.name.clone(),
                space: String::new(),
                restricted: false,
            }));
        }
        let mut read: Vec<Item> = Vec::new();
        for (n, value) in (1..).zip(messages) {
            let place = format!("{day}:{n}");
            read.push(match serde_json::from_value(value) {
                Ok(message) => self.item(channel, &message, place),
                Err(error) => Item::Malformed(place, format!("this is no message ({error})")),
            });
        }
        // Some exporters put the newest first.
        read.sort_by_key(|item| match item {
            Item::Message(entry) => entry.record.at,
            _ => Timestamp::MIN,
        });
        self.ready.extend(read);
    }

    fn item(&mut self, channel: &Channel, message: &Message, place: String) -> Item {
        let housekeeping = HOUSEKEEPING.iter().any(|begin| message.subtype.starts_with(begin));
        if message.kind != "message" || housekeeping {
            return Item::Skipped;
        }
        let Some(at) = instant(&message.ts) else {
            return Item::Malformed(place, format!("“{}” is no time", message.ts));
        };
        let named = |ts: &str| format!("slack:{}:{ts}", channel.id);
        let removed = message.subtype == "tombstone";
        let (mut body, files) = self.body(message);
        if removed {
            body.clear();
        } else if body.is_empty() && files.is_empty() {
            return Item::Skipped;
        }
        let kind = match message.subtype.as_str() {
            "me_message" => Kind::Action,
            _ if crate::paste::is_paste(&body, LIMIT) => Kind::Paste,
            _ => Kind::Said,
        };
        let thread = &message.thread_ts;
        let answers = (!thread.is_empty() && *thread != message.ts).then(|| named(thread));
        let (author, display) = self.author(message);
        let record = Record {
            mid: 0,
            day: at.to_zoned(jiff::tz::TimeZone::UTC).date(),
            at,
            offset_minutes: 0,
            kind,
            author,
            display,
            account: false,
            body,
            cut: false,
            reply_to: None,
            edited_at: message.edited.as_ref().and_then(|edited| instant(&edited.ts)),
            removed,
            pinned: false,
            reactions: self.reactions(&message.reactions),
            files: Vec::new(),
            position: None,
            origin: None,
            versions: Vec::new(),
        };
        Item::Message(Box::new(Entry { record, origin: named(&message.ts), answers, files, place }))
    }

    /// What a message says, with its files: those that are here, and links to the others.
    fn body(&mut self, message: &Message) -> (String, Vec<Content>) {
        let mut body = mrkdwn::to_markup(&message.text, &self.names);
        if body.is_empty() {
            // A bot's, that says everything in its attachments.
            let said = message.attachments.iter().map(|attachment| {
                if attachment.text.is_empty() { &attachment.fallback } else { &attachment.text }
            });
            let said: Vec<String> = said.map(|text| mrkdwn::to_markup(text, &self.names)).collect();
            said.join("\n").trim().clone_into(&mut body);
        }
        let mut contents = Vec::new();
        for file in &message.files {
            let name = file.name.as_ref().or(file.title.as_ref()).cloned().unwrap_or_default();
            let name = if name.is_empty() { file.id.clone() } else { name };
            let entry = self.contents.get(&file.id).cloned();
            if let Some(bytes) = entry.and_then(|entry| bytes(&mut self.archive, &entry).ok()) {
                use base64::Engine as _;
                let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
                contents.push(Content { name, base64 });
                continue;
            }
            let link = if file.permalink.is_empty() { &file.url_private } else { &file.permalink };
            if !link.is_empty() {
                let name = name.replace([']', '|'], " ");
                let line_end = if body.is_empty() { "" } else { "\n" };
                body = format!("{body}{line_end}[{name}|{link}]");
            }
        }
        (body, contents)
    }

    /// The name to log in by there, and the name that is shown.
    fn author(&self, message: &Message) -> (String, String) {
        let profile = message.user_profile.as_ref().or(message.bot_profile.as_ref());
        let shown = self.names.users.get(&message.user).cloned();
        let shown =
            shown.or_else(|| Some(message.username.clone()).filter(|name| !name.is_empty()));
        let shown = shown.or_else(|| profile.map(Profile::shown)).filter(|name| !name.is_empty());
        let login = self.logins.get(&message.user).cloned().filter(|name| !name.is_empty());
        let id = if message.user.is_empty() { "bot" } else { &message.user };
        let shown = shown.unwrap_or_else(|| id.to_owned());
        (login.unwrap_or_else(|| shown.clone()), shown)
    }

    fn reactions(&self, reactions: &[Reaction]) -> Vec<Reacted> {
        let mut found = Vec::new();
        for Reaction { name, users } in reactions {
            let name = name.split("::").next().unwrap_or(name);
            let Some(emoji) = emojis::get_by_shortcode(name) else { continue };
            let shown = |user: &String| self.names.users.get(user).unwrap_or(user).clone();
            let names = users.iter().map(shown).collect();
            found.push(Reacted { emoji: emoji.as_str().to_owned(), by: Vec::new(), names });
        }
        found
    }
}

/// Longer texts are pastes, as they would be here.
const LIMIT: usize = 16 * 1024;

impl<R: Read + Seek> Iterator for Export<R> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(item);
            }
            let (channel, day) = self.days.pop_front()?;
            self.read_day(&channel, &day);
        }
    }
}

impl User {
    fn shown(&self) -> String {
        let profile = self.profile.shown();
        let names = [&profile, &self.real_name, &self.name, &self.id];
        names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default()
    }
}

impl Profile {
    fn shown(&self) -> String {
        let names = [&self.display_name, &self.real_name, &self.name];
        names.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default()
    }
}

/// The id of the file that an entry of the archive holds.
fn content_id(entry: &str) -> Option<String> {
    if let Some(upload) = entry.strip_prefix("__uploads/") {
        return upload
            .split_once('/')
            .filter(|(_, name)| !name.is_empty())
            .map(|(id, _)| id.into());
    }
    let (_, attachment) = entry.split_once("/attachments/")?;
    attachment.split_once('-').map(|(id, _)| id.into())
}

/// `1357559403.000017`, to the millisecond.
fn instant(ts: &str) -> Option<Timestamp> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Timestamp::from_millisecond(seconds.checked_mul(1000)?.checked_add(millis)?).ok()
}

fn listed<R: Read + Seek, T: DeserializeOwned>(
    archive: &mut ZipArchive<R>,
    entry: &str,
) -> Result<T> {
    let bytes = bytes(archive, entry)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::broken(format!("{entry} is not what Slack writes ({error})")))
}

fn bytes<R: Read + Seek>(archive: &mut ZipArchive<R>, entry: &str) -> Result<Vec<u8>> {
    let file = archive
        .by_name(entry)
        .map_err(|error| Error::broken(format!("{entry} is not in the archive ({error})")))?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::broken(format!("{entry} is too large")));
    }
    Ok(bytes)
}
