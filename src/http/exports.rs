//! A room taken away by who may see it.

use std::str::FromStr;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use tokio_stream::wrappers::ReceiverStream;

use super::Site;
use super::answer::Answer;
use super::files::disposition;
use super::input::Ids;
use super::visit::Visit;
use crate::exported::{self, Format};
use crate::id::RoomId;
use crate::permission::{self, View};
use crate::room;

/// A form as it stands in an address, and at the end of a file's name.
pub(super) struct Named {
    format: Format,
    ending: &'static str,
    kind: &'static str,
}

impl FromStr for Named {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (format, ending, kind) = match text {
            "html" => (Format::Html, "html", "text/html; charset=utf-8"),
            "txt" => (Format::Text, "txt", "text/plain; charset=utf-8"),
            "jsonl" => (Format::Jsonl, "jsonl", "application/jsonl"),
            _ => return Err(()),
        };
        Ok(Self { format, ending, kind })
    }
}

/// Always to be kept, never to be shown: as a page of this site it would have its rights.
pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, named): Ids<RoomId, Named>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    site.app
        .rate_limits
        .export(visit.viewer().account_id().map(|account| account.0), visit.address())?;
    let name = room::show(&site.app, &grant).await?.name;
    let pieces = exported::begin(&site.app, &grant, named.format)?;
    let headers = [
        (header::CONTENT_TYPE, named.kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&format!("{name}.{}", named.ending), false)),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; frame-ancestors 'none'".into(),
        ),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(pieces))).into_response())
}
