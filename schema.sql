-- backchannel's one file: the whole current schema, and its documentation.
--
-- House rules, held by tests (tests/it/tidy/schema.rs):
--   * every table is `strict` and declares its primary key, so that a transaction can be told
--     as a set of row changes, which is what a cluster replicates;
--   * what belongs to one machine alone stands in tables named `local_*`;
--   * search indexes are kept by triggers from stored columns, never written by hand;
--   * instants are unix milliseconds in UTC (`..._at`); civil dates are text, `2026-11-22`.
--
-- Subjects (who a permission is for) are two columns: `subject_kind` is `anyone` (signed in or
-- not), `everyone` (every account), `account` or `group`; `subject` is the id for the last two,
-- else 0.

-- The one row about this copy of everything. A backup gets an epoch of its own, so that a reader
-- who is ahead of a restored file is told to reload instead of waiting for ever.
create table copy (
  id      integer primary key check (id = 1),
  epoch   text not null,
  grammar integer not null default 0        -- no message was rendered by an older grammar than this:
                                            -- so that a start need not look through all of them
) strict;

-- ---------------------------------------------------------------------------- accounts

-- A person or a bot. Never deleted: what they wrote keeps its author.
create table account (
  id            integer primary key,
  name          text not null,              -- as typed at log-in, and after @
  name_key      text not null unique,       -- `name` folded (NFKC, lower case)
  display       text not null,              -- as shown beside messages; a change shows everywhere
  password_hash text,                       -- argon2id, PHC string; null: cannot log in by password
  admin         integer not null default 0 check (admin in (0, 1)),
  disabled_at   integer,                    -- set: no log-in, no session, no stream
  created_at    integer not null
) strict;

-- Accounts that are named together. `group` is SQL's word.
create table account_group (
  id   integer primary key,
  name text not null unique                 -- folded; written @name where subjects are listed
) strict;

-- Who is in which group.
create table group_member (
  group_id integer not null references account_group (id),
  account  integer not null references account (id),
  primary key (group_id, account)
) strict, without rowid;
create index group_member_account on group_member (account);

-- A log-in. Only a hash of the cookie's token is kept: a stolen file opens no session.
create table session (
  id         integer primary key,           -- thrown, so that none is ever another's: streams and
                                            -- requests that are on their way are asked for by it
  token_hash blob not null unique,          -- sha-256
  account    integer not null references account (id),
  created_at integer not null,
  expires_at integer not null,
  seen_at    integer not null default 0,    -- last used, to the hour
  agent      text not null default ''       -- what the browser is called, `Firefox, Linux`
) strict;
create index session_account on session (account);

-- A browser that an account has logged in from: guesses elsewhere do not slow its log-in down.
create table device (
  token_hash blob primary key,              -- sha-256 of its cookie, which opens nothing
  account    integer not null references account (id),
  seen_at    integer not null
) strict, without rowid;
create index device_account on device (account);

-- A second step at log-in: a secret that only this file and an app know, by which both make a code
-- each half minute (RFC 6238). It has to be computed with, and so is here as it is.
create table second_step (
  account   integer primary key references account (id),
  secret    blob not null,
  begun_at  integer not null,               -- when it was shown
  since     integer,                        -- when a first code came; null: none yet, it holds not
  last_step integer not null default 0      -- the half minute of the last code that was taken: none
                                            -- is taken twice
) strict;

-- Codes for when the app is not at hand. Each works once, and goes then.
create table recovery_code (
  account   integer not null references account (id),
  code_hash blob not null,                  -- sha-256 of 80 random bits
  primary key (account, code_hash)
) strict, without rowid;

-- A browser that has shown the right password and owes the code. For some minutes; opens nothing.
create table log_in_step (
  token_hash blob primary key,              -- sha-256 of its cookie
  account    integer not null references account (id),
  expires_at integer not null
) strict, without rowid;
create index log_in_step_account on log_in_step (account);

