-- a few rows in the tables that are named, whatever their columns are; who cannot have any has none
do $$
declare
  of_table record;
  of_column record;
  names text[];
  sample_values text[];
  sample text;
begin
  set local session_replication_role = replica; -- neither triggers nor foreign keys
  for of_table in
    select pg_class.oid, pg_class.oid::regclass as name
    from pg_class
    join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_class.relkind = 'r'
      and current_setting('passeplat.tables')::jsonb
        ? format('"%s"."%s"',
          replace(pg_namespace.nspname, '"', '""'), replace(pg_class.relname, '"', '""'))
  loop
    for attempt in 1..3 loop -- every column, those without a default, those that must be
      begin
        for number in 1..2 loop
          names := '{}';
          sample_values := '{}';
          for of_column in
            select
              pg_attribute.attname as name,
              format_type(pg_attribute.atttypid, pg_attribute.atttypmod) as type,
              coalesce(nullif(pg_type.typbasetype, 0), pg_type.oid) as base,
              pg_attribute.attnotnull as required,
              pg_attribute.atthasdef or pg_attribute.attidentity <> '' as has_default
            from pg_attribute
            join pg_type on pg_type.oid = pg_attribute.atttypid
            where pg_attribute.attrelid = of_table.oid
              and pg_attribute.attnum > 0
              and not pg_attribute.attisdropped
              and pg_attribute.attgenerated = ''
              and pg_attribute.attidentity <> 'a'
          loop
            continue when attempt > 1 and of_column.has_default;
            continue when attempt > 2 and not of_column.required;
            select
              case pg_type.typcategory
                when 'N' then number::text
                when 'B' then case when number = 1 then 'true' else 'false' end
                when 'S' then chr(96 + number)
                when 'D' then (date '2026-01-01' + number)::text
                when 'T' then format('%s hours', number)
                when 'I' then format('10.0.0.%s', number)
                when 'V' then format('%s', repeat('1', number))
                when 'A' then '{}'
                when 'R' then 'empty'
                when 'E' then (
                  select pg_enum.enumlabel::text
                  from pg_enum
                  where pg_enum.enumtypid = of_column.base
                  order by pg_enum.enumsortorder
                  limit 1
                )
                else
                  case pg_type.typname
                    when 'uuid' then md5(number::text)::uuid::text
                    when 'json' then format('{"number": %s}', number)
                    when 'jsonb' then format('{"number": %s}', number)
                    when 'bytea' then format('\x0%s', number)
                  end
              end
            into sample
            from pg_type
            where pg_type.oid = of_column.base;
            continue when sample is null;
            names := names || quote_ident(of_column.name);
            sample_values := sample_values || format('%L::%s', sample, of_column.type);
          end loop;
          if names = '{}' then
            execute format('insert into %s default values', of_table.name);
          else
            execute format(
              'insert into %s (%s) values (%s)',
              of_table.name, array_to_string(names, ', '), array_to_string(sample_values, ', ')
            );
          end if;
        end loop;
        exit;
      exception when others then
        null; -- the next attempt
      end;
    end loop;
  end loop;
end
$$
