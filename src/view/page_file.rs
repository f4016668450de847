//! The files of a page: below its text, and on a screen of their own.

use maud::{Markup, html};

use crate::id::PageId;
use crate::page::{Page, PageLink};
use crate::page_file::{Acted, PageFile, PageFiles};
use crate::view::history::moment;
use crate::view::layout::{self, Shell};
use crate::view::{page, text};

/// The files that are attached to a page, and for who may edit it the way to attach some and to
/// take them away. `wrong` is what was wrong with those that were sent.
pub fn section(id: PageId, files: &PageFiles, may_edit: bool, wrong: Option<&str>) -> Markup {
    let more = files.n_files - i64::try_from(files.files.len()).unwrap_or(0);
    html! {
        // No heading of the page's text has an id with such a line in it.
        section #page_files .attached aria-labelledby="page_files_heading" {
            h2 #page_files_heading { (text::FILES) }
            @if files.files.is_empty() { p .hint { (text::NO_PAGE_FILES) } }
            @else {
                ul .files { @for file in &files.files { (item(id, file, may_edit)) } }
            }
            @if more > 0 { p { a href={ "/pages/" (id) "/files" } { (text::and_more(more)) } } }
            @if may_edit { (form(id, wrong)) }
        }
    }
}

fn item(page: PageId, file: &PageFile, may_edit: bool) -> Markup {
    html! {
        li {
            div .about {
                a href=(file.address()) { (file.name) }
                p .hint {
                    (text::size(file.size)) ", " (text::saved_by(file.by.as_deref())) ", " (moment(file.at))
                }
            }
            @if may_edit {
                details .menu {
                    summary .button aria-label=(text::remove_file(&file.name)) { (text::REMOVE) }
                    form .fields method="post" action={ "/pages/" (page) "/files/" (file.id) "/remove" } {
                        p .hint { (text::REMOVE_FILE_HELP) }
                        button .danger { (text::REMOVE_FILE) }
                    }
                }
            }
        }
    }
}

fn form(page: PageId, wrong: Option<&str>) -> Markup {
    html! {
        form .upload method="post" action={ "/pages/" (page) "/files" } enctype="multipart/form-data" {
            label .field {
                span { (text::CHOOSE_FILES) }
                input type="file" name="file" multiple required aria-invalid=[wrong.map(|_| "true")]
                    aria-describedby=[wrong.map(|_| "page_files_wrong")];
            }
            @if let Some(wrong) = wrong { p #page_files_wrong .error role="alert" { (wrong) } }
            button { (text::ATTACH) }
        }
    }
}

/// All files of a page.
pub fn screen(
    shell: &Shell<'_>,
    page: &Page,
    files: &PageFiles,
    may_edit: bool,
    wrong: Option<&str>,
) -> Markup {
    let title = text::files_of(&page.title);
    let here = PageLink { id: page.id, title: page.title.clone() };
    let main = html! {
        section .sheet {
            (page::crumbs(&page.space, &[here]))
            h1 { (title) }
            (section(page.id, files, may_edit, wrong))
        }
    };
    layout::page(shell, &title, &main)
}

/// What was done with the files of a page, below its versions.
pub fn acts(acts: &[Acted]) -> Markup {
    html! {
        @if !acts.is_empty() {
            h2 { (text::FILES) }
            ol .acts {
                @for acted in acts {
                    li {
                        div .about {
                            (text::file_act(acted.act, &acted.name))
                            p .hint { (moment(acted.at)) ", " (text::saved_by(acted.by.as_deref())) }
                        }
                    }
                }
            }
        }
    }
}
