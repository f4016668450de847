//! Links in brackets, `[label](url)`, bare URLs and images.

use super::Mode;
use super::chars::{is_space, is_unspaced, is_url_byte, is_word};
use super::inline::{Context, Scanner};
use super::source::{byte, slice};
use super::tree::{Image, Inline, Link, Span, Target};
use super::verbatim::Atoms;

/// Longer URLs are text.
const URL_MAX: usize = 2048;

const SCHEMES: [&str; 4] = ["https", "http", "ftp", "ftps"];

/// Whether `text` is a URL that may become an `href`. What `url` cannot parse, browsers would
/// read in ways of their own.
pub(super) fn is_allowed(text: &str) -> bool {
    // As it will be written: what is encoded may be no host any more.
    let parses = |text: &str| url::Url::parse(text).is_ok();
    has_allowed_scheme(text) && if is_plain(text) { parses(text) } else { parses(&encoded(text)) }
}

/// The quick half of [`is_allowed`]: the scheme, and nothing in it that could hide another.
pub(super) fn has_allowed_scheme(text: &str) -> bool {
    let hides = |c: char| is_space(c) || c.is_control() || c == '\\';
    if text.len() > URL_MAX || text.chars().any(hides) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    if scheme.eq_ignore_ascii_case("mailto") {
        return !rest.is_empty() && !rest.starts_with('/');
    }
    SCHEMES.iter().any(|s| s.eq_ignore_ascii_case(scheme))
        && rest
            .strip_prefix("//")
            .is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '?', '#', ':', '@']))
}

fn is_plain(address: &str) -> bool {
    address.bytes().all(is_url_byte)
}

/// Percent-encodes what may not stand in an address as it is; what is encoded stays so.
pub(super) fn encoded(address: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(address.len());
    for b in address.bytes() {
        if is_url_byte(b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            for digit in [b >> 4, b & 15] {
                out.extend(HEX.get(usize::from(digit)).map(|d| char::from(*d)));
            }
        }
    }
    out
}

/// Where the bracket that opens at `at` closes: no line end and no other bracket between, code
/// jumped over.
pub(super) fn closing_bracket(context: Context<'_>, at: usize, limit: usize) -> Option<usize> {
    let source = context.source;
    let first = slice(source, at + 1, limit).chars().next()?;
    if is_space(first) || matches!(first, '[' | ']') {
        return None;
    }
    let mut i = at + 1;
    while i < limit {
        context.steps.add(1);
        match byte(source, i) {
            b']' => return Some(i),
            b'[' => return None,
            b'\\' => i += 2,
            b'`' | b'{' => i = atom_end(context.atoms, i).unwrap_or(i + 1),
            _ => i += 1,
        }
    }
    None
}

/// The end of what begins at `at` and is taken whole.
pub(super) fn atom_end(atoms: &Atoms, at: usize) -> Option<usize> {
    let index = atoms.first_from(at);
    let atom = atoms.get(index).filter(|atom| atom.span.start == at)?;
    Some(atoms.whole(index, atom).0.end)
}

/// Whether a bracket may open a link after `left`.
pub(super) fn may_open_link(left: Option<char>) -> bool {
    !left.is_some_and(|c| is_word(c) || matches!(c, ']' | ')'))
}

/// At a `[`.
pub(super) fn bracket(s: &mut Scanner<'_>, at: usize) -> Option<usize> {
    if !s.links || !may_open_link(s.before(at)) {
        return None;
    }
    let close = closing_bracket(s.context, at, s.chunk.end)?;
    let content = Span::new(at + 1, close);
    let parts = parts(s.context, content)?;
    if let ([label], Some(url)) = (parts.as_slice(), parenthesised_url(s, close + 1)) {
        let label = s.context.label(*label, s.room.saturating_sub(s.stack.len()));
        let end = url.end + 1;
        let target = Target::Url(url);
        return Some(link(s, Link { target, label, tip: None, span: Span::new(at, end) }));
    }
    let (label, target, tip) = match parts.as_slice() {
        [target] => (None, *target, None),
        [label, target] => (Some(*label), *target, None),
        [label, target, tip] => (Some(*label), *target, Some(*tip)),
        _ => return None,
    };
    let target = classify(s.context, target.trimmed(s.source))?;
    let label = label.map(|l| l.trimmed(s.source)).filter(|l| !l.is_empty());
    let room = s.room.saturating_sub(s.stack.len());
    let label = label.map_or_else(Vec::new, |label| s.context.label(label, room));
    let tip = tip.map(|t| t.trimmed(s.source)).filter(|t| !t.is_empty());
    Some(link(s, Link { target, label, tip, span: Span::new(at, close + 1) }))
}

