//! Nothing is missed: every piece of what was said that people would look for finds its message,
//! as a look through all messages would; and nothing that is typed makes the search fail.

use std::time::{Duration, Instant};

use backchannel::admin::{self, Command};
use backchannel::id::RoomId;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unicode_normalization::UnicodeNormalization;

use crate::world::{Answer, World};

/// What people say, in many ways of writing.
const SAID: [&str; 36] = [
    "私は東京に住んでいます",
    "東京都と京都",
    "明日のテスト結果",
    "カタカナとひらがな",
    "中文搜索测试",
    "北京和上海",
    "全文检索很重要",
    "한국어로 말합니다",
    "서울은 수도입니다",
    "ภาษาไทยง่าย",
    "กรุงเทพมหานคร",
    "Ein Ärgernis im Café",
    "naïve façade",
    "SHOUTING and whispering",
    "İstanbul ILGAZ",
    "foo_bar::baz<T> fails",
    "std::collections::HashMap",
    "see /etc/nginx/nginx.conf now",
    "C:\\Windows\\System32",
    "~/.cargo/config.toml",
    "https://example.org/a/b?c=d#e",
    "mailto:ann@example.org",
    "update to v2.13.7-rc.1 today",
    "version 10.0.22631.4460",
    "it works 🎉",
    "thumbs 👍🏽 up",
    "coffee ☕ now",
    "flags 🇩🇪 and 👩‍👩‍👧",
    "#release #tea-time",
    "issue #4711",
    "C++ and C# and F#",
    "50% of 3.14",
    "don't stop",
    "e-mail vs email",
    "Ω resistor 5kΩ",
    "x=y;z!=w && a||b",
];

/// What the index takes for the same: width, case and accents away.
fn plain(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).nfd().collect();
    folded
        .chars()
        .filter(|c| !matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe0f}'))
        .collect()
}

fn is_spaceless(c: char) -> bool {
    matches!(u32::from(c), 0xe01..=0xe7f | 0x3041..=0x30ff | 0x4e00..=0x9fff | 0xac00..=0xd7af)
}

/// Everything that somebody would look for in a text: each run of its words as it stands there,
/// and of the scripts without spaces every one and two letters.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = text.split(' ').map(str::to_owned).collect();
    let parts: Vec<&str> = text.split(' ').collect();
    pieces.extend(parts.windows(2).map(|two| format!("\"{}\"", two.join(" "))));
    let letters: Vec<char> = text.chars().collect();
    for length in 1..=3 {
        for run in letters.windows(length) {
            if run.iter().all(|c| is_spaceless(*c)) {
                pieces.push(run.iter().collect());
            }
        }
    }
    pieces.extend(letters.iter().filter(|c| u32::from(**c) > 0x1f000).map(ToString::to_string));
    pieces.extend(text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
    // What is made of signs alone is nobody's word; and a mark that only leans on a letter.
    pieces.retain(|piece| {
        let mark = |c: char| matches!(u32::from(c), 0xe31 | 0xe34..=0xe3a | 0xe47..=0xe4e);
        piece.chars().any(|c| (c.is_alphanumeric() && !mark(c)) || u32::from(c) > 0x2600)
            && !piece.starts_with('-')
    });
    pieces
}

#[tokio::test]
async fn every_piece_of_what_was_said_finds_all_that_a_look_through_everything_would() {
    let w = World::new().await;
    for text in SAID {
        w.post("bob", text).await;
    }
    let mut shown: Vec<String> = w.window("bob").await.said();
    shown.retain(|said| said != "Message removed");
    assert_eq!(shown.len(), SAID.len());
    let mut n_asked = 0;
    for text in SAID {
        for piece in pieces(text) {
            for asked in [piece.clone(), piece.to_uppercase(), plain(&piece)] {
                let found = found(&w, &asked).await;
                let hits = found.texts("ol.hits li[data-hit] .line");
                let bare = plain(asked.trim_matches('"'));
                let scan: Vec<&String> =
                    shown.iter().filter(|said| holds(&plain(said), &bare)).collect();
                for said in &scan {
                    assert!(hits.contains(said), "{asked:?} misses {said:?}: {hits:?}");
                }
                n_asked += usize::from(!scan.is_empty());
            }
        }
    }
    assert!(n_asked > 500, "{n_asked} questions had an answer");
}

