//! What holds for any text at all.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use backchannel::markup::{
    Block, Html, Inline, Mode, Name, Resolver, names, parse, render, to_plain_text,
};
use proptest::prelude::*;

use super::Wiki;

/// Looks at the source per byte, and a few more for a text of no length. The stages and the
/// levels of quotes are a fixed number, so this is what linear means.
const STEPS_PER_BYTE: u64 = 24;

const MODES: [Mode; 2] = [Mode::Chat, Mode::Page];

/// A bug hides where constructs meet, so texts are made of their pieces.
fn text() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = "* ** _ - -- --- ---- + ^ ~ ~~ ?? {*} {_} {-} {??} {{ }} ` `` ``` {code} \
        {code:rust|title=T} {noformat} {quote} {panel} {panel:title=P} {info} {note} {tip} {chat} \
        {chat:R} {toc} {anchor:x} {children} {color:red} {color:#f00} {color} [ ] [Home] [a|Home] \
        [C#] [OPS:Runbook#x] [!shot.png!|Home] [x|http://a.org] [~bob] [^shot.png] [#x] | || http:// https://a.org/b_c mailto:a@b.c \
        javascript: ( ) :) ;) (y) (x) (*) :tada: @bob !shot.png! !http://a.org/b.png! ! \\ \\\\ \\\\\\ \
        h1. h6. bq. > >> # ## *# - a b C 1 é 漢 ́ \u{200b} \u{a0} 🎉 < & \" ' . , ; : = ? / % $"
        .split(' ')
        .collect();
    let piece = prop_oneof![
        6 => prop::sample::select(pieces).prop_map(str::to_owned),
        2 => Just(" ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{1,6}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Allows exactly what the grammar's text allows.
fn cleaner() -> ammonia::Builder<'static> {
    let mut cleaner = ammonia::Builder::empty();
    cleaner
        .tags(HashSet::from([
            "p",
            "br",
            "hr",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "strong",
            "em",
            "del",
            "ins",
            "sup",
            "sub",
            "cite",
            "code",
            "pre",
            "blockquote",
            "ul",
            "ol",
            "li",
            "table",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
            "img",
            "span",
            "div",
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
}

/// Knows the wiki, and notes what it was asked for.
#[derive(Default)]
struct Asked(RefCell<HashSet<Name>>);

impl Asked {
    fn note(&self, name: Name) {
        self.0.borrow_mut().insert(name);
    }
}

impl Resolver for Asked {
    fn page(&self, space: Option<&str>, title: &str) -> Option<String> {
        self.note(Name::Page(space.map(str::to_owned), title.into()));
        Wiki.page(space, title)
    }
    fn account(&self, name: &str) -> Option<(String, String)> {
        self.note(Name::Account(name.into()));
        Wiki.account(name)
    }
    fn file(&self, name: &str) -> Option<String> {
        self.note(Name::File(name.into()));
        Wiki.file(name)
    }
    fn chat(&self, name: Option<&str>) -> Option<Html> {
        Wiki.chat(name)
    }
    fn children(&self) -> Option<Html> {
        Wiki.children()
    }
    fn new_page(&self, space: Option<&str>, title: &str) -> Option<String> {
        Wiki.new_page(space, title)
    }
}

fn canonical(html: &str) -> String {
    scraper::Html::parse_fragment(html).root_element().inner_html()
}

/// The tags in order, `/` before those that close.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|rest| rest.split(['>', ' ']).next().unwrap_or_default()).collect()
}

fn assert_balanced(html: &str) {
    let mut open = Vec::new();
    for tag in tags(html) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{html}"),
            None if matches!(tag, "br" | "hr" | "img") => {}
            None => open.push(tag),
        }
    }
    assert!(open.is_empty(), "{html}");
}

fn assert_sound(source: &str, mode: Mode) {
    let document = parse(source, mode);
    let asked = Asked::default();
    let html = render(&document, &asked);
    let html = html.as_str();
    assert!(asked.0.borrow().is_subset(&names(&document)), "{source:?} asks for {:?}", asked.0);
    assert_balanced(html);
    let canonical_html = canonical(html);
    assert_eq!(tags(html), tags(&canonical_html), "a browser reads the same tree: {html}");
    assert_eq!(canonical_html, canonical(&cleaner().clean(html).to_string()), "from {source:?}");
    let macros = document.macros().len() * 120;
    assert!(html.len() <= 20 * source.len() + 64 + macros, "{source:?} -> {html}");
    assert!(document.steps() <= STEPS_PER_BYTE * (source.len() as u64 + 4), "{source:?}");
    assert!(block_depth(document.blocks()) <= 16, "{source:?}");
    for id in html.split(" id=\"").skip(1) {
        assert!(id.starts_with("wiki-"), "{html}");
    }
    let plain = to_plain_text(&document);
    assert!(plain.len() <= 4 * source.len() + 8, "{source:?}");
}

fn block_depth(blocks: &[Block]) -> usize {
    let depth = |block: &Block| match block {
        Block::Paragraph(content) | Block::Heading { content, .. } => inline_depth(content),
        Block::Quote(content) | Block::Panel { content, .. } => 1 + block_depth(content),
        Block::List { items, .. } => {
            1 + items.iter().map(|item| block_depth(item)).max().unwrap_or(0)
        }
        Block::Table(rows) => {
            1 + rows.iter().flatten().map(|cell| block_depth(&cell.content)).max().unwrap_or(0)
        }
        Block::Code { .. } | Block::Rule | Block::Macro { .. } => 1,
    };
    blocks.iter().map(depth).max().unwrap_or(0)
}

fn inline_depth(inlines: &[Inline]) -> usize {
    let depth = |inline: &Inline| match inline {
        Inline::Styled(_, content) | Inline::Colored(_, content) => 1 + inline_depth(content),
        Inline::Link(link) => 1 + inline_depth(&link.label),
        _ => 0,
    };
    inlines.iter().map(depth).max().unwrap_or(0)
}

fn words(html: &str) -> String {
    scraper::Html::parse_fragment(html).root_element().text().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_renders_safe_and_bounded(source in text()) {
        for mode in MODES {
            assert_sound(&source, mode);
        }
    }

    #[test]
    fn any_characters_do(source in "\\PC{0,60}") {
        for mode in MODES {
            assert_sound(&source, mode);
        }
    }

    #[test]
    fn any_bytes_do(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for mode in MODES {
            assert_sound(&String::from_utf8_lossy(&bytes), mode);
        }
    }

    #[test]
    fn text_without_signs_is_kept(source in "[a-zA-Z0-9éß漢ж][a-zA-Z0-9 .,éß漢ж&<'\"$%=/]{0,60}") {
        for mode in MODES {
            let html = render(&parse(&source, mode), &Wiki);
            prop_assert_eq!(words(html.as_str()), source.clone());
        }
    }

    #[test]
    fn what_is_escaped_is_kept(source in "x[-a-z0-9 #*_+?^~|%{}\\[\\]()!@`:;><&\"']{0,40}") {
        let escaped: String = source.chars().flat_map(|c| {
            let sign = !c.is_ascii_alphanumeric() && c != ' ';
            sign.then_some('\\').into_iter().chain([c])
        }).collect();
        for mode in MODES {
            let html = render(&parse(&escaped, mode), &Wiki);
            prop_assert_eq!(words(html.as_str()), source.clone());
        }
    }

    #[test]
    fn what_is_verbatim_is_kept(source in "[a-z*_\\[\\]|@:)(!\\\\{ ]{1,40}") {
        let fenced = format!("```\n{source}\n```");
        for mode in MODES {
            let html = render(&parse(&fenced, mode), &Wiki);
            prop_assert_eq!(words(html.as_str()), source.clone());
        }
    }
}

/// What has brought parsers down, over and over.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "*", " *a", "*a ", "[", "[[", "[a", "[a|", "[a](", "[a](b", "{", "{{", "{{a ", "{{{", "{a",
    "{code", "{code:", "{code:a}", "{quote}", "{quote:x}", "{panel}{quote}", "{color:red}",
    "{color:red}{color}", "`", "``a", "` `` ``` ", "``` ", "`a ", " `a", "!", "!a", "!a.b!", "!a.b", "@", "@a",
    ":", ":a", ":a:", ":)", ":) ", "(y)", "http://", "http://:", "http://a(", "http://)",
    "mailto:", "a*", "_*", "*_-+^~", "*! ", "!* ", "*!* ", "_!*! ", "\\", "\\\\", "\\\\ ", "\\\\a",
    "|", "||", "|a", "|a\n", "|a|\n", "||a||\n", "|[a\n", "|!a\n", "|a\nb\n", "> ", ">\n", "> a\n",
    "> > a\n", "- a\n", "# a\n- b\n", "* a\n", "** a\n", "******** a\n", "********* a\n* b\n",
    "*- a\n#* b\n", "h1. a\n", "h1. \"\nh6. \"\n", "{toc}", "{chat}", "{anchor:x}", "----\n", "-",
    "- ", "--- ", "a --- ", "~", "^a", "??a", "?? ??a", "{*}", "{*}a", "é", "漢*", "*漢", "́", "🎉:)",
    "\n", " ", " \n", "<", "\"", "&", "```\n", "```a\n", " ```\n", "{noformat}{code}",
    "{code}{noformat}{", "\u{202e}", "\r", "\u{a0}*a",
];

