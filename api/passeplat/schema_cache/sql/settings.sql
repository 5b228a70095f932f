-- What the other queries run under, until the end of the transaction. pg_temp comes last, and
-- names in the answers are qualified unless they are PostgreSQL's own.
select
  pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
  pg_catalog.set_config('quote_all_identifiers', 'off', true),
  pg_catalog.set_config('standard_conforming_strings', 'on', true),
  pg_catalog.set_config('jit', 'off', true) -- compiling would take longer than running
