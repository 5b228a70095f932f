-- Keeps done (v1) and status (v2) in agreement, whichever of the two was written.

create or replace function private.settle_done() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'INSERT' and new.done then
    new.status := 'done';
  elsif tg_op = 'UPDATE' and new.done <> old.done and new.status = old.status then
    new.status := case when new.done then 'done' else 'open' end;
  end if;
  new.done := new.status = 'done';
  return new;
end
$$;

comment on function private.settle_done is 'Trigger: done is true exactly when status is ''done''.';
