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
