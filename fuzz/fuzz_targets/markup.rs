//! Any text: parses without a panic in a linear number of steps, and renders to bounded, balanced
//! HTML that a cleaner with our allow-list would not change.

#![no_main]

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use backchannel::markup::{Html, Mode, Resolver, parse, render, to_plain_text};
use libfuzzer_sys::fuzz_target;

/// Knows every name, so that the fuzzer need not guess any.
struct Everything;

impl Resolver for Everything {
    fn page(&self, _: Option<&str>, title: &str) -> Option<String> {
        (title.len() % 3 != 0).then(|| format!("/display/{title}"))
    }
    fn account(&self, name: &str) -> Option<(String, String)> {
        Some((format!("/accounts/{name}"), name.to_uppercase()))
    }
    fn file(&self, name: &str) -> Option<String> {
        Some(format!("/files/0/{name}"))
    }
    fn chat(&self, _: Option<&str>) -> Option<Html> {
        None
    }
    fn children(&self) -> Option<Html> {
        None
    }
    fn new_page(&self, space: Option<&str>, title: &str) -> Option<String> {
        Some(format!("/pages/new?space={}&title={title}", space.unwrap_or_default()))
    }
    fn may_show_external_images(&self) -> bool {
        true
    }
}

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = ammonia::Builder::empty();
    cleaner
        .tags(HashSet::from([
            "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "ins",
            "sup", "sub", "cite", "code", "pre", "blockquote", "ul", "ol", "li", "table", "tbody",
            "tr", "th", "td", "a", "img", "span", "div",
        ]))
        .generic_attributes(HashSet::from(["class", "id"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "rel", "title"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
            ("span", HashSet::from(["role", "aria-label", "data-color"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "ftp", "ftps", "mailto"]))
        .link_rel(None);
    cleaner
});

/// As a cleaner writes the same tree: it escapes quotes in attributes only, and no-break spaces.
/// In our text a quote is always `&quot;` or `&#39;`, so a plain `"` is an attribute's.
fn rewritten(html: &str) -> String {
    html.replace('\u{a0}', "&nbsp;").replace("&#39;", "'").replace("&quot;", "\"")
}

fuzz_target!(|source: &str| {
    for mode in [Mode::Chat, Mode::Page] {
        let document = parse(source, mode);
        assert!(document.steps() <= 24 * (source.len() as u64 + 4), "too many steps");
        let html = render(&document, &Everything);
        let html = html.as_str();
        assert!(html.len() <= 20 * source.len() + 64, "too long: {html}");
        let cleaned = CLEANER.clean(html).to_string();
        assert_eq!(rewritten(&cleaned), rewritten(html), "from {source:?}");
        let plain = to_plain_text(&document);
        assert!(plain.len() <= 4 * source.len() + 8);
    }
});
