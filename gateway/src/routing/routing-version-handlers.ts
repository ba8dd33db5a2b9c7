import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import type { Pool } from 'pg';
import type { Context } from '../accounts/context.ts';
import { listRoutingVersionRows, type RoutingVersionRow } from './routing-version-store.ts';

export const routingVersionHandlers: Pick<Handlers<Context<{ db: Pool }>>, 'routing.versions.list'> = {
  'routing.versions.list': async ({ cursor, limit }, { caller, services }) => {
    const below = cursor === undefined ? undefined : Number(cursor);
    const rows = await listRoutingVersionRows(services.db, {
      workspaceId: caller.workspaceId,
      below: below === undefined || !Number.isSafeInteger(below) || below > 2_147_483_647 ? undefined : below,
      // One more: each is shown beside the one before it.
      limit: limit + 1,
    });
    const data = rows.slice(0, limit).map((row, i) => shown(row, rows[i + 1]));
    return { data, next_cursor: rows.length > limit ? String(data.at(-1)?.version ?? '') : null };
  },
};

type Version = OutputOf<'routing.versions.list'>['data'][number];

function shown(row: RoutingVersionRow, before: RoutingVersionRow | undefined): Version {
  return {
    version: row.version,
    active: row.active === true,
    created_by: { id: row.created_by, name: row.author_name },
    created_at: row.created_at.toISOString(),
    note: row.note,
    rules: row.rules.length,
    diff: diffOf(before, row),
  };
}

type Content = Pick<RoutingVersionRow, 'rules' | 'auto'>;

/** The rules by their ids, then the settings of auto. */
function diffOf(before: Content | undefined, after: Content): Version['diff'] {
  const old = new Map((before?.rules ?? []).map((rule) => [rule.id, rule]));
  const next = new Map(after.rules.map((rule) => [rule.id, rule]));
  const ids = [...new Set([...old.keys(), ...next.keys()])].sort();
  return [
    ...ids.flatMap((id) => difference('rule', id, old.get(id), next.get(id))),
    ...difference('auto', null, before?.auto ?? undefined, after.auto ?? undefined),
  ];
}

function difference(
  part: 'rule' | 'auto',
  id: string | null,
  before: object | undefined,
  after: object | undefined,
): Version['diff'] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ part, id, change: 'added', before: null, after }];
  if (after === undefined) return [{ part, id, change: 'removed', before, after: null }];
  const [old, next] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
    (name) => canonical(old[name]) !== canonical(next[name]),
  );
  if (names.length === 0) return [];
  const only = (side: Record<string, unknown>): object =>
    Object.fromEntries(names.map((name) => [name, side[name] ?? null]));
  return [{ part, id, change: 'changed', before: only(old), after: only(next) }];
}

/** Without regard to the order of names. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_name, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? ''
  );
}
