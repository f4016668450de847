//! Files: sent in pieces, downloaded in pieces or in part.
//!
//! **Invariant:** a browser shows nothing of a file but images that this program wrote itself.
//! Everything else is bytes to be kept, in a sandbox, of no type.

use axum::body::Body;
use axum::extract::State;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use maud::Markup;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::time::timeout;
use tokio_stream::StreamExt;

use super::Site;
use super::answer::{self, Answer, Malformed, see_other};
use super::input::{Id, Ids, Query, nonce};
use super::messages::{answered, keep_draft};
use super::parts::{self, Parts};
use super::visit::Visit;
use crate::app::Shared;
use crate::error::{Error, Result};
use crate::file::{self, Contents, FileId, PIECE, Wanted};
use crate::id::RoomId;
use crate::message::Posted;
use crate::permission::{self, Permission, Post, View};
use crate::upload::Upload;
use crate::{page, room, view};

// ------------------------------------------------------------------------------------ upload

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    headers: HeaderMap,
    form: Result<Parts, MultipartRejection>,
) -> Answer {
    let Ok(form) = form else { return Ok(no_form()) };
    let navigates = !answer::is_htmx(&headers) && answer::accepts_html(&headers);
    let mut sent = Sent::of(form);
    match post(&site, &visit, room, &mut sent).await {
        Ok(_) if navigates => Ok(see_other(&format!("/rooms/{room}"))),
        Ok(posted) => {
            let status = if posted.new { StatusCode::CREATED } else { StatusCode::OK };
            Ok((status, view::message::sent(&posted.message)).into_response())
        }
        Err(error) => {
            sent.read_to_the_end(&error).await;
            // What was left behind must not wait for the next sweep: the disk may be full.
            file::sweep(&site.app).await;
            if sent.odd {
                Ok(Malformed("This form is not complete.").into_response())
            } else if navigates {
                keep_draft(&site, &visit, room, answered(&sent.reply_to), &sent.words, error).await
            } else {
                Err(error.into())
            }
        }
    }
}

/// What was sent is no form with files.
pub(super) fn no_form() -> Response {
    let told = "Send a form with files (multipart/form-data).";
    answer::odd(StatusCode::UNSUPPORTED_MEDIA_TYPE, told)
}

async fn post(site: &Site, visit: &Visit, room: RoomId, sent: &mut Sent) -> Result<Posted> {
    answer::count(site, visit)?;
    let grant = permission::may::<Post>(&site.app, visit.viewer(), room).await?;
    let mut upload = Upload::to_room(&site.app, &grant).await?;
    sent.take(&mut upload).await?;
    let posted = upload.post(&nonce(&sent.nonce), &sent.words, answered(&sent.reply_to)).await?;
    if !posted.new {
        file::sweep(&site.app).await;
    }
    Ok(posted)
}

/// The form, read in its own order.
pub(super) struct Sent {
    form: Parts,
    nonce: String,
    /// What was typed beside the files.
    words: String,
    /// The message that it answers.
    reply_to: String,
    /// It was no form, or broke off.
    pub(super) odd: bool,
    /// Bytes that were read for nothing.
    n_idle: u64,
}

/// Bytes of a text field at most.
const TEXT: usize = super::SHORT_FORM;
/// What is read of a form that is refused. An answer reaches only who has finished sending.
const PATIENCE: u64 = 64 << 20;

impl Sent {
    pub(super) fn of(form: Parts) -> Self {
        let (nonce, words, reply_to) = Default::default();
        Self { form, nonce, words, reply_to, odd: false, n_idle: 0 }
    }

    pub(super) async fn take<P: Permission + 'static>(
        &mut self,
        upload: &mut Upload<'_, P>,
    ) -> Result<()> {
        while let Some(mut part) = next(&mut self.form, &mut self.odd).await? {
            let taken = match part.name() {
                Some("nonce") => read_into(&mut self.nonce, &mut part, &mut self.odd).await,
                Some("body") => read_into(&mut self.words, &mut part, &mut self.odd).await,
                Some("reply_to") => read_into(&mut self.reply_to, &mut part, &mut self.odd).await,
                Some("file") => take_file(upload, &mut part, &mut self.odd).await,
                _ => Ok(()),
            };
            pass_over(&mut part, &mut self.n_idle, &mut self.odd).await;
            taken?;
        }
        Ok(())
    }

    /// Words that stand behind a refused file are kept too. Who may send nothing here is not waited for
    /// as long.
    pub(super) async fn read_to_the_end(&mut self, refused: &Error) {
        let longest = match refused {
            Error::LoginNeeded | Error::NotFound | Error::Forbidden(_) => super::LONGEST_FORM,
            _ => super::LONGEST_UPLOAD,
        };
        self.odd |= timeout(longest, self.read_on()).await.is_err();
    }

    async fn read_on(&mut self) {
        while let Ok(Some(mut part)) = next(&mut self.form, &mut self.odd).await {
            let kept = match part.name() {
                Some("body") => Some(&mut self.words),
                Some("reply_to") => Some(&mut self.reply_to),
                _ => None,
            };
            if let Some(kept) = kept {
                let read = read_into(kept, &mut part, &mut self.odd).await;
                if read.is_err() {
                    kept.clear();
                }
            }
            pass_over(&mut part, &mut self.n_idle, &mut self.odd).await;
        }
    }
}

