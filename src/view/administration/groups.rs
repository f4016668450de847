//! Groups: the list, and one of them.

use maud::{Markup, html};

use super::{Field, Wrong, frame};
use crate::group::Group;
use crate::view::layout::Shell;
use crate::view::text;

/// A group as it was just sent.
#[derive(Clone, Copy, Default)]
pub struct GroupTyped<'a> {
    /// Its name.
    pub name: &'a str,
    /// With commas.
    pub members: &'a str,
}

const AREA: &str = "/admin/groups";

/// All groups, and the form for a new one.
pub fn groups(
    shell: &Shell<'_>,
    groups: &[Group],
    typed: GroupTyped<'_>,
    wrong: Wrong<'_>,
) -> Markup {
    let main = html! {
        section {
            p .hint { (text::ADMIN_GROUPS_HELP) }
            @if groups.is_empty() { p .hint { (text::GROUPS_NONE) } }
            ol .listed {
                @for group in groups {
                    li {
                        div .about {
                            a href={ (AREA) "/" (group.name) } { "@" (group.name) } " "
                            span .hint { (text::n_members(group.n_members)) }
                            @if !group.members.is_empty() { p .hint { (group.members) } }
                        }
                    }
                }
            }
        }
        section aria-labelledby="add" {
            h2 #add { (text::GROUP_ADD) }
            form .fields method="post" action=(AREA) {
                (Field::new("name", text::GROUP_NAME, typed.name).needed().show(wrong))
                (Field::new("members", text::GROUP_MEMBERS, typed.members)
                    .help(text::GROUP_MEMBERS_HELP).show(wrong))
                div .actions { button .primary { (text::GROUP_ADD) } }
            }
        }
    };
    frame(shell, AREA, "settings", &text::ADMIN_GROUPS, &main)
}

/// One group; its members as they were just sent, `None`: as they are.
pub fn group(shell: &Shell<'_>, group: &Group, typed: Option<&str>, wrong: Wrong<'_>) -> Markup {
    let here = format!("{AREA}/{}", group.name);
    let main = html! {
        section {
            form .fields method="post" action=(here) {
                (Field::new("members", text::GROUP_MEMBERS, typed.unwrap_or(&group.members))
                    .help(text::GROUP_MEMBERS_HELP).show(wrong))
                div .actions { button { (text::SAVE) } }
            }
        }
        section {
            @if group.n_named > 0 { p .hint { (text::GROUP_NAMED) } } @else {
                form .actions method="post" action={ (here) "/remove" } {
                    button .danger { (text::GROUP_REMOVE) }
                }
            }
        }
    };
    frame(shell, AREA, "settings", &format!("@{}", group.name), &main)
}
