-- From schema 1 to schema 2.

alter table message add column reworded_seq integer;
update message set reworded_seq = seq where edited_at is not null or removed_at is not null;

create table reaction (
  room    integer not null,
  mid     integer not null,
  emoji   text not null,
  account integer not null references account (id),
  seq     integer not null,
  at      integer not null,
  primary key (room, mid, emoji, account),
  foreign key (room, mid) references message (room, mid)
) strict, without rowid;

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

alter table account_setting add column language text check (language in ('en', 'de'));

-- What a message is besides its words is in the index too, and symbols are words. The messages are
-- prepared anew, a few at a time, once the server runs: as if an older grammar had rendered them.
drop trigger message_indexed;
drop trigger message_reindexed;
drop trigger message_unindexed;
drop table message_index;
alter table message add column marks text not null default '';
create virtual table message_index using fts5 (
  search, marks, content = 'message', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2'
);
insert into message_index (message_index, rank) values ('secure-delete', 1);
-- Noted first, and indexed before the commit.
create table local_unindexed (
  id integer primary key                    -- of a message; empty outside a transaction
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
insert into message_index (message_index) values ('rebuild');
update message set grammar = 0;

alter table session add column seen_at integer not null default 0;
alter table session add column agent text not null default '';
update session set seen_at = created_at;

-- A browser that an account has logged in from: guesses elsewhere do not slow its log-in down.
create table device (
  token_hash blob primary key,              -- sha-256 of its cookie, which opens nothing
  account    integer not null references account (id),
  seen_at    integer not null
) strict, without rowid;
create index device_account on device (account);

-- Recent changes walk down it.
create index page_version_changed on page_version (changed_at, page, version);

-- Pages that an account watches: it is told of what others saved since the version it saw last.
create table watch (
  account integer not null references account (id),
  page    integer not null references page (id),
  seen    integer not null,                 -- a version of the page
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

alter table page add column trashed_by integer references account (id);

-- Trashed pages that go for good with everything below them, a little at a time: what broke off
-- goes on by this after a restart.
create table purge (
  page integer primary key references page (id)
) strict;

-- So that a start need not look through all messages for what an older grammar rendered.
alter table copy add column grammar integer not null default 0;
drop index message_day;
create index message_day on message (room, day, position, removed_at);
create index page_below on page (parent) where kind = 'page';
create index page_trashed on page (id) where trashed_at is not null;

-- ---------------------------------------------------------------------------- who sees what

-- Counts the changes of whatever decides who sees which pages, and of how pages and rooms are
-- called, so that what was worked out from it for an account is kept in memory until the next one.
-- The triggers see to it that no change is forgotten.
create table local_rights (
  id      integer primary key check (id = 1),
  version integer not null
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

-- Reactions by people who have no account here: with history that was imported, only names come.
create table imported_reaction (
  room  integer not null,
  mid   integer not null,
  emoji text not null,
  name  text not null,
  seq   integer not null,
  primary key (room, mid, emoji, name),
  foreign key (room, mid) references message (room, mid)
) strict, without rowid;

-- A file that came with history may be nobody's here.
drop trigger file_goes_with_message;
drop trigger file_goes_with_row;
create table file_anew (
  id          text primary key,
  room        integer not null references room (id),
  mid         integer,
  state       text not null check (state in ('coming', 'here', 'going')),
  name        text not null,
  size        integer not null,
  kind        text not null,
  sha256      blob,
  uploaded_by integer references account (id),
  uploaded_at integer not null,
  unique (room, name),
  foreign key (room, mid) references message (room, mid)
) strict;
insert into file_anew (id, room, mid, state, name, size, kind, sha256, uploaded_by, uploaded_at)
  select id, room, mid, state, name, size, kind, sha256, uploaded_by, uploaded_at from file;
drop table file;
alter table file_anew rename to file;
create index file_message on file (room, mid);
create index file_unsettled on file (state) where state <> 'here';
create index file_quota on file (uploaded_by, uploaded_at, size);
create trigger file_goes_with_message after update of removed_at on message
when new.removed_at is not null begin
  update file set state = 'going', mid = null, name = id where room = new.room and mid = new.mid;
end;
create trigger file_goes_with_row before delete on message begin
  update file set state = 'going', mid = null, name = id where room = old.room and mid = old.mid;
end;
