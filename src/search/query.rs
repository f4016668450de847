//! What somebody typed into the box becomes what is asked: words, phrases, operators.
//!
//! **Invariant:** pure, and total: any text is a query. What looks like an operator and is none
//! (`on:monday`, `has:nothing`) is words.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::folding;
use crate::marks::{self, Has};

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// Words and phrases.
    pub(super) terms: Vec<Term>,
    /// Operators.
    pub(super) asks: Vec<Ask>,
}

/// A word or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// NFKC and lower case: what is marked in a hit.
    pub(super) shown: String,
    /// As the index has it.
    pub(super) folded: String,
    /// Its last word may go on.
    pub(super) prefix: bool,
    /// The words and phrases that this stands for, where they were looked up, in plain letters.
    pub(super) spelled: Vec<String>,
    /// It must not occur.
    pub(super) not: bool,
}

/// An operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) what: Operator,
    /// It must not be so.
    pub(super) not: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Somebody wrote it.
    From(String),
    /// It stands in a room, on a page.
    In(String),
    /// It stands in a space.
    Space(String),
    /// From a day to a day, both included.
    Days(Date, Date),
    /// What it holds.
    Has(Has),
    /// It names who asks.
    MentionsMe,
    /// It is pinned.
    Pinned,
}

/// Characters of a query that count.
const LIMIT: usize = 1000;
/// Words, phrases and operators that count.
const N_PARTS: usize = 24;
/// Years that a date is taken from.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9998;

impl Query {
    /// Reads what was typed.
    pub(super) fn parse(text: &str) -> Self {
        let text: String = text.chars().take(LIMIT).collect();
        let mut query = Self::default();
        let mut rest = text.as_str();
        while query.terms.len() + query.asks.len() < N_PARTS {
            rest = rest.trim_start();
            if rest.is_empty() {
                break;
            }
            rest = query.read(rest);
        }
        query
    }

    /// Nothing was asked.
    pub(super) fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.asks.is_empty()
    }

    /// The words that a hit must hold.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(|term| !term.not)
    }

    /// The same without the words that may go on.
    pub(super) fn without_beginnings(&self) -> Self {
        let whole = self.terms.iter().filter(|term| !term.prefix);
        Self { terms: whole.cloned().collect(), asks: self.asks.clone() }
    }

    /// The operators of one kind that are wanted, or not.
    pub(super) fn asked<'a, T>(
        &'a self,
        not: bool,
        pick: impl Fn(&'a Operator) -> Option<T> + 'a,
    ) -> impl Iterator<Item = T> + 'a {
        self.asks.iter().filter(move |ask| ask.not == not).filter_map(move |ask| pick(&ask.what))
    }

    /// Takes one part off the front; answers what is left.
    fn read<'a>(&mut self, text: &'a str) -> &'a str {
        let minus = text.strip_prefix('-').filter(|rest| !rest.starts_with(char::is_whitespace));
        let (not, text) = minus.map_or((false, text), |rest| (true, rest));
        if let Some((what, rest)) = operator(text) {
            self.asks.push(Ask { what, not });
            return rest;
        }
        if let Some(phrase) = text.strip_prefix('"') {
            let (phrase, rest) = phrase.split_once('"').unwrap_or((phrase, ""));
            let (prefix, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
            self.push(phrase, prefix, not);
            return rest;
        }
        let end = text.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let starred = word.ends_with('*');
        // The last word may be a beginning, as long as no space says that it is whole. But a
        // letter alone begins too much, and what is left out is left out as it was typed.
        let last = rest.is_empty() && !not && word.chars().count() >= 2;
        self.push(word.trim_end_matches('*'), starred || last, not);
        rest
    }

    fn push(&mut self, text: &str, prefix: bool, not: bool) {
        let folded = folding::fold(text).trim().to_owned();
        if folding::has_word(&folded) {
            // A word of a spaceless script is whole, and so is a symbol.
            let ends = text.chars().rev().find(|c| c.is_alphanumeric() || folding::is_symbol(*c));
            let open = !ends.is_some_and(|c| folding::is_spaceless(c) || folding::is_symbol(c));
            let shown = folding::lower(text).trim().to_owned();
            let prefix = prefix && open;
            self.terms.push(Term { shown, folded, prefix, spelled: Vec::new(), not });
        }
    }
}

