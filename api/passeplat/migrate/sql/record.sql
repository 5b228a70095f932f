-- what was applied to this database: read by nobody but those who migrate
do $$
begin
  if to_regclass('passeplat.migrations') is null then
    create schema if not exists passeplat;
    create table passeplat.migrations (
      name text primary key,
      checksum text not null, -- of the file; while it is interrupted, of what is done
      done integer not null, -- statements that are committed: where an interrupted file goes on
      began_at timestamptz not null default clock_timestamp(),
      applied_at timestamptz, -- none: interrupted
      applied_by text not null default current_user,
      state jsonb -- of the newest: the schema as it was left, to tell what drifted
    );
    comment on schema passeplat is 'The record of migrations. Do not expose it.';
  end if;
end
$$
