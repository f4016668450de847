-- From schema 3 to schema 4.

create table journal (
  id      integer primary key,
  at      integer not null,
  by      integer references account (id),
  act     text not null,
  account integer references account (id),
  room    integer,
  name    text,
  detail  text not null
) strict;

create table local_clock (
  id            integer primary key check (id = 1),
  seen_at       integer not null,
  doubted_until integer
) strict;

-- Most messages are never touched again, and need no place in it.
drop index message_seq;
create index message_touched on message (room, seq) where seq <> mid;

create table second_step (
  account   integer primary key references account (id),
  secret    blob not null,
  begun_at  integer not null,
  since     integer,
  last_step integer not null default 0
) strict;

create table recovery_code (
  account   integer not null references account (id),
  code_hash blob not null,
  primary key (account, code_hash)
) strict, without rowid;

create table log_in_step (
  token_hash blob primary key,
  account    integer not null references account (id),
  expires_at integer not null
) strict, without rowid;
create index log_in_step_account on log_in_step (account);

create table local_probe (
  id    integer primary key,
  bytes blob not null
) strict;
