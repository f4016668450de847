//! Phrases of the wiki around the rooms: what changed lately, watched pages, who may see a page.

use super::phrase::{isolated, words};
use super::phrases::is_german;
use crate::effective::{Asked, Reason};
use crate::page_file::Act;

words! {
    CHANGES = "Recent changes", "Letzte Änderungen";
    CHANGES_EMPTY = "Nothing was saved yet that you may see.",
        "Noch wurde nichts gespeichert, was Sie sehen dürfen.";
    CHANGES_OLDER = "Older changes", "Ältere Änderungen";
    CHANGES_ALL_SPACES = "All spaces", "Alle Bereiche";
    CHANGES_NEW_PAGE = "new page", "neue Seite";
    CHANGES_DIFFERENCE = "What changed", "Was sich geändert hat";
    WATCH = "Watch this page", "Diese Seite beobachten";
    UNWATCH = "Stop watching", "Nicht mehr beobachten";
    WATCHED = "Changed on pages you watch", "Geändert auf beobachteten Seiten";
    COPY_PAGE = "Copy this page", "Diese Seite kopieren";
    TREE_AROUND = "This space has many pages: here are those around this one. Search finds all.",
        "Dieser Bereich hat viele Seiten: Hier stehen die um diese herum. Die Suche findet alle.";
    MOVE_UNDER_TITLE = "or under the page titled", "oder unter die Seite mit dem Titel";
    NO_PAGE_FILES = "No files yet.", "Noch keine Dateien.";
    REMOVE_FILE = "Remove for good", "Endgültig entfernen";
    REMOVE_FILE_HELP = "The file goes from the page, and nothing brings it back.",
        "Die Datei verschwindet von der Seite, und nichts bringt sie zurück.";
    EFFECTIVE = "Why may somebody see this page, or not?",
        "Warum darf jemand diese Seite sehen, oder nicht?";
    EFFECTIVE_HELP = "Everything that decides about one account: the rights of the space, and restrictions of this page and of those above it.",
        "Alles, was über ein Konto entscheidet: die Rechte des Bereichs und die Beschränkungen dieser Seite und der Seiten darüber.";
    EFFECTIVE_ACCOUNT = "Account", "Konto";
    EFFECTIVE_ASK = "Explain", "Erklären";
    EFFECTIVE_NOBODY = "There is no account of this name.", "Ein Konto dieses Namens gibt es nicht.";
    EFFECTIVE_YES = "Yes", "Ja";
    EFFECTIVE_NO = "No", "Nein";
}

/// `Copy of Tea`: a title to begin with, to be typed on in; so nothing unseen is in it.
pub fn copy_of(title: &str) -> String {
    if is_german() { format!("Kopie von {title}") } else { format!("Copy of {title}") }
}

/// `attached plan.pdf`: what was done with a file of a page.
pub fn file_act(act: Act, name: &str) -> String {
    let name = isolated(name);
    match (act, is_german()) {
        (Act::Attached, false) => format!("attached “{name}”"),
        (Act::Attached, true) => format!("„{name}“ angehängt"),
        (Act::Removed, false) => format!("removed “{name}”"),
        (Act::Removed, true) => format!("„{name}“ entfernt"),
    }
}

/// `Remove plan.pdf`: what the button that removes a file is called.
pub fn remove_file(name: &str) -> String {
    let name = isolated(name);
    if is_german() { format!("{name} entfernen") } else { format!("Remove {name}") }
}

/// `See the page, its room and its files`: what is asked about somebody.
pub fn asked(asked: Asked) -> &'static str {
    match (asked, is_german()) {
        (Asked::View, false) => "See the page, its room, files and transcripts",
        (Asked::View, true) => "Die Seite sehen, mit Raum, Dateien und Protokollen",
        (Asked::Comment, false) => "Write in the room",
        (Asked::Comment, true) => "Im Raum schreiben",
        (Asked::Edit, false) => "Edit the page",
        (Asked::Edit, true) => "Die Seite bearbeiten",
        (Asked::Moderate, false) => "Moderate the room",
        (Asked::Moderate, true) => "Den Raum moderieren",
    }
}

/// Why somebody may, or may not.
pub fn reason(reason: &Reason) -> String {
    match (reason, is_german()) {
        (Reason::Disabled, false) => "The account is disabled.".into(),
        (Reason::Disabled, true) => "Das Konto ist gesperrt.".into(),
        (Reason::SpaceNames(space, who), false) => {
            format!("The space “{}” lets {} do it.", isolated(space), isolated(who))
        }
        (Reason::SpaceNames(space, who), true) => {
            format!("Der Bereich „{}“ erlaubt es: {}.", isolated(space), isolated(who))
        }
        (Reason::SpaceNamesNot(space), false) => {
            format!("The space “{}” does not let this account do it.", isolated(space))
        }
        (Reason::SpaceNamesNot(space), true) => {
            format!("Der Bereich „{}“ erlaubt es diesem Konto nicht.", isolated(space))
        }
        (Reason::PageNames(page, who), false) => {
            format!("“{}” is restricted, and names {}.", isolated(page), isolated(who))
        }
        (Reason::PageNames(page, who), true) => {
            format!("„{}“ ist beschränkt und nennt {}.", isolated(page), isolated(who))
        }
        (Reason::PageNamesNot(page), false) => {
            format!("“{}” is restricted, and does not name this account.", isolated(page))
        }
        (Reason::PageNamesNot(page), true) => {
            format!("„{}“ ist beschränkt und nennt dieses Konto nicht.", isolated(page))
        }
        (Reason::Trashed(page), false) => format!("“{}” is in the trash.", isolated(page)),
        (Reason::Trashed(page), true) => format!("„{}“ liegt im Papierkorb.", isolated(page)),
        (Reason::Administers, false) => "The account administers.".into(),
        (Reason::Administers, true) => "Das Konto ist ein Administrator.".into(),
        (Reason::MadeThePage, false) => "The account made the page, and may edit it.".into(),
        (Reason::MadeThePage, true) => {
            "Das Konto hat die Seite angelegt und darf sie bearbeiten.".into()
        }
        (Reason::NotItsRoom, false) => "The account neither administers nor made the page.".into(),
        (Reason::NotItsRoom, true) => {
            "Es ist kein Administrator und hat die Seite nicht angelegt.".into()
        }
        (Reason::SeesNot, false) => "The account does not see the page.".into(),
        (Reason::SeesNot, true) => "Das Konto sieht die Seite nicht.".into(),
    }
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
