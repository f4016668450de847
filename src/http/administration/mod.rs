//! Administration: what a [`Mandate`] is for, on pages. Each form is the verb that a command is.

pub(super) mod accounts;
pub(super) mod groups;
pub(super) mod rooms;
pub(super) mod spaces;

use axum::extract::State;
use axum::http::StatusCode;
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer};
use super::input::Query;
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::mandate::Mandate;
use crate::{journal, view};

pub(super) async fn overview(visit: Visit) -> Answer<Markup> {
    Mandate::of(visit.viewer())?;
    Ok(view::administration::overview(&visit.shell()))
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<i64>,
}

pub(super) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Query(from): Query<Before>,
) -> Answer<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let entries = journal::list(&site.app, &mandate, from.before).await?;
    Ok(view::administration::journal(&visit.shell(), &entries))
}

/// A refusal of what somebody typed: shown beside its field, with all else that they typed.
struct Refused {
    status: StatusCode,
    field: &'static str,
    why: String,
}

impl Refused {
    /// Anything else is an error. What the state of things forbids is shown beside `field`.
    fn of(error: Error, field: &'static str) -> Result<Self> {
        let field = match &error {
            Error::Invalid { field, .. } => *field,
            Error::Conflict(_) => field,
            _ => return Err(error),
        };
        Ok(Self { status: answer::status(&error), field, why: view::text::error(&error) })
    }

    fn wrong(&self) -> (&str, &str) {
        (self.field, &self.why)
    }
}
