//! What a file may be called: a name that hides nothing, leads nowhere, and can stand in a body.
//!
//! What the grammar would read as its own (`[`, `]`, `{`, `}`, `!`, `|`, `^`, a backtick) gets
//! another sign, so that `!name|thumbnail!` and `[^name]` mean the file whatever it is called.

/// A name that says where nothing is, hides nothing, and can stand in a body.
pub(crate) fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean = String::new();
    for c in name.chars() {
        match c {
            c if is_hidden(c) => {}
            // What the grammar would take for its own.
            '[' | '{' => clean.push('('),
            ']' | '}' => clean.push(')'),
            '!' | '|' | '^' | '`' => clean.push('_'),
            c if c.is_whitespace() => clean.push(' '),
            c => clean.push(c),
        }
    }
    let clean = clean.trim().trim_matches('.').trim();
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.chars().count() <= 16 => {
            (stem, Some(ending))
        }
        _ => (clean, None),
    };
    let stem: String = stem.chars().take(100).collect();
    let stem = stem.trim_end();
    // Not to be had as files on some systems.
    let device = stem.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let reserved = matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || device.len() == 4
            && (device.starts_with("COM") || device.starts_with("LPT"))
            && device.ends_with(|c: char| c.is_ascii_digit());
    let mark = if reserved { "_" } else { "" };
    match (stem, ending) {
        ("", _) => "file".into(),
        (stem, None) => format!("{mark}{stem}"),
        (stem, Some(ending)) => format!("{mark}{stem}.{ending}"),
    }
}

/// Controls, and what changes the direction of writing or cannot be seen.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A picture is called one, since the grammar and people go by the ending.
pub(crate) fn with_ending(name: &str, kind: &str) -> String {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let right = match kind {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => return name.into(),
    };
    match ending.as_deref() {
        Some("png" | "jpg" | "jpeg" | "gif" | "webp") => name.into(),
        _ => format!("{name}.{right}"),
    }
}

/// Another name like it: `report-2.pdf`.
pub(crate) fn marked(name: &str, mark: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-{mark}.{ending}"),
        None => format!("{name}-{mark}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, with_ending};

    #[test]
    fn a_name_leads_nowhere_and_hides_nothing() {
        for (odd, plain) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\bob\\a.txt", "a.txt"),
            ("..\\..\\a.txt", "a.txt"),
            ("a\r\nSet-Cookie: x\0.txt", "aSet-Cookie: x.txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\u{200b}b\u{feff}.png", "ab.png"),
            (".bashrc", "bashrc"),
            ("...", "file"),
            ("", "file"),
            ("/", "file"),
            ("con.txt", "_con.txt"),
            ("COM1", "_COM1"),
            ("common.txt", "common.txt"),
            ("  a  ", "a"),
            ("Report [final]!|{x}^.pdf", "Report (final)__(x)_.pdf"),
            ("naïve \"quotes\"; résumé.pdf", "naïve \"quotes\"; résumé.pdf"),
            ("日本語.txt", "日本語.txt"),
        ] {
            assert_eq!(clean(odd), plain, "{odd:?}");
        }
        let long = clean(&format!("{}.pdf", "x".repeat(300)));
        assert_eq!(long, format!("{}.pdf", "x".repeat(100)));
    }

    #[test]
    fn a_picture_is_called_one() {
        assert_eq!(with_ending("a.PNG", "image/png"), "a.PNG");
        assert_eq!(with_ending("a.png", "image/jpeg"), "a.png");
        assert_eq!(with_ending("a.html", "image/png"), "a.html.png");
        assert_eq!(with_ending("blob", "image/jpeg"), "blob.jpg");
        assert_eq!(with_ending("a.png", "text/html"), "a.png");
    }
}
