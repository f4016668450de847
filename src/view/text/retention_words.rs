//! Phrases about how long things are kept, and about the notes of a day.

use jiff::civil::Date;

use super::phrase::words;
use super::phrases::{is_german, short_day_and_year, size};
use crate::retention::Due;

words! {
    KEEP = "Keeping messages", "Aufbewahrung";
    KEEP_DAYS = "Days", "Tage";
    KEEP_UNSET = "no number", "keine Zahl";
    KEEP_AS_SPACE = "(as its space says)", "(wie ihr Bereich es vorgibt)";
    KEEP_ROOM_HELP = "Without a number the room keeps as its space says.",
        "Ohne Zahl bewahrt der Raum auf, wie sein Bereich es vorgibt.";
    KEEP_SPACE_HELP = "For all rooms of this space but those that choose fewer days themselves. Without a number they keep for ever.",
        "Für alle Räume dieses Bereichs außer denen, die selbst weniger Tage wählen. Ohne Zahl bewahren sie für immer auf.";
    KEEP_HELP = "What is older is removed for good, day by day, with its files. You are shown what goes before anything does.",
        "Was älter ist, wird endgültig entfernt, Tag für Tag, mit seinen Dateien. Vorher wird gezeigt, was verschwindet.";
    KEEP_WARNING = "Nothing brings it back. What people noted on the pages of days stays.",
        "Nichts bringt es zurück. Was Menschen auf den Seiten der Tage notiert haben, bleibt.";
    KEEP_SURE = "Yes, remove it", "Ja, entfernen";
    NOTES = "Notes", "Notizen";
    WRITE_NOTES = "Write notes", "Notizen schreiben";
    NOTES_HELP = "Stands at the top of the day's page, beside its conversation, and stays when the messages go.",
        "Steht oben auf der Seite des Tages, neben seinem Gespräch, und bleibt, wenn die Nachrichten gehen.";
    EXPIRED_DAY = "The messages of this day are no longer kept.",
        "Die Nachrichten dieses Tages werden nicht mehr aufbewahrt.";
    KEEP_IF = "If this is set, it takes effect within a minute, and these go:",
        "Wird das so eingestellt, gilt es innerhalb einer Minute, und es verschwinden:";
    RETENTION = "Upkeep", "Die Aufbewahrungsfrist";
}

/// `Messages are kept for 30 days.`
pub fn kept(days: Option<i64>) -> String {
    match (days, is_german()) {
        (None, false) => "Messages are kept for ever.".into(),
        (None, true) => "Nachrichten werden für immer aufbewahrt.".into(),
        (Some(1), false) => "Messages are kept for one day.".into(),
        (Some(1), true) => "Nachrichten werden einen Tag lang aufbewahrt.".into(),
        (Some(days), false) => format!("Messages are kept for {days} days."),
        (Some(days), true) => format!("Nachrichten werden {days} Tage lang aufbewahrt."),
    }
}

/// What somebody set, in the list of what was done.
pub fn set_kept(days: Option<i64>) -> String {
    match (days, is_german()) {
        (None, false) => "let messages be kept without an end of their own".into(),
        (None, true) => "hat die eigene Frist für Nachrichten aufgehoben".into(),
        (Some(days), false) => format!("let messages be kept for {}", n_days(days)),
        (Some(days), true) => format!("lässt Nachrichten {} lang aufbewahren", n_days(days)),
    }
}

/// What went, in the same list.
pub fn expired(before: Date, days: i64, messages: i64, files: i64) -> String {
    let before = short_day_and_year(before);
    let days = n_days(days);
    if is_german() {
        let messages = counted(messages, "Nachricht", "Nachrichten");
        let files = counted(files, "Datei", "Dateien");
        return format!("hat entfernt, was vor dem {before} war: {days}, {messages}, {files}");
    }
    let messages = counted(messages, "message", "messages");
    let files = counted(files, "file", "files");
    format!("removed what was before {before}: {days}, {messages}, {files}")
}

/// What would go, in a list of rooms.
pub fn due(due: &Due) -> String {
    let before = short_day_and_year(due.before);
    let (days, size) = (n_days(due.n_days), size(due.n_bytes));
    if is_german() {
        let messages = counted(due.n_messages, "Nachricht", "Nachrichten");
        let files = counted(due.n_files, "Datei", "Dateien");
        return format!("vor dem {before}: {days}, {messages}, {files} ({size})");
    }
    let messages = counted(due.n_messages, "message", "messages");
    let files = counted(due.n_files, "file", "files");
    format!("before {before}: {days}, {messages}, {files} ({size})")
}

fn n_days(n: i64) -> String {
    if is_german() { counted(n, "Tag", "Tage") } else { counted(n, "day", "days") }
}

fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::text::phrase::check;

    #[test]
    fn every_phrase_is_said_in_both_languages() {
        check(ALL, &[]);
    }
}
