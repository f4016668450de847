//! Whole documents: the frame around every screen.
//!
//! **Invariant:** no inline style, handler or script but those with the nonce of the answer; a
//! document works under the policy that the server sends with it.

use maud::{DOCTYPE, Markup, html};

use crate::account::Viewer;
use crate::language::spoken;
use crate::view::{asset, text};

/// What every whole document needs to know.
#[derive(Clone, Copy)]
pub struct Shell<'a> {
    /// Fresh for each answer; the same as in its Content-Security-Policy.
    pub nonce: &'a str,
    /// Who is signed in, for the name and the way out.
    pub viewer: &'a Viewer,
    /// This address, to come back to after logging in.
    pub path: &'a str,
}

impl Shell<'_> {
    /// By what name a browser keeps what is typed here and was not sent. It is the account's own:
    /// whoever logs in next at the same browser is not shown it, and who comes back is.
    pub(super) fn draft(&self, of: &str) -> String {
        match self.viewer.account_id() {
            Some(account) => format!("draft:{account}:{of}"),
            None => format!("draft:nobody:{of}"),
        }
    }
}

/// What a document loads beside the style.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// Nothing: links and forms are enough.
    None,
    /// htmx, and what opens rooms in windows of their own.
    Page,
    /// As [`Scripts::Page`], and what keeps a page that is being written.
    Editor,
    /// As [`Scripts::Page`], and what shows pictures large. All scripts stand in the head: htmx
    /// makes those anew that it finds in a body it was answered with, which the policy refuses.
    Transcript,
    /// htmx, and what a room's window needs.
    Room,
}

/// How htmx is set up everywhere: no history of its own, and error pages are not put into the
/// document (version 4 would) unless an element says where.
const HTMX_CONFIG: &str = r#"{"history":false,"noSwap":[204,304,"4xx","5xx"]}"#;

/// A bare document: head and body, nothing around it. `head` is for what one screen adds.
pub fn document(
    shell: &Shell<'_>,
    title: &str,
    class: &str,
    scripts: Scripts,
    head: &Markup,
    body: &Markup,
) -> Markup {
    let with_htmx = scripts != Scripts::None;
    html! {
        (DOCTYPE)
        html lang=(spoken().code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content";
                title { (text::window(title)) }
                link rel="stylesheet"
                    href=(asset::url(if scripts == Scripts::Room { "popup.css" } else { "style.css" }));
                link rel="icon" type="image/svg+xml" href=(asset::url("icon.svg"));
                @if with_htmx {
                    meta name="htmx-config" content=(HTMX_CONFIG);
                    @if scripts != Scripts::Room {
                        script nonce=(shell.nonce) defer src=(asset::url("htmx.js")) {}
                    }
                }
                @match scripts {
                    Scripts::None => {}
                    Scripts::Page => script nonce=(shell.nonce) defer src=(asset::url("join.js")) {},
                    Scripts::Editor => {
                        script nonce=(shell.nonce) defer src=(asset::url("join.js")) {}
                        script nonce=(shell.nonce) defer src=(asset::url("editor.js")) {}
                    }
                    Scripts::Transcript => {
                        script nonce=(shell.nonce) defer src=(asset::url("join.js")) {}
                        script nonce=(shell.nonce) defer src=(asset::url("lightbox.js")) {}
                    }
                    Scripts::Room => script nonce=(shell.nonce) defer src=(asset::url("room.js")) {},
                }
                (head)
            }
            // Elements that arrive later inherit the nonce here; without it hx-csp takes their
            // htmx attributes away.
            body class=(class) hx-nonce:inherited=[with_htmx.then_some(shell.nonce)] { (body) }
        }
    }
}

/// A screen of the wiki: the site's head, then `main`.
pub fn page(shell: &Shell<'_>, title: &str, main: &Markup) -> Markup {
    with_scripts(shell, title, Scripts::None, main)
}

/// As [`page`], with scripts.
pub fn with_scripts(shell: &Shell<'_>, title: &str, scripts: Scripts, main: &Markup) -> Markup {
    let body = html! {
        a .skip href="#main" { (text::SKIP) }
        header .site {
            a .name href="/" { (text::SITE) }
            form .search role="search" action="/search" {
                input type="search" name="q" aria-label=(text::SEARCH_ALL) placeholder=(text::SEARCH)
                    autocomplete="off" spellcheck="false";
            }
            (viewer(shell))
        }
        main #main tabindex="-1" { (main) }
    };
    document(shell, title, "wiki", scripts, &html! {}, &body)
}

/// A button that submits to another place than the form around it, or a form of one button.
pub fn button(action: &str, label: &str) -> Markup {
    html! { form .one method="post" action=(action) { button { (label) } } }
}

/// The address of the log-in page that leads back to where the reader is.
pub fn login_address(path: &str) -> String {
    let next = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
    format!("/login?next={next}")
}

/// The address of the way to whoever else vouches for people, which leads on from there.
pub fn provider_address(path: &str) -> String {
    let next = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
    format!("/login/oidc?next={next}")
}

/// The address of the page that asks for a code, and leads on from there.
pub fn code_address(path: &str) -> String {
    let next = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
    format!("/login/code?next={next}")
}

fn viewer(shell: &Shell<'_>) -> Markup {
    html! {
        div .viewer {
            a .help href="/help" { (text::HELP) }
            @if let Some(account) = shell.viewer.account() {
                a .account href="/settings" title=(account.name) { (account.display) }
                form .one method="post" action="/logout" {
                    button .plain { (text::LOG_OUT) }
                }
            } @else {
                a href=(login_address(shell.path)) { (text::LOG_IN) }
            }
        }
    }
}
