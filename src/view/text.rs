//! Every word that people read, in one place, and how dates and counts are said.

use jiff::civil::{Date, DateTime};

use crate::file::File;
use crate::id::Mid;
use crate::moderation;
use crate::notice::What;
use crate::presence::State;
use crate::read_mark::N_COUNTED;
use crate::room::Room;

macro_rules! words {
    ($($name:ident = $words:literal;)*) => {
        $(#[doc = $words] pub const $name: &str = $words;)*
    };
}

words! {
    SITE = "backchannel";
    SKIP_TO_BOX = "Skip to the box to write in";
    KEYS = "Keys";
    KEY_SEND = "Send the message";
    KEY_LINE = "Begin a new line";
    KEY_EDIT = "In the empty box: edit what you said last";
    KEY_ESCAPE = "Give up the edit, or close what is open";
    KEY_TAB = "To the next control";
    KEY_BACK = "From the box into the conversation, newest first";
    KEY_SCROLL = "In the conversation: up and down";
    KEY_END = "In the conversation: to the newest message";
    KEY_KEYS = "Outside the box: this list";
    CALENDAR = "Calendar";
    MONTHS = "Months";
    PREVIOUS_MONTH = "To the month before in which something was said";
    NEXT_MONTH = "To the month after in which something was said";
    FORMATTING = "Formatting help";
    FORMATTING_TITLE = "Formatting";
    SKIP = "Skip to content";
    SEARCH = "Search";
    SEARCH_ALL = "Search messages and pages";
    LOG_IN = "Log in";
    LOG_OUT = "Log out";
    CANCEL = "Cancel";
    HOME = "Home";
    CLOSE = "Close";

    LOGIN_TITLE = "Log in";
    LOGIN_NAME = "Name";
    LOGIN_PASSWORD = "Password";
    LOGIN_DEMO = "This is a demo. Its accounts are";
    LOGIN_DEMO_PASSWORD = "each with the password";
    LOGIN_EXPIRED = "You have been signed out";
    LOGIN_EXPIRED_HELP = "What you typed is kept. Log in and send it again.";

    LOGIN_KEPT = "This was not posted. Copy it, log in, and send it again.";
    SEARCH_TOO_SLOW = "This search took too long. Try rarer words.";


    SPACES = "Spaces";
    NO_SPACES = "There is no space that you may see.";
    BEGAN_TO_TALK = "began to talk on your page";
    DISMISS = "Dismiss";
    UNREAD = "unread";
    RECENT = "Recently active rooms";
    NO_RECENT = "Nobody has said anything yet. Open a page with a chat and begin.";
    NEW_PAGE = "New page";

    BREADCRUMBS = "Where you are";
    PAGES = "Pages";
    EDIT = "Edit";
    RESTRICTIONS = "Restrictions";
    RESTRICTED = "Restricted";
    MORE = "More";
    MOVE = "Move";
    MOVE_UNDER = "Move under";
    TOP_OF_SPACE = "the top of the space";
    TRASH = "Move to trash";
    TRASHED = "This page is in the trash. Its room is hidden.";
    RESTORE = "Restore";

    FIELD_SPACE = "Space";
    FIELD_PARENT = "Under";
    FIELD_TITLE = "Title";
    FIELD_BODY = "Text";
    SAVE = "Save";
    CREATE = "Create page";
    INSERT_CHAT = "Insert chat";
    MARKUP_HELP = "*strong*, _emphasis_, {{code}}, h2. Heading, * list, [Page], {chat:Name}";
    CONFLICT = "Somebody else has changed this page in the meantime.";
    CONFLICT_HELP = "Both texts are here. Take over what you need from theirs; saving keeps yours.";
    CONFLICT_THEIRS = "Their text, as saved";
    CONFLICT_YOURS = "Your text";
    CLOSES_HELP = "Its transcripts stay and can be searched, but nobody can write in it any more. Putting the chat back reopens the same room.";
    CLOSES_CONFIRM = "Save and close the room";

    RESTRICTIONS_HELP = "Account names, and groups with @, separated by commas. Empty: no restriction of this page's own.";
    RESTRICT_VIEW = "Who may view";
    RESTRICT_VIEW_HELP = "Also decides about the pages below this one.";
    RESTRICT_EDIT = "Who may edit";
    RESTRICT_EDIT_HELP = "For this page alone. Whoever may not view it cannot edit it.";
    INHERITED = "Pages above restrict viewing too:";
    ROOM_CLOSED = "This room is closed: the chat was taken off its page.";

    STATUS_JOIN = "Join Chat";
    STATUS_BLOCKED = "No window opened?";
    STATUS_BLOCKED_LINK = "Open the room in a tab";
    STATUS_ROOM = "Chat room";
    STATUS_LAST = "Last activity";
    STATUS_NEVER = "Nobody has written yet";
    STATUS_PARTICIPANTS = "Participants";
    STATUS_NOBODY = "Nobody yet";
    STATUS_TRANSCRIPTS = "Transcripts";
    STATUS_NO_TRANSCRIPTS = "None yet";
    STATUS_SIGN_IN = "Log in through Join to see who is here and what was said.";
    STATUS_STILL = "The chat is shown on the page itself.";
    PRESENT = "here now";
    AWAY = "away";
    ABSENT = "not here";
    STATE_UNKNOWN = "A window is visible or hidden.";

    PAGE_OF_ROOM = "Back to the page";
    INFO = "Info";
    ROOM_INFO = "About this room";
    PEOPLE_HERE = "Here now";
    NOBODY_HERE = "Nobody";
    TRANSCRIPTS = "Transcripts";
    SETTINGS = "Settings";
    SOUND = "Sound";
    SOUND_ON = "on";
    SOUND_OFF = "off";
    SOUND_HELP = "Beep when somebody else writes";
    NOTICES = "Notices";
    NOTICES_OFF = "Off";
    NOTICES_MENTIONS = "Mentions";
    NOTICES_ALL = "Everything";
    NOTICES_HELP = "While the room is not open. Choose on each device.";
    NOTICES_MISSING = "This browser cannot show notices here: it takes one that can, and https.";
    NOTICES_REFUSED = "The browser does not allow notices. Allow them in its settings for this site, then choose again.";
    NOTICES_FAILED = "The browser could not set up notices. Try again, or use another browser.";
    CONVERSATION = "Conversation";
    EMPTY_ROOM = "Nothing has been said here yet.";
    EMPTY_ROOM_HELP = "Say hello: whoever opens the page will find it.";
    OFFLINE = "Reconnecting…";
    ENDED = "You are not in this room any more";
    ENDED_HELP = "You were signed out, or you may not see this page any more. What you had typed is kept in this window.";
    LOG_IN_AGAIN = "Log in again";
    NEW_BELOW = "new";
    UNREAD_LINE = "New";
    SEVERAL_TYPE = "Several people are typing…";
    COMPOSE = "Message";
    COMPOSE_HINT = "Write a message";
    SEND = "Send";
    SENDING = "Sending…";
    UNSENT_LIST = "Not sent yet";
    NOT_SENT = "Not sent.";
    NOT_SENT_HELP = "A message was not sent. It stands at the end of the conversation: try again, edit or discard it there.";
    DISCARD = "Discard";
    UNSENT = "That could not be sent. It is back in the box: try again.";
    READ_ONLY = "You may read here, but not write.";
    LOG_IN_TO_WRITE = "Log in to write";
    WITHOUT_SCRIPT = "This window needs JavaScript to keep up.";
    PLAIN = "Open the room without JavaScript";
    PLAIN_RELOAD = "Reload the conversation";
    PLAIN_WITH_SCRIPTS = "Open the room with JavaScript";
    PLAIN_LOST = "The connection seems to be lost.";
    PLAIN_OLDER = "What was said before is in the transcripts";
    PLAIN_SEVERAL_LINES = "Write several lines";
    PLAIN_ONE_LINE = "Write one line";
    PLAIN_ENDED_HELP = "You were signed out, or you may not see this page any more.";

    CODE = "Code";
    TABLE = "Table";
    EDITED = "edited";
    PASTE = "Paste";
    COPY = "Copy";
    COPIED = "Copied";
    WHOLE = "All of it";
    WRAP = "Wrap lines";
    RAW = "Raw";
    DOWNLOAD = "Download";
    NAMES = "People who may be named";
    REACT = "React";
    REACTIONS = "Reactions";
    NO_REACTIONS = "Nobody has reacted yet.";
    OTHER_EMOJI = "Any other emoji";
    YOU_TOO = "you too";
    REPLY = "Reply";
    REPLY_TO = "In reply to";
    REPLY_CANCEL = "Do not reply to this message";
    EDIT_MESSAGE = "Edit message";
    EDIT_KEYS = "Enter saves, Escape cancels";
    HISTORY = "What this message said before";
    REMOVE = "Remove";
    REMOVE_CONFIRM = "Remove this message for everybody?";
    REMOVED = "Message removed";

    ROOM_SETTINGS = "Room settings";
    TOPIC = "Topic";
    EDIT_TOPIC = "Edit the topic";
    UNSAVED = "That could not be saved. Try again.";
    TOPIC_HELP = "One line under the room's name, in wiki markup. Empty: none.";
    PINNED = "Pinned";
    PIN = "Pin";
    UNPIN = "Unpin";
    LOCK_HEADING = "Lock";
    LOCK = "Lock the room";
    UNLOCK = "Unlock the room";
    LOCKED = "The room is locked: it can be read, but nobody writes in it.";
    UNLOCKED = "Who may write here can do so. A locked room can be read, but nobody writes in it.";
    ROOM_LOCKED = "A moderator has locked this room. It can be read.";
    SLOW_MODE = "Slow mode";
    SLOW_LABEL = "One message of each person";
    SLOW_HELP = "Who moderates is exempt.";
    MUTE_HEADING = "Muted people";
    MUTE = "Mute";
    UNMUTE = "Unmute";
    MUTE_WHOM = "Account name";
    MUTE_FOR = "For";
    MUTE_HELP = "They can read, but not write or edit in this room until the time is over.";
    TEN_MINUTES = "10 minutes";
    ONE_HOUR = "1 hour";
    ONE_DAY = "1 day";
    ONE_WEEK = "1 week";
    THIRTY_DAYS = "30 days";

    AUDIT = "Moderation log";
    AUDIT_HELP = "Who did what to this room and to the messages of others. Everybody who may edit the page can read this.";
    AUDIT_EMPTY = "Nothing has been done here.";
    AUDIT_OLDER = "Older entries";
    OPERATOR = "The operator";
    SOMEBODY_IMPORTED = "somebody without an account";
    OPENED_ROOM = "opened the room";
    CLOSED_ROOM = "closed the room: the page has no chat any more";
    RENAMED_ROOM = "renamed the room to";
    LOCKED_ROOM = "locked the room";
    UNLOCKED_ROOM = "unlocked the room";
    SLOWED_ROOM = "set slow mode:";
    MUTED_WHOM = "muted";
    UNMUTED_WHOM = "unmuted";
    UNTIL = "until";
    REMOVED_MESSAGE = "removed";
    REMOVED_OF = "by";
    FILES = "Files";
    NO_FILES = "None yet";
    ATTACH = "Attach files";
    CHOOSE_FILES = "Files to attach";
    UPLOADING = "Uploading";
    UPLOAD_FAILED = "The upload broke off.";
    TRY_AGAIN = "Try again";
    PICTURE = "Picture";

    PREVIOUS_DAY = "Previous day";
    NEXT_DAY = "Next day";
    DAYS = "Days";
    LIVE = "Today: this page keeps up with the room.";
    EMPTY_DAY = "Every message of this day was removed.";

    RESULTS = "Results";
    SORT = "Order";
    NEWEST = "Newest first";
    BEST = "Best match first";
    SEARCH_HELP = "All words must occur; the last one may be a beginning. Put a phrase in \"quotes\".";
    SEARCH_EMPTY = "What are you looking for?";
    NO_RESULTS = "Nothing that you may see matches";
    NO_RESULTS_HELP = "Try fewer or shorter words, or only the beginning of one.";
    MORE_RESULTS = "More results";
}

/// What somebody is told of.
pub fn notices(what: What) -> &'static str {
    match what {
        What::Off => NOTICES_OFF,
        What::Mentions => NOTICES_MENTIONS,
        What::All => NOTICES_ALL,
    }
}