impl Term {
    /// In FTS5's own language; quoted, so that no syntax of it can be reached.
    pub(super) fn to_match(&self) -> String {
        if !self.spelled.is_empty() {
            return format!("(\"{}\")", self.spelled.join("\" OR \""));
        }
        let star = if self.prefix { "*" } else { "" };
        format!("\"{}\"{star}", self.folded.replace('"', "\"\""))
    }
}

/// An operator at the front, and what comes after it.
fn operator(text: &str) -> Option<(Operator, &str)> {
    let (name, after) = text.split_once(':')?;
    let (value, rest) = match after.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
    };
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    let what = match name.to_ascii_lowercase().as_str() {
        "from" => Operator::From(folding::lower(value.trim_start_matches('@'))),
        "in" => Operator::In(folding::lower(value)),
        "space" => Operator::Space(value.to_lowercase()),
        "on" => days(value).map(|(first, last)| Operator::Days(first, last))?,
        "before" => {
            let (first, _) = days(value)?;
            Operator::Days(Date::MIN, first.checked_sub(1.day()).ok()?)
        }
        "after" => {
            let (_, last) = days(value)?;
            Operator::Days(last.checked_add(1.day()).ok()?, Date::MAX)
        }
        "has" => Operator::Has(Has::named(&value.to_ascii_lowercase())?),
        "mentions" if value.eq_ignore_ascii_case("me") => Operator::MentionsMe,
        "is" if value.eq_ignore_ascii_case("pinned") => Operator::Pinned,
        _ => return None,
    };
    Some((what, rest))
}

/// `2026-11-22`, `2026-11` or `2026`: the first and the last day.
fn days(text: &str) -> Option<(Date, Date)> {
    let mut parts = text.split('-');
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i16>().ok()).flatten()
    };
    let year = number(parts.next()?).filter(|year| YEARS.contains(year))?;
    let month = parts.next().map(|part| number(part).and_then(|month| i8::try_from(month).ok()));
    let day = parts.next().map(|part| number(part).and_then(|day| i8::try_from(day).ok()));
    match (month, day, parts.next()) {
        (None, None, None) => Some((date(year, 1, 1), date(year, 12, 31))),
        (Some(month), None, None) => {
            let first = Date::new(year, month?, 1).ok()?;
            Some((first, first.last_of_month()))
        }
        (Some(month), Some(day), None) => {
            let day = Date::new(year, month?, day?).ok()?;
            Some((day, day))
        }
        _ => None,
    }
}

/// Who and where, as the names in a query were found to mean; see [`Query::to_match`].
#[derive(Clone, Debug, Default)]
pub(super) struct Meant {
    /// Tokens of the authors who are wanted; `None`: anybody.
    pub(super) from: Option<Vec<String>>,
    /// Tokens of the authors who are not.
    pub(super) not_from: Vec<String>,
    /// Name of who asks.
    pub(super) me: Option<String>,
    /// The rooms that are looked into, where they are few.
    pub(super) rooms: Option<Vec<String>>,
}

impl Query {
    /// The whole in FTS5's own language. Every word in it is quoted.
    pub(super) fn to_match(&self, meant: &Meant) -> String {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for term in &self.terms {
            let side = if term.not { &mut unwanted } else { &mut wanted };
            side.push(format!("search : {}", term.to_match()));
        }
        for ask in &self.asks {
            let side = if ask.not { &mut unwanted } else { &mut wanted };
            match &ask.what {
                Operator::Has(has) => side.push(any(&[has.token().to_owned()])),
                Operator::MentionsMe => {
                    let me = meant.me.as_deref().map_or("nobody".to_owned(), marks::of_mention);
                    side.push(any(&[me]));
                }
                _ => {}
            }
        }
        wanted.extend(meant.from.as_deref().map(any));
        wanted.extend(meant.rooms.as_deref().map(any));
        if !meant.not_from.is_empty() {
            unwanted.push(any(&meant.not_from));
        }
        if wanted.is_empty() {
            wanted.push(any(&[marks::ALL.to_owned()]));
        }
        let wanted = wanted.join(" AND ");
        if unwanted.is_empty() {
            wanted
        } else {
            format!("({wanted}) NOT ({})", unwanted.join(" OR "))
        }
    }
}

