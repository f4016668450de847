//! Slack's notation becomes ours.
//!
//! **Invariant:** pure; whatever it does not know stays the text that it is.

use std::collections::HashMap;

/// Who and what the ids in a text stand for.
#[derive(Debug, Default)]
pub struct Names {
    /// Users: what they are called.
    pub users: HashMap<String, String>,
    /// Channels: what they are called.
    pub channels: HashMap<String, String>,
}

/// A text in our notation.
pub fn to_markup(text: &str, names: &Names) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, part) in text.split("```").enumerate() {
        // Every other part is between fences; the last one may lack its end.
        if n % 2 == 1 {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str("```\n");
            out.push_str(plain(part, names).trim_matches('\n'));
            out.push_str("\n```\n");
        } else {
            out.push_str(&lines(part.trim_start_matches('\n'), n, names));
        }
    }
    out.trim_end().to_owned()
}

/// Text outside of fences; what stands in backticks is code here too.
fn lines(text: &str, n: usize, names: &Names) -> String {
    let text = if n == 0 { text } else { text.trim_start_matches(' ') };
    let mut out = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push('\n');
        }
        let pieces: Vec<&str> = line.split('`').collect();
        let n_pieces = pieces.len();
        for (n, piece) in pieces.into_iter().enumerate() {
            // A backtick that nothing closes is text.
            let code = n % 2 == 1 && n + 1 < n_pieces;
            if n > 0 {
                out.push('`');
            }
            out.push_str(&if code { plain(piece, names) } else { strikes(&marked(piece, names)) });
        }
    }
    out
}

/// With links and mentions in our notation.
fn marked(text: &str, names: &Names) -> String {
    each(text, |inside| match link(inside, names) {
        Link::Text(text) => text,
        Link::To { url, label } => {
            let label = unescaped(&label).replace([']', '|', '\n'], " ");
            let label = label.trim();
            let bare = url.strip_prefix("mailto:").unwrap_or(&url);
            if label.is_empty() || label == url || label == bare {
                if label == bare { label.to_owned() } else { url }
            } else {
                format!("[{label}|{url}]")
            }
        }
    })
}

/// As it reads: in code, nothing is a link.
fn plain(text: &str, names: &Names) -> String {
    each(text, |inside| match link(inside, names) {
        Link::Text(text) => text,
        Link::To { url, label } if label.is_empty() => url,
        Link::To { label, .. } => unescaped(&label),
    })
}

/// Every `<...>` by `write`, and the rest unescaped.
fn each(text: &str, write: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(&unescaped(before));
        let Some((inside, after)) = after.split_once('>') else {
            out.push('<');
            rest = after;
            continue;
        };
        out.push_str(&write(inside));
        rest = after;
    }
    out.push_str(&unescaped(rest));
    out
}

enum Link {
    Text(String),
    To { url: String, label: String },
}

fn link(inside: &str, names: &Names) -> Link {
    let (what, label) = inside.split_once('|').unwrap_or((inside, ""));
    let label_or = |other: &str| unescaped(if label.is_empty() { other } else { label });
    if let Some(user) = what.strip_prefix('@') {
        let name = names.users.get(user).cloned().unwrap_or_else(|| label_or(user));
        return Link::Text(format!("@{}", name.trim_start_matches('@')));
    }
    if let Some(channel) = what.strip_prefix('#') {
        let name = names.channels.get(channel).cloned().unwrap_or_else(|| label_or(channel));
        return Link::Text(format!("#{}", name.trim_start_matches('#')));
    }
    if let Some(special) = what.strip_prefix('!') {
        let word = special.split('^').next().unwrap_or(special);
        return Link::Text(match word {
            "here" | "channel" | "everyone" => format!("@{word}"),
            _ => label_or(word),
        });
    }
    Link::To { url: unescaped(what), label: label.to_owned() }
}

/// `~gone~` is `~~gone~~` here: one tilde makes a small letter.
fn strikes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('~') {
        out.push_str(before);
        let opens = !before.ends_with(|c: char| c.is_alphanumeric() || c == '~')
            && after.starts_with(|c: char| !c.is_whitespace() && c != '~' && c != '/');
        let closed = after.split_once('~').filter(|(inside, next)| {
            opens
                && !inside.ends_with(char::is_whitespace)
                && !next.starts_with(|c: char| c.is_alphanumeric() || c == '~')
        });
        if let Some((inside, next)) = closed {
            out.push_str("~~");
            out.push_str(inside);
            out.push_str("~~");
            rest = next;
        } else {
            out.push('~');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Slack escapes these three and no others.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::{Names, to_markup};

    #[test]
    fn what_reads_so_there_reads_so_here() {
        let names = Names {
            users: [("U1".to_owned(), "Ann B".to_owned())].into(),
            channels: [("C1".to_owned(), "tea".to_owned())].into(),
        };
        for (slack, ours) in [
            ("hello *you* and _you_", "hello *you* and _you_"),
            ("~gone~ and ~/bin ~ x", "~~gone~~ and ~/bin ~ x"),
            ("a~b~c", "a~b~c"),
            ("<@U1> and <@U2> and <@U3|cy>", "@Ann B and @U2 and @cy"),
            ("<#C1> <#C2|milk>", "#tea #milk"),
            ("<!here> <!subteam^S1|@team> <!date^1^{date}|today>", "@here @team today"),
            ("<https://x.org/a?b=1&amp;c=2>", "https://x.org/a?b=1&c=2"),
            ("see <https://x.org|the | site]>", "see [the   site|https://x.org]"),
            ("<mailto:a@x.org|a@x.org>", "a@x.org"),
            ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
            ("&gt; quoted", "> quoted"),
            ("`a &lt; ~b~ <https://x.org>`", "`a < ~b~ https://x.org`"),
            ("a ` b ~c~", "a ` b ~~c~~"),
            ("look: ```x &lt; y\nz``` done", "look: \n```\nx < y\nz\n```\ndone"),
            ("```\nno end", "```\nno end\n```"),
            ("a < b", "a < b"),
        ] {
            assert_eq!(to_markup(slack, &names), ours, "{slack}");
        }
    }
}
