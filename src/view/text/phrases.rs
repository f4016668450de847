//! Phrases with something in them: names, counts, dates.

use jiff::civil::{Date, DateTime, Weekday};

use super::words::{NOTICES_ALL, NOTICES_MENTIONS, NOTICES_OFF, ROOM_CLOSED, ROOM_LOCKED, SITE};
use crate::file::File;
use crate::id::Mid;
use crate::language::{Language, spoken};
use crate::notice::What;
use crate::presence::State;
use crate::read_mark::N_COUNTED;
use crate::room::Room;
use crate::view::text::{Phrase, isolated};

pub(super) fn is_german() -> bool {
    spoken() == Language::German
}

/// `1 line`, `12 lines`.
fn counted(n: i64, one: Phrase, many: Phrase) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

const fn both(en: &'static str, de: &'static str) -> Phrase {
    Phrase { en, de }
}

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

fn german_month(day: Date) -> &'static str {
    let at = usize::try_from(day.month() - 1).unwrap_or_default();
    MONTHS.get(at).copied().unwrap_or_default()
}

/// As calendars shorten it: `Nov.`, but `Mai`.
fn short_german_month(day: Date) -> String {
    let month = german_month(day);
    if month.chars().count() <= 4 {
        return month.to_owned();
    }
    format!("{}.", month.chars().take(3).collect::<String>())
}

fn german_weekday(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "Montag",
        Weekday::Tuesday => "Dienstag",
        Weekday::Wednesday => "Mittwoch",
        Weekday::Thursday => "Donnerstag",
        Weekday::Friday => "Freitag",
        Weekday::Saturday => "Samstag",
        Weekday::Sunday => "Sonntag",
    }
}

fn short_german_weekday(day: Date) -> &'static str {
    german_weekday(day).get(..2).unwrap_or_default()
}

/// The title of a browser window.
pub fn window(title: &str) -> String {
    if title == &*SITE { SITE.to_string() } else { titled(title, &SITE) }
}

/// `Tea - History`: what of it a screen shows.
pub fn titled(name: &str, what: &str) -> String {
    format!("{} - {what}", isolated(name))
}

/// `Room settings Tea`: what a screen shows, and of which room or space.
pub fn of(what: &str, name: &str) -> String {
    format!("{what} {}", isolated(name))
}

/// `Join Chat: Tea`: what a link does, and where.
pub fn act_on(act: &str, name: &str) -> String {
    format!("{act}: {}", isolated(name))
}

/// `Sunday, 22 November 2026`.
pub fn day(day: Date) -> String {
    if is_german() {
        let (weekday, month) = (german_weekday(day), german_month(day));
        return format!("{weekday}, {}. {month} {}", day.day(), day.year());
    }
    day.strftime("%A, %-d %B %Y").to_string()
}

/// `Sun 22 Nov`: a day in a list.
pub fn short_day(day: Date) -> String {
    if is_german() {
        let (weekday, month) = (short_german_weekday(day), short_german_month(day));
        return format!("{weekday} {}. {month}", day.day());
    }
    day.strftime("%a %-d %b").to_string()
}

/// `22 Nov 2025`: a day of another year in a list.
pub fn short_day_and_year(day: Date) -> String {
    if is_german() {
        return format!("{}. {} {}", day.day(), short_german_month(day), day.year());
    }
    day.strftime("%-d %b %Y").to_string()
}

/// Says whether somebody is here.
pub fn is_here(display: &str, state: State) -> String {
    let is = match state {
        State::Here => both("is here now", "ist gerade hier"),
        State::Away => both("is away", "ist abwesend"),
        State::Gone => both("is not here", "ist nicht hier"),
    };
    format!("{} {is}", isolated(display))
}

/// `Ann and Ben are typing…`: up to some names.
pub fn types(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| isolated(name)).collect();
    let (type_one, type_all) =
        (both("is typing…", "schreibt gerade…"), both("are typing…", "schreiben gerade…"));
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => format!("{only} {type_one}"),
        Some((last, others)) => {
            format!("{} {} {last} {type_all}", others.join(", "), both("and", "und"))
        }
    }
}

/// `November 2026`.
pub fn month(day: Date) -> String {
    if is_german() {
        return format!("{} {}", german_month(day), day.year());
    }
    day.strftime("%B %Y").to_string()
}

/// The days of the week, short and whole, from Monday on.
pub fn weekdays() -> [(&'static str, &'static str); 7] {
    if is_german() {
        return [
            ("Mo", "Montag"),
            ("Di", "Dienstag"),
            ("Mi", "Mittwoch"),
            ("Do", "Donnerstag"),
            ("Fr", "Freitag"),
            ("Sa", "Samstag"),
            ("So", "Sonntag"),
        ];
    }
    [
        ("Mo", "Monday"),
        ("Tu", "Tuesday"),
        ("We", "Wednesday"),
        ("Th", "Thursday"),
        ("Fr", "Friday"),
        ("Sa", "Saturday"),
        ("Su", "Sunday"),
    ]
}

