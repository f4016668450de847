//! What went wrong, in the reader's language.
//!
//! An [`Error`] says itself in English, where it is made, since operators and logs read it too.
//! Here those sentences are the keys of a table, as in gettext, with `{}` for what was put in, which
//! is mostly a name; a test looks through the source for sentences that are missing.

use super::phrase::isolated;
use super::phrases::{duration, short_moment};
use crate::error::Error;
use crate::language::{Language, spoken};

/// English, German.
const SENTENCES: &[(&str, &str)] = &[
    (
        "There is nothing here, or nothing that you may see.",
        "Hier ist nichts, oder nichts, was Sie sehen dürfen.",
    ),
    ("Please sign in first.", "Bitte zuerst anmelden."),
    ("That is too long: at most {} bytes fit.", "Das ist zu lang: Höchstens {} Byte passen."),
    (
        "Somebody else has changed this page in the meantime.",
        "Jemand anderes hat diese Seite inzwischen geändert.",
    ),
    (
        "That was too fast. Try again in {} s.",
        "Das war zu schnell. Bitte in {} s noch einmal versuchen.",
    ),
    (
        "Too many windows are open here at once. Close some, or try again in {} s.",
        "Hier sind zu viele Fenster zugleich offen. Bitte einige schließen, oder in {} s noch einmal \
         versuchen.",
    ),
    (
        "The server is busy. Try again in a moment.",
        "Der Server ist überlastet. Bitte gleich noch einmal versuchen.",
    ),
    (
        "The server's disk is full; nothing was stored.",
        "Der Speicher des Servers ist voll; nichts wurde gespeichert.",
    ),
    ("Something went wrong on the server.", "Auf dem Server ging etwas schief."),
    (
        "20 messages are pinned here, and that is enough. Unpin one first.",
        "Hier sind 20 Nachrichten angeheftet, und das genügt. Bitte zuerst eine ablösen.",
    ),
    (
        "A key has 1 to 64 letters, digits, -, _ or ~.",
        "Ein Kürzel hat 1 bis 64 Buchstaben, Ziffern, -, _ oder ~.",
    ),
    (
        "A moderator has locked this room: it can be read but not written.",
        "Dieser Raum wurde gesperrt: Er kann gelesen, aber nicht beschrieben werden.",
    ),
    (
        "A name has 1 to 64 letters, digits, dots, underscores or hyphens.",
        "Ein Name hat 1 bis 64 Buchstaben, Ziffern, Punkte, Unter- oder Bindestriche.",
    ),
    (
        "A name that others see has at least one letter.",
        "Ein Name, den andere sehen, hat mindestens einen Buchstaben.",
    ),
    (
        "Nobody else administers. Let somebody else administer first.",
        "Niemand sonst verwaltet. Bitte zuerst jemand anderes verwalten lassen.",
    ),
    (
        "The name of a group has 1 to 64 letters, digits, dots, underscores or hyphens.",
        "Der Name einer Gruppe hat 1 bis 64 Buchstaben, Ziffern, Punkte, Unter- oder Bindestriche.",
    ),
    ("There is an account named {} already.", "Es gibt schon ein Konto namens {}."),
    ("There is a group named {} already.", "Es gibt schon eine Gruppe namens {}."),
    ("There is a space {} already.", "Es gibt schon einen Bereich {}."),
    ("There is no group named {}.", "Es gibt keine Gruppe namens {}."),
    (
        "Rights name the group {}. Take it out of them first.",
        "Rechte nennen die Gruppe {}. Bitte sie zuerst dort herausnehmen.",
    ),
    ("A space needs a name.", "Ein Bereich braucht einen Namen."),
    ("A page cannot stand below itself.", "Eine Seite kann nicht unter sich selbst stehen."),
    ("A page needs a title.", "Eine Seite braucht einen Titel."),
    ("A password has {} to {} bytes.", "Ein Passwort hat {} bis {} Byte."),
    ("The current password is not right.", "Das bisherige Passwort stimmt nicht."),
    (
        "The page above it, “{}”, is in the trash too. Restore that one first.",
        "Auch die Seite darüber, „{}“, liegt im Papierkorb. Bitte zuerst diese wiederherstellen.",
    ),
    ("Only who administers may delete for good.", "Endgültig löschen darf nur, wer verwaltet."),
    (
        "Say that you are sure: nothing brings it back.",
        "Bitte bestätigen: Nichts bringt sie zurück.",
    ),
    ("A password has 4 to 128 bytes.", "Ein Passwort hat 4 bis 128 Byte."),
    (
        "A restriction names accounts, groups or everyone. To let anyone in, leave it empty.",
        "Eine Beschränkung nennt Konten, Gruppen oder everyone. Um alle einzulassen, bleibt sie leer.",
    ),
    (
        "A title has at most 200 characters, on one line.",
        "Ein Titel hat höchstens 200 Zeichen, in einer Zeile.",
    ),
    (
        "A topic has at most 200 characters, on one line.",
        "Ein Thema hat höchstens 200 Zeichen, in einer Zeile.",
    ),
    (
        "A transcript stays under its room's page.",
        "Ein Protokoll bleibt unter der Seite seines Raums.",
    ),
    (
        "Another page of this space has this title. Choose another one.",
        "Eine andere Seite dieses Bereichs hat diesen Titel. Bitte einen anderen wählen.",
    ),
    (
        "Attach files to the room's page: a day shows those.",
        "Bitte Dateien an die Seite des Raums anhängen: Ein Tag zeigt diese.",
    ),
    ("At most {} files at once.", "Höchstens {} Dateien auf einmal."),
    ("Choose off, mentions or all.", "Bitte Aus, Nennungen oder Alles wählen."),
    ("Choose one emoji.", "Bitte ein einzelnes Emoji wählen."),
    ("Choose a file first.", "Bitte zuerst eine Datei wählen."),
    ("Choose from 0 seconds (off) to an hour.", "Bitte 0 Sekunden (aus) bis eine Stunde wählen."),
    ("Choose from a minute to 30 days.", "Bitte eine Minute bis 30 Tage wählen."),
    (
        "Choose from 1 to 36500 days, or leave it empty.",
        "Bitte 1 bis 36500 Tage wählen oder leer lassen.",
    ),
    (
        "This space keeps {} days; only who administers may choose more.",
        "Dieser Bereich bewahrt {} Tage auf; mehr darf nur wählen, wer verwaltet.",
    ),
    ("Only who administers may do that.", "Das darf nur, wer verwaltet."),
    ("Name a month like 2026-11.", "Bitte einen Monat wie 2026-11 nennen."),
    ("Name the message to look before.", "Bitte die Nachricht nennen, vor der gesucht wird."),
    ("Nobody of this name reads here.", "Niemand mit diesem Namen liest hier."),
    ("Only who moderates this room may do that.", "Das darf nur, wer diesen Raum moderiert."),
    (
        "That is too much at once. Nothing was sent.",
        "Das ist zu viel auf einmal. Nichts wurde gesendet.",
    ),
    (
        "The conversation of a day cannot be edited.",
        "Das Gespräch eines Tages kann nicht bearbeitet werden.",
    ),
    ("The name or the password is not right.", "Der Name oder das Passwort stimmt nicht."),
    (
        "The page above must be a page of the same space.",
        "Die Seite darüber muss eine Seite desselben Bereichs sein.",
    ),
    (
        "The tree is deep enough: choose a page further up.",
        "Der Baum ist tief genug: Bitte eine Seite weiter oben wählen.",
    ),
    ("The upload broke off.", "Das Hochladen brach ab."),
    ("There is no account named {}.", "Es gibt kein Konto namens {}."),
    (
        "There is no space where you may make pages.",
        "Es gibt keinen Bereich, in dem Sie Seiten anlegen dürfen.",
    ),
    (
        "There is no space left for files on this server.",
        "Auf diesem Server ist kein Platz mehr für Dateien.",
    ),
    ("There is no page “{}” in this space.", "Es gibt keine Seite „{}“ in diesem Bereich."),
    ("There is no space {}.", "Es gibt keinen Bereich {}."),
    ("There is no such space.", "Diesen Bereich gibt es nicht."),
    (
        "The name {} looks like {}, which is there already.",
        "Der Name {} sieht aus wie {}, und den gibt es schon.",
    ),
    (
        "That code is not right, or was used already.",
        "Dieser Code stimmt nicht, oder er wurde schon benutzt.",
    ),
    ("The second step is on already.", "Der zweite Schritt ist schon an."),
    ("The second step is off.", "Der zweite Schritt ist aus."),
    (
        "Set up the second step anew: this one was not confirmed in time.",
        "Bitte den zweiten Schritt neu einrichten: dieser wurde nicht rechtzeitig bestätigt.",
    ),
    (
        "The log-in service does not answer. Try again in a moment.",
        "Der Anmeldedienst antwortet nicht. Bitte gleich noch einmal versuchen.",
    ),
    ("The log-in was broken off.", "Die Anmeldung wurde abgebrochen."),
    (
        "This log-in took too long, was used already, or began in another browser. Begin again.",
        "Diese Anmeldung hat zu lange gedauert, wurde schon benutzt oder in einem anderen Browser begonnen. Bitte von vorn beginnen.",
    ),
    (
        "The log-in service let nobody in. Tell who runs this site.",
        "Der Anmeldedienst hat niemanden eingelassen. Bitte Bescheid sagen, wo diese Seite betrieben wird.",
    ),
    (
        "What the log-in service says cannot be trusted. Tell who runs this site.",
        "Den Angaben des Anmeldedienstes ist nicht zu trauen. Bitte Bescheid sagen, wo diese Seite betrieben wird.",
    ),
    (
        "This account is not let in any more. Ask who runs this site.",
        "Dieses Konto wird nicht mehr eingelassen. Bitte dort fragen, wo diese Seite betrieben wird.",
    ),
    (
        "There is no name left for this account. Ask who runs this site.",
        "Für dieses Konto ist kein Name mehr frei. Bitte dort fragen, wo diese Seite betrieben wird.",
    ),
    (
        "That log-in belongs to another account here. Ask who runs this site.",
        "Diese Anmeldung gehört hier schon zu einem anderen Konto. Bitte dort fragen, wo diese Seite betrieben wird.",
    ),
    (
        "This account is linked already. Unlink it first.",
        "Dieses Konto ist schon verknüpft. Bitte zuerst lösen.",
    ),
    ("This account is not linked.", "Dieses Konto ist nicht verknüpft."),
    (
        "It is the only way into this account. Set a password for it before you unlink it.",
        "Es ist der einzige Weg in dieses Konto. Bitte vor dem Lösen ein Passwort setzen lassen.",
    ),
    (
        "Something in this address is missing or wrong.",
        "In dieser Adresse fehlt etwas, oder etwas stimmt nicht.",
    ),
    ("This form is not complete.", "Dieses Formular ist nicht vollständig."),
    (
        "Send a form (application/x-www-form-urlencoded).",
        "Erwartet wird ein Formular (application/x-www-form-urlencoded).",
    ),
    (
        "Send a form with files (multipart/form-data).",
        "Erwartet wird ein Formular mit Dateien (multipart/form-data).",
    ),
    (
        "There is nothing at this address that can be shown.",
        "Unter dieser Adresse gibt es nichts anzuzeigen.",
    ),
    ("This address takes no such request.", "Diese Adresse nimmt so eine Anfrage nicht an."),
    ("This is no cursor of ours.", "Das ist keine Stelle in diesem Raum."),
    ("This is no text.", "Das ist kein Text."),
    ("This is not the id of a page.", "Das ist nicht die Nummer einer Seite."),
    (
        "This message was rewritten often enough. Write a new one.",
        "Diese Nachricht wurde oft genug umgeschrieben. Bitte eine neue schreiben.",
    ),
    ("This message was removed.", "Diese Nachricht wurde entfernt."),
    (
        "This room is closed: it can be read but not written.",
        "Dieser Raum ist geschlossen: Er kann gelesen, aber nicht beschrieben werden.",
    ),
    ("What this answers is not in this room.", "Was dies beantwortet, steht nicht in diesem Raum."),
    (
        "Who moderates here cannot be muted.",
        "Wer hier moderiert, kann nicht stummgeschaltet werden.",
    ),
    ("Write something first.", "Bitte zuerst etwas schreiben."),
    (
        "You have uploaded a lot today. Try again tomorrow.",
        "Sie haben heute viel hochgeladen. Bitte morgen wieder versuchen.",
    ),
    (
        "You may edit only what you wrote yourself.",
        "Sie dürfen nur bearbeiten, was Sie selbst geschrieben haben.",
    ),
    ("You may not make pages in this space.", "Sie dürfen in diesem Bereich keine Seiten anlegen."),
    ("You may read here but not write.", "Sie dürfen hier lesen, aber nicht schreiben."),
    (
        "You may remove only what you wrote yourself.",
        "Sie dürfen nur entfernen, was Sie selbst geschrieben haben.",
    ),
    (
        "You may see this page but not change it.",
        "Sie dürfen diese Seite sehen, aber nicht ändern.",
    ),
    (
        "“{}” is no account and no group. Groups begin with @.",
        "„{}“ ist kein Konto und keine Gruppe. Gruppen beginnen mit @.",
    ),
    (
        "“{}” is too large: a file may have at most {}. Nothing was sent.",
        "„{}“ ist zu groß: Eine Datei darf höchstens {} haben. Nichts wurde gesendet.",
    ),
];

