//! Checking the file, making anew what is derived from the messages, removing what is too old.

use std::fmt::Write;

use crate::app::App;
use crate::derived;
use crate::doubt;
use crate::error::{Error, Result};
use crate::leftovers;
use crate::retention::{self, Due};

/// Looks whether the file is whole, and whether what is derived from the messages is what they
/// give. A difference is an error that lists each.
pub(super) async fn check(app: &App) -> Result<String> {
    let mut found = derived::differences(app).await?;
    if found.is_empty() {
        return Ok("The file is whole.\n".into());
    }
    found.push("`backchannel rebuild` makes anew what is derived from the messages.".into());
    Err(Error::Conflict(found.join("\n")))
}

/// Makes anew what is derived from the messages.
pub(super) async fn rebuild(app: &App) -> Result<String> {
    let derived::Mended { n_messages, n_mended } = derived::mend(app).await?;
    Ok(format!(
        "Looked at {n_messages} messages and mended {n_mended}; made the search index anew.\n"
    ))
}

/// Removes what is older than its room keeps, or says what that would be: a line for each room.
pub(super) async fn expire(app: &App, dry_run: bool) -> Result<String> {
    let mut text = String::new();
    let (due, leftovers) = if dry_run {
        if let Some(until) = doubt::until(app).await? {
            let _ = writeln!(
                text,
                "The clock may have jumped: nothing expires by itself before {until}."
            );
        }
        (retention::all_due(app).await?, leftovers::all(app).await?)
    } else {
        retention::expire_as_operator(app).await?
    };
    let (mut n_messages, mut n_files, mut n_bytes) = (0, 0, 0);
    for Due {
        room,
        name,
        page,
        before,
        n_days,
        n_messages: said,
        n_files: files,
        n_bytes: bytes,
    } in &due
    {
        let _ = writeln!(
            text,
            "room {room} ({name}, page {page}): {n_days} days before {before}, {said} messages, \
             {files} files, {bytes} bytes"
        );
        n_messages += said;
        n_files += files;
        n_bytes += bytes;
    }
    let done = if dry_run { "would be removed" } else { "were removed" };
    let _ = writeln!(
        text,
        "{n_messages} messages and {n_files} files ({n_bytes} bytes) of {} rooms {done}",
        due.len()
    );
    let leftovers = leftovers.said();
    if !leftovers.is_empty() {
        let _ = writeln!(text, "{} {done}", leftovers.join(", "));
    }
    Ok(text)
}