/// The title of a browser window.
pub fn window(title: &str) -> String {
    if title == SITE { SITE.to_owned() } else { format!("{title} - {SITE}") }
}

/// `Sunday, 22 November 2026`.
pub fn day(day: Date) -> String {
    day.strftime("%A, %-d %B %Y").to_string()
}

/// `Sun 22 Nov`: a day in a list.
pub fn short_day(day: Date) -> String {
    day.strftime("%a %-d %b").to_string()
}

/// `22 Nov 2025`: a day of another year in a list.
pub fn short_day_and_year(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// Says whether somebody is here.
pub fn is_here(display: &str, state: State) -> String {
    match state {
        State::Here => format!("{display} is here now"),
        State::Away => format!("{display} is away"),
        State::Gone => format!("{display} is not here"),
    }
}

/// `Ann and Ben are typing…`: up to some names, each of which may be written in any direction.
pub fn types(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\u{2068}{name}\u{2069}")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => format!("{only} is typing…"),
        Some((last, others)) => format!("{} and {last} are typing…", others.join(", ")),
    }
}

/// `November 2026`.
pub fn month(day: Date) -> String {
    day.strftime("%B %Y").to_string()
}

/// The days of the week, short and whole, from Monday on.
pub fn weekdays() -> [(&'static str, &'static str); 7] {
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
    at.strftime("%A, %-d %B %Y, %H:%M:%S").to_string()
}

