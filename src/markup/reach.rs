//! Blocks that may be wider than the window are made reachable by keys, so that they can be
//! scrolled without a mouse. Done when HTML is shown: what is kept says nothing of windows.
//!
//! **Invariant:** reads only what this crate wrote, and adds nothing but attributes. A table that a
//! macro shows has a class, and is left as it is.

use std::fmt::Write;

use maud::html;

use super::html::Html;

/// Characters that fit into the narrowest window we care for.
const FITS: usize = 36;
/// What the edges of a cell take, in characters.
const CELL: usize = 3;

/// What blocks are called to who does not see them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wide {
    /// A piece of code.
    pub code: &'static str,
    /// A table.
    pub table: &'static str,
}

impl Html {
    /// The same with wide code and wide tables reachable, called by these names. It reads all of it: of
    /// a page that is done where its text is read.
    #[must_use]
    pub fn reachable(&self, wide: Wide) -> Self {
        let mut rest = self.as_str();
        if !rest.contains("<pre") && !rest.contains("<table>") {
            return self.clone();
        }
        let mut out = String::with_capacity(rest.len() + 64);
        // The next of each kind is looked for once, not once for each of the other kind: a page of
        // a hundred thousand pieces of code is read once.
        let (mut codes, mut tables) = (rest.match_indices("<pre"), rest.match_indices("<table>"));
        let (mut code_at, mut table_at) = (codes.next(), tables.next());
        let mut done = 0;
        // So far each kind was read. What stands inside is not looked at again: many tags before one
        // end, or before none, are read once as well.
        let (mut code_end, mut table_end) = (0, 0);
        while let Some(at) = first(code_at, table_at) {
            let (before, from) = rest.split_at(at - done);
            out.push_str(before);
            let is_code = code_at.is_some_and(|(code_at, _)| code_at == at);
            if is_code {
                code_at = codes.next();
            } else {
                table_at = tables.next();
            }
            let (begin, end) = if is_code { ("<pre", "</pre>") } else { ("<table", "</table>") };
            out.push_str(begin);
            let read = if is_code { &mut code_end } else { &mut table_end };
            let mut width = 0;
            if at >= *read {
                let block = from.split_once(end).map_or(from, |(block, _)| block);
                width = if is_code { longest_line(block) } else { width_of_table(block) };
                *read = at + block.len();
            }
            if width > FITS {
                let name = if is_code { wide.code } else { wide.table };
                // A table keeps its own role; code has none that could be named.
                let role = if is_code { " role=\"group\"" } else { "" };
                let name = html! { (name) }.into_string();
                let _ = write!(out, " tabindex=\"0\"{role} aria-label=\"{name}\"");
            }
            rest = from.get(begin.len()..).unwrap_or_default();
            done = at + begin.len();
        }
        out.push_str(rest);
        Self::from_stored(out)
    }
}

fn first(code: Option<(usize, &str)>, table: Option<(usize, &str)>) -> Option<usize> {
    code.into_iter().chain(table).map(|(at, _)| at).min()
}

fn longest_line(html: &str) -> usize {
    shown(html).lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// A cell may break between words, not within them.
fn width_of_table(html: &str) -> usize {
    let mut columns: Vec<usize> = Vec::new();
    for row in html.split("<tr").skip(1) {
        let cells = row.split("<t").skip(1).filter(|cell| cell.starts_with(['d', 'h']));
        for (n, cell) in cells.enumerate() {
            let text = shown(&format!("<t{cell}"));
            let word = text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
            match columns.get_mut(n) {
                Some(column) => *column = (*column).max(word + CELL),
                None => columns.push(word + CELL),
            }
        }
    }
    columns.iter().sum()
}

/// The text without its tags; each escaped character is one.
fn shown(html: &str) -> String {
    let (mut text, mut inside) = (String::with_capacity(html.len()), None);
    for c in html.chars() {
        match (inside, c) {
            (None, '<') => inside = Some('>'),
            (None, '&') => inside = Some(';'),
            (Some(end), c) if c == end => {
                if end == ';' {
                    text.push('&');
                }
                inside = None;
            }
            (Some(_), _) => {}
            (None, c) => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Html, Mode, Wide, parse, render};

    const WIDE: Wide = Wide { code: "Code", table: "Table" };

    fn of(source: &str) -> String {
        let names = super::super::Unresolved;
        let html: Html = render(&parse(source, Mode::Chat), &names);
        html.reachable(Wide { code: "Code", table: "\"Table\"" }).as_str().to_owned()
    }

    #[test]
    fn only_what_may_be_wider_than_a_window_is_reachable() {
        let wide = "x = 1; ".repeat(8);
        let html = of(&format!("```\nshort\n```\n\nand\n\n```\n{wide}\n```"));
        assert_eq!(html.matches("tabindex").count(), 1, "{html}");
        assert!(html.contains("<pre tabindex=\"0\" role=\"group\" aria-label=\"Code\">"), "{html}");
        assert!(of("|1|2|\n|3|4|").contains("<table>"));
        let many = "|a|b|\n|number|number|number|number|number|";
        assert!(of(many).contains("<table tabindex=\"0\" aria-label=\"&quot;Table&quot;\">"));
        // Words wrap; an address does not.
        let words = format!("|a|\n|{}|", "a few words ".repeat(9));
        assert!(of(&words).contains("<table>"), "{}", of(&words));
        assert!(of(&format!("|a|\n|{}|", "x".repeat(60))).contains("tabindex"));
        assert!(!of("*<pre* and <table").contains("tabindex"));
    }

    #[test]
    fn a_hundred_thousand_tags_without_an_end_are_read_once() {
        for (tag, end) in
            [("<pre>", ""), ("<pre>", "</pre>"), ("<table>", ""), ("<table>", "</table>")]
        {
            let wide = format!("<tr><td>{}", "x".repeat(60));
            let html = Html::from_stored(format!("{}{wide}{end}{tag}", tag.repeat(175_000)));
            let after = html.reachable(WIDE);
            assert_eq!(after.as_str().matches("tabindex").count(), 1, "{tag}{end}");
            assert!(after.as_str().get(..20).is_some_and(|begin| begin.contains("tabindex")));
        }
    }

    #[test]
    fn nothing_but_attributes_is_added() {
        let wide = "<b> & \"x\" ".repeat(9);
        let source = format!("{{code}}\n{wide}\n{{code}}\n||a||{wide}||\n* one");
        let before = render(&parse(&source, Mode::Chat), &super::super::Unresolved);
        let after = before.reachable(WIDE);
        let bare = after.as_str().replace(" tabindex=\"0\" role=\"group\" aria-label=\"Code\"", "");
        let bare = bare.replace(" tabindex=\"0\" aria-label=\"Table\"", "");
        assert_ne!(after, before);
        assert_eq!(bare, before.as_str());
    }
}
