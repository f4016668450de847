//! Pages: read, made, edited, moved, trashed.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id, Ids, Query};
use super::typed::Typed;
use super::visit::{self, Visit};
use crate::body::{self, Macros, Source};
use crate::difference::Difference;
use crate::error::Error;
use crate::id::PageId;
use crate::markup::Html;
use crate::page::{self, Kind, Page};
use crate::permission::{self, Edit, Grant, View};
use crate::status;
use crate::tree::{self, Tree, TreeLine};
use crate::view::page::{Conflict, Screen};
use crate::{notes, page_file, restriction, space, view, watch};

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(id): Id<PageId>,
    Query(asked): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), id).await?;
    let page = page::show(&site.app, &grant).await?;
    match page.kind {
        Kind::Page => Ok(written(&site, &visit, &grant, &page).await?.into_response()),
        Kind::Transcript => {
            super::transcripts::show(&site, &visit, &grant, &page, &asked, &headers).await
        }
    }
}

async fn written(site: &Site, visit: &Visit, grant: &Grant<View>, page: &Page) -> Answer<Markup> {
    let tree = tree::show(&site.app, grant).await?;
    let status = match status::show(&site.app, grant).await {
        Ok(status) => Some(status),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    let macros = Macros {
        chat: status.as_ref().map(|status| view::room::status_table(status).into()),
        chat_again: status.as_ref().map(|status| view::room::status_again(&status.room).into()),
        children: Some(view::page::children(&children(&tree.lines, page.id)).into()),
    };
    let wide = view::message::wide();
    let body = body::of_page(&site.app, grant, page, |_| macros, wide).await?;
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), page.id).await.is_ok();
    let watched = watch::look(&site.app, grant, page).await?;
    let files = page_file::list(&site.app, grant, page_file::N_SHOWN).await?;
    let screen = Screen {
        page,
        crumbs: &tree::crumbs(&site.app, grant).await?,
        tree: &tree,
        body: &body,
        files: &files,
        may_edit,
        may_restrict: may_edit || visit.viewer().is_admin(),
        restricted: restriction::restricts(&site.app, grant).await?,
        trashed: false,
        watched: visit.viewer().account().map(|_| watched),
    };
    Ok(view::page::show(&visit.shell(), &screen))
}

fn children(tree: &[TreeLine], page: PageId) -> Vec<TreeLine> {
    let mut below = tree.iter().skip_while(|line| line.id != page);
    let Some(above) = below.next() else { return Vec::new() };
    below
        .take_while(|line| line.depth > above.depth)
        .filter(|line| line.kind == Kind::Page)
        .cloned()
        .collect()
}

pub(super) async fn display(
    State(site): State<Site>,
    visit: Visit,
    Ids(space, title): Ids<String, String>,
) -> Answer {
    let page = page::by_title(&site.app, visit.viewer(), &space, &title).await?;
    Ok(see_other(&format!("/pages/{page}")))
}

#[derive(Deserialize)]
pub(super) struct Whither {
    #[serde(default)]
    space: String,
    parent: Option<String>,
    /// A page whose text it begins with: its chat macro makes a room of its own, which is empty.
    copy: Option<PageId>,
}

pub(super) async fn new(
    State(site): State<Site>,
    visit: Visit,
    Query(to): Query<Whither>,
) -> Answer<Markup> {
    let mut typed = Typed { space: to.space, parent: to.parent, ..Typed::default() };
    if let Some(copied) = to.copy {
        let grant = permission::may::<View>(&site.app, visit.viewer(), copied).await?;
        let page = page::show(&site.app, &grant).await?;
        typed.title = view::text::copy_of(&page.title);
        typed.body = page.body;
        typed.parent = page.parent.map(|parent| parent.to_string());
        typed.space = page.space.key;
    }
    new_form(&site, &visit, &typed, &[], None).await
}

