-- From schema 6 to schema 7.

-- Who comes with a session is kept in memory until something that decides it changes.
alter table local_rights add column sessions integer not null default 0;
create trigger rights_session_changed after update of token_hash, account, expires_at on session begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_session_gone after delete on session begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_account_changed after update of name, display, admin, disabled_at on account begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_account_gone after delete on account begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_setting_made after insert on account_setting begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_setting_changed after update of language on account_setting begin
  update local_rights set sessions = sessions + 1;
end;
create trigger rights_setting_gone after delete on account_setting begin
  update local_rights set sessions = sessions + 1;
end;
