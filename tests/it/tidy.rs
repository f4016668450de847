//! The architecture as a test: who may name whom, how long a file may be; what the schema keeps
//! to is in `tidy/schema.rs`, how many crates there are in `tidy/crates.rs`.
//!
//! Each rule is a function from sources to complaints, so that a test can show it a source that
//! breaks it: a rule that cannot fail holds nothing.

mod crates;
mod schema;

use std::collections::BTreeSet;
use std::path::Path;

/// A file of ours.
#[derive(Clone)]
struct Source {
    /// From the root of the project: `src/http/mod.rs`.
    path: String,
    text: String,
}

type Rule = fn(&[Source]) -> Vec<String>;

/// What everything stands on: knows no noun and no `App`.
const GROUND: [&str; 16] = [
    "error",
    "clock",
    "vital",
    "language",
    "config",
    "id",
    "metrics",
    "store",
    "hub",
    "markup",
    "difference",
    "texts",
    "folding",
    "dial",
    "push",
    "openid",
];
/// What touches the world: may use everything above it in `lib.rs`.
const EDGES: [&str; 8] = ["view", "exported", "announce", "sse", "http", "admin", "demo", "render"];
/// What a noun may name although it stands below it.
const NAMED_BY_ALL: [(&str, &str); 2] = [
    ("app", "every verb is handed it first; of the nouns it holds only what is in memory alone"),
    ("change", "every write tells it; it carries the message that was written"),
];

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The top-level module: `http` for `src/http/mod.rs`; nothing for `lib.rs` and `main.rs`.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let name = inside.split('/').next()?;
        let name = name.strip_suffix(".rs").unwrap_or(name);
        (!matches!(name, "lib" | "main")).then_some(name)
    }

    fn is_in(&self, modules: &[&str]) -> bool {
        self.module().is_some_and(|module| modules.contains(&module))
    }

    fn is_noun(&self) -> bool {
        self.module().is_some() && !self.is_in(&GROUND) && !self.is_in(&EDGES)
    }

    /// The text without comments and without its tests; the lines stay where they are.
    fn code(&self) -> String {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return String::new();
        }
        let text = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = text.lines().map(|line| {
            // A `//` within an address in a string is none.
            let at = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
            at.map_or(line, |(at, _)| &line[..at])
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The top-level modules of the crate that it names.
    fn names(&self) -> BTreeSet<String> {
        let code = self.code();
        let mut names = BTreeSet::new();
        for (at, root) in code.match_indices("crate::").chain(code.match_indices("backchannel::")) {
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => names.extend(first_names(group)),
                None => names.extend(word(rest)),
            }
        }
        if let Some(own) = self.module() {
            names.remove(own);
        }
        names
    }
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The first name of each part of `a, b::{c, d}, e}`.
fn first_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut begins) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            c if begins && !c.is_whitespace() => {
                names.extend(word(&group[at..]));
                begins = false;
            }
            _ => {}
        }
    }
    names
}

/// A complaint for each line of code that holds one of `words`, in the sources that `concerned`
/// chooses.
fn lines_with(
    sources: &[Source],
    words: &[&str],
    concerned: impl Fn(&Source) -> bool,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        if concerned(source) {
            for (n, line) in source.code().lines().enumerate() {
                if words.iter().any(|word| line.contains(word)) {
                    complaints.push(format!("{}:{}: {}", source.path, n + 1, line.trim()));
                }
            }
        }
    }
    complaints
}

/// A complaint for each source that `concerned` chooses and that names one of `modules`.
fn who_names(
    sources: &[Source],
    modules: &[&str],
    concerned: impl Fn(&Source) -> bool,
) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        for name in source.names() {
            if concerned(source) && modules.contains(&name.as_str()) {
                complaints.push(format!("{} names {name}", source.path));
            }
        }
    }
    complaints
}

// ------------------------------------------------------------------------------------ the rules

fn only_main_names_http(sources: &[Source]) -> Vec<String> {
    who_names(sources, &["http"], |source| source.path != "src/main.rs")
}

fn only_the_edge_to_the_web_names_axum(sources: &[Source]) -> Vec<String> {
    let edge = |source: &Source| source.is_in(&["http", "sse"]) || source.path == "src/main.rs";
    lines_with(sources, &["axum"], |source| !edge(source))
}

/// Whatever refuses a query or a path itself answers in the library's words.
fn what_an_address_says_is_read_by_input(sources: &[Source]) -> Vec<String> {
    let within = |source: &Source| {
        let reads = ["src/http/input.rs", "src/http/assets.rs"];
        source.is_in(&["http", "sse"]) && !reads.contains(&source.path.as_str())
    };
    let is_one = |word: &str| matches!(word, "Query" | "Path" | "Json");
    let mut lines = lines_with(sources, &["axum::extract::"], within);
    lines.retain(|line| line.split(|c: char| !c.is_alphanumeric()).any(is_one));
    lines
}