-- Whom a provider of log-ins (OpenID Connect) knows, and which account that is here. By these two
-- alone, which stay: a name, or an address for mail, may be somebody else's one day.
create table identity (
  issuer  text not null,
  subject text not null,                    -- the provider's own; shown to nobody
  account integer not null references account (id),
  since   integer not null,                 -- the first log-in by it
  primary key (issuer, subject)
) strict, without rowid;
create index identity_account on identity (account);

-- Memberships that a provider claimed at the last log-in: at the next one they go, but for those
-- that it claims again. Those that somebody gave are not here.
create table claimed_group (
  account  integer not null references account (id),
  group_id integer not null references account_group (id),
  primary key (account, group_id)
) strict, without rowid;
create index claimed_group_group on claimed_group (group_id);

-- Log-ins by a provider that came to their end: none comes to it twice. For some minutes; after that
-- it is too late in any case.
create table finished_attempt (
  hash       blob primary key,              -- sha-256 of what the browser carried
  expires_at integer not null
) strict, without rowid;

-- ---------------------------------------------------------------------------- spaces and pages

-- A region of the wiki. A title is unique in it, and its rights are where every page's begin.
create table space (
  id         integer primary key,
  key        text not null,                 -- as shown in addresses, [A-Za-z0-9_~-]+
  key_folded text not null unique,
  name       text not null,
  home       integer references page (id),  -- the first page, where the space begins
  created_at integer not null,
  keep_days  integer check (keep_days between 1 and 36500)
                                            -- its rooms keep what was said so many days; null: for
                                            -- ever
) strict;

-- Who may view, comment (post in rooms) and edit in a space.
create table space_permission (
  space        integer not null references space (id),
  operation    text not null check (operation in ('view', 'comment', 'edit')),
  subject_kind text not null check (subject_kind in ('anyone', 'everyone', 'account', 'group')),
  subject      integer not null default 0,
  primary key (space, operation, subject_kind, subject)
) strict, without rowid;

-- A page, or the transcript of a day, which is a child page of its room's page.
create table page (
  id         integer primary key autoincrement, -- never reused: a room has the same number
  space      integer not null references space (id),
  parent     integer references page (id),
  kind       text not null default 'page' check (kind in ('page', 'transcript')),
  title      text not null,
  title_key  text not null,                 -- folded; unique among the untrashed of a space
  body       text not null default '',      -- wiki markup as typed, line ends LF
  search     text not null default '',      -- title and body prepared for the index; '' for transcripts
  version    integer not null default 1,
  created_at integer not null,
  created_by integer references account (id),
  changed_at integer not null,
  changed_by integer references account (id),
  trashed_at integer,                       -- set: hidden with everything below it
  trashed_by integer references account (id)
) strict;
create unique index page_title on page (space, title_key) where trashed_at is null;
create index page_parent on page (parent);
-- Without the pages of days, of which there are very many more than of those that people write.
create index page_below on page (parent, title_key) where kind = 'page';
-- The same of those at the top of a space: a tree reads each of its levels in order.
create index page_top on page (space, title_key) where parent is null and kind = 'page';
create index page_trashed on page (id) where trashed_at is not null;
-- The pages of days on which people noted something: few, among those of a room.
create index page_noted on page (parent) where kind = 'transcript' and version > 1;

-- Every body that a page ever had, the present one included.
create table page_version (
  page       integer not null references page (id),
  version    integer not null,
  title      text not null,
  body       text not null,
  changed_at integer not null,
  changed_by integer references account (id),
  primary key (page, version)
) strict;
-- Recent changes walk down it.
create index page_version_changed on page_version (changed_at, page, version);

-- Pages that an account watches: it is told of what others saved since the version it saw last.
create table watch (
  account integer not null references account (id),
  page    integer not null references page (id),
  seen    integer not null,                 -- a version of the page
  seen_file integer not null default 0,     -- the last of its `file_act` that it saw; 0: none
  primary key (account, page)
) strict, without rowid;
create index watch_page on watch (page);