fn any(tokens: &[String]) -> String {
    let quoted: Vec<String> = tokens.iter().map(|token| format!("\"{token}\"")).collect();
    // None at all: what no message has.
    if quoted.is_empty() {
        "marks : \"none\"".into()
    } else {
        format!("marks : ({})", quoted.join(" OR "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matched(text: &str) -> String {
        Query::parse(text).to_match(&Meant::default())
    }

    #[test]
    fn words_and_phrases_are_quoted_and_the_last_word_is_a_prefix() {
        assert_eq!(
            matched("grub \"boot loader\" ins"),
            r#"search : "grub" AND search : "boot loader" AND search : "ins"*"#
        );
        assert_eq!(matched("ins "), r#"search : "ins""#);
        assert_eq!(matched("in* x"), r#"search : "in"* AND search : "x""#);
        assert_eq!(matched("\"boot lo\"* -grub"), r#"(search : "boot lo"*) NOT (search : "grub")"#);
        assert_eq!(matched("-\"a b\""), r#"(marks : ("all")) NOT (search : "a b")"#);
        assert_eq!(matched("NEAR(a b)"), r#"search : "near(a" AND search : "b)"*"#);
        assert!(Query::parse("\" * ^ ( ) : - --").is_empty());
    }

    #[test]
    fn operators_compose_and_can_be_negated() {
        let query =
            Query::parse("from:@Bob -in:\"Night Shift\" has:LINK -has:code is:pinned grub ");
        let ask = |what, not| Ask { what, not };
        assert_eq!(
            query.asks,
            [
                ask(Operator::From("bob".into()), false),
                ask(Operator::In("night shift".into()), true),
                ask(Operator::Has(Has::Link), false),
                ask(Operator::Has(Has::Code), true),
                ask(Operator::Pinned, false),
            ]
        );
        assert_eq!(
            query.to_match(&Meant::default()),
            r#"(search : "grub" AND marks : ("link")) NOT (marks : ("code"))"#
        );
    }

    #[test]
    fn a_date_is_a_day_a_month_or_a_year() {
        let span = |text: &str| match Query::parse(text).asks.first() {
            Some(Ask { what: Operator::Days(first, last), .. }) => format!("{first} {last}"),
            _ => "words".into(),
        };
        assert_eq!(span("on:2026-11-22"), "2026-11-22 2026-11-22");
        assert_eq!(span("on:2024-02"), "2024-02-01 2024-02-29");
        assert_eq!(span("before:2026"), "-009999-01-01 2025-12-31");
        assert_eq!(span("after:2026-11"), "2026-12-01 9999-12-31");
        for odd in ["on:2026-02-30", "on:monday", "on:", "before:0", "after:9999", "on:1-2-3-4"] {
            assert_eq!(span(odd), "words", "{odd}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_query_and_everything_in_it_is_quoted(text in "\\PC{0,60}") {
            let expression = matched(&text);
            // Outside quotes there is nothing but our own syntax.
            let outside: String = expression.split('"').step_by(2).collect::<Vec<_>>().join(" ");
            for word in outside.split(|c: char| c.is_whitespace() || "()*".contains(c)) {
                prop_assert!(
                    ["", "search", "marks", ":", "AND", "OR", "NOT"].contains(&word),
                    "{:?} in {}", word, expression
                );
            }
        }

        #[test]
        fn parts_are_read_each_by_itself(parts in proptest::collection::vec(
            "-?(from:[a-z]{1,5}|has:(link|file|code)|\"[a-z]{1,5} [a-z]{1,5}\"|[a-z]{1,6}\\*?|is:pinned|on:20[0-9]{2})",
            1..8,
        )) {
            let whole = Query::parse(&format!("{} ", parts.join(" ")));
            let each: Vec<Query> = parts.iter().map(|part| Query::parse(&format!("{part} "))).collect();
            let terms: Vec<Term> = each.iter().flat_map(|query| query.terms.clone()).collect();
            let asks: Vec<Ask> = each.iter().flat_map(|query| query.asks.clone()).collect();
            prop_assert_eq!(whole, Query { terms, asks });
        }
    }
}
