//! Who is about to say something.
//!
//! **Invariant:** one rendering for all. Each of those who type finds in it a sentence without
//! them; the window of a room has one rule that shows it in place of the one for everybody.

use maud::{Markup, html};

use crate::typing::Typist;
use crate::view::text;

/// So many are named.
const MOST_NAMED: usize = 3;

/// The line under the log. It has a place of its own whether or not it says something, and is
/// read when one goes there: a screen reader that told of each change would tell of nothing else.
pub fn line(typists: &[Typist]) -> Markup {
    html! { div #typing aria-live="off" { (sentences(typists)) } }
}

/// Brings the line up to date.
pub fn frame(typists: &[Typist]) -> Markup {
    html! { hx-partial hx-target="#typing" hx-swap="innerHTML" { (sentences(typists)) } }
}

fn sentences(typists: &[Typist]) -> Markup {
    html! {
        @if !typists.is_empty() { p .all { (sentence(typists.iter())) } }
        // Where one less makes no other sentence, there is no need for it.
        @if typists.len() <= MOST_NAMED + 1 {
            @for without in typists {
                p data-without=(without.name) {
                    (sentence(typists.iter().filter(|typist| *typist != without)))
                }
            }
        }
    }
}

fn sentence<'a>(typists: impl Iterator<Item = &'a Typist>) -> String {
    let names: Vec<&str> = typists.map(|typist| typist.display.as_str()).collect();
    match names.len() {
        0 => String::new(),
        1..=MOST_NAMED => text::types(&names),
        _ => text::SEVERAL_TYPE.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::typing::Typist;

    #[test]
    fn up_to_three_are_named_and_each_of_them_has_a_sentence_without_them() {
        let typists = |n: usize| -> Vec<Typist> {
            let one = |name: &str| Typist { name: name.to_lowercase(), display: name.into() };
            ["Ann", "Ben", "Cem", "Dot", "Eve"].iter().take(n).map(|name| one(name)).collect()
        };
        let said = |n| line(&typists(n)).into_string().replace(['\u{2068}', '\u{2069}'], "");
        assert_eq!(said(0), "<div id=\"typing\" aria-live=\"off\"></div>");
        assert_eq!(
            said(1),
            "<div id=\"typing\" aria-live=\"off\"><p class=\"all\">Ann is typing…</p>\
             <p data-without=\"ann\"></p></div>"
        );
        let two = said(2);
        assert!(two.contains("<p class=\"all\">Ann and Ben are typing…</p>"), "{two}");
        assert!(two.contains("<p data-without=\"ann\">Ben is typing…</p>"), "{two}");
        assert!(said(3).contains("<p class=\"all\">Ann, Ben and Cem are typing…</p>"));
        let four = said(4);
        assert!(four.contains("<p class=\"all\">Several people are typing…</p>"), "{four}");
        assert!(four.contains("<p data-without=\"dot\">Ann, Ben and Cem are typing…</p>"));
        assert!(!said(5).contains("data-without"));
    }
}
