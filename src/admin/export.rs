//! Rooms as one file: a page, text, or lines of data.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::{Error, Result};
use crate::export::{self, Of};
use crate::id::RoomId;
use crate::record::Head;
use crate::{store, view};

/// What the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Format {
    /// One page with its pictures in it, to be read.
    Html,
    /// Plain text, to be read.
    Text,
    /// JSON Lines with everything, to be imported.
    Jsonl,
}

/// Writes what was said into `path`, which must not be there yet.
pub(super) async fn write(app: &App, of: Of, format: Format, path: PathBuf) -> Result<String> {
    let rooms = export::rooms(app, of.clone()).await?;
    let mut heads = Vec::new();
    for room in rooms {
        heads.push((room, export::head(app, room).await?));
    }
    let mut out = Out::create(path).await?;
    let n_messages = match format {
        Format::Html => html(app, &mut out, &of, &heads).await?,
        Format::Text => text(app, &mut out, &heads).await?,
        Format::Jsonl => jsonl(app, &mut out, &heads).await?,
    };
    out.finish().await?;
    Ok(format!("{n_messages} messages of {} rooms exported\n", heads.len()))
}

type Heads = [(RoomId, Head)];

async fn jsonl(app: &App, out: &mut Out, heads: &Heads) -> Result<usize> {
    let mut n_messages = 0;
    for (room, head) in heads {
        out.write(head.to_line() + "\n").await?;
        for day in export::days(app, *room).await? {
            let lines = export::lines(app, *room, day).await?;
            n_messages += lines.lines().filter(|line| line.starts_with("{\"mid\"")).count();
            out.write(lines).await?;
        }
    }
    Ok(n_messages)
}

async fn text(app: &App, out: &mut Out, heads: &Heads) -> Result<usize> {
    let mut n_messages = 0;
    for (room, head) in heads {
        out.write(format!("{} ({}, {})\n", head.name, head.space, head.zone)).await?;
        for day in export::days(app, *room).await? {
            let records = export::records(app, *room, day).await?;
            n_messages += records.messages.len();
            let text = records.to_text();
            // Its first line says of which room it is.
            out.write(text.split_once('\n').map_or("", |(_, rest)| rest).to_owned()).await?;
        }
        out.write("\n".into()).await?;
    }
    Ok(n_messages)
}

async fn html(app: &App, out: &mut Out, of: &Of, heads: &Heads) -> Result<usize> {
    let title = match (of, heads) {
        (Of::Space(key), _) => key.clone(),
        (Of::Room(_), [(_, head), ..]) => head.name.clone(),
        (Of::Room(_), []) => String::new(),
    };
    let url = app.config.url.as_ref().map(url::Url::as_str);
    out.write(view::export::begin(&title, url)).await?;
    let (mut n_messages, mut lines) = (0, String::new());
    for (room, head) in heads {
        out.write(view::export::room(head)).await?;
        lines.push_str(&head.to_line());
        lines.push('\n');
        for day in export::days(app, *room).await? {
            let messages = export::messages(app, *room, day).await?;
            n_messages += messages.len();
            let records = export::records(app, *room, day).await?;
            let shown = view::export::day(head, day, &records.notes, &messages).into_string();
            let shown = with_pictures(app, &shown).await?;
            // Where no site is known, a link would lead into the reader's own files.
            let shown =
                if url.is_none() { shown.replace(" href=\"/", " data-href=\"/") } else { shown };
            out.write(shown).await?;
            for notes in records.notes {
                lines.push_str(&notes.to_line());
                lines.push('\n');
            }
            for record in records.messages {
                lines.push_str(&record.to_line());
                lines.push('\n');
            }
        }
    }
    out.write(view::export::end(&lines)).await?;
    Ok(n_messages)
}

/// With the pictures themselves in place of where they are.
async fn with_pictures(app: &App, html: &str) -> Result<String> {
    let (mut whole, mut rest) = (String::with_capacity(html.len()), html);
    while let Some((before, id, after)) = view::export::next_picture(rest) {
        whole.push_str(before);
        if let Some((kind, base64)) = export::picture(app, id).await? {
            for part in [" src=\"data:", &kind, ";base64,", &base64, "\""] {
                whole.push_str(part);
            }
        }
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// The file that is being written; taken away again if it does not become whole.
struct Out {
    path: PathBuf,
    file: Option<std::fs::File>,
}

impl Out {
    async fn create(path: PathBuf) -> Result<Self> {
        store::blocking(move || {
            let made =
                std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            match made {
                Ok(file) => Ok(Self { path, file: Some(file) }),
                Err(error) => Err(Error::broken(format!(
                    "{} cannot be made ({error}); an export writes over nothing",
                    path.display()
                ))),
            }
        })
        .await
    }

    async fn write(&mut self, text: String) -> Result<()> {
        let Some(mut file) = self.file.take() else { return Err(Error::broken("not open")) };
        self.file = Some(
            store::blocking(move || {
                file.write_all(text.as_bytes())?;
                Ok(file)
            })
            .await?,
        );
        Ok(())
    }

    async fn finish(mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Err(Error::broken("not open")) };
        store::blocking(move || Ok(file.sync_all()?)).await?;
        self.path.clear();
        Ok(())
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