fn link(s: &mut Scanner<'_>, link: Link) -> usize {
    let Span { start, end } = link.span;
    s.push(start, end, Inline::Link(Box::new(link)))
}

/// Splits at `|` that is neither escaped nor in code. More than three parts make no link.
fn parts(context: Context<'_>, bracket: Span) -> Option<Vec<Span>> {
    let mut parts = Vec::with_capacity(1);
    let (mut start, mut i) = (bracket.start, bracket.start);
    while i < bracket.end {
        context.steps.add(1);
        match byte(context.source, i) {
            b'|' => {
                parts.push(Span::new(start, i));
                start = i + 1;
                i += 1;
            }
            b'\\' => i += 2,
            b'`' | b'{' => i = atom_end(context.atoms, i).unwrap_or(i + 1),
            _ => i += 1,
        }
    }
    parts.push(Span::new(start, bracket.end));
    (parts.len() <= 3).then_some(parts)
}

fn classify(context: Context<'_>, target: Span) -> Option<Target> {
    let text = target.of(context.source);
    let rest = Span::new(target.start + 1, target.end);
    if is_allowed(text) {
        return Some(Target::Url(target));
    }
    // Any other scheme stays text; so does a bracket that holds a URL among words, which lets
    // the URL be a link of its own.
    if text.contains("://") {
        return None;
    }
    match byte(text, 0) {
        b'#' | b'~' | b'^' if rest.is_empty() => None,
        b'#' => (context.mode == Mode::Page).then_some(Target::Anchor(rest)),
        b'~' => Some(Target::Account(rest)),
        b'^' => Some(Target::File(rest)),
        _ => Some(Target::Page(target)),
    }
}

/// `(url)` at `at`: an allowed URL, brackets balanced, no spaces.
fn parenthesised_url(s: &Scanner<'_>, at: usize) -> Option<Span> {
    if byte(s.source, at) != b'(' || at >= s.chunk.end {
        return None;
    }
    let mut depth = 0_usize;
    let rest = slice(s.source, at, s.chunk.end);
    for (i, b) in rest.bytes().take(URL_MAX + 2).enumerate() {
        s.context.steps.add(1);
        match b {
            // A bound, so that `[a](` over and over is not read to the end each time.
            b'(' if depth == 4 => return None,
            b'(' => depth += 1,
            b')' if depth == 1 => {
                let url = Span::new(at + 1, at + i);
                return is_allowed(url.of(s.source)).then_some(url);
            }
            b')' => depth -= 1,
            b' ' | b'\t' => return None,
            _ => {}
        }
    }
    None
}

/// At a `:`: a URL whose scheme ends here.
pub(super) fn url(s: &mut Scanner<'_>, colon: usize) -> Option<usize> {
    let slashes = byte(s.source, colon + 1) == b'/' && byte(s.source, colon + 2) == b'/';
    let scheme = if slashes {
        let known = |scheme: &&str| ends_with(s, colon, scheme);
        *SCHEMES.iter().filter(|scheme| known(scheme)).max_by_key(|scheme| scheme.len())?
    } else {
        Some("mailto").filter(|scheme| ends_with(s, colon, scheme))?
    };
    let start = colon - scheme.len();
    if !s.links || s.before(start).is_some_and(|c| is_word(c) && !is_unspaced(c)) {
        return None;
    }
    let from = colon + if slashes { 3 } else { 1 };
    let rest = s.source.as_bytes().get(from..s.chunk.end)?;
    let length = rest.iter().take_while(|b| is_url_byte(**b)).count();
    s.context.steps.add(length);
    let end = trimmed(s, start, from + length);
    let span = Span::new(start, end);
    if end <= from || !is_allowed(span.of(s.source)) {
        // All of it is text. Were it read again, `http://:` over and over would cost its square.
        return Some(from + length);
    }
    let target = Target::Url(span);
    Some(link(s, Link { target, label: Vec::new(), tip: None, span }))
}

/// Whether the text that is not consumed yet ends in `scheme` before `colon`.
fn ends_with(s: &Scanner<'_>, colon: usize, scheme: &str) -> bool {
    colon.checked_sub(scheme.len()).is_some_and(|start| {
        start >= s.text && slice(s.source, start, colon).eq_ignore_ascii_case(scheme)
    })
}

