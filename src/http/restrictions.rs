//! Who may see and change a page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{Answer, see_other};
use super::input::{Form, Id, Query};
use super::visit::Visit;
use crate::error::Error;
use crate::id::PageId;
use crate::restriction::{self, Operation};
use crate::{effective, view};

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
    Query(about): Query<About>,
) -> Answer<Markup> {
    let shown = restriction::show(&site.app, visit.viewer(), page).await?;
    let name = about.account.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let explained = match name {
        Some(name) => {
            let explained = effective::explain(&site.app, visit.viewer(), page, name).await?;
            Some((name, explained))
        }
        None => None,
    };
    let explained = explained.as_ref().map(|(name, explained)| (*name, explained.as_ref()));
    let screen = view::page::Restrictions {
        view: &shown.view,
        edit: &shown.edit,
        inherited: &shown.inherited,
        error: None,
        explained,
    };
    Ok(view::page::restrictions(&visit.shell(), &shown.page, &screen))
}

/// Whose rights are to be explained.
#[derive(Deserialize)]
pub(super) struct About {
    account: Option<String>,
}

/// The form as it was sent, with what is wrong beside its field.
async fn form_again(
    site: &Site,
    visit: &Visit,
    page: PageId,
    (operation, typed, message): (Operation, &str, &str),
) -> Answer<Markup> {
    let shown = restriction::show(&site.app, visit.viewer(), page).await?;
    let (view, edit) = match operation {
        Operation::View => (typed, shown.edit.as_str()),
        Operation::Edit => (shown.view.as_str(), typed),
    };
    let error = Some((operation.name(), message));
    let inherited = &shown.inherited;
    let screen = view::page::Restrictions { view, edit, inherited, error, explained: None };
    Ok(view::page::restrictions(&visit.shell(), &shown.page, &screen))
}

#[derive(Deserialize)]
pub(super) struct Given {
    operation: Operation,
    #[serde(default)]
    subjects: String,
}

pub(super) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
    Form(given): Form<Given>,
) -> Answer {
    let done =
        restriction::set(&site.app, visit.viewer(), page, given.operation, &given.subjects).await;
    match done {
        Ok(()) => Ok(see_other(&format!("/pages/{page}/restrictions"))),
        Err(Error::Invalid { message, .. }) => {
            let wrong = (given.operation, given.subjects.as_str(), message.as_str());
            let form = form_again(&site, &visit, page, wrong).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
