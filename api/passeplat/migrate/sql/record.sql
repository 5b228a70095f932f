-- what was applied to this database: read by nobody but those who migrate
do $$
begin
  if to_regclass('passeplat.migrations') is null then
    create schema if not exists passeplat;
    create table passeplat.migrations (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now(),
      applied_by text not null default current_user
    );
    comment on schema passeplat is 'The record of migrations. Do not expose it.';
  end if;
end
$$
