import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { isVendor } from '@ai-gateway/shared/provider-kinds';
import type { Pool } from 'pg';
import { withTransaction } from '../db/transaction.ts';
import { readBaseUrl } from '../http-pools/given-url.ts';
import { findVendor } from '../providers/providers.ts';
import { hintOf } from './api-key.ts';
import type { Context } from './context.ts';
import { newId } from './new-id.ts';
import {
  deleteProviderAccount,
  findProviderAccount,
  insertProviderAccount,
  listProviderAccounts,
  type ProviderAccountRow,
  updateProviderAccount,
} from './provider-account-store.ts';
import { seal } from './seal.ts';
import type { WorkspaceCache } from './workspace-cache.ts';
import { sealContext } from './workspace-cache.ts';

interface ProviderPorts {
  db: Pool;
  now: () => number;
  secret: string;
  allowPrivateNetwork: boolean;
  workspaces: WorkspaceCache;
}

export const providerHandlers: Pick<
  Handlers<Context<ProviderPorts>>,
  'providers.create' | 'providers.list' | 'providers.update' | 'providers.remove'
> = {
  'providers.create': async (input, { caller, services, audit }) => {
    if (input.name === 'auto' || input.name === 'sandbox')
      throw new GatewayError('invalid_request', `"${input.name}" is a reserved name. Choose another one.`, {
        param: 'name',
      });
    if (isVendor(input.name) && input.name !== input.kind) {
      throw new GatewayError(
        'invalid_request',
        `A provider named "${input.name}" must be of that kind, because model names begin with it. Choose another name.`,
        { param: 'name' },
      );
    }
    const baseUrl = baseUrlOf(input.base_url ?? findVendor(input.kind)?.vendor.baseUrl ?? '', services);
    const place = { workspaceId: caller.workspaceId, id: newId('prov', services.now()), baseUrl };
    const row: ProviderAccountRow = {
      ...place,
      name: input.name,
      kind: input.kind,
      sealedKey: seal(services.secret, input.api_key, sealContext(place)),
      keyHint: hintOf(input.api_key),
      models: input.models,
    };
    await withTransaction(services.db, async (tx) => {
      if ((await insertProviderAccount(tx, row)) === 'name-taken') {
        throw new GatewayError(
          'conflict',
          `This workspace already has a provider named "${input.name}". Change it, or choose another name.`,
          { param: 'name' },
        );
      }
      await audit(tx, { target: targetOf(row), after: describe(row) });
    });
    services.workspaces.forget(caller.workspaceId);
    return describe(row);
  },

  'providers.list': async (_input, { caller, services }) => {
    const rows = await listProviderAccounts(services.db, caller.workspaceId);
    return { data: rows.map(describe), next_cursor: null };
  },

  'providers.update': async (input, { caller, services, audit }) => {
    const row = await findProviderAccount(services.db, caller.workspaceId, input.id);
    if (row === undefined) throw unknownProvider(input.id);
    const baseUrl = input.base_url === undefined ? row.baseUrl : baseUrlOf(input.base_url, services);
    // A person who may change an address must not learn the key that was stored for another.
    if (new URL(baseUrl).origin !== new URL(row.baseUrl).origin && input.api_key === undefined) {
      throw new GatewayError('invalid_request', 'A new host needs the key again. Send `api_key` too.', {
        param: 'api_key',
      });
    }
    const changed: ProviderAccountRow = {
      ...row,
      baseUrl,
      models: input.models ?? row.models,
      ...(input.api_key === undefined
        ? {}
        : {
            sealedKey: seal(services.secret, input.api_key, sealContext({ ...row, baseUrl })),
            keyHint: hintOf(input.api_key),
          }),
    };
    await withTransaction(services.db, async (tx) => {
      await updateProviderAccount(tx, changed);
      const key = input.api_key === undefined ? {} : { key_changed: true };
      await audit(tx, { target: targetOf(row), before: describe(row), after: { ...describe(changed), ...key } });
    });
    services.workspaces.forget(caller.workspaceId);
    return describe(changed);
  },

  'providers.remove': async ({ id }, { caller, services, audit }) => {
    await withTransaction(services.db, async (tx) => {
      const row = await findProviderAccount(tx, caller.workspaceId, id);
      if (!(await deleteProviderAccount(tx, caller.workspaceId, id))) throw unknownProvider(id);
      const target = row === undefined ? { type: 'provider', id } : targetOf(row);
      await audit(tx, { target, before: row === undefined ? {} : describe(row) });
    });
    services.workspaces.forget(caller.workspaceId);
    return null;
  },
};

function baseUrlOf(text: string, { allowPrivateNetwork }: ProviderPorts): string {
  return readBaseUrl({ text, param: 'base_url', allowPrivateNetwork });
}

function unknownProvider(id: string): GatewayError {
  return new GatewayError('not_found', `There is no provider "${id}" in this workspace.`, { param: 'id' });
}

function targetOf({ id, name }: ProviderAccountRow) {
  return { type: 'provider', id, name };
}

function describe(row: ProviderAccountRow) {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    base_url: row.baseUrl,
    key_hint: row.keyHint,
    models: [...row.models],
  };
}
