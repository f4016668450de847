//! Web Push: a short text, encrypted for one browser, brought to the address that the browser
//! named (RFC 8030, 8188, 8291, 8292).
//!
//! **Invariants:** it names no noun. Whatever address it is given, it connects to the public
//! network only, says nothing but one POST there, follows nothing, and reads nothing but the head
//! of the answer. What it carries is read by the browser alone.
//!
//! All of the cryptography is `ring`'s, which TLS needs in any case: `web-push-native` with its
//! elliptic curves would bring sixty crates that do the same (the tests use it, to have a second
//! opinion).

mod address;
mod bring;
mod seal;
mod token;

use std::time::Duration;

pub use address::{Endpoint, Unfit};
pub use bring::Pusher;
pub use seal::Keys;
pub use token::{Signer, new_key};

/// A text on its way to one browser.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Encrypted, by [`Keys::seal`].
    pub body: Vec<u8>,
    /// Who sends, by [`Signer::authorization`].
    pub authorization: String,
    /// How long the push service keeps it for a browser that is not running.
    pub keep: Duration,
    /// One with the same topic that was not delivered yet is replaced. Letters, digits, `-`, `_`;
    /// at most 32.
    pub topic: String,
    /// Worth waking a telephone for.
    pub urgent: bool,
}

/// What became of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The push service has it.
    Taken,
    /// There is no such browser any more.
    Gone,
    /// Not now; perhaps after so long.
    Later(Option<Duration>),
    /// Never: the status that says so.
    Refused(u16),
    /// The address is not one that is connected to.
    Forbidden,
}
