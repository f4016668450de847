//! `backchannel render`: the grammar from a shell, line by line, without a wiki around it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, Write};

use maud::html;
use serde::Deserialize;

use crate::error::Result;
use crate::markup::{self, Html, Mode, Resolver};

/// What links resolve against.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fixture {
    /// The key of the space that the text stands in.
    pub space: String,
    /// The title of the page that the text stands on.
    pub current_page: String,
    /// The titles of each space's pages.
    pub pages: BTreeMap<String, BTreeSet<String>>,
    /// Accounts: name and display name.
    pub users: BTreeMap<String, String>,
    /// The names of rooms.
    pub rooms: BTreeSet<String>,
    /// The names of attached files.
    pub attachments: BTreeSet<String>,
}

/// Reads a JSON string a line and writes a JSON string of HTML a line, each at once, so that a
/// program may talk to it. A line that is no JSON string is an error.
pub fn run(
    mode: Mode,
    fixture: Option<Fixture>,
    input: impl BufRead,
    mut output: impl Write,
) -> Result<()> {
    let fixture = fixture.unwrap_or_default();
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let source: String = serde_json::from_str(&line).map_err(std::io::Error::from)?;
        let html = markup::render(&markup::parse(&source, mode), &fixture);
        serde_json::to_writer(&mut output, html.as_str()).map_err(std::io::Error::from)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

impl Fixture {
    fn key<'a>(&'a self, space: Option<&'a str>) -> &'a str {
        space.unwrap_or(&self.space)
    }
}

impl Resolver for Fixture {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        let key = self.key(space);
        let known = self.pages.get(key).is_some_and(|titles| titles.contains(title))
            || (key == self.space && !title.is_empty() && title == self.current_page);
        known.then(|| format!("/display/{}/{}", encoded(key), encoded(title)))
    }

    fn account(&self, name: &str) -> Option<(String, String)> {
        let display = self.users.get(name)?;
        Some((format!("/accounts/{}", encoded(name)), display.clone()))
    }

    fn file(&self, name: &str) -> Option<String> {
        self.attachments.contains(name).then(|| format!("/files/0/{}", encoded(name)))
    }

    fn chat(&self, name: Option<&str>) -> Option<Html> {
        let name = name.unwrap_or(&self.current_page);
        Some(html! { table.status { tbody { tr { td { (name) } } } } }.into())
    }

    fn children(&self) -> Option<Html> {
        Some(html! { ul.children {} }.into())
    }

    fn new_page(&self, space: Option<&str>, title: &str) -> Option<String> {
        Some(format!("/pages/new?space={}&title={}", encoded(self.key(space)), encoded(title)))
    }

    fn may_show_external_images(&self) -> bool {
        true
    }
}

/// Percent-encodes one part of a path or a query.
fn encoded(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for b in part.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(fixture: &str, input: &str) -> String {
        let fixture = serde_json::from_str(fixture).ok();
        let mut output = Vec::new();
        assert!(run(Mode::Chat, fixture, input.as_bytes(), &mut output).is_ok());
        String::from_utf8_lossy(&output).into_owned()
    }

    #[test]
    fn a_line_in_is_a_line_out() {
        let out = rendered("{}", "\"*a*\\nb\"\n\"<\"\n");
        assert_eq!(out, "\"<p><strong>a</strong><br>b</p>\"\n\"<p>&lt;</p>\"\n");
    }

    #[test]
    fn links_resolve_against_the_fixture() {
        let fixture = r#"{"space": "DEMO", "pages": {"DEMO": ["A b"]}, "users": {"bob": "Bob"}}"#;
        let out = rendered(fixture, "\"[A b] [~bob] [C]\"");
        assert!(out.contains(r#"href=\"/display/DEMO/A%20b\""#), "{out}");
        assert!(out.contains(r#"href=\"/accounts/bob\""#), "{out}");
        assert!(out.contains("[C]"), "{out}");
    }
}
