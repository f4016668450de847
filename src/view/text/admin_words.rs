//! Phrases of administration: accounts, groups, spaces, rooms, and what was done to them.

use super::phrase::{Phrase, words};
use super::phrases::is_german;
use crate::journal::Act;

words! {
    ADMIN = "Administration", "Verwaltung";
    ADMIN_ACCOUNTS = "Accounts", "Konten";
    ADMIN_ACCOUNTS_HELP = "Who can log in, how they are called, and what they may.",
        "Wer sich anmelden kann, wie sie heißen und was sie dürfen.";
    ADMIN_GROUPS = "Groups", "Gruppen";
    ADMIN_GROUPS_HELP = "Accounts that are named together, as @name where rights are written.",
        "Konten, die zusammen genannt werden, als @name, wo Rechte stehen.";
    ADMIN_SPACES = "Spaces", "Bereiche";
    ADMIN_SPACES_HELP = "The regions of the wiki, and who may do what in them.",
        "Die Bereiche des Wikis, und wer dort was darf.";
    ADMIN_ROOMS = "Rooms", "Räume";
    ADMIN_ROOMS_HELP = "Every room of every page, also of those that you do not read. A locked room can be read but not written, whatever its page says.",
        "Jeder Raum jeder Seite, auch solcher, die Sie nicht lesen. Ein gesperrter Raum kann gelesen, aber nicht beschrieben werden, was auch immer auf seiner Seite steht.";
    ADMIN_JOURNAL = "What was done", "Was getan wurde";
    ADMIN_JOURNAL_HELP = "By pages and by commands: who, when, what, to whom. Nothing here can be changed, and passwords are never in it.",
        "Über Seiten und über Befehle: wer, wann, was, an wem. Nichts davon ist änderbar, und Passwörter stehen nie darin.";
    ADMIN_JOURNAL_EMPTY = "Nothing was done yet.", "Noch wurde nichts getan.";
    ADMIN_OLDER = "Older", "Ältere";
    ADMIN_MORE = "More", "Weitere";
    ADMIN_FIND = "Find", "Finden";
    ADMIN_FIND_ACCOUNT = "Part of a name", "Teil eines Namens";
    ADMIN_FIND_ROOM = "Part of a room's or a page's name", "Teil des Namens eines Raums oder einer Seite";
    ADMIN_FOUND_NONE = "Nothing by this name.", "Nichts mit diesem Namen.";
    ADMINISTERS = "administers", "verwaltet";
    DISABLED = "disabled", "gesperrt";
    ACCOUNT_ADD = "Add an account", "Konto anlegen";
    ACCOUNT_NAME = "Name to log in by", "Name zum Anmelden";
    ACCOUNT_NAME_HELP = "Letters, digits, dots, underscores, hyphens. It stays.",
        "Buchstaben, Ziffern, Punkte, Unter- und Bindestriche. Er bleibt.";
    ACCOUNT_DISPLAY = "Name that others see", "Name, den andere sehen";
    ACCOUNT_DISPLAY_HELP = "Shown everywhere, also beside what was said before.",
        "Überall gezeigt, auch neben dem, was schon gesagt wurde.";
    ACCOUNT_GROUPS = "Groups", "Gruppen";
    ACCOUNT_GROUPS_HELP = "With commas. A group that is not there is made.",
        "Mit Kommas. Eine Gruppe, die es nicht gibt, wird angelegt.";
    ACCOUNT_PASSWORD = "Password", "Passwort";
    ACCOUNT_PASSWORD_HELP = "At least 8 characters. They can change it in their settings.",
        "Mindestens 8 Zeichen. In den eigenen Einstellungen ist es änderbar.";
    ACCOUNT_NEW_PASSWORD = "New password", "Neues Passwort";
    ACCOUNT_NEW_PASSWORD_HELP = "At least 8 characters. Ends all sessions of the account.",
        "Mindestens 8 Zeichen. Beendet alle Sitzungen des Kontos.";
    ACCOUNT_ADMIN = "May administer", "Darf verwalten";
    ACCOUNT_ADMIN_HELP = "Everything on these pages, every page's restrictions, and deleting for good.",
        "Alles auf diesen Seiten, die Beschränkungen jeder Seite und das endgültige Löschen.";
    ACCOUNT_ADMIN_GIVE = "Let them administer", "Verwalten lassen";
    ACCOUNT_ADMIN_TAKE = "Let them administer no more", "Nicht mehr verwalten lassen";
    ACCOUNT_STATE = "Letting in", "Einlass";
    ACCOUNT_ENABLED = "The account can log in.", "Das Konto kann sich anmelden.";
    ACCOUNT_DISABLED = "The account is let in no more. What it wrote stays.",
        "Das Konto wird nicht mehr eingelassen. Was es schrieb, bleibt.";
    ACCOUNT_DISABLE = "Disable", "Sperren";
    ACCOUNT_ENABLE = "Let in again", "Wieder einlassen";
    ACCOUNT_SESSIONS_END = "Log out everywhere", "Überall abmelden";
    ACCOUNT_PROVIDER = "Log-in by the provider", "Anmeldung über den Anbieter";
    ACCOUNT_UNLINK_HELP = "Ends all sessions of the account. Only its password lets it in then.",
        "Beendet alle Sitzungen des Kontos. Dann lässt es nur noch sein Passwort ein.";
    GROUP_ADD = "Add a group", "Gruppe anlegen";
    GROUP_NAME = "Name", "Name";
    GROUP_MEMBERS = "Members", "Mitglieder";
    GROUP_MEMBERS_HELP = "Account names, with commas.", "Kontonamen, mit Kommas.";
    GROUP_REMOVE = "Remove the group", "Gruppe entfernen";
    GROUP_NAMED = "Rights name this group. To remove it, take it out of them first.",
        "Rechte nennen diese Gruppe. Um sie zu entfernen, bitte zuerst dort herausnehmen.";
    GROUPS_NONE = "There is no group yet.", "Noch gibt es keine Gruppe.";
    SPACE_ADD = "Add a space", "Bereich anlegen";
    SPACE_KEY = "Key", "Kürzel";
    SPACE_KEY_HELP = "Stands in addresses, and stays: letters, digits, - _ ~.",
        "Steht in Adressen und bleibt: Buchstaben, Ziffern, - _ ~.";
    SPACE_NAME = "Name", "Name";
    SPACE_VIEW = "Who may view", "Wer darf lesen";
    SPACE_COMMENT = "Who may write in rooms", "Wer darf in Räumen schreiben";
    SPACE_EDIT = "Who may make and edit pages", "Wer darf Seiten anlegen und bearbeiten";
    SPACE_RIGHTS = "Rights", "Rechte";
    SPACE_RIGHTS_HELP = "Account names, and groups with @, separated by commas; everyone: all accounts; anyone: also who is not signed in. Empty: nobody. Open windows of those who lose the right close at once.",
        "Kontonamen, und Gruppen mit @, durch Kommas getrennt; everyone: alle Konten; anyone: auch ohne Anmeldung. Leer: niemand. Offene Fenster derer, die das Recht verlieren, schließen sofort.";
    ROOM_STATE_OPEN = "open", "offen";
    ROOM_STATE_LOCKED = "locked", "gesperrt";
    ROOM_STATE_CLOSED = "closed: no chat on its page", "geschlossen: kein Chat auf seiner Seite";
    ROOM_LOCK_IT = "Lock", "Sperren";
    ROOM_UNLOCK_IT = "Unlock", "Entsperren";
    ROOMS_NONE = "There is no room yet.", "Noch gibt es keinen Raum.";
    BY_NOBODY_YET = "never logged in", "nie angemeldet";
}

