//! Checking the file, and making anew what is derived from the messages.

use crate::app::App;
use crate::derived;
use crate::error::{Error, Result};

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
