-- Full text search in todos and their comments.

create or replace function v2.search(query text) returns setof v2.todos
  language sql stable
begin atomic
  select todos.*
  from private.search(websearch_to_tsquery('pg_catalog.english', search.query)) as hits
  join v2.todos on todos.id = hits.todo_id
  order by hits.rank desc, todos.title, todos.id;
end;

comment on function v2.search is
'Search todos
Best first. In the todo and its comments, as one writes in a search engine: rocket "second stage" or engine -test';

grant execute on function v2.search(text) to member;
