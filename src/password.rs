//! Passwords: kept as Argon2id hashes (the crate's defaults, which are what OWASP asks for at
//! least), and compared off the async threads.
//!
//! **Invariant:** a password never leaves this file, and no flood of log-ins takes more than two
//! cores and 38 MiB: who comes when twenty wait is told to come again.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::{Error, Result};
use crate::store::blocking;

const LEAST: usize = 8;
const LIMIT: usize = 128;
/// Hashes at the same time; each takes 19 MiB and about 20 ms of a core.
static HASHING: Semaphore = Semaphore::const_new(2);
static WAITING: AtomicUsize = AtomicUsize::new(0);
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
        let hash = Argon2::default().hash_password(password.as_bytes()).map_err(broken)?;
        Ok(hash.to_string())
    })
    .await
}

/// Is it the password that the hash is of?
pub(crate) async fn verify(password: String, hash: String) -> Result<bool> {
    if password.len() > LIMIT {
        return Ok(false);
    }
    hashing(move || {
        let hash = PasswordHash::new(&hash).map_err(broken)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
}

/// A hash that no password opens: an unknown name costs what a known one does.
pub(crate) async fn dummy() -> Result<String> {
    static DUMMY: OnceLock<String> = OnceLock::new();
    if let Some(dummy) = DUMMY.get() {
        return Ok(dummy.clone());
    }
    let dummy = hash(rand::random::<u128>().to_string(), LEAST).await?;
    Ok(DUMMY.get_or_init(|| dummy).clone())
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
    let _place = Place;
    if before >= N_WAITING {
        return Err(Error::Busy);
    }
    let _turn = HASHING.acquire().await.map_err(Error::broken)?;
    blocking(work).await
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::broken(error.to_string())
}
