-- Where a link was asked for: nobody has mails sent to many strangers.
alter table sign_in_links add column asked_from text;
create index sign_in_links_of_email on sign_in_links (email, created_at) where email is not null;
create index sign_in_links_asked_from on sign_in_links (asked_from, created_at) where asked_from is not null;
