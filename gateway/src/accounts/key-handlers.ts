import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { type Caller, hashKey, hintOf, type KeyTags, mayGrant, newKey } from './api-key.ts';
import type { AuditTarget } from './audit-entry.ts';
import type { Context } from './context.ts';
import { insertKey, listKeys, lockKey, revokeKey, rollKey, type StoredKey, updateKey } from './key-store.ts';
import { newId } from './new-id.ts';
import { carriesLocks } from './own-tags.ts';
import type { TellOwners } from './owner-notice.ts';
import { requireRecentFactor } from './recent-factor.ts';
import type { WorkspaceCache } from './workspace-cache.ts';

interface KeyPorts {
  db: Pool;
  now: () => number;
  workspaces: WorkspaceCache;
  forgetKey: (keyId: string) => void;
  tellOwners: TellOwners;
  circuits: { statusOf(account: string, workspaceId: string): 'ok' | 'resting' | 'refused' };
}

export const keyHandlers: Pick<
  Handlers<Context<KeyPorts>>,
  'keys.create' | 'keys.list' | 'keys.update' | 'keys.roll' | 'keys.revoke' | 'me.get'
> = {
  'keys.create': async (input, { caller, services, audit }) => {
    const livemode = input.mode === 'live';
    if (!mayGrant(caller.role, input.role))
      throw new GatewayError(
        'forbidden',
        `A key with the role ${caller.role} cannot create one with the role ${input.role}.`,
        { param: 'role' },
      );
    // A test key spends nothing, so it must not make a key that spends money.
    if (livemode && !caller.livemode)
      throw new GatewayError('forbidden', 'A test key can create test keys only. Use a live key.', { param: 'mode' });
    const locked = caller.lockedTags.find(
      (name) => input.tags[name] !== caller.tags[name] || !input.locked_tags.includes(name),
    );
    if (locked !== undefined)
      throw new GatewayError(
        'tag_forbidden',
        `This key is locked to its ${locked}, so a key it creates must be locked to the same.`,
        { param: `tags.${locked}` },
      );
    const key = newKey(livemode);
    const stored: Omit<StoredKey, 'createdAt' | 'lastUsedAt'> = {
      workspaceId: caller.workspaceId,
      id: newId('key', services.now()),
      hint: hintOf(key),
      name: input.name,
      role: input.role,
      livemode,
      tags: present(input.tags),
      lockedTags: [...new Set(input.locked_tags)],
      rateLimit: limitFor(caller, input.rate_limit),
      expiresAt: inFuture(expiryFor(caller, input.expires_at), services.now()),
      responseCache: input.response_cache,
    };
    return await withTransaction(services.db, async (tx) => {
      const createdAt = await insertKey(tx, { ...stored, hash: hashKey(key) });
      const made = { ...stored, createdAt, lastUsedAt: undefined };
      await audit(tx, { target: targetOf(made), after: settingsOf(made) });
      return { ...describe(made), key };
    });
  },

  'keys.list': async (_input, { caller, services }) => {
    const keys = await listKeys(services.db, caller.workspaceId, caller.livemode);
    return { data: keys.filter((key) => isWithin(caller, key)).map(describe), next_cursor: null };
  },

  'keys.update': async ({ id, name, expires_at, response_cache: responseCache }, { caller, services, audit }) => {
    await ownKeyOf(services.db, caller, id);
    const expiresAt = expires_at === null ? (expiryFor(caller, undefined) ?? null) : expires_at;
    const changed = await withTransaction(services.db, async (tx) => {
      const old = await lockKey(tx, { workspaceId: caller.workspaceId, id });
      const next = await updateKey(tx, {
        workspaceId: caller.workspaceId,
        id,
        name,
        expiresAt: typeof expiresAt === 'string' ? expiryFor(caller, expiresAt) : expiresAt,
        responseCache,
      });
      if (old === undefined || next === undefined) throw unknownKey(id);
      await audit(tx, { target: targetOf(next), before: settingsOf(old), after: settingsOf(next) });
      return next;
    });
    services.forgetKey(id);
    return describe(changed);
  },

  'keys.roll': async ({ id, old_key_hours }, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const known = await ownKeyOf(services.db, caller, id);
    // The new text is in the hands of the person who rolls it: it must not be stronger than their own key.
    if (!mayGrant(caller.role, known.role))
      throw new GatewayError(
        'forbidden',
        `A key with the role ${caller.role} cannot roll one with the role ${known.role}.`,
      );
    if (caller.expiresAt !== undefined && (known.expiresAt === undefined || known.expiresAt > caller.expiresAt))
      throw new GatewayError('forbidden', 'This key expires before the key to roll. Use a key that does not.');
    if (isFaster(known.rateLimit, caller))
      throw new GatewayError(
        'forbidden',
        'This key has a lower rate limit than the key to roll. Use a key that does not.',
      );
    const key = newKey(known.livemode);
    const oldUntil = new Date(services.now() + old_key_hours * 3_600_000);
    const rolled = await withTransaction(services.db, async (tx) => {
      const place = { workspaceId: caller.workspaceId, id };
      const old = await lockKey(tx, place);
      const next = await rollKey(tx, { ...place, hash: hashKey(key), hint: hintOf(key), oldUntil });
      if (old === undefined || next === undefined) throw unknownKey(id);
      const [before, after] = [{ hint: old.hint }, { hint: next.hint, old_key_until: oldUntil.toISOString() }];
      await audit(tx, { target: targetOf(next), before, after });
      return next;
    });
    services.forgetKey(id);
    services.tellOwners(caller, { kind: 'key-rolled', key: rolled.name });
    return { ...describe(rolled), key };
  },

  'keys.revoke': async ({ id }, { caller, services, audit }) => {
    const keys = caller.lockedTags.length === 0 ? [] : await listKeys(services.db, caller.workspaceId, caller.livemode);
    const mayTouch = caller.lockedTags.length === 0 || keys.some((key) => key.id === id && isWithin(caller, key));
    if (!mayTouch) throw unknownKey(id);
    await withTransaction(services.db, async (tx) => {
      const place = { workspaceId: caller.workspaceId, id };
      const old = await lockKey(tx, place);
      const revoked = await revokeKey(tx, { ...place, fromLivemode: caller.livemode });
      if (old === undefined || !revoked) throw unknownKey(id);
      await audit(tx, { target: targetOf(old), before: settingsOf(old) });
    });
    services.forgetKey(id);
    return null;
  },

  'me.get': async (_input, { caller, services }) => {
    const { accounts } = await services.workspaces.view(caller.workspaceId);
    return {
      key: {
        id: caller.keyId,
        name: caller.keyName,
        role: caller.role === 'client' ? 'viewer' : caller.role,
        mode: caller.livemode ? 'live' : 'test',
        tags: present(caller.tags) as Record<string, string>,
      },
      workspace: { id: caller.workspaceId, name: caller.workspaceName },
      livemode: caller.livemode,
      providers: caller.livemode
        ? accounts.map(({ id, name }) => ({
            id: name,
            status: services.circuits.statusOf(id, caller.workspaceId),
          }))
        : [{ id: 'sandbox', status: 'sandbox' as const }],
    };
  },
};

