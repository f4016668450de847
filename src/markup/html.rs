//! HTML that is known to be well formed and safe.

use maud::{Markup, PreEscaped, Render};

/// HTML that this crate made. There is no way to make one of a string from outside but
/// [`Html::from_stored`], which is for what was rendered before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// What an earlier [`super::render`] made, read back from the store.
    pub fn from_stored(html: String) -> Self {
        Self(html)
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn then(mut self, more: Html) -> Self {
        self.0.push_str(&more.0);
        self
    }
}

pub(super) fn escaped(text: &str) -> Html {
    Html(maud::html! { p { (text) } }.into_string())
}

impl From<Markup> for Html {
    fn from(markup: Markup) -> Self {
        Self(markup.into_string())
    }
}

impl Render for Html {
    fn render_to(&self, buffer: &mut String) {
        PreEscaped(&self.0).render_to(buffer);
    }
}
