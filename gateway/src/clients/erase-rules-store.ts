import type { PoolClient } from 'pg';
import type { Erasure } from './erase-client-store.ts';

/**
 * Takes its name out of every version of the routing: out of the conditions of rules (each `eq` and each member of an `in` that stands for
 * it), and out of the settings of `auto` for single clients.
 */
export async function renameInRules(tx: PoolClient, { id, workspaceId, livemode, name }: Erasure): Promise<void> {
  // Rules are those of live mode; a client of test mode only is named in none.
  if (!livemode) return;
  await tx.query(
    `update routing_versions set auto = auto #- array['per_client', $2::text]
     where workspace_id = $1 and auto -> 'per_client' ? $2::text`,
    [workspaceId, name],
  );
  const { rows } = await tx.query(
    `select version, rules from routing_versions
     where workspace_id = $1 and jsonb_path_exists(rules, '$.**.field ? (@ == "client_id")') order by version for update`,
    [workspaceId],
  );
  for (const { version, rules } of rows as { version: number; rules: unknown }[]) {
    const renamed = JSON.stringify(rules, (_key, value: unknown) => withoutClient(value, name, id));
    if (renamed !== JSON.stringify(rules))
      await tx.query('update routing_versions set rules = $3 where workspace_id = $1 and version = $2', [
        workspaceId,
        version,
        renamed,
      ]);
  }
}

function withoutClient(value: unknown, name: string, id: string): unknown {
  if (typeof value !== 'object' || value === null || !('field' in value) || value.field !== 'client_id') return value;
  // Conditions do not tell capital letters apart.
  const isIt = (one: unknown): boolean => typeof one === 'string' && one.toLowerCase() === name.toLowerCase();
  const clean = (one: unknown): unknown =>
    Array.isArray(one) ? one.map((each) => (isIt(each) ? id : each)) : isIt(one) ? id : one;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clean(one)]));
}