/// Does the text hold the piece, from the beginning of a word on?
fn holds(text: &str, piece: &str) -> bool {
    !piece.is_empty()
        && text.match_indices(piece).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let first = piece.chars().next();
            let after = text[at + piece.len()..].chars().next();
            let inside =
                |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_spaceless(c));
            let begins = !inside(before) || !inside(first);
            // A single letter stands for itself alone; longer ones may go on.
            begins && (piece.chars().count() > 1 || !inside(first) || !inside(after))
        })
}

const TOKENS: [&str; 73] = [
    "alpha",
    "be",
    "\"",
    "\"\"",
    "*",
    "**",
    "^",
    "(",
    ")",
    "{",
    "}",
    ":",
    "-",
    "--",
    "+",
    "NEAR",
    "NEAR(",
    "OR",
    "AND",
    "NOT",
    "search:",
    "marks:",
    "rowid:",
    "message_index",
    "東",
    "ไ",
    "Ä",
    "'",
    ";",
    "\\",
    "%",
    "_",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "👍🏽",
    "🇩🇪",
    "from:",
    "from:bob",
    "in:\"",
    "in:tea",
    "space:",
    "on:2026-11-22",
    "on:9999-99-99",
    "before:-1",
    "after:2026",
    "has:link",
    "-has:",
    "mentions:me",
    "is:pinned",
    "-is:pinned",
    "<b>",
    "&amp;",
    "\u{10fffd}",
    "\u{1d400}",
    "ﬁ",
    "^alpha",
    "al*",
    "*alpha",
    "alpha NEAR beta",
    "NEAR(alpha beta, 5)",
    "NEAR(\"alpha\" \"beta\", 999999999999)",
    "search : alpha",
    "- search : alpha",
    "{search marks} : alpha",
    "{nothing} : alpha",
    "message_index:alpha",
    "alpha + beta",
    "\\ud800",
    "&#xd800;",
    "%ud800",
    "\u{fffd}",
    "\r\n",
];

/// Bytes that are no text, as a browser would never send them.
const BROKEN: [&str; 12] = [
    "%ff",
    "%ed%a0%80",
    "%ed%bf%bf",
    "%ed%a0%bd%ed%b8%80",
    "%c0%80",
    "%f5%80%80%80",
    "%80",
    "%e6%9d",
    "%",
    "%zz",
    "%00",
    "%u0041",
];

#[test]
fn no_question_however_hostile_is_an_error() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let w = runtime.block_on(World::new());
    let n: usize =
        std::env::var("BACKCHANNEL_QUERIES").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    runtime.block_on(async {
        let secret = w.page("bob", "Secret alpha", "{chat}").await;
        w.restrict("bob", secret, "view", "bob").await;
        w.post_in(secret, "bob", "alpha hidden beta 東京 https://example.org @carol").await;
        w.post("bob", "alpha \"beta\" gamma* 東京 Ärger https://example.org @carol 👍🏽").await;
        w.page("bob", "alpha", "beta").await;
        // Long runs look through more, half of it hidden: as many messages as questions.
        talk(&w, w.tea, "alpha", n / 2).await;
        talk(&w, secret, "alpha hidden beta", n / 2).await;
    });
    let seed = std::env::var("BACKCHANNEL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let mut dice = StdRng::seed_from_u64(seed);
    let mut slowest = (Duration::ZERO, String::new());
    runtime.block_on(async {
        for round in 0..n {
            let mut q = String::new();
            let most = if round % 500 == 0 { 4000 } else { 24 };
            for _ in 0..dice.random_range(0..most) {
                q.push_str(TOKENS[dice.random_range(0..TOKENS.len())]);
                if dice.random_bool(0.4) {
                    q.push(' ');
                }
            }
            let mut query = url::form_urlencoded::Serializer::new(String::from("/search?"));
            query.append_pair("q", &q);
            let mut path = query.finish();
            if dice.random_bool(0.1) {
                path.push_str(BROKEN[dice.random_range(0..BROKEN.len())]);
            }
            if dice.random_bool(0.5) {
                path.push_str("&sort=best");
            }
            if dice.random_bool(0.2) {
                let after = [
                    "0",
                    "x",
                    "-1",
                    "7-20",
                    "-",
                    "9223372036854775807-20",
                    "1795000000.2.1",
                    "9223372036854775807.1.1-20",
                    "-9223372036854775808.-1.-1",
                    "1-99999999999999999999",
                ];
                path.push_str("&after=");
                path.push_str(after[dice.random_range(0..after.len())]);
            }
            let begun = Instant::now();
            let ask = w.get("carol", &path);
            let answer =
                tokio::time::timeout(Duration::from_secs(20), ask).await.expect("an answer");
            if begun.elapsed() > slowest.0 {
                slowest = (begun.elapsed(), q.chars().take(200).collect());
            }
            assert!(answer.status < 500, "seed {seed}, {q:?}: {}", answer.status);
            assert!(!answer.body.contains("hidden beta"), "{q:?}");
            assert!(!answer.has("#found [role=alert]"), "{q:?} took {:?}", begun.elapsed());
        }
    });
    println!("{n} questions; the slowest took {:?}: {:?}", slowest.0, slowest.1);
}