/// `logged in 3 times`.
pub fn n_sessions(n: i64) -> String {
    match (n, is_german()) {
        (0, false) => "logged in nowhere".into(),
        (0, true) => "nirgends angemeldet".into(),
        (1, false) => "logged in once".into(),
        (1, true) => "einmal angemeldet".into(),
        (n, false) => format!("logged in {n} times"),
        (n, true) => format!("{n}-mal angemeldet"),
    }
}

/// `3 members`.
pub fn n_members(n: i64) -> String {
    match (n, is_german()) {
        (1, false) => "one member".into(),
        (1, true) => "ein Mitglied".into(),
        (n, false) => format!("{n} members"),
        (n, true) => format!("{n} Mitglieder"),
    }
}

/// What was administered, before whom it was done to.
pub fn act(act: Act) -> &'static str {
    let Phrase { en, de } = match act {
        Act::AccountAdded => both("made the account", "hat das Konto angelegt:"),
        Act::AccountCame => both(
            "logged in by the provider for the first time, as",
            "hat sich zum ersten Mal über den Anbieter angemeldet, als",
        ),
        Act::AccountClaimed => {
            both("got the groups of the provider as", "bekam die Gruppen des Anbieters als")
        }
        Act::AccountLinked => both("linked with the provider", "hat mit dem Anbieter verknüpft:"),
        Act::AccountUnlinked => both("unlinked from the provider", "hat vom Anbieter gelöst:"),
        Act::AccountShown => both("renamed", "hat umbenannt:"),
        Act::AccountGrouped => both("set the groups of", "hat die Gruppen gesetzt von"),
        Act::AdminGiven => both("let administer", "lässt verwalten:"),
        Act::AdminTaken => both("lets administer no more", "lässt nicht mehr verwalten:"),
        Act::PasswordSet => both("set the password of", "hat das Passwort gesetzt von"),
        Act::AccountDisabled => both("disabled", "hat gesperrt:"),
        Act::AccountEnabled => both("let in again", "hat wieder eingelassen:"),
        Act::SessionsEnded => both("logged out everywhere", "hat überall abgemeldet:"),
        Act::CodeReset => {
            both("turned off the second step of", "hat den zweiten Schritt abgeschaltet von")
        }
        Act::GroupAdded => both("made the group", "hat die Gruppe angelegt:"),
        Act::GroupSet => both("set the members of", "hat die Mitglieder gesetzt von"),
        Act::GroupRemoved => both("removed the group", "hat die Gruppe entfernt:"),
        Act::SpaceAdded => both("made the space", "hat den Bereich angelegt:"),
        Act::SpaceNamed => both("renamed the space", "hat den Bereich umbenannt:"),
        Act::SpaceRights => both("set the rights of", "hat die Rechte gesetzt von"),
        Act::SpaceKept => {
            both("set how many days are kept in", "hat die Aufbewahrung in Tagen gesetzt in")
        }
        Act::RoomLocked => both("locked", "hat gesperrt:"),
        Act::RoomUnlocked => both("unlocked", "hat entsperrt:"),
        Act::Purged => both("deleted for good the page", "hat endgültig gelöscht: die Seite"),
        Act::Other => both(
            "did something that this version does not know to",
            "hat getan, was diese Version nicht kennt:",
        ),
    };
    if is_german() { de } else { en }
}

const fn both(en: &'static str, de: &'static str) -> Phrase {
    Phrase { en, de }
}

/// `room 12`: of a room or page that may be gone.
pub fn room_number(room: crate::id::RoomId) -> String {
    if is_german() { format!("Nummer {room}") } else { format!("number {room}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::text::phrase::check;

    #[test]
    fn every_phrase_is_said_in_both_languages() {
        check(ALL, &["GROUP_NAME", "SPACE_NAME"]);
    }
}
