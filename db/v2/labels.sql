-- Labels, and which todo has them.

create or replace view v2.labels with (security_invoker = true) as
select
  labels.id,
  labels.organization_id,
  labels.name,
  labels.color,
  labels.created_at,
  labels.updated_at
from app.labels;

comment on view v2.labels is
'Labels
Words your organization sorts its todos by.';
comment on column v2.labels.color is 'As in CSS: # and six hexadecimal digits in lower case.';

grant select, insert, update, delete on v2.labels to member;

create or replace view v2.todo_labels with (security_invoker = true) as
select
  todo_labels.organization_id,
  todo_labels.todo_id,
  todo_labels.label_id
from app.todo_labels;

comment on view v2.todo_labels is
'Which todo has which labels
Insert a row to put a label on a todo, delete it to take the label off.';

grant select, insert, update, delete on v2.todo_labels to member;