async fn new_form(
    site: &Site,
    visit: &Visit,
    typed: &Typed,
    errors: &[(&str, String)],
    preview: Option<&Html>,
) -> Answer<Markup> {
    let spaces: Vec<_> = space::visible(&site.app, visit.viewer())
        .await?
        .into_iter()
        .filter_map(|(space, may_create)| may_create.then_some(space))
        .collect();
    if spaces.is_empty() {
        return Err(match visit.viewer().account() {
            None => Error::LoginNeeded,
            Some(_) => Error::Forbidden("There is no space where you may make pages."),
        }
        .into());
    }
    let parent = typed.parent().unwrap_or(None);
    let mut chosen = typed.space.clone();
    let mut tree = Tree::default();
    if let Some(parent) = parent {
        let grant = permission::may::<View>(&site.app, visit.viewer(), parent).await?;
        chosen = page::show(&site.app, &grant).await?.space.key;
        tree = tree::show(&site.app, &grant).await?;
    }
    Ok(view::page::edit(
        &visit.shell(),
        &view::page::Edit {
            page: None,
            notes: false,
            spaces: &spaces,
            space: &chosen,
            tree: &tree.lines,
            parent,
            title: &typed.title,
            body: &typed.body,
            version: 0,
            errors,
            conflict: None,
            closes: None,
            preview,
        },
    ))
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Answer {
    let place = typed.place(None);
    let made = make(&site, &visit, &headers, &typed).await;
    made.map_err(|fault| fault.keeping(typed.unsaved(), &place))
}

async fn make(site: &Site, visit: &Visit, headers: &HeaderMap, typed: &Typed) -> Answer {
    if let Err(error) = answer::count(site, visit) {
        // The editor that asks for a preview by htmx is there.
        if answer::is_htmx(headers) {
            return Err(error.into());
        }
        return new_again(site, visit, typed, error).await;
    }
    if typed.wants_preview() {
        let spaces = space::visible(&site.app, visit.viewer()).await?;
        let may_create = |(space, may): &(space::Space, bool)| *may && space.key == typed.space;
        if visit.viewer().account().is_none() {
            return Err(Error::LoginNeeded.into());
        }
        if !spaces.iter().any(may_create) {
            return Err(Error::Forbidden("You may not make pages in this space.").into());
        }
        let html = match preview(site, visit, &typed.space, None, typed).await {
            Ok(html) => html,
            Err(error) if answer::is_htmx(headers) => return Err(error.into()),
            Err(error) => return new_again(site, visit, typed, error).await,
        };
        if answer::is_htmx(headers) {
            return Ok(view::page::preview(&html).into_response());
        }
        let form = new_form(site, visit, typed, &[], Some(&html)).await?;
        return Ok(form.into_response());
    }
    if typed.insert.is_some() {
        let typed = typed.clone().with_chat();
        return Ok(new_form(site, visit, &typed, &[], None).await?.into_response());
    }
    let parent = match typed.parent() {
        Ok(parent) => parent,
        Err(error) => return new_again(site, visit, typed, error).await,
    };
    let made = page::create(&site.app, visit.viewer(), &typed.space, parent, typed.draft()).await;
    match made {
        Ok(page) => Ok(saved(site, typed, &format!("/pages/{page}"))),
        Err(error) => new_again(site, visit, typed, error).await,
    }
}

/// The form again with what is wrong beside its field; nothing typed is lost.
async fn new_again(site: &Site, visit: &Visit, typed: &Typed, error: Error) -> Answer {
    let Some(wrong) = beside_field(&error) else { return Err(error.into()) };
    let form = new_form(site, visit, typed, &[wrong], None).await?;
    Ok(answer::again(&error, form))
}

/// It is kept: the browser that sent it may let go of it.
fn saved(site: &Site, typed: &Typed, to: &str) -> Response {
    let mark = visit::saved(&typed.mark, site.app.config.is_https());
    (mark.map(|mark| CookieJar::new().add(mark)), see_other(to)).into_response()
}

fn beside_field(error: &Error) -> Option<(&'static str, String)> {
    match error {
        Error::Invalid { field, message } => Some((*field, message.clone())),
        // Nothing may be seen, or is the operator's to hear of.
        Error::LoginNeeded | Error::NotFound | Error::Broken(_) => None,
        _ => Some(("body", view::text::error(error))),
    }
}

pub(super) async fn edit(
    State(site): State<Site>,
    visit: Visit,
    Id(id): Id<PageId>,
) -> Answer<Markup> {
    let page = editable(&site, &visit, id).await?;
    let typed = Typed { title: page.title.clone(), body: page.body.clone(), ..Typed::default() };
    Ok(edit_form(&visit, &page, &typed, page.version, &Extra::default()))
}

async fn editable(site: &Site, visit: &Visit, id: PageId) -> Result<Page, Error> {
    permission::may::<Edit>(&site.app, visit.viewer(), id).await?;
    let grant = permission::may::<View>(&site.app, visit.viewer(), id).await?;
    page::show(&site.app, &grant).await
}

/// Saves what was typed: a page, or the notes on the page of a day. Answers where that is.
async fn keep(
    site: &Site,
    grant: &Grant<Edit>,
    page: &Page,
    typed: &Typed,
    version: i64,
) -> Result<String, Error> {
    let here = format!("/pages/{}", page.id);
    if page.kind == Kind::Page {
        page::edit(&site.app, grant, typed.draft(), version).await?;
    } else if !notes::save(&site.app, grant, &typed.body, version).await? {
        return Ok(page.parent.map_or_else(|| "/".to_owned(), |above| format!("/pages/{above}")));
    }
    Ok(here)
}

/// What the text would look like as the page's body.
async fn preview(
    site: &Site,
    visit: &Visit,
    space: &str,
    page: Option<PageId>,
    typed: &Typed,
) -> Result<Html, Error> {
    let text = Source { page, space, title: &typed.title, body: &typed.body };
    let wide = view::message::wide();
    body::preview(&site.app, visit.viewer(), text, still(), wide).await
}

/// What the macros of a text show that is not the page's own: a room would be still there.
pub(super) fn still() -> impl FnOnce(Option<String>) -> Macros + Send + 'static {
    let hint = view::text::STATUS_STILL.say();
    move |room| {
        let still = room.map(|name| Html::from(view::room::status_still(&name, hint)));
        Macros { chat: still.clone(), chat_again: still, children: None }
    }
}