/// `22 Nov 2026, 14:05`.
pub fn short_moment(at: DateTime) -> String {
    at.strftime("%-d %b %Y, %H:%M").to_string()
}

/// `1 line`, `12 lines`: how long a paste is.
pub fn lines(n: i64) -> String {
    if n == 1 { "1 line".to_owned() } else { format!("{n} lines") }
}

/// The title of a paste's page.
pub fn paste_by(author: &str) -> String {
    format!("Paste by {author}")
}

/// Points from a message's history to the message.
pub fn message_by(author: &str) -> String {
    format!("The message by {author}, in its place")
}

/// `1 message`, `12 messages`.
pub fn messages(n: i64) -> String {
    if n == 1 { "1 message".to_owned() } else { format!("{n} messages") }
}

/// `1 transcript`, `12 transcripts`: a folded run of days in the page tree.
pub fn days(n: usize) -> String {
    if n == 1 { "1 transcript".to_owned() } else { format!("{n} transcripts") }
}

/// `and 3 more`.
pub fn and_more(n: i64) -> String {
    format!("and {n} more")
}

/// Who last edited a page and when.
pub fn changed(by: Option<&str>, at: &str) -> String {
    match by {
        Some(by) => format!("Last edited by {by} on {at} (UTC)"),
        None => format!("Last edited on {at} (UTC)"),
    }
}

