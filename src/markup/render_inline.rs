//! Inlines to HTML, and what the names in them lead to.

use super::Mode;
use super::headings::slug;
use super::html::{Attr, Href, Tag};
use super::link::unescaped;
use super::render::Renderer;
use super::resolve::{Picture, Resolver, Shown};
use super::source::slice;
use super::tree::{Color, Image, Inline, Link, Span, Style, Target};

/// Where a link leads, once its target is known.
pub(super) struct Resolved {
    href: Href,
    class: &'static str,
    /// What it says where it has no alias.
    pub(super) text: String,
}

/// What a link's target is to a resolver, if it is anything.
pub(super) fn resolved(resolver: &dyn Resolver, source: &str, target: Target) -> Option<Resolved> {
    match target {
        Target::Url(_) => None,
        Target::Page(span) => page(resolver, &unescaped(span.of(source))),
        Target::Anchor(span) => {
            let text = unescaped(span.of(source));
            Some(Resolved { href: Href::anchor(&slug(&text)), class: "anchor", text })
        }
        Target::Account(span) => {
            let (href, text) = resolver.account(&unescaped(span.of(source)))?;
            Some(Resolved { href: Href::resolved(&href)?, class: "account", text })
        }
        Target::File(span) => {
            let text = unescaped(span.of(source));
            let href = resolver.file(&text)?;
            Some(Resolved { href: Href::resolved(&href)?, class: "file", text })
        }
    }
}

/// A title may hold `:` and `#` itself, so the whole of it is asked for too.
fn page(resolver: &dyn Resolver, target: &str) -> Option<Resolved> {
    let name = Name::of(target);
    let mut found = resolver.page(name.space.as_deref(), &name.title);
    let mut anchor = name.anchor;
    let mut text = name.title;
    if found.is_none() && target != text {
        found = resolver.page(None, target);
        anchor = None;
        target.clone_into(&mut text);
    }
    let anchor = anchor.map(|a| slug(&a));
    let href = Href::resolved(&found?)?.at(anchor.as_deref());
    Some(Resolved { href, class: "page", text })
}