/// So many lines of a log, in what most questions look for.
async fn talk(w: &World, room: i64, word: &str, n: usize) {
    let others = ["beta", "be", "東京", "Äpfel", "don't", "alphabet", "https://example.org", "👍🏽"];
    for (day, lines) in (0..n).collect::<Vec<_>>().chunks(1000).enumerate() {
        let lines = lines.iter().map(|n| {
            let (a, b) = (others[n % 8], others[n / 8 % 8]);
            format!("[10:{:02}] <ann{}> {word} {a} {b} {n}\n", n / 20 % 60, n % 7)
        });
        log(w, room, date(2026, 1, 1) + i64::try_from(day).unwrap().days(), lines.collect()).await;
    }
}

async fn log(w: &World, room: i64, day: Date, text: String) {
    let (zone, file_name) = ("UTC".into(), format!("{day}.txt"));
    let command = Command::ImportIrc { room: RoomId(room), zone, file_name, text };
    admin::run(&w.app, command).await.unwrap();
}

/// What is found in the newest texts themselves is found in the index when it is old, where the words
/// that begin so are asked for: the same, and nothing that was removed.
#[tokio::test]
async fn a_beginning_finds_in_the_index_what_it_finds_in_the_texts() {
    let w = World::new().await;
    for text in SAID.into_iter().chain(["ǡbc ǣther", "Übergröße der Straße"]) {
        w.post("bob", text).await;
    }
    let removed = w.post("bob", "update thumbscrew to 東京 updraft").await;
    let edited = w.post("bob", "update thumbling").await;
    w.remove("bob", removed).await;
    let path = format!("/rooms/{}/messages/{edited}", w.tea);
    assert_eq!(w.form("bob", &path, &[("body", "thumbelina 🎉 upset")]).await.status, 200);
    let mut shown: Vec<String> = w.window("bob").await.said();
    shown.retain(|said| said != "Message removed");
    let mut asked = vec!["ǡb* ".to_owned(), "\"ǡbc ǣth\"*".into(), "up* -upd* ".into()];
    for text in &shown {
        let parts: Vec<&str> = text.split(' ').collect();
        let cut = |part: &str| part.char_indices().next_back().map(|(at, _)| part[..at].to_owned());
        let long = |part: &&&str| part.chars().filter(|c| c.is_alphanumeric()).count() > 2;
        asked
            .extend(parts.iter().filter(long).filter_map(|part| Some(format!("{}* ", cut(part)?))));
        let two = parts.windows(2).filter(|two| long(&&two[1]));
        asked.extend(two.filter_map(|two| Some(format!("\"{} {}\"*", two[0], cut(two[1])?))));
    }
    let all = async |asked: &[String]| {
        let mut answers = Vec::new();
        for q in asked {
            answers.push(found(&w, q).await.texts("ol.hits li[data-hit] .line"));
        }
        answers
    };
    let before = all(&asked).await;
    assert!(before.iter().filter(|hits| !hits.is_empty()).count() > 60, "{before:?}");
    let quiet = w.page("bob", "Quiet", "{chat}").await;
    log(&w, quiet, date(2026, 12, 1), "[10:00] <ann> qqq\n".repeat(1100)).await;
    let after = all(&asked).await;
    for (q, (before, after)) in asked.iter().zip(before.iter().zip(&after)) {
        assert_eq!(before, after, "{q}");
        let bare = plain(q.trim_matches(['"', '*', ' ']));
        for said in shown.iter().filter(|said| !q.contains('-') && holds(&plain(said), &bare)) {
            assert!(after.contains(said), "{q:?} misses {said:?}: {after:?}");
        }
    }
    for q in ["thumbs* ", "updr* ", "thumbli* ", "\"to 東京 up\"*"] {
        let hits = found(&w, q).await.texts("ol.hits li[data-hit] .line");
        assert!(hits.iter().all(|hit| hit == "thumbs 👍🏽 up"), "{q}: {hits:?}");
    }
}

