import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool, PoolClient } from 'pg';
import type { Context } from '../accounts/context.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { ownAccount } from '../accounts/signed-in.ts';
import { withTransaction } from '../db/transaction.ts';
import { refusePasswordAlone } from '../factors/refuse-password-alone.ts';
import { endSessions } from '../people/end-sessions-store.ts';
import { type AddressPorts, askNewAddress } from './change-address.ts';
import { type ErasedPeoplePorts, rememberErasedPerson } from './erased-people.ts';
import { ownedAlone } from './member-store.ts';
import { deletePerson, type ListedPerson, listPeople, lockOperators, lockPerson, setOperator } from './person-store.ts';

interface PersonPorts extends AddressPorts, ErasedPeoplePorts {
  db: Pool;
  now: () => number;
  operatorKey: string | undefined;
  sessions: { forget(personId: string): void };
}

export const personHandlers: Pick<
  Handlers<Context<PersonPorts>>,
  'me.email' | 'me.erase' | 'people.list' | 'people.update' | 'people.erase'
> = {
  'me.email': async ({ email }, { caller, services, audit }) => {
    const { person } = ownAccount(caller);
    // A link to the new address would be a way in that asks for no passkey.
    await refusePasswordAlone(services.db, caller, 'address');
    requireRecentFactor(caller, services.now());
    const expiresAt = await withTransaction(services.db, async (tx) => {
      // The address itself is nowhere on record: it may be a stranger's.
      await audit(tx, { target: { type: 'person', id: person.id }, after: { address: 'waits for its confirmation' } });
      return askNewAddress(services, tx, { person, email });
    });
    return { email, expires_at: expiresAt.toISOString() };
  },

  'me.erase': async (_input, { caller, services, audit }) => {
    const { person } = ownAccount(caller);
    requireRecentFactor(caller, services.now());
    await withTransaction(services.db, async (tx) => {
      await erase(tx, services, person.id);
      await audit(tx, { target: { type: 'person', id: person.id }, before: { id: person.id } });
    });
    await rememberErasedPerson(services, person.id);
    services.sessions.forget(person.id);
    return null;
  },

  'people.list': async ({ cursor, limit }, { services }) => {
    const people = await listPeople(services.db, { after: cursor, limit: limit + 1 });
    const page = people.slice(0, limit);
    return { data: page.map(describe), next_cursor: people.length > limit ? (page.at(-1)?.id ?? null) : null };
  },

  'people.update': async ({ id, is_operator }, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const changed = await withTransaction(services.db, async (tx) => {
      if (!is_operator) await keepAnOperator(tx, services, id);
      if ((await lockPerson(tx, id)) === undefined) throw unknownPerson(id);
      const [old] = await listPeople(tx, { id, limit: 1 });
      await setOperator(tx, { id, isOperator: is_operator });
      await endSessions(tx, id);
      const [person] = await listPeople(tx, { id, limit: 1 });
      if (person === undefined) throw unknownPerson(id);
      const before = { is_operator: old?.isOperator ?? false };
      await audit(tx, { target: { type: 'person', id }, before, after: { is_operator } });
      return describe(person);
    });
    services.sessions.forget(id);
    return changed;
  },

  'people.erase': async ({ id }, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    await withTransaction(services.db, async (tx) => {
      await erase(tx, services, id);
      await audit(tx, { target: { type: 'person', id }, before: { id } });
    });
    await rememberErasedPerson(services, id);
    services.sessions.forget(id);
    return null;
  },
};

async function erase(tx: PoolClient, services: PersonPorts, id: string): Promise<void> {
  await keepAnOperator(tx, services, id);
  const alone = await ownedAlone(tx, id);
  if (alone.length > 0)
    throw new GatewayError(
      'conflict',
      `This person is the last owner of ${alone.map((name) => `"${name}"`).join(', ')}. Make another person an owner first, or delete the workspace.`,
    );
  const person = await lockPerson(tx, id);
  if (person === undefined) throw unknownPerson(id);
  // First, while the rows that name the sessions are there.
  await endSessions(tx, id);
  await deletePerson(tx, person);
}

/** Without an operator's key the last operator is the only one who gets at the operator's operations. */
async function keepAnOperator(tx: PoolClient, { operatorKey }: PersonPorts, id: string): Promise<void> {
  const operators = await lockOperators(tx);
  if (operatorKey === undefined && operators.length === 1 && operators.includes(id))
    throw new GatewayError(
      'conflict',
      'This person is the last operator of this gateway. Make another person an operator first, or set GATEWAY_OPERATOR_KEY.',
    );
}

function unknownPerson(id: string): GatewayError {
  return new GatewayError('not_found', `Unknown person "${id}". See GET /v1/people for the people of this gateway.`, {
    param: 'id',
  });
}

function describe(person: ListedPerson) {
  return {
    id: person.id,
    email: person.email,
    name: person.name,
    is_operator: person.isOperator,
    workspaces: person.workspaces,
    created_at: person.createdAt.toISOString(),
  };
}
