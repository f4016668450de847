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