-- What pages were called before, so that old addresses lead on. The last page that gave a title up.
create table former_title (
  space     integer not null references space (id),
  title_key text not null,                  -- folded, as in page
  page      integer not null references page (id),
  primary key (space, title_key)
) strict, without rowid;
create index former_title_page on former_title (page);

-- Trashed pages that go for good with everything below them, a little at a time: what broke off
-- goes on by this after a restart.
create table purge (
  page integer primary key references page (id)
) strict;

-- Restrictions narrow what the space allows. `view` counts for the page and everything below it,
-- `edit` for the page alone. No row for an operation: not restricted.
create table page_restriction (
  page         integer not null references page (id),
  operation    text not null check (operation in ('view', 'edit')),
  subject_kind text not null check (subject_kind in ('everyone', 'account', 'group')),
  subject      integer not null default 0,
  primary key (page, operation, subject_kind, subject)
) strict, without rowid;

-- ---------------------------------------------------------------------------- rooms

-- The chat of one page; exists from the first time the page was saved with a chat macro.
create table room (
  id        integer primary key references page (id),
  name      text not null,                  -- the macro's argument, or the page's title
  zone      text not null,                  -- IANA name; decides where a day begins
  seq       integer not null default 0,     -- the newest change; readers' cursors count in it
  opened_at integer not null,
  closed_at integer,                        -- set while no macro stands on the page: reading only
  locked_at integer,                        -- set by moderators: reading only, whatever the macro says
  slow_seconds integer not null default 0 check (slow_seconds >= 0),
                                            -- slow mode: an account's messages are so far apart
  keep_days integer check (keep_days between 1 and 36500)
                                            -- what was said is kept so many days; null: as the
                                            -- space says
) strict;

-- A message, in its present state. `mid` is the seq that made it, `seq` the one that last
-- touched it: "what changed since" is one index scan over (room, seq), whether it was new,
-- edited or removed.
create table message (
  id             integer primary key,       -- instants in order: seconds << 12, then a count; so
                                            -- that newest-first search is a walk of the index
  room           integer not null references room (id),
  mid            integer not null,
  seq            integer not null,
  position       integer not null,          -- place in the log: `mid`, or for imported history a
                                            -- number below zero that grows with the day
  kind           text not null default 'said' check (kind in ('said', 'action', 'paste')), -- action: /me
  author         integer references account (id), -- null: imported, only the name is known
  author_name    text not null,             -- as of then; what imported authors are shown by
  at             integer not null,
  day            text not null,             -- civil date in the room's zone as of then; never moves
  offset_minutes integer not null,          -- the zone's distance from UTC as of then
  opens_day      integer not null check (opens_day in (0, 1)), -- carries the day's heading
  continues      integer not null check (continues in (0, 1)), -- same author, shortly after
  body           text not null,             -- as typed; of a paste its beginning; '' once removed
  n_lines        integer not null default 0, -- of a paste
  grammar        integer not null,          -- version of the markup grammar that made `html`
  html           text not null,
  names          text not null default '',  -- what links and mentions stood for then, as JSON: a
                                            -- newer grammar renders anew without asking again
  line           text not null default '',  -- the first line, plain, as replies quote it; '' once removed
  reply_to       integer,                   -- the mid that it answers
  search         text not null,             -- plain text prepared for the index; '' once removed
  marks          text not null default '',  -- what it is besides (src/marks.rs): author, room, whom
                                            -- it names, what it holds; '' once removed
  edited_at      integer,
  removed_at     integer,
  reworded_seq   integer,                   -- the change that last edited or removed it; null: it
                                            -- says what was posted, whatever else touched it
  draft          blob,                      -- hash of nonce and body: a retry is the same message
  origin         text,                      -- imported: file and line, so that it comes in once
  unique (room, mid)
) strict;
-- What was touched since it was posted. All others have `seq = mid`, and a message that is only
-- posted, as nearly all are, costs no page of this.
create index message_touched on message (room, seq) where seq <> mid;
create unique index message_position on message (room, position);
-- Counting a day's messages, removed ones left out, is a look into the index alone.
create index message_day on message (room, day, position, removed_at);
create unique index message_draft on message (author, room, draft) where draft is not null;
create unique index message_origin on message (room, origin) where origin is not null;

