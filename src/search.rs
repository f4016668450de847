//! The query language over the full-text index: only what the viewer may see.

use std::time::{Duration, Instant};

use jiff::civil::DateTime;
use rusqlite::{Connection, named_params};

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::folding;
use crate::id::{Mid, PageId, RoomId};
use crate::markup::{self, Mode};
use crate::{draft, permission, room};

/// In which order hits come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The latest first.
    #[default]
    Newest,
    /// The best match first, among the latest 1,000.
    Best,
}

/// A piece of a hit's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Plain text.
    pub text: String,
    /// It is what was looked for.
    pub matched: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A message, with its place in the transcript of its day.
    Message {
        /// The room.
        room: RoomId,
        /// The room's name.
        room_name: String,
        /// The message.
        mid: Mid,
        /// The author as shown.
        author: String,
        /// When, in the room's zone.
        local: DateTime,
        /// The transcript page of its day.
        transcript: PageId,
    },
    /// A page.
    Page {
        /// The page.
        page: PageId,
        /// Its title.
        title: String,
        /// The name of its space.
        space: String,
    },
}

/// One line of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub found: Found,
    /// Its text around the first match, in pieces.
    pub line: Vec<Piece>,
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// At most 20.
    pub hits: Vec<Hit>,
    /// Where the next page of results begins, if there is one: the value of `after`.
    pub after: Option<String>,
}

/// Hits on one page of results.
const N_HITS: usize = 20;
/// Matches among which the best are chosen: ranking all of a common word's would grow with the
/// file.
const N_RANKED: i64 = 1000;
/// Words of a query that count; the rest are left out.
const N_TERMS: usize = 16;
/// Characters of a query that count.
const QUERY_LIMIT: usize = 200;
/// Characters of a hit's line before and after its first match.
const AROUND: usize = 90;
/// A query that takes longer is cut short and finds nothing.
const PATIENCE: Duration = Duration::from_millis(800);

// ------------------------------------------------------------------------------------ verbs

/// Finds messages and pages that the viewer may see. Takes any text; what holds no word finds
/// nothing. `after` is from the page of results before.
pub async fn search(
    app: &App,
    viewer: &Viewer,
    text: &str,
    sort: Sort,
    after: Option<&str>,
) -> Result<Results> {
    let query = Query::parse(text);
    let after = after.and_then(|after| after.parse::<i64>().ok());
    if query.terms.is_empty() {
        return Ok(Results::default());
    }
    let viewer = viewer.clone();
    app.store
        .read(move |connection| {
            let deadline = Instant::now() + PATIENCE;
            connection.progress_handler(10_000, Some(move || Instant::now() > deadline))?;
            let found = find(connection, &viewer, &query, sort, after);
            connection.progress_handler(0, None::<fn() -> bool>)?;
            match found {
                // Not an error for the person who asked: it says so in the page of results.
                Err(Error::Broken(source)) if is_interrupt(&*source) => Err(Error::Busy),
                other => other,
            }
        })
        .await
}

fn find(
    connection: &Connection,
    viewer: &Viewer,
    query: &Query,
    sort: Sort,
    after: Option<i64>,
) -> Result<Results> {
    let visible = permission::visible_pages(connection, viewer.account_id())?;
    let visible = serde_json::to_string(&visible).map_err(Error::broken)?;
    let mut results = match sort {
        Sort::Newest => newest(connection, query, &visible, after)?,
        Sort::Best => best(connection, query, &visible, after)?,
    };
    if after.is_none() {
        // Pages are few and come first: who looks for a page knows a word of its title.
        let mut hits = pages(connection, query, &visible)?;
        hits.append(&mut results.hits);
        results.hits = hits;
    }
    Ok(results)
}

// ------------------------------------------------------------------------------------ rules

/// What was asked, prepared as the index is.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    /// Each a word or a phrase, folded; the last one may be the beginning of a word.
    terms: Vec<String>,
    /// The last term stands for every word that begins so.
    prefix: bool,
}

impl Query {
    fn parse(text: &str) -> Self {
        let text: String = text.chars().take(QUERY_LIMIT).collect();
        let mut terms = Vec::new();
        let mut prefix = false;
        let mut in_phrase = false;
        for part in text.split('"') {
            let part_terms: Vec<&str> =
                if in_phrase { vec![part] } else { part.split_whitespace().collect() };
            for term in part_terms {
                let folded = folding::fold(term);
                let folded = folded.trim().to_owned();
                if folding::has_word(&folded) && terms.len() < N_TERMS {
                    // A letter alone begins too much; a word of a spaceless script is whole.
                    prefix = !in_phrase
                        && folded.chars().count() >= 2
                        && !folded.chars().any(folding::is_spaceless);
                    terms.push(folded);
                }
            }
            in_phrase = !in_phrase;
        }
        // A space after the last word says that it is whole.
        if text.ends_with(char::is_whitespace) {
            prefix = false;
        }
        Self { terms, prefix }
    }