/// `14:05`.
pub fn time(at: DateTime) -> String {
    at.strftime("%H:%M").to_string()
}

/// `Sunday, 22 November 2026, 14:05:09`: what a time says on hover.
pub fn moment(at: DateTime) -> String {
    format!("{}, {}", day(at.date()), at.strftime("%H:%M:%S"))
}

/// `22 Nov 2026, 14:05`.
pub fn short_moment(at: DateTime) -> String {
    format!("{}, {}", short_day_and_year(at.date()), time(at))
}

/// `1 line`, `12 lines`: how long a paste is.
pub fn lines(n: i64) -> String {
    counted(n, both("line", "Zeile"), both("lines", "Zeilen"))
}

/// The title of a paste's page.
pub fn paste_by(author: &str) -> String {
    of(&both("Paste by", "Textblock von"), author)
}

/// Points from a message's history to the message.
pub fn message_by(author: &str) -> String {
    let author = isolated(author);
    if is_german() {
        return format!("Die Nachricht von {author}, an ihrer Stelle");
    }
    format!("The message by {author}, in its place")
}

/// `1 message`, `12 messages`.
pub fn messages(n: i64) -> String {
    counted(n, both("message", "Nachricht"), both("messages", "Nachrichten"))
}

/// `1 transcript`, `12 transcripts`: a folded run of days in the page tree.
pub fn days(n: usize) -> String {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    counted(n, both("transcript", "Protokoll"), both("transcripts", "Protokolle"))
}

/// `and 3 more`.
pub fn and_more(n: i64) -> String {
    if is_german() { format!("und {n} weitere") } else { format!("and {n} more") }
}

/// Who last edited a page and when.
pub fn changed(by: Option<&str>, at: &str) -> String {
    match (by.map(isolated), is_german()) {
        (Some(by), false) => format!("Last edited by {by} on {at} (UTC)"),
        (None, false) => format!("Last edited on {at} (UTC)"),
        (Some(by), true) => format!("Zuletzt bearbeitet von {by} am {at} (UTC)"),
        (None, true) => format!("Zuletzt bearbeitet am {at} (UTC)"),
    }
}

/// What an edit that takes the macro away asks.
pub fn closes(room: &str) -> String {
    let room = isolated(room);
    if is_german() {
        return format!("Ohne ihr Chat-Makro schließt die Seite den Raum „{room}“.");
    }
    format!("Without its chat macro the page closes the room “{room}”.")
}

/// Points to the status table that stands earlier on the page.
pub fn shown_above(room: &Room) -> String {
    let name = isolated(&room.name);
    if is_german() {
        return format!("Der Raum „{name}“ steht weiter oben.");
    }
    format!("The room “{name}” is shown above.")
}

/// What an error's page is headed by.
pub fn trouble(status: u16) -> Phrase {
    match status {
        401 => both("Please log in", "Bitte anmelden"),
        403 => both("Not for you to do", "Das dürfen Sie nicht"),
        404 => both("Nothing here", "Hier ist nichts"),
        409 => both("That does not fit any more", "Das passt nicht mehr"),
        413 => both("Too long", "Zu lang"),
        422 => both("Something is missing", "Da fehlt etwas"),
        429 => both("Too fast", "Zu schnell"),
        503 => both("Busy", "Überlastet"),
        400..500 => both("That cannot be done", "Das geht nicht"),
        _ => both("Something went wrong", "Etwas ging schief"),
    }
}

/// `Part 2 of 9`: of a long day.
pub fn part(part: i64, n_parts: i64) -> String {
    if is_german() {
        format!("Teil {part} von {n_parts}")
    } else {
        format!("Part {part} of {n_parts}")
    }
}

/// What was found: `2 pages, 20 messages and more`.
pub fn hits(n_pages: usize, n_messages: usize, more: bool) -> String {
    let said = |n: usize, one, many| {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        (n > 0).then(|| counted(n, one, many))
    };
    let pages = said(n_pages, both("page", "Seite"), both("pages", "Seiten"));
    let messages = said(n_messages, both("message", "Nachricht"), both("messages", "Nachrichten"));
    let all: Vec<String> = pages.into_iter().chain(messages).collect();
    let more = if more { both(" and more", " und weitere").say() } else { "" };
    format!("{}{more}", all.join(", "))
}

/// `1 file`, `12 files`.
pub fn files(n: i64) -> String {
    counted(n, both("file", "Datei"), both("files", "Dateien"))
}

/// The title of the list of all files of a room.
pub fn files_of(room: &str) -> String {
    of(&both("Files of", "Dateien von"), room)
}

/// `Settings of the room on Tea`.
pub fn settings_of(page: &str) -> String {
    of(&both("Settings of the room on", "Einstellungen des Raums auf"), page)
}

