-- Comments on todos.

create or replace view v1.comments with (security_invoker = true) as
select
  comments.id,
  comments.organization_id,
  comments.todo_id,
  comments.author_id,
  comments.body,
  comments.created_at,
  comments.updated_at
from app.comments;

comment on view v1.comments is
'Comments on todos
Everybody in your organization reads them. The author changes them; the author, admins and owners delete them.';
comment on column v1.comments.author_id is 'You, when you write one; null once the author has left.';

grant select, insert, update, delete on v1.comments to member;
