-- Keeps updated_at true.

create or replace function private.touch() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

comment on function private.touch is 'Trigger: the row was changed now.';
