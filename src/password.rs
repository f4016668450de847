//! Passwords: kept as Argon2id hashes (the crate's defaults, which are what OWASP asks for at
//! least), and compared off the async threads.
//!
//! **Invariant:** a password never leaves this file, and no flood of log-ins takes more than two
//! cores and 38 MiB: who comes when twenty wait is told to come again.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};
use crate::store::blocking;

const LEAST: usize = 8;
const LIMIT: usize = 128;
/// Hashes at the same time; each takes 19 MiB and about 20 ms of a core.
static HASHING: Semaphore = Semaphore::const_new(2);
static WAITING: AtomicUsize = AtomicUsize::new(0);
static HASHED: AtomicU64 = AtomicU64::new(0);
/// Log-ins that may wait for their hash.
const N_WAITING: usize = 20;

/// Bytes of a password at least; in the demo, where everybody knows them, fewer.
pub(crate) fn least(demo: bool) -> usize {
    if demo { 4 } else { LEAST }
}

/// What is kept of a password. One of fewer than `least` bytes is refused.
pub(crate) async fn hash(password: String, least: usize) -> Result<String> {
    if password.len() < least || password.len() > LIMIT {
        let message = format!("A password has {least} to {LIMIT} bytes.");
        return Err(Error::invalid("password", message));
    }
    hashing(move || {
        let salt = Salt::new(&rand::random::<[u8; 16]>()).map_err(broken)?;
        let phc = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(&Params::default()).map_err(broken)?,
            salt: Some(salt),
            hash: Some(digest(&password, &salt, &Argon2::default())?),
        };
        Ok(phc.to_string())
    })
    .await
}

/// Is it the password that the hash is of?
pub(crate) async fn verify(password: String, hash: String) -> Result<bool> {
    if password.len() > LIMIT {
        return Ok(false);
    }
    hashing(move || {
        let known = PasswordHash::new(&hash).map_err(broken)?;
        let algorithm = Algorithm::try_from(known.algorithm.as_str()).map_err(broken)?;
        let version = known.version.unwrap_or_default().try_into().map_err(broken)?;
        let made = Argon2::new(algorithm, version, Params::try_from(&known).map_err(broken)?);
        let salt = known.salt.ok_or_else(|| broken("a hash without salt"))?;
        // Of equal length, compared in a time that says nothing (`subtle`).
        Ok(Some(digest(&password, &salt, &made)?) == known.hash)
    })
    .await
}

/// A hash that no password opens, made with what [`hash`] makes them with: an unknown name costs
/// what a known one does, and that is one comparison.
pub(crate) const NOBODY_S: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHdhcyBoZXJlIQ$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes made so far, to keep or to compare.
pub(crate) fn n_hashed() -> u64 {
    HASHED.load(Ordering::Relaxed)
}

/// Where hashes are made; as many as are made at the same time, and kept from one to the next. Given
/// back, such pieces would stay with the allocator once for each thread that ever made one: 440 MiB
/// after a flood of log-ins.
static ROOM: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

fn digest(password: &str, salt: &Salt, with: &Argon2<'_>) -> Result<Output> {
    let rooms = || ROOM.lock().unwrap_or_else(PoisonError::into_inner);
    let mut room = rooms().pop().unwrap_or_default();
    room.resize(with.params().block_count(), Block::default());
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let done = with.hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut room);
    rooms().push(room);
    done.map_err(broken)?;
    Output::new(&out).map_err(broken)
}

async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    struct Place;
    impl Drop for Place {
        fn drop(&mut self) {
            WAITING.fetch_sub(1, Ordering::SeqCst);
        }
    }
    let before = WAITING.fetch_add(1, Ordering::SeqCst);
    let place = Place;
    if before >= N_WAITING {
        return Err(Error::Busy);
    }
    let turn = HASHING.acquire().await.map_err(Error::broken)?;
    HASHED.fetch_add(1, Ordering::Relaxed);
    // Both stay with the thread, which goes on also where nobody waits for it any more: whoever hangs
    // up makes no room for another.
    blocking(move || {
        let _held = (place, turn);
        work()
    })
    .await
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::broken(error.to_string())
}

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[cfg(test)]
mod tests {
    use super::*;

    /// The places are the process's: while a hundred fill them, nobody else is told anything.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    #[tokio::test]
    async fn whoever_is_not_there_costs_what_somebody_does() {
        let _alone = ALONE.lock().await;
        let somebody = hash("correct horse".into(), LEAST).await.unwrap();
        let shape = |hash: &str| {
            // Kind, version and costs to the letter; of salt and digest the length.
            let parts = hash.split('$').enumerate();
            parts
                .map(|(n, part)| if n < 4 { part.into() } else { part.len().to_string() })
                .collect::<Vec<String>>()
        };
        assert_eq!(shape(NOBODY_S), shape(&somebody));
        assert!(verify("correct horse".into(), somebody).await.unwrap());
        assert!(!verify("correct horse".into(), NOBODY_S.into()).await.unwrap());
    }

    #[tokio::test]
    async fn of_a_hundred_at_once_twenty_wait_and_the_rest_is_told_to_come_again() {
        let _alone = ALONE.lock().await;
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..100 {
            // All of them begin before the first is done: this thread runs them in turn.
            all.spawn(verify("wrong".into(), NOBODY_S.into()));
        }
        let done = all.join_all().await;
        let n_busy = done.iter().filter(|done| matches!(done, Err(Error::Busy))).count();
        let n_wrong = done.iter().filter(|done| matches!(done, Ok(false))).count();
        // Fewer than twenty where another test has passwords compared meanwhile.
        assert!(n_wrong > 0 && n_wrong <= N_WAITING, "{n_wrong}");
        assert_eq!(n_busy + n_wrong, 100);
        // Afterwards there is place again.
        assert!(!verify("wrong".into(), NOBODY_S.into()).await.unwrap());
    }
}