/// An error in the language that is spoken.
pub fn error(error: &Error) -> String {
    let german = spoken() == Language::German;
    match error {
        Error::SlowMode { seconds, every } => {
            let rest = duration(i64::try_from(*seconds).unwrap_or(i64::MAX));
            let every = duration(*every);
            if german {
                return format!(
                    "Dieser Raum ist im langsamen Modus: eine Nachricht alle {every}. Sie können \
                     in {rest} wieder schreiben."
                );
            }
            format!(
                "This room is in slow mode: one message every {every}. You can write again in \
                 {rest}."
            )
        }
        Error::Muted { until } => {
            let until = format!("{} ({})", short_moment(until.datetime()), until.strftime("%Z"));
            if german {
                return format!(
                    "Sie sind in diesem Raum bis {until} stummgeschaltet. Lesen können Sie weiter."
                );
            }
            format!("You are muted in this room until {until}. You can still read.")
        }
        other => sentence(&other.to_string()),
    }
}

/// A sentence of the table in the language that is spoken, with what was put in isolated; any other
/// stays as it is.
pub fn sentence(english: &str) -> String {
    let found = SENTENCES.iter().find_map(|(en, de)| Some((fit(en, english)?, en, de)));
    let Some((put_in, en, de)) = found else { return english.to_owned() };
    let spoken = match spoken() {
        Language::English => en,
        Language::German => de,
    };
    let mut said = String::new();
    let mut put_in = put_in.into_iter().map(isolated);
    for (at, part) in spoken.split("{}").enumerate() {
        if at > 0 {
            said.push_str(&put_in.next().unwrap_or_default());
        }
        said.push_str(part);
    }
    said
}

