//! The one-time link: the form that makes the first account.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::Site;
use super::answer::{self, Answer, see_other};
use super::input::{Form, Id};
use super::visit::{self, Visit};
use crate::error::Error;
use crate::roster::NewAccount;
use crate::{first_admin, session, view};

pub(super) async fn show(State(site): State<Site>, visit: Visit, Id(token): Id<String>) -> Answer {
    let asks_space = first_admin::open(&site.app, &token).await?;
    Ok(view::first_admin::form(&visit.shell(), &token, ("", ""), asks_space, None).into_response())
}

#[derive(Deserialize)]
pub(super) struct First {
    name: String,
    #[serde(default)]
    display: String,
    password: String,
    #[serde(default)]
    space: String,
}

pub(super) async fn create(
    State(site): State<Site>,
    visit: Visit,
    jar: CookieJar,
    headers: HeaderMap,
    Id(token): Id<String>,
    Form(first): Form<First>,
) -> Answer {
    let new = NewAccount {
        name: first.name.clone(),
        display: first.display.clone(),
        admin: true,
        groups: Vec::new(),
        password: first.password.clone(),
    };
    match first_admin::accept(&site.app, &token, new, &first.space).await {
        Ok(_) => {
            let https = site.app.config.is_https();
            let from = visit::origin(&visit, &jar, &headers, https);
            let opened = session::log_in(&site.app, &first.name, first.password, &from).await?;
            let jar = visit::opened(jar, opened.session()?, https);
            Ok((jar, see_other("/")).into_response())
        }
        Err(error @ (Error::Invalid { .. } | Error::Conflict(_))) => {
            let asks_space = first_admin::open(&site.app, &token).await?;
            let typed = (first.name.as_str(), first.display.as_str());
            let told = view::text::error(&error);
            let shell = visit.shell();
            let form = view::first_admin::form(&shell, &token, typed, asks_space, Some(&told));
            Ok(Response::into_response((answer::status(&error), form).into_response()))
        }
        Err(error) => Err(error.into()),
    }
}
