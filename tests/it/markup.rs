//! The corpus: files of cases, each a source and the HTML that it becomes.
//!
//! A case begins with `%% chat NAME` or `%% page NAME`; then the source, `%%`, the HTML. Lines
//! `%! ` explain. `cargo test --test it bless -- --ignored` writes what the code makes of each
//! source back into the files, for reading the difference with care.

mod pandoc;
mod properties;

use std::fmt::Write as _;
use std::path::PathBuf;

use backchannel::markup::{Html, Mode, Resolver, parse, render, to_plain_text};

/// The wiki that the cases link into.
pub struct Wiki;

impl Resolver for Wiki {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        let id = match (space, title) {
            (None | Some("DEMO"), "Home") => 1,
            (None | Some("DEMO"), "Release Plan") => 2,
            (None | Some("DEMO"), "C#") => 3,
            (None | Some("DEMO"), "Größe") => 4,
            (None | Some("DEMO"), "Re: all") => 5,
            (Some("OPS"), "Runbook") => 6,
            (None, "a|b [c]") => 7,
            _ => return None,
        };
        Some(format!("/pages/{id}"))
    }
    fn account(&self, name: &str) -> Option<(String, String)> {
        let display = match name {
            "bob" => "Bob",
            "carol" => "Carol <c>",
            "jean-luc" => "Jean-Luc",
            "李雷" => "李雷",
            _ => return None,
        };
        Some((format!("/accounts/{name}"), display.to_owned()))
    }
    fn file(&self, name: &str) -> Option<String> {
        let known = ["plan.pdf", "shot.png", "two words.png"].contains(&name);
        known.then(|| format!("/files/0/{name}"))
    }
    fn chat(&self, name: Option<&str>) -> Option<Html> {
        Some(
            maud::html! { table.status { tbody { tr { td { (name.unwrap_or("this page")) } } } } }
                .into(),
        )
    }
    fn children(&self) -> Option<Html> {
        Some(maud::html! { ul.children { li { "Child" } } }.into())
    }
    fn new_page(&self, _: Option<&str>, title: &str) -> Option<String> {
        Some(format!("/pages/new?title={title}"))
    }
}

struct Case {
    head: String,
    /// The lines `%! `, as they stand.
    notes: String,
    source: String,
    html: String,
}

impl Case {
    fn mode(&self) -> Mode {
        if self.head.starts_with("page") { Mode::Page } else { Mode::Chat }
    }

    fn rendered(&self) -> String {
        let html = render(&parse(&self.source, self.mode()), &Wiki);
        html.as_str().to_owned()
    }
}

fn files() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/markup");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    files
}

/// The words before the first case, and the cases.
fn cases(text: &str) -> (String, Vec<Case>) {
    let mut parts = text.split("\n%% ");
    let preface = parts.next().unwrap_or_default().to_owned();
    let cases = parts.map(|part| {
        let (head, rest) = part.split_once('\n').expect("a source");
        let lines = rest.split_inclusive('\n').take_while(|line| line.starts_with("%! "));
        let (notes, rest) = rest.split_at(lines.map(str::len).sum());
        let (source, html) = rest.split_once("\n%%\n").unwrap_or((rest, ""));
        // One empty line parts a case from the next.
        let html = html.strip_suffix('\n').unwrap_or(html);
        Case { head: head.into(), notes: notes.into(), source: source.into(), html: html.into() }
    });
    (preface, cases.collect())
}

#[test]
fn every_case_of_the_corpus_renders_as_it_says() {
    let mut wrong = String::new();
    let mut count = 0;
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("readable");
        for case in cases(&text).1 {
            count += 1;
            let made = case.rendered();
            if made != case.html {
                let Case { head, source, html, .. } = &case;
                write!(wrong, "\n{path:?} {head}\n{source}\n--- says\n{html}\n--- is\n{made}\n")
                    .unwrap();
            }
        }
    }
    assert!(count > 100, "the corpus was found");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_corpus_holds_a_hundred_lines_as_people_type_them() {
    let text = include_str!("../markup/typed.txt");
    assert!(cases(text).1.iter().filter(|case| case.mode() == Mode::Chat).count() >= 100);
}

#[test]
fn plain_text_keeps_the_words_of_every_case() {
    for path in files() {
        for case in cases(&std::fs::read_to_string(&path).expect("readable")).1 {
            let plain = to_plain_text(&parse(&case.source, case.mode()));
            assert!(plain.len() <= 2 * case.source.len() + 8, "{}: {plain}", case.head);
        }
    }
}

#[test]
#[ignore = "writes the corpus anew"]
fn bless() {
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("readable");
        let (mut out, cases) = cases(&text);
        for case in cases {
            let html = case.rendered();
            let Case { head, notes, source, .. } = case;
            write!(out, "\n%% {head}\n{notes}{source}\n%%\n{html}\n").unwrap();
        }
        std::fs::write(&path, out).expect("writable");
    }
}
