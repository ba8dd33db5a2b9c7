-- The first version of heads that was fit on it, null for none yet: versions are compared on samples that neither has seen. Times would not tell, where a
-- clock was set back.
alter table learned_samples add column seen_by integer;

alter table learned_heads
  -- 'candidate', 'promoted', 'withdrawn', 'dropped' or 'no_better'; null in rows of older gateways, which promoted each that had weights.
  add column outcome text,
  -- Why, as a word: see routing/head-words.ts.
  add column reason text,
  -- The version that a candidate is compared with.
  add column against integer,
  -- How it did beside that version, on calls newer than both.
  add column compared jsonb,
  add column decided_at timestamptz;
