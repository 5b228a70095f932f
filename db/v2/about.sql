-- What anybody may know.

create or replace function v2.about() returns json
  language sql immutable parallel safe
  return json_build_object('name', 'Todos for teams', 'versions', json_build_array('v1', 'v2'));

comment on function v2.about is
'What this API is
Answers without a token: good for a first try and for health checks.';

grant execute on function v2.about() to anonymous, member;
