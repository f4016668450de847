//! The form behind the one-time link: the first account, and the first space.

use maud::{Markup, html};

use crate::view::layout::{self, Shell};
use crate::view::text;

/// The form. `typed` is the name and the shown name as they were sent before, `error` what was
/// wrong with them.
pub fn form(
    shell: &Shell<'_>,
    token: &str,
    typed: (&str, &str),
    asks_space: bool,
    error: Option<&str>,
) -> Markup {
    let (name, display) = typed;
    let main = html! {
        section .sheet .login {
            h1 { (text::FIRST_TITLE) }
            p { (text::FIRST_HELP) }
            @if let Some(error) = error { p .error role="alert" { (error) } }
            form .fields method="post" action={ "/first/" (token) } {
                label { (text::FIRST_NAME)
                    input name="name" value=(name) required autofocus maxlength="64"
                        autocomplete="username" autocapitalize="none" spellcheck="false";
                }
                label { (text::FIRST_DISPLAY)
                    input name="display" value=(display) maxlength="100" autocomplete="name";
                }
                label { (text::FIRST_PASSWORD)
                    input type="password" name="password" required minlength="8" maxlength="128"
                        autocomplete="new-password";
                }
                @if asks_space {
                    label { (text::FIRST_SPACE)
                        input name="space" value=(text::FIRST_SPACE_VALUE) maxlength="100";
                    }
                }
                div .actions { button .primary { (text::FIRST_DONE) } }
            }
        }
    };
    layout::page(shell, text::FIRST_TITLE.say(), &main)
}
