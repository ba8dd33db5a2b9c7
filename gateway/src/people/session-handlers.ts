import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller, Person, Session } from '../accounts/api-key.ts';
import { checkLive } from '../accounts/check-live.ts';
import type { Context } from '../accounts/context.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { endSessions, endSessionsSeen } from './end-sessions-store.ts';
import type { SessionCache } from './session-cache.ts';
import { chooseWorkspace, endSession, listMemberships, listSessions } from './session-store.ts';

interface SessionPorts {
  db: Pool;
  sessions: SessionCache;
}

export const sessionHandlers: Pick<
  Handlers<Context<SessionPorts>>,
  'session.get' | 'session.update' | 'sessions.list' | 'sessions.remove' | 'sessions.clear'
> = {
  'session.get': (_input, { caller, services }) => viewSession(services.db, caller),

  'session.update': async ({ workspace_id: workspaceId }, { caller, services }) => {
    const { person, session } = signedIn(caller);
    const there = (await listMemberships(services.db, session.id)).find((one) => one.workspaceId === workspaceId);
    if (there === undefined)
      throw new GatewayError('not_found', `Unknown workspace "${workspaceId}". You belong to none of this id.`, {
        param: 'workspace_id',
      });
    await chooseWorkspace(services.db, { sessionId: session.id, personId: person.id, workspaceId });
    services.sessions.forget(person.id);
    const workspaceName = caller.livemode ? there.name : there.testName;
    return viewSession(services.db, { ...caller, workspaceId, workspaceName, role: there.role });
  },

  'sessions.list': async (_input, { caller, services }) => {
    const sessions = await listSessions(services.db, reachOf(caller));
    const data = sessions.map((one) => ({
      id: one.id,
      current: one.id === caller.session?.id,
      person: one.person,
      workspace_id: one.workspaceId,
      method: one.method,
      address: one.address,
      agent: one.agent,
      created_at: one.createdAt.toISOString(),
      last_seen_at: one.seenAt.toISOString(),
      expires_at: one.expiresAt.toISOString(),
    }));
    return { data, next_cursor: null };
  },

  'sessions.remove': async ({ id }, { caller, services, audit }) => {
    checkLive(caller);
    const known = (await listSessions(services.db, reachOf(caller))).find((one) => one.id === id);
    if (known === undefined)
      throw new GatewayError('not_found', `Unknown session "${id}". See GET /v1/sessions for those you can end.`, {
        param: 'id',
      });
    await withTransaction(services.db, async (tx) => {
      await endSession(tx, id);
      await audit(tx, { target: { type: 'person', id: known.person.id }, before: { session: id } });
    });
    services.sessions.forget(known.person.id);
    return null;
  },

  'sessions.clear': async (_input, { caller, services, audit }) => {
    const { person, session } = signedIn(caller);
    const isSso = session.method === 'sso';
    await withTransaction(services.db, async (tx) => {
      if (isSso) await endSessionsSeen(tx, { workspaceId: caller.workspaceId, personId: person.id });
      else await endSessions(tx, person.id);
      const sessions = isSso ? 'of this workspace' : 'all';
      await audit(tx, { target: { type: 'person', id: person.id }, before: { sessions } });
    });
    services.sessions.forget(person.id);
    return null;
  },
};

/**
 * The sessions that a caller may see and end: their own, and for owners those in their workspace. A key has none of its own. An identity provider
 * speaks for its own workspace: a session that it began has nothing to do with those elsewhere.
 */
function reachOf({ role, person, session, workspaceId }: Caller): Parameters<typeof listSessions>[1] {
  if (person === undefined && role !== 'owner')
    throw new GatewayError(
      'forbidden',
      'This operation needs a person who is signed in, or a key with the role owner.',
    );
  return {
    personId: person?.id ?? '',
    onlyIn: session?.method === 'sso' ? workspaceId : undefined,
    ownedWorkspaceId: role === 'owner' ? workspaceId : undefined,
  };
}

/** The person who is signed in, and where. */
export async function viewSession(db: Db, caller: Caller) {
  const { person, session } = signedIn(caller);
  const { livemode, workspaceId, workspaceName } = caller;
  const memberships = await listMemberships(db, session.id);
  const here = memberships.find((one) => one.workspaceId === workspaceId);
  return {
    person: { id: person.id, email: person.email, name: person.name, is_operator: person.isOperator },
    workspace: here === undefined ? null : { id: workspaceId, name: workspaceName },
    workspaces: memberships.map(({ workspaceId: id, name, testName, role }) => ({
      id,
      name: livemode ? name : testName,
      role,
    })),
    role: here?.role ?? null,
    livemode,
  };
}

function signedIn({ person, session }: Caller): { person: Person; session: Session } {
  if (person === undefined || session === undefined)
    throw new GatewayError('forbidden', 'This operation is for people who are signed in, and not for keys.');
  return { person, session };
}