    /// In FTS5's own language; every term is quoted, so that no syntax of it can be reached.
    fn to_match(&self) -> String {
        let mut quoted: Vec<String> =
            self.terms.iter().map(|term| format!("\"{}\"", term.replace('"', "\"\""))).collect();
        if let Some(last) = quoted.last_mut().filter(|_| self.prefix) {
            last.push('*');
        }
        quoted.join(" ")
    }
}

/// The text around the first match, in pieces; every place where a term stands is marked.
fn line_of(text: &str, query: &Query) -> Vec<Piece> {
    let shown: Vec<char> = unspaced(text);
    let mut marked = vec![false; shown.len()];
    for term in &query.terms {
        for word in term.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            mark(&shown, &unspaced(word), &mut marked);
        }
    }
    let first = marked.iter().position(|marked| *marked).unwrap_or(0);
    let from = edge(&shown, first.saturating_sub(AROUND), first);
    let until = edge(&shown, (first + AROUND * 2).min(shown.len()), shown.len());
    let mut pieces: Vec<Piece> = Vec::new();
    if from > 0 {
        pieces.push(Piece { text: "…".into(), matched: false });
    }
    for (c, matched) in shown.iter().zip(&marked).skip(from).take(until - from) {
        match pieces.last_mut() {
            Some(piece) if piece.matched == *matched => piece.text.push(*c),
            _ => pieces.push(Piece { text: c.to_string(), matched: *matched }),
        }
    }
    if until < shown.len() {
        pieces.push(Piece { text: "…".into(), matched: false });
    }
    pieces
}

/// The next place between words, not beyond `limit`; the very ends are as they are.
fn edge(text: &[char], at: usize, limit: usize) -> usize {
    if at == 0 || at >= text.len() {
        return at;
    }
    text.iter()
        .skip(at)
        .take(20)
        .position(|c| *c == ' ')
        .map_or(at, |ahead| (at + ahead).min(limit))
}

/// Marks each place where `word` begins a word of the text.
fn mark(text: &[char], word: &[char], marked: &mut [bool]) {
    if word.is_empty() {
        return;
    }
    let spaceless = word.first().is_some_and(|c| folding::is_spaceless(*c));
    for (at, window) in text.windows(word.len()).enumerate() {
        let begins =
            at == 0 || spaceless || text.get(at - 1).is_none_or(|before| !before.is_alphanumeric());
        let same = window.iter().zip(word).all(|(a, b)| plain(*a) == plain(*b));
        if begins && same {
            for place in marked.iter_mut().skip(at).take(word.len()) {
                *place = true;
            }
        }
    }
}

/// A character without its accent, in lower case, as the index's tokenizer compares it.
fn plain(c: char) -> char {
    use unicode_normalization::UnicodeNormalization;
    c.to_lowercase().next().unwrap_or(c).nfd().next().unwrap_or(c)
}

/// One line, without the spaces that the index wants around letters of spaceless scripts.
fn unspaced(text: &str) -> Vec<char> {
    let mut shown: Vec<char> = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let c = if c.is_whitespace() { ' ' } else { c };
        let after_spaceless = shown.last().is_some_and(|last| folding::is_spaceless(*last));
        let before_spaceless = characters.peek().is_some_and(|next| folding::is_spaceless(*next));
        let doubled = shown.last() == Some(&' ');
        if c == ' ' && (after_spaceless || before_spaceless || doubled) {
            continue;
        }
        shown.push(c);
    }
    shown
}

// ------------------------------------------------------------------------------------ sql

/// A row id beyond every message's: the first page of results.
const NEWEST: i64 = i64::MAX;