-- The whole text of a paste. Apart, since reading a log of them must not read megabytes, and in
-- parts, of which none is larger than 512 KiB.
create table paste (
  room integer not null,
  mid  integer not null,
  part integer not null,
  text text not null,
  primary key (room, mid, part)
) strict;

-- What messages said before they were edited. Goes with a removal, as the body does.
create table message_version (
  room       integer not null,
  mid        integer not null,
  version    integer not null,              -- 1 is what was posted
  part       integer not null,              -- 0, and on: at most 512 KiB in a row
  text       text not null,                 -- as typed
  written_at integer not null,
  primary key (room, mid, version, part)
) strict;

-- Which page shows which day of which room. A row is made by the day's first message.
create table transcript (
  room integer not null references room (id),
  day  text not null,
  page integer not null unique references page (id),
  primary key (room, day)
) strict, without rowid;

-- Who wrote in a room: kept as messages come, so that the status table need not scan them.
create table participant (
  room      integer not null references room (id),
  account   integer not null references account (id),
  n_messages integer not null,
  last_at   integer not null,               -- of all that is theirs, the last in the log
  primary key (room, account)
) strict, without rowid;

-- What a room is about: a line under its name. No row: nobody has said.
create table topic (
  room    integer primary key references room (id),
  body    text not null,                    -- wiki markup as typed, on one line
  grammar integer not null,                 -- version of the markup grammar that made `html`
  html    text                              -- null: more than a line of text, shown as typed
) strict;

-- Messages that the room keeps in sight. A removed one loses its row.
create table pin (
  room      integer not null,
  mid       integer not null,
  pinned_at integer not null,
  primary key (room, mid),
  foreign key (room, mid) references message (room, mid)
) strict, without rowid;

-- What people answered to a message with nothing but an emoji. Goes with a removal.
create table reaction (
  room    integer not null,
  mid     integer not null,
  emoji   text not null,                    -- exactly one, fully qualified
  account integer not null references account (id),
  seq     integer not null,                 -- the change that made it: they stand in this order
  at      integer not null,
  primary key (room, mid, emoji, account),
  foreign key (room, mid) references message (room, mid)
) strict, without rowid;

-- The same by people who have no account here: with history that was imported, only names come.
create table imported_reaction (
  room  integer not null,
  mid   integer not null,
  emoji text not null,                      -- exactly one, fully qualified
  name  text not null,
  seq   integer not null,                   -- they stand in this order
  primary key (room, mid, emoji, name),
  foreign key (room, mid) references message (room, mid)
) strict, without rowid;

-- How far an account has read: the newest message that one of its windows has shown. No row: it
-- has never been in the room, and nothing there is news.
create table read_mark (
  room    integer not null references room (id),
  account integer not null references account (id),
  seq     integer not null,
  primary key (room, account)
) strict, without rowid;

-- The first message by somebody else than who made the page, who is told of it until dismissed.
create table first_use (
  room         integer primary key references room (id),
  maker        integer not null references account (id), -- who made the page, as `page` says too: what
                                                         -- somebody is told is found without a look
                                                         -- at all pages
  by           integer not null references account (id),
  at           integer not null,
  dismissed_at integer
) strict;
create index first_use_maker on first_use (maker, at) where dismissed_at is null;

-- ---------------------------------------------------------------------------- moderation

-- Who may not write in a room for a time. A row that has run out says nothing.
create table mute (
  room     integer not null references room (id),
  account  integer not null references account (id),
  until_at integer not null,
  primary key (room, account)
) strict, without rowid;

