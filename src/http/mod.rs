//! Requests in, fragments out. This file is the table of all routes.
//!
//! **Invariant:** a handler reads, asks, acts and shows; it holds no rule and no SQL.

mod account;
mod address;
mod administration;
mod answer;
mod assets;
mod audit;
mod calendar;
mod edits;
mod exports;
mod files;
mod first_admin;
mod headers;
mod health;
mod help;
mod history;
mod home;
mod host;
mod input;
mod linking;
mod login;
mod messages;
mod metrics;
mod notices;
mod openid;
mod page_files;
mod pages;
mod parts;
mod pastes;
mod pins;
mod plain;
mod presence;
mod reactions;
mod read_marks;
mod recent;
mod restrictions;
mod retention;
mod rooms;
mod search;
mod second_step;
mod serve;
mod settings;
mod streams;
#[cfg(test)]
mod tests;
mod transcripts;
mod trash;
mod typed;
mod visit;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer, TimeoutLayer};

use self::input::Bound;
use crate::app::Shared;
use crate::sse::Live;
use crate::upload;

pub use serve::{Limits, listen, serve};

/// What every handler is handed.
#[derive(Clone)]
pub struct Site {
    /// The program.
    pub app: Shared,
    /// Its live side.
    pub live: Live,
}

/// Bytes of a form that carries a page or a paste: each of 1 MB may be three as a form sends them.
const LONG_FORM: usize = 4 << 20;
/// What such a form may hold, as its sender counts.
const LONGEST_TEXT: usize = 1 << 20;
/// Bytes of any other form.
const SHORT_FORM: usize = 64 * 1024;
/// An answer of this size leaves with the first packets in any case (RFC 6928: ten of them), so
/// that to compress it, as the answer to each post, costs more than it saves.
const SMALL: u64 = 2048;
/// A long-poll answers after 20 s; nothing takes longer.
const LONGEST: Duration = Duration::from_secs(30);
/// A form has to be here before that, so that its sender hears what is wrong; and no upload is silent
/// for longer.
const LONGEST_FORM: Duration = Duration::from_secs(25);
/// But files, which may come over a slow line, as long as they come.
const LONGEST_UPLOAD: Duration = Duration::from_mins(15);

/// What is done to pages besides reading and writing them, and the help.
fn wiki() -> Router<Site> {
    Router::new()
        .route("/display/{space}/{title}", get(pages::display))
        .route("/spaces/{space}/retention", get(retention::show).post(retention::set_in_space))
        .route("/pages/{id}/restrictions", get(restrictions::show).post(restrictions::update))
        .route("/pages/{id}/history", get(history::list))
        .route("/pages/{id}/history/compare", get(history::compare))
        .route("/pages/{id}/history/{version}", get(history::show))
        .route("/pages/{id}/history/{version}/restore", post(history::restore))
        .route("/pages/{id}/trash", post(pages::trash))
        .route("/pages/{id}/restore", post(pages::restore))
        .route("/pages/{id}/purge", post(trash::purge))
        .route("/trash", get(trash::list))
        .route("/help", get(help::show))
        .route("/help/formatting", get(help::formatting))
        .route("/changes", get(recent::list))
        .route("/pages/{id}/watch", post(recent::watch))
        .route("/pages/{id}/move", post(pages::move_to))
}

/// How one comes in, and what one chooses for oneself.
fn accounts() -> Router<Site> {
    Router::new()
        .route("/login", get(login::show).post(login::create))
        .route("/login/code", get(second_step::show).post(second_step::create))
        .route("/login/oidc", get(openid::begin))
        .route("/login/oidc/callback", get(openid::finish))
        .route("/settings/code", get(second_step::settings))
        .route("/settings/code/begin", post(second_step::begin))
        .route("/settings/code/confirm", post(second_step::confirm))
        .route("/settings/code/recovery", post(second_step::renew))
        .route("/settings/code/off", post(second_step::turn_off))
        .route("/settings/identity", get(linking::show))
        .route("/settings/identity/link", post(linking::begin))
        .route("/settings/identity/unlink", post(linking::end))
        .route("/logout", post(login::remove))
        .route("/first/{token}", get(first_admin::show).post(first_admin::create))
        .route("/settings", get(account::show))
        .route("/settings/sound", post(account::set_sound))
        .route("/settings/language", post(account::set_language))
        .route("/settings/password", post(account::set_password))
        .route("/settings/sessions/end", post(account::end_others))
        .route("/settings/sessions/{id}/end", post(account::end))
}

