//! Writing a page, and saying who may see it.

use maud::{Markup, html};

use crate::difference::Difference;
use crate::effective::Explained;
use crate::id::PageId;
use crate::markup::Html;
use crate::page::{Page, PageLink};
use crate::space::Space;
use crate::tree::TreeLine;
use crate::view::layout::{self, Scripts, Shell};
use crate::view::{effective, error, history, page, text};

/// What the editor shows: a new page, or a new version of one.
#[derive(Clone, Copy)]
pub struct Edit<'a> {
    /// The page; `None` for a new one.
    pub page: Option<PageId>,
    /// It is the page of a day: what is written are its notes, and its title is the day's.
    pub notes: bool,
    /// For a new page: the spaces to choose from, by key.
    pub spaces: &'a [Space],
    /// Key of the space that is chosen.
    pub space: &'a str,
    /// For a new page: the tree of the space, to choose the page above. Empty: no choice.
    pub tree: &'a [TreeLine],
    /// The page above.
    pub parent: Option<PageId>,
    /// As typed.
    pub title: &'a str,
    /// As typed.
    pub body: &'a str,
    /// The version that the text was taken from; after a conflict the one to be replaced.
    pub version: i64,
    /// What is wrong, by field: `space`, `parent`, `title`, `body`.
    pub errors: &'a [(&'a str, String)],
    /// What somebody else saved meanwhile.
    pub conflict: Option<Conflict<'a>>,
    /// The name of the room that saving would close.
    pub closes: Option<&'a str>,
    /// What the text would look like, where that was asked without a script.
    pub preview: Option<&'a Html>,
}

/// A version that somebody else saved while this one was being typed.
#[derive(Clone, Copy)]
pub struct Conflict<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
    /// Display name of who saved it.
    pub by: Option<&'a str>,
    /// What is different in what was typed.
    pub difference: &'a Difference,
}

/// The editor.
pub fn edit(shell: &Shell<'_>, edit: &Edit<'_>) -> Markup {
    let (action, heading, back) = match edit.page {
        Some(id) => (format!("/pages/{id}"), text::EDIT, format!("/pages/{id}")),
        None => (
            "/pages".to_owned(),
            text::NEW_PAGE,
            edit.parent.map_or_else(|| "/".to_owned(), |parent| format!("/pages/{parent}")),
        ),
    };
    let draft = shell.draft(&match edit.page {
        Some(id) => format!("page:{id}"),
        None => "page:new".to_owned(),
    });
    let main = html! {
        section .sheet .editor {
            h1 { @if edit.notes { (text::NOTES) } @else { (heading) } }
            // What was typed here before and not saved; the script shows it.
            div #kept .notice hidden {
                p { strong { (text::DRAFT_FOUND) } " " (text::DRAFT_FOUND_HELP) }
                div .actions {
                    button .back type="button" { (text::DRAFT_BACK) }
                    button .discard type="button" { (text::DRAFT_DISCARD) }
                }
            }
            @if let Some(conflict) = &edit.conflict { (theirs(conflict)) }
            form .fields method="post" action=(action) data-draft=(draft) {
                // Enter in a field presses the first button of a form: it has to be Save.
                button hidden { (text::SAVE) }
                // Set by the script as it is sent, and told back by the answer to a save.
                input type="hidden" name="mark";
                @if edit.page.is_none() {
                    (place(edit))
                } @else {
                    input type="hidden" name="version" value=(edit.version);
                }
                @if edit.notes {
                    input type="hidden" name="title" value=(edit.title);
                    p .hint { strong { (edit.title) } br; (text::NOTES_HELP) }
                } @else {
                    (field(edit.errors, "title", &html! {
                        label for="title" { (text::FIELD_TITLE) }
                        input #title name="title" value=(edit.title) required autofocus[edit.title.is_empty()]
                            maxlength="200" aria-describedby=[described(edit.errors, "title")];
                    }))
                }
                (field(edit.errors, "body", &html! {
                    div .above {
                        label for="body" {
                            @if edit.conflict.is_some() { (text::CONFLICT_YOURS) }
                            @else if edit.notes { (text::NOTES) }
                            @else { (text::FIELD_BODY) }
                        }
                        // Without a script the server gives the form back, with the text shown.
                        button type="submit" name="insert" value="preview" formnovalidate
                            hx-post=(action) hx-target="#preview" hx-swap="innerHTML" { (text::PREVIEW) }
                        // The server gives the form back with the macro in it.
                        @if !edit.notes {
                            button type="submit" name="insert" value="chat" formnovalidate { (text::INSERT_CHAT) }
                        }
                    }
                    textarea #body name="body" rows="18" spellcheck="true"
                        aria-describedby=(described(edit.errors, "body").unwrap_or("markup-help")) {
                        // The parser drops one line end right after the tag.
                        "\n" (edit.body)
                    }
                    p #markup-help .hint { (text::MARKUP_HELP) }
                }))
                div #preview aria-live="polite" { @if let Some(html) = edit.preview { (preview(html)) } }
                @if let Some(room) = edit.closes { (closes(room)) }
                div .actions {
                    button .primary[edit.closes.is_none()] {
                        @if edit.page.is_some() { (text::SAVE) } @else { (text::CREATE) }
                    }
                    a .button href=(back) { (text::CANCEL) }
                }
            }
        }
    };
    let title = if edit.title.is_empty() { &heading } else { edit.title };
    layout::with_scripts(shell, title, Scripts::Editor, &main)
}