/** A key that this one may change: of its mode or of test mode, and bound as it is. */
async function ownKeyOf(db: Pool, caller: Caller, id: string): Promise<StoredKey> {
  const keys = await listKeys(db, caller.workspaceId, caller.livemode);
  const known = keys.find((key) => key.id === id && isWithin(caller, key));
  if (known === undefined) throw unknownKey(id);
  return known;
}

function unknownKey(id: string): GatewayError {
  return new GatewayError('not_found', `Unknown key "${id}". See GET /v1/keys for the keys of this workspace.`, {
    param: 'id',
  });
}

/** Is a key locked to all that this one is locked to? Others are not there for it. */
function isWithin(caller: Caller, key: StoredKey): boolean {
  return carriesLocks(caller, key.tags) && caller.lockedTags.every((tag) => key.lockedTags.includes(tag));
}

/** The maker's own end where none is asked for: a key that outlived it would be the stronger one. */
function expiryFor({ expiresAt }: Caller, asked: string | undefined): Date | undefined {
  const wanted = asked === undefined ? expiresAt : new Date(asked);
  if (expiresAt !== undefined && wanted !== undefined && wanted > expiresAt)
    throw new GatewayError(
      'forbidden',
      `This key expires at ${expiresAt.toISOString()}, so a key it creates must expire by then.`,
      { param: 'expires_at' },
    );
  return wanted;
}

/** A key that has expired already works for nobody, and looks like a success. An existing key may be moved there: it ends so. */
function inFuture(expiresAt: Date | undefined, nowMs: number): Date | undefined {
  if (expiresAt !== undefined && expiresAt.getTime() <= nowMs)
    throw new GatewayError('invalid_request', '`expires_at` must be in the future.', { param: 'expires_at' });
  return expiresAt;
}

const limitNames = {
  calls_per_minute: 'callsPerMinute',
  tokens_per_minute: 'tokensPerMinute',
  concurrent: 'concurrent',
} as const;
type LimitField = keyof typeof limitNames;

/** May a key with this limit do more in a minute, or at once, than the caller's own? */
function isFaster(limit: StoredKey['rateLimit'], { rateLimit: own }: Caller): boolean {
  if (own === undefined) return false;
  return (Object.keys(limitNames) as LimitField[]).some(
    (field) => (limit?.[field] ?? Number.POSITIVE_INFINITY) > (own[limitNames[field]] ?? Number.POSITIVE_INFINITY),
  );
}

/** Field by field no more than the maker's own, which holds where none is asked for. */
function limitFor({ rateLimit: own }: Caller, asked: StoredKey['rateLimit']): StoredKey['rateLimit'] {
  if (own === undefined) return asked;
  const least = (field: LimitField): number | undefined => {
    const [most, wanted] = [own[limitNames[field]], asked?.[field]];
    if (most !== undefined && wanted !== undefined && wanted > most)
      throw new GatewayError(
        'forbidden',
        `This key's own \`${field}\` is ${most}, so a key it creates cannot have more.`,
        {
          param: `rate_limit.${field}`,
        },
      );
    return wanted ?? most;
  };
  return {
    calls_per_minute: least('calls_per_minute'),
    tokens_per_minute: least('tokens_per_minute'),
    concurrent: least('concurrent'),
  };
}

function present(tags: KeyTags): KeyTags {
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined));
}

function targetOf({ id, name }: StoredKey): AuditTarget {
  return { type: 'key', id, name };
}

/** A key as the audit log has it. */
function settingsOf(key: StoredKey) {
  const { id: _id, created_at: _at, last_used_at: _used, ...settings } = describe(key);
  return settings;
}

function describe(key: StoredKey) {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    mode: key.livemode ? ('live' as const) : ('test' as const),
    hint: key.hint,
    tags: key.tags,
    locked_tags: [...key.lockedTags],
    rate_limit: key.rateLimit ?? null,
    response_cache: key.responseCache ?? null,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
