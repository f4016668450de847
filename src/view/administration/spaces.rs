//! Spaces: the list, and one of them.

use maud::{Markup, html};

use super::{Field, Wrong, frame};
use crate::space::{Rights, Space};
use crate::template::Template;
use crate::view::layout::Shell;
use crate::view::text;

/// A space as it was just sent.
#[derive(Clone, Copy)]
pub struct SpaceTyped<'a> {
    /// As in addresses.
    pub key: &'a str,
    /// As shown.
    pub name: &'a str,
    /// Who may do what.
    pub rights: &'a Rights,
    /// The pages that it begins with.
    pub template: Template,
}

const AREA: &str = "/admin/spaces";

/// All spaces, and the form for a new one.
pub fn spaces(
    shell: &Shell<'_>,
    spaces: &[(Space, Rights)],
    typed: SpaceTyped<'_>,
    wrong: Wrong<'_>,
) -> Markup {
    let main = html! {
        section {
            @if spaces.is_empty() { p .hint { (text::NO_SPACES) } }
            ol .listed {
                @for (space, rights) in spaces {
                    li {
                        div .about {
                            a href={ (AREA) "/" (space.key) } { bdi { (space.name) } } " "
                            span .hint { (space.key) }
                            p .hint { (text::SPACE_VIEW) ": " (rights.view) }
                        }
                    }
                }
            }
        }
        section aria-labelledby="add" {
            h2 #add { (text::SPACE_ADD) }
            form .fields method="post" action=(AREA) {
                (Field::new("key", text::SPACE_KEY, typed.key).help(text::SPACE_KEY_HELP).needed()
                    .show(wrong))
                (Field::new("name", text::SPACE_NAME, typed.name).show(wrong))
                div .field {
                    label for="template" { (text::TEMPLATE) }
                    select #template name="template" {
                        @for (template, name, label) in text::TEMPLATES {
                            option value=(name) selected[template == typed.template] { (label) }
                        }
                    }
                }
                (rights(typed.rights, wrong))
                div .actions { button .primary { (text::SPACE_ADD) } }
            }
        }
    };
    frame(shell, AREA, "settings", &text::ADMIN_SPACES, &main)
}

/// One space, and what can be set about it.
pub fn space(shell: &Shell<'_>, space: &Space, typed: SpaceTyped<'_>, wrong: Wrong<'_>) -> Markup {
    let here = format!("{AREA}/{}", space.key);
    let main = html! {
        p .hint {
            (space.key)
            @if let Some(home) = space.home { " · " a href={ "/pages/" (home) } { (text::PAGES) } }
            " · " a href={ "/spaces/" (space.key) "/retention" } { (text::KEEP) }
        }
        section {
            form .fields method="post" action={ (here) "/name" } {
                (Field::new("name", text::SPACE_NAME, typed.name).needed().show(wrong))
                div .actions { button { (text::SAVE) } }
            }
        }
        section aria-labelledby="rights" {
            h2 #rights { (text::SPACE_RIGHTS) }
            form .fields method="post" action={ (here) "/rights" } {
                (rights(typed.rights, wrong))
                div .actions { button { (text::SAVE) } }
            }
        }
    };
    frame(shell, AREA, "settings", &space.name, &main)
}

fn rights(rights: &Rights, wrong: Wrong<'_>) -> Markup {
    html! {
        p .hint { (text::SPACE_RIGHTS_HELP) }
        (Field::new("view", text::SPACE_VIEW, &rights.view).show(wrong))
        (Field::new("comment", text::SPACE_COMMENT, &rights.comment).show(wrong))
        (Field::new("edit", text::SPACE_EDIT, &rights.edit).show(wrong))
    }
}
