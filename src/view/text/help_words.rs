//! The help page, in the wiki's own notation.

use super::phrase::words;

words! {
    HELP = "Help", "Hilfe";
    HELP_ROOMS = "Pages and rooms",
        "Seiten und Räume";
    HELP_ROOMS_TEXT = "A page can have a *room*: a conversation that stays with the page that it is about. Open the page, choose *Join Chat*, and the room opens in a window of its own; the page stays where it was. The box on the page shows who is there, when something was said last, and the days that have a transcript.

* Whoever may see the page may read its room, its files and its transcripts. Who may write is said by the page's space.
* Each day on which something is said becomes a page of its own, the *transcript*, below the room's page. It is the same messages: what is edited or removed there changes here. People can write notes above the conversation of a day.
* A message has an address: it is behind its time. In another message or on a page it leads to its place.
* Whoever has the room open is shown under *Here now*. A sound tells of new messages; in the panel it can be turned off, and notices on the desktop turned on.
* Without scripts, or with a screen reader that prefers it, the same room is there as a plain page: the address of the room with {{/plain}} at its end.",
"Eine Seite kann einen *Raum* haben: ein Gespräch, das bei der Seite bleibt, um die es geht. Öffnen Sie die Seite, wählen Sie *Zum Chat*, und der Raum öffnet sich in einem eigenen Fenster; die Seite bleibt, wo sie war. Der Kasten auf der Seite zeigt, wer da ist, wann zuletzt etwas gesagt wurde und welche Tage ein Protokoll haben.

* Wer die Seite sehen darf, darf ihren Raum, ihre Dateien und ihre Protokolle lesen. Wer schreiben darf, sagt der Bereich der Seite.
* Jeder Tag, an dem etwas gesagt wird, wird eine eigene Seite, das *Protokoll*, unter der Seite des Raums. Es sind dieselben Nachrichten: Was im Raum bearbeitet oder entfernt wird, ändert sich auch dort. Über dem Gespräch eines Tages kann man Notizen schreiben.
* Eine Nachricht hat eine Adresse: Sie steht hinter ihrer Uhrzeit. In einer anderen Nachricht oder auf einer Seite führt sie an ihre Stelle.
* Wer den Raum offen hat, steht unter *Gerade hier*. Ein Ton meldet neue Nachrichten; in der Seitenleiste lässt er sich abschalten, und Hinweise auf dem Bildschirm lassen sich einschalten.
* Ohne Skripte, oder mit einem Vorleseprogramm, dem das lieber ist, gibt es denselben Raum als einfache Seite: die Adresse des Raums mit {{/plain}} am Ende.";
    HELP_WRITING = "Writing",
        "Schreiben";
    HELP_WRITING_TEXT = "Write in the box and press {{Enter}}; {{Shift+Enter}} begins a new line. What was not sent yet is kept when the window closes, and sent once when the connection comes back.

* The notation is that of the wiki: `*strong*, _emphasis_, {{code}}, [Page Title], @name` and more. All of it is in the help on *formatting*.
* {{@name}} calls somebody: their window plays another sound, and they are told elsewhere if they want to be.
* Files and pictures come in by dropping or pasting them, or by the button beside the box. Long texts fold into a paste, with a page for the whole of it.
* {{/me looks again}} says what you do; {{/paste}} above a text keeps it as it is.
* Your own messages can be edited and removed: point at them, or press {{↑}} in the empty box for the last one. Of a removed message nothing stays but a note that there was one.
* Answer a message by its *Reply*, or with an emoji.",
"Schreiben Sie in das Feld und drücken Sie {{Enter}}; {{Umschalt+Enter}} beginnt eine neue Zeile. Was noch nicht gesendet ist, bleibt erhalten, wenn das Fenster schließt, und wird einmal gesendet, wenn die Verbindung wieder da ist.

* Die Schreibweise ist die des Wikis: `*fett*, _betont_, {{Code}}, [Seitentitel], @name` und mehr. Alles davon steht in der Hilfe zur *Formatierung*.
* {{@name}} ruft jemanden: Dort klingt ein anderer Ton, und wer will, erfährt es auch anderswo.
* Dateien und Bilder kommen durch Ablegen oder Einfügen hinein, oder über den Knopf neben dem Feld. Lange Texte werden eingeklappt, mit einer Seite für den ganzen Text.
* {{/me schaut noch einmal}} sagt, was Sie tun; {{/paste}} über einem Text lässt ihn, wie er ist.
* Eigene Nachrichten lassen sich bearbeiten und entfernen: Zeigen Sie darauf, oder drücken Sie {{↑}} im leeren Feld für die letzte. Von einer entfernten Nachricht bleibt nur ein Hinweis, dass es sie gab.
* Antworten Sie auf eine Nachricht mit *Antworten* oder mit einem Emoji.";
    HELP_KEYS = "Keys in a room",
        "Tasten im Raum";
    HELP_FIND = "Search",
        "Suche";
    HELP_FIND_TEXT = "The field at the top finds messages and pages that you may see, the newest first. Words are found wherever they stand, in any order; the last one may be a beginning.",
"Das Feld oben findet Nachrichten und Seiten, die Sie sehen dürfen, Neuestes zuerst. Wörter werden überall gefunden, in jeder Reihenfolge; das letzte darf ein Anfang sein.";
    HELP_AUTHORS = "For authors of pages",
        "Wer Seiten schreibt";
    HELP_AUTHORS_TEXT = "* Put `{chat}` on a page, or `{chat:Name}`, and save: the room is there. The editor has a button for it. A page has one room, however often the macro stands on it.
* Another name renames the room. Moving or renaming the page changes nothing in it; old addresses lead on.
* Taking the macro off closes the room: it can be read and searched, and nobody writes in it. Putting it back opens the same room. In the trash the room is hidden, and comes back with the page.
* A copy of a page has a new, empty room.
* *Restrictions* say who may see the page and everything below it, and who may edit it. Beside them you can ask why somebody may see it, or not.
* *History* has every version: read it, compare it, restore it. *Watch* tells you on the first page what others changed.
* In the room's settings whoever made the page sets its topic, locks it, slows it down, mutes somebody for a time, and says how long messages are kept.
* A room of a space that anyone may view can stand on other sites, in a frame.",
"* Setzen Sie `{chat}` auf eine Seite, oder `{chat:Name}`, und speichern Sie: Der Raum ist da. Im Editor gibt es einen Knopf dafür. Eine Seite hat einen Raum, wie oft der Platzhalter auch darauf steht.
* Ein anderer Name benennt den Raum um. Die Seite zu verschieben oder umzubenennen ändert in ihm nichts; alte Adressen führen weiter.
* Wird der Platzhalter entfernt, schließt der Raum: Er kann gelesen und durchsucht werden, und niemand schreibt darin. Wird er wieder eingefügt, öffnet derselbe Raum. Im Papierkorb ist der Raum verborgen und kommt mit der Seite zurück.
* Die Kopie einer Seite hat einen neuen, leeren Raum.
* *Beschränkungen* sagen, wer die Seite und alles unter ihr sehen und wer sie bearbeiten darf. Daneben lässt sich fragen, warum jemand sie sehen darf, oder nicht.
* Der *Verlauf* zeigt jede Fassung: lesen, vergleichen, wiederherstellen. *Beobachten* zeigt auf der Startseite, was andere geändert haben.
* In den Einstellungen des Raums setzt, wer die Seite angelegt hat, sein Thema, sperrt ihn, verlangsamt ihn, schaltet jemanden für eine Zeit stumm und sagt, wie lange Nachrichten aufbewahrt werden.
* Ein Raum eines Bereichs, den alle lesen dürfen, kann in einem Rahmen auf anderen Websites stehen.";
    HELP_ADMINS = "For administrators",
        "Wer verwaltet";
    HELP_ADMINS_TEXT = "* *Administration*, on the first page, has accounts, groups, spaces with their rights, rooms, and the list of what was done. Each of its acts is also a command of {{backchannel}}, whether a server runs or not.
* A space's rights are where every page's begin: who may view, who may write in rooms, who may edit. Restrictions of pages narrow them.
* Administrators edit restrictions of every page that they see, moderate its room, and delete for good what is in the trash.
* Disabling an account logs it out everywhere and closes its windows; what it wrote stays, under its name.
* {{backchannel backup FILE}} writes a whole copy while all goes on. {{backchannel check}} looks whether the file is whole.",
"* Die *Verwaltung*, auf der Startseite, hat Konten, Gruppen, Bereiche mit ihren Rechten, Räume und die Liste dessen, was getan wurde. Alles davon gibt es auch als Befehl von {{backchannel}}, ob ein Server läuft oder nicht.
* Bei den Rechten eines Bereichs beginnen die jeder Seite: wer lesen, wer in Räumen schreiben, wer bearbeiten darf. Beschränkungen von Seiten machen sie enger.
* Wer verwaltet, bearbeitet die Beschränkungen jeder Seite, die für ihn sichtbar ist, moderiert ihren Raum und löscht endgültig, was im Papierkorb liegt.
* Ein Konto zu sperren meldet es überall ab und schließt seine Fenster; was es schrieb, bleibt unter seinem Namen stehen.
* {{backchannel backup DATEI}} schreibt eine vollständige Kopie, während alles weiterläuft. {{backchannel check}} prüft, ob die Datei heil ist.";
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
