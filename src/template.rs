//! What a new space begins with: pages that are made with it, in the words of who makes it.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Result;
use crate::id::SpaceId;
use crate::mandate::Mandate;
use crate::page::{self, PageDraft};
use crate::space::{self, Rights};

/// A kind of space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    /// No page.
    #[default]
    Empty,
    /// For people who work together: a room for all, meetings, decisions.
    Team,
    /// For something that ends: goal, plan, open questions, decisions, meetings.
    Project,
}

// ------------------------------------------------------------------------------------ verbs

/// Makes a space with these pages: the first is where it begins, and the others stand below it.
pub async fn add_space(
    app: &App,
    mandate: &Mandate,
    key: &str,
    name: &str,
    rights: Rights,
    drafts: Vec<PageDraft>,
) -> Result<SpaceId> {
    let space = space::add(app, mandate, key, name, rights).await?;
    let mut home = None;
    for draft in drafts {
        let page = page::create_by(app, mandate, key.trim(), home, draft).await?;
        home = home.or(Some(page));
    }
    Ok(space)
}
