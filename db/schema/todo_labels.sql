-- Which todo has which labels.

create table app.todo_labels (
  organization_id uuid not null default request.organization_id(),
  todo_id uuid not null,
  label_id uuid not null,
  primary key (organization_id, todo_id, label_id),
  foreign key (organization_id, todo_id) references app.todos (organization_id, id) on delete cascade,
  foreign key (organization_id, label_id) references app.labels (organization_id, id) on delete cascade
);

comment on table app.todo_labels is 'Which todo has which labels.';

create index on app.todo_labels (organization_id, label_id);

alter table app.todo_labels enable row level security;
alter table app.todo_labels force row level security;

create policy own_organization on app.todo_labels
  using (organization_id = (select request.organization_id()))
  with check (organization_id = (select request.organization_id()));

grant select, insert, update, delete on app.todo_labels to member;
