//! What the names in a text stand for is not the grammar's to know: whoever renders says it.

use super::Html;

/// How `!name!` shows an attached file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The file itself is the image.
    AsItIs,
    /// It cannot be shown: a link leads to it.
    Link,
    /// As an image that was made of it; a click leads to the large one.
    Picture(Picture),
}

/// The images that were made of a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Picture {
    /// Where the large one is.
    pub large: String,
    /// Where the small one is; of what is small itself, the same.
    pub small: String,
    /// Pixels across, of the large one.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Answers what the names in a text stand for. Every method may say `None`: unknown.
pub trait Resolver {
    /// The address of a page by title, in `space` or in the space of the text itself.
    fn page(&self, space: Option<&str>, title: &str) -> Option<String>;
    /// The address and display name of an account by name.
    fn account(&self, name: &str) -> Option<(String, String)>;
    /// The same for an `@name`, which calls the person.
    fn mention(&self, name: &str) -> Option<(String, String)> {
        self.account(name)
    }
    /// The address of an attached file by name.
    fn file(&self, name: &str) -> Option<String>;
    /// How an image of an attached file of that name is shown.
    fn picture(&self, _name: &str) -> Shown {
        Shown::AsItIs
    }
    /// What the `{chat}` macro shows: the room of this page. `name` as the macro gives it.
    fn chat(&self, name: Option<&str>) -> Option<Html>;
    /// What the `{children}` macro shows: the child pages.
    fn children(&self) -> Option<Html>;
    /// Where a page of that title would be made; asked on pages only, for titles that
    /// [`Resolver::page`] does not know.
    fn new_page(&self, _space: Option<&str>, _title: &str) -> Option<String> {
        None
    }
    /// Whether a page may make its reader's browser fetch images from other hosts. Where not,
    /// such an image is a link, as it always is in chat.
    fn may_show_external_images(&self) -> bool {
        false
    }
}

/// Knows nothing: every link stays text.
pub struct Unresolved;

impl Resolver for Unresolved {
    fn page(&self, _: Option<&str>, _: &str) -> Option<String> {
        None
    }
    fn account(&self, _: &str) -> Option<(String, String)> {
        None
    }
    fn file(&self, _: &str) -> Option<String> {
        None
    }
    fn chat(&self, _: Option<&str>) -> Option<Html> {
        None
    }
    fn children(&self) -> Option<Html> {
        None
    }
}
