//! What the tree and the pen promise to the code around them. How each rule reads is in the
//! corpus, `tests/markup/`.

use super::html::Href;
use super::*;

/// Knows everybody and every page.
struct Known;

impl Resolver for Known {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        Some(format!("/display/{}/{title}", space.unwrap_or("DEMO")))
    }
    fn account(&self, name: &str) -> Option<(String, String)> {
        Some((format!("/accounts/{name}"), name.to_uppercase()))
    }
    fn file(&self, _: &str) -> Option<String> {
        Some("javascript:alert(1)".to_owned())
    }
    fn chat(&self, name: Option<&str>) -> Option<Html> {
        Some(maud::html! { b { (name.unwrap_or("-")) } }.into())
    }
    fn children(&self) -> Option<Html> {
        None
    }
}

fn chat(source: &str) -> String {
    render(&parse(source, Mode::Chat), &Known).as_str().to_owned()
}

fn page(source: &str) -> String {
    render(&parse(source, Mode::Page), &Known).as_str().to_owned()
}

#[test]
fn macros_are_told_in_order_and_only_those_that_count() {
    let source = "{anchor:a} {chat: Team }\n{code}{chat:No}{code}\n* *{anchor:b}* {toc}\n\\{chat}";
    let told: Vec<(String, String)> =
        parse(source, Mode::Page).macros().iter().cloned().map(|m| (m.name, m.argument)).collect();
    let expected = [("anchor", "a"), ("chat", "Team"), ("anchor", "b"), ("toc", "")];
    assert_eq!(told, expected.map(|(name, argument)| (name.to_owned(), argument.to_owned())));
    assert!(parse(source, Mode::Chat).macros().is_empty());
}

#[test]
fn controls_are_gone_and_line_ends_are_one() {
    let document = parse("a\0\u{1b}b\r\nc\rd\u{202e}\u{85}\u{feff}\te", Mode::Chat);
    assert_eq!(document.source(), "ab\nc\nd\te");
}

#[test]
fn addresses_are_ours_or_allowed() {
    for good in ["/pages/1", "/a?b=c#d", "https://a.org", "mailto:a@b.org"] {
        assert!(Href::resolved(good).is_some(), "{good}");
    }
    for bad in ["//evil.org", "/\\evil.org", "javascript:x", "pages/1", "data:,x", "", "http://"] {
        assert!(Href::resolved(bad).is_none(), "{bad}");
    }
    assert_eq!(chat("[^x.png] !x.png!"), "<p>[^x.png] !x.png!</p>");
}

#[test]
fn chat_has_no_ids_and_pages_have_prefixed_ones() {
    assert_eq!(chat("h2. A b"), "<h2>A b</h2>");
    assert_eq!(page("h2. A b"), "<h2 id=\"wiki-a-b\">A b</h2>");
}

#[test]
fn contents_are_shown_once() {
    assert_eq!(page("{toc}\n\n{toc}\n\nh1. A").matches("<ul").count(), 1);
}

#[test]
fn only_so_many_macros_and_names_are_asked_for() {
    assert_eq!(page(&"{chat}\n\n".repeat(40)).matches("<b>").count(), 16);
    assert_eq!(chat(&"[a] @bob ".repeat(1000)).matches("<a ").count(), 256);
}

#[test]
fn a_text_has_only_so_many_cells_and_loses_none_of_its_words() {
    let cells = |html: &str| html.matches("<td>").count() + html.matches("<th>").count();
    let n_words = |source: &str, word: &str| source.matches(word).count();
    let rows = "|a|bb|\n".repeat(30_000);
    for source in [
        rows.clone(),
        format!("||h||\n{rows}\ntext\n\n{rows}"),
        // A row that runs over lines, one that is too long by itself, and those in other blocks.
        format!("{rows}|a\nb|bb|\n\nend"),
        format!("{}\n\n|c|d|", "|a|bb".repeat(30_000)),
        format!("{{panel}}\n{rows}{{panel}}\n> {rows}"),
    ] {
        let html = page(&source);
        assert!(cells(&html) <= 50_000, "{}", cells(&html));
        assert!(html.matches("</td>").count() + html.matches("</th>").count() == cells(&html));
        let text = to_plain_text(&parse(&source, Mode::Page));
        for word in ["bb", "text", "end", "a"] {
            assert_eq!(n_words(&text, word), n_words(&source.replace("panel", ""), word), "{word}");
        }
    }
    assert_eq!(cells(&page(&rows)), 50_000);
    assert!(page(&rows).ends_with("|a|bb|</p>"));
}

#[test]
fn what_the_source_does_not_pay_for_stands_as_typed() {
    let source = ":)".repeat(1000);
    let html = chat(&source);
    assert!(html.len() <= 20 * source.len() + 64);
    assert!(html.starts_with("<p><span role=\"img\" aria-label=\":)\">"));
    assert!(html.contains("</span>:)<span"));
}

#[test]
fn plain_text_has_the_words_and_not_the_marks() {
    let plain = |source| to_plain_text(&parse(source, Mode::Chat));
    assert_eq!(plain("*a* _b_ {{c}} [d|http://e.org]"), "a b c d");
    assert_eq!(plain("h1. a\n* b\n* c\n\n||d||e||\n|f|g|"), "a\nb\nc\nd\te\nf\tg");
    assert_eq!(plain("```rust\na *b*\n```\n:tada: [INFO]"), "a *b*\n🎉 [INFO]");
}

#[test]
fn spans_point_into_the_source() {
    let document = parse("a *b*\r\n[c|http://d.org]", Mode::Chat);
    let Some(Block::Paragraph(inlines)) = document.blocks().first() else { return };
    let Some(Inline::Link(link)) = inlines.last() else { return };
    assert_eq!(link.span.of(document.source()), "[c|http://d.org]");
    assert!(matches!(inlines.get(2), Some(Inline::Break)));
}

#[test]
fn a_language_is_a_plain_word() {
    assert!(chat("```c++\nx\n```").contains("class=\"language-c++\""));
    assert!(chat("```\"x\nx\n```").contains("<pre><code>"));
}

#[test]
fn the_page_about_the_notation_shows_what_it_says() {
    let html = render(&parse(NOTATION, Mode::Page), &Unresolved).as_str().to_owned();
    for row in [
        "<td><code>*strong*</code> or <code>**strong**</code></td><td><strong>strong</strong></td>",
        "<td><ul><li>one<ul><li>deeper</li></ul></li><li>two</li></ul></td>",
        "<code>[Example|https://example.org]</code>",
        "<td><div class=\"panel info\"><p>boxes</p></div>",
        "<td><blockquote><p>quoted</p></blockquote></td>",
    ] {
        assert!(html.contains(row), "{row} in {html}");
    }
    assert_eq!(html.matches("<table>").count(), 7);
    let macros: Vec<String> =
        parse(NOTATION, Mode::Page).macros().iter().map(|m| m.name.clone()).collect();
    assert_eq!(macros, ["toc"]);
}