fn newest(
    connection: &Connection,
    query: &Query,
    visible: &str,
    after: Option<i64>,
) -> Result<Results> {
    let mut statement = connection.prepare_cached(concat!(
        "select ",
        hit_columns!(),
        " and message.id < :after
         order by message_index.rowid desc limit :limit"
    ))?;
    let rows = statement
        .query_map(
            named_params! {
                ":match": query.to_match(),
                ":visible": visible,
                ":after": after.unwrap_or(NEWEST),
                ":limit": i64::try_from(N_HITS + 1).unwrap_or(21),
            },
            |row| Ok((row.get::<_, i64>("id")?, hit(row, query)?)),
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = rows.len() > N_HITS;
    let after = rows.get(N_HITS - 1).filter(|_| more).map(|(id, _)| id.to_string());
    let hits = rows.into_iter().take(N_HITS).map(|(_, hit)| hit).collect();
    Ok(Results { hits, after })
}

/// The best among the newest matches; `after` counts hits.
fn best(
    connection: &Connection,
    query: &Query,
    visible: &str,
    after: Option<i64>,
) -> Result<Results> {
    let skip = after.unwrap_or(0).clamp(0, N_RANKED);
    let mut statement = connection.prepare_cached(concat!(
        "select * from (select ",
        hit_columns!(),
        "
           order by message_index.rowid desc limit :ranked)
         order by rank, id desc limit :limit offset :skip"
    ))?;
    let mut hits = statement
        .query_map(
            named_params! {
                ":match": query.to_match(),
                ":visible": visible,
                ":ranked": N_RANKED,
                ":limit": i64::try_from(N_HITS + 1).unwrap_or(21),
                ":skip": skip,
            },
            |row| hit(row, query),
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = hits.len() > N_HITS;
    hits.truncate(N_HITS);
    let after = more.then(|| (skip + i64::try_from(N_HITS).unwrap_or(20)).to_string());
    Ok(Results { hits, after })
}

fn pages(connection: &Connection, query: &Query, visible: &str) -> Result<Vec<Hit>> {
    let mut statement = connection.prepare_cached(
        "select page.id, page.title, space.name as space, page.body
         from page_index
           join page on page.id = page_index.rowid
           join space on space.id = page.space
         where page_index match :match
           and page.id in (select value from json_each(:visible))
         order by rank limit 5",
    )?;
    let hits = statement
        .query_map(named_params! { ":match": query.to_match(), ":visible": visible }, |row| {
            let body: String = row.get("body")?;
            let text = markup::to_plain_text(&markup::parse(&body, Mode::Page));
            Ok(Hit {
                found: Found::Page {
                    page: row.get("id")?,
                    title: row.get("title")?,
                    space: row.get("space")?,
                },
                line: line_of(&text, query),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(hits)
}

/// The columns of a hit and where they come from, rights included: what may not be seen is left
/// out before anything is counted or cut off.
macro_rules! hit_columns {
    () => {
        "message.id, message.room, message.mid, message.at, message.offset_minutes, message.body, message.kind,
         coalesce(account.display, message.author_name) as author, room.name as room_name,
         transcript.page as transcript, rank
         from message_index
           join message on message.id = message_index.rowid
           join room on room.id = message.room
           join transcript on transcript.room = message.room and transcript.day = message.day
           left join account on account.id = message.author
         where message_index match :match
           and message.room in (select value from json_each(:visible))"
    };
}
use hit_columns;

fn hit(row: &rusqlite::Row<'_>, query: &Query) -> rusqlite::Result<Hit> {
    let body: String = row.get("body")?;
    let text = draft::plain(row.get("kind")?, &body);
    Ok(Hit {
        found: Found::Message {
            room: row.get("room")?,
            room_name: row.get("room_name")?,
            mid: row.get("mid")?,
            author: row.get("author")?,
            local: room::local(row.get("at")?, row.get("offset_minutes")?),
            transcript: row.get("transcript")?,
        },
        line: line_of(&text, query),
    })
}

fn is_interrupt(source: &(dyn std::error::Error + 'static)) -> bool {
    source.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code)
        == Some(rusqlite::ErrorCode::OperationInterrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(
                |piece| {
                    if piece.matched { format!("[{}]", piece.text) } else { piece.text.clone() }
                },
            )
            .collect()
    }

    #[test]
    fn words_and_phrases_are_quoted_and_the_last_word_is_a_prefix() {
        assert_eq!(
            Query::parse("grub \"boot loader\" ins").to_match(),
            "\"grub\" \"boot loader\" \"ins\"*"
        );
        assert_eq!(Query::parse("grub \"boot loader\"").to_match(), "\"grub\" \"boot loader\"");
        assert_eq!(Query::parse("ins ").to_match(), "\"ins\"");
        assert_eq!(Query::parse("\" * ^ ( ) :").to_match(), "");
        assert_eq!(Query::parse("NEAR(a b)").to_match(), "\"near(a\" \"b)\"*");
    }

    #[test]
    fn a_line_shows_the_match_in_its_surroundings() {
        let query = Query::parse("GRÜB");
        assert_eq!(
            text(&line_of("see grub: a grubby loader", &query)),
            "see [grub]: a [grub]by loader"
        );
        let long = format!("{} grub {}", "x".repeat(300), "y".repeat(300));
        let line = text(&line_of(&long, &query));
        assert!(line.starts_with('…') && line.ends_with('…') && line.contains("[grub]"));
        let query = Query::parse("東京");
        assert_eq!(text(&line_of(&folding::fold("私は東京に"), &query)), "私は[東京]に");
    }
}
