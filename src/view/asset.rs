//! What the browser fetches beside pages: style, scripts, the sound, the icon.
//!
//! **Invariant:** an address names its content by a hash, so that it may be kept for ever and
//! never meets a page of another version.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/"]
#[exclude = "screenshot.png"]
struct Assets;

/// The path under `/assets/` of each asset, by its name.
static PATHS: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| Assets::iter().map(|name| (name.to_string(), hashed(&name))).collect());

/// The name of each asset, by its path under `/assets/`.
static NAMES: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| PATHS.iter().map(|(name, path)| (path.as_str(), name.as_str())).collect());

/// The address of an asset: `/assets/{stem}.{hash}.{ext}`. An unknown name gives an address
/// that nothing answers.
pub fn url(name: &str) -> String {
    format!("/assets/{}", PATHS.get(name).map_or(name, String::as_str))
}

/// The content and the content type of an asset, by what stands after `/assets/`.
pub fn find(hashed_path: &str) -> Option<(Cow<'static, [u8]>, &'static str)> {
    let name = *NAMES.get(hashed_path)?;
    Some((Assets::get(name)?.data, content_type(name)))
}

/// The content of an asset that has an address of its own.
pub fn named(name: &str) -> Option<Cow<'static, [u8]>> {
    Some(Assets::get(name)?.data)
}

fn hashed(name: &str) -> String {
    let mut hash = String::new();
    if let Some(file) = Assets::get(name) {
        for byte in file.metadata.sha256_hash().iter().take(6) {
            let _ = write!(hash, "{byte:02x}");
        }
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("{stem}.{hash}.{extension}")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wav") => "audio/wav",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::{find, url};

    #[test]
    fn an_address_leads_back_to_its_asset() {
        let address = url("style.css");
        let path = address.strip_prefix("/assets/").unwrap_or_default();
        assert_eq!(find(path).map(|(_, kind)| kind), Some("text/css; charset=utf-8"));
        assert!(find("style.css").is_none(), "without its hash it is nowhere");
    }
}
