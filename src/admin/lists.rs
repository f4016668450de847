//! What an operator asks to see: a line for each, its parts between tabs.

use std::fmt::Write;

use crate::app::App;
use crate::error::Result;
use crate::mandate::Mandate;
use crate::{group, journal, room, roster, space};

pub(super) async fn accounts(app: &App, mandate: &Mandate) -> Result<String> {
    let mut text = String::new();
    let mut after = String::new();
    loop {
        let listed = roster::list(app, mandate, "", &after).await?;
        let Some(last) = listed.last() else { return Ok(text) };
        after.clone_from(&last.account.name);
        for roster::Listed { account, .. } in listed {
            let mut marks = String::new();
            if account.admin {
                marks.push_str("\tadmin");
            }
            if account.disabled {
                marks.push_str("\tdisabled");
            }
            let _ = writeln!(text, "{}\t{}{marks}", account.name, account.display);
        }
    }
}

pub(super) async fn groups(app: &App, mandate: &Mandate) -> Result<String> {
    let mut text = String::new();
    for group in group::list(app, mandate).await? {
        let _ = writeln!(text, "{}\t{}", group.name, group.members);
    }
    Ok(text)
}

pub(super) async fn spaces(app: &App, mandate: &Mandate) -> Result<String> {
    let mut text = String::new();
    for (space, rights) in space::list(app, mandate).await? {
        let space::Rights { view, comment, edit } = rights;
        let _ = writeln!(text, "{}\t{}\t{view}\t{comment}\t{edit}", space.key, space.name);
    }
    Ok(text)
}

pub(super) async fn rooms(app: &App, mandate: &Mandate) -> Result<String> {
    let mut text = String::new();
    let mut after = None;
    loop {
        let listed = room::list(app, mandate, "", after).await?;
        let Some(last) = listed.last() else { return Ok(text) };
        after = Some(last.room.id);
        for room::Listed { room, title, space, last_day, .. } in listed {
            let state = match (room.open, room.locked) {
                (false, _) => "closed",
                (true, true) => "locked",
                (true, false) => "open",
            };
            let last = last_day.unwrap_or_default();
            let _ = writeln!(text, "{}\t{space}\t{title}\t{}\t{state}\t{last}", room.id, room.name);
        }
    }
}

pub(super) async fn journal(app: &App, mandate: &Mandate, before: Option<i64>) -> Result<String> {
    let mut text = String::new();
    for entry in journal::list(app, mandate, before).await? {
        let by = entry.by.as_deref().unwrap_or("the operator");
        let room = entry.room.map(|(room, _)| room.to_string());
        let whom = entry.account.or(entry.name).or(room).unwrap_or_default();
        let (id, at, act, detail) = (entry.id, entry.at, entry.act.word(), entry.detail);
        let _ = writeln!(text, "{id}\t{at}\t{by}\t{act}\t{whom}\t{detail}");
    }
    Ok(text)
}