impl Renderer<'_> {
    pub(super) fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            self.inline(inline);
        }
    }

    fn inline(&mut self, inline: &Inline) {
        match inline {
            Inline::Text(span) => self.writer.text(span.of(self.source)),
            Inline::Break => self.writer.open(Tag::Br, &[]),
            Inline::Styled(style, content) => {
                self.element(tag(*style), &[], |r| r.inlines(content));
            }
            Inline::Code(span) => {
                let text = span.of(self.source);
                self.element(Tag::Code, &[], |r| r.writer.text(text));
            }
            Inline::Link(link) => self.paid(link.span, |r| r.link(link)),
            Inline::Image(image) => self.paid(image.span, |r| r.image(image)),
            Inline::Emoticon { emoji, span } | Inline::Emoji { emoji, span } => {
                let name = Attr::Pictured(span.of(self.source));
                self.paid(*span, |r| r.element(Tag::Span, &[name], |r| r.writer.text(emoji)));
            }
            Inline::Mention(span) => self.paid(*span, |r| r.mention(*span)),
            Inline::Dash(dash, _) => self.writer.text(dash),
            Inline::Colored(color, content) => {
                let attribute = match color {
                    Color::Named(name) => Attr::ColorClass(name),
                    Color::Hex(span) => Attr::DataColor(span.of(self.source)),
                };
                self.element(Tag::Span, &[attribute], |r| r.inlines(content));
            }
            Inline::Anchor(name) => {
                let id = slug(name.of(self.source));
                self.element(Tag::Span, &[Attr::Id(&id)], |_| {});
            }
        }
    }

    fn mention(&mut self, span: Span) {
        let typed = span.of(self.source);
        let name = typed.trim_start_matches('@');
        let known = self.may_ask().then(|| self.resolver.mention(name)).flatten();
        let known = known.and_then(|(href, name)| Some((Href::resolved(&href)?, name)));
        let Some((href, name)) = known else { return self.writer.text(typed) };
        self.element(Tag::A, &[Attr::Class("mention"), Attr::Href(&href)], |r| {
            r.writer.text("@");
            r.writer.text(&name);
        });
    }

    fn link(&mut self, link: &Link) {
        let tip = link.tip.map(|tip| unescaped(tip.of(self.source)));
        if let Target::Url(url) = link.target {
            return self.external(link, url, tip.as_deref());
        }
        let Some(found) = self.resolve(link.target) else { return self.unknown(link) };
        let mut attributes = vec![Attr::Class(found.class), Attr::Href(&found.href)];
        attributes.extend(tip.as_deref().map(Attr::Title));
        self.element(Tag::A, &attributes, |r| r.label(link, &found.text));
    }

    fn external(&mut self, link: &Link, url: Span, tip: Option<&str>) {
        let typed = url.of(self.source);
        let Some(href) = Href::external(typed) else { return self.unknown(link) };
        let mut attributes = vec![Attr::Href(&href), Attr::RelExternal];
        attributes.extend(tip.map(Attr::Title));
        // In brackets an address is meant to be read, not to be copied.
        let scheme = slice(typed, 0, "mailto:".len()).eq_ignore_ascii_case("mailto:");
        let text = if scheme && url != link.span { slice(typed, 7, typed.len()) } else { typed };
        self.element(Tag::A, &attributes, |r| r.label(link, text));
    }

    fn label(&mut self, link: &Link, text: &str) {
        if link.label.is_empty() { self.writer.text(text) } else { self.inlines(&link.label) }
    }

    /// What leads nowhere stays as typed; but a page invites to write the page that it misses.
    fn unknown(&mut self, link: &Link) {
        if let (Mode::Page, Target::Page(target)) = (self.mode, link.target) {
            let name = Name::of(&unescaped(target.of(self.source)));
            let space = name.space.as_deref();
            let new = self.resolver.new_page(space, &name.title);
            if let Some(href) = new.and_then(|href| Href::resolved(&href)) {
                let attributes = [Attr::Class("new"), Attr::Href(&href)];
                return self.element(Tag::A, &attributes, |r| r.label(link, &name.title));
            }
        }
        self.writer.text(link.span.of(self.source));
    }

    fn resolve(&mut self, target: Target) -> Option<Resolved> {
        let asks = !matches!(target, Target::Anchor(_) | Target::Url(_));
        if asks && !self.may_ask() { None } else { resolved(self.resolver, self.source, target) }
    }

    fn image(&mut self, image: &Image) {
        let name = image.name.of(self.source);
        let href = if image.external {
            Href::external(name)
        } else if !self.may_ask() {
            None
        } else {
            self.resolver.file(name).and_then(|href| Href::resolved(&href))
        };
        let Some(href) = href else { return self.writer.text(image.span.of(self.source)) };
        let fetched = self.mode == Mode::Page && self.resolver.may_show_external_images();
        let shown = (!image.external).then(|| self.resolver.picture(name));
        if let Some(Shown::Picture(picture)) = &shown {
            return self.made_picture(image, picture);
        }
        match image.external {
            true if !fetched => {
                let attributes = [Attr::Href(&href), Attr::RelExternal];
                let text = image.alt.map_or(name, |alt| alt.of(self.source));
                self.element(Tag::A, &attributes, |r| r.writer.text(text));
            }
            false if !is_picture(name) || shown == Some(Shown::Link) => {
                let attributes = [Attr::Class("file"), Attr::Href(&href)];
                self.element(Tag::A, &attributes, |r| r.writer.text(name));
            }
            _ => self.picture(image, &href),
        }
    }

    fn picture(&mut self, image: &Image, href: &Href) {
        let source = self.source;
        let mut attributes = vec![Attr::Src(href)];
        attributes.push(Attr::Alt(image.alt.unwrap_or(image.name).of(source)));
        attributes.extend(image.width.map(|n| Attr::Width(n.of(source))));
        attributes.extend(image.height.map(|n| Attr::Height(n.of(source))));
        let class = match (image.align, image.thumbnail) {
            (Some("left"), _) => Some("left"),
            (Some("right"), _) => Some("right"),
            (Some(_), _) => Some("center"),
            (None, true) => Some("thumbnail"),
            (None, false) => None,
        };
        attributes.extend(class.map(Attr::Class));
        self.writer.open(Tag::Img, &attributes);
    }

    /// A picture of a size that is known before it is there, so that nothing jumps. In chat it is
    /// always the small one.
    fn made_picture(&mut self, image: &Image, picture: &Picture) {
        let small = image.thumbnail || self.mode == Mode::Chat;
        let address = if small { &picture.small } else { &picture.large };
        let (Some(source), Some(large)) = (Href::resolved(address), Href::resolved(&picture.large))
        else {
            return self.writer.text(image.span.of(self.source));
        };
        let (width, height) = (picture.width, picture.height);
        let (width, height) = if small { fit(width, height) } else { (width, height) };
        let (width, height) = (width.to_string(), height.to_string());
        let mut attributes = vec![Attr::Src(&source), Attr::Lazy];
        attributes.push(Attr::Alt(image.alt.unwrap_or(image.name).of(self.source)));
        match (image.width, image.height) {
            (None, None) => attributes.extend([Attr::Width(&width), Attr::Height(&height)]),
            (width, height) => {
                attributes.extend(width.map(|n| Attr::Width(n.of(self.source))));
                attributes.extend(height.map(|n| Attr::Height(n.of(self.source))));
            }
        }
        attributes.extend(image.align.map(Attr::Class));
        self.element(Tag::A, &[Attr::Class("picture"), Attr::Href(&large)], |r| {
            r.writer.open(Tag::Img, &attributes);
        });
    }
}

