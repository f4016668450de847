//! Reads what [`crate::record`] describes: the lines of an export, and those in the pages of days.
//!
//! **Invariant:** pure, and never stops at a bad line: it is told, and the next one is read.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::records::{Content, Entry};
use crate::record::{Head, Notes, Record};

/// What comes out of a source, in its order.
#[derive(Clone, Debug)]
pub enum Item {
    /// What follows is of this room.
    Room(Head),
    /// A message.
    Message(Box<Entry>),
    /// What people noted on a day of it.
    Notes(Notes),
    /// What could not be read: where, and why.
    Malformed(String, String),
    /// What is no message.
    Skipped,
}

/// Something on a line.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    File { file: String, base64: String },
    Notes(Notes),
    Message(Box<Record>),
    Room(Head),
}

/// The items of lines.
pub struct Lines<R> {
    from: R,
    /// What the lines are from.
    name: String,
    number: usize,
    n_bytes: u64,
    key: String,
    /// Of messages that have an origin of their own, for those who answer them.
    origins: HashMap<i64, String>,
    files: Vec<Content>,
}

impl<R: BufRead> Lines<R> {
    /// Reads `lines`, which are from `name`.
    pub fn new(lines: R, name: &str) -> Self {
        Self {
            from: lines,
            name: name.to_owned(),
            number: 0,
            n_bytes: 0,
            key: String::new(),
            origins: HashMap::new(),
            files: Vec::new(),
        }
    }

    /// Bytes that were read so far.
    pub fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    fn item(&mut self, line: &str) -> Option<Item> {
        let place = format!("{}:{}", self.name, self.number);
        if line.trim().is_empty() {
            return None;
        }
        Some(match serde_json::from_str(line) {
            Err(error) => Item::Malformed(place, format!("this is no line of an export ({error})")),
            Ok(Line::Room(head)) => {
                self.key.clone_from(&head.key);
                self.origins.clear();
                self.files.clear();
                Item::Room(head)
            }
            Ok(Line::File { file, base64 }) => {
                self.files.push(Content { name: file, base64 });
                return None;
            }
            Ok(Line::Notes(notes)) if self.key.is_empty() => {
                Item::Malformed(place, format!("the notes of {} are of no room", notes.day))
            }
            Ok(Line::Notes(notes)) => Item::Notes(notes),
            Ok(Line::Message(record)) if self.key.is_empty() => {
                self.files.clear();
                Item::Malformed(place, format!("message {} is of no room", record.mid))
            }
            Ok(Line::Message(record)) if record.cut => {
                self.files.clear();
                let told = format!("of message {} the page has the beginning alone", record.mid);
                Item::Malformed(place, told)
            }
            Ok(Line::Message(record)) => Item::Message(Box::new(self.entry(*record, place))),
        })
    }

    fn entry(&mut self, record: Record, place: String) -> Entry {
        let named = |mid: i64| format!("{}:{mid}", self.key);
        let answers = record.reply_to.map(|to| match self.origins.get(&to) {
            Some(origin) => origin.clone(),
            None => named(to),
        });
        let origin = match &record.origin {
            Some(origin) => {
                self.origins.insert(record.mid, origin.clone());
                origin.clone()
            }
            None => named(record.mid),
        };
        Entry { record, origin, answers, files: std::mem::take(&mut self.files), place }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = std::io::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.from.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(n_bytes) => self.n_bytes += n_bytes as u64,
                Err(error) => return Some(Err(error)),
            }
            self.number += 1;
            if let Some(item) = self.item(&String::from_utf8_lossy(&line)) {
                return Some(Ok(item));
            }
        }
    }
}

