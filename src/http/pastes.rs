//! A paste: the whole as a page, as plain text, as a download.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Site;
use super::answer::Answer;
use super::input::{Ids, Query};
use super::visit::Visit;
use crate::id::{Mid, RoomId};
use crate::permission::{self, View};
use crate::{message, room, view};

/// Flags: there or not.
#[derive(Deserialize)]
pub(super) struct How {
    raw: Option<String>,
    download: Option<String>,
}

pub(super) async fn show(
    State(site): State<Site>,
    visit: Visit,
    Ids(room, mid): Ids<RoomId, Mid>,
    Query(how): Query<How>,
) -> Answer {
    let grant = permission::may::<View>(&site.app, visit.viewer(), room).await?;
    let (message, text) = message::paste(&site.app, &grant, mid).await?;
    let room = room::show(&site.app, &grant).await?;
    if how.download.is_some() {
        let name = file_name(&room.name, &message.day.to_string(), mid);
        return Ok(attached(text, &name));
    }
    if how.raw.is_some() {
        return Ok(plain(text));
    }
    Ok(view::paste::page(&visit.shell(), &room, &message, &text).into_response())
}

/// Text that no browser takes for anything else.
pub(super) fn plain(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn attached(text: String, name: &str) -> Response {
    let mut response = plain(text);
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// The room, the day and the message: letters that every system takes.
fn file_name(room: &str, day: &str, mid: Mid) -> String {
    let words = room.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let room: String = words.collect::<Vec<_>>().join("-").chars().take(60).collect();
    let room = if room.is_empty() { "paste" } else { &room };
    format!("{room}-{day}-m{mid}.txt")
}

#[cfg(test)]
mod tests {
    use super::file_name;
    use crate::id::Mid;

    #[test]
    fn a_file_name_is_plain_whatever_the_room_is_called() {
        assert_eq!(
            file_name("Tea & \"cake\"/..", "2026-11-22", Mid(7)),
            "Tea-cake-2026-11-22-m7.txt"
        );
        assert_eq!(file_name("お茶\r\n", "2026-11-22", Mid(7)), "paste-2026-11-22-m7.txt");
    }
}
