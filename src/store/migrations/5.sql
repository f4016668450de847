-- From schema 4 to schema 5.

-- A file is a page's, and a message's or nobody's else: the table is made anew for it, as what it
-- refers to is another. Triggers that name it are for a moment not there.
drop trigger file_goes_with_message;
drop trigger file_goes_with_row;
create table file_anew (
  id          text primary key,
  page        integer not null references page (id),
  mid         integer,
  state       text not null check (state in ('coming', 'here', 'going')),
  name        text not null,
  size        integer not null,
  kind        text not null,
  sha256      blob,
  uploaded_by integer references account (id),
  uploaded_at integer not null,
  unique (page, name),
  foreign key (page, mid) references message (room, mid)
) strict;
insert into file_anew (id, page, mid, state, name, size, kind, sha256, uploaded_by, uploaded_at)
  select id, room, mid, state, name, size, kind, sha256, uploaded_by, uploaded_at from file;
drop table file;
alter table file_anew rename to file;
create index file_message on file (page, mid);
create index file_unsettled on file (state) where state <> 'here';
create index file_quota on file (uploaded_by, uploaded_at, size);
create trigger file_goes_with_message after update of removed_at on message
when new.removed_at is not null begin
  update file set state = 'going', mid = null, name = id where page = new.room and mid = new.mid;
end;
create trigger file_goes_with_row before delete on message begin
  update file set state = 'going', mid = null, name = id where page = old.room and mid = old.mid;
end;

create table file_act (
  id   integer primary key,
  page integer not null references page (id),
  at   integer not null,
  by   integer references account (id),
  act  text not null check (act in ('attached', 'removed')),
  name text not null
) strict;
create index file_act_page on file_act (page, id);
create index file_act_at on file_act (at, page, id);

alter table watch add column seen_file integer not null default 0;

-- What is old among them goes.
create index audit_at on audit (at);
create index journal_at on journal (at);

-- A tree reads each of its levels in order.
drop index page_below;
create index page_below on page (parent, title_key) where kind = 'page';
create index page_top on page (space, title_key) where parent is null and kind = 'page';

create table identity (
  issuer  text not null,
  subject text not null,
  account integer not null references account (id),
  since   integer not null,
  primary key (issuer, subject)
) strict, without rowid;
create index identity_account on identity (account);

create table claimed_group (
  account  integer not null references account (id),
  group_id integer not null references account_group (id),
  primary key (account, group_id)
) strict, without rowid;
create index claimed_group_group on claimed_group (group_id);

create table finished_attempt (
  hash       blob primary key,
  expires_at integer not null
) strict, without rowid;
