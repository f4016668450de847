//! Spaces: listed, made, named, their rights set.

use axum::extract::State;
use axum::response::IntoResponse;
use maud::Markup;
use serde::Deserialize;

use super::Refused;
use crate::error::Result;
use crate::http::Site;
use crate::http::answer::{Answer, see_other};
use crate::http::input::{Form, Id};
use crate::http::visit::Visit;
use crate::mandate::Mandate;
use crate::space::{self, Rights};
use crate::template::{self, Template};
use crate::view::administration::{self, SpaceTyped, Wrong};
use crate::view::text;

pub(in crate::http) async fn list(State(site): State<Site>, visit: Visit) -> Answer<Markup> {
    let rights = &Rights::default();
    let typed = SpaceTyped { key: "", name: "", rights, template: Template::Empty };
    Ok(screen(&site, &visit, typed, None).await?)
}

async fn screen(
    site: &Site,
    visit: &Visit,
    typed: SpaceTyped<'_>,
    wrong: Wrong<'_>,
) -> Result<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let spaces = space::list(&site.app, &mandate).await?;
    Ok(administration::spaces(&visit.shell(), &spaces, typed, wrong))
}

#[derive(Deserialize)]
pub(in crate::http) struct New {
    key: String,
    #[serde(default)]
    name: String,
    view: String,
    comment: String,
    edit: String,
    #[serde(default)]
    template: Template,
}

pub(in crate::http) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Form(New { key, name, view, comment, edit, template }): Form<New>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let rights = Rights { view, comment, edit };
    let title = if name.trim().is_empty() { &key } else { &name };
    let drafts = text::template(template, title);
    let done = template::add_space(&site.app, &mandate, &key, &name, rights.clone(), drafts).await;
    match done {
        Ok(_) => Ok(see_other(&address(key.trim()))),
        Err(error) => {
            let refused = Refused::of(error, "key")?;
            let typed = SpaceTyped { key: &key, name: &name, rights: &rights, template };
            let again = screen(&site, &visit, typed, Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

pub(in crate::http) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(key): Id<String>,
) -> Answer<Markup> {
    Ok(one(&site, &visit, &key, None, None, None).await?)
}

async fn one(
    site: &Site,
    visit: &Visit,
    key: &str,
    name: Option<&str>,
    rights: Option<&Rights>,
    wrong: Wrong<'_>,
) -> Result<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let (found, now) = space::show(&site.app, &mandate, key).await?;
    let typed = SpaceTyped {
        key,
        name: name.unwrap_or(&found.name),
        rights: rights.unwrap_or(&now),
        template: Template::Empty,
    };
    Ok(administration::space(&visit.shell(), &found, typed, wrong))
}

#[derive(Deserialize)]
pub(in crate::http) struct Name {
    name: String,
}

pub(in crate::http) async fn set_name(
    State(site): State<Site>,
    visit: Visit,
    Id(key): Id<String>,
    Form(Name { name }): Form<Name>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    match space::set_name(&site.app, &mandate, &key, &name).await {
        Ok(()) => Ok(see_other(&address(&key))),
        Err(error) => {
            let refused = Refused::of(error, "name")?;
            let again = one(&site, &visit, &key, Some(&name), None, Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http) struct Wanted {
    view: String,
    comment: String,
    edit: String,
}

pub(in crate::http) async fn set_rights(
    State(site): State<Site>,
    visit: Visit,
    Id(key): Id<String>,
    Form(Wanted { view, comment, edit }): Form<Wanted>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let rights = Rights { view, comment, edit };
    match space::set_rights(&site.app, &mandate, &key, rights.clone()).await {
        Ok(()) => Ok(see_other(&address(&key))),
        Err(error) => {
            let refused = Refused::of(error, "view")?;
            let again =
                one(&site, &visit, &key, None, Some(&rights), Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

fn address(key: &str) -> String {
    let key = percent_encoding::utf8_percent_encode(key, percent_encoding::NON_ALPHANUMERIC);
    format!("/admin/spaces/{key}")
}
