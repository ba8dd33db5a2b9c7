-- The plan that a workspace has bought at Stripe, as Stripe's events tell it.
create table bought_plans (
  workspace_id text primary key references workspaces (id) on delete cascade,
  customer_id text not null,
  subscription_id text,
  status text not null check (status in ('none', 'active', 'past_due', 'canceled')),
  -- The time of the newest event that was taken, by Stripe's clock: events arrive in any order.
  changed_at timestamptz not null
);
create unique index bought_plans_customer on bought_plans (customer_id);

-- Stripe delivers an event more than once.
create table stripe_events (
  id text primary key,
  received_at timestamptz not null default now()
);

-- Overage that was reported to Stripe's meter, by calendar month. A report that is under way keeps its identifier and its size until Stripe has
-- taken it: a repetition is the same event to Stripe.
create table overage_reports (
  workspace_id text not null references workspaces (id) on delete cascade,
  month date not null,
  -- What was used before the plan was bought is not charged.
  reported_tokens bigint not null,
  pending_tokens bigint check (pending_tokens > 0),
  pending_identifier text,
  pending_at timestamptz,
  primary key (workspace_id, month)
);
