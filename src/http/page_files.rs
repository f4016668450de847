//! Files attached to a page: their screen, attached, taken away. They are had as any other.

use axum::extract::State;
use axum::extract::multipart::MultipartRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::Markup;

use super::Site;
use super::answer::{self, Answer, Malformed, see_other};
use super::files::{self, Sent};
use super::input::{Id, Ids};
use super::parts::Parts;
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::file::{self, FileId};
use crate::id::PageId;
use crate::page_file::{self, N_LISTED};
use crate::permission::{self, Edit, View};
use crate::upload::Upload;
use crate::{page, view};

pub(super) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
) -> Answer<Markup> {
    Ok(screen(&site, &visit, page, None).await?)
}

/// All files of the page; and what is wrong with those that were sent.
async fn screen(site: &Site, visit: &Visit, page: PageId, wrong: Option<&str>) -> Result<Markup> {
    let grant = permission::may::<View>(&site.app, visit.viewer(), page).await?;
    let files = page_file::list(&site.app, &grant, N_LISTED).await?;
    let may_edit = permission::may::<Edit>(&site.app, visit.viewer(), page).await.is_ok();
    let page = page::show(&site.app, &grant).await?;
    Ok(view::page_file::screen(&visit.shell(), &page, &files, may_edit, wrong))
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
    headers: HeaderMap,
    form: Result<Parts, MultipartRejection>,
) -> Answer {
    let Ok(form) = form else { return Ok(files::no_form()) };
    let navigates = !answer::is_htmx(&headers) && answer::accepts_html(&headers);
    let mut sent = Sent::of(form);
    let attached = attach(&site, &visit, page, &mut sent).await;
    if let Err(error) = &attached {
        sent.read_to_the_end(error).await;
    }
    // What was left behind, or was there already, must not wait: the disk may be full.
    file::sweep(&site.app).await;
    match attached {
        Ok(()) if navigates => Ok(see_other(&format!("/pages/{page}#page_files"))),
        Ok(()) => {
            Ok((StatusCode::CREATED, screen(&site, &visit, page, None).await?).into_response())
        }
        Err(_) if sent.odd => Ok(Malformed("This form is not complete.").into_response()),
        Err(error) if navigates => refused(&site, &visit, page, error).await,
        Err(error) => Err(error.into()),
    }
}

async fn attach(site: &Site, visit: &Visit, page: PageId, sent: &mut Sent) -> Result<()> {
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), page).await?;
    let mut upload = Upload::to_page(&site.app, &grant).await?;
    sent.take(&mut upload).await?;
    upload.attach().await
}

/// The form again, with what is wrong beside its field, for who may try again.
async fn refused(site: &Site, visit: &Visit, page: PageId, error: Error) -> Answer<Response> {
    if matches!(error, Error::NotFound | Error::LoginNeeded | Error::Forbidden(_)) {
        return Err(error.into());
    }
    let screen = screen(site, visit, page, Some(&view::text::error(&error))).await?;
    Ok(answer::again(&error, screen))
}

pub(super) async fn remove(
    State(site): State<Site>,
    visit: Visit,
    Ids(page, file): Ids<PageId, FileId>,
) -> Answer {
    let grant = permission::may::<Edit>(&site.app, visit.viewer(), page).await?;
    page_file::remove(&site.app, &grant, file).await?;
    file::sweep(&site.app).await;
    Ok(see_other(&format!("/pages/{page}#page_files")))
}
