//! What is kept beside the messages and follows from them: rendered bodies, prepared words, marks,
//! groups, days, counts, indexes. Here it is worked out again, compared, and put right.
//!
//! **Invariant:** what people wrote (bodies, times, authors, names as they stood for then) is read
//! and never touched. A transcript's page holds no conversation, so that what is right here is
//! right there.
//!
//! Not followed: a topic's rendering, since what its names stood for is not kept beside it.

mod file;
mod message;
mod page;

use rusqlite::Connection;

use crate::app::App;
use crate::change::Change;
use crate::error::Result;
use crate::store::Tx;

pub(crate) use message::place_anew;

/// What was put right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Messages that were looked at.
    pub n_messages: u64,
    /// Of those, the ones where something differed.
    pub n_mended: u64,
}

/// A complaint for each thing that is not what the messages and pages give.
///
/// It looks at some at a time: as long as one state of the file is looked at, the WAL keeps all
/// that is written meanwhile.
pub async fn differences(app: &App) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut walk = message::Walk::default();
    loop {
        let from = walk.clone();
        let read = move |connection: &Connection| message::differences_in_some(connection, &from);
        let Some((next, some)) = app.store.read(read).await? else { break };
        walk = next;
        found.extend(some);
    }
    found.extend(app.store.read(page::breaks).await?);
    for look in page::LOOKS {
        found.extend(app.store.read(move |connection| page::lines(connection, look)).await?);
    }
    found.extend(app.store.read(page::differences).await?);
    found.extend(app.store.read(file::differences).await?);
    // The index checks itself by a statement that only a writer may run.
    let index = app
        .store
        .write(|tx| {
            tx.index()?;
            tx.execute_batch(
                "insert into message_index (message_index, rank) values ('integrity-check', 1);
                 insert into page_index (page_index, rank) values ('integrity-check', 1);",
            )?;
            Ok(())
        })
        .await;
    if index.is_err() {
        found.push("the search index differs from the messages".into());
    }
    Ok(found)
}

/// Puts right all that [`differences`] finds but the bytes of files, which nothing else gives:
/// messages a few at a time, so that people go on talking meanwhile, then the rest at once.
pub async fn mend(app: &App) -> Result<Mended> {
    let mut mended = Mended::default();
    let mut walk = message::Walk::default();
    loop {
        let from = walk.clone();
        let step = app.store.write(move |tx| message::mend_some(tx, &from)).await?;
        let Some((next, some)) = step else { break };
        walk = next;
        mended.n_messages += some.n_messages;
        mended.n_mended += some.n_mended;
    }
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            page::mend(tx, now)?;
            index_anew(tx)
        })
        .await?;
    Ok(mended)
}

fn index_anew(tx: &Tx<'_, Change>) -> Result<()> {
    tx.index()?;
    tx.execute_batch(
        "insert into message_index (message_index) values ('rebuild');
         insert into page_index (page_index) values ('rebuild');",
    )?;
    Ok(())
}