/// What the editor says besides the text.
#[derive(Default)]
struct Extra<'a> {
    errors: Vec<(&'static str, String)>,
    conflict: Option<&'a Difference>,
    closes: Option<&'a str>,
    preview: Option<&'a Html>,
}

fn edit_form(visit: &Visit, page: &Page, typed: &Typed, version: i64, extra: &Extra<'_>) -> Markup {
    view::page::edit(
        &visit.shell(),
        &view::page::Edit {
            page: Some(page.id),
            notes: page.kind == Kind::Transcript,
            spaces: &[],
            space: &page.space.key,
            tree: &[],
            parent: page.parent,
            title: &typed.title,
            body: &typed.body,
            version,
            errors: &extra.errors,
            conflict: extra.conflict.map(|difference| Conflict {
                title: &page.title,
                body: &page.body,
                by: page.changed_by.as_deref(),
                difference,
            }),
            closes: extra.closes,
            preview: extra.preview,
        },
    )
}

pub(super) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Id(id): Id<PageId>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Answer {
    let saved = match answer::count(&site, &visit) {
        Ok(()) => save(&site, &visit, id, &headers, &typed).await,
        Err(error) if answer::is_htmx(&headers) => Err(error.into()),
        Err(error) => match editable(&site, &visit, id).await {
            Ok(page) => edit_again(&visit, &page, &typed, typed.version(page.version), error),
            Err(_) => Err(error.into()),
        },
    };
    let place = typed.place(Some(id));
    saved.map_err(|fault| fault.keeping(typed.unsaved(), &place))
}

