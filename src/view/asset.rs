//! What the browser fetches beside pages: style, scripts, the sound, the icon.
//!
//! **Invariant:** an address names its content by a hash, so that it may be kept for ever and
//! never meets a page of another version.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::LazyLock;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "assets/"]
#[exclude = "screenshot.png"]
struct Assets;

/// What is made of other assets. A room's window is to be there soon also where the line is slow:
/// it gets its scripts in one piece (and htmx, which begins by a timer, opens no stream before all
/// of them listen), no comments, and of the style no section that has only other screens in it.
const MADE: [&str; 2] = ["popup.css", "room.js"];

/// Headings of the style sheet that a room's window has nothing of.
const ELSEWHERE: [&str; 8] = [
    "the frame of the wiki",
    "pages",
    "the page tree",
    "the status table",
    "the room without scripts",
    "transcripts",
    "other screens",
    "print",
];

/// The path under `/assets/` of each asset, by its name.
static PATHS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let names: BTreeSet<String> =
        Assets::iter().map(Cow::into_owned).chain(MADE.map(String::from)).collect();
    names.into_iter().map(|name| (name.clone(), hashed(&name))).collect()
});

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
    Some((named(name)?, content_type(name)))
}

/// The content of an asset.
pub fn named(name: &str) -> Option<Cow<'static, [u8]>> {
    match name {
        "popup.css" => Some(popup_style(&text("style.css")?).into_bytes().into()),
        "room.js" => {
            let ours = [text("lightbox.js")?, text("room.js")?].map(|part| lean_script(&part));
            Some([text("htmx.js")?, "\n".into(), ours.concat()].concat().into_bytes().into())
        }
        _ => Some(Assets::get(name)?.data),
    }
}

fn text(name: &str) -> Option<String> {
    String::from_utf8(Assets::get(name)?.data.into_owned()).ok()
}

/// The sections of the style that concern a room's window, without comments.
fn popup_style(style: &str) -> String {
    let mut lean = String::with_capacity(style.len());
    let mut kept = true;
    for (n, part) in style.split("/*").enumerate() {
        let rules = if n == 0 { part } else { part.split_once("*/").map_or("", |(_, rest)| rest) };
        if n > 0
            && let Some(heading) = part.strip_prefix(" ---- ")
        {
            kept = !ELSEWHERE.iter().any(|name| heading.starts_with(&format!("{name} ----")));
        }
        if kept {
            lean.push_str(&trimmed(rules, |_| false));
        }
    }
    lean
}

/// A script without the lines that are comments. No text of ours goes over the end of a line.
fn lean_script(script: &str) -> String {
    trimmed(script, |line| line.starts_with("//"))
}

fn trimmed(text: &str, left_out: impl Fn(&str) -> bool) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !left_out(line));
    lines.fold(String::with_capacity(text.len()), |all, line| all + line + "\n")
}

fn hashed(name: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(named(name).unwrap_or_default()).iter().take(6) {
        let _ = write!(hash, "{byte:02x}");
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
    use super::{ELSEWHERE, find, named, text, url};

    #[test]
    fn an_address_leads_back_to_its_asset() {
        let address = url("style.css");
        let path = address.strip_prefix("/assets/").unwrap_or_default();
        assert_eq!(find(path).map(|(_, kind)| kind), Some("text/css; charset=utf-8"));
        assert!(find("style.css").is_none(), "without its hash it is nowhere");
    }

    #[test]
    fn a_window_gets_the_style_that_concerns_it_and_the_scripts_without_comments() {
        let style = text("style.css").unwrap_or_default();
        for heading in ELSEWHERE {
            assert!(style.contains(&format!("\n/* ---- {heading} ----")), "{heading}");
        }
        let made = |name| String::from_utf8(named(name).unwrap_or_default().into_owned());
        let popup = made("popup.css").unwrap_or_default();
        assert!(popup.contains("#composer {") && popup.contains(".body pre {"));
        assert!(!popup.contains("/*") && !popup.contains("body.wiki"));
        assert_eq!(popup.matches('{').count(), popup.matches('}').count());
        let script = made("room.js").unwrap_or_default();
        assert!(script.contains("lightbox.showModal()") && !script.contains("// ----"));
        for part in ["room.js", "lightbox.js"] {
            let part = text(part).unwrap_or_default();
            // Such a line would lose its indent, or itself.
            let odd = part.lines().find(|line| line.matches('`').count() % 2 == 1);
            assert_eq!(odd, None, "a text that goes over the end of a line");
        }
    }
}