/// What whoever administers does.
fn administered() -> Router<Site> {
    use administration::{accounts, groups, rooms, spaces};
    Router::new()
        .route("/admin", get(administration::overview))
        .route("/admin/accounts", get(accounts::list).post(accounts::create))
        .route("/admin/accounts/{name}", get(accounts::show))
        .route("/admin/accounts/{name}/display", post(accounts::set_display))
        .route("/admin/accounts/{name}/groups", post(accounts::set_groups))
        .route("/admin/accounts/{name}/password", post(accounts::set_password))
        .route("/admin/accounts/{name}/admin", post(accounts::set_admin))
        .route("/admin/accounts/{name}/disable", post(accounts::disable))
        .route("/admin/accounts/{name}/enable", post(accounts::enable))
        .route("/admin/accounts/{name}/sessions/end", post(accounts::end_sessions))
        .route("/admin/accounts/{name}/unlink", post(accounts::unlink))
        .route("/admin/groups", get(groups::list).post(groups::create))
        .route("/admin/groups/{group}", get(groups::show).post(groups::update))
        .route("/admin/groups/{group}/remove", post(groups::remove))
        .route("/admin/spaces", get(spaces::list).post(spaces::create))
        .route("/admin/spaces/{space}", get(spaces::show))
        .route("/admin/spaces/{space}/name", post(spaces::set_name))
        .route("/admin/spaces/{space}/rights", post(spaces::set_rights))
        .route("/admin/rooms", get(rooms::list))
        .route("/admin/rooms/{id}/lock", post(rooms::lock))
        .route("/admin/rooms/{id}/unlock", post(rooms::unlock))
        .route("/admin/audit", get(administration::list))
}

/// What carries a page or a message.
fn written() -> Router<Site> {
    Router::new()
        .route("/pages", post(pages::create))
        .route("/pages/new", get(pages::new))
        .route("/pages/{id}", get(pages::show).post(pages::update))
        .route("/pages/{id}/edit", get(pages::edit))
        .route("/rooms/{id}/messages", get(messages::older).post(messages::create))
        .route(
            "/rooms/{id}/messages/{mid}",
            get(messages::show).post(edits::update).delete(messages::remove),
        )
        .route("/rooms/{id}/plain/compose", get(plain::compose).post(plain::create))
        .layer(DefaultBodyLimit::max(LONG_FORM))
        .layer(from_fn_with_state(Bound { most: LONG_FORM, fits: LONGEST_TEXT }, input::bound))
}

/// What else there is: its forms are short.
fn short() -> Router<Site> {
    wiki()
        .merge(accounts())
        .merge(administered())
        .route("/", get(home::show))
        .route("/accounts/{name}", get(presence::show))
        .route("/accounts/{name}/presence", get(presence::badge))
        .route("/rooms/{id}", get(rooms::show))
        .route("/rooms/{id}/status", get(rooms::status))
        .route("/rooms/{id}/stream", get(streams::open))
        .route("/rooms/{id}/poll", get(streams::poll))
        .route("/rooms/{id}/plain", get(plain::show))
        .route("/rooms/{id}/plain/log", get(plain::stream))
        .route("/rooms/{id}/messages/{mid}/paste", get(pastes::show))
        .route("/rooms/{id}/names", get(messages::names))
        .route("/rooms/{id}/messages/{mid}/reply", get(messages::reply))
        .route("/rooms/{id}/reactions", post(reactions::toggle))
        .route("/rooms/{id}/messages/{mid}/reactions", get(reactions::show).post(reactions::create))
        .route("/rooms/{id}/messages/{mid}/reactions/remove", post(reactions::remove))
        .route("/rooms/{id}/messages/{mid}/pin", post(pins::create))
        .route("/rooms/{id}/messages/{mid}/unpin", post(pins::remove))
        .route("/rooms/{id}/read", post(read_marks::update))
        .route("/rooms/{id}/presence", post(presence::update))
        .route("/rooms/{id}/typing", post(presence::types))
        .route("/rooms/{id}/notices", post(notices::update))
        .route("/push", get(notices::key).post(notices::subscribe))
        .route("/rooms/{id}/first-use", post(home::dismiss))
        .route("/rooms/{id}/topic", get(settings::topic).post(settings::set_topic))
        .route("/rooms/{id}/settings", get(settings::show))
        .route("/rooms/{id}/settings/lock", post(settings::lock))
        .route("/rooms/{id}/settings/unlock", post(settings::unlock))
        .route("/rooms/{id}/settings/slow", post(settings::slow))
        .route("/rooms/{id}/settings/mute", post(settings::mute))
        .route("/rooms/{id}/settings/unmute", post(settings::unmute))
        .route("/rooms/{id}/settings/keep", post(retention::set_in_room))
        .route("/rooms/{id}/audit", get(audit::list))
        .route("/rooms/{id}/messages/{mid}/edit", get(edits::form))
        .route("/rooms/{id}/messages/{mid}/history", get(edits::history))
        .route("/rooms/{id}/calendar", get(calendar::show))
        .route("/rooms/{id}/transcripts/{day}", get(transcripts::of_day))
        .route("/rooms/{id}/export/{form}", get(exports::show))
        .route("/search", get(search::show))
        .layer(DefaultBodyLimit::max(SHORT_FORM))
        .layer(from_fn_with_state(Bound { most: SHORT_FORM, fits: SHORT_FORM }, input::bound))
}

