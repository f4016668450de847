//! Searching.

use axum::extract::{Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::visit::Visit;
use crate::error::Error;
use crate::search::{self, Sort};
use crate::view;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    after: Option<String>,
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Answer {
    if visit.viewer().account().is_none() && crate::space::none_is_public(&site.app).await? {
        return Err(Error::LoginNeeded.into());
    }
    let sort = if asked.sort == "best" { Sort::Best } else { Sort::Newest };
    let found =
        search::search(&site.app, visit.viewer(), &asked.q, sort, asked.after.as_deref()).await;
    let (results, problem) = match found {
        Ok(results) => (Some(results), None),
        Err(Error::Busy) => (None, Some(view::text::SEARCH_TOO_SLOW)),
        Err(error) => return Err(error.into()),
    };
    let results = results.filter(|_| !asked.q.trim().is_empty());
    Ok(view::search::show(&visit.shell(), &asked.q, sort, results.as_ref(), problem)
        .into_response())
}
