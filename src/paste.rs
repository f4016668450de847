//! Long text: a few lines of it in the log, the whole on a page of its own.
//!
//! **Invariant:** nothing of a paste is interpreted; it is text wherever it stands.

use rusqlite::Connection;

use crate::change::Change;
use crate::error::Result;
use crate::id::{Mid, RoomId};
use crate::markup::{self, Block, Html, Mode};
use crate::store::Tx;
use crate::version;

/// More lines than this are a paste.
const N_LINES: usize = 10;
/// More characters than this are a paste.
const N_CHARACTERS: usize = 2000;
/// Lines in the log.
const N_SHOWN: usize = 6;
/// Characters of a line in the log.
const LINE_SHOWN: usize = 200;
/// Bytes that are searched, from the beginning: the index stays small.
const SEARCHED: usize = 64 * 1024;

// ------------------------------------------------------------------------------------ rules

/// Is the text, cleaned, a paste? What fits into a message and is one block of code is not: its
/// author said what it is.
pub(crate) fn is_paste(text: &str, message_limit: usize) -> bool {
    let fits = text.len() <= message_limit;
    let n_lines = text.split('\n').filter(|line| !is_file(line)).count();
    let long = !fits || n_lines > N_LINES || text.chars().nth(N_CHARACTERS).is_some();
    long && !(fits && is_one_block_of_code(text))
}

/// The line above a text that makes it a paste, however short it is.
const COMMAND: &str = "/paste\n";

/// The paste that the author asks for.
pub(crate) fn asked_for(text: &str) -> Option<&str> {
    let asked = text.strip_prefix(COMMAND)?.trim_start_matches('\n');
    (!asked.is_empty()).then_some(asked)
}

/// A paste as its author would type it again: what is one by its length needs no command.
pub(crate) fn source(text: &str) -> String {
    let by_length = is_paste(text, usize::MAX) && asked_for(text).is_none();
    if by_length { text.to_owned() } else { format!("{COMMAND}{text}") }
}

/// A line that does no more than show a file.
fn is_file(line: &str) -> bool {
    line.starts_with("[^") && line.ends_with(']') || line.starts_with('!') && line.ends_with('!')
}

fn is_one_block_of_code(text: &str) -> bool {
    matches!(markup::parse(text, Mode::Chat).blocks(), [Block::Code { .. }])
}

/// How many lines a text has.
pub(crate) fn n_lines(text: &str) -> usize {
    text.split('\n').count()
}

/// What is searched, and kept beside the message.
pub(crate) fn beginning(text: &str) -> &str {
    text.split_at(text.floor_char_boundary(SEARCHED)).0
}

/// The first lines, as the log shows them.
pub(crate) fn excerpt(text: &str) -> Html {
    let mut lines: Vec<String> = text.split('\n').take(N_SHOWN).map(cut).collect();
    if n_lines(text) > N_SHOWN {
        lines.push("…".into());
    }
    markup::preformatted(&lines.join("\n"))
}

fn cut(line: &str) -> String {
    let mut shown: String = line.chars().take(LINE_SHOWN).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

// ------------------------------------------------------------------------------------ sql

/// The whole text.
pub(crate) fn select(connection: &Connection, room: RoomId, mid: Mid) -> Result<String> {
    let mut statement = connection
        .prepare_cached("select text from paste where room = ?1 and mid = ?2 order by part")?;
    let mut rows = statement.query((room, mid))?;
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        text.push_str(row.get_ref(0)?.as_str().map_err(crate::error::Error::broken)?);
    }
    Ok(text)
}

/// Bytes of the whole text; none of it is read for that.
pub(crate) fn size(connection: &Connection, room: RoomId, mid: Mid) -> Result<usize> {
    let size = connection
        .prepare_cached(
            "select coalesce(sum(octet_length(text)), 0) from paste where room = ?1 and mid = ?2",
        )?
        .query_row((room, mid), |row| row.get(0))?;
    Ok(size)
}

/// Keeps the whole text in parts, in place of what there was; `None`: nothing any more.
pub(crate) fn replace(
    tx: &Tx<'_, Change>,
    room: RoomId,
    mid: Mid,
    text: Option<&str>,
) -> Result<()> {
    tx.prepare_cached("delete from paste where room = ?1 and mid = ?2")?.execute((room, mid))?;
    let mut insert =
        tx.prepare_cached("insert into paste (room, mid, part, text) values (?1, ?2, ?3, ?4)")?;
    for (part, text) in (0_i64..).zip(version::parts(text.unwrap_or_default())) {
        insert.execute((room, mid, part, text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{asked_for, excerpt, is_paste, source};

    const LIMIT: usize = 16 * 1024;

    #[test]
    fn eleven_lines_or_2001_characters_are_a_paste() {
        assert!(!is_paste(&["x"; 10].join("\n"), LIMIT));
        assert!(is_paste(&["x"; 11].join("\n"), LIMIT));
        assert!(!is_paste(&["[^a.pdf]"; 11].join("\n"), LIMIT));
        assert!(!is_paste(&"é".repeat(2000), LIMIT));
        assert!(is_paste(&"é".repeat(2001), LIMIT));
    }

    #[test]
    fn what_is_typed_again_is_the_same_paste() {
        for text in ["x", "/paste\nx", "a\nb", &["x"; 11].join("\n"), &["/paste"; 12].join("\n")] {
            let typed = source(text);
            let again = asked_for(&typed).unwrap_or_else(|| {
                assert!(is_paste(&typed, LIMIT), "{typed}");
                &typed
            });
            assert_eq!(again, text);
        }
        assert_eq!(asked_for("/paste\n\n"), None);
        assert_eq!(asked_for("/paste it"), None);
    }

    #[test]
    fn one_block_of_code_is_a_message_as_long_as_it_fits() {
        let lines = ["x"; 30].join("\n");
        for code in [format!("```\n{lines}\n```"), format!("{{code}}\n{lines}\n{{code}}")] {
            assert!(!is_paste(&code, LIMIT), "{code}");
            assert!(is_paste(&code, 50), "{code}");
            assert!(is_paste(&format!("look:\n{code}"), LIMIT), "{code}");
        }
    }

    #[test]
    fn an_excerpt_is_short_and_text() {
        let lines = ["<b>*x*</b>"; 11].join("\n");
        let html = excerpt(&lines);
        assert_eq!(html.as_str().matches("&lt;b&gt;*x*&lt;/b&gt;\n").count(), 6);
        assert!(html.as_str().ends_with("\n…</pre>"), "{}", html.as_str());
        assert!(excerpt(&"é".repeat(1 << 20)).as_str().len() < 500);
    }
}
