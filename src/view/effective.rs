//! Why somebody may do what on a page: the question and its answer.

use maud::{Markup, html};

use crate::effective::{Explained, Verdict};
use crate::id::PageId;
use crate::view::{error, text};

/// The box to ask in, and below it the answer to what was asked.
pub fn ask(page: PageId, explained: Option<(&str, Option<&Explained>)>) -> Markup {
    let name = explained.map_or("", |(name, _)| name);
    let unknown = matches!(explained, Some((_, None)));
    html! {
        section .effective #effective aria-labelledby="effective-title" {
            h2 #effective-title { (text::EFFECTIVE) }
            p .hint #effective-help { (text::EFFECTIVE_HELP) }
            form .fields method="get" action={ "/pages/" (page) "/restrictions#effective" } {
                div .field {
                    label for="account" { (text::EFFECTIVE_ACCOUNT) }
                    div .row {
                        input #account name="account" value=(name) required autocapitalize="none"
                            spellcheck="false" autocomplete="off"
                            aria-describedby=(if unknown { "account-error" } else { "effective-help" });
                        button { (text::EFFECTIVE_ASK) }
                    }
                    @if unknown { (error::beside("account-error", text::EFFECTIVE_NOBODY.say())) }
                }
            }
            @if let Some((_, Some(explained))) = explained { (answer(explained)) }
        }
    }
}

fn answer(explained: &Explained) -> Markup {
    html! {
        h3 { bdi { (explained.account.display) } " " span .key { (explained.account.name) } }
        dl .verdicts { @for verdict in &explained.verdicts { (line(verdict)) } }
    }
}

fn line(verdict: &Verdict) -> Markup {
    html! {
        dt data-may=(verdict.may) {
            (text::asked(verdict.asked)) ": "
            strong { @if verdict.may { (text::EFFECTIVE_YES) } @else { (text::EFFECTIVE_NO) } }
        }
        @for reason in &verdict.reasons {
            dd data-for=(reason.is_for()) { (text::reason(reason)) }
        }
    }
}