fn nouns_never_name_what_shows_them(sources: &[Source]) -> Vec<String> {
    let mut complaints = who_names(sources, &EDGES, Source::is_noun);
    complaints.extend(lines_with(sources, &["maud"], Source::is_noun));
    complaints
}

fn the_ground_knows_no_noun(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_in(&GROUND)) {
        for name in source.names() {
            if !GROUND.contains(&name.as_str()) {
                complaints.push(format!("{} names {name}", source.path));
            }
        }
    }
    complaints
}

fn everything_names_only_what_stands_above_it(sources: &[Source]) -> Vec<String> {
    let lib = sources.iter().find(|source| source.path == "src/lib.rs").expect("lib.rs");
    let order: Vec<&str> = lib
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let place = |name: &str| order.iter().position(|listed| *listed == name);
    let mut complaints = Vec::new();
    for source in sources {
        let Some(own) = source.module() else { continue };
        let Some(own) = place(own) else {
            complaints.push(format!("{} is not listed in lib.rs", source.path));
            continue;
        };
        for name in source.names() {
            let excepted = NAMED_BY_ALL.iter().any(|(all, _)| *all == name) && source.is_noun();
            if place(&name).is_some_and(|other| other > own) && !excepted {
                complaints.push(format!("{} names {name}, which stands below it", source.path));
            }
        }
    }
    complaints
}

fn nobody_climbs_over_the_top(sources: &[Source]) -> Vec<String> {
    // `super::super::message` in `src/http/x.rs` would be `crate::message` unseen.
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.module().is_some()) {
        let depth =
            source.path.matches('/').count() - usize::from(source.path.ends_with("/mod.rs"));
        let climb = "super::".repeat(depth);
        complaints.extend(lines_with(std::slice::from_ref(source), &[&climb], |_| true));
    }
    complaints
}

fn raw_html_is_made_in_markup_alone(sources: &[Source]) -> Vec<String> {
    lines_with(sources, &["PreEscaped"], |source| !source.is_in(&["markup"]))
}

fn blocking_work_goes_through_the_store(sources: &[Source]) -> Vec<String> {
    let words = ["spawn_blocking", "block_in_place", "block_on"];
    lines_with(sources, &words, |source| !source.is_in(&["store"]) && source.path != "src/main.rs")
}

fn threads_are_the_writer_s_and_the_hub_s(sources: &[Source]) -> Vec<String> {
    lines_with(sources, &["std::thread"], |source| !source.is_in(&["store", "hub", "vital"]))
}

fn connections_and_transactions_are_the_store_s(sources: &[Source]) -> Vec<String> {
    let words = [
        "Connection::open",
        "transaction(",
        "transaction_with",
        "savepoint(",
        "\"begin",
        "\"commit",
    ];
    lines_with(sources, &words, |source| !source.is_in(&["store"]))
}

fn no_sql_stands_at_the_edges(sources: &[Source]) -> Vec<String> {
    let words = ["rusqlite", ".query_row(", ".prepare", ".execute"];
    lines_with(sources, &words, |source| source.is_in(&["view", "sse", "http", "demo"]))
}

fn views_read_nothing(sources: &[Source]) -> Vec<String> {
    let mut complaints =
        who_names(sources, &["app", "store", "hub", "clock"], |source| source.is_in(&["view"]));
    complaints.extend(lines_with(sources, &["async ", ".await"], |s| s.is_in(&["view"])));
    complaints
}

fn no_sql_is_put_together(sources: &[Source]) -> Vec<String> {
    let verbs =
        ["select ", "insert ", "update ", "delete ", "with ", "create ", "pragma ", "vacuum"];
    let calls = ["prepare", "prepare_cached", "execute", "execute_batch", "query_row", "query_one"];
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/")) {
        let code = source.code();
        for (at, _) in code.match_indices("format!(") {
            let literal = code[at + "format!(".len()..].trim_start();
            let before = code[..at].trim_end_matches(|c: char| c.is_whitespace() || c == '&');
            let is_sql = verbs.iter().any(|verb| {
                literal.strip_prefix('"').is_some_and(|text| text.trim_start().starts_with(verb))
            });
            let is_argument = calls.iter().any(|call| before.ends_with(&format!(".{call}(")));
            if is_sql || is_argument {
                let n = code[..at].lines().count();
                complaints.push(format!("{}:{n}: SQL made by format!", source.path));
            }
        }
    }
    complaints
}

