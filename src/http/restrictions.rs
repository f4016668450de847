//! Who may see and change a page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::input::{Form, Id};
use super::login::see_other;
use super::visit::Visit;
use crate::error::Error;
use crate::id::PageId;
use crate::restriction::{self, Operation};
use crate::view;

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(page): Id<PageId>,
) -> Answer<Markup> {
    form(&site, &visit, page, None).await
}

async fn form(
    site: &Site,
    visit: &Visit,
    page: PageId,
    wrong: Option<(Operation, &str, &str)>,
) -> Answer<Markup> {
    let shown = restriction::show(&site.app, visit.viewer(), page).await?;
    let (view, edit) = match wrong {
        Some((Operation::View, typed, _)) => (typed, shown.edit.as_str()),
        Some((Operation::Edit, typed, _)) => (shown.view.as_str(), typed),
        None => (shown.view.as_str(), shown.edit.as_str()),
    };
    let error = wrong.map(|(operation, _, message)| (operation.name(), message));
    let screen = view::page::Restrictions { view, edit, inherited: &shown.inherited, error };
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
            let wrong = Some((given.operation, given.subjects.as_str(), message.as_str()));
            let form = form(&site, &visit, page, wrong).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
