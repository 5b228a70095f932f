-- Which columns of the views in the schemas $1 are columns of another relation, unchanged: one row
-- each, with the relation directly under the view.
--
-- PostgreSQL stores a view as the text of a tree of nodes. In it every entry of a select list ends
--   :resno 1 :resname id :ressortgroupref 0 :resorigtbl 16385 :resorigcol 1 :resjunk false}
-- where resorigtbl is 0 for an expression, and for every column of a union. The text is cut at
-- `:resno`, and braces are counted up to each cut: the entries of the outermost select are two
-- deep, those of subqueries deeper. Names in the tree have blanks, braces and backslashes escaped
-- by a backslash, so no name looks like a delimiter. (Regular expressions took 18 times as long.)
with trees as (
  select r.ev_class, r.ev_action::text as tree
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where r.rulename = '_RETURN'
    and c.relkind in ('v', 'm')
    and n.nspname = any($1::name[])
  offset 0 -- a fence: a tree is decompressed once
),
views as (
  select t.*, pg_catalog.split_part(t.tree, '{QUERY ', 3) <> '' as has_subquery
  from trees t
  offset 0
),
pieces as (
  select
    v.ev_class,
    p.number,
    pg_catalog.split_part(p.piece, ' ', 1) as resno,
    pg_catalog.split_part(p.piece, ' :resorigtbl ', 2) as origin,
    case
      when v.has_subquery then pg_catalog.replace(
        pg_catalog.replace(pg_catalog.replace(p.piece, '\\', ''), '\{', ''), '\}', ''
      )
      when p.number = 1 then '{{' -- nothing to count: every entry is two deep
      else ''
    end as braces
  from views v
  cross join pg_catalog.string_to_table(v.tree, ' :resno ') with ordinality p (piece, number)
  offset 0
),
entries as (
  select
    p.ev_class,
    p.number,
    p.resno,
    pg_catalog.split_part(p.origin, ' ', 1) as resorigtbl,
    pg_catalog.split_part(p.origin, ' ', 3) as resorigcol,
    sum(
      pg_catalog.octet_length(pg_catalog.replace(p.braces, '}', ''))
      - pg_catalog.octet_length(pg_catalog.replace(p.braces, '{', ''))
    ) over (
      partition by p.ev_class
      order by p.number
      rows between unbounded preceding and 1 preceding
    ) as depth
  from pieces p
)
select e.ev_class, e.resno::int2, e.resorigtbl::oid, e.resorigcol::int2
from entries e
where e.number > 1 and e.depth = 2 and e.resorigtbl <> '0'