fn nothing_panics_on_purpose(sources: &[Source]) -> Vec<String> {
    let words = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!("];
    lines_with(sources, &words, |_| true)
}

fn every_file_says_what_it_is_for(sources: &[Source]) -> Vec<String> {
    let silent = sources.iter().filter(|source| !source.text.starts_with("//! "));
    silent.map(|source| format!("{} does not begin with //!", source.path)).collect()
}

fn no_file_is_long(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        let n_lines = source.text.lines().count();
        if n_lines > 500 {
            complaints.push(format!("{} has {n_lines} lines", source.path));
        }
    }
    complaints
}

fn indexes_are_kept_by_triggers_alone(sources: &[Source]) -> Vec<String> {
    let words =
        ["_index (rowid", "update message_index", "update page_index", "from message_index where"];
    lines_with(sources, &words, |_| true)
}

/// Each rule, and a source that breaks it.
const RULES: [(Rule, &str, &str); 19] = [
    (only_main_names_http, "src/sse.rs", "use crate::http::TakeOver;"),
    (only_the_edge_to_the_web_names_axum, "src/view/page.rs", "use axum::Json;"),
    (
        what_an_address_says_is_read_by_input,
        "src/http/pages.rs",
        "use axum::extract::{Query, State};",
    ),
    (nouns_never_name_what_shows_them, "src/room.rs", "use crate::{account, view};"),
    (nouns_never_name_what_shows_them, "src/room.rs", "use maud::html;"),
    (the_ground_knows_no_noun, "src/hub/run.rs", "fn f(app: &crate::app::App) {}"),
    (
        everything_names_only_what_stands_above_it,
        "src/account.rs",
        "use crate::{\n  id::{A, B},\n  page,\n};",
    ),
    (nobody_climbs_over_the_top, "src/http/pages.rs", "use super::super::page;"),
    (raw_html_is_made_in_markup_alone, "src/view/page.rs", "maud::PreEscaped(text)"),
    (blocking_work_goes_through_the_store, "src/account.rs", "tokio::task::spawn_blocking(f)"),
    (threads_are_the_writer_s_and_the_hub_s, "src/sse.rs", "std::thread::spawn(f)"),
    (connections_and_transactions_are_the_store_s, "src/search.rs", "Connection::open_in_memory()"),
    (no_sql_stands_at_the_edges, "src/http/home.rs", "c.query_row(sql, [], f)"),
    (views_read_nothing, "src/view/home.rs", "use crate::app::App;"),
    (no_sql_is_put_together, "src/room.rs", "tx.execute(\n    &format!(\"{verb} from room\"), [])"),
    (no_sql_is_put_together, "src/room.rs", "let sql = format!(\"select {columns} from room\");"),
    (nothing_panics_on_purpose, "src/page.rs", "let x = y.unwrap();"),
    (every_file_says_what_it_is_for, "src/page.rs", "use std::fmt;"),
    (
        indexes_are_kept_by_triggers_alone,
        "src/message.rs",
        "\"insert into message_index (rowid, search)\"",
    ),
];

#[test]
fn the_architecture_is_kept() {
    let sources = sources();
    assert!(sources.len() > 80, "the sources were found");
    let mut complaints = BTreeSet::new();
    for (rule, ..) in RULES {
        complaints.extend(rule(&sources));
    }
    complaints.extend(no_file_is_long(&sources));
    let complaints: Vec<_> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn each_rule_can_be_broken() {
    let lib = sources().into_iter().find(|source| source.path == "src/lib.rs").unwrap();
    for (n, (rule, path, text)) in RULES.into_iter().enumerate() {
        let broken = [lib.clone(), Source::new(path, text)];
        assert_eq!(rule(&broken).len(), 1, "rule {n} and {text:?}");
        let comment = text.replace('\n', "\n// ");
        let kept = [lib.clone(), Source::new(path, &format!("//! A file.\n// {comment}"))];
        assert_eq!(rule(&kept), [""; 0], "rule {n} and a comment");
    }
    let long = Source::new("src/page.rs", &"//! x\n".repeat(501));
    assert_eq!(no_file_is_long(&[long]).len(), 1);
}

#[test]
fn the_papers_are_there() {
    for (name, most) in [("README.md", 120), ("ARCHITECTURE.md", 150), ("CHANGELOG.md", usize::MAX)]
    {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_else(|_| panic!("{name}"));
        let n_lines = text.lines().count();
        assert!(n_lines > 5 && n_lines <= most, "{name} has {n_lines} lines");
    }
}

// ------------------------------------------------------------------------------------ sources

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec!["src".to_owned(), "tests".into(), "benches".into()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(root().join(&folder)) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                folders.push(path);
            } else if entry.path().extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}