async fn next<'a>(form: &'a mut Parts, odd: &mut bool) -> Result<Option<parts::Part<'a>>> {
    form.next().await.map_err(|error| refused(&error, odd))
}

async fn chunk(part: &mut parts::Part<'_>, odd: &mut bool) -> Result<Option<Bytes>> {
    part.chunk().await.map_err(|error| refused(&error, odd))
}

/// Reads what is left of a part, as far as that has any use. The parser would do so too, without
/// saying how far it is.
async fn pass_over(part: &mut parts::Part<'_>, n_idle: &mut u64, odd: &mut bool) {
    while *n_idle <= PATIENCE
        && let Ok(Some(bytes)) = chunk(part, odd).await
    {
        *n_idle += bytes.len() as u64;
    }
}

async fn take_file<P: Permission + 'static>(
    upload: &mut Upload<'_, P>,
    part: &mut parts::Part<'_>,
    odd: &mut bool,
) -> Result<()> {
    let name = part.file_name().unwrap_or_default().to_owned();
    let mut piece = chunk(part, odd).await?;
    // A browser sends a nameless, empty file where none was chosen.
    if piece.is_none() && name.is_empty() {
        return Ok(());
    }
    upload.start(&name)?;
    while let Some(bytes) = piece {
        upload.push(&bytes).await?;
        piece = chunk(part, odd).await?;
    }
    upload.finish().await
}

async fn read_into(text: &mut String, part: &mut parts::Part<'_>, odd: &mut bool) -> Result<()> {
    let mut bytes = Vec::new();
    while let Some(more) = chunk(part, odd).await? {
        bytes.extend_from_slice(&more);
        if bytes.len() > TEXT {
            return Err(Error::TooLong { limit: TEXT });
        }
    }
    *text = String::from_utf8(bytes).map_err(|_| {
        *odd = true;
        Error::invalid("body", "This is no text.")
    })?;
    Ok(())
}

fn refused(error: &MultipartError, odd: &mut bool) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Error::TooLarge("That is too much at once. Nothing was sent.".into());
    }
    *odd = true;
    Error::invalid("file", "The upload broke off.")
}

// ------------------------------------------------------------------------------------ download

#[derive(Deserialize)]
pub(super) struct As {
    r#as: Option<String>,
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Ids(id, _): Ids<FileId, String>,
    Query(asked): Query<As>,
    headers: HeaderMap,
) -> Answer {
    let wanted = match asked.r#as.as_deref() {
        Some("thumbnail") => Wanted::Thumbnail,
        Some("download") => Wanted::Download,
        _ => Wanted::Shown,
    };
    let contents = file::open(&site.app, visit.viewer(), id, wanted).await?;
    Ok(serve(&site.app, &contents, &headers))
}

