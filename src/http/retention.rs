//! How long rooms keep what was said: set in a room and in a space, after a look at what would go.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id};
use super::settings;
use super::visit::Visit;
use crate::error::{Error, Result};
use crate::id::RoomId;
use crate::mandate::Mandate;
use crate::permission::{self, Moderate, View};
use crate::{page, retention, room, view};

#[derive(Deserialize)]
pub(super) struct Wanted {
    days: String,
    /// `yes`: who sent it has seen what will go.
    confirm: Option<String>,
}

impl Wanted {
    /// Nothing: as the space says, or for ever. What is no number is out of every range.
    fn days(&self) -> Option<i64> {
        let days = self.days.trim();
        (!days.is_empty()).then(|| days.parse().unwrap_or(-1))
    }

    fn is_sure(&self) -> bool {
        self.confirm.as_deref() == Some("yes")
    }
}

pub(super) async fn set_in_room(
    State(site): State<Site>,
    visit: Visit,
    Id(room): Id<RoomId>,
    Form(wanted): Form<Wanted>,
) -> Answer<Response> {
    let grant = permission::may::<Moderate>(&site.app, visit.viewer(), room).await?;
    let days = wanted.days();
    let due = match retention::due_in_room(&site.app, &grant, days).await {
        Ok(due) => due,
        Err(error) => return settings::set(&site, &visit, room, Err(error), None).await,
    };
    if let Some(due) = due.filter(|_| !wanted.is_sure()) {
        let reader = permission::may::<View>(&site.app, visit.viewer(), room).await?;
        let page = page::show(&site.app, &reader).await?;
        let room = room::show(&site.app, &reader).await?;
        let sure = view::retention::sure_of_room(&visit.shell(), &page, &room, days, &due);
        return Ok(sure.into_response());
    }
    let done = retention::set_in_room(&site.app, &grant, days).await;
    settings::set(&site, &visit, room, done, None).await
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(key): Id<String>,
) -> Answer<Markup> {
    Ok(screen(&site, &visit, &key, None).await?)
}

async fn screen(site: &Site, visit: &Visit, key: &str, wrong: Option<&str>) -> Result<Markup> {
    let (space, days) = retention::of_space(&site.app, &Mandate::of(visit.viewer())?, key).await?;
    Ok(view::retention::of_space(&visit.shell(), &space, days, wrong))
}

pub(super) async fn set_in_space(
    State(site): State<Site>,
    visit: Visit,
    Id(key): Id<String>,
    Form(wanted): Form<Wanted>,
) -> Answer<Response> {
    let mandate = Mandate::of(visit.viewer())?;
    let days = wanted.days();
    let due = match retention::due_in_space(&site.app, &mandate, &key, days).await {
        Ok(due) => due,
        Err(error @ Error::Invalid { .. }) => {
            let status = answer::status(&error);
            let again = screen(&site, &visit, &key, Some(&error.to_string())).await?;
            return Ok((status, again).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    if !due.is_empty() && !wanted.is_sure() {
        let (space, _) = retention::of_space(&site.app, &mandate, &key).await?;
        let sure = view::retention::sure_of_space(&visit.shell(), &space, days, &due);
        return Ok(sure.into_response());
    }
    retention::set_in_space(&site.app, &mandate, &key, days).await?;
    Ok(see_other(&format!("/spaces/{key}/retention")))
}
