//! What was said and written, found again: only what the viewer may see.
//!
//! A query is words and operators (`query`), a scope of rooms (`scope`), one look into the index
//! (`walk`, `spelling`, `find`), and lines to show (`line`). Messages are shown where they stand: grouped by room and
//! day, each between the lines beside it.
//!
//! **Invariant:** no text is refused, and nothing that the viewer may not see is shown, counted, or
//! weighed: what decides the order of hits is in the hits alone.
//!
//! What cannot be seen may still take time. Who sees few rooms, or a small part of what was said, has
//! them asked for by their names in the index, which leaps over everything else: not a step more,
//! whatever is hidden, but for what the leaps cost inside the index. For others the walk down the index
//! steps over each match that they do not see, until that was two thousand; then their rooms, too, are
//! asked for by name. So somebody with a clock and patience can learn that a word is common where they
//! do not see it: a microsecond for each match, some milliseconds at most (`backchannel_search_steps`
//! counts ten steps for each). To whom it belongs, and when it was said, only by asking again with
//! operators. To be free of that, each room would need an index of its own.
//!
//! Who sees more than 2,000 rooms, but not all, has only the walk and its time: for them the best may
//! be chosen among fewer where a great many newer matches are hidden, and the newest may come on more
//! pages of results.

mod find;
mod line;
mod query;
mod scope;
mod spelling;
mod walk;
mod words;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::civil::{Date, DateTime};
use rusqlite::Connection;

use crate::account::Viewer;
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{Mid, PageId, RoomId};
use crate::sight::Sight;
use crate::store::is_cut_short;
use query::Query;

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

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Plain text.
    pub text: String,
    /// It is what was looked for.
    pub matched: bool,
}

/// A message that was found, or one beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The message.
    pub mid: Mid,
    /// The name that gives the author a colour.
    pub author_name: String,
    /// The author as shown.
    pub author: String,
    /// When, in the room's zone.
    pub local: DateTime,
    /// Of a hit, the text around the first match; of a line beside it, its beginning.
    pub pieces: Vec<Piece>,
    /// It was found; else it stands beside what was.
    pub hit: bool,
}

/// What was found in one room on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayHits {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub room_name: String,
    /// The day.
    pub day: Date,
    /// The transcript page of the day.
    pub transcript: PageId,
    /// Runs of lines, the latest run first; within one in the order of the log.
    pub excerpts: Vec<Vec<Line>>,
}

/// A page that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHit {
    /// The page.
    pub page: PageId,
    /// Its title.
    pub title: String,
    /// The name of its space.
    pub space: String,
    /// Its text around the first match.
    pub pieces: Vec<Piece>,
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Pages of the wiki, on the first page of results.
    pub pages: Vec<PageHit>,
    /// Messages: at most 20 hits.
    pub days: Vec<DayHits>,
    /// How many of their lines were found.
    pub n_hits: usize,
    /// Where the next page of results begins, if there is one: the value of `after`.
    pub after: Option<String>,
}

/// A walk to the newest that takes longer is cut short: it shows what it came to.
const PATIENCE: Duration = Duration::from_millis(700);
/// The best of what was found by then are shown: together with pages and lines that is to stay below
/// 300 ms.
const PATIENCE_FOR_BEST: Duration = Duration::from_millis(160 * SLOWNESS);
/// A build that is not optimised takes so much longer for the same.
const SLOWNESS: u64 = if cfg!(debug_assertions) { 10 } else { 1 };
/// For pages, and for the lines beside hits.
const PATIENCE_TO_SHOW: Duration = Duration::from_millis(200);
/// Of it, for weighing more pages than are shown.
const PATIENCE_FOR_PAGES: Duration = Duration::from_millis(60);

/// Finds messages and pages that the viewer may see. Takes any text; what asks for nothing finds
/// nothing. `after` is from the page of results before.
pub async fn search(
    app: &App,
    viewer: &Viewer,
    text: &str,
    sort: Sort,
    after: Option<&str>,
) -> Result<Results> {
    let query = Query::parse(text);
    let after = after.map(str::to_owned);
    if query.is_empty() {
        return Ok(Results::default());
    }
    let (viewer, sight) = (viewer.clone(), Arc::clone(&app.sight));
    let steps = app.requests.search_steps.clone();
    app.store
        .read_indexed(move |connection| {
            let found = find(connection, &sight, &viewer, &query, sort, after.as_deref());
            match found {
                Ok((results, n_steps)) => {
                    steps.observe(n_steps.into());
                    Ok(results)
                }
                // Not an error for the person who asked: it says so in the page of results.
                Err(error) if is_cut_short(&error) => Err(Error::Busy),
                Err(error) => Err(error),
            }
        })
        .await
}

fn find(
    connection: &Connection,
    sight: &Sight,
    viewer: &Viewer,
    query: &Query,
    sort: Sort,
    after: Option<&str>,
) -> Result<(Results, i32)> {
    let patience = if sort == Sort::Best { PATIENCE_FOR_BEST } else { PATIENCE };
    let (scope, found) = within(connection, patience, |deadline| {
        let scope = scope::of(connection, sight, viewer, query, deadline)?;
        let found = match sort {
            Sort::Newest => find::newest(connection, query, &scope, after)?,
            Sort::Best => find::best(connection, query, &scope, after)?,
        };
        Ok((scope, found))
    })?;
    let results = within(connection, PATIENCE_TO_SHOW, |_| {
        let deadline = Instant::now() + PATIENCE_FOR_PAGES;
        // Pages are few and come first: who looks for a page knows a word of its title.
        let pages = match after {
            None => find::pages(connection, query, &scope, deadline)?,
            Some(_) => Vec::new(),
        };
        let days = find::lines(connection, query, &found.ids)?;
        Ok(Results { pages, days, n_hits: found.ids.len(), after: found.after })
    })?;
    Ok((results, found.n_steps))
}

/// Has `work` done, or given up when its time is over.
fn within<T>(
    connection: &Connection,
    patience: Duration,
    work: impl FnOnce(Instant) -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    connection.progress_handler(10_000, Some(move || Instant::now() > deadline))?;
    let done = work(deadline);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    done
}