/// What an edit that takes the macro away asks.
pub fn closes(room: &str) -> String {
    format!("Without its chat macro the page closes the room “{room}”.")
}

/// Points to the status table that stands earlier on the page.
pub fn shown_above(room: &Room) -> String {
    format!("The room “{}” is shown above.", room.name)
}

/// What an error's page is headed by.
pub fn trouble(status: u16) -> &'static str {
    match status {
        401 => "Please log in",
        403 => "Not for you to do",
        404 => "Nothing here",
        409 => "That does not fit any more",
        413 => "Too long",
        422 => "Something is missing",
        429 => "Too fast",
        503 => "Busy",
        400..500 => "That cannot be done",
        _ => "Something went wrong",
    }
}

/// `1 file`, `12 files`.
pub fn files(n: i64) -> String {
    if n == 1 { "1 file".to_owned() } else { format!("{n} files") }
}

/// The title of the list of all files of a room.
pub fn files_of(room: &str) -> String {
    format!("Files of {room}")
}

/// Who put a file into a room, when, and how large it is.
pub fn of_file(file: &File) -> String {
    format!("{}, {}, {}", file.by, short_moment(file.local), size(file.size))
}

/// `812 bytes`, `34 kB`, `2.4 MB`.
#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
pub fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A file over the limit, said before it is sent.
pub fn too_large(name: &str, limit: u64) -> String {
    format!("“{name}” is too large: a file may have at most {} MB.", limit >> 20)
}

/// Says in the log without scripts that an earlier message is gone.
pub fn plain_removed(author: &str, at: &str) -> String {
    format!("The message of {author} at {at} was removed.")
}

/// Says in the log without scripts that an earlier message reads otherwise now.
pub fn plain_edited(author: &str, at: &str) -> String {
    format!("{author} has edited the message of {at}:")
}

/// Says in the log without scripts who reacted to an earlier message.
pub fn plain_reacted(author: &str, at: &str, any: bool) -> String {
    if any {
        format!("To the message of {author} at {at}:")
    } else {
        format!("Nobody reacts to the message of {author} at {at} any more.")
    }
}

/// Names the zone in which a room's times are.
pub fn zone(room: &Room) -> String {
    // A zero-width space: the name of a zone may break after its region.
    format!("Times are in {}", room.zone.replace('/', "/\u{200b}"))
}

/// The pace of slow mode.
pub fn pace(seconds: i64) -> String {
    if seconds == 0 { "off".into() } else { format!("every {}", moderation::in_words(seconds)) }
}

/// Says that slow mode is on.
pub fn slow(seconds: i64) -> String {
    format!("Slow mode: one message {}.", pace(seconds))
}

/// Names a message where its text is not to be shown.
pub fn message(mid: Mid) -> String {
    format!("message {mid}")
}

/// Why nobody can write in a room.
pub fn shut(room: &Room) -> Option<&'static str> {
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