/// The size of a small picture on the screen. What is made has some more pixels than that, for
/// sharper screens.
fn fit(width: u32, height: u32) -> (u32, u32) {
    const BOX: (u64, u64) = (300, 225);
    let (w, h) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (w, h) = match (w <= BOX.0 && h <= BOX.1, w * BOX.1 > h * BOX.0) {
        (true, _) => (w, h),
        (false, true) => (BOX.0, (h * BOX.0 / w).max(1)),
        (false, false) => ((w * BOX.1 / h).max(1), BOX.1),
    };
    (u32::try_from(w).unwrap_or(1), u32::try_from(h).unwrap_or(1))
}

/// `[SPACE:]Title[#anchor]`
pub(super) struct Name {
    pub(super) space: Option<String>,
    pub(super) title: String,
    anchor: Option<String>,
}

impl Name {
    pub(super) fn of(target: &str) -> Self {
        let is_key = |key: &str| {
            !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_~.-".contains(&b))
        };
        let (space, rest) = match target.split_once(':') {
            Some((key, rest)) if is_key(key) && !rest.trim().is_empty() => (Some(key), rest),
            _ => (None, target),
        };
        let (title, anchor) = match rest.rsplit_once('#') {
            Some((title, anchor)) if !title.is_empty() && !anchor.is_empty() => {
                (title, Some(anchor))
            }
            _ => (rest, None),
        };
        Self {
            space: space.map(str::to_owned),
            title: title.trim().to_owned(),
            anchor: anchor.map(str::to_owned),
        }
    }
}

fn tag(style: Style) -> Tag {
    match style {
        Style::Strong => Tag::Strong,
        Style::Emphasis => Tag::Em,
        Style::Deleted => Tag::Del,
        Style::Inserted => Tag::Ins,
        Style::Superscript => Tag::Sup,
        Style::Subscript => Tag::Sub,
        Style::Citation => Tag::Cite,
    }
}

/// Whether a file of that name can be shown as an image; others are links.
fn is_picture(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    ["png", "jpg", "jpeg", "gif", "webp"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
