//! What somebody chose for themselves.

use maud::{Markup, html};

use crate::language::{LANGUAGES, Language};
use crate::view::layout::{self, Shell};
use crate::view::text;

/// The page of one's own settings.
pub fn settings(shell: &Shell<'_>, chosen: Option<Language>, sound: bool) -> Markup {
    let (state, next, act) = if sound {
        (text::SOUND_IS_ON, "off", text::TURN_OFF)
    } else {
        (text::SOUND_IS_OFF, "on", text::TURN_ON)
    };
    let main = html! {
        section .sheet.settings {
            h1 { (text::MY_SETTINGS) }
            form .fields method="post" action="/settings/language" {
                h2 #language-heading { (text::LANGUAGE) }
                p #language-help .hint { (text::LANGUAGE_HELP) }
                select name="language" aria-labelledby="language-heading"
                    aria-describedby="language-help" {
                    option value="" selected[chosen.is_none()] { (text::LANGUAGE_OF_BROWSER) }
                    @for language in LANGUAGES {
                        option value=(language.code()) lang=(language.code())
                            selected[chosen == Some(language)] { (language.name()) }
                    }
                }
                button { (text::SAVE) }
            }
            form .fields method="post" action="/settings/sound" {
                h2 { (text::SOUND) }
                p { (state) }
                input type="hidden" name="sound" value=(next);
                input type="hidden" name="next" value="/settings";
                button { (act) }
            }
        }
    };
    layout::page(shell, &text::MY_SETTINGS, &main)
}
