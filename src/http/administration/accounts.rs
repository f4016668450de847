//! Accounts: listed, made, changed.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;

use super::Refused;
use crate::error::Result;
use crate::http::Site;
use crate::http::answer::{Answer, see_other};
use crate::http::input::{Form, Id, Query};
use crate::http::login::provider;
use crate::http::visit::Visit;
use crate::linking;
use crate::mandate::Mandate;
use crate::roster::{self, NewAccount};
use crate::view::administration::{self, AccountTyped, NewTyped, Wrong};

/// Which part of the list.
#[derive(Default, Deserialize)]
pub(in crate::http) struct Part {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

pub(in crate::http) async fn list(
    State(site): State<Site>,
    visit: Visit,
    Query(part): Query<Part>,
) -> Answer<Markup> {
    Ok(screen(&site, &visit, &part, NewTyped::default(), None).await?)
}

async fn screen(
    site: &Site,
    visit: &Visit,
    part: &Part,
    typed: NewTyped<'_>,
    wrong: Wrong<'_>,
) -> Result<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let listed = roster::list(&site.app, &mandate, &part.q, &part.after).await?;
    Ok(administration::accounts(&visit.shell(), &part.q, &listed, typed, wrong))
}

#[derive(Deserialize)]
pub(in crate::http) struct New {
    name: String,
    #[serde(default)]
    display: String,
    password: String,
    #[serde(default)]
    groups: String,
    #[serde(default)]
    admin: String,
}

pub(in crate::http) async fn create(
    State(site): State<Site>,
    visit: Visit,
    Form(new): Form<New>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let admin = new.admin == "yes";
    let account = NewAccount {
        name: new.name.trim().to_owned(),
        display: new.display.clone(),
        admin,
        groups: names(&new.groups),
        password: new.password,
    };
    match roster::add(&site.app, &mandate, account).await {
        Ok(_) => Ok(see_other(&address(new.name.trim()))),
        Err(error) => {
            let refused = Refused::of(error, "name")?;
            let typed =
                NewTyped { name: &new.name, display: &new.display, groups: &new.groups, admin };
            let again =
                screen(&site, &visit, &Part::default(), typed, Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

pub(in crate::http) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer<Markup> {
    Ok(one(&site, &visit, &name, AccountTyped::default(), None).await?)
}

async fn one(
    site: &Site,
    visit: &Visit,
    name: &str,
    typed: AccountTyped<'_>,
    wrong: Wrong<'_>,
) -> Result<Markup> {
    let mandate = Mandate::of(visit.viewer())?;
    let found = roster::show(&site.app, &mandate, name).await?;
    let linked = linking::of_account(&site.app, &mandate, name).await?;
    let by = provider(&site.app).zip(linked);
    Ok(administration::account(&visit.shell(), &found, by, typed, wrong))
}

/// The account as it is now, or what was wrong beside its field.
async fn set(
    site: &Site,
    visit: &Visit,
    name: &str,
    done: Result<()>,
    field: &'static str,
    typed: AccountTyped<'_>,
) -> Answer<Response> {
    match done {
        Ok(()) => Ok(see_other(&address(name))),
        Err(error) => {
            let refused = Refused::of(error, field)?;
            let again = one(site, visit, name, typed, Some(refused.wrong())).await?;
            Ok((refused.status, again).into_response())
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http) struct Display {
    display: String,
}

pub(in crate::http) async fn set_display(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
    Form(Display { display }): Form<Display>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = roster::set_display(&site.app, &mandate, &name, &display).await;
    let typed = AccountTyped { display: Some(&display), groups: None };
    set(&site, &visit, &name, done, "display", typed).await
}

#[derive(Deserialize)]
pub(in crate::http) struct Groups {
    groups: String,
}

pub(in crate::http) async fn set_groups(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
    Form(Groups { groups }): Form<Groups>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = roster::set_groups(&site.app, &mandate, &name, names(&groups)).await;
    let typed = AccountTyped { display: None, groups: Some(&groups) };
    set(&site, &visit, &name, done, "groups", typed).await
}

#[derive(Deserialize)]
pub(in crate::http) struct Password {
    password: String,
}

pub(in crate::http) async fn set_password(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
    Form(Password { password }): Form<Password>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = roster::set_password(&site.app, &mandate, &name, password).await;
    set(&site, &visit, &name, done, "password", AccountTyped::default()).await
}

#[derive(Deserialize)]
pub(in crate::http) struct Admin {
    admin: String,
}

pub(in crate::http) async fn set_admin(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
    Form(Admin { admin }): Form<Admin>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = if admin == "yes" {
        roster::give_admin(&site.app, &mandate, &name).await
    } else {
        roster::take_admin(&site.app, &mandate, &name).await
    };
    set(&site, &visit, &name, done, "admin", AccountTyped::default()).await
}

pub(in crate::http) async fn disable(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = roster::disable(&site.app, &mandate, &name).await;
    set(&site, &visit, &name, done, "disable", AccountTyped::default()).await
}

pub(in crate::http) async fn enable(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = roster::enable(&site.app, &mandate, &name).await;
    set(&site, &visit, &name, done, "disable", AccountTyped::default()).await
}

pub(in crate::http) async fn end_sessions(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = roster::end_sessions(&site.app, &mandate, &name).await;
    set(&site, &visit, &name, done, "disable", AccountTyped::default()).await
}

pub(in crate::http) async fn unlink(
    State(site): State<Site>,
    visit: Visit,
    Id(name): Id<String>,
) -> Answer {
    let mandate = Mandate::of(visit.viewer())?;
    let done = linking::unlink_for(&site.app, &mandate, &name).await;
    set(&site, &visit, &name, done, "unlink", AccountTyped::default()).await
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).collect()
}

fn address(name: &str) -> String {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("/admin/accounts/{name}")
}
