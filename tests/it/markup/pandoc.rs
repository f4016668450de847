//! The notation guide's part beside pandoc's reader of the same notation: where they differ, the
//! corpus says why. Without pandoc there is nothing to compare with, and the test passes.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{Case, cases};

#[test]
fn pandoc_agrees_or_the_corpus_says_why() {
    let mut unexplained = String::new();
    for case in cases(include_str!("../../markup/guide.txt")).1 {
        let Some(theirs) = pandoc(&case.source) else { return };
        let (ours, theirs) = (shape(&case.html), shape(&theirs));
        let Case { head, notes, .. } = case;
        if (ours == theirs) == notes.contains("%! pandoc: ") {
            unexplained.extend(["\n", &head, "\n  ours   ", &ours, "\n  theirs ", &theirs, "\n"]);
        }
    }
    assert!(unexplained.is_empty(), "{unexplained}");
}

fn pandoc(source: &str) -> Option<String> {
    let mut child = Command::new("pandoc")
        .args(["-f", "jira", "-t", "html", "--wrap=none", "--no-highlight"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(format!("{source}\n").as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// Elements, text and addresses, without what is a matter of style: paragraphs, spans, the parts
/// of a table, classes, white space.
fn shape(html: &str) -> String {
    let html = scraper::Html::parse_fragment(html).root_element().inner_html();
    let mut shape = String::new();
    for part in html.split_inclusive('>') {
        let (text, tag) = part.split_once('<').unwrap_or((part, ""));
        shape.extend(text.chars().filter(|c| !c.is_whitespace()));
        let name = tag.trim_end_matches('>').split(' ').next().unwrap_or_default();
        let style = ["p", "span", "tbody", "thead", "colgroup", "col", ""];
        if style.contains(&name.trim_start_matches('/')) {
            continue;
        }
        shape.extend(["<", name]);
        for attribute in [" href=\"", " src=\""] {
            let value = tag.split_once(attribute).and_then(|(_, rest)| rest.split('"').next());
            shape.extend(value.map(|value| [attribute, value, "\""].concat()));
        }
        shape.push('>');
    }
    shape
}
