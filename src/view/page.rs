//! A page of the wiki: where it is, what stands around it, its body.

use maud::{Markup, html};

use crate::id::PageId;
use crate::markup::Html;
use crate::page::{Kind, Page, PageLink};
use crate::page_file::PageFiles;
use crate::tree::{Tree, TreeLine};
use crate::view::layout::{self, Scripts, Shell};
use crate::view::{page_file, text};

pub use crate::view::editor::{Conflict, Edit, Restrictions, edit, preview, restrictions};

/// What a page's screen shows.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each shows or hides one thing of its own")]
pub struct Screen<'a> {
    /// The page.
    pub page: &'a Page,
    /// The pages above it, from the top.
    pub crumbs: &'a [PageLink],
    /// The tree of its space, as far as the viewer may see it.
    pub tree: &'a Tree,
    /// Its rendered body, the status table included.
    pub body: &'a Html,
    /// What is attached to it.
    pub files: &'a PageFiles,
    /// Shows Edit, Move and Trash, and the way to attach files.
    pub may_edit: bool,
    /// Shows Restrictions.
    pub may_restrict: bool,
    /// The page or one above it restricts viewing.
    pub restricted: bool,
    /// It is in the trash.
    pub trashed: bool,
    /// The viewer watches it, or does not; `None`: is nobody who could.
    pub watched: Option<bool>,
}

/// A page.
pub fn show(shell: &Shell<'_>, screen: &Screen<'_>) -> Markup {
    let page = screen.page;
    let at = page.changed_at.strftime("%-d %b %Y, %H:%M").to_string();
    let main = html! {
        (heading(screen))
        @if screen.trashed {
            div .notice {
                p { (text::TRASHED) }
                @if screen.may_edit {
                    (layout::button(&format!("/pages/{}/restore", page.id), text::RESTORE.say()))
                }
            }
        }
        div .body.prose dir="auto" { (screen.body) }
        @if screen.may_edit || screen.files.n_files > 0 {
            (page_file::section(page.id, screen.files, screen.may_edit, None))
        }
        footer .about { (text::changed(page.changed_by.as_deref(), &at)) }
    };
    beside_tree(shell, page, screen.tree, Scripts::Page, &main)
}

/// A screen with the space's page tree at its left.
pub fn beside_tree(
    shell: &Shell<'_>,
    page: &Page,
    tree: &Tree,
    scripts: Scripts,
    main: &Markup,
) -> Markup {
    let body = html! {
        div .beside-tree {
            // On narrow screens the tree is a popover, on wide ones the style shows it always.
            button .tree-opener type="button" popovertarget="tree" { (text::PAGES) }
            nav #tree .tree popover="auto" aria-label=(text::PAGES) {
                p .space { (page.space.name) }
                (tree_list(&tree.lines, page.id))
                @if !tree.whole { p .hint { (text::TREE_AROUND) } }
            }
            article .page { (main) }
        }
    };
    layout::with_scripts(shell, &page.title, scripts, &body)
}

/// The path from the top of the space to a page.
pub fn crumbs(space: &crate::space::Space, crumbs: &[PageLink]) -> Markup {
    html! {
        nav .crumbs aria-label=(text::BREADCRUMBS) {
            ol {
                li {
                    @if let Some(home) = space.home { a href={ "/pages/" (home) } { (space.name) } }
                    @else { (space.name) }
                }
                @for crumb in crumbs {
                    li { a href={ "/pages/" (crumb.id) } { (crumb.title) } }
                }
            }
        }
    }
}

fn heading(screen: &Screen<'_>) -> Markup {
    let page = screen.page;
    let address = format!("/pages/{}", page.id);
    html! {
        (crumbs(&page.space, screen.crumbs))
        header .title {
            h1 { (page.title) }
            @if !screen.trashed {
                div .tools {
                    @if screen.restricted { span .restricted { (text::RESTRICTED) } }
                    @if screen.may_edit {
                        a .button href={ (address) "/edit" } { (text::EDIT) }
                    }
                    (menu(screen, &address))
                }
            }
        }
    }
}