/// What stands in the places of `pattern`, if `text` is of its form.
fn fit<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = match parts.peek() {
            None => rest.strip_suffix(part)?.len(),
            Some(_) => rest.find(part)?,
        };
        let (put_in, after) = rest.split_at_checked(at)?;
        found.push(put_in);
        rest = after.get(part.len()..)?;
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::within;

    #[test]
    fn a_sentence_keeps_what_was_put_in() {
        let say = |english: &str| within(Language::German, || sentence(english));
        assert_eq!(say("There is no account named {}."), "Es gibt kein Konto namens {}.");
        assert_eq!(
            say("“a “b” is too large: a file may have at most 25 MB. Nothing was sent."),
            "„\u{2068}a “b\u{2069}“ ist zu groß: Eine Datei darf höchstens 25 MB haben. Nichts wurde gesendet."
        );
        assert_eq!(say("A page needs a title."), "Eine Seite braucht einen Titel.");
        assert_eq!(say("Unheard of."), "Unheard of.");
        assert_eq!(sentence("A page needs a title."), "A page needs a title.");
    }

    #[test]
    fn what_was_put_in_turns_no_word_of_ours_round() {
        let name = "\u{5d3}\u{5e0}\u{5d4}";
        for (en, _) in SENTENCES {
            for language in [Language::English, Language::German] {
                let said = within(language, || sentence(&en.replace("{}", name)));
                let isolated = said.matches(&isolated(name)).count();
                assert_eq!(isolated, en.matches("{}").count(), "{said}");
            }
        }
    }

    #[test]
    fn both_languages_have_as_many_places() {
        for (en, de) in SENTENCES {
            assert_eq!(en.matches("{}").count(), de.matches("{}").count(), "{en}");
        }
    }
}
