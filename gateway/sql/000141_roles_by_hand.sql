-- An owner has changed the role of a member who joined by single sign-on or SCIM: the default role of the connection does not change it back.
alter table members add column role_by_hand boolean not null default false;
