//! A form with files, part after part, in bounded memory.
//!
//! **Invariant:** the parser keeps no more than a little that it has not handed on. It keeps what
//! stands before the first part and the head of each part whole, and looks through all of it again
//! with each piece that comes: without a limit one connection could have it look for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use tokio_stream::Stream;

/// Bytes that the parser may take before it hands something on: heads of parts have hundreds.
const HELD: usize = 256 << 10;
/// What is read from a socket at once.
const PIECE: usize = 16 << 10;

/// The parts of a form that are still to come.
pub(super) struct Parts {
    form: Multipart,
    taken: Taken,
}

/// A part; to be read to its end before the next one is asked for.
pub(super) struct Part<'a> {
    field: Field<'a>,
    taken: Taken,
}

/// What the parser has taken since it last handed something on.
#[derive(Clone, Default)]
struct Taken(Arc<AtomicUsize>);

impl Taken {
    fn is_handed_on(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The body, in pieces as small as they come from a socket.
struct Watched {
    body: BodyDataStream,
    rest: Bytes,
    taken: Taken,
}

impl Stream for Watched {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.rest = bytes,
                ended => return Poll::Ready(ended),
            }
        }
        let most = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(most);
        let taken = self.taken.0.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
        Poll::Ready(Some(if taken > HELD {
            Err(axum::Error::new("a part whose head does not end"))
        } else {
            Ok(piece)
        }))
    }
}

impl<S: Send + Sync> FromRequest<S> for Parts {
    type Rejection = MultipartRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let taken = Taken::default();
        let watched = taken.clone();
        let request = request.map(|body| {
            let body = body.into_data_stream();
            Body::from_stream(Watched { body, rest: Bytes::new(), taken: watched })
        });
        let form = Multipart::from_request(request, state).await?;
        Ok(Self { form, taken })
    }
}

impl Parts {
    pub(super) async fn next(&mut self) -> Result<Option<Part<'_>>, MultipartError> {
        let taken = self.taken.clone();
        let field = self.form.next_field().await?;
        taken.is_handed_on();
        Ok(field.map(|field| Part { field, taken }))
    }
}

impl Part<'_> {
    pub(super) fn name(&self) -> Option<&str> {
        self.field.name()
    }

    pub(super) fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// Some more bytes, never none; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, MultipartError> {
        loop {
            let piece = self.field.chunk().await?;
            self.taken.is_handed_on();
            match piece {
                // An empty field comes as one piece of nothing.
                Some(bytes) if bytes.is_empty() => {}
                piece => return Ok(piece),
            }
        }
    }
}