/// What carries files.
fn files(site: &Site) -> Router {
    let most = site.app.config.file_limit.saturating_mul(upload::MOST_FILES as u64);
    let most = usize::try_from(most).unwrap_or(usize::MAX).saturating_add(SHORT_FORM);
    Router::new()
        .route("/rooms/{id}/files", get(files::list).post(files::create))
        .route("/pages/{id}/files", get(page_files::list).post(page_files::create))
        .route("/pages/{id}/files/{file}/remove", post(page_files::remove))
        .route("/files/{id}/{name}", get(files::show))
        .method_not_allowed_fallback(answer::not_allowed)
        .layer(DefaultBodyLimit::max(most))
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn_with_state(site.clone(), answer::dress))
        .layer(from_fn_with_state(site.clone(), visit::begin))
        .with_state(site.clone())
        // Not compressed: the length and the parts of what is downloaded are the file's.
        .layer(RequestBodyTimeoutLayer::new(LONGEST_FORM))
        .layer(RequestBodyDeadlineLayer::new(LONGEST_UPLOAD))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            LONGEST_UPLOAD.saturating_add(LONGEST),
        ))
        .layer(MapRequestLayer::new(health::note_route))
}

/// All routes.
pub fn router(site: Site) -> Router {
    router_with(site, Router::new())
}

/// The same and `more`, in the same surroundings.
///
/// Surroundings stand around a whole router and not, as [`Router::layer`] puts them, around each of
/// its routes: every one of those is a box with all of the inner ones in it, copied whole for each
/// request at each of its layers, which took a fifth of the processor time of a post.
fn router_with(site: Site, more: Router<Site>) -> Router {
    let pages = written()
        .merge(short())
        .merge(more)
        .fallback(answer::nothing)
        .method_not_allowed_fallback(answer::not_allowed)
        .layer(MapRequestLayer::new(health::note_route));
    let pages = ServiceBuilder::new()
        .layer(from_fn_with_state(site.clone(), visit::begin))
        .layer(from_fn_with_state(site.clone(), answer::dress))
        .layer(CatchPanicLayer::custom(answer::panicked))
        .service(pages.with_state(site.clone()));
    let plain = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .route("/assets/{name}", get(assets::show))
        .route("/sw.js", get(notices::worker))
        .layer(MapRequestLayer::new(health::note_route))
        .with_state(site.clone())
        .fallback_service(pages);
    let quick = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, LONGEST))
        .layer(RequestBodyDeadlineLayer::new(LONGEST_FORM))
        // Leaves event streams and short answers alone, and what nobody may hold back.
        .layer(CompressionLayer::new().compress_when(
            DefaultPredicate::new().and(SizeAbove::new(SMALL)).and(headers::may_wait),
        ))
        .service(plain);
    let files = files(&site).fallback_service(quick);
    let all = ServiceBuilder::new()
        .layer(from_fn_with_state(site.clone(), health::watch))
        // What is outside of any handler has no dress for its faults.
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn_with_state(site, host::check))
        .layer(CsrfLayer::new())
        .service(files);
    Router::new().fallback_service(all)
}
