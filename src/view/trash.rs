//! What is in the trash.

use maud::{Markup, html};

use crate::trash::Trashed;
use crate::view::history::moment;
use crate::view::layout::{self, Shell};
use crate::view::text;

/// The trash, the latest first.
pub fn list(shell: &Shell<'_>, listed: &[Trashed]) -> Markup {
    let main = html! {
        section .sheet .versions .trash {
            h1 { (text::TRASH_TITLE) }
            p .hint { (text::TRASH_HELP) }
            @if listed.is_empty() { p { (text::TRASH_EMPTY) } }
            ol { @for one in listed { (line(shell, one)) } }
        }
    };
    layout::page(shell, text::TRASH_TITLE.say(), &main)
}

fn line(shell: &Shell<'_>, one: &Trashed) -> Markup {
    let address = format!("/pages/{}", one.page.id);
    html! {
        li {
            div .about {
                strong { bdi { (one.page.title) } }
                p .hint {
                    bdi { (one.space.name) } ", " (moment(one.at))
                    @if let Some(by) = &one.by { ", " bdi { (by) } }
                    @if one.n_below > 0 { ", " (text::below(one.n_below)) }
                }
                @if let Some(above) = &one.above { p .hint { (text::restore_first(&above.title)) } }
            }
            @if one.above.is_none() {
                (layout::button(&format!("{address}/restore"), text::RESTORE.say()))
            }
            @if shell.viewer.is_admin() {
                details .menu {
                    summary .button { (text::PURGE) }
                    form .fields method="post" action={ (address) "/purge" } {
                        p .hint { (text::PURGE_HELP) }
                        label .check {
                            input type="checkbox" name="confirm" value="yes" required;
                            " " (text::PURGE_SURE)
                        }
                        button .danger { (text::PURGE) }
                    }
                }
            }
        }
    }
}