/// Without the marks that end a sentence or an effect, and without brackets that the URL does not
/// open itself.
fn trimmed(s: &Scanner<'_>, start: usize, end: usize) -> usize {
    let text = slice(s.source, start, end);
    let mut round = balance(text, b'(', b')');
    let mut square = balance(text, b'[', b']');
    let mut length = text.len();
    for b in text.bytes().rev() {
        match b {
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'"' | b'*' | b'_' | b'~' => {}
            b')' if round < 0 => round += 1,
            b']' if square < 0 => square += 1,
            _ => break,
        }
        length -= 1;
    }
    s.context.steps.add(3 * text.len() - length);
    start + length
}

/// Opening brackets less closing ones.
fn balance(text: &str, open: u8, close: u8) -> i64 {
    text.bytes().map(|b| i64::from(b == open) - i64::from(b == close)).sum()
}

/// At a `!`: `!name.ext|params!`.
pub(super) fn image(s: &mut Scanner<'_>, at: usize) -> Option<usize> {
    if s.no_bang || !s.links || s.after_word(at) {
        return None;
    }
    let Some(close) = closing_bang(s.context, at, s.chunk.end) else {
        s.no_bang = true;
        return None;
    };
    let image = parse_image(s.context, at, close)?;
    if s.after(close + 1).is_some_and(is_word) {
        return None;
    }
    Some(s.push(at, close + 1, Inline::Image(Box::new(image))))
}

/// The next `!` on the line.
pub(super) fn closing_bang(context: Context<'_>, at: usize, limit: usize) -> Option<usize> {
    let rest = context.source.as_bytes().get(at + 1..limit)?;
    let found = memchr::memchr(b'!', rest);
    context.steps.add(found.unwrap_or(rest.len()));
    found.map(|n| at + 1 + n)
}

/// The image between two `!`, if a name with an extension or an allowed URL stands there.
pub(super) fn parse_image(context: Context<'_>, at: usize, close: usize) -> Option<Image> {
    let source = context.source;
    let between = slice(source, at + 1, close);
    let (name, params) = between.split_once('|').unwrap_or((between, ""));
    let sound = !name.is_empty() && name.trim() == name && name.len() <= URL_MAX;
    if !sound || between.contains('`') || between.contains("{{") {
        return None;
    }
    let external = name.contains("://");
    if external && !(is_http(name) && is_allowed(name)) {
        return None;
    }
    let dotted = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty() && !extension.is_empty() && extension.chars().all(char::is_alphanumeric)
    });
    if !external && (!dotted || name.contains(['/', '\\', '[', ']'])) {
        return None;
    }
    let name = Span::new(at + 1, at + 1 + name.len());
    let mut image = Image {
        name,
        external,
        alt: None,
        width: None,
        height: None,
        align: None,
        thumbnail: false,
        span: Span::new(at, close + 1),
    };
    let mut start = name.end + 1;
    for part in params.split(['|', ',']) {
        set(&mut image, source, Span::new(start, start + part.len()));
        start += part.len() + 1;
    }
    Some(image)
}

fn is_http(name: &str) -> bool {
    let scheme = name.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn set(image: &mut Image, source: &str, part: Span) {
    let text = part.of(source);
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    let value = Span::new(part.end - value.len(), part.end).trimmed(source);
    let digits = value.of(source).trim_end_matches("px");
    let size = Span::new(value.start, value.start + digits.len());
    let is_size = matches!(digits.len(), 1..=4) && digits.bytes().all(|b| b.is_ascii_digit());
    match key.trim() {
        "width" if is_size => image.width = Some(size),
        "height" if is_size => image.height = Some(size),
        "alt" if !value.is_empty() => image.alt = Some(value),
        "thumbnail" => image.thumbnail = true,
        "align" => {
            image.align = match value.of(source) {
                "left" => Some("left"),
                "right" => Some("right"),
                "center" => Some("center"),
                _ => None,
            }
        }
        _ => {}
    }
}

/// A target as it is meant: without the backslashes of its escapes.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escapes =
            c == '\\' && chars.peek().is_some_and(|c| matches!(c, '[' | ']' | '|' | '\\'));
        out.extend(if escapes { chars.next() } else { Some(c) });
    }
    out
}
