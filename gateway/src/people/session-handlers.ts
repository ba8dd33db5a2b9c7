import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller, Person, Session } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import type { Db } from '../db/transaction.ts';
import type { SessionCache } from './session-cache.ts';
import { chooseWorkspace, listMemberships } from './session-store.ts';

interface SessionPorts {
  db: Pool;
  sessions: SessionCache;
}

export const sessionHandlers: Pick<Handlers<Context<SessionPorts>>, 'session.get' | 'session.update'> = {
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
};

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
