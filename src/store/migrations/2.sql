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
