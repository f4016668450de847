//! Groups: listed, made, filled, removed.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::Markup;
use serde::Deserialize;

use super::Refused;
use crate::error::{Error, Result};
use crate::group;
use crate::http::Site;
use crate::http::answer::{Answer, see_other};
use crate::http::input::{Form, Id};
use crate::http::visit::Visit;
use crate::mandate::Mandate;
use crate::view::administration::{self, GroupTyped, Wrong};

const AREA: &str = "/admin/groups";

pub(in crate::http) async fn list(State(site): State<Site>, visit: Visit) -> Answer<Markup> {
    Ok(screen(&site, &visit, GroupTyped::default(), None).await?)
}

async fn screen(
    site: &Site,
    visit: &Visit,
    typed: GroupTyped<'_>,
    wrong: Wrong<'_>,
) -> Result<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let groups = group::list(&site.app, &mandate).await?;
    Ok(administration::groups(&visit.shell(), &groups, typed, wrong))
}

#[derive(Deserialize)]
pub(in crate::http) struct New {
    name: String,
    #[serde(default)]
    members: String,
}

pub(in crate::http) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Form(new): Form<New>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    match group::add(&site.app, &mandate, &new.name, &new.members).await {
        Ok(()) => Ok(see_other(AREA)),
        Err(error) => {
            let refused = Refused::of(error, "name")?;
            let typed = GroupTyped { name: &new.name, members: &new.members };
            let again = screen(&site, &visit, typed, Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

pub(in crate::http) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer<Markup> {
    Ok(one(&site, &visit, &name, None, None).await?)
}

async fn one(
    site: &Site,
    visit: &Visit,
    name: &str,
    typed: Option<&str>,
    wrong: Wrong<'_>,
) -> Result<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let groups = group::list(&site.app, &mandate).await?;
    let found = groups.iter().find(|group| group.name == name).ok_or(Error::NotFound)?;
    Ok(administration::group(&visit.shell(), found, typed, wrong))
}

#[derive(Deserialize)]
pub(in crate::http) struct Members {
    members: String,
}

pub(in crate::http) async fn update(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
    Form(Members { members }): Form<Members>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    match group::set_members(&site.app, &mandate, &name, &members).await {
        Ok(()) => Ok(see_other(AREA)),
        Err(error) => {
            let refused = Refused::of(error, "members")?;
            let again = one(&site, &visit, &name, Some(&members), Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

pub(in crate::http) async fn remove(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    group::remove(&site.app, &mandate, &name).await?;
    Ok(see_other(AREA))
}
