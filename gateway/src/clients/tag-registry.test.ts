import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Db } from '../db/transaction.ts';
import { TagRegistry } from './tag-registry.ts';

const log = pino({ level: 'silent' });

/** A database that answers nothing to a look, and takes tags, or refuses them. */
function registryOf(db: { isAway: boolean }): { registry: TagRegistry; written: number[] } {
  const written: number[] = [];
  const query = async (text: string, values: readonly unknown[]): Promise<{ rows: unknown[] }> => {
    if (db.isAway) throw new Error('the database is away');
    if (text.includes('insert into tag_values')) written.push((values[0] as unknown[]).length);
    return { rows: [] };
  };
  return { registry: new TagRegistry({ db: { query } as unknown as Db, log }), written };
}

const callOf = (client: string) => ({ workspaceId: 'wsp_1', livemode: true, tags: { client }, atMs: 0 });

// Only names were counted, and one name of 20 letters has a million spellings.
test('of one name in ever another spelling no more tags are remembered than of any', async () => {
  const { registry } = registryOf({ isAway: false });
  const spelled = (n: number): string =>
    [...'acmeworldwideagency'].map((letter, i) => ((n >> i) & 1 ? letter.toUpperCase() : letter)).join('');
  for (let n = 0; n < 60_000; n++) registry.note(callOf(spelled(n)))?.catch(() => {});
  expect(registry.size.met).toBeLessThanOrEqual(50_000);
  const found = await registry.note(callOf('ACMEWORLDWIDEAGENCY'));
  expect(found).toHaveLength(1);
  registry.forget('wsp_1');
  expect(registry.size.met).toBe(0);
});

test('tags that waited for the database for long are written in pieces, and are not too many', async () => {
  const db = { isAway: true };
  const { registry, written } = registryOf(db);
  for (let n = 0; n < 60_000; n++) registry.note(callOf(`client ${n}`))?.catch(() => {});
  const failing = registry.flush();
  // Others come while the statement waits.
  await Promise.resolve();
  for (let n = 60_000; n < 120_000; n++) registry.note(callOf(`client ${n}`))?.catch(() => {});
  await failing;
  expect(registry.size.waiting).toBe(50_000);
  db.isAway = false;
  await registry.flush();
  expect(Math.max(...written)).toBe(1_000);
  expect(written.reduce((sum, one) => sum + one, 0)).toBe(50_000);
  expect(registry.size.waiting).toBe(0);
});

// At the bound everything was forgotten, and the next call of each tag waited for the database again.
test('tags in steady use are not looked for again, however many others come', async () => {
  const { registry } = registryOf({ isAway: false });
  const isLookedFor = (client: string): boolean => {
    const look = registry.note(callOf(client));
    look?.catch(() => {});
    return look !== undefined;
  };
  expect(isLookedFor('busy')).toBe(true);
  for (let n = 0; n < 120_000; n++) {
    isLookedFor(`client ${n}`);
    if (n % 1_000 === 0) expect(isLookedFor('busy')).toBe(false);
  }
  expect(registry.size.met).toBeLessThanOrEqual(50_000);
  await registry.flush();
});