-- What was done to a room and its messages by others than their authors: who, when, to what. Rows
-- are only ever added, in the act's own transaction, and go after as many days as is configured; what a
-- message said is never in them.
create table audit (
  id      integer primary key,
  room    integer not null references room (id),
  at      integer not null,
  by      integer references account (id),  -- null: the operator
  act     text not null check (act in ('opened', 'closed', 'renamed', 'locked', 'unlocked', 'slowed',
                                       'muted', 'unmuted', 'removed', 'kept', 'expired', 'topic',
                                       'pinned', 'unpinned')),
  mid     integer,                          -- removed, pinned, unpinned: which message
  account integer references account (id),  -- muted, unmuted: whom; removed: the message's author
  amount  integer,                          -- slowed: seconds; muted: until when; kept: days (null:
                                            -- for ever); expired: messages
  name    text,                             -- opened, renamed: the room's name from then on; expired:
                                            -- the first day that stayed; topic: as typed (empty: none)
  n_days  integer,                          -- expired: how many days went
  n_files integer                           -- expired: how many files went
) strict;
create index audit_room on audit (room, id);
create index audit_at on audit (at);

-- What was administered besides: accounts, groups, spaces, rooms. Rows are only ever added, in the
-- act's own transaction, and go after as many days as is configured; neither a secret nor what people wrote is in them.
create table journal (
  id      integer primary key,
  at      integer not null,
  by      integer references account (id),  -- null: the operator
  act     text not null,                    -- src/journal.rs knows them all; no check, which would
                                            -- make the table anew for each that is added
  account integer references account (id),  -- whom it was done to, or
  room    integer,                          -- to which room or page, by its number alone: it may
                                            -- be gone for good since, and then nothing of it is left
  name    text,                             -- to which group or space, as it was called then
  detail  text not null                     -- what was set, in the words of the commands
) strict;
create index journal_at on journal (at);

-- ---------------------------------------------------------------------------- files

-- What people put into a page's room, and what they attach to the page itself. The one belongs to a
-- message and goes when that is removed; the other has no message and goes with its page.
create table file (
  id          text primary key,             -- 128 random bits in hex: found by nobody who guesses
  page        integer not null references page (id), -- where it is, or whose room it is in
  mid         integer,                      -- the message that shows it, once it is `here`; null:
                                            -- it is the page's own
  state       text not null check (state in ('coming', 'here', 'going')),
                                            -- coming: not seen by anybody yet; going: its bytes
                                            -- are taken away, a few at a time
  name        text not null,                -- on its page no two are alike, its room's included, so
                                            -- that a body can name it; while it is going, the id
                                            -- behind a slash, which no name has
  size        integer not null,             -- bytes of the original
  kind        text not null,                -- content type by its first bytes, not by its name
  sha256      blob,                         -- of the original; null while it is coming
  uploaded_by integer references account (id), -- null: it was imported, with its message
  uploaded_at integer not null,
  unique (page, name),
  foreign key (page, mid) references message (room, mid)
) strict;
create index file_message on file (page, mid);
create index file_unsettled on file (state) where state <> 'here';
create index file_quota on file (uploaded_by, uploaded_at, size);

-- What we made of a picture that we could read: the whole of it written anew (`shown`: without
-- place, camera and whatever else was hidden in it) and a small one, where it is large.
create table file_picture (
  file   text not null references file (id),
  form   text not null check (form in ('shown', 'thumbnail')),
  kind   text not null check (kind in ('image/png', 'image/jpeg', 'image/gif')),
  width  integer not null,
  height integer not null,
  size   integer not null,
  sha256 blob not null,
  primary key (file, form)
) strict, without rowid;

-- The bytes, in pieces that are read one at a time.
create table file_chunk (
  id    integer primary key,
  file  text not null references file (id),
  form  text not null check (form in ('original', 'shown', 'thumbnail')),
  n     integer not null,                   -- 0, 1, 2; all but the last hold 256 KiB
  bytes blob not null check (length(bytes) <= 262144),
  unique (file, form, n)
) strict;

