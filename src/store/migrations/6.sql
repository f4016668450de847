-- From schema 5 to schema 6.

-- Whom it is told to is a column, which is not null: the table is made anew.
create table first_use_anew (
  room         integer primary key references room (id),
  maker        integer not null references account (id),
  by           integer not null references account (id),
  at           integer not null,
  dismissed_at integer
) strict;
insert into first_use_anew (room, maker, by, at, dismissed_at)
  select room, page.created_by, by, at, dismissed_at
  from first_use join page on page.id = room where page.created_by is not null;
drop table first_use;
alter table first_use_anew rename to first_use;
create index first_use_maker on first_use (maker, at) where dismissed_at is null;

-- Who sees little of a wiki has the pages that they see asked for what was changed.
create index page_noted on page (parent) where kind = 'transcript' and version > 1;