/// Saves a page as typed, or answers with the form and what there is to decide.
pub(super) async fn save(
    site: &Site,
    visit: &Visit,
    id: PageId,
    headers: &HeaderMap,
    typed: &Typed,
) -> Answer {
    let page = editable(site, visit, id).await?;
    let version = typed.version(page.version);
    if typed.wants_preview() {
        // The page of a day shows the files of its room.
        let of = page.parent.filter(|_| page.kind == Kind::Transcript).unwrap_or(id);
        let html = match preview(site, visit, &page.space.key, Some(of), typed).await {
            Ok(html) => html,
            Err(error) if answer::is_htmx(headers) => return Err(error.into()),
            Err(error) => return edit_again(visit, &page, typed, version, error),
        };
        if answer::is_htmx(headers) {
            return Ok(view::page::preview(&html).into_response());
        }
        let extra = Extra { preview: Some(&html), ..Extra::default() };
        return Ok(edit_form(visit, &page, typed, version, &extra).into_response());
    }
    if typed.insert.is_some() {
        let form = edit_form(visit, &page, &typed.clone().with_chat(), version, &Extra::default());
        return Ok(form.into_response());
    }
    // A person is asked before a room closes; a script knows what it does.
    if page.kind == Kind::Page
        && typed.confirm.as_deref() != Some("close")
        && answer::accepts_html(headers)
    {
        match closes(site, &page, typed).await {
            Ok(None) => {}
            Ok(closes) => {
                let extra = Extra { closes: closes.as_deref(), ..Extra::default() };
                return Ok(edit_form(visit, &page, typed, version, &extra).into_response());
            }
            Err(error) => return edit_again(visit, &page, typed, version, error),
        }
    }
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), id).await?;
    match keep(site, &grant, &page, typed, version).await {
        Ok(to) => Ok(saved(site, typed, &to)),
        Err(Error::Stale) => {
            let theirs = editable(site, visit, id).await?;
            let yours = typed.body.replace("\r\n", "\n");
            let difference = match site.app.texts.compare(theirs.body.clone(), yours).await {
                // The form holds both texts in any case.
                Err(Error::Busy) => Difference::default(),
                compared => compared?,
            };
            let extra = Extra { conflict: Some(&difference), ..Extra::default() };
            let form = edit_form(visit, &theirs, typed, theirs.version, &extra);
            Ok((StatusCode::CONFLICT, form).into_response())
        }
        Err(error) => edit_again(visit, &page, typed, version, error),
    }
}

/// The name of the room that the page has and the typed text has none for.
async fn closes(site: &Site, page: &Page, typed: &Typed) -> Result<Option<String>, Error> {
    let named = page::room_name(&site.app, &page.title, &page.body).await?;
    if named.is_none() {
        return Ok(None);
    }
    let left = page::room_name(&site.app, &typed.title, &typed.body).await?;
    Ok(named.filter(|_| left.is_none()))
}

/// The form again with what is wrong beside its field; nothing typed is lost.
fn edit_again(visit: &Visit, page: &Page, typed: &Typed, version: i64, error: Error) -> Answer {
    let Some(wrong) = beside_field(&error) else { return Err(error.into()) };
    let extra = Extra { errors: vec![wrong], ..Extra::default() };
    Ok(answer::again(&error, edit_form(visit, page, typed, version, &extra)))
}

pub(super) async fn trash(State(site): State<Site>, visit: Visit, Id(id): Id<PageId>) -> Answer {
    let page = editable(&site, &visit, id).await?;
    if page.kind == Kind::Transcript {
        return Err(Error::Forbidden("A transcript stays under its room's page.").into());
    }
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), id).await?;
    tree::trash(&site.app, &grant).await?;
    let to = page.parent.map_or_else(|| "/".to_owned(), |parent| format!("/pages/{parent}"));
    Ok(see_other(&to))
}

pub(super) async fn restore(State(site): State<Site>, visit: Visit, Id(id): Id<PageId>) -> Answer {
    tree::restore(&site.app, visit.viewer(), id).await?;
    Ok(see_other(&format!("/pages/{id}")))
}

#[derive(Deserialize)]
pub(super) struct Under {
    #[serde(default)]
    parent: String,
    /// The title of the page above, where not all pages can be chosen from.
    #[serde(default)]
    title: String,
}

pub(super) async fn move_to(
    State(site): State<Site>,
    visit: Visit,
    Id(id): Id<PageId>,
    Form(under): Form<Under>,
) -> Answer {
    let typed = Typed { parent: Some(under.parent.clone()), ..Typed::default() };
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), id).await?;
    let parent = match under.title.trim() {
        "" => typed.parent()?,
        title => Some(tree::beside(&site.app, &grant, title).await?),
    };
    tree::move_to(&site.app, &grant, parent).await?;
    Ok(see_other(&format!("/pages/{id}")))
}