fn menu(screen: &Screen<'_>, address: &str) -> Markup {
    let id = screen.page.id;
    html! {
        details .menu {
            summary .button { (text::MORE) }
            div {
                @if screen.may_edit {
                    a href={ "/pages/new?parent=" (id) } { (text::NEW_PAGE) }
                    a href={ "/pages/new?copy=" (id) } { (text::COPY_PAGE) }
                }
                @if let Some(watched) = screen.watched { (watch(address, watched)) }
                a href={ (address) "/history" } { (text::PAGE_HISTORY) }
                @if screen.may_restrict {
                    a href={ (address) "/restrictions" } { (text::RESTRICTIONS) }
                }
                @if screen.may_edit {
                    form .move method="post" action={ (address) "/move" } {
                        label { (text::MOVE_UNDER)
                            (parents("parent", &screen.tree.lines, Some(id), screen.page.parent))
                        }
                        @if !screen.tree.whole {
                            label { (text::MOVE_UNDER_TITLE)
                                input name="title" autocomplete="off" dir="auto";
                            }
                        }
                        button { (text::MOVE) }
                    }
                    (layout::button(&format!("{address}/trash"), text::TRASH.say()))
                }
            }
        }
    }
}

fn watch(address: &str, watched: bool) -> Markup {
    html! {
        form .one method="post" action={ (address) "/watch" } {
            button name="watch" value=(if watched { "no" } else { "yes" }) {
                @if watched { (text::UNWATCH) } @else { (text::WATCH) }
            }
        }
    }
}

/// A choice of the page above: all but transcripts, `without` and what is below it.
pub fn parents(
    name: &str,
    tree: &[TreeLine],
    without: Option<PageId>,
    chosen: Option<PageId>,
) -> Markup {
    let mut below = None;
    let lines = tree.iter().filter(|line| {
        if below.is_some_and(|depth| line.depth > depth) {
            return false;
        }
        below = (Some(line.id) == without).then_some(line.depth);
        below.is_none() && line.kind == Kind::Page
    });
    html! {
        select name=(name) {
            option value="" selected[chosen.is_none()] { (text::TOP_OF_SPACE) }
            @for line in lines {
                option value=(line.id) selected[chosen == Some(line.id)] {
                    ("\u{2003}".repeat(line.depth)) (line.title)
                }
            }
        }
    }
}

/// The tree as one list; a run of transcripts is folded unless the reader is in it.
fn tree_list(tree: &[TreeLine], here: PageId) -> Markup {
    html! {
        ul {
            @for run in tree.chunk_by(|a, b| a.kind == b.kind && a.kind == Kind::Transcript) {
                @match run {
                    [line] if line.kind == Kind::Page => (tree_line(line, here)),
                    [first, ..] => {
                        li class=(depth(first)) {
                            details open[run.iter().any(|line| line.id == here)] {
                                summary { (text::days(run.len())) }
                                ul { @for line in run { (tree_line(line, here)) } }
                            }
                        }
                    }
                    [] => {}
                }
            }
        }
    }
}

fn tree_line(line: &TreeLine, here: PageId) -> Markup {
    let current = (line.id == here).then_some("page");
    // A date is not broken in two where the tree is narrow.
    let dated = line.title.rsplit_once(' ').filter(|_| line.kind == Kind::Transcript);
    html! {
        li class=(depth(line)) data-kind=[(line.kind == Kind::Transcript).then_some("transcript")] {
            a href={ "/pages/" (line.id) } aria-current=[current] {
                @if let Some((name, date)) = dated { (name) " " span .date { (date) } } @else { (line.title) }
            }
        }
    }
}

// The style indents eight steps; deeper lines stay at the eighth.
fn depth(line: &TreeLine) -> String {
    format!("depth-{}", line.depth.min(8))
}

/// What the `{children}` macro shows: the pages below, indented by depth.
pub fn children(lines: &[TreeLine]) -> Markup {
    let top = lines.first().map_or(0, |line| line.depth);
    html! {
        ul .children {
            @for line in lines {
                li class=(depth(&TreeLine { depth: line.depth.saturating_sub(top), ..line.clone() })) {
                    a href={ "/pages/" (line.id) } { (line.title) }
                }
            }
        }
    }
}
