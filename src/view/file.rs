//! Files: the way to attach them, where they are listed, and the lightbox.

use maud::{Markup, html};

use crate::file::{File, Files};
use crate::id::RoomId;
use crate::page::PageLink;
use crate::room::Room;
use crate::view::layout::{self, Shell};
use crate::view::{room, text};

const PAPERCLIP: &str = "M8.5 13.5l6.6-6.6a2.3 2.3 0 0 1 3.3 3.3l-8 8a4.2 4.2 0 0 1-6-6l7.7-7.6";

/// Chooses files beside the box. Without scripts it is a field and a button of the same form, so
/// that what was typed goes along; with them the button alone, and the field is out of sight.
pub fn attach(room: RoomId) -> Markup {
    html! {
        div .attach {
            input #files type="file" name="file" multiple aria-label=(text::CHOOSE_FILES);
            button #attach formaction={ "/rooms/" (room) "/files" } formenctype="multipart/form-data"
                formnovalidate title=(text::ATTACH) {
                svg viewBox="0 0 24 24" aria-hidden="true" { path d=(PAPERCLIP) {} }
                span .spoken { (text::ATTACH) }
            }
        }
    }
}

/// What is on its way, and what became of it.
pub fn progress(limit: u64) -> Markup {
    html! {
        div #upload hidden data-limit=(limit) data-failed=(text::UPLOAD_FAILED)
            data-too-large=(text::too_large("%", limit)) {
            span role="status" {}
            progress max="1" aria-label=(text::UPLOADING) {}
            button .retry type="button" { (text::TRY_AGAIN) }
            button .cancel type="button" { (text::CANCEL) }
        }
    }
}

/// Shows a picture large, over the room. What it shows, a script puts there.
pub fn lightbox() -> Markup {
    html! {
        dialog #lightbox aria-label=(text::PICTURE) closedby="any" {
            form method="dialog" { button aria-label=(text::CLOSE) title=(text::CLOSE) autofocus { "×" } }
            img alt="";
            p { span {} " " a target="_blank" { (text::DOWNLOAD) } }
        }
    }
}

/// The latest files of a room, for its panel.
pub fn panel(id: RoomId, files: &Files) -> Markup {
    let more = files.n_files - i64::try_from(files.latest.len()).unwrap_or(0);
    html! {
        @if files.latest.is_empty() { p .hint { (text::NO_FILES) } }
        ul .files {
            @for file in &files.latest { (item(file)) }
            @if more > 0 { li { a href={ "/rooms/" (id) "/files" } { (text::and_more(more)) } } }
        }
    }
}

/// The row of the status table.
pub fn row(id: RoomId, files: &Files) -> Markup {
    let more = files.n_files - i64::try_from(files.latest.len()).unwrap_or(0);
    html! {
        @if files.latest.is_empty() {
            span .hint { (text::NO_FILES) }
        } @else {
            ul .files {
                @for file in &files.latest {
                    li {
                        a href=(file.address()) title=(text::of_file(file)) { (file.name) }
                        " " span .by { bdi { (file.by) } ", " (text::short_moment(file.local)) }
                    }
                }
                @if more > 0 {
                    li .hint { a href={ "/rooms/" (id) "/files" } { (text::and_more(more)) } }
                }
            }
        }
    }
}

/// All files of a room; and, for a browser without scripts, the way to add some.
pub fn screen(
    shell: &Shell<'_>,
    page: &PageLink,
    kept: &Room,
    files: &Files,
    may_post: bool,
) -> Markup {
    let title = text::files_of(&kept.name);
    let address = format!("/rooms/{}/files", kept.id);
    let main = html! {
        div .results {
            h1 { (title) }
            p .hint { (room::page_link(page)) " · " (text::files(files.n_files)) " · " (text::zone(kept)) }
            @if may_post && kept.open {
                form .upload method="post" action=(address) enctype="multipart/form-data" {
                    label .field { span { (text::CHOOSE_FILES) } input type="file" name="file" multiple required; }
                    label .field { span { (text::COMPOSE) } input name="body" dir="auto" autocomplete="off"; }
                    button .primary { (text::ATTACH) }
                }
            }
            @if files.latest.is_empty() { p .hint { (text::NO_FILES) } }
            ul .files.all { @for file in &files.latest { (item(file)) } }
        }
    };
    layout::page(shell, &title, &main)
}

fn item(file: &File) -> Markup {
    html! {
        li {
            a href=(file.address()) title=(text::moment(file.local)) { (file.name) }
            " " span .hint { bdi { (file.by) } ", " (text::short_moment(file.local)) ", " (text::size(file.size)) }
        }
    }
}
