//! Searching.

use axum::extract::State;
use axum::response::IntoResponse;

use super::Site;
use super::answer::Answer;
use super::input::Query;
use super::visit::Visit;
use crate::error::Error;
use crate::search::{self, Sort};
use crate::view;

/// What was asked, taken from whatever came: the first of each name counts, and no query is
/// refused.
#[derive(Default)]
struct Asked {
    q: String,
    sort: String,
    after: Option<String>,
}

impl Asked {
    fn read(mut fields: Vec<(String, String)>) -> Self {
        let mut take = |name: &str| {
            let place = fields.iter().position(|(field, _)| field == name)?;
            Some(fields.remove(place).1)
        };
        Self {
            q: take("q").unwrap_or_default(),
            sort: take("sort").unwrap_or_default(),
            after: take("after"),
        }
    }
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Query(fields): Query<Vec<(String, String)>>,
) -> Answer {
    let asked = Asked::read(fields);
    if visit.viewer().account().is_none() && crate::space::none_is_public(&site.app).await? {
        return Err(Error::LoginNeeded.into());
    }
    let sort = if asked.sort == "best" { Sort::Best } else { Sort::Newest };
    site.app
        .rate_limits
        .search(visit.viewer().account_id().map(|account| account.0), visit.address())?;
    let begun = std::time::Instant::now();
    let found =
        search::search(&site.app, visit.viewer(), &asked.q, sort, asked.after.as_deref()).await;
    site.app.requests.search.observe(begun.elapsed().as_secs_f64());
    let (results, problem) = match found {
        Ok(results) => (Some(results), None),
        Err(Error::Busy) => (None, Some(view::text::SEARCH_TOO_SLOW)),
        Err(error) => return Err(error.into()),
    };
    let results = results.filter(|_| !asked.q.trim().is_empty());
    Ok(view::search::show(&visit.shell(), &asked.q, sort, results.as_ref(), problem.as_deref())
        .into_response())
}
