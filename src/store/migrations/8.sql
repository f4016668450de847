-- From schema 7 to schema 8.

-- A file that goes took its id for its name, which somebody may have given to another one.
drop trigger file_goes_with_message;
drop trigger file_goes_with_row;
create trigger file_goes_with_message after update of removed_at on message
when new.removed_at is not null begin
  update file set state = 'going', mid = null, name = '/' || id
  where page = new.room and mid = new.mid;
end;
create trigger file_goes_with_row before delete on message begin
  update file set state = 'going', mid = null, name = '/' || id
  where page = old.room and mid = old.mid;
end;

-- When an account wrote last was what came in last: history that was imported moved it back.
update participant set last_at = (
  select at from message where message.room = participant.room and author = account
  order by position desc limit 1)
where (room, account) in (
  select message.room, author from room join message on message.room = room.id
  where position < 0 and author is not null);
