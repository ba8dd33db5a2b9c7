import type { Caller } from '../accounts/api-key.ts';
import type { Membership, SignedIn } from './session-store.ts';

/** Where the person is: the chosen workspace, else the one they joined first. Undefined where they belong to none. */
function currentMembership({ memberships, workspaceId }: SignedIn): Membership | undefined {
  return memberships.find((membership) => membership.workspaceId === workspaceId) ?? memberships[0];
}

/**
 * The caller that a session gives, as a key would. Keys have no end of their own here: what a person makes outlives the session. A person
 * without a workspace has the rights of a client of nobody, which are none.
 */
export function sessionCaller(signedIn: SignedIn, livemode: boolean): Caller {
  const { person, session } = signedIn;
  const here = currentMembership(signedIn);
  const isClient = here === undefined || here.role === 'client';
  return {
    workspaceId: here?.workspaceId ?? '',
    workspaceName: (livemode ? here?.name : here?.testName) ?? '',
    keyId: person.id,
    keyName: person.name,
    role: here?.role ?? 'client',
    livemode,
    tags: isClient ? { client_id: here?.clientId ?? '' } : {},
    lockedTags: isClient ? ['client_id'] : [],
    expiresAt: undefined,
    // A passkey is two factors in one, and single sign-on has those of its identity provider.
    lacksFactor: here?.wantsFactor === true && session.method !== 'passkey' && session.method !== 'sso',
    person,
    session,
  };
}