/// What a text would look like as a page.
pub fn preview(html: &Html) -> Markup {
    html! {
        section .preview aria-label=(text::PREVIEW) {
            h2 .hint { (text::PREVIEW) }
            div .body.prose dir="auto" { (html) }
        }
    }
}

/// Who may see and edit a page, in words.
#[derive(Clone, Copy)]
pub struct Restrictions<'a> {
    /// Subjects of the view restriction, with commas; empty: none.
    pub view: &'a str,
    /// Subjects of the edit restriction, with commas; empty: none.
    pub edit: &'a str,
    /// Pages above that restrict viewing too, with their subjects.
    pub inherited: &'a [(PageLink, String)],
    /// What was wrong with `view` or `edit` as just sent.
    pub error: Option<(&'a str, &'a str)>,
    /// Whom it was asked about, and the answer; `None` in it: there is no such account.
    pub explained: Option<(&'a str, Option<&'a Explained>)>,
}

/// The screen where a page is restricted.
pub fn restrictions(shell: &Shell<'_>, page: &Page, shown: &Restrictions<'_>) -> Markup {
    let main = html! {
        section .sheet .restrictions {
            (page::crumbs(&page.space, &[PageLink { id: page.id, title: page.title.clone() }]))
            h1 { (text::RESTRICTIONS) }
            p .hint #subjects-help { (text::RESTRICTIONS_HELP) }
            (subjects(page.id, "view", shown.view, (text::RESTRICT_VIEW.say(), text::RESTRICT_VIEW_HELP.say()), shown.error))
            @if !shown.inherited.is_empty() {
                p { (text::INHERITED) }
                ul {
                    @for (above, subjects) in shown.inherited {
                        li { a href={ "/pages/" (above.id) } { (above.title) } ": " (subjects) }
                    }
                }
            }
            (subjects(page.id, "edit", shown.edit, (text::RESTRICT_EDIT.say(), text::RESTRICT_EDIT_HELP.say()), shown.error))
            (effective::ask(page.id, shown.explained))
        }
    };
    layout::page(shell, text::RESTRICTIONS.say(), &main)
}

fn subjects(
    id: PageId,
    operation: &str,
    subjects: &str,
    (label, help): (&str, &str),
    error: Option<(&str, &str)>,
) -> Markup {
    let error = error.filter(|(field, _)| *field == operation).map(|(_, message)| message);
    html! {
        form .fields method="post" action={ "/pages/" (id) "/restrictions" } {
            input type="hidden" name="operation" value=(operation);
            div .field {
                label for=(operation) { (label) }
                div .row {
                    input id=(operation) name="subjects" value=(subjects) placeholder="alice, @staff"
                        autocapitalize="none" spellcheck="false" aria-describedby={ "subjects-help " (operation) "-help" };
                    button { (text::SAVE) }
                }
                @if let Some(message) = error { (error::beside(&format!("{operation}-error"), message)) }
                p .hint id={ (operation) "-help" } { (help) }
            }
        }
    }
}

fn place(edit: &Edit<'_>) -> Markup {
    html! {
        div .row {
            (field(edit.errors, "space", &html! {
                label for="space" { (text::FIELD_SPACE) }
                select #space name="space" {
                    @for space in edit.spaces {
                        option value=(space.key) selected[space.key == edit.space] { (space.name) }
                    }
                }
            }))
            @if edit.tree.is_empty() {
                @if let Some(parent) = edit.parent {
                    input type="hidden" name="parent" value=(parent);
                }
            } @else {
                (field(edit.errors, "parent", &html! {
                    label { (text::FIELD_PARENT) (page::parents("parent", edit.tree, None, edit.parent)) }
                }))
            }
        }
    }
}

fn theirs(conflict: &Conflict<'_>) -> Markup {
    html! {
        div .notice role="alert" {
            p { strong { (text::CONFLICT) } " " (text::CONFLICT_HELP) }
        }
        div .field {
            label for="theirs" {
                span {
                    (text::CONFLICT_THEIRS)
                    @if let Some(by) = conflict.by { " (" bdi { (by) } ")" }
                    ": " bdi { (conflict.title) }
                }
            }
            textarea #theirs rows="12" readonly { "\n" (conflict.body) }
        }
        @if !conflict.difference.stretches.is_empty() {
            details .field {
                summary { (text::CONFLICT_DIFFERENCE) }
                (history::stretches(conflict.difference))
            }
        }
    }
}

fn closes(room: &str) -> Markup {
    html! {
        div .notice role="alert" {
            p { strong { (text::closes(room)) } " " (text::CLOSES_HELP) }
            button .danger name="confirm" value="close" { (text::CLOSES_CONFIRM) }
        }
    }
}

fn field(errors: &[(&str, String)], name: &str, inside: &Markup) -> Markup {
    html! {
        div .field data-invalid[described(errors, name).is_some()] {
            (inside)
            @for (field, message) in errors {
                @if *field == name { (error::beside(&format!("{name}-error"), message)) }
            }
        }
    }
}

fn described(errors: &[(&str, String)], name: &str) -> Option<&'static str> {
    errors.iter().find(|(field, _)| *field == name)?;
    match name {
        "title" => Some("title-error"),
        "body" => Some("body-error"),
        _ => Some(""),
    }
}