/// All of it, a part of it, or that it is still the same. The right has been asked for by then,
/// each time: the browser may keep a copy but has to ask before it shows it.
fn serve(app: &Shared, contents: &Contents, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", contents.tag);
    let size = contents.size;
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let part = part(asked, &tag, size);
    let mut response = match part {
        _ if known.is_some_and(|known| matches(known, &tag)) => {
            StatusCode::NOT_MODIFIED.into_response()
        }
        Part::Beyond => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        Part::Whole => body(app, contents, 0, size).into_response(),
        Part::From(from, to) => {
            (StatusCode::PARTIAL_CONTENT, body(app, contents, from, to)).into_response()
        }
    };
    let status = response.status();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, &tag);
    set(header::CACHE_CONTROL, "private, no-cache");
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; frame-ancestors 'none'");
    match (status, part) {
        (StatusCode::RANGE_NOT_SATISFIABLE, _) => {
            set(header::CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
        (StatusCode::NOT_MODIFIED, _) => return response,
        (_, Part::From(from, to)) => {
            set(header::CONTENT_RANGE, &format!("bytes {from}-{}/{size}", to.saturating_sub(1)));
            set(header::CONTENT_LENGTH, &(to - from).to_string());
        }
        _ => set(header::CONTENT_LENGTH, &size.to_string()),
    }
    let kind = contents.image.as_deref();
    set(header::CONTENT_TYPE, kind.unwrap_or("application/octet-stream"));
    set(header::CONTENT_DISPOSITION, &disposition(&contents.name, kind.is_some()));
    response
}

/// The bytes `from..to`, each piece read when the one before it is on its way.
fn body(app: &Shared, contents: &Contents, from: u64, to: u64) -> Body {
    let piece = PIECE as u64;
    let (app, contents) = (app.clone(), contents.clone());
    let pieces = from / piece..to.div_ceil(piece);
    Body::from_stream(tokio_stream::iter(pieces).then(move |n| {
        let (app, contents) = (app.clone(), contents.clone());
        async move {
            let bytes = file::piece(&app, &contents, n).await?;
            let within = |at: u64| {
                usize::try_from(at.saturating_sub(n * piece)).unwrap_or(PIECE).min(bytes.len())
            };
            Ok::<_, Error>(bytes.slice(within(from)..within(to)))
        }
    }))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From the first, up to but without the second.
    From(u64, u64),
    Beyond,
}

/// One range is answered; several, or what cannot be read, get the whole, as RFC 9110 allows.
fn part(asked: &HeaderMap, tag: &str, size: u64) -> Part {
    let field = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if field(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Part::Whole;
    }
    let Some((first, last)) = field(header::RANGE)
        .and_then(|range| range.trim().strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Part::Whole;
    };
    let (from, to) = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(from), Ok(last)) if from <= last => (from, size.min(last.saturating_add(1))),
        (Ok(from), Err(_)) if last.trim().is_empty() => (from, size),
        (Err(_), Ok(length)) if first.trim().is_empty() => {
            (if length == 0 { size } else { size.saturating_sub(length) }, size)
        }
        _ => return Part::Whole,
    };
    if from < size { Part::From(from, to) } else { Part::Beyond }
}

fn matches(known: &str, tag: &str) -> bool {
    known.trim() == "*"
        || known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
}

/// What may stand in `filename*` as it is (RFC 8187).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_').remove(b'~');

pub(super) fn disposition(name: &str, image: bool) -> String {
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let how = if image { "inline" } else { "attachment" };
    format!("{how}; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

// ------------------------------------------------------------------------------------ list

/// All files of a room.
pub(super) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
) -> Answer<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let files = file::list(&site.app, &grant).await?;
    let may_post = permission::may::<Post>(&site.app, visit.viewer(), room).await.is_ok();
    let room = room::show(&site.app, &grant).await?;
    let page = page::show(&site.app, &grant).await?;
    let page = page::PageLink { id: page.id, title: page.title };
    Ok(view::file::screen(&visit.shell(), &page, &room, &files, may_post))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_answered_and_what_is_beyond_refused() {
        for (range, wanted) in [
            ("bytes=0-0", Part::From(0, 1)),
            ("bytes=2-5", Part::From(2, 6)),
            ("bytes=90-200", Part::From(90, 100)),
            ("bytes=90-", Part::From(90, 100)),
            ("bytes=-10", Part::From(90, 100)),
            ("bytes=-200", Part::From(0, 100)),
            ("bytes=100-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("items=0-1", Part::Whole),
            ("bytes=18446744073709551615-18446744073709551615", Part::Beyond),
        ] {
            let mut asked = HeaderMap::new();
            asked.insert(header::RANGE, HeaderValue::from_static(range));
            assert_eq!(part(&asked, "\"x\"", 100), wanted, "{range}");
            asked.insert(header::IF_RANGE, HeaderValue::from_static("\"other\""));
            assert_eq!(part(&asked, "\"x\"", 100), Part::Whole, "of another state of it");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let told = disposition("a\"b;c\u{e9}\r\nX: y.txt", false);
        assert!(HeaderValue::from_str(&told).is_ok(), "{told}");
        assert!(told.starts_with("attachment; filename=\"a_b_c___X: y.txt\"; "), "{told}");
        assert!(told.ends_with("filename*=UTF-8''a%22b%3Bc%C3%A9%0D%0AX%3A%20y.txt"), "{told}");
    }
}
