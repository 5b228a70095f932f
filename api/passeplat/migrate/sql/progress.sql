-- how far a session has come, and who it waits for
select
  coalesce(
    (
      select 100.0 * blocks_done / nullif(blocks_total, 0)
      from pg_stat_progress_create_index
      where pid = $1
    ),
    (
      select 100.0 * heap_blks_scanned / nullif(heap_blks_total, 0)
      from pg_stat_progress_cluster
      where pid = $1
    )
  )::float8 as percent,
  array(
    select
      concat_ws(
        ', ',
        format('process %s', pg_stat_activity.pid),
        pg_stat_activity.usename,
        nullif(pg_stat_activity.application_name, ''),
        format('%s for %s s', pg_stat_activity.state, round(extract(epoch from clock_timestamp() - pg_stat_activity.state_change)))
      )
    from pg_stat_activity
    where pg_stat_activity.pid = any (pg_blocking_pids($1))
  ) as blockers
