import { rolesFor } from '@ai-gateway/shared/access';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Access, Operation } from '@ai-gateway/shared/operation';
import type { Caller, Role } from './api-key.ts';

const allowed: Record<Exclude<Access, 'operator'>, readonly Role[]> = rolesFor;

/** Throws `forbidden` when this key may not do that. */
export function checkAccess(
  { access, changesEveryCall, workspaceWide }: Pick<Operation, 'access' | 'changesEveryCall' | 'workspaceWide'>,
  caller: Caller,
): void {
  checkRole(access, caller);
  if (caller.lacksFactor === true && access !== 'person' && access !== 'session' && access !== 'operator')
    throw new GatewayError(
      'forbidden',
      'This workspace requires a second factor. Add an authenticator app (POST /v1/me/totp), or add a passkey and sign in with it.',
      { details: { reason: 'second_factor_required' } },
    );
  // A test key must not change what live calls, which spend money, go by.
  if (changesEveryCall && !caller.livemode)
    throw new GatewayError(
      'forbidden',
      'This setting affects live calls, so changing it needs a live key (gw_live_…).',
    );
  if (workspaceWide && caller.lockedTags.length > 0)
    throw new GatewayError(
      'tag_forbidden',
      `This operation covers the whole workspace, but this key is locked to its ${caller.lockedTags.join(', ')}.`,
    );
  if (changesEveryCall && caller.lockedTags.length > 0)
    throw new GatewayError(
      'tag_forbidden',
      `This setting affects every call of the workspace, but this key is locked to its ${caller.lockedTags.join(', ')}.`,
    );
}

/** The operator's operations are not for any workspace's key, and those of a session for no key at all. */
function checkRole(access: Access, { role, person, workspaceId }: Caller): void {
  if ((access === 'person' || access === 'session') && person === undefined)
    throw new GatewayError('forbidden', 'This operation is for people who are signed in, and not for keys.');
  // A person without a workspace still has an account.
  if (access === 'person' && workspaceId === '') return;
  if (access === 'operator' ? person?.isOperator : allowed[access].includes(role)) return;
  const needed = access === 'operator' ? 'the operator' : allowed[access].join(' or ');
  throw new GatewayError(
    'forbidden',
    person === undefined
      ? `This operation needs a key with the role ${needed}; this key has the role ${role}.`
      : `This operation needs the role ${needed}; your role in this workspace is ${role}.`,
  );
}