/// 20 KB of each of them, and a few more that are made, of 100 KB.
fn attacks() -> Vec<(String, String)> {
    let of = |n: usize, piece: &str| piece.repeat(n / piece.len() + 1);
    let again = |piece: &str| of(100_000, piece);
    let named = |piece: &&str| (piece.escape_debug().to_string(), of(20_000, piece));
    let mut attacks: Vec<(String, String)> = PIECES.iter().map(named).collect();
    let mut add = |name: &str, text: String| attacks.push((name.to_owned(), text));
    for piece in ["*", "[[[[", "{{{{", " *a", "`", "|a|\n"] {
        add(piece, again(piece));
    }
    add("quotes 10,000 deep", format!("{}x", "> ".repeat(10_000)));
    add("an unclosed code", format!("{{code}}{}", again("x ")));
    add("an unclosed noformat before codes", format!("{{noformat}}{}", again("{code")));
    add("openers, then closers", format!("{}{}", again(" *a"), again("a* ")));
    add("runs of every length", (1..440).map(|i| "`".repeat(i) + " ").collect());
    add("quotes of many lengths", again("`a ``a ```a ````a `````a ``````a ```````a "));
    add("many tags, one closer", format!("{}{{quote}}", again("{quote:a}")));
    add("a title for each", format!("{{toc}}\n{}", again("h2. x\n")));
    add("open braces, one end", format!("{}}}}}", again("{{a ")));
    add("openers of all kinds over signs", format!("*!_!-!+!^!~!{}", again("!*!_!-!+!^!~ ")));
    let blanks = " ".repeat(100_000);
    add("signs between blanks", format!("{blanks}{}z{blanks}", again("(y) ")));
    add("signs before blanks", format!("{}z{blanks}", again("(y) ")));
    attacks
}

#[test]
fn no_attack_costs_more_than_its_length() {
    for (name, source) in attacks() {
        for mode in MODES {
            let document = parse(&source, mode);
            let per_byte = document.steps() / source.len() as u64;
            assert!(per_byte <= STEPS_PER_BYTE, "{name} in {mode:?}: {per_byte} steps a byte");
            assert!(block_depth(document.blocks()) <= 16, "{name} is too deep");
            let html = render(&document, &Wiki);
            let bound = 20 * source.len() + 64 + 16 * 120;
            assert!(html.as_str().len() <= bound, "{name} grows to {}", html.as_str().len());
            assert_balanced(html.as_str());
        }
    }
}
