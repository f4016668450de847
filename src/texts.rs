//! Texts of pages become trees: off the threads that answer, outside of the store's turns, and long
//! ones one after the other.
//!
//! A page of a megabyte takes a good part of a second and far more memory than it has bytes; it costs
//! its reader a request. One at a time, it costs all others a core and that memory at most. In a turn
//! of the store, as it was, four of them kept everybody from reading anything. To compare two such texts
//! is as dear.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::difference::{self, Difference};
use crate::error::{Error, Result};
use crate::markup::{self, Document, Mode};
use crate::store;

/// A text of so many bytes is a long one: up to there it is read in some milliseconds.
const LONG: usize = 64 << 10;
/// Whoever waits longer for the turn of a long one is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the texts of pages are read.
pub struct Texts {
    reading: Arc<Semaphore>,
    /// Apart: whoever reads long pages keeps nobody from saving one.
    saving: Arc<Semaphore>,
    patience: Duration,
}

/// A text that was read. A long one has its turn for as long as this is there.
pub struct Text {
    document: Document,
    // It goes along with the work, which goes on when nobody waits for it any more.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Default for Texts {
    fn default() -> Self {
        let turn = || Arc::new(Semaphore::new(1));
        Self { reading: turn(), saving: turn(), patience: PATIENCE }
    }
}

impl Texts {
    /// Reads the text of a page for who looks at it, and has work done on its tree.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where many other long texts are read.
    pub async fn read<T: Send + 'static>(
        &self,
        source: String,
        work: impl FnOnce(&Document) -> T + Send + 'static,
    ) -> Result<(Text, T)> {
        self.in_turn(&self.reading, source, work).await
    }

    /// The same of a text that somebody is about to save.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where many other long texts are saved.
    pub async fn prepare<T: Send + 'static>(
        &self,
        source: String,
        work: impl FnOnce(&Document) -> T + Send + 'static,
    ) -> Result<(Text, T)> {
        self.in_turn(&self.saving, source, work).await
    }

    /// Compares two texts for who looks at what is different between them.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where many other long texts are read.
    pub async fn compare(&self, old: String, new: String) -> Result<Difference> {
        let turn = self.turn(&self.reading, old.len().max(new.len())).await?;
        store::blocking(move || {
            let difference = difference::between(&old, &new);
            drop(turn);
            Ok(difference)
        })
        .await
    }

    /// Waits for the turn of a text of so many bytes; a short one needs none.
    async fn turn(
        &self,
        turns: &Arc<Semaphore>,
        n_bytes: usize,
    ) -> Result<Option<OwnedSemaphorePermit>> {
        if n_bytes < LONG {
            return Ok(None);
        }
        let turn = tokio::time::timeout(self.patience, Arc::clone(turns).acquire_owned());
        Ok(Some(turn.await.map_err(|_| Error::Busy)?.map_err(Error::broken)?))
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        source: String,
        work: impl FnOnce(&Document) -> T + Send + 'static,
    ) -> Result<(Text, T)> {
        let turn = self.turn(turns, source.len()).await?;
        store::blocking(move || {
            let document = markup::parse(&source, Mode::Page);
            drop(source);
            let done = work(&document);
            Ok((Text { document, _turn: turn }, done))
        })
        .await
    }
}

impl Text {
    /// Has more work done on the tree.
    pub async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce(&Document) -> T + Send + 'static,
    ) -> Result<(Self, T)> {
        store::blocking(move || {
            let done = work(&self.document);
            Ok((self, done))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[tokio::test]
    async fn a_long_text_waits_for_its_turn_but_not_for_ever() {
        let texts = Texts { patience: Duration::from_millis(10), ..Texts::default() };
        let long = || "a ".repeat(LONG);
        let (first, n) = texts.read(long(), |document| document.blocks().len()).await.unwrap();
        assert_eq!(n, 1);
        assert!(matches!(texts.read(long(), |_| ()).await, Err(Error::Busy)));
        assert!(matches!(texts.compare(long(), "short".into()).await, Err(Error::Busy)));
        assert!(texts.compare("one".into(), "two".into()).await.is_ok());
        // Short ones do not wait, nor those to be saved, nor does what is done with one that was read.
        assert!(texts.read("short".into(), |_| ()).await.is_ok());
        assert!(texts.prepare(long(), |_| ()).await.is_ok());
        let (first, n) = first.work(|document| document.source().len()).await.unwrap();
        assert!(n > LONG);
        drop(first);
        assert!(texts.read(long(), |_| ()).await.is_ok());
    }
}