-- Whoever takes a message away need not think of its files.
create trigger file_goes_with_message after update of removed_at on message
when new.removed_at is not null begin
  update file set state = 'going', mid = null, name = '/' || id
  where page = new.room and mid = new.mid;
end;
create trigger file_goes_with_row before delete on message begin
  update file set state = 'going', mid = null, name = '/' || id
  where page = old.room and mid = old.mid;
end;

-- What was attached to a page and taken away from it: who, when, which. Rows are only ever added, in
-- the act's own transaction, and go with the page.
create table file_act (
  id   integer primary key,
  page integer not null references page (id),
  at   integer not null,
  by   integer references account (id),
  act  text not null check (act in ('attached', 'removed')),
  name text not null
) strict;
create index file_act_page on file_act (page, id);
-- Recent changes walk down it, beside the versions of pages.
create index file_act_at on file_act (at, page, id);

-- ---------------------------------------------------------------------------- settings

-- What an account chose for itself; no row: sound, and the browser's language.
create table account_setting (
  account integer primary key references account (id),
  sound   integer not null default 1 check (sound in (0, 1)),
  language text check (language in ('en', 'de')) -- null: as the browser asks
) strict;

-- ---------------------------------------------------------------------------- notices

-- The key by which push services know this server, made the first time it is wanted. A copy keeps
-- it: browsers have subscribed under it.
create table push_key (
  id  integer primary key check (id = 1),
  key blob not null                         -- PKCS #8, P-256
) strict;

-- A browser that lets itself be told of messages. Ends with the session that it was made in.
create table push_subscription (
  id         integer primary key,
  account    integer not null references account (id),
  session    integer not null references session (id) on delete cascade,
  endpoint   text not null unique,          -- where its push service takes parcels; a secret
  point      blob not null,                 -- its public key
  secret     blob not null,                 -- what else parcels for it are encrypted with
  contact    text not null,                 -- our site, as the browser knew it
  created_at integer not null
) strict;
create index push_subscription_account on push_subscription (account);
create index push_subscription_session on push_subscription (session);

-- What an account wants to be told of in a room while it is elsewhere. No row: nothing.
create table notice (
  room    integer not null references room (id),
  account integer not null references account (id),
  what    text not null check (what in ('mentions', 'all')),
  primary key (room, account)
) strict, without rowid;

-- ---------------------------------------------------------------------------- this machine

-- Whether there is room on a disk that was full is found out by what is written here; empty but for
-- a moment.
create table local_probe (
  id    integer primary key,
  bytes blob not null
) strict;

-- ---------------------------------------------------------------------------- search

-- Text comes prepared (see src/folding.rs): folded, and every CJK character a token of its own.
-- `secure-delete` makes a removed message leave the index at once and for good. Every row is in the
-- index, with no word in it where `search` is empty: FTS5 counts rows when it checks itself.
-- (An index of beginnings, `prefix`, would make searching for them quicker, but `secure-delete` was
-- seen to leave words of many removed messages in the file with it.)
create virtual table message_index using fts5 (
  search, marks, content = 'message', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2'
);
insert into message_index (message_index, rank) values ('secure-delete', 1);

-- To index a message costs six pages of the WAL and more time than all else about it, and many
-- cost hardly more than one: FTS5 writes its small tables anew for each statement that may have to
-- be undone alone. So a new message is only noted here, in its own transaction. The writer indexes
-- what is noted when that is many messages, when nothing else is to do, and before anybody searches
-- (`Store::read_indexed`): nobody sees the difference.
create table local_unindexed (
  id integer primary key                    -- of a message
) strict;
create trigger message_noted after insert on message begin
  insert into local_unindexed (id) values (new.id);
end;
create trigger message_indexed after delete on local_unindexed begin
  insert into message_index (rowid, search, marks)
    select id, search, marks from message where id = old.id;
