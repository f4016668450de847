-- From schema 2 to schema 3.

alter table space add column keep_days integer check (keep_days between 1 and 36500);
alter table room add column keep_days integer check (keep_days between 1 and 36500);

-- What may have been done to a room is a check of the table, which is made anew for it.
create table audit_anew (
  id      integer primary key,
  room    integer not null references room (id),
  at      integer not null,
  by      integer references account (id),
  act     text not null check (act in ('opened', 'closed', 'renamed', 'locked', 'unlocked', 'slowed',
                                       'muted', 'unmuted', 'removed', 'kept', 'expired', 'topic', 'pinned', 'unpinned')),
  mid     integer,
  account integer references account (id),
  amount  integer,
  name    text,
  n_days  integer,
  n_files integer
) strict;
insert into audit_anew (id, room, at, by, act, mid, account, amount, name)
  select id, room, at, by, act, mid, account, amount, name from audit;
drop table audit;
alter table audit_anew rename to audit;
create index audit_room on audit (room, id);
