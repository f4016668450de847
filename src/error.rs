//! What can go wrong, in words for the person who asked.
//!
//! A variant exists where some caller acts on it. `Display` is for the reader of the page and
//! never carries what the operator needs; that is in `source` and is logged once, where an
//! error becomes an answer.

/// Every fallible function of the crate returns this.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Missing, or not for this viewer's eyes: the two are never told apart.
    #[error("There is nothing here, or nothing that you may see.")]
    NotFound,
    /// The viewer is not signed in and has to be; says nothing about what exists.
    #[error("Please sign in first.")]
    LoginNeeded,
    /// The viewer may see the thing but not do this to it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Bad input; `field` is the form field that it came in.
    #[error("{message}")]
    Invalid {
        /// Name of the form field.
        field: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// More text than fits; `limit` in bytes.
    #[error("That is too long: at most {limit} bytes fit.")]
    TooLong {
        /// Bytes that fit.
        limit: usize,
    },
    /// A file that is larger than fits.
    #[error("{0}")]
    TooLarge(String),
    /// There is no place left for what somebody wants to keep here.
    #[error("{0}")]
    NoSpace(&'static str),
    /// The page was changed by somebody else since `version`.
    #[error("Somebody else has changed this page in the meantime.")]
    Stale,
    /// The state of the thing forbids it (a closed room, a taken title).
    #[error("{0}")]
    Conflict(String),
    /// Too many in a short time; try again after so many seconds.
    #[error("That was too fast. Try again in {seconds} s.")]
    TooFast {
        /// Whole seconds to wait, at least 1.
        seconds: u64,
    },
    /// Too many windows are open already; try again after so many seconds.
    #[error("Too many windows are open here at once. Close some, or try again in {seconds} s.")]
    TooMany {
        /// Whole seconds to wait, at least 1.
        seconds: u64,
    },
    /// The room is in slow mode; `seconds` is the rest of the wait.
    #[error("This room is in slow mode. You can write again in {seconds} s.")]
    SlowMode {
        /// Whole seconds to wait, at least 1.
        seconds: u64,
        /// The room's pace, in seconds.
        every: i64,
    },
    /// The viewer may write here, but not before an instant.
    #[error("You are muted in this room until {until}. You can still read.")]
    Muted {
        /// In the room's zone.
        until: Box<jiff::Zoned>,
    },
    /// Whoever was to vouch for somebody did not, or (`later`) could not be asked.
    #[error("{told}")]
    NotVouched {
        /// For whoever wanted to come in.
        told: &'static str,
        /// For the operator, in our own words alone.
        why: String,
        /// Waiting may be all that it takes.
        later: bool,
    },
    /// The server has more to do than it can; try again shortly.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// The disk is full; nothing was stored.
    #[error("The server's disk is full; nothing was stored.")]
    Full,
    /// A fault of ours or of the machine.
    #[error("Something went wrong on the server.")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Bad input in one form field.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }

    /// One word for each, for those who count.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::LoginNeeded => "login_needed",
            Self::Forbidden(_) => "forbidden",
            Self::Invalid { .. } => "invalid",
            Self::TooLong { .. } | Self::TooLarge(_) => "too_large",
            Self::NoSpace(_) => "no_space",
            Self::Stale | Self::Conflict(_) => "conflict",
            Self::TooFast { .. } => "too_fast",
            Self::TooMany { .. } => "too_many",
            Self::SlowMode { .. } => "slow_mode",
            Self::Muted { .. } => "muted",
            Self::NotVouched { .. } => "not_vouched",
            Self::Busy => "busy",
            Self::Full => "disk_full",
            Self::Broken(_) => "broken",
        }
    }

    /// A fault that no caller acts on.
    pub fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken(source.into())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.code == rusqlite::ErrorCode::DiskFull =>
            {
                Self::Full
            }
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.code == rusqlite::ErrorCode::DatabaseBusy =>
            {
                Self::Busy
            }
            _ => Self::broken(error),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            Self::Full
        } else {
            Self::broken(error)
        }
    }
}