end;
create trigger message_reindexed after update of search, marks on message
when (old.search <> new.search or old.marks <> new.marks)
  and not exists (select 1 from local_unindexed where id = old.id) begin
  insert into message_index (message_index, rowid, search, marks)
    values ('delete', old.id, old.search, old.marks);
  insert into message_index (rowid, search, marks) values (new.id, new.search, new.marks);
end;
create trigger message_unindexed after delete on message begin
  insert into message_index (message_index, rowid, search, marks)
    select 'delete', old.id, old.search, old.marks
    where not exists (select 1 from local_unindexed where id = old.id);
  delete from local_unindexed where id = old.id;
end;

create virtual table page_index using fts5 (
  search, content = 'page', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
insert into page_index (page_index, rank) values ('secure-delete', 1);
create trigger page_indexed after insert on page begin
  insert into page_index (rowid, search) values (new.id, new.search);
end;
create trigger page_reindexed after update of search on page when old.search <> new.search begin
  insert into page_index (page_index, rowid, search)
    values ('delete', old.id, old.search);
  insert into page_index (rowid, search) values (new.id, new.search);
end;
create trigger page_unindexed after delete on page begin
  insert into page_index (page_index, rowid, search) values ('delete', old.id, old.search);
end;

-- ---------------------------------------------------------------------------- who sees what

-- Counts the changes of whatever decides who sees which pages, and of how pages and rooms are
-- called, so that what was worked out from it for an account is kept in memory until the next one.
-- The triggers see to it that no change is forgotten. `sessions` counts those of whatever decides
-- who comes with a session, and what is shown of them; not a new one, nor that one was used.
create table local_rights (
  id       integer primary key check (id = 1),
  version  integer not null,
  sessions integer not null default 0
) strict;
insert into local_rights (id, version) values (1, 0);
create trigger rights_page_made after insert on page
when new.kind = 'page' begin
  update local_rights set version = version + 1;
end;
create trigger rights_page_changed after update of space, parent, title, trashed_at on page
when new.kind = 'page' begin
  update local_rights set version = version + 1;
end;
create trigger rights_page_gone after delete on page
when old.kind = 'page' begin
  update local_rights set version = version + 1;
end;
create trigger rights_room_made after insert on room begin
  update local_rights set version = version + 1;
end;
create trigger rights_room_changed after update of name, closed_at on room begin
  update local_rights set version = version + 1;
end;
create trigger rights_room_gone after delete on room begin
  update local_rights set version = version + 1;
end;
create trigger rights_restriction_made after insert on page_restriction begin
  update local_rights set version = version + 1;
end;
create trigger rights_restriction_changed after update on page_restriction begin
  update local_rights set version = version + 1;
end;
create trigger rights_restriction_gone after delete on page_restriction begin
  update local_rights set version = version + 1;
end;
create trigger rights_space_made after insert on space_permission begin
  update local_rights set version = version + 1;
end;
create trigger rights_space_changed after update on space_permission begin
  update local_rights set version = version + 1;
end;
create trigger rights_space_gone after delete on space_permission begin
  update local_rights set version = version + 1;
end;
create trigger rights_member_made after insert on group_member begin
  update local_rights set version = version + 1;
end;
create trigger rights_member_changed after update on group_member begin
  update local_rights set version = version + 1;
end;
create trigger rights_member_gone after delete on group_member begin
  update local_rights set version = version + 1;
end;
create trigger rights_session_changed after update of token_hash, account, expires_at on session begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_session_gone after delete on session begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_account_changed after update of name, display, admin, disabled_at on account begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_account_gone after delete on account begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_setting_made after insert on account_setting begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_setting_changed after update of language on account_setting begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_setting_gone after delete on account_setting begin
  update local_rights set sessions = sessions + 1;
end;

-- ---------------------------------------------------------------------------- what time it was

-- What this machine's clock showed when upkeep last looked, and until when it is not believed (null:
-- it is): one that jumps ahead by years must not make everything expire. `doubt.rs` has the rule.
create table local_clock (
  id            integer primary key check (id = 1),
  seen_at       integer not null,
  doubted_until integer
) strict;