/// Words that begin so are looked for in the newest texts themselves, and then in the index.
#[tokio::test]
async fn a_beginning_is_found_once_however_much_was_said_since() {
    let w = World::new().await;
    let zebras = async |day, word: &str| {
        let line = |n| format!("[10:{n:02}] <ann> {word} {n}\n");
        log(&w, w.tea, day, (0..15).map(line).collect()).await;
    };
    zebras(date(2025, 12, 31), "zebra").await;
    talk(&w, w.tea, "alpha", 1500).await;
    zebras(date(2026, 2, 1), "Zébu").await;
    let line = |word: &str, n| format!("{word} {n}");
    let (old, new): (Vec<_>, Vec<_>) = (0..15).map(|n| (line("zebra", n), line("Zébu", n))).unzip();
    for (q, wanted) in [
        ("zeb", [new.clone(), old.clone()].concat()),
        ("zebra zeb", old.clone()),
        ("zeb* -zebu*", old.clone()),
        ("\"zebu 1\"*", [1, 10, 11, 12, 13, 14].map(|n| line("Zébu", n)).into()),
    ] {
        for sort in ["", "&sort=best"] {
            let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
            let mut results = w.get("carol", &format!("/search?q={q}{sort}")).await;
            let mut all = results.texts("ol.hits li[data-hit] .line");
            assert!(all.len() <= 20, "{q}");
            while let Some(next) = results.attributes("a[rel=next]", "href").first() {
                let next = next.clone();
                results = w.get("carol", &next).await;
                all.extend(results.texts("ol.hits li[data-hit] .line"));
            }
            let (mut all, mut wanted) = (all, wanted.clone());
            all.sort();
            wanted.sort();
            assert_eq!(all, wanted, "{q}{sort}");
        }
    }
}

#[tokio::test]
async fn a_question_of_10_kb_is_answered_and_one_of_100_kb_is_refused_clearly() {
    let w = World::new().await;
    w.post("bob", "alpha").await;
    let part = "-%22a+b%22*+has:x+";
    for (n, wanted) in [(600, "200"), (6000, "431")] {
        let path = format!("/search?q=alpha+{}", part.repeat(n));
        let mut door = tokio::net::TcpStream::connect(&w.address).await.unwrap();
        let cookie = w.token("carol");
        let asked = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: sid={cookie}\r\nconnection: close\r\n\r\n",
            w.address
        );
        door.write_all(asked.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // What was not read of the question may end the line with a reset after the answer.
        let _ = door.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert_eq!(status, wanted, "{} bytes: {}", path.len(), &answer[..answer.len().min(300)]);
    }
}

async fn found(w: &World, q: &str) -> Answer {
    let mut query = url::form_urlencoded::Serializer::new(String::from("/search?"));
    query.append_pair("q", q);
    w.get("carol", &query.finish()).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_prepared_twice_is_the_same(text in "\\PC{0,40}") {
        let once = backchannel::folding::fold(&text);
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(words(&backchannel::folding::fold(&once)), words(&once));
    }
}
