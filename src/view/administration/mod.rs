//! The pages of who administers: accounts, groups, spaces, rooms, and what was done to them.

mod accounts;
mod groups;
mod rooms;
mod spaces;

use maud::{Markup, html};

use crate::journal::{Entry, N_AT_ONCE};
use crate::view::history::moment;
use crate::view::layout::{self, Shell};
use crate::view::text::Phrase;
use crate::view::{error, text};

pub use accounts::{AccountTyped, NewTyped, account, accounts};
pub use groups::{GroupTyped, group, groups};
pub use rooms::rooms;
pub use spaces::{SpaceTyped, space, spaces};

/// A field and what is wrong with it.
pub type Wrong<'a> = Option<(&'a str, &'a str)>;

/// The areas: address, name, what for.
const AREAS: [(&str, Phrase, Phrase); 5] = [
    ("/admin/accounts", text::ADMIN_ACCOUNTS, text::ADMIN_ACCOUNTS_HELP),
    ("/admin/groups", text::ADMIN_GROUPS, text::ADMIN_GROUPS_HELP),
    ("/admin/spaces", text::ADMIN_SPACES, text::ADMIN_SPACES_HELP),
    ("/admin/rooms", text::ADMIN_ROOMS, text::ADMIN_ROOMS_HELP),
    ("/admin/audit", text::ADMIN_JOURNAL, text::ADMIN_JOURNAL_HELP),
];

/// Where administration begins.
pub fn overview(shell: &Shell<'_>) -> Markup {
    let main = html! {
        section .sheet {
            h1 { (text::ADMIN) }
            dl .areas {
                @for (address, name, help) in AREAS {
                    dt { a href=(address) { (name) } }
                    dd { (help) }
                }
            }
        }
    };
    layout::page(shell, &text::ADMIN, &main)
}

/// What was administered, the latest first.
pub fn journal(shell: &Shell<'_>, entries: &[Entry]) -> Markup {
    let full = i64::try_from(entries.len()).unwrap_or(0) == N_AT_ONCE;
    let older = entries.last().filter(|_| full);
    let main = html! {
        p .hint { (text::ADMIN_JOURNAL_HELP) }
        ol { @for entry in entries { (line(entry)) } }
        @if entries.is_empty() { p .hint { (text::ADMIN_JOURNAL_EMPTY) } }
        @if let Some(last) = older {
            p { a .button href={ "/admin/audit?before=" (last.id) } { (text::ADMIN_OLDER) } }
        }
    };
    frame(shell, "/admin/audit", "audit", &text::ADMIN_JOURNAL, &main)
}

fn line(entry: &Entry) -> Markup {
    let who = entry.by.as_deref().unwrap_or(text::OPERATOR.say());
    html! {
        li {
            (moment(entry.at))
            span {
                strong { bdi { (who) } } " " (text::act(entry.act)) " "
                @match (&entry.account, &entry.name, &entry.room) {
                    (Some(account), ..) => a href={ "/admin/accounts/" (account) } { bdi { (account) } },
                    (_, Some(name), _) => bdi { (name) },
                    (.., Some((room, Some(name)))) => a href={ "/pages/" (room) } { bdi { (name) } },
                    (.., Some((room, None))) => (text::room_number(*room)),
                    _ => {}
                }
                @if !entry.detail.is_empty() { " " span .hint { "(" bdi { (entry.detail) } ")" } }
            }
        }
    }
}

/// A screen of administration: the way to its areas, then `main` under its heading.
fn frame(shell: &Shell<'_>, area: &str, class: &str, heading: &str, main: &Markup) -> Markup {
    let main = html! {
        section class={ "sheet admin " (class) } {
            nav .choices aria-label=(text::ADMIN) {
                @for (address, name, _) in AREAS {
                    a href=(address) aria-current=[(address == area).then_some("true")] { (name) }
                }
            }
            h1 { (heading) }
            (main)
        }
    };
    layout::page(shell, &text::titled(heading, &text::ADMIN), &main)
}

/// Finds in a long list.
fn finder(address: &str, label: Phrase, typed: &str) -> Markup {
    html! {
        form .row action=(address) {
            input type="search" name="q" value=(typed) aria-label=(label) placeholder=(label)
                autocomplete="off" autocapitalize="none" spellcheck="false";
            button { (text::ADMIN_FIND) }
        }
    }
}

/// One field of a form.
#[derive(Clone, Copy)]
struct Field<'a> {
    name: &'a str,
    label: Phrase,
    value: &'a str,
    help: Option<Phrase>,
    kind: &'a str,
    needed: bool,
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: Phrase, value: &'a str) -> Self {
        Self { name, label, value, help: None, kind: "text", needed: false }
    }

    fn help(self, help: Phrase) -> Self {
        Self { help: Some(help), ..self }
    }

    fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// What was typed into it is never sent back.
    fn password(self) -> Self {
        Self { kind: "password", value: "", ..self }
    }

    fn show(self, wrong: Wrong<'_>) -> Markup {
        let wrong = wrong.filter(|(field, _)| *field == self.name).map(|(_, why)| why);
        let (help, why) = (format!("{}-help", self.name), format!("{}-error", self.name));
        let told = match (self.help, wrong) {
            (Some(_), Some(_)) => format!("{why} {help}"),
            (Some(_), None) => help.clone(),
            (None, Some(_)) => why.clone(),
            (None, None) => String::new(),
        };
        let complete = if self.kind == "password" { "new-password" } else { "off" };
        html! {
            div .field data-invalid[wrong.is_some()] {
                label for=(self.name) { (self.label) }
                input id=(self.name) type=(self.kind) name=(self.name) value=(self.value)
                    required[self.needed] autocomplete=(complete) autocapitalize="none"
                    spellcheck="false" aria-describedby=[Some(told).filter(|told| !told.is_empty())]
                    aria-invalid=[wrong.map(|_| "true")];
                @if let Some(wrong) = wrong { (error::beside(&why, wrong)) }
                @if let Some(text) = self.help { p .hint id=(help) { (text) } }
            }
        }
    }
}

/// What is wrong with no field in particular.
fn beside(name: &str, wrong: Wrong<'_>) -> Markup {
    html! {
        @if let Some((_, why)) = wrong.filter(|(field, _)| *field == name) {
            (error::beside(&format!("{name}-error"), why))
        }
    }
}
