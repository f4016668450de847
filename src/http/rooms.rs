//! A room's window, and its status table.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer};
use super::headers;
use super::input::{Id, Query, fresh_nonce};
use super::visit::Visit;
use crate::error::Error;
use crate::id::{Mid, RoomId};
use crate::permission::{self, Edit, Moderate, Post, View};
use crate::status;
use crate::view::room::Popup;
use crate::{log, message, moderation, notice, page, read_mark, view};

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Query(whither): Query<Whither>,
) -> Answer {
    let reply = whither.reply.and_then(|mid| mid.parse().ok());
    window(&site, &visit, room, reply, "", None).await
}

#[derive(Deserialize)]
pub(super) struct Whither {
    /// The message that is to be answered, without scripts.
    reply: Option<String>,
}

/// The window, with a draft that could not be posted and why.
pub(super) async fn window(
    site: &Site,
    visit: &Visit,
    room: RoomId,
    reply: Option<Mid>,
    draft: &str,
    error: Option<&str>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let log = log::latest(&site.app, &grant).await?;
    let panel = status::panel(&site.app, &grant).await?;
    let page = page::show(&site.app, &grant).await?;
    let may_post = permission::may::<Post>(&site.app, visit.viewer(), room).await.is_ok();
    let reply = match reply {
        Some(mid) => message::show(&site.app, &grant, mid).await.ok(),
        None => None,
    };
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), room).await.is_ok();
    let moderates = permission::may::<Moderate>(&site.app, visit.viewer(), room).await.is_ok();
    // Who is muted knows before they write in vain; once it is over the box is there to use.
    let silenced = match moderation::silenced(&site.app, &grant).await? {
        Some(silenced) if may_post => Some(view::text::error(&silenced)),
        _ => None,
    };
    let nonce = fresh_nonce();
    let popup = Popup {
        page: &page::PageLink { id: page.id, title: page.title.clone() },
        cursor: &log.cursor.to_string(),
        messages: &log.messages,
        first_unread: read_mark::first_unread(&site.app, &grant).await?,
        panel: &panel,
        sound: status::sound(&site.app, &grant).await?,
        notices: match visit.viewer().account() {
            Some(_) => Some(notice::chosen(&site.app, &grant).await?),
            None => None,
        },
        may_post,
        moderates,
        may_edit,
        file_limit: site.app.config.file_limit,
        nonce: &nonce,
        reply: reply.as_ref(),
        draft,
        error,
        silenced: silenced.as_deref(),
    };
    let mut response = view::room::popup(&visit.shell(), &popup).into_response();
    set_policy(&mut response, &headers::room_policy(visit.nonce()));
    Ok(response)
}

pub(super) async fn status(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    asked: HeaderMap,
) -> Answer {
    let grant = match permission::may::<View>(&site.app, visit.viewer(), room).await {
        Ok(grant) => grant,
        // In an iframe of another site nobody is known; the way in is Join, whatever is there.
        Err(Error::LoginNeeded) if !answer::is_htmx(&asked) => {
            let offer = view::room::status_sign_in(&visit.shell(), room);
            let mut response = (StatusCode::UNAUTHORIZED, offer).into_response();
            allow_frames(&mut response, &visit, &sites(&site));
            return Ok(response);
        }
        Err(error) => return Err(error.into()),
    };
    let status = status::show(&site.app, &grant).await?;
    let mut response = if answer::is_htmx(&asked) {
        fresh(view::room::status_table(&status), &asked)
    } else {
        // Never kept: a 304 would put this answer's nonce beside an older document's.
        view::room::status_document(&visit.shell(), &status).into_response()
    };
    let public = permission::is_public(&site.app, room).await?;
    let sites = if public { sites(&site) } else { "'self'".into() };
    allow_frames(&mut response, &visit, &sites);
    Ok(response)
}

/// The table alone, or that it is still as the browser has it: asked about each time.
fn fresh(table: Markup, asked: &HeaderMap) -> Response {
    let tag = etag(&table);
    let mut response = if asked.get(header::IF_NONE_MATCH) == Some(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        table.into_response()
    };
    response.headers_mut().insert(header::ETAG, tag);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Who may show in a frame what anyone may see, and the way in: we, and whom the operator named.
fn sites(site: &Site) -> String {
    let named = site.app.config.frames.iter().map(|site| site.origin().ascii_serialization());
    let sites: Vec<String> = std::iter::once("'self'".to_owned()).chain(named).collect();
    sites.join(" ")
}

/// Says who may show this answer in a frame.
pub(super) fn allow_frames(response: &mut Response, visit: &Visit, ancestors: &str) {
    set_policy(response, &headers::policy(visit.nonce(), ancestors));
}

fn set_policy(response: &mut Response, policy: &str) {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

fn etag(table: &Markup) -> HeaderValue {
    let mut hash = DefaultHasher::new();
    table.0.hash(&mut hash);
    HeaderValue::from_str(&format!("\"{:016x}\"", hash.finish()))
        .unwrap_or(HeaderValue::from_static("\"\""))
}
