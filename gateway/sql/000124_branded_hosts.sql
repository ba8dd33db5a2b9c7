-- The host name that a workspace's portal has of its own: a name leads to one workspace. Test mode has none; it shows live mode's.
create unique index workspace_settings_host on workspace_settings ((branding ->> 'host')) where livemode and branding ->> 'host' is not null;
