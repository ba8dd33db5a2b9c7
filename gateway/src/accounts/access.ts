import { GatewayError } from '@ai-gateway/shared/errors';
import type { Access } from '@ai-gateway/shared/operation';
import type { Role } from './api-key.ts';

const allowed: Record<Exclude<Access, 'operator'>, readonly Role[]> = {
  owner: ['owner'],
  member: ['owner', 'member'],
  reader: ['owner', 'member', 'viewer'],
  'calls-models': ['owner', 'member', 'caller'],
  anyone: ['owner', 'member', 'viewer', 'caller'],
};

/** Throws `forbidden`. The operator's operations are not for any workspace's key. */
export function checkAccess(access: Access, role: Role): void {
  if (access !== 'operator' && allowed[access].includes(role)) return;
  const needed = access === 'operator' ? 'the operator' : allowed[access].join(' or ');
  throw new GatewayError('forbidden', `This needs a key with the role ${needed}; this key's role is ${role}.`);
}