/// The lines in a page of a day, or in an export as a page; also as a browser saved it.
///
/// It is the element that is looked for, and not its id: a browser that saves a page escapes `<` in
/// what people wrote, and quotes there it does not.
pub fn in_page(html: &str) -> Option<String> {
    let (_, rest) = html.split_once("<pre id=\"record\"")?;
    let (_, rest) = rest.split_once('>')?;
    let (escaped, _) = rest.split_once("</pre>")?;
    // What was escaped last is unescaped last.
    let lines = escaped
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::{Item, Lines, in_page};

    const HEAD: &str =
        r#"{"room":1,"key":"1-5","name":"Tea","zone":"UTC","page":"Tea","space":"A"}"#;

    fn items(text: &str) -> Vec<Item> {
        Lines::new(text.as_bytes(), "x").filter_map(Result::ok).collect()
    }

    fn message(mid: i64, more: &str) -> String {
        format!(
            r#"{{"mid":{mid},"day":"2026-11-22","at":"2026-11-22T10:00:00Z","offset_minutes":0,"kind":"said","author":"bob","display":"Bob","body":"x"{more}}}"#
        )
    }

    #[test]
    fn an_answer_knows_what_it_answers_by_its_origin() {
        let text = [
            HEAD.to_owned(),
            message(1, ""),
            message(2, r#","origin":"log:7""#),
            message(3, r#","reply_to":1"#),
            message(4, r#","reply_to":2"#),
        ]
        .join("\n");
        let found: Vec<_> = items(&text)
            .into_iter()
            .filter_map(|item| match item {
                Item::Message(entry) => Some((entry.origin, entry.answers)),
                _ => None,
            })
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("1-5:1".into(), None),
                ("log:7".into(), None),
                ("1-5:3".into(), some("1-5:1")),
                ("1-5:4".into(), some("log:7")),
            ]
        );
    }

    #[test]
    fn a_bad_line_is_told_and_the_next_is_read() {
        let notes = r#"{"day":"2026-11-22","notes":"x"}"#;
        let text = ["{}", notes, HEAD, "[1", "", &message(1, ""), "null", notes].join("\n");
        let told: Vec<_> = items(&text)
            .into_iter()
            .map(|item| match item {
                Item::Room(_) => "room".into(),
                Item::Message(entry) => format!("message {}", entry.record.mid),
                Item::Malformed(place, _) => place,
                Item::Notes(notes) => format!("notes of {}", notes.day),
                Item::Skipped => "skipped".into(),
            })
            .collect();
        assert_eq!(told, ["x:1", "x:2", "room", "x:4", "message 1", "x:7", "notes of 2026-11-22"]);
    }

    #[test]
    fn a_file_belongs_to_the_message_after_it() {
        let text =
            [HEAD, r#"{"file":"a.txt","mid":1,"base64":"eA=="}"#, &message(1, ""), &message(2, "")]
                .join("\n");
        let n_files: Vec<_> = items(&text)
            .into_iter()
            .filter_map(|item| match item {
                Item::Message(entry) => Some(entry.files.len()),
                _ => None,
            })
            .collect();
        assert_eq!(n_files, [1, 0]);
    }

    #[test]
    fn lines_come_out_of_a_page_as_they_went_in() {
        let page = "<p>x</p><pre id=\"record\" hidden>{&quot;a&quot;:&quot;&lt;b&gt; &amp;lt;&quot;}\n</pre>";
        assert_eq!(in_page(page).as_deref(), Some("{\"a\":\"<b> &lt;\"}\n"));
        assert_eq!(in_page("<p>x</p>"), None);
    }

    #[test]
    fn words_in_a_message_are_no_record() {
        let forged = "&lt;pre id=\"record\" hidden&gt;{\"forged\":1}\n";
        let said = format!("<p>see id=\"record\" hidden&gt;</p><pre>{forged}</pre>");
        let saved = format!("{said}<pre id=\"record\" hidden=\"\">{{\"a\":1}}\n</pre>");
        assert_eq!(in_page(&saved).as_deref(), Some("{\"a\":1}\n"));
        assert_eq!(in_page(&said), None);
    }
}
