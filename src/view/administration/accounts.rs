//! Accounts: the list, and one of them.

use maud::{Markup, html};

use super::{Field, Wrong, beside, finder, frame};
use crate::linking::State;
use crate::roster::{Listed, N_AT_ONCE};
use crate::view::history::moment;
use crate::view::layout::{self, Shell};
use crate::view::text;

/// A new account as it was just sent; of its password nothing is kept.
#[derive(Clone, Copy, Default)]
pub struct NewTyped<'a> {
    /// To log in by.
    pub name: &'a str,
    /// That others see.
    pub display: &'a str,
    /// With commas.
    pub groups: &'a str,
    /// May administer.
    pub admin: bool,
}

/// The fields of one account as they were just sent; `None`: as it is.
#[derive(Clone, Copy, Default)]
pub struct AccountTyped<'a> {
    /// That others see.
    pub display: Option<&'a str>,
    /// With commas.
    pub groups: Option<&'a str>,
}

const AREA: &str = "/admin/accounts";

/// Accounts by name, as far as they hold `q`, and the form for a new one.
pub fn accounts(
    shell: &Shell<'_>,
    q: &str,
    listed: &[Listed],
    typed: NewTyped<'_>,
    wrong: Wrong<'_>,
) -> Markup {
    let full = i64::try_from(listed.len()).unwrap_or(0) == N_AT_ONCE;
    let main = html! {
        section {
            (finder(AREA, text::ADMIN_FIND_ACCOUNT, q))
            @if listed.is_empty() { p .hint { (text::ADMIN_FOUND_NONE) } }
            ol .listed { @for one in listed { (line(one)) } }
            @if let Some(last) = listed.last().filter(|_| full) {
                form action=(AREA) {
                    input type="hidden" name="q" value=(q);
                    button name="after" value=(last.account.name) { (text::ADMIN_MORE) }
                }
            }
        }
        section aria-labelledby="add" {
            h2 #add { (text::ACCOUNT_ADD) }
            form .fields method="post" action=(AREA) {
                (Field::new("name", text::ACCOUNT_NAME, typed.name)
                    .help(text::ACCOUNT_NAME_HELP).needed().show(wrong))
                (Field::new("display", text::ACCOUNT_DISPLAY, typed.display).show(wrong))
                (Field::new("password", text::ACCOUNT_PASSWORD, "").password()
                    .help(text::ACCOUNT_PASSWORD_HELP).needed().show(wrong))
                (Field::new("groups", text::ACCOUNT_GROUPS, typed.groups)
                    .help(text::ACCOUNT_GROUPS_HELP).show(wrong))
                label .check {
                    input type="checkbox" name="admin" value="yes" checked[typed.admin];
                    " " (text::ACCOUNT_ADMIN)
                }
                div .actions { button .primary { (text::ACCOUNT_ADD) } }
            }
        }
    };
    frame(shell, AREA, "settings", &text::ADMIN_ACCOUNTS, &main)
}

fn line(one: &Listed) -> Markup {
    let account = &one.account;
    html! {
        li {
            div .about {
                a href={ (AREA) "/" (account.name) } { bdi { (account.display) } } " "
                span .hint { (account.name) }
                @if !one.groups.is_empty() { p .hint { (text::ACCOUNT_GROUPS) ": " (one.groups) } }
            }
            @if account.admin { span .mark { (text::ADMINISTERS) } }
            @if account.disabled { span .mark.warning { (text::DISABLED) } }
        }
    }
}

/// One account, what can be set about it, and how it stands with the provider, where there is one.
pub fn account(
    shell: &Shell<'_>,
    one: &Listed,
    by: Option<(&str, State)>,
    typed: AccountTyped<'_>,
    wrong: Wrong<'_>,
) -> Markup {
    let account = &one.account;
    let here = format!("{AREA}/{}", account.name);
    let main = html! {
        p .hint {
            (account.name) ", " (text::n_sessions(one.n_sessions))
            @if let Some(seen) = one.seen { ", " (moment(seen)) }
        }
        section {
            form .fields method="post" action={ (here) "/display" } {
                (Field::new("display", text::ACCOUNT_DISPLAY, typed.display.unwrap_or(&account.display))
                    .help(text::ACCOUNT_DISPLAY_HELP).needed().show(wrong))
                div .actions { button { (text::SAVE) } }
            }
        }
        section {
            form .fields method="post" action={ (here) "/groups" } {
                (Field::new("groups", text::ACCOUNT_GROUPS, typed.groups.unwrap_or(&one.groups))
                    .help(text::ACCOUNT_GROUPS_HELP).show(wrong))
                div .actions { button { (text::SAVE) } }
            }
        }
        section {
            form .fields method="post" action={ (here) "/password" } {
                (Field::new("password", text::ACCOUNT_NEW_PASSWORD, "").password()
                    .help(text::ACCOUNT_NEW_PASSWORD_HELP).needed().show(wrong))
                div .actions { button { (text::SAVE) } }
            }
        }
        section aria-labelledby="admin" {
            h2 #admin { (text::ACCOUNT_ADMIN) }
            div .row.between {
                p .hint { (text::ACCOUNT_ADMIN_HELP) }
                form .one method="post" action={ (here) "/admin" } {
                    @if account.admin {
                        button name="admin" value="no" { (text::ACCOUNT_ADMIN_TAKE) }
                    } @else {
                        button name="admin" value="yes" { (text::ACCOUNT_ADMIN_GIVE) }
                    }
                }
            }
            (beside("admin", wrong))
        }
        @if let Some((provider, state)) = by { (by_provider(&here, provider, state, wrong)) }
        section aria-labelledby="state" {
            h2 #state { (text::ACCOUNT_STATE) }
            div .row.between {
                p { (if account.disabled { text::ACCOUNT_DISABLED } else { text::ACCOUNT_ENABLED }) }
                div .actions {
                    @if one.n_sessions > 0 {
                        (layout::button(&format!("{here}/sessions/end"), &text::ACCOUNT_SESSIONS_END))
                    }
                    @if account.disabled {
                        (layout::button(&format!("{here}/enable"), &text::ACCOUNT_ENABLE))
                    } @else {
                        form .one method="post" action={ (here) "/disable" } {
                            button .danger { (text::ACCOUNT_DISABLE) }
                        }
                    }
                }
            }
            (beside("disable", wrong))
        }
    };
    frame(shell, AREA, "settings", &account.display, &main)
}

fn by_provider(here: &str, provider: &str, state: State, wrong: Wrong<'_>) -> Markup {
    html! {
        section aria-labelledby="provider" {
            h2 #provider { (text::ACCOUNT_PROVIDER) }
            div .row.between {
                @match state.since {
                    None => p { (text::LINKED_NOT) " " bdi { (provider) } "." },
                    Some(since) => {
                        div {
                            p {
                                (text::LINKED_WITH) " " bdi { (provider) } ", " (text::SESSION_SINCE)
                                " " (moment(since)) "."
                            }
                            p .hint { (text::ACCOUNT_UNLINK_HELP) }
                        }
                        (layout::button(&format!("{here}/unlink"), &text::UNLINK))
                    }
                }
            }
            (beside("unlink", wrong))
        }
    }
}
