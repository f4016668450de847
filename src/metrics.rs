//! What the program counts of itself, for an operator's graphs and alarms. Each part holds its own
//! meters; `http/metrics.rs` puts them together when somebody asks.
//!
//! **Invariant:** a label's values come from this program (a route, a status, a kind), never from
//! what somebody typed or is called: nothing private is in them, and nobody can make more of them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// A request by what decides whether the operator cares.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// `GET`, `POST`, `DELETE` or `other`.
    pub method: &'static str,
    /// The route as the router knows it, or `-`.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
}

/// What kind of thing it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    /// A word of this program's.
    pub kind: &'static str,
}

/// What requests leave behind.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Answered.
    pub answered: Family<Request, Counter>,
    /// Seconds from a request to the head of its answer, long-polls and uploads included.
    pub seconds: Histogram,
    /// Refused or failed, by the kind of error.
    pub errors: Family<Kind, Counter>,
    /// What committed writes told.
    pub changes: Family<Kind, Counter>,
    /// Seconds of a search.
    pub search: Histogram,
    /// Steps of a search's walk down the index.
    pub search_steps: Histogram,
    /// Connections refused before any request: their address had too many.
    pub refused_connections: Counter,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            seconds: seconds(),
            errors: Family::default(),
            changes: Family::default(),
            search: seconds(),
            search_steps: Histogram::new(exponential_buckets(100.0, 4.0, 10)),
            refused_connections: Counter::default(),
        }
    }
}

/// What the writer does.
#[derive(Clone, Debug)]
pub struct Writing {
    /// Writes in a group: one transaction, one sync.
    pub group: Histogram,
    /// Seconds that a write waited for its group to begin.
    pub wait: Histogram,
    /// Seconds of a commit: the sync, and what is left to do before it.
    pub commit: Histogram,
    /// Writes that were refused since the queue was full.
    pub refused: Counter,
}

impl Default for Writing {
    fn default() -> Self {
        Self {
            group: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            wait: seconds(),
            commit: seconds(),
            refused: Counter::default(),
        }
    }
}

/// What the hub does.
#[derive(Clone, Debug)]
pub struct Streaming {
    /// Frames handed to the sockets of readers who keep up.
    pub deliveries: Counter,
    /// Readers who took nothing for too long, or fell out of the backlog.
    pub put_out: Counter,
    /// Seconds from when a commit was handed over, rendered, to the last socket of those who keep up.
    pub lag: Histogram,
}

impl Default for Streaming {
    fn default() -> Self {
        Self { deliveries: Counter::default(), put_out: Counter::default(), lag: seconds() }
    }
}

/// From a tenth of a millisecond to 26 s, each step twice the last.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 19))
}
