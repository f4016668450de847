//! A first look at each rule; the corpus in `tests/markup/` goes on from here.

use super::*;

fn chat(source: &str) -> String {
    render(&parse(source, Mode::Chat), &Unresolved).as_str().to_owned()
}

#[test]
fn a_line_is_a_paragraph() {
    assert_eq!(chat("hello *world*"), "<p>hello <strong>world</strong></p>");
}
