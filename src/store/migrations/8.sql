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