/// Who put a file into a room, when, and how large it is.
pub fn of_file(file: &File) -> String {
    format!("{}, {}, {}", isolated(&file.by), short_moment(file.local), size(file.size))
}

/// `812 bytes`, `34 kB`, `2.4 MB`.
#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
pub fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} {}", both("bytes", "Byte")),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ if is_german() => format!("{:.1} MB", bytes as f64 / 1e6).replace('.', ","),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A file over the limit, said before it is sent.
pub fn too_large(name: &str, limit: u64) -> String {
    let (name, most) = (isolated(name), crate::upload::most(limit));
    if is_german() {
        return format!("„{name}“ ist zu groß: Eine Datei darf höchstens {most} haben.");
    }
    format!("“{name}” is too large: a file may have at most {most}.")
}

/// Says in the log without scripts that an earlier message is gone.
pub fn plain_removed(author: &str, at: &str) -> String {
    let author = isolated(author);
    if is_german() {
        return format!("Die Nachricht von {author} um {at} wurde entfernt.");
    }
    format!("The message of {author} at {at} was removed.")
}

/// Says in the log without scripts that an earlier message reads otherwise now.
pub fn plain_edited(author: &str, at: &str) -> String {
    let author = isolated(author);
    if is_german() {
        return format!("{author} hat die Nachricht von {at} bearbeitet:");
    }
    format!("{author} has edited the message of {at}:")
}

/// Says in the log without scripts who reacted to an earlier message.
pub fn plain_reacted(author: &str, at: &str, any: bool) -> String {
    let author = isolated(author);
    match (any, is_german()) {
        (true, false) => format!("To the message of {author} at {at}:"),
        (true, true) => format!("Zur Nachricht von {author} um {at}:"),
        (false, false) => {
            format!("Nobody reacts to the message of {author} at {at} any more.")
        }
        (false, true) => {
            format!("Auf die Nachricht von {author} um {at} reagiert niemand mehr.")
        }
    }
}

/// Names the zone in which a room's times are.
pub fn zone(room: &Room) -> String {
    // A zero-width space: the name of a zone may break after its region.
    let zone = room.zone.replace('/', "/\u{200b}");
    format!("{} {zone}", both("Times are in", "Zeiten in"))
}

/// The pace of slow mode.
pub fn pace(seconds: i64) -> String {
    match seconds {
        0 => both("off", "aus").to_string(),
        _ => format!("{} {}", both("every", "alle"), duration(seconds)),
    }
}

/// `90 seconds`, `1 hour 2 minutes`: a span of time.
pub fn duration(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let parts = [
        (hours, both("hour", "Stunde"), both("hours", "Stunden")),
        (minutes, both("minute", "Minute"), both("minutes", "Minuten")),
        (rest, both("second", "Sekunde"), both("seconds", "Sekunden")),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| counted(n, one, many))
        .collect();
    said.join(" ")
}

/// Says that slow mode is on.
pub fn slow(seconds: i64) -> String {
    let pace = pace(seconds);
    if is_german() {
        return format!("Langsamer Modus: {pace} eine Nachricht.");
    }
    format!("Slow mode: one message {pace}.")
}

/// Names a message where its text is not to be shown.
pub fn message(mid: Mid) -> String {
    format!("{} {mid}", both("message", "Nachricht"))
}

/// Why nobody can write in a room.
pub fn shut(room: &Room) -> Option<Phrase> {
    match (room.open, room.locked) {
        (false, _) => Some(ROOM_CLOSED),
        (true, true) => Some(ROOM_LOCKED),
        (true, false) => None,
    }
}

/// How many messages are unread, as far as they are counted.
pub fn unread(n: i64) -> String {
    if n < N_COUNTED { n.to_string() } else { format!("{}+", N_COUNTED - 1) }
}

/// What somebody is told of.
pub fn notices(what: What) -> Phrase {
    match what {
        What::Off => NOTICES_OFF,
        What::Mentions => NOTICES_MENTIONS,
        What::All => NOTICES_ALL,
    }
}

/// `Version 3`.
pub fn version(version: i64) -> String {
    format!("Version {version}")
}

/// Who saved a version; nobody: the operator.
pub fn saved_by(by: Option<&str>) -> String {
    by.map_or_else(|| super::OPERATOR.to_string(), isolated)
}

/// `3 pages below it`.
pub fn below(n: i64) -> String {
    counted(n, both("page below it", "Seite darunter"), both("pages below it", "Seiten darunter"))
}

/// A page in the trash that stands below another one there.
pub fn restore_first(above: &str) -> String {
    let above = isolated(above);
    if is_german() {
        format!("Liegt unter „{above}“; diese Seite zuerst wiederherstellen.")
    } else {
        format!("It stands below “{above}”; restore that page first.")
    }
}
