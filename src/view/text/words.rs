//! Phrases that stay as they are, each in every language: one without a translation does not
//! compile.

use super::phrase::words;

words! {
    SITE = "backchannel", "backchannel";
    SKIP_TO_BOX = "Skip to the box to write in", "Zum Eingabefeld springen";
    KEYS = "Keys", "Tasten";
    KEY_SEND = "Send the message", "Nachricht senden";
    KEY_LINE = "Begin a new line", "Neue Zeile beginnen";
    KEY_EDIT = "In the empty box: edit what you said last",
        "Im leeren Feld: die eigene letzte Nachricht bearbeiten";
    KEY_ESCAPE = "Give up the edit, or close what is open",
        "Bearbeiten abbrechen oder Geöffnetes schließen";
    KEY_TAB = "To the next control", "Zum nächsten Bedienelement";
    KEY_BACK = "From the box into the conversation, newest first",
        "Vom Feld in das Gespräch, Neuestes zuerst";
    KEY_SCROLL = "In the conversation: up and down", "Im Gespräch: auf und ab";
    KEY_END = "In the conversation: to the newest message",
        "Im Gespräch: zur neuesten Nachricht";
    KEY_KEYS = "Outside the box: this list", "Außerhalb des Feldes: diese Liste";
    CALENDAR = "Calendar", "Kalender";
    MONTHS = "Months", "Monate";
    PREVIOUS_MONTH = "To the month before in which something was said",
        "Zum vorigen Monat, in dem etwas gesagt wurde";
    NEXT_MONTH = "To the month after in which something was said",
        "Zum nächsten Monat, in dem etwas gesagt wurde";
    FORMATTING = "Formatting help", "Hilfe zur Formatierung";
    FORMATTING_TITLE = "Formatting", "Formatierung";
    SKIP = "Skip to content", "Zum Inhalt springen";
    SEARCH = "Search", "Suchen";
    SEARCH_ALL = "Search messages and pages", "Nachrichten und Seiten durchsuchen";
    LOG_IN = "Log in", "Anmelden";
    LOG_IN_WITH = "Log in with", "Anmelden mit";
    LOG_OUT = "Log out", "Abmelden";
    CANCEL = "Cancel", "Abbrechen";
    HOME = "Home", "Startseite";
    CLOSE = "Close", "Schließen";

    LOGIN_TITLE = "Log in", "Anmelden";
    LOGIN_NAME = "Name", "Name";
    LOGIN_PASSWORD = "Password", "Passwort";
    LOGIN_DEMO = "This is a demo. Its accounts are",
        "Dies ist eine Vorführung. Ihre Konten sind";
    LOGIN_DEMO_PASSWORD = "each with the password", "jedes mit dem Passwort";
    FIRST_TITLE = "The first account", "Das erste Konto";
    FIRST_HELP = "It may administer everything. This page works once.",
        "Es darf alles verwalten. Diese Seite gilt nur einmal.";
    FIRST_NAME = "Name to log in by", "Name zum Anmelden";
    FIRST_DISPLAY = "Name that others see", "Name, den andere sehen";
    FIRST_PASSWORD = "Password, at least 8 characters", "Passwort, mindestens 8 Zeichen";
    FIRST_SPACE = "The first space", "Der erste Bereich";
    FIRST_SPACE_VALUE = "Our wiki", "Unser Wiki";
    FIRST_DONE = "Make the account", "Konto anlegen";
    LOGIN_EXPIRED = "You have been signed out", "Die Anmeldung ist abgelaufen";
    LOGIN_EXPIRED_HELP = "What you typed is kept. Log in and send it again.",
        "Das Geschriebene bleibt erhalten. Bitte anmelden und noch einmal senden.";

    LOGIN_KEPT = "This was not posted. Copy it, log in, and send it again.",
        "Dies wurde nicht gesendet. Bitte kopieren, anmelden und noch einmal senden.";
    NOT_KEPT = "This was not kept. Copy it before you go on.",
        "Dies wurde nicht übernommen. Bitte kopieren, bevor Sie weitergehen.";
    SEARCH_TOO_SLOW = "This search took too long. Try rarer words.",
        "Diese Suche dauerte zu lange. Bitte seltenere Wörter versuchen.";


    SPACES = "Spaces", "Bereiche";
    NO_SPACES = "There is no space that you may see.",
        "Es gibt keinen Bereich, der für Sie sichtbar ist.";
    BEGAN_TO_TALK = "began to talk on your page", "hat ein Gespräch auf Ihrer Seite begonnen";
    DISMISS = "Dismiss", "Ausblenden";
    UNREAD = "unread", "ungelesen";
    RECENT = "Recently active rooms", "Zuletzt aktive Räume";
    NO_RECENT = "Nobody has said anything yet. Open a page with a chat and begin.",
        "Noch hat niemand etwas gesagt. Öffnen Sie eine Seite mit einem Chat und beginnen Sie.";
    NEW_PAGE = "New page", "Neue Seite";

    BREADCRUMBS = "Where you are", "Wo Sie sind";
    PAGES = "Pages", "Seiten";
    EDIT = "Edit", "Bearbeiten";
    RESTRICTIONS = "Restrictions", "Beschränkungen";
    RESTRICTED = "Restricted", "Beschränkt";
    MORE = "More", "Mehr";
    MOVE = "Move", "Verschieben";
    MOVE_UNDER = "Move under", "Verschieben unter";
    TOP_OF_SPACE = "the top of the space", "die oberste Ebene des Bereichs";
    TRASH = "Move to trash", "In den Papierkorb";
    TRASHED = "This page is in the trash. Its room is hidden.",
        "Diese Seite liegt im Papierkorb. Ihr Raum ist verborgen.";
    RESTORE = "Restore", "Wiederherstellen";

    FIELD_SPACE = "Space", "Bereich";
    FIELD_PARENT = "Under", "Unter";
    FIELD_TITLE = "Title", "Titel";
    FIELD_BODY = "Text", "Inhalt";
    SAVE = "Save", "Speichern";
    CREATE = "Create page", "Seite anlegen";
    INSERT_CHAT = "Insert chat", "Chat einfügen";
    MARKUP_HELP = "*strong*, _emphasis_, {{code}}, h2. Heading, * list, [Page], {chat:Name}",
        "*fett*, _betont_, {{Code}}, h2. Überschrift, * Liste, [Seite], {chat:Name}";
    CONFLICT = "Somebody else has changed this page in the meantime.",
        "Jemand anderes hat diese Seite inzwischen geändert.";
    CONFLICT_HELP = "Both texts are here. Take over what you need from theirs; saving keeps yours.",
        "Beide Texte stehen hier. Übernehmen Sie, was Sie vom anderen brauchen; gespeichert wird Ihrer.";
    CONFLICT_THEIRS = "Their text, as saved", "Der andere Text, wie gespeichert";
    CONFLICT_YOURS = "Your text", "Ihr Text";
    CLOSES_HELP = "Its transcripts stay and can be searched, but nobody can write in it any more. Putting the chat back reopens the same room.",
        "Die Protokolle bleiben und sind durchsuchbar, aber niemand kann mehr in dem Raum schreiben. Wird der Chat wieder eingefügt, öffnet derselbe Raum wieder.";
    CLOSES_CONFIRM = "Save and close the room", "Speichern und den Raum schließen";

    RESTRICTIONS_HELP = "Account names, and groups with @, separated by commas. Empty: no restriction of this page's own.",
        "Kontonamen, und Gruppen mit @, durch Kommas getrennt. Leer: keine eigene Beschränkung dieser Seite.";
    RESTRICT_VIEW = "Who may view", "Wer darf lesen";
    RESTRICT_VIEW_HELP = "Also decides about the pages below this one.",
        "Gilt auch für die Seiten unter dieser.";
    RESTRICT_EDIT = "Who may edit", "Wer darf bearbeiten";
    RESTRICT_EDIT_HELP = "For this page alone. Whoever may not view it cannot edit it.",
        "Nur für diese Seite. Wer sie nicht lesen darf, kann sie nicht bearbeiten.";
    INHERITED = "Pages above restrict viewing too:",
        "Auch Seiten darüber beschränken das Lesen:";
    ROOM_CLOSED = "This room is closed: the chat was taken off its page.",
        "Dieser Raum ist geschlossen: Der Chat wurde von seiner Seite genommen.";

    STATUS_JOIN = "Join Chat", "Zum Chat";
    STATUS_BLOCKED = "No window opened?", "Kein Fenster aufgegangen?";
    STATUS_BLOCKED_LINK = "Open the room in a tab", "Den Raum in einem Tab öffnen";
    STATUS_ROOM = "Chat room", "Chatraum";
    STATUS_LAST = "Last activity", "Letzte Aktivität";
    STATUS_NEVER = "Nobody has written yet", "Noch hat niemand geschrieben";
    STATUS_PARTICIPANTS = "Participants", "Teilnehmende";
    STATUS_NOBODY = "Nobody yet", "Noch niemand";
    STATUS_TRANSCRIPTS = "Transcripts", "Protokolle";
    STATUS_NO_TRANSCRIPTS = "None yet", "Noch keine";
    STATUS_SIGN_IN = "Log in through Join to see who is here and what was said.",
        "Melden Sie sich über „Zum Chat“ an, um zu sehen, wer da ist und was gesagt wurde.";
    STATUS_STILL = "The chat is shown on the page itself.",
        "Der Chat erscheint auf der Seite selbst.";
    PRESENT = "here now", "gerade hier";
    AWAY = "away", "abwesend";
    ABSENT = "not here", "nicht hier";
    STATE_UNKNOWN = "A window is visible or hidden.", "Ein Fenster ist sichtbar oder verborgen.";

    PAGE_OF_ROOM = "Back to the page", "Zurück zur Seite";
    INFO = "Info", "Info";
    ROOM_INFO = "About this room", "Über diesen Raum";
    PEOPLE_HERE = "Here now", "Gerade hier";
    NOBODY_HERE = "Nobody", "Niemand";
    TRANSCRIPTS = "Transcripts", "Protokolle";
    SETTINGS = "Settings", "Einstellungen";
    SOUND = "Sound", "Ton";
    SOUND_ON = "on", "an";
    SOUND_OFF = "off", "aus";
    SOUND_HELP = "Beep when somebody else writes", "Ein Ton, wenn jemand anderes schreibt";
    CONVERSATION = "Conversation", "Gespräch";
    EMPTY_ROOM = "Nothing has been said here yet.", "Hier wurde noch nichts gesagt.";
    EMPTY_ROOM_HELP = "Say hello: whoever opens the page will find it.",
        "Sagen Sie hallo: Wer die Seite öffnet, findet es hier.";
    OFFLINE = "Reconnecting…", "Verbindung wird wiederhergestellt…";
    ENDED = "You are not in this room any more", "Sie sind nicht mehr in diesem Raum";
    ENDED_HELP = "You were signed out, or you may not see this page any more. What you had typed is kept in this window.",
        "Sie wurden abgemeldet oder dürfen diese Seite nicht mehr sehen. Was Sie geschrieben hatten, bleibt in diesem Fenster.";
    LOG_IN_AGAIN = "Log in again", "Erneut anmelden";
    NEW_BELOW = "new", "neu";
    UNREAD_LINE = "New", "Neu";
    SEVERAL_TYPE = "Several people are typing…", "Mehrere schreiben gerade…";
    COMPOSE = "Message", "Nachricht";
    COMPOSE_HINT = "Write a message", "Nachricht schreiben";
    SEND = "Send", "Senden";
    SENDING = "Sending…", "Wird gesendet…";
    UNSENT = "That could not be sent. It is back in the box: try again.",
        "Das konnte nicht gesendet werden. Es steht wieder im Feld: Bitte noch einmal versuchen.";
    UNREACHED = "That did not reach the server. Try again.",
        "Das hat den Server nicht erreicht. Bitte noch einmal versuchen.";
    READ_ONLY = "You may read here, but not write.",
        "Sie dürfen hier lesen, aber nicht schreiben.";
    LOG_IN_TO_WRITE = "Log in to write", "Anmelden, um zu schreiben";
    WITHOUT_SCRIPT = "This window needs JavaScript to keep up.",
        "Dieses Fenster braucht JavaScript, um mitzukommen.";
    PLAIN = "Open the room without JavaScript", "Den Raum ohne JavaScript öffnen";
    PLAIN_RELOAD = "Reload the conversation", "Gespräch neu laden";
    PLAIN_WITH_SCRIPTS = "Open the room with JavaScript", "Den Raum mit JavaScript öffnen";
    PLAIN_LOST = "The connection seems to be lost.",
        "Die Verbindung ist anscheinend verloren.";
    PLAIN_OLDER = "What was said before is in the transcripts",
        "Früher Gesagtes steht in den Protokollen";
    PLAIN_SEVERAL_LINES = "Write several lines", "Mehrere Zeilen schreiben";
    PLAIN_ONE_LINE = "Write one line", "Eine Zeile schreiben";
    PLAIN_ENDED_HELP = "You were signed out, or you may not see this page any more.",
        "Sie wurden abgemeldet oder dürfen diese Seite nicht mehr sehen.";

    EDITED = "edited", "bearbeitet";
    PASTE = "Paste", "Textblock";
    COPY = "Copy", "Kopieren";
    COPIED = "Copied", "Kopiert";
    WHOLE = "All of it", "Alles anzeigen";
    WRAP = "Wrap lines", "Zeilen umbrechen";
    RAW = "Raw", "Roh";
    DOWNLOAD = "Download", "Herunterladen";
    NAMES = "People who may be named", "Personen, die genannt werden können";
    REACT = "React", "Reagieren";
    REACTIONS = "Reactions", "Reaktionen";
    NO_REACTIONS = "Nobody has reacted yet.", "Noch hat niemand reagiert.";
    OTHER_EMOJI = "Any other emoji", "Ein anderes Emoji";
    YOU_TOO = "you too", "Sie auch";
    REPLY = "Reply", "Antworten";
    REPLY_TO = "In reply to", "Antwort auf";
    REPLY_CANCEL = "Do not reply to this message", "Nicht auf diese Nachricht antworten";
    EDIT_MESSAGE = "Edit message", "Nachricht bearbeiten";
    EDIT_KEYS = "Enter saves, Escape cancels", "Enter speichert, Esc bricht ab";
    HISTORY = "What this message said before", "Was diese Nachricht vorher sagte";
    REMOVE = "Remove", "Entfernen";
    REMOVE_CONFIRM = "Remove this message for everybody?",
        "Diese Nachricht für alle entfernen?";
    REMOVED = "Message removed", "Nachricht entfernt";

    ROOM_SETTINGS = "Room settings", "Einstellungen des Raums";
    TOPIC = "Topic", "Thema";
    TOPIC_HELP = "One line under the room's name, in wiki markup. Empty: none.",
        "Eine Zeile unter dem Namen des Raums, in Wiki-Notation. Leer: keins.";
    PINNED = "Pinned", "Angeheftet";
    PIN = "Pin", "Anheften";
    UNPIN = "Unpin", "Ablösen";
    LOCK_HEADING = "Lock", "Sperre";
    LOCK = "Lock the room", "Raum sperren";
    UNLOCK = "Unlock the room", "Raum entsperren";
    LOCKED = "The room is locked: it can be read, but nobody writes in it.",
        "Der Raum ist gesperrt: Er kann gelesen werden, aber niemand schreibt darin.";
    UNLOCKED = "Who may write here can do so. A locked room can be read, but nobody writes in it.",
        "Wer hier schreiben darf, kann es tun. Ein gesperrter Raum kann gelesen werden, aber niemand schreibt darin.";
    ROOM_LOCKED = "A moderator has locked this room. It can be read.",
        "Dieser Raum wurde von der Moderation gesperrt. Er kann gelesen werden.";
    SLOW_MODE = "Slow mode", "Langsamer Modus";
    SLOW_LABEL = "One message of each person", "Eine Nachricht je Person";
    SLOW_HELP = "Who moderates is exempt.", "Wer moderiert, ist ausgenommen.";
    MUTE_HEADING = "Muted people", "Stummgeschaltete";
    MUTE = "Mute", "Stummschalten";
    UNMUTE = "Unmute", "Wieder schreiben lassen";
    MUTE_WHOM = "Account name", "Kontoname";
    MUTE_FOR = "For", "Für";
    MUTE_HELP = "They can read, but not write or edit in this room until the time is over.",
        "Sie können lesen, aber in diesem Raum weder schreiben noch bearbeiten, bis die Zeit um ist.";
    TEN_MINUTES = "10 minutes", "10 Minuten";
    ONE_HOUR = "1 hour", "1 Stunde";
    ONE_DAY = "1 day", "1 Tag";
    ONE_WEEK = "1 week", "1 Woche";
    THIRTY_DAYS = "30 days", "30 Tage";

    AUDIT = "Moderation log", "Moderationsprotokoll";
    AUDIT_HELP = "Who did what to this room and to the messages of others. Everybody who may edit the page can read this.",
        "Wer was mit diesem Raum und mit Nachrichten anderer getan hat. Alle, die die Seite bearbeiten dürfen, können dies lesen.";
    AUDIT_EMPTY = "Nothing has been done here.", "Hier ist nichts geschehen.";
    AUDIT_OLDER = "Older entries", "Ältere Einträge";
    OPERATOR = "The operator", "Die Betriebsleitung";
    SOMEBODY_IMPORTED = "somebody without an account", "jemandem ohne Konto";
    OPENED_ROOM = "opened the room", "öffnete den Raum";
    CLOSED_ROOM = "closed the room: the page has no chat any more",
        "schloss den Raum: Die Seite hat keinen Chat mehr";
    RENAMED_ROOM = "renamed the room to", "benannte den Raum um in";
    LOCKED_ROOM = "locked the room", "sperrte den Raum";
    UNLOCKED_ROOM = "unlocked the room", "entsperrte den Raum";
    SLOWED_ROOM = "set slow mode:", "stellte den langsamen Modus ein:";
    MUTED_WHOM = "muted", "schaltete stumm:";
    UNMUTED_WHOM = "unmuted", "ließ wieder schreiben:";
    UNTIL = "until", "bis";
    SET_TOPIC = "set the topic to", "gab als Thema an:";
    NO_TOPIC_NOW = "took the topic away", "entfernte das Thema";
    PINNED_MESSAGE = "pinned", "heftete an:";
    UNPINNED_MESSAGE = "unpinned", "löste die Anheftung von";
    REMOVED_MESSAGE = "removed", "entfernte";
    REMOVED_OF = "by", "von";
    FILES = "Files", "Dateien";
    NO_FILES = "None yet", "Noch keine";
    ATTACH = "Attach files", "Dateien anhängen";
    CHOOSE_FILES = "Files to attach", "Anzuhängende Dateien";
    UPLOADING = "Uploading", "Wird hochgeladen";
    UPLOAD_FAILED = "The upload broke off.", "Das Hochladen brach ab.";
    TRY_AGAIN = "Try again", "Noch einmal versuchen";
    PICTURE = "Picture", "Bild";

    PREVIOUS_DAY = "Previous day", "Voriger Tag";
    NEXT_DAY = "Next day", "Nächster Tag";
    DAYS = "Days", "Tage";
    LIVE = "Today: this page keeps up with the room.",
        "Heute: Diese Seite läuft mit dem Raum mit.";
    EMPTY_DAY = "Every message of this day was removed.",
        "Alle Nachrichten dieses Tages wurden entfernt.";

    MINUTES = "Minutes", "Festgehaltenes";
    MINUTE_TOPIC = "Topic", "Thema";
    MINUTE_INFO = "Note", "Hinweis";
    MINUTE_ACTION = "Action", "Aufgabe";
    MINUTE_AGREED = "Agreed", "Beschluss";
    MINUTE_LINK = "Link", "Verweis";
    PARTS = "Parts of this day", "Teile dieses Tages";
    EARLIER = "Earlier", "Früher";
    LATER = "Later", "Später";
    JUMP = "Time of day", "Uhrzeit";
    GO = "Go there", "Hingehen";
    AS_TEXT = "As text", "Als Text";
    AS_JSON = "As JSON", "Als JSON";
    TAKE_AWAY = "Everything as a file", "Alles als Datei";
    TAKE_PAGE = "Page", "Seite";
    TAKE_TEXT = "Plain text", "Reiner Text";
    TAKE_DATA = "Data", "Daten";
    TAKE_DATA_HELP = "JSON Lines, which can be imported again", "JSON Lines, die wieder eingelesen werden können";

    RESULTS = "Results", "Ergebnisse";
    SORT = "Order", "Reihenfolge";
    NEWEST = "Newest first", "Neueste zuerst";
    BEST = "Best match first", "Beste Treffer zuerst";
    SEARCH_HELP = "All words must occur; the last one may be a beginning.",
        "Alle Wörter müssen vorkommen; das letzte darf ein Wortanfang sein.";
    HELP_SEARCH = "What else can be typed here", "Was hier noch getippt werden kann";
    HELP_PHRASE = "these words, in this order", "diese Wörter in dieser Reihenfolge";
    HELP_PREFIX = "words that begin so", "Wörter, die so beginnen";
    HELP_NOT = "without this; a minus goes before everything below, too",
        "ohne dies; ein Minus geht auch vor allem Folgenden";
    HELP_FROM = "written by bob, or by anybody called so; from:me is you",
        "von bob geschrieben oder von jemandem, der so heißt; from:me sind Sie selbst";
    HELP_IN = "in this room, on this page", "in diesem Raum, auf dieser Seite";
    HELP_SPACE = "in the space with this key", "im Bereich mit diesem Kürzel";
    HELP_ON = "on this day; a month (2026-11) or a year will do",
        "an diesem Tag; ein Monat (2026-11) oder ein Jahr geht auch";
    HELP_BEFORE = "before and after a day, a month, a year",
        "vor und nach einem Tag, einem Monat, einem Jahr";
    HELP_HAS = "holds a link; also file, image, code, paste",
        "enthält einen Link; auch file (Datei), image (Bild), code, paste (Textblock)";
    HELP_MENTIONS = "names you", "nennt Sie";
    HELP_PINNED = "is pinned in its room", "ist in seinem Raum angeheftet";
    SEARCH_EMPTY = "What are you looking for?", "Was suchen Sie?";
    NO_RESULTS = "Nothing that you may see matches", "Nichts für Sie Sichtbares passt zu";
    NO_RESULTS_HELP = "Try fewer or shorter words, or only the beginning of one.",
        "Versuchen Sie weniger oder kürzere Wörter, oder nur einen Wortanfang.";
    MORE_RESULTS = "More results", "Weitere Ergebnisse";

    MY_SETTINGS = "My settings", "Meine Einstellungen";
    LANGUAGE = "Language", "Sprache";
    LANGUAGE_OF_BROWSER = "As the browser asks", "Wie der Browser es wünscht";
    LANGUAGE_HELP = "Counts from the next page on; in an open window of a room, after it is opened again.",
        "Gilt ab der nächsten Seite; im offenen Fenster eines Raums, sobald es neu geöffnet wird.";
    SOUND_IS_ON = "A sound when somebody else writes: on", "Ein Ton, wenn jemand anderes schreibt: an";
    SOUND_IS_OFF = "A sound when somebody else writes: off", "Ein Ton, wenn jemand anderes schreibt: aus";
    TURN_ON = "Turn on", "Einschalten";
    TURN_OFF = "Turn off", "Ausschalten";
    PASSWORD_CHANGE = "Change the password", "Passwort ändern";
    PASSWORD_CURRENT = "Current password", "Bisheriges Passwort";
    PASSWORD_NEW = "New password", "Neues Passwort";
    PASSWORD_HELP = "At least 8 characters. You stay logged in here, and are logged out everywhere else.",
        "Mindestens 8 Zeichen. Hier bleiben Sie angemeldet, überall sonst werden Sie abgemeldet.";
    PASSWORD_CHANGED = "The password was changed.", "Das Passwort wurde geändert.";
    SESSIONS = "Where you are logged in", "Wo Sie angemeldet sind";
    SESSIONS_END = "Log out everywhere else", "Überall sonst abmelden";
    SESSION_HERE = "here", "hier";
    SESSION_SINCE = "since", "seit";
    SESSION_SEEN = "last used", "zuletzt benutzt";
    SESSION_UNKNOWN = "A browser that does not say what it is",
        "Ein Browser, der nicht sagt, welcher er ist";
    NOTICES = "Notices",
        "Mitteilungen";
    NOTICES_OFF = "Off",
        "Aus";
    NOTICES_MENTIONS = "Mentions",
        "Nennungen";
    NOTICES_ALL = "Everything",
        "Alles";
    NOTICES_HELP = "While the room is not open. Choose on each device.",
        "Solange der Raum nicht offen ist. Auf jedem Gerät zu wählen.";
    NOTICES_MISSING = "This browser cannot show notices here: it takes one that can, and https.",
        "Dieser Browser kann hier keine Mitteilungen zeigen: Es braucht einen, der es kann, und https.";
    NOTICES_REFUSED = "The browser does not allow notices. Allow them in its settings for this site, then choose again.",
        "Der Browser erlaubt keine Mitteilungen. Bitte in seinen Einstellungen für diese Seite erlauben und noch einmal wählen.";
    NOTICES_FAILED = "The browser could not set up notices. Try again, or use another browser.",
        "Der Browser konnte keine Mitteilungen einrichten. Bitte noch einmal versuchen oder einen anderen Browser nehmen.";
    UNSENT_LIST = "Not sent yet",
        "Noch nicht gesendet";
    NOT_SENT = "Not sent.",
        "Nicht gesendet.";
    NOT_SENT_HELP = "A message was not sent. It stands at the end of the conversation: try again, edit or discard it there.",
        "Eine Nachricht wurde nicht gesendet. Sie steht am Ende des Gesprächs: Dort noch einmal versuchen, bearbeiten oder verwerfen.";
    DISCARD = "Discard",
        "Verwerfen";
    CODE = "Code",
        "Code";
    TABLE = "Table",
        "Tabelle";
    EDIT_TOPIC = "Edit the topic", "Thema bearbeiten";
    UNSAVED = "That could not be saved. Try again.",
        "Das konnte nicht gespeichert werden. Bitte noch einmal versuchen.";

    PAGE_HISTORY = "History", "Verlauf";
    PAGE_HISTORY_HELP = "Choose two versions to see what is different between them.",
        "Zwei Versionen auswählen, um ihren Unterschied zu sehen.";
    COMPARE = "Compare", "Vergleichen";
    COMPARED = "Difference", "Unterschied";
    VERSION_FROM = "Older", "Ältere";
    VERSION_TO = "Newer", "Neuere";
    VERSION_NOW = "now", "jetzt";
    VERSION_OLDER = "Older versions", "Ältere Versionen";
    VERSION_RESTORE = "Restore this version", "Diese Version wiederherstellen";
    VERSION_RESTORE_HELP = "The page gets a new version with this text. Nothing is lost.",
        "Die Seite bekommt eine neue Version mit diesem Text. Nichts geht verloren.";
    VERSION_TO_NOW = "To the page as it is", "Zur Seite, wie sie jetzt ist";
    SAME_TEXT = "The text is the same.", "Der Text ist derselbe.";
    SKIPPED = "Lines that did not change", "Unveränderte Zeilen";
    DIFFERENCE_CUT = "Much more is different; this is the beginning of it.",
        "Noch viel mehr ist verschieden; dies ist der Anfang davon.";
    LINE_GONE = "Gone:", "Entfallen:";
    LINE_NEW = "New:", "Neu:";
    RENAMED_FROM = "Renamed:", "Umbenannt:";

    PREVIEW = "Preview", "Vorschau";
    DRAFT_FOUND = "You began to write here before.", "Hier wurde schon einmal etwas geschrieben.";
    DRAFT_FOUND_HELP = "It was not saved, but this browser has kept it.",
        "Es wurde nicht gespeichert, aber dieser Browser hat es aufgehoben.";
    DRAFT_BACK = "Bring it back", "Zurückholen";
    DRAFT_DISCARD = "Discard", "Verwerfen";
    CONFLICT_DIFFERENCE = "What is different between the two",
        "Was die beiden unterscheidet";

    TRASH_TITLE = "Trash", "Papierkorb";
    TRASH_HELP = "A page comes back with everything below it, its room and its files.",
        "Eine Seite kommt mit allem darunter zurück, mit ihrem Raum und ihren Dateien.";
    TRASH_EMPTY = "There is nothing in it that you could bring back.",
        "Er enthält nichts, was Sie zurückholen könnten.";
    PURGE = "Delete for good", "Endgültig löschen";
    PURGE_HELP = "The page goes with everything below it: rooms, messages, transcripts, files. Nothing brings it back.",
        "Die Seite verschwindet mit allem darunter: Räume, Nachrichten, Protokolle, Dateien. Nichts bringt sie zurück.";
    PURGE_SURE = "Yes, delete it", "Ja, löschen";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::text::phrase::check;

    #[test]
    fn every_phrase_is_said_in_both_languages() {
        check(ALL, &["SITE", "LOGIN_NAME", "INFO", "PASTE_", "CODE"]);
    }
}
